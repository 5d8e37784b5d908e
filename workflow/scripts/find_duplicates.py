"""Find records of the same report, apply people's verdicts, and merge."""

from prismake.config import Dedup
from prismake.dedup.links import Relation
from prismake.dedup.pairs import Compared, unite
from prismake.dedup.run import ALIASES, LINKS, MERGES, PROVENANCE, REVIEW, find_duplicates, latest
from prismake.job import job
from prismake.people import read_people
from prismake.tables import CLUSTERS, REPORTS, read_parquet, write_csv, write_parquet

with job(snakemake):
    entries = read_parquet(snakemake.input.records)
    united = None
    if snakemake.input.compared:
        united = unite(
            latest(entries),
            snakemake.params.kinds,
            (Compared(**row) for path in snakemake.input.compared for row in read_parquet(path)),
            (Relation(**row) for path in snakemake.input.related for row in read_parquet(path)),
        )
    found = find_duplicates(
        entries,
        Dedup(**snakemake.params.settings["dedup"]),
        snakemake.params.kinds,
        read_people(snakemake.input.verdicts),
        {row.old_record_id: row.record_id for row in read_people(snakemake.input.aliases)},
        united,
    )
    write_parquet(snakemake.output.clusters, CLUSTERS, found.clusters)
    write_parquet(snakemake.output.reports, REPORTS, found.reports)
    columns = {"merges": MERGES, "review": REVIEW, "links": LINKS, "provenance": PROVENANCE, "aliases": ALIASES}
    for name, header in columns.items():
        write_csv(snakemake.output[name], header, getattr(found, name))

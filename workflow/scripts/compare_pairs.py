"""Compare one part of the pairs."""

from prismake.config import Dedup
from prismake.dedup.pairs import compare_part
from prismake.dedup.run import latest
from prismake.job import job
from prismake.tables import COMPARED, RELATED, read_parquet, write_parquet

with job(snakemake):
    found = compare_part(
        latest(read_parquet(snakemake.input.records)),
        snakemake.params.kinds,
        read_parquet(snakemake.input.part),
        Dedup(**snakemake.params.settings["dedup"]),
    )
    write_parquet(snakemake.output.compared, COMPARED, [pair._asdict() for pair in found.compared])
    write_parquet(snakemake.output.related, RELATED, [relation._asdict() for relation in found.relations])

"""Find which records to compare, in parts of one size."""

from prismake.dedup.pairs import scatter
from prismake.dedup.run import latest
from prismake.job import job
from prismake.tables import MET, RELATED, read_parquet, write_parquet

with job(snakemake):
    found = scatter(latest(read_parquet(snakemake.input.records)), snakemake.params.kinds, len(snakemake.output.parts))
    for path, rows in zip(snakemake.output.parts, found.parts, strict=True):
        write_parquet(path, MET, rows)
    write_parquet(snakemake.output.related, RELATED, [relation._asdict() for relation in found.related])

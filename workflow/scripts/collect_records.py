"""Join the entries of all search runs."""

from prismake.job import job
from prismake.search.collect import collect

with job(snakemake):
    collect(snakemake.input.entries, snakemake.input.rejects, snakemake.input.accounts, dict(snakemake.output.items()))

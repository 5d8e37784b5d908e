"""Join arms to results and choose what enters each synthesis."""

from prismake.config import Config
from prismake.extraction.run import derive_and_split
from prismake.job import job

with job(snakemake):
    derive_and_split(
        Config(**snakemake.params.settings),
        tables=snakemake.params.tables,
        inputs=dict(snakemake.input.items()),
        results=snakemake.output.results,
        rows=dict(zip(snakemake.params.outcomes, snakemake.output.rows, strict=True)),
    )

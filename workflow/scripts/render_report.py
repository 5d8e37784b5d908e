"""Render the report to one format."""

from pathlib import Path

from prismake.job import job
from prismake.report.render import render

with job(snakemake):
    render(
        Path(snakemake.input.source),
        snakemake.wildcards.format,
        Path(snakemake.output.report),
        snakemake.params.renderer,
    )

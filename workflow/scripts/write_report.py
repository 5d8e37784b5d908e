"""Write the source of the report."""

from pathlib import Path

from prismake.config import Config
from prismake.job import job
from prismake.report.write import write_report

with job(snakemake):
    write_report(
        Config(**snakemake.params.settings),
        dict(snakemake.input.items()),
        Path(snakemake.input.static[0]).parent,
        snakemake.params.renderer,
        Path(snakemake.output.folder),
        snakemake.output.provenance,
    )

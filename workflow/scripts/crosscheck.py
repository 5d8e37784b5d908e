"""Recompute one synthesis with metafor."""

from pathlib import Path

from prismake.config import Outcome, Synthesis
from prismake.job import job
from prismake.synthesis.crosscheck import crosscheck

with job(snakemake):
    crosscheck(
        Path(snakemake.input.synthesis),
        Outcome(**snakemake.params.outcome),
        Synthesis(**snakemake.params.settings["synthesis"]),
        Path(snakemake.output.table),
    )

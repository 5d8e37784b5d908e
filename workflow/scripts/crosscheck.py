"""Recompute one synthesis with metafor."""

from pathlib import Path

from prismake.config import Moderator, Outcome, Synthesis
from prismake.job import job
from prismake.synthesis.crosscheck.run import crosscheck

with job(snakemake):
    parts = snakemake.params.settings
    crosscheck(
        Path(snakemake.input.synthesis),
        Outcome(**snakemake.params.outcome),
        Synthesis(**parts["synthesis"]),
        {key: Moderator(**value) for key, value in parts["moderators"].items()},
        Path(snakemake.output.table),
    )

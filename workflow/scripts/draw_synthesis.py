"""Draw the figures of one outcome."""

from pathlib import Path

from prismake.config import Comparison, Moderator, Outcome, Synthesis
from prismake.job import job
from prismake.synthesis.draw import draw

with job(snakemake):
    parts = snakemake.params.settings
    outcome = Outcome(**snakemake.params.outcome)
    draw(
        Path(snakemake.input.synthesis),
        outcome,
        Comparison(**parts["comparisons"][outcome.comparison]) if outcome.comparison else None,
        Synthesis(**parts["synthesis"]),
        {key: Moderator(**value) for key, value in parts["moderators"].items()},
        Path(snakemake.output.figures).parent,
    )

"""Pool one outcome."""

from pathlib import Path

from prismake.config import Moderator, Outcome, Subgroup, Synthesis
from prismake.job import job
from prismake.synthesis.run import synthesise
from prismake.tables import read_parquet

with job(snakemake):
    parts = snakemake.params.settings
    outcome = Outcome(**snakemake.params.outcome)
    synthesise(
        read_parquet(snakemake.input.rows),
        outcome,
        Synthesis(**parts["synthesis"]),
        {key: Subgroup(**value) for key, value in parts["subgroups"].items()},
        {key: Moderator(**value) for key, value in parts["moderators"].items()},
        Path(snakemake.output.synthesis).parent,
    )

"""Say what became of every entry, and draw the flow diagram from it."""

from prismake.config import Characteristic, Source
from prismake.job import job
from prismake.prisma.run import build_ledger

with job(snakemake):
    parts = snakemake.params.settings
    build_ledger(
        {key: Source(**value) for key, value in parts["sources"].items()},
        parts["eligibility"]["reasons"],
        {key: Characteristic(**value) for key, value in parts["characteristics"].items()},
        dict(snakemake.input.items()),
        dict(snakemake.output.items()),
    )

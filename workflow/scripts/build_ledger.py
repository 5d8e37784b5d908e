"""Say what became of every entry, and draw the flow diagram from it."""

from prismake.config import Config
from prismake.job import job
from prismake.prisma.run import build_ledger

with job(snakemake):
    build_ledger(Config(**snakemake.params.settings), dict(snakemake.input.items()), dict(snakemake.output.items()))

"""Compare all treatments of one network."""

from pathlib import Path

from prismake.config import Network, Outcome, Synthesis
from prismake.job import job
from prismake.synthesis.network.run import synthesise_network
from prismake.tables import read_parquet

with job(snakemake):
    synthesise_network(
        snakemake.wildcards.network,
        read_parquet(snakemake.input.arms),
        Network(**snakemake.params.network),
        Outcome(**snakemake.params.outcome),
        Synthesis(**snakemake.params.settings["synthesis"]),
        Path(snakemake.output.network).parent,
    )

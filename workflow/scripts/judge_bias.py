"""Judge each result by the RoB 2 algorithm and draw the plots."""

from pathlib import Path

from prismake.bias.run import judge_bias
from prismake.config import Characteristic, Outcome
from prismake.extraction.read import read_studies
from prismake.job import job
from prismake.people import read_people

with job(snakemake):
    parts = snakemake.params.settings
    judge_bias(
        read_people(snakemake.input.answers),
        read_studies({key: Characteristic(**value) for key, value in parts["characteristics"].items()}),
        {key: Outcome(**value) for key, value in parts["outcomes"].items()},
        read_people(snakemake.input.citations),
        snakemake.output.judgements,
        Path(snakemake.output.judgements).parent,
    )

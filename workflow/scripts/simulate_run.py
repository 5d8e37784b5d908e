"""One simulated screening of the review's own decided reports."""

from pathlib import Path

from prismake.config import Screening
from prismake.job import job
from prismake.screening.features import stored
from prismake.screening.labelled import review_set
from prismake.screening.simulation import ORDER, draw_prior, order_rows, simulate
from prismake.tables import read_parquet, write_csv

with job(snakemake):
    settings = Screening(**snakemake.params.settings["screening"])
    held = review_set(
        read_parquet(snakemake.input.reports), read_parquet(snakemake.input.standing), settings.simulation.relevant
    )
    seed = int(snakemake.wildcards.seed)
    features = stored(Path(snakemake.log[0]).parent / "simulation", held.texts)
    run = simulate(features, held.labels, draw_prior(held.labels, seed), settings.ranking, seed)
    write_csv(snakemake.output.order, ORDER, order_rows(held.ids, run))

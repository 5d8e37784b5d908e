"""What the simulated runs of the review's own screening say together."""

from pathlib import Path

from prismake.config import Screening
from prismake.job import job
from prismake.screening.summary import STOPPING_RULES, ranked_by, summarise
from prismake.tables import read_csv

with job(snakemake):
    settings = Screening(**snakemake.params.settings["screening"])
    orders = {
        seed: [row["included"] == "1" for row in read_csv(path)]
        for seed, path in zip(snakemake.params.seeds, snakemake.input.orders, strict=True)
    }
    folder = Path(snakemake.output.page).parent
    summarise(folder, {"this review": orders}, STOPPING_RULES, ranked_by(settings.ranking))

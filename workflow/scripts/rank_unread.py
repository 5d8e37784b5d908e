"""Rank the reports that wait for a decision on title and abstract."""

from prismake.config import Eligibility, Question, Screening
from prismake.job import job
from prismake.screening.ranking import COLUMNS, protocol_text, rank
from prismake.tables import read_parquet, write_csv

with job(snakemake):
    parts = snakemake.params.settings
    protocol = protocol_text(Question(**parts["question"]), Eligibility(**parts["eligibility"]))
    ranked = rank(
        read_parquet(snakemake.input.reports),
        read_parquet(snakemake.input.standing),
        protocol,
        Screening(**parts["screening"]).ranking,
    )
    write_csv(snakemake.output.ranking, COLUMNS, ranked)

"""Rank the reports that wait for a decision on title and abstract, and log what they were ranked by."""

import json
from pathlib import Path

from prismake.config import Eligibility, Question, Screening
from prismake.job import job
from prismake.screening.ranking import COLUMNS, account, protocol_text, rank
from prismake.tables import read_parquet, whole, write_csv

with job(snakemake):
    parts = snakemake.params.settings
    protocol = protocol_text(Question(**parts["question"]), Eligibility(**parts["eligibility"]))
    settings = Screening(**parts["screening"]).ranking
    reports, standing = read_parquet(snakemake.input.reports), read_parquet(snakemake.input.standing)
    ranked = rank(reports, standing, protocol, settings, store=Path(snakemake.log[0]).parent)
    write_csv(snakemake.output.ranking, COLUMNS, ranked)
    said = account(reports, standing, protocol, settings, ranked)
    with whole(snakemake.output.account) as part:
        part.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(said))

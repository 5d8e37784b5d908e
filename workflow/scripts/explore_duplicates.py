"""Write a page that shows the records of each merged report side by side."""

from prismake.dedup.explorer import TEMPLATE, page
from prismake.job import job
from prismake.people import read_people
from prismake.tables import read_csv, read_parquet, whole

with job(snakemake):
    given = snakemake.input
    made = page(
        TEMPLATE.read_text(encoding="utf-8"),
        read_parquet(given.records),
        read_parquet(given.reports),
        read_csv(given.merges),
        read_csv(given.review),
        read_csv(given.links),
        read_people(given.verdicts),
    )
    with whole(snakemake.output.page) as part:
        part.write_text(made, encoding="utf-8")

"""Read one export of one search run."""

from prismake.config import SearchRun
from prismake.job import job
from prismake.search.collect import save
from prismake.search.read import read_export

with job(snakemake):
    run, ids = SearchRun(**snakemake.params.run), snakemake.params.ids
    export = read_export(snakemake.wildcards.source, run, ids=ids)
    save(export, snakemake.output.entries, snakemake.output.rejects, snakemake.output.account)

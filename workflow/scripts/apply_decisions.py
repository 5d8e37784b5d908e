"""Say where each report stands."""

from pathlib import Path

from prismake.config import Screening
from prismake.job import job
from prismake.people import read_people
from prismake.screening.frame import FRAME, read_frames
from prismake.screening.run import apply_decisions
from prismake.tables import read_parquet

with job(snakemake):
    apply_decisions(
        clusters=read_parquet(snakemake.input.clusters),
        reports=read_parquet(snakemake.input.reports),
        decisions={
            "title_abstract": read_people(snakemake.input.screening),
            "full_text": read_people(snakemake.input.fulltext),
        },
        aliases=read_people(snakemake.input.aliases),
        sample=read_people(snakemake.input.sample),
        frames=read_frames(Path(FRAME)),
        settings=Screening(**snakemake.params.settings["screening"]),
        reasons=snakemake.params.reasons,
        source_kinds=snakemake.params.kinds,
        records=read_parquet(snakemake.input.records, ["record_id", "run"]),
        out=dict(snakemake.output.items()),
    )

"""Draw the course of screening."""

import json
from pathlib import Path

from prismake.job import job
from prismake.screening.course_plot import course_plot
from prismake.tables import read_csv

with job(snakemake):
    course_plot(
        read_csv(snakemake.input.course),
        json.loads(Path(snakemake.input.stop).read_text(encoding="utf-8")),
        Path(snakemake.output[0]).with_suffix(""),
    )

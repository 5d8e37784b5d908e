"""Check every extracted figure and where it comes from."""

from prismake.config import Characteristic, Outcome
from prismake.extraction.forms import FIGURE_COLUMNS
from prismake.extraction.read import read_extraction
from prismake.job import job
from prismake.tables import write_csv

with job(snakemake):
    parts = snakemake.params.settings
    outcomes = {key: Outcome(**value) for key, value in parts["outcomes"].items()}
    characteristics = {key: Characteristic(**value) for key, value in parts["characteristics"].items()}
    comparisons, networked = list(parts["comparisons"]), set(snakemake.params.networks.values())
    _, figures = read_extraction(snakemake.params.tables, outcomes, comparisons, characteristics, networked)
    write_csv(snakemake.output.figures, FIGURE_COLUMNS, figures)

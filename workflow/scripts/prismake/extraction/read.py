"""Reading everything that people extracted, checked as a whole."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from ..config import Characteristic, Outcome
from ..config.measures import ESTIMATES
from ..people import Arm, Citation, Contrast, Estimate, Extracted, Study, read_people
from .converted import convert
from .estimates import check_estimates, check_pooled_estimates
from .forms import check_extracted, check_studies
from .pairs import CONTRASTS, check_pairs

STUDIES, ARMS = "review/studies.csv", "review/arms.csv"
CITATIONS = "review/citations.csv"


def read_studies(characteristics: dict[str, Characteristic]) -> list[Study]:
    """The studies, with the characteristics that config.yaml declares in ``extra``."""
    return read_people(STUDIES, {key: characteristic.type for key, characteristic in characteristics.items()})


@dataclass(frozen=True)
class Extraction:
    """Everything that people extracted."""

    studies: list[Study]
    contrasts: list[Contrast]
    rows: list[Extracted]
    estimates: list[Estimate]
    arm_labels: dict[tuple[str, str], str]


def read_extraction(
    tables: list[str],
    outcomes: dict[str, Outcome],
    comparisons: list[str],
    characteristics: dict[str, Characteristic],
    networked: Collection[str] = (),
) -> tuple[Extraction, list[dict[str, Any]]]:
    """Read and check all tables of extraction; `networked` are the outcomes that networks hold.

    Returns
    -------
    extraction : Extraction
    figures : list of dict
        One row a figure, with the columns `prismake.extraction.forms.FIGURE_COLUMNS`.

    Raises
    ------
    InputError
        For every figure that is impossible, unknown or without provenance.
    """
    studies = read_studies(characteristics)
    arms: list[Arm] = read_people(ARMS)
    contrasts: list[Contrast] = read_people(CONTRASTS)
    citations: list[Citation] = read_people(CITATIONS)
    estimates: list[Estimate] = read_people(ESTIMATES)
    check_studies(studies, arms, contrasts, comparisons)
    check_estimates(ESTIMATES, estimates, outcomes, comparisons, arms, citations)
    check_pooled_estimates(ESTIMATES, estimates, outcomes, contrasts)
    rows: list[Extracted] = []
    figures: list[dict[str, Any]] = []
    for path in tables:
        table = convert(path, read_people(path), outcomes, contrasts)
        figures += check_extracted(path, table, outcomes, arms, citations)
        rows += table
    check_pairs(rows, outcomes, contrasts, networked)
    labels = {(arm.study_id, arm.arm): arm.label for arm in arms}
    return Extraction(studies, contrasts, rows, estimates, labels), figures

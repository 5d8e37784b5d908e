"""The numbers of a network in words. A rank is no certainty, and a p value above a line is no consistency."""

from typing import Any

from ...config import Outcome
from ...wording import interval, number, p_value, percent, statistic
from ..effects import MEASURES

Row = dict[str, Any]


def estimate(row: Row, outcome: Outcome, level: float) -> str:
    """``OR 1.84 (95% CI 1.20 to 2.82)``."""
    unit = f" {outcome.unit}" if outcome.unit and outcome.measure == "MD" else ""
    return f"{outcome.measure} {number(row['estimate'])}{unit} ({percent(level)} CI {between(row, 'ci')})"


def with_interval(row: Row, name: str, ends: str = "") -> str:
    """``1.84 (1.20 to 2.82)``; a dash where there is none."""
    if row[name] is None:
        return "–"
    return f"{number(row[name])} ({between(row, ends or name)})"


def between(row: Row, name: str) -> str:
    """``1.20 to 2.82``."""
    return interval(row[f"{name}_low"], row[f"{name}_high"])


def pair(row: Row) -> str:
    """``A against B``."""
    return f"{row['treatment_1']} against {row['treatment_2']}"


def difference(row: Row, outcome: Outcome) -> str:
    """What parts direct from indirect evidence: ``ratio 1.31 (0.62 to 2.77), z = 0.71, p = 0.48``."""
    what = "ratio" if MEASURES[outcome.measure].ratio else "difference"
    said = f"{what} {with_interval(row, 'difference')}"
    return f"{said}, z = {statistic(row['difference_z'])}, {p_value(row['difference_pval'])}"


def design(treatments: list[str]) -> str:
    """``A : B : C``."""
    return " : ".join(treatments)


def split_both(comparisons: list[Row]) -> list[Row]:
    """The comparisons of which there is direct and indirect evidence."""
    return [row for row in comparisons if row["direct"] is not None and row["indirect"] is not None]

"""What metafor is asked, and how both answers are compared."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Tolerance:
    """The largest relative difference of two figures that agree, and where it is not that of numbers themselves, why.

    Beside figures near 0 the difference is taken relative to `share` of the figure's unit.
    """

    relative: float
    share: float
    why: str = ""


TOLERANCES = {
    "closed": Tolerance(1e-6, 0.01),
    "three levels": Tolerance(
        1e-4, 1.0, "models of three levels, as metafor stops where the likelihood hardly rises any more"
    ),
    "counts": Tolerance(1e-4, 1.0, "mixed models of counts, as R's lme4 searches their maximum without derivatives"),
    "selection": Tolerance(2e-3, 1.0, "the selection model, as metafor's optimiser stops short of the maximum"),
}

POWERS = dict.fromkeys(
    ("estimate", "ci_low", "ci_high", "pi_low", "pi_high", "se", "yi"), 1
) | dict.fromkeys(
    ("vi", "tau2", "tau2_low", "tau2_high", "tau2_between", "tau2_within", "tau2_del"), 2
)  # fmt: skip
"""The power of the unit of the effects in which a figure is measured; the others have none."""

NOT_COMPARED = "not compared"
NO_ANSWER = "metafor gave no answer"
"""How the reason begins where a whole analysis failed in R."""


@dataclass(frozen=True)
class Figure:
    """One figure of prismake's, and the name that it has in metafor's answer."""

    analysis: str
    label: str
    quantity: str
    ours: float | None
    theirs: str
    on_scale: bool = False
    """Whether it is on the scale of the measure, and metafor's on that of the analysis."""
    studies: tuple[int, ...] = ()
    """The results that it comes from, by number, where they are not all of its question."""
    unit: float | None = None
    """What its size is compared with near 0, where that is not the unit of the effects."""


@dataclass(frozen=True)
class Question:
    """One call of metafor, and the figures that it answers.

    `kind` is a function of crosscheck.R, `studies` the numbers of the results, from 1, and `test`, `choice` and `values`
    what that function says. A `Question` without a kind is not asked, for the reason in `note`.
    """

    kind: str
    studies: tuple[int, ...]
    figures: tuple[Figure, ...]
    method: str = ""
    test: str = ""
    choice: str = ""
    values: tuple[float, ...] = ()
    after: tuple[str, ...] = ()
    """Analyses, by their keys, whose answers this one takes: their numbers become `choice`."""
    covariance: tuple[tuple[int, int, float], ...] = ()
    """Of results of one study: row and column in this question, from 1, and the value."""
    tolerance: str = "closed"
    note: str = ""


def figures(analysis: str, label: str, found: Row, names: Iterable[str], **unit: float) -> tuple[Figure, ...]:
    """Figures that metafor's answer has under the same names."""
    return tuple(Figure(analysis, label, name, found[name], name, **unit) for name in names)


def numbered(found: Iterable[Figure], number: int) -> tuple[Figure, ...]:
    """The figures as those of one row of an answer: its names end in the number."""
    return tuple(replace(figure, theirs=f"{figure.theirs}:{number}") for figure in found)


def not_asked(analysis: str, label: str, quantity: str, reason: str) -> Question:
    """A figure, or with no quantity a whole analysis, that metafor does not do."""
    return Question("", (), (Figure(analysis, label, quantity, None, ""),), note=reason)


def compared(row: Row, unit: float, kind: str = "closed") -> Row:
    """The row with the relative difference of both figures, and whether they agree.

    Parameters
    ----------
    row : dict
        ``quantity``, ``ours``, ``metafor``; ``unit`` where that is not the unit of the effects.
    unit : float
        That of the effects: the median of their standard errors.
    kind : str
        A key of `TOLERANCES`.
    """
    ours, theirs = row["ours"], row["metafor"]
    tolerance = TOLERANCES[kind]
    row = row | {"kind": kind, "tolerance": tolerance.relative}
    if ours is None or theirs is None:
        return row | {"difference": None, "agrees": False, "note": "given by one engine only"}
    own = row.get("unit")
    least = unit ** POWERS.get(row["quantity"], 0) if own is None else own
    difference = abs(ours - theirs) / max(abs(theirs), least * tolerance.share)
    return row | {"difference": difference, "agrees": difference <= tolerance.relative}

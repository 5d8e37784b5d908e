"""The effect of each study that enters a synthesis, from its extracted figures."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..config import Outcome, Synthesis
from .effects import MEASURES, escalc
from .model import random_effects

Row = dict[str, Any]


def effects(rows: list[Row], outcome: Outcome, settings: Synthesis) -> list[Row]:
    """Each study with its effect.

    Returns
    -------
    list of dict
        The rows, with ``yi``, ``vi``, ``sei`` on the scale of analysis, ``effect``, ``ci_low``, ``ci_high`` on that of the
        measure (Wald, at the level of the settings), ``estimable``, and ``why_not`` where it is not: a table without any
        event has no ratio. An upper end beyond all numbers is None.
    """
    if not rows:
        return []
    column = {name: np.array([row[name] for row in rows], dtype=float) for name in _columns(outcome)}
    if outcome.dichotomous:
        zero = settings.zero_cells
        yi, vi = escalc(
            outcome.measure,
            ai=column["events_1"],
            n1i=column["n_1"],
            ci=column["events_2"],
            n2i=column["n_2"],
            add=zero.add,
            to=zero.to,
            drop00=zero.drop00 and outcome.measure != "RD",
        )
    else:
        names = {"m1i": "mean_1", "sd1i": "sd_1", "n1i": "n_1", "m2i": "mean_2", "sd2i": "sd_2", "n2i": "n_2"}
        yi, vi = escalc(outcome.measure, **{theirs: column[ours] for theirs, ours in names.items()})
    back = MEASURES[outcome.measure].back
    found = []
    for row, y, v in zip(rows, yi, vi, strict=True):
        estimable = bool(np.isfinite(y) and np.isfinite(v) and v > 0)
        values: Row = dict.fromkeys(("yi", "vi", "sei", "effect", "ci_low", "ci_high"))
        if estimable:
            one = random_effects([y], [v], settings)
            ends = {"effect": one.estimate, "ci_low": one.ci_low, "ci_high": one.ci_high}
            values = {name: on_scale(value, back) for name, value in ends.items()}
            values |= {"yi": float(y), "vi": float(v), "sei": math.sqrt(v)}
        found.append(row | values | {"estimable": estimable, "why_not": "" if estimable else _why_not(row, outcome)})
    return found


def on_scale(value: float, back: Callable[[float], Any]) -> float | None:
    """A value on the scale of the measure; None where it is no number, or beyond all numbers there."""
    with np.errstate(over="ignore"):
        shown = float(back(value))
    return shown if math.isfinite(shown) else None


def _why_not(row: Row, outcome: Outcome) -> str:
    """Why the figures of a study give no effect."""
    if not outcome.dichotomous:
        return "its figures give no standard error"
    events, people = (tuple(row[f"{name}_{arm}"] for arm in (1, 2)) for name in ("events", "n"))
    if events == (0, 0):
        return "no events in either group"
    if events == people:
        return "events in everyone of both groups"
    return "a group without events, or with nothing else"


def _columns(outcome: Outcome) -> Sequence[str]:
    names = ("events", "n") if outcome.dichotomous else ("mean", "sd", "n")
    return [f"{name}_{arm}" for arm in (1, 2) for name in names]

"""The effect of each study that enters a synthesis, from its extracted figures."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..config import Outcome, Synthesis
from ..config.measures import ADDED_TO
from ..tables import is_estimate
from .conversions import from_interval, from_log_rank
from .effects import MEASURES, Array, Effects, escalc, inverse_double_arcsine
from .model import random_effects

Row = dict[str, Any]

_COLUMNS = {
    "two_by_two": {"ai": "events_1", "n1i": "n_1", "ci": "events_2", "n2i": "n_2"},
    "means": {"m1i": "mean_1", "sd1i": "sd_1", "n1i": "n_1", "m2i": "mean_2", "sd2i": "sd_2", "n2i": "n_2"},
    "rates": {"x1i": "events_1", "t1i": "time_1", "x2i": "events_2", "t2i": "time_2"},
    "proportions": {"xi": "events_1", "ni": "n_1"},
}
"""Family of a measure -> what `escalc` calls its figures -> what they are called here."""


def effects(rows: list[Row], outcome: Outcome, settings: Synthesis) -> list[Row]:
    """Each study with its effect.

    Returns
    -------
    list of dict
        The rows, with ``yi``, ``vi``, ``sei`` on the scale of analysis, ``effect``, ``ci_low``, ``ci_high`` on that of the
        measure (Wald, at the level of the settings), ``result_label``, ``estimable``, and ``why_not`` where it is not: a
        table without any event has no ratio. Where the scale of a study runs the other way, the sign is turned. An upper
        end beyond all numbers is None.
    """
    yi, vi = np.full((2, len(rows)), np.nan)
    reported = np.array([is_estimate(row) for row in rows], dtype=bool)
    if not reported.all():
        yi[~reported], vi[~reported] = _from_arms([row for row in rows if not is_estimate(row)], outcome, settings)
    for place in np.flatnonzero(reported):
        yi[place], vi[place] = _as_reported(rows[place], MEASURES[outcome.measure].ratio)
    yi = np.where([bool(row.get("reversed")) for row in rows], -yi, yi)
    found = []
    for row, label, y, v in zip(rows, _result_labels(rows), yi, vi, strict=True):
        estimable = bool(np.isfinite(y) and np.isfinite(v) and v > 0)
        values: Row = dict.fromkeys(("yi", "vi", "sei", "effect", "ci_low", "ci_high"))
        if estimable:
            one = random_effects([y], [v], settings)
            ends = {"effect": one.estimate, "ci_low": one.ci_low, "ci_high": one.ci_high}
            back = back_of(outcome.measure, [row])
            values = {name: on_scale(value, back) for name, value in ends.items()}
            values |= {"yi": float(y), "vi": float(v), "sei": math.sqrt(v)}
        said = {"result_label": label, "estimable": estimable, "why_not": "" if estimable else _why_not(row, outcome)}
        found.append(row | values | said)
    return found


def _from_arms(rows: list[Row], outcome: Outcome, settings: Synthesis) -> Effects:
    """Effects from the figures of the arms, with the zero-cell rules of the settings where the measure needs them."""
    measure = MEASURES[outcome.measure]
    names = _COLUMNS[measure.family]
    columns: dict[str, Array] = {theirs: np.array([row[ours] for row in rows], float) for theirs, ours in names.items()}
    if measure.family == "means":
        return escalc(outcome.measure, **columns, vtype=outcome.variance, correct=outcome.correct)
    zero = settings.zero_cells
    options: dict[str, Any] = {"add": zero.add, "to": zero.to} if outcome.measure in ADDED_TO else {"to": "none"}
    if measure.family != "proportions":
        options["drop00"] = zero.drop00 and measure.ratio  # a difference of two zeros is a finding, a ratio is none
    return escalc(outcome.measure, **columns, **options)


def _as_reported(row: Row, ratio: bool) -> tuple[float, float]:
    """The effect that a study reports as such: `prismake.people.Estimate` has the three forms."""
    if row["o_e"] is not None:
        (y,), (v,) = from_log_rank(row["o_e"], row["v"])
    elif row["se"] is not None:
        (y,), (v,) = escalc("GEN", yi=math.log(row["estimate"]) if ratio else row["estimate"], sei=row["se"])
    else:
        (y,), (v,) = from_interval(row["estimate"], row["ci_low"], row["ci_high"], ratio=ratio)
    return float(y), float(v)


def back_of(measure: str, rows: list[Row]) -> Callable[[float], Any]:
    """From the scale of analysis to that of the measure, for a figure that comes from these results.

    Double arcsines depend on how many people they are of: the harmonic mean of the results' sizes stands for them, as in
    metafor's ``transf.ipft.hm``.
    """
    if measure != "PFT":
        return MEASURES[measure].back
    size = 1 / np.mean([1 / row["n_1"] for row in rows])
    return lambda value: inverse_double_arcsine(value, size)


def on_scale(value: float, back: Callable[[float], Any]) -> float | None:
    """A value on the scale of the measure; None where it is no number, or beyond all numbers there."""
    with np.errstate(over="ignore", invalid="ignore"):
        shown = float(back(value))
    return shown if math.isfinite(shown) else None


def _why_not(row: Row, outcome: Outcome) -> str:
    """Why the figures of a study give no effect."""
    if "events" not in outcome.figures:
        return "its figures give no standard error"
    events = tuple(row[f"events_{arm}"] for arm in outcome.arms)
    if outcome.one_arm:
        return "no events" if events == (0,) else "events in everyone"
    if events == (0, 0):
        return "no events in either group"
    if "n" in outcome.figures and events == (row["n_1"], row["n_2"]):
        return "events in everyone of both groups"
    return "a group without events, or with nothing else" if "n" in outcome.figures else "a group without events"


def participants(rows: list[Row], outcome: Outcome, several: bool = False) -> float | None:
    """How many people, or other units, these results hold; None where the size of a group is not known.

    Where a study gives `several` results, an arm counts once, by the largest of its sizes.
    """
    sizes: dict[tuple[str, ...], float] = {}
    for row in rows:
        for arm in outcome.arms:
            n = row[f"n_{arm}"]
            if n is None:
                return None
            group = (row["study_id"], row[f"arm_{arm}"]) if several else (row["result_id"], str(arm))
            sizes[group] = max(n, sizes.get(group, 0))
    return sum(sizes.values())


def _result_labels(rows: list[Row]) -> list[str]:
    """What each result is called where its study gives several: ``Adams 2010: high dose, 12 weeks``."""
    labels = []
    for row in rows:
        own = [other for other in rows if other["study_id"] == row["study_id"]]
        differing = [
            str(row[name])
            for name in ("label_1", "label_2", "timepoint", "unit_of_analysis")
            if len({other.get(name) for other in own}) > 1
        ]
        labels.append(f"{row['label']}: {', '.join(differing)}" if differing else row["label"])
    return labels

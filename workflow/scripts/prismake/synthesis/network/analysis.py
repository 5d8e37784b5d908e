"""Everything that is computed for one network, as plain values on the scale of its measure.

None stands for what is not estimable, and for an upper end beyond all numbers.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from ...config import Network, Outcome, Synthesis
from ...problems import InputError, Problem, cell, nearest, show
from ...wording import many
from ..effects import MEASURES
from . import model
from .arms import Contrast, contrasts, figures_of
from .inconsistency import Design, Inconsistency, inconsistency
from .studies import components

Row = dict[str, Any]


@dataclass(frozen=True)
class _Scale:
    """How values of the model are shown: back on the scale of the measure, with intervals at a level."""

    back: Callable[[Any], Any]
    level: float

    def value(self, y: float) -> float | None:
        with np.errstate(over="ignore"):
            shown = float(self.back(y))
        return shown if math.isfinite(shown) else None

    def interval(self, y: float, se: float, name: str = "", df: int | None = None) -> Row:
        """``<name>_low`` and ``<name>_high``: normal, or of t."""
        tail = (1 + self.level) / 2
        half = float(ndtri(tail) if df is None else stdtrit(df, tail)) * se
        return {f"{name}_low": self.value(y - half), f"{name}_high": self.value(y + half)}

    def estimate(self, y: float, se: float, name: str, ends: str = "") -> Row:
        return {name: self.value(y), **self.interval(y, se, ends or name)}


def analyse(key: str, arms: list[Row], network: Network, outcome: Outcome, settings: Synthesis) -> Row:
    """The analyses of one network.

    Parameters
    ----------
    key, network, outcome, settings
        From the configuration; zero cells and, where the network has none of its own, the level are of `settings`.
    arms : list of dict
        `prismake.extraction.networks.NETWORK_ARMS`.

    Returns
    -------
    dict
        Plain values: ``why_not`` (empty where the network was computed), ``studies`` with their arms, ``left_out``,
        ``sensitivity``; and where it was computed ``treatments`` (the reference last), ``contrasts``, ``comparisons`` (each
        pair once, the reference second), ``league`` (row against column), ``ranking``, ``heterogeneity``, ``designs``, ``heat``.

    Raises
    ------
    InputError
        The reference is no treatment of the network, or no chain of studies connects its treatments.
    """
    level = network.level or settings.level
    by_study = _by_study([row for row in arms if row["use"] == "main"], network.reference)
    zero = settings.zero_cells
    found, left_out = contrasts(
        outcome.measure, by_study, add=zero.add, to=zero.to, drop00=zero.drop00, correct=outcome.correct
    )
    entered = {study: of_study for study, of_study in by_study.items() if study not in left_out}
    said: Row = {
        "measure": outcome.measure,
        "level": level,
        "method": network.method,
        "reference": network.reference,
        "studies": [_study(study, of_study, outcome.measure) for study, of_study in entered.items()],
        "left_out": [{"label": by_study[study][0]["label"], "why": why} for study, why in left_out.items()],
        "sensitivity": sorted({row["label"] for row in arms if row["use"] == "sensitivity"}),
        "why_not": "",
    }
    if by_study:
        _check(key, network, entered or by_study)
    if len(entered) < 2:
        return said | {
            "why_not": f"a network needs two studies or more, and {many(len(entered), 'study', 'studies')} can enter"
        }
    scale = _Scale(MEASURES[outcome.measure].back, level)
    return said | _fitted(found, entered, network, outcome, scale)


def _by_study(rows: list[Row], reference: str) -> dict[Hashable, list[Row]]:
    """Study -> its arms, the reference last, so that contrasts are against it."""
    by_study: dict[Hashable, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["study_id"], row["treatment"] == reference, row["treatment"])):
        by_study[row["study_id"]].append(row)
    return dict(by_study)


def _check(key: str, network: Network, by_study: dict[Hashable, list[Row]]) -> None:
    sets = [{row["treatment"] for row in rows} for rows in by_study.values()]
    treatments = sorted(set.union(*sets))
    if network.reference not in treatments:
        where = cell("config.yaml", key=f"networks.{key}.reference")
        expected = f"a treatment of the network ({', '.join(treatments)})"
        raise InputError(Problem(where, show(network.reference), expected, nearest(network.reference, treatments)))
    parts = components(sets)
    if len(parts) > 1:
        named = "; ".join(
            ", ".join(sorted(part)) for part in sorted(parts, key=lambda part: (-len(part), sorted(part)))
        )
        found = f"{len(parts)} parts that no study connects: {named}"
        mend = "Is a treatment of review/arms.csv named in two ways? Otherwise give pool no to all parts but one."
        where = cell("config.yaml", key=f"networks.{key}")
        raise InputError(Problem(where, found, "treatments that a chain of studies connects", mend))


def _study(study: Hashable, arms: list[Row], measure: str) -> Row:
    figures = figures_of(measure)
    return {
        "study_id": study,
        **{name: arms[0][name] for name in ("label", "timepoint", "unit_of_analysis", "reversed")},
        "arms": [{name: row[name] for name in ("treatment", "arm_label", "n", *figures, "converted")} for row in arms],
    }


def _fitted(
    found: list[Contrast], entered: dict[Hashable, list[Row]], network: Network, outcome: Outcome, scale: _Scale
) -> Row:
    columns = (
        [one.study for one in found],
        [one.first["treatment"] for one in found],
        [one.second["treatment"] for one in found],
        [one.yi for one in found],
        [one.sei for one in found],
    )
    fit = model.network(*columns, method=network.method)
    parts = inconsistency(*columns)
    others = [str(name) for name in fit.treatments if name != network.reference]
    treatments = [*others, network.reference]
    comparisons = _comparisons(fit, treatments, scale)
    return {
        "treatments": treatments,
        "contrasts": [_contrast(one, outcome, scale) for one in found],
        "comparisons": comparisons,
        "league": _league(fit, treatments, scale),
        "ranking": _ranking(fit, entered, outcome, comparisons, network.reference),
        "heterogeneity": _heterogeneity(fit, parts),
        "designs": [_design(one) for one in parts.designs],
        "heat": _heat(parts),
    }


def _contrast(one: Contrast, outcome: Outcome, scale: _Scale) -> Row:
    figures = figures_of(outcome.measure)
    arms = {
        f"{name}_{n}": arm[name] for n, arm in ((1, one.first), (2, one.second)) for name in ("treatment", *figures)
    }
    own = {"study_id": one.study, "label": one.first["label"], **arms, "yi": one.yi, "sei": one.sei}
    return own | scale.estimate(one.yi, one.sei, "estimate", "ci")


def _comparisons(fit: model.Network, treatments: list[str], scale: _Scale) -> list[Row]:
    place = {name: fit.treatments.index(name) for name in treatments}
    splits = {frozenset((split.treat1, split.treat2)): split for split in fit.split_random}
    rows = []
    for n, one in enumerate(treatments):
        for two in treatments[n + 1 :]:
            at = place[one], place[two]
            split = splits[frozenset((one, two))]
            sign = 1 if split.treat1 == one else -1
            rows.append(
                {"treatment_1": one, "treatment_2": two, "studies": split.studies, "share": split.share}
                | _estimated(fit, at, scale)
                | scale.estimate(sign * split.direct, split.direct_se, "direct")
                | scale.estimate(sign * split.indirect, split.indirect_se, "indirect")
                | scale.estimate(sign * split.difference, split.difference_se, "difference")
                | {"difference_z": _finite(sign * split.stat), "difference_pval": _finite(split.pval)}
            )
    return rows


def _estimated(fit: model.Network, at: tuple[int, int], scale: _Scale) -> Row:
    """The network's estimate with its interval and, from 2 df of Q on, its prediction interval (t of that df, as netmeta)."""
    y, se = float(fit.random.estimate[at]), float(fit.random.se[at])
    ends: Row = {"pi_low": None, "pi_high": None}
    if fit.Q_df >= 2:
        ends = scale.interval(y, math.sqrt(se**2 + fit.tau2), "pi", fit.Q_df)
    z = y / se
    return {
        **scale.estimate(y, se, "estimate", "ci"),
        **ends,
        "yi": y,
        "se": se,
        "z": z,
        "pval": float(2 * ndtr(-abs(z))),
    }


def _league(fit: model.Network, treatments: list[str], scale: _Scale) -> list[list[Row | None]]:
    """Row against column, both ways round; None on the diagonal."""
    place = [fit.treatments.index(name) for name in treatments]
    return [[None if i == j else _estimated(fit, (i, j), scale) for j in place] for i in place]


def _ranking(
    fit: model.Network, entered: dict[Hashable, list[Row]], outcome: Outcome, comparisons: list[Row], reference: str
) -> list[Row]:
    """Treatments by P-score, the best first."""
    small = "desirable" if outcome.better == "lower" else "undesirable"
    scores = dict(zip(fit.treatments, model.p_scores(fit.random, small_values=small).tolist(), strict=True))
    against = {row["treatment_1"]: row for row in comparisons if row["treatment_2"] == reference}
    rows = []
    for name, score in sorted(scores.items(), key=lambda item: (-item[1], str(item[0]))):
        arms = [row for of_study in entered.values() for row in of_study if row["treatment"] == name]
        numbers = [row["n"] for row in arms]
        rows.append(
            {
                "rank": 1 + sum(other > score for other in scores.values()),
                "treatment": name,
                "p_score": score,
                "studies": len(arms),
                "participants": None if None in numbers else sum(numbers),
                **{end: against[name][end] if name in against else None for end in ("estimate", "ci_low", "ci_high")},
            }
        )
    return rows


def _heterogeneity(fit: model.Network, parts: Inconsistency) -> Row:
    return {
        "k": fit.k,
        "contrasts": fit.contrasts,
        "tau2": fit.tau2,
        "tau": math.sqrt(fit.tau2),
        "I2": fit.I2,
        "Q": fit.Q,
        "Q_df": fit.Q_df,
        "Q_pval": fit.Q_pval if fit.Q_df else None,
        "Q_within": fit.Q_het,
        "Q_within_df": fit.Q_het_df,
        "Q_within_pval": fit.Q_het_pval if fit.Q_het_df else None,
        "Q_between": fit.Q_inc,
        "Q_between_df": fit.Q_inc_df,
        "Q_between_pval": fit.Q_inc_pval if fit.Q_inc_df else None,
        "Q_interaction": parts.Q,
        "Q_interaction_df": parts.df,
        "Q_interaction_pval": _finite(parts.pval),
        "tau2_within": parts.tau2_within,
    }


def _design(one: Design) -> Row:
    numbers = {name: _finite(getattr(one, name)) for name in ("Q", "pval", "Q_detached", "pval_detached")}
    return {
        "treatments": list(one.treatments),
        "studies": one.studies,
        "df": one.df,
        "df_detached": one.df_detached,
    } | numbers


def _heat(parts: Inconsistency) -> Row | None:
    if parts.heat is None:
        return None
    rows = [
        {"design": list(parts.designs[design].treatments), "treatment_1": one, "treatment_2": two}
        for design, one, two in parts.heat.rows
    ]
    return {"rows": rows, "share": parts.heat.share.tolist(), "change": parts.heat.change.tolist()}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

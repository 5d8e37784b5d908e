"""The studies of the main analysis under other models: how far the result hangs on the choice of one."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..config import Outcome, Synthesis
from .analyses import Analysis, Row, in_measure, not_run, pool
from .dependence import one_each
from .effects import MEASURES
from .glmm import MODELS, fit_counts
from .mantel_haenszel import mantel_haenszel, peto
from .study_effects import participants
from .tau2 import METHODS, Array, NotConverged

COMMON_EFFECT = {"MH": ("OR", "RR", "RD", "IRR", "IRD"), "PETO": ("OR", "PETO")}
"""Methods for counts, and the measures of an outcome that they give."""
NAMES = {
    "EE": "Equal effects, inverse variance",
    "MH": "Equal effects, Mantel-Haenszel",
    "PETO": "Equal effects, Peto",
    "UM.FS": "Binomial-normal, fixed study effects (UM.FS)",
    "UM.RS": "Binomial-normal, random study effects (UM.RS)",
    "CM.AL": "Conditional binomial-normal, approximate (CM.AL)",
    "UM": "Binomial-normal (UM)",
    "CM.EL": "Conditional binomial-normal, exact (CM.EL)",
}


def name_of(model: str) -> str:
    """A model in words: ``Random effects (DL)``, ``Equal effects, Mantel-Haenszel``."""
    return NAMES.get(model, f"Random effects ({model})")


def other_models(rows: list[Row], outcome: Outcome, settings: Synthesis) -> list[Analysis]:
    """Pool the studies of the main analysis by every model that the configuration compares it with.

    Parameters
    ----------
    rows : list of dict
        The studies of the main analysis.
    outcome, settings
        From the configuration.

    Returns
    -------
    list of Analysis
        One a model, in the order of the configuration. One that does not apply to the measure, or that gave no result,
        says so in ``why_not``. Models of counts have normal intervals, the others those of the main analysis.
    """
    return [_one(model, rows, outcome, settings) for model in dict.fromkeys(settings.compare)]


def _one(model: str, rows: list[Row], outcome: Outcome, settings: Synthesis) -> Analysis:
    key, label = f"model:{model}", name_of(model)
    why = _why_not(model, rows, outcome, settings)
    if why:
        return not_run(key, label, rows, outcome, why, model)
    if model in METHODS:
        return pool(key, label, rows, outcome, settings.model_copy(update={"method": model}))
    try:
        return _of_counts(key, label, model, rows, outcome, settings)
    except NotConverged as fault:
        return not_run(key, label, rows, outcome, f"did not converge ({fault})", model)
    except ValueError as fault:  # what the counts cannot give, in the words of the model
        return not_run(key, label, rows, outcome, str(fault), model)


def _why_not(model: str, rows: list[Row], outcome: Outcome, settings: Synthesis) -> str:
    if model == settings.method:
        return "it is the main model"
    if len(rows) < 2:
        return "fewer than two studies: nothing is pooled"
    if applies(model, outcome.measure):
        return "" if model in ("REML", "ML") else one_each(rows, settings)
    return f"it applies to {', '.join(_measures(model))}; the measure is {outcome.measure}"


def applies(model: str, measure: str) -> bool:
    """Whether a model can pool effects of a measure: those of counts only counts."""
    return model in METHODS or measure in _measures(model)


def _measures(model: str) -> tuple[str, ...]:
    return COMMON_EFFECT.get(model) or tuple(measure for measure, models in MODELS.items() if model in models)


def _of_counts(key: str, label: str, model: str, rows: list[Row], outcome: Outcome, settings: Synthesis) -> Analysis:
    counts, level = counts_of(rows, outcome), settings.level
    measure = "PETO" if model == "PETO" else outcome.measure
    fits: dict[str, Callable[..., Any]] = {"MH": partial(mantel_haenszel, measure), "PETO": peto}
    found = fits.get(model, partial(fit_counts, measure, model))(level=level, **counts)
    if not np.isfinite([found.estimate, found.se]).all():
        return not_run(key, label, rows, outcome, "no events in one of the groups: not estimable", model)
    if found.se <= 0:  # of a difference: an interval without width would claim to know it
        return not_run(key, label, rows, outcome, "no events, or events in everyone: no standard error", model)
    common = model in COMMON_EFFECT
    return Analysis(
        key=key,
        label=label,
        k=len(rows),
        participants=participants(rows, outcome),
        **in_measure(found, measure, rows),
        stat=found.stat,
        pval=found.pval,
        yi=found.estimate,
        se=found.se,
        tau2=None if common else found.tau2,
        I2=found.I2,
        H2=found.H2,
        Q=found.Q if common else None,
        Q_df=found.Q_df if common else None,
        Q_pval=found.Q_pval if common else None,
        method=model,
        interval="z",
        measure=measure,
        weights=tuple(float(weight) for weight in found.weights) if common else (),
    )


def counts_of(rows: list[Row], outcome: Outcome) -> dict[str, Array]:
    """The counts that models of counts are fitted to, by metafor's names, each of shape (k,).

    ai, bi, ci, di for tables of two groups; x1i, t1i, x2i, t2i for rates; xi, ni for proportions.

    Raises
    ------
    ValueError
        Where a study gives an effect without its counts.
    """
    names = tuple(f"{figure}_{arm}" for arm in outcome.arms for figure in outcome.figures)
    without = [row["label"] for row in rows if any(row[name] is None for name in names)]
    if without:
        raise ValueError(f"no counts in {', '.join(without)}")
    columns = [np.array([row[name] for row in rows], dtype=float) for name in names]
    family = MEASURES[outcome.measure].family
    if family == "rates":
        return dict(zip(("x1i", "t1i", "x2i", "t2i"), columns, strict=True))
    if family == "proportions":
        return dict(zip(("xi", "ni"), columns, strict=True))
    events_1, n_1, events_2, n_2 = columns
    return {"ai": events_1, "bi": n_1 - events_1, "ci": events_2, "di": n_2 - events_2}

"""Diagnostics against metafor's own answers."""

import numpy as np
import pytest
from oracle_cases import SETS, Tally, effects_used, expected_of
from prismake.config import Synthesis
from prismake.synthesis.diagnostics import cumulative, influence, standardised_residuals

pytestmark = pytest.mark.oracle

DIAGNOSED = [name for name in SETS if "influence" in expected_of(name)["diagnostics"]["DL/z"]]
"""The small copy of the answers holds diagnostics for some sets alone."""

MODELS = ("EE/z", "DL/z", "REML/z", "REML/knha")
CUMULATIVE = {
    "estimate": "estimate", "se": "se", "pval": "pval", "ci_lb": "ci_low", "ci_ub": "ci_high", "Q": "Q",
    "tau2": "tau2", "I2": "I2",
}  # fmt: skip
DISAGREEMENTS = {
    # The likelihood falls from tau² = 0 on; metafor stops just above it.
    "dat.tannersmith2016": {f"REML/{test} cumulative I2" for test in ("z", "knha")},
}
PLAIN = {"k2": "plain", "tau2_zero": "plain", "q_below_df": "plain"}


def settings_of(model):
    method, test = model.split("/")
    return Synthesis(method=method, interval="Wald" if test == "z" else "HKSJ", hartung_knapp=PLAIN)


def compare_answered(tally, what, ours, theirs):
    """Compare where metafor gave an answer: the rest are fits without a study that did not converge."""
    answered = np.array([value is not None for value in theirs])
    if not answered.all():
        tally.unanswered.append(f"{what}: {(~answered).sum()} of {len(theirs)}")
    tally.compare(what, np.asarray(ours)[answered], [value for value in theirs if value is not None])


def compare_influence(tally, what, data, theirs, settings):
    found = influence(*data, settings)
    for key, values in theirs["influence"].items():
        compare_answered(tally, f"{what} {key}", getattr(found, {"is_infl": "influential"}.get(key, key)), values)
    residuals = standardised_residuals(*data, settings)
    for key, values in theirs["rstandard"].items():
        tally.compare(f"{what} standardised {key}", getattr(residuals, key), values)


def compare_cumulative(tally, what, data, theirs, settings):
    order = [row - 1 for row in theirs["cumul"]["order"]]
    fits = cumulative(*data, order, settings)
    for key, figure in CUMULATIVE.items():
        if theirs["cumul"][key]:
            ours = [getattr(fit, figure) for fit in fits]
            compare_answered(tally, f"{what} cumulative {key}", ours, theirs["cumul"][key])


@pytest.mark.parametrize("name", DIAGNOSED)
def test_diagnostics_agree_with_metafor(name):
    expected, tally = expected_of(name), Tally(name)
    data = effects_used(expected, expected["primary"], expected["primary_rows"])
    for model in MODELS:
        theirs = expected["diagnostics"][model]
        compare_influence(tally, model, data, theirs, settings_of(model))
        compare_cumulative(tally, model, data, theirs, settings_of(model))
    tally.tell()
    assert tally.compared > 0
    assert set(tally.disagreements) == DISAGREEMENTS.get(name, set())

"""Diagnostics, small-study effects and networks against metafor, meta and netmeta."""

import numpy as np
import pytest
from oracle_cases import (
    INTERVALS,
    RELATIVE,
    SETS,
    Tally,
    effects_used,
    expected_of,
    extra_of,
    extra_sets,
    plain,
    rows_of,
    shipped,
    shipped_sets,
)
from prismake.config import Synthesis
from prismake.synthesis.diagnostics import cumulative, influence, standardised_residuals
from prismake.synthesis.effects import escalc
from prismake.synthesis.network.model import network, p_scores
from prismake.synthesis.selection import three_parameter
from prismake.synthesis.small_studies import (
    begg,
    egger,
    harbord,
    macaskill,
    peters,
    pustejovsky,
    regression_test,
    thompson_sharp,
)
from prismake.synthesis.tau2 import NotConverged
from prismake.synthesis.trim_and_fill import ESTIMATORS, orwin, rosenberg, rosenthal, trim_and_fill

pytestmark = pytest.mark.oracle

DIAGNOSED = [name for name in SETS if "influence" in (expected_of(name).get("diagnostics") or {}).get("DL/z", ())]
"""The small copy of the answers holds diagnostics for some sets alone."""

SHIPPED_SETS = shipped_sets()

MODELS = {"EE/z", "DL/z", "REML/z", "REML/knha"}
CUMULATIVE = {
    "estimate": "estimate", "se": "se", "pval": "pval", "ci_lb": "ci_low", "ci_ub": "ci_high", "Q": "Q",
    "tau2": "tau2", "I2": "I2",
}  # fmt: skip
NOT_OFFERED = {
    "Schwarzer": "needs means of the noncentral hypergeometric distribution; Peters and Harbord serve the same tables",
    "Deeks": "made for diagnostic accuracy",
}
NOT_COMPARED = {
    "effects and fits with studies filled in by REML": "trim and fill of metafor forgets the tolerance that was set, and "
    "the Hartung-Knapp interval that was asked for; those of DL and EE are compared, and numbers of missing studies",
    "parameters of the selection model": "metafor's optimiser leaves them up to 1e-3 short; they are held to that, and "
    "the likelihood, which must not be below metafor's, to the tolerance of all",
    "selection models without significant studies": "there is no maximum: an error here, a capped weight in metafor",
}
BORDER = 1.959963984540054
AT_ZERO = "the likelihood is highest at tau2 = 0, which metafor approaches and does not reach"
LOOSE = "tau2 of REML at the loose tolerance that package meta leaves metafor with"
FILLED = {"k0": "k0", "se_k0": "se_k0", "p_k0": "pval", "yi_fill": "yi_filled", "vi_fill": "vi_filled"}
FIGURES = {
    "k": "k", "estimate": "estimate", "se": "se", "stat": "stat", "pval": "pval", "ci_lb": "ci_low", "ci_ub": "ci_high",
    "tau2": "tau2", "se_tau2": "se_tau2", "I2": "I2", "H2": "H2", "Q": "Q", "Qp": "Q_pval",
}  # fmt: skip
REGTEST = {
    "stat": "stat", "pval": "pval", "ddf": "df", "slope": "slope", "intercept": "limit", "est": "limit",
    "est_lb": "limit_low", "est_ub": "limit_high",
}  # fmt: skip
PLAIN = {"k2": "plain", "tau2_zero": "plain", "q_below_df": "plain"}


def method_of(model):
    return model.split("/")[0]


def settings_of(model):
    method, test = model.split("/")
    return Synthesis(method=method, interval="Wald" if test == "z" else "HKSJ", hartung_knapp=PLAIN)


def answers_of(tally, model, diagnostics):
    """Without what metafor could not do, but for trim and fill, whose refusals are ours too."""
    failed = {key for key, answer in diagnostics.items() if "error" in answer and not key.startswith("trimfill")}
    tally.unanswered += [f"{model} {key}: {diagnostics[key]['error']}" for key in sorted(failed)]
    return {key: answer for key, answer in diagnostics.items() if key not in failed}


def compare_answered(tally, what, ours, theirs):
    """Compare where metafor gave an answer: the rest are fits without a study that did not converge."""
    theirs = np.atleast_1d(np.asarray(theirs, dtype=object))
    answered = np.array([value is not None for value in theirs])
    if not answered.all():
        tally.unanswered.append(f"{what}: {(~answered).sum()} of {len(theirs)}")
    ours = np.atleast_1d(np.asarray(ours, dtype=float))
    tally.compare(what, ours[answered] if len(ours) == len(theirs) else ours, theirs[answered])


def compare_influence(tally, what, data, theirs, settings):
    found = influence(*data, settings)
    for key, values in theirs.get("influence", {}).items():
        compare_answered(tally, f"{what} {key}", getattr(found, {"is_infl": "influential"}.get(key, key)), values)
    residuals = standardised_residuals(*data, settings)
    for key, values in theirs.get("rstandard", {}).items():
        tally.compare(f"{what} standardised {key}", getattr(residuals, key), values)


def compare_cumulative(tally, what, data, theirs, settings):
    if "cumul" not in theirs:
        return
    order = rows_of(theirs["cumul"]["order"])
    fits = cumulative(*data, order, settings)
    for key, figure in CUMULATIVE.items():
        if np.size(theirs["cumul"].get(key, ())):
            ours = [getattr(fit, figure) for fit in fits]
            compare_answered(tally, f"{what} cumulative {key}", ours, theirs["cumul"][key])
    if (
        "I2" in theirs["cumul"]
        and f"{what} cumulative tau2" not in tally.disagreements
        and differs_at_zero(fits, theirs["cumul"]["I2"])
    ):
        tally.explain(f"{what} cumulative I2", AT_ZERO, within=1.0)


def differs_at_zero(fits, theirs):
    """Whether I2 differs only where tau2 is 0 here and next to nothing in metafor."""
    answered = [(fit, value) for fit, value in zip(fits, theirs, strict=True) if value is not None]
    return all(
        value < 1e-4 if fit.tau2 == 0 else pytest.approx(value, rel=RELATIVE) == fit.I2 for fit, value in answered
    )


def compare_asymmetry(tally, model, data, theirs):
    for key, exact in (("ranktest", True), ("ranktest_asym", False)):
        if key in theirs:
            with tally.part(f"{model} {key}"):
                found = begg(*data, exact=exact, at_least=3)
                for figure, value in theirs[key].items():
                    tally.compare(f"{model} {key} {figure}", getattr(found, figure), value)
    method, test = model.split("/")
    for predictor in ("sei", "vi"):
        for kind, choice in (("lm", {}), ("rma", {"method": method, "interval": INTERVALS[test]})):
            answer = theirs.get(f"regtest_{kind}_{predictor}")
            if answer:
                with tally.part(f"{model} {kind} {predictor}"):
                    found = regression_test(*data, predictor=predictor, at_least=3, **choice)
                    for figure, value in answer.items():
                        ours = getattr(found, REGTEST[figure])
                        if not (figure == "ddf" and np.isinf(ours) and value is None):
                            tally.compare(f"{model} {kind} {predictor} {figure}", ours, value)


def compare_filled(tally, model, data, theirs, settings):
    for estimator in ESTIMATORS:
        answer, what = theirs.get(f"trimfill_{estimator}"), f"{model} filled {estimator}"
        if answer is None or "error" in answer:
            tally.unanswered.append(f"{what}: {answer['error'] if answer else 'not asked'}")
            continue
        with tally.part(what):
            found = trim_and_fill(*data, settings, estimator=estimator)
            compare_one_filled(tally, what, found, answer, refitted=method_of(model) == "REML" and found.k0 > 0)


def compare_one_filled(tally, what, found, answer, refitted):
    if found.side != answer["side"]:
        tally.disagreements[f"{what} side"] = f"ours {found.side}, metafor {answer['side']}"
        return
    for key in ("k0", "se_k0", "p_k0", "vi_fill") if refitted else FILLED:
        tally.compare(f"{what} {key}", getattr(found, FILLED[key]), answer[key])
    if refitted:
        return
    for key, figure in FIGURES.items():
        tally.compare(f"{what} {key}", getattr(found.fit, figure), answer[key])
    if found.fit.interval == "HKSJ":
        tally.compare(f"{what} pi", (found.fit.pi_low, found.fit.pi_high), (answer["pi_lb"], answer["pi_ub"]))


def compare_fail_safe(tally, data, answers, weighted):
    def found(kind, theirs):
        if kind == "Orwin":
            return orwin(data[0], theirs["target"], vi=data[1] if weighted else None)
        return {"Rosenthal": rosenthal, "Rosenberg": rosenberg}[kind](*data)

    for kind in answers:
        if kind not in ("Rosenthal", "Orwin", "Rosenberg"):
            tally.skipped.append(f"fail-safe number {kind}: not offered here")
            continue
        theirs = tally.answer("fail-safe number", answers, kind)
        if theirs is not None:
            with tally.part(f"fail-safe number {kind}"):
                ours = found(kind, theirs)
                for key, figure in {"fsnum": "n", "meanes": "mean", "pval": "pval"}.items():
                    tally.compare(f"{kind} {key}", getattr(ours, figure), theirs[key])


def compare_selection(tally, data, theirs):
    if not theirs or "error" in theirs or not (data[0] / np.sqrt(data[1]) > BORDER).any():
        return
    found = three_parameter(*data)
    for key, figure in {"logLik": "log_likelihood", "LRT": "LRT", "LRTp": "LRT_pval"}.items():
        tally.compare(f"selection {key}", getattr(found, figure), theirs[key])
        if found.tau2 == 0:
            tally.explain(f"selection {key}", AT_ZERO)
    parameters = theirs["estimate"], theirs["se"], theirs["tau2"], theirs["delta"][1]
    ours = found.estimate, found.se, found.tau2, found.weight
    if ours != pytest.approx(parameters, rel=1e-3, abs=1e-5):
        tally.disagreements["selection parameters"] = f"ours {ours}, metafor {parameters}"
    if found.log_likelihood < theirs["logLik"] - 1e-9:
        tally.disagreements["selection maximum"] = f"ours {found.log_likelihood}, metafor {theirs['logLik']}"


@pytest.mark.parametrize("name", DIAGNOSED)
def test_diagnostics_agree_with_metafor(name):
    expected, tally = expected_of(name), Tally(name)
    with tally.part("effects"):
        data = effects_used(expected, expected["primary"], rows_of(expected["primary_rows"]))
        for model in sorted(MODELS & expected["diagnostics"].keys()):
            compare_model(tally, model, data, expected["diagnostics"][model])
        with tally.part("selection"):
            compare_selection(tally, data, (expected.get("selmodel") or {}).get("3PSM"))
        compare_fail_safe(tally, data, expected.get("fsn") or {}, weighted=expected["metafor"] >= "4")
    tally.settle()


def compare_model(tally, model, data, diagnostics):
    if "error" in diagnostics:
        tally.unanswered.append(f"{model}: {diagnostics['error']}")
        return
    theirs = answers_of(tally, model, diagnostics)
    for what, compare in (("influence", compare_influence), ("cumulative", compare_cumulative)):
        with tally.part(f"{model} {what}"):
            compare(tally, model, data, theirs, settings_of(model))
    compare_asymmetry(tally, model, data, theirs)
    compare_filled(tally, model, data, theirs, settings_of(model))


@pytest.mark.parametrize("name", SHIPPED_SETS)
def test_what_metafor_refuses_or_strays_in_is_refused(name):
    """What the comparison above leaves out: two studies, one-sided filling, selection without significant studies."""
    expected = shipped(name)[1]
    data = effects_used(expected, expected["primary"], rows_of(expected["primary_rows"]))
    if len(data[0]) < 3:
        with pytest.raises(ValueError, match="studies"):
            begg(*data, at_least=3)
        with pytest.raises(ValueError, match="2 studies"):
            trim_and_fill(*data, settings_of("REML/z"))
    if len(data[0]) < 10 or "error" in expected.get("selmodel", {}).get("3PSM", {}):
        with pytest.raises(ValueError, match=r"significant|needs 10 or more"):
            three_parameter(*data)
    for key, answer in expected["diagnostics"].get("REML/z", {}).items():
        if key.startswith("trimfill") and "error" in answer:
            with pytest.raises(NotConverged, match="on one side"):
                trim_and_fill(*data, settings_of("REML/z"), estimator=key.removeprefix("trimfill_"))


def test_what_is_left_out_has_a_reason():
    for what, reason in (NOT_OFFERED | NOT_COMPARED).items():
        print(f"not compared: {what}: {reason}")
        assert reason


@pytest.mark.parametrize("name", [name for name in extra_sets("meta") if "metabias" in extra_of(name)])
def test_small_study_tests_agree_with_package_meta(name):
    theirs, tally = extra_of(name), Tally(name)
    with tally.part("small-study effects"):
        compare_metabias(tally, theirs["input"], theirs["metabias"])
    tally.settle()


def compare_metabias(tally, rows, answers):
    ai, n1i, ci, n2i = (plain([row[key] for row in rows]) for key in ("ai", "n1i", "ci", "n2i"))
    table = {"ai": ai, "bi": n1i - ai, "ci": ci, "di": n2i - ci}
    yi, vi = escalc("OR", **table, drop00=True)
    known = np.isfinite(yi)
    data, n1i, n2i, least = (yi[known], vi[known]), n1i[known], n2i[known], {"at_least": 3}
    run = {
        "Egger": lambda: egger(*data, **least),
        "Thompson": lambda: thompson_sharp(*data, **least),
        "Macaskill": lambda: macaskill(*data, n1i + n2i, **least),
        "Pustejovsky": lambda: pustejovsky(*data, n1i, n2i, **least),
        "Peters": lambda: peters(**table, **least),
        "Harbord": lambda: harbord(**table, **least),
        "Begg": lambda: begg(*data, exact=False, **least),
    }
    figures = {"stat": "stat", "df": "df", "pval": "pval", "bias": "slope", "se_bias": "se"}
    for test in answers:
        if test not in run:
            tally.skipped.append(f"{test}: {NOT_OFFERED.get(test, 'not offered here')}")
            continue
        answer = tally.answer("small-study effects", answers, test)
        if answer is None:
            continue
        with tally.part(test):
            ours = run[test]()
            named = {"stat": "stat", "pval": "pval", "bias": "score", "se_bias": "se"} if test == "Begg" else figures
            for key, figure in named.items():
                tally.compare(f"{test} {key}", getattr(ours, figure), answer[key])
                if test == "Thompson":
                    tally.explain(f"{test} {key}", LOOSE)


def compare_network(tally, method, found, theirs):
    assert list(found.treatments) == theirs["treatments"]
    for model, league in (("common", found.fixed), ("random", found.random)):
        tally.compare(f"{method} TE {model}", league.estimate, theirs[f"TE_{model}"])
        tally.compare(f"{method} se {model}", league.se, theirs[f"se_{model}"])
    for key, figure in {"tau2": "tau2", "Q": "Q", "Q_het": "Q_het", "Q_inc": "Q_inc", "df_Q": "Q_df"}.items():
        tally.compare(f"{method} {key}", getattr(found, figure), theirs[key])
    tally.compare(f"{method} I2", found.I2 / 100, theirs["I2"])
    tally.compare(f"{method} P-scores", p_scores(found.random), theirs["Pscore_random"])
    ours = {frozenset((split.treat1, split.treat2)): split for split in found.split_random}
    for answer in theirs["split"]:
        one, two = answer["comparison"].split(":")
        split = ours[frozenset((one, two))]
        sign = 1 if split.treat1 == one else -1
        figures = sign * split.difference, split.difference_se, sign * split.stat, split.pval
        keys = ("TE", "seTE", "z", "p")
        tally.compare(f"{method} split {one}:{two}", figures, [answer[key] for key in keys])


@pytest.mark.parametrize("name", extra_sets("netmeta"))
def test_networks_agree_with_netmeta(name):
    theirs, tally = extra_of(name), Tally(name)
    columns = [[row[key] for row in theirs["contrasts"]] for key in ("studlab", "treat1", "treat2", "TE", "seTE")]
    for method in ("DL", "REML"):
        answer = tally.answer("network", theirs, method)
        if answer is not None:
            with tally.part(f"network {method}"):
                compare_network(tally, method, network(*columns, method=method), answer)
    tally.settle()

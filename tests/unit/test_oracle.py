"""Effects, models, moderators and subgroups against metafor's own answers."""

import numpy as np
import pytest
from oracle_cases import (
    ABSOLUTE,
    EVERYTHING_IS_KNOWN,
    INTERVALS,
    RELATIVE,
    SETS,
    UNANSWERED_SETS,
    Tally,
    columns_of,
    effects_used,
    expected_of,
    numbers,
    plain,
    rows_of,
)
from prismake.config import Synthesis
from prismake.synthesis.effects import MEASURES, UNCORRECTED, escalc
from prismake.synthesis.intervals import tau2_interval
from prismake.synthesis.least_squares import Data
from prismake.synthesis.mantel_haenszel import mantel_haenszel, peto
from prismake.synthesis.model import METHODS, fit, leave_one_out, subgroups
from prismake.synthesis.predictions import blups, predict, residuals
from prismake.synthesis.regression import regress
from prismake.synthesis.tau2 import i2, typical_h2

pytestmark = pytest.mark.oracle

ITERATIVE = ("ML", "REML", "EB", "PM", "PMM")
COLUMNS = {
    "two_by_two": ("ai", "bi", "ci", "di"),
    "means": ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i"),
    "correlations": ("ri", "ni"),
    "proportions": ("xi", "ni"),
    "rates": ("x1i", "t1i", "x2i", "t2i"),
    "single_rates": ("xi", "ti"),
    "generic": ("yi", "vi"),
}
NAMES = {
    "k": "k",
    "estimate": "estimate",
    "se": "se",
    "stat": "stat",
    "pval": "pval",
    "ci_lb": "ci_low",
    "ci_ub": "ci_high",
    "tau2": "tau2",
    "se_tau2": "se_tau2",
    "I2": "I2",
    "H2": "H2",
    "Q": "Q",
    "Qp": "Q_pval",
}
COMMON_EFFECT = {
    "estimate": "estimate",
    "se": "se",
    "pval": "pval",
    "ci_lb": "ci_low",
    "ci_ub": "ci_high",
    "MH": "cmh",
    "MHp": "cmh_pval",
    "BD": "breslow_day",
    "BDp": "breslow_day_pval",
    "TA": "tarone",
    "TAp": "tarone_pval",
}
OF_STUDIES = {"k": "k", "k_yi": "k_yi", "Q": "Q", "Qp": "Q_pval", "I2": "I2", "H2": "H2"}
"""Figures in which the effects of single studies count."""
COEFFICIENT = {
    "beta": "estimate",
    "se": "se",
    "stat": "stat",
    "pval": "pval",
    "ci_lb": "ci_low",
    "ci_ub": "ci_high",
}
REGRESSION = {"k": "k", "tau2": "tau2", "se_tau2": "se_tau2", "QE": "Q", "QEp": "Q_pval", "I2": "I2", "H2": "H2"}
PLAIN = {"k2": "plain", "tau2_zero": "plain", "q_below_df": "plain"}

NOT_OFFERED = {
    "ABT": "reliability of scales; the models of its effects are compared",
    "AHW": "reliability of scales; the models of its effects are compared",
    "ARAW": "reliability of scales; the models of its effects are compared",
}
NOT_COMPARED = {
    "z and knha fits of iterative estimators": "at metafor's loose default tolerance; its tight fits are compared",
    "t and adhoc fits of iterative estimators": "at metafor's loose default tolerance; there are no tight ones",
    "prediction of two studies with k - 2 degrees of freedom": "no interval here; metafor puts 1 degree for none",
    "variances of PHI": "of two groups of fixed size here, as in trials; metafor's default is that of one sample",
    "studies with an empty group": "nobody in group 1: an error here, an effect made of added halves in metafor",
    "variances of SMDH in metafor 5": "it left out the squared correction factor that 3.8, whom we follow, puts to them",
    "R2 without an intercept": "metafor 3.8 has none, 5.1 that of the model with one; here it is NaN, as there is no null",
    "generalised-Q intervals": "metafor stops within 1.2e-4 of tau2; agreement to that is tested, but not counted",
}
GENQ_TOLERANCE = 1.3e-4
LARGEST_TAU2 = 100
"""Where metafor stops to look for an upper limit, when the estimate is small."""

STOPS_SHORT = (
    "metafor stops when tau2 changes by less than a fixed amount; from its tau2, which agrees, this figure follows"
)
DIVIDES_ZERO = (
    "all effects are equal, so that Hartung and Knapp's factor is 0, and so are Sidik and Jonkman's first squares"
)
NOTHING_TO_EXPLAIN = "R2 of nothing: tau2 is 0 without the moderators"


def options(measure, variant):
    """Arguments of `escalc` behind a variant of the reference."""
    if variant in ("default", "correct_FALSE"):
        return {}
    if variant.startswith("vtype_"):
        return {"vtype": variant.removeprefix("vtype_")}
    if variant == "drop00":
        return {"drop00": True}
    # The reference asked for these with add = 0.5 in so many words, which also adds to measures that default to 0.
    forced = measure in UNCORRECTED and variant in ("all", "if0all")
    return {"to": variant, "add": 0.5} if forced else {"to": variant}


def corrected(measure, variant, expected):
    """From metafor 5 on ratios of means are without their bias, unless asked for."""
    since_5 = measure == "ROM" and "correct_FALSE" in expected["escalc"]["ROM"]
    return {"correct": variant != "correct_FALSE"} if since_5 else {}


def figures_of(tally, name, measure):
    """The columns behind a measure without studies that have nobody in a group, and the places of those."""
    table, needed = columns_of(name), COLUMNS[MEASURES[measure].family]
    if lacking := [column for column in needed if column not in table]:
        tally.unanswered.append(f"{measure}: no column {', '.join(lacking)}")
        return None, []
    columns = {column: numbers(table[column]) for column in needed}
    groups = [(columns[one], columns[two]) for one, two in zip(needed[::2], needed[1::2], strict=False)]
    two_by_two = MEASURES[measure].family == "two_by_two"
    empty = np.flatnonzero(np.any([one + two == 0 for one, two in groups], axis=0)) if two_by_two else []
    if len(empty):
        with pytest.raises(ValueError, match=f"row {empty[0] + 1}: nobody in group"):
            escalc(measure, **columns)
    return {column: np.delete(values, empty) for column, values in columns.items()}, empty


def compare_effects(tally, name, expected):
    for measure, variants in expected.get("escalc", {}).items():
        if measure not in MEASURES:
            tally.skipped.append(f"escalc {measure}: {NOT_OFFERED.get(measure, 'not offered here')}")
            continue
        columns, empty = None, []
        with tally.part(f"escalc {measure}"):
            columns, empty = figures_of(tally, name, measure)
        for variant, theirs in variants.items() if columns is not None else ():
            if "error" in theirs:
                tally.unanswered.append(f"escalc {measure} {variant}: {theirs['error']}")
                continue
            with tally.part(f"escalc {measure} {variant}"):
                compare_effect(tally, measure, variant, columns, empty, theirs, expected)


def compare_effect(tally, measure, variant, columns, empty, theirs, expected):
    chosen = options(measure, variant) | corrected(measure, variant, expected)
    for what, ours in zip(("yi", "vi"), escalc(measure, **columns, **chosen), strict=True):
        if (measure, what) == ("SMDH", "vi") and not expected["metafor"].startswith("3."):
            continue
        if (measure, what) == ("PHI", "vi"):
            continue
        kept = [value for row, value in enumerate(plain(theirs[what])) if row not in empty]
        tally.compare(f"escalc {measure} {variant} {what}", ours, kept)


def compare_models(tally, expected):
    for measure, models in expected.get("models", {}).items():
        if "error" in models:
            tally.unanswered.append(f"models of {measure}: {models['error']}")
            continue
        yi = vi = None
        with tally.part(f"effects of {measure}"):
            yi, vi = effects_used(expected, measure, rows_of(models["used"]))
        if yi is None:
            continue
        unknown = [key for key in models if key not in METHODS and key != "used" and not key.startswith("confint_")]
        tally.skipped += [f"models of {measure}: {key}: not offered here" for key in unknown]
        for method in METHODS:
            for test, theirs in models.get(method, {}).items():
                tight = test.endswith("_tight")
                if tight == (method in ITERATIVE):
                    what, interval = f"{measure} {method} {test}", test.removesuffix("_tight")
                    with tally.part(what):
                        compare_fit(tally, what, yi, vi, method, interval, theirs)
        for kind in ("QP", "PL"):
            theirs = tally.answer(measure, models, f"confint_{kind}")
            if theirs is not None:
                with tally.part(f"{measure} {kind} intervals"):
                    compare_intervals(tally, f"{measure} {kind}", tau2_interval(yi, vi, kind=kind), theirs)
        theirs = tally.answer(measure, models, "confint_GENQ_DL")
        if theirs is not None:
            with tally.part(f"{measure} GENQ interval"):
                compare_generalised(tally, measure, tau2_interval(yi, vi, kind="GENQ"), theirs)


def compare_intervals(tally, what, ours, theirs):
    for row, figure in ((0, "tau2"), (2, "I2"), (3, "H2")):
        for end, key in (("low", "lb"), ("high", "ub")):
            if theirs.get(f"{key}_sign"):
                tally.skipped.append(f"{what} {figure} {end}: metafor looked no further ({theirs[f'{key}_sign']})")
            else:
                limit = getattr(ours, f"{figure}_{end}")
                tally.compare(f"{what} interval of {figure}, {end}", limit, plain(theirs[key])[row])


def compare_generalised(tally, measure, ours, theirs):
    """Held to metafor's tolerance, and not counted."""
    for limit, end in ((ours.tau2_low, plain(theirs["lb"])[0]), (ours.tau2_high, plain(theirs["ub"])[0])):
        cut = min(limit, LARGEST_TAU2) if end == LARGEST_TAU2 else limit
        if cut != pytest.approx(end, rel=RELATIVE, abs=GENQ_TOLERANCE, nan_ok=True):
            tally.disagreements[f"{measure} GENQ interval"] = f"ours {limit}, metafor {end}"


def compare_fit(tally, what, yi, vi, method, test, theirs):
    if "error" in theirs:
        tally.unanswered.append(f"{what}: {theirs['error']}")
        return
    if test not in INTERVALS:
        tally.skipped.append(f"{what}: no such interval here")
        return
    if len(yi) > 1 and np.ptp(yi) == 0 and (method == "SJ" or test in ("knha", "adhoc")):
        tally.skipped.append(f"{what}: {DIVIDES_ZERO}")
        return
    ours = fit(yi, vi, method=method, interval=INTERVALS[test], prediction_df="normal" if test == "z" else "k-1")
    for key, figure in NAMES.items():
        tally.compare(f"{what} {figure}", getattr(ours, figure), theirs[key])
    if method in ITERATIVE and ours.k > 1:
        explain_heterogeneity(tally, what, Data(yi, vi), theirs)
    if method == "EE" or ours.k == 1:  # metafor gives the confidence interval of one study as its prediction
        return
    tally.compare(f"{what} prediction", (ours.pi_low, ours.pi_high), (theirs["pi_lb"], theirs["pi_ub"]))
    if ours.k > 2:
        riley = fit(yi, vi, method=method, interval=INTERVALS[test], prediction_df="k-2")
        limits = theirs["pi_riley_lb"], theirs["pi_riley_ub"]
        tally.compare(f"{what} prediction, k - 2", (riley.pi_low, riley.pi_high), limits)


def explain_heterogeneity(tally, what, data, theirs):
    """H2 and I2 that differ by what metafor's tau2 differs, which agrees by itself."""
    if f"{what} tau2" in tally.disagreements:
        return
    H2 = typical_h2(data, theirs["tau2"])
    for figure, follows in (("H2", H2), ("I2", i2(H2))):
        if theirs[figure] == pytest.approx(follows, rel=1e-8, abs=1e-12):
            tally.explain(f"{what} {figure}", STOPS_SHORT, within=1.0)


def compare_common_effects(tally, name, expected):
    answers = dict(expected.get("mh") or {})
    if "peto" in expected:
        answers["PETO"] = expected["peto"]
    for label in answers:
        theirs = tally.answer("common effect", answers, label)
        if theirs is not None:
            with tally.part(f"common effect {label}"):
                compare_common_effect(tally, name, label, theirs)


def compare_common_effect(tally, name, label, theirs):
    measure, _, added = label.partition("_")
    if measure not in ("OR", "RR", "RD", "IRR", "IRD", "PETO"):
        tally.skipped.append(f"common effect {label}: not offered here")
        return
    columns, empty = figures_of(tally, name, measure)
    if columns is None or (len(empty) and added):
        return
    ours = peto(**columns) if measure == "PETO" else mantel_haenszel(measure, **columns, add=0.5 if added else 0.0)
    for key, figure in (COMMON_EFFECT if len(empty) else COMMON_EFFECT | OF_STUDIES).items():
        if key in theirs:
            tally.compare(f"common effect {label} {figure}", getattr(ours, figure), theirs[key])


def moderators_of(name, **columns):
    """The moderators under the reference's names: x is numeric, g a factor. Each comes with its column and its rows."""
    table, found = columns_of(name), {}
    for own, (column, rows) in columns.items():
        cells = [table[column][row] for row in rows]
        found[own] = numbers(cells) if own == "x" else cells
    return found


def compare_regressions(tally, what, name, expected, rows, moderators, answers, **options):
    yi, vi = effects_used(expected, expected["primary"], rows)
    for label, theirs in answers.items():
        if "error" in theirs:
            tally.unanswered.append(f"{what} {label}: {theirs['error']}")
            continue
        method, test = label.split("/")
        if method not in METHODS or test not in INTERVALS:
            tally.skipped.append(f"{what} {label}: not offered here")
            continue
        if np.ptp(yi) == 0 and (method == "SJ" or test in ("knha", "adhoc")):
            tally.skipped.append(f"{what} {label}: {DIVIDES_ZERO}")
            continue
        with tally.part(f"{what} {label}"):
            ours = regress(yi, vi, moderators, method=method, interval=INTERVALS[test], **options)
            compare_regression(tally, f"{what} {label}", ours, moderators, theirs)
            if options.get("intercept", True):
                tally.compare(f"{what} {label} R2", ours.R2, theirs["R2"])
                if fit(yi, vi, method=method).tau2 == 0 and theirs["tau2"] < ABSOLUTE:
                    tally.explain(f"{what} {label} R2", NOTHING_TO_EXPLAIN, within=np.inf)


def compare_regression(tally, what, ours, moderators, theirs):
    names = {"intrcpt": "intercept"} | {f"g{level}": f"g: {level}" for level in set(moderators.get("g", ()))}
    own = {one.name: place for place, one in enumerate(ours.coefficients)}
    order = [own[names.get(theirs_name, theirs_name)] for theirs_name in np.atleast_1d(theirs["names"])]
    for key, figure in COEFFICIENT.items():
        tally.compare(f"{what} {figure}", [getattr(ours.coefficients[place], figure) for place in order], theirs[key])
    tally.compare(f"{what} vcov", ours.fit.vcov[np.ix_(order, order)].ravel(), theirs["vcov"])
    for key, figure in REGRESSION.items():
        tally.compare(f"{what} {figure}", getattr(ours.fit, figure), theirs[key])
    omnibus = ours.moderators
    tested = theirs["QM"], theirs["QMp"], plain(theirs["QMdf"])[0]
    tally.compare(f"{what} omnibus", (omnibus.QM, omnibus.pval, omnibus.df), tested)


def compare_moderators(tally, name, expected):
    regression = expected.get("metareg")
    if not regression:
        return
    rows = rows_of(regression["rows"])
    moderators = moderators_of(name, x=(regression["moderator"], rows))
    compare_regressions(tally, "moderator", name, expected, rows, moderators, regression["fits"])
    theirs = tally.answer("moderator", regression, "predict_at_mean_REML_knha")
    if theirs is None:
        return
    yi, vi = effects_used(expected, expected["primary"], rows)
    mean = predict(regress(yi, vi, moderators, interval="HKSJ").fit, [[1, theirs["x"]]])
    for key, ours in (("pred", mean.pred), ("se", mean.se), ("ci_lb", mean.ci_low), ("pi_ub", mean.pi_high)):
        tally.compare(f"prediction {key}", ours, theirs[key])


def compare_subgroups(tally, name, expected):
    subgroup = expected.get("subgroup")
    if not subgroup:
        return
    rows, first = rows_of(subgroup["rows"]), np.atleast_1d(subgroup["levels"])[0]
    moderators = moderators_of(name, g=(subgroup["factor"], rows))
    options = {"reference": {"g": first}}
    for key, intercept in (("common_tau2_contrast", True), ("common_tau2_cellmeans", False)):
        answers = tally.answer("subgroup", subgroup, key) or {}
        compare_regressions(tally, key, name, expected, rows, moderators, answers, intercept=intercept, **options)
    if "both" in subgroup:
        both = subgroup["both"]
        rows_both = rows_of(both["rows"])
        columns = {"x": (expected["metareg"]["moderator"], rows_both), "g": (subgroup["factor"], rows_both)}
        chosen = moderators_of(name, **columns)
        compare_regressions(tally, "both", name, expected, rows_both, chosen, both["fits"], **options)
    yi, vi = effects_used(expected, expected["primary"], rows)
    for label, theirs in (subgroup.get("separate") or {}).items():
        if "error" in theirs:
            tally.unanswered.append(f"subgroups {label}: {theirs['error']}")
            continue
        with tally.part(f"subgroups {label}"):
            compare_separate(tally, label, yi, vi, moderators["g"], theirs)


def compare_separate(tally, label, yi, vi, groups, theirs):
    method, test = label.split("/")
    settings = Synthesis(method=method, interval="Wald" if test == "z" else "HKSJ", hartung_knapp=PLAIN)
    ours = subgroups(yi, vi, groups, settings)
    tally.compare(f"subgroups {label}", (ours.Q_b, ours.df, ours.pval), (theirs["Qb"], theirs["Qb_df"], theirs["Qb_p"]))
    for level, group in theirs["groups"].items():
        for key, figure in NAMES.items():
            tally.compare(f"subgroup {label} {level} {figure}", getattr(ours.fits[level], figure), group[key])


def compare_diagnostics(tally, expected):
    for label, theirs in (expected.get("diagnostics") or {}).items():
        if "error" in theirs:
            tally.unanswered.append(f"diagnostics {label}: {theirs['error']}")
            continue
        with tally.part(f"diagnostics {label}"):
            compare_diagnostic(tally, label, expected, theirs)


def compare_diagnostic(tally, label, expected, theirs):
    method, test = label.split("/")
    yi, vi = effects_used(expected, expected["primary"], rows_of(expected["primary_rows"]))
    ours = fit(yi, vi, method=method, interval=INTERVALS[test])
    tally.compare(f"weights {label}", ours.weights, theirs["weights"])
    if "fitted_resid" in theirs:
        tally.compare(f"residuals {label}", residuals(ours, yi), theirs["fitted_resid"])
    for key, values in (tally.answer(label, theirs, "blup") or {}).items() if method != "EE" else ():
        figure = {"pi_lb": "pi_low", "pi_ub": "pi_high"}.get(key, key)
        tally.compare(f"blup {label} {key}", getattr(blups(ours, yi, vi), figure), values)
    if test != "z" or "leave1out" not in theirs or len(yi) < 2:
        return
    without = leave_one_out(yi, vi, Synthesis(method=method, interval="Wald"))
    for key, values in theirs["leave1out"].items():
        values = [] if values is None else list(np.atleast_1d(values))
        answered = [row for row, value in enumerate(values) if value is not None]
        if len(answered) < len(values):
            tally.unanswered.append(f"leave one out {label} {key}: {len(values) - len(answered)} studies")
        figures = [getattr(without[row], NAMES[key]) for row in answered]
        tally.compare(f"leave one out {label} {key}", figures, [values[row] for row in answered])


@pytest.mark.parametrize("name", SETS)
def test_figures_agree_with_metafor(name):
    expected, tally = expected_of(name), Tally(name)
    compare_effects(tally, name, expected)
    compare_models(tally, expected)
    compare_common_effects(tally, name, expected)
    for what, compare in (("moderators", compare_moderators), ("subgroups", compare_subgroups)):
        with tally.part(what):
            compare(tally, name, expected)
    compare_diagnostics(tally, expected)
    tally.settle()


def test_every_measure_is_compared_or_excluded_with_a_reason():
    for what, reason in (NOT_OFFERED | NOT_COMPARED).items():
        print(f"not compared: {what}: {reason}")
    for name in UNANSWERED_SETS:
        print(f"not compared: {name}: the manifest has it, and there are no answers")
    measures = {measure for description in SETS.values() for measure in np.atleast_1d(description.get("measures", ()))}
    unknown = measures - set(MEASURES) - set(NOT_OFFERED)
    for measure in sorted(unknown):
        print(f"not compared: {measure}: not offered here")
    assert not (EVERYTHING_IS_KNOWN and unknown)
    assert not set(NOT_OFFERED) & set(MEASURES)

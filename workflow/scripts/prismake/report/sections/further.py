"""What further analyses say of one outcome: other models, small-study effects, influence, meta-regression."""

from typing import Any

from ...config import Outcome
from ...synthesis.adjusted import Adjusted
from ...synthesis.analyses import Analysis
from ...synthesis.asymmetry import AsymmetryResult
from ...synthesis.effects import MEASURES
from ...synthesis.moderators import ModeratorAnalysis, Term
from ...synthesis.other_models import applies, name_of
from ...synthesis.words import measure_word, omnibus_test
from ...wording import interval, lower_first, number, p_value, percent, statistic
from ..analyses import adjusted_of, asymmetry_of, cumulative_of, influence_of, other_models_of, regressions_of
from ..markdown import esc, listed, many, table
from ..material import Material
from .planned import cumulative_order
from .plots import bubbles

FEW = 10
"""Below so many studies a test for asymmetry hardly finds anything: Sterne 2011, doi 10.1136/bmj.d4002."""


def further(material: Material, key: str, outcome: Outcome, main: Analysis) -> str:
    """All that the further analyses of an outcome with two studies or more say."""
    parts = [
        _other_models(material, key, outcome, main),
        _influence(material, key),
        _cumulative(material, key),
        _small_studies(material, key, outcome, main),
        regressions(material, key, outcome, main),
    ]
    return "\n".join(part for part in parts if part)


def _slug(name: str, key: str) -> str:
    return f"{name}-{key}".replace("_", "-")


def _ends(material: Material, one: Any) -> str:
    return f"{number(one.estimate)} ({interval(one.ci_low, one.ci_high)})"


def _heading(material: Material, outcome: Outcome) -> str:
    return f"{measure_word(outcome.measure)} ({percent(material.config.synthesis.level)} CI)"


def _other_models(material: Material, key: str, outcome: Outcome, main: Analysis) -> str:
    others = [one for one in other_models_of(material, key) if _stands_beside(one, outcome, main)]
    run = [one for one in others if not one.why_not]
    parts = []
    if run:
        rows = [
            [
                esc(name),
                esc(_ends(material, one)),
                esc(number(one.tau2) if one.tau2 is not None and one.method != "EE" else "–"),
            ]
            for name, one in [(f"{name_of(main.method)}, main", main), *((one.label, one) for one in run)]
        ]
        headings = ["Model", esc(_heading(material, outcome)), "tau^2^"]
        caption = esc(f"{outcome.label}: the same studies under other models")
        parts.append(f"@tbl-{_slug('models', key)} has the same studies under other models.\n")
        parts.append(table(headings, rows, caption, _slug("models", key), (60, 40, 20)))
    failed = [f"{lower_first(one.label)} ({one.why_not})" for one in others if one.why_not]
    if failed:
        parts.append(esc(f"Models that could not stand beside: {listed(failed)}.") + "\n")
    return "\n".join(parts)


def _stands_beside(one: Analysis, outcome: Outcome, main: Analysis) -> bool:
    """Models that are for other measures are named in the table of models alone."""
    return one.method != main.method and applies(one.method, outcome.measure)


def _influence(material: Material, key: str) -> str:
    found = influence_of(material, key)
    if found.why_not:
        return ""
    marked = [study.label for study in found.studies if study.influential]
    rules = "by the rules of Viechtbauer and Cheung (2010)"
    if not marked:
        return esc(f"No study stands out {rules}.") + "\n"
    return esc(f"{'These stand' if len(marked) > 1 else 'One study stands'} out {rules}: {listed(marked)}.") + "\n"


def _cumulative(material: Material, key: str) -> str:
    found = [one for one in cumulative_of(material, key) if one.yi is not None]
    if not found:
        return ""
    low, high = (f(found, key=lambda one: one.yi if one.yi is not None else 0.0) for f in (min, max))
    shown = f" @fig-{_slug('cumulative', key)} shows each." if "cumulative" in material.drawn[key] else ""
    text = (
        f"Adding one study at a time, in the order of {cumulative_order(material)}, gives estimates from "
        f"{number(low.estimate)} (up to {low.label}) to {number(high.estimate)} (up to {high.label})."
    )
    return esc(text) + shown + "\n"


def _small_studies(material: Material, key: str, outcome: Outcome, main: Analysis) -> str:
    tests, estimates = asymmetry_of(material, key), adjusted_of(material, key)
    least = material.config.synthesis.small_studies.from_k
    if not (tests or estimates):
        return ""
    if main.k < least:
        return esc(f"Small-study effects are looked for from {least} studies on; here there are {main.k}.") + "\n"
    parts = []
    said = [_test(test) for test in tests if not test.why_not]
    if said:
        if main.k < FEW:
            said.append("With fewer than ten studies such a test hardly finds anything.")
        said.append(
            "A funnel can be lopsided for other reasons than reports that never appeared, and a large p-value does not show "
            "that none is missing."
        )
    said += [
        f"{test.label}'s test was not run: {test.why_not}."
        for test in tests
        if test.why_not and test.test != "recommended"
    ]
    said += [f"Funnel asymmetry was not tested: {test.why_not}." for test in tests if test.test == "recommended"]
    if said:
        parts.append(esc(" ".join(said)) + "\n")
    run = [one for one in estimates if one.estimate is not None]
    if run:
        rows = [[esc(one.label), esc(_ends(material, one)), esc(_note(one))] for one in run]
        caption = esc(f"{outcome.label}: estimates that allow for small-study effects")
        headings = ["Method", esc(_heading(material, outcome)), "Note"]
        parts.append(table(headings, rows, caption, _slug("adjusted", key), (40, 40, 60)))
    parts += [_fail_safe(one) for one in estimates if one.fail_safe is not None]
    parts += [esc(f"{one.label} gave no result: {one.why_not}.") + "\n" for one in estimates if one.why_not]
    return "\n".join(parts)


def _test(test: AsymmetryResult) -> str:
    """``Test for funnel asymmetry (Harbord, 14 studies; ...): t(12) = 0.79, p = 0.45.``"""
    if test.se is None:
        found = f"Kendall's tau = {statistic(test.estimate)}"
    else:
        found = f"{'z' if test.df is None else f't({test.df:.0f})'} = {statistic(test.stat)}"
    where = f"{test.label}, {many(test.k, 'study', 'studies')}; {test.on}"
    return f"Test for funnel asymmetry ({where}): {found}, {p_value(test.pval)}."


def _note(one: Adjusted) -> str:
    if one.filled is not None:
        none = f"no study is filled in ({one.method})"
        return f"{many(one.filled, 'study', 'studies')} filled in on the {one.side}" if one.filled else none
    if one.chosen is not None:
        return f"{one.method}{'; the one that PET-PEESE takes' if one.chosen else ''}"
    return (
        f"results that are not significant seem {number(one.weight)} times as likely to be seen; test that all are seen "
        f"alike: chi² = {statistic(one.LRT)}, {p_value(one.LRT_pval)}"
    )


def _fail_safe(one: Adjusted) -> str:
    found = (
        f"{many(one.fail_safe, 'null result')} would undo the result"
        if one.fail_safe
        else "0, as the test is not significant without any"
    )
    return esc(f"{one.label}: {found} ({one.method}).") + "\n"


def regressions(material: Material, key: str, outcome: Outcome, main: Analysis) -> str:
    """The meta-regressions of an outcome: those run as a table, the others with what they lack."""
    found = regressions_of(material, key)
    run = [model for model in found if model.terms]
    parts = []
    if run:
        parts += [_regression_table(material, key, outcome, run), bubbles(material, key)]
        parts += [
            esc(f"{model.label}: {model.permutation_why_not}.") + "\n" for model in run if model.permutation_why_not
        ]
    waiting = [
        f"{lower_first(model.label)} (known in {model.k} of {main.k}; {model.why_not})"
        for model in found
        if model.why_not
    ]
    if waiting:
        parts.append(esc(f"Meta-regressions that were planned and not run: {'; '.join(waiting)}.") + "\n")
    return "\n".join(parts)


def _regression_table(material: Material, key: str, outcome: Outcome, run: list[ModeratorAnalysis]) -> str:
    permuted = any(model.permutations for model in run)
    ratio = MEASURES[outcome.measure].ratio
    rows = []
    for model in run:
        for place, term in enumerate(model.terms[1:]):
            test = f"{omnibus_test(model.QM, model.df, model.df2)}, {p_value(model.pval)}"
            if model.permutations:
                test += f"; permuted {p_value(model.permutation_pval)}"
            shared = [
                f"{model.label} (k = {model.k})",
                test,
                "–" if model.R2 is None else f"{model.R2:.0f}%",
                f"{number(model.tau2)} ({interval(model.tau2_low, model.tau2_high)})",
            ]
            moderator, *tests = [esc(cell) if place == 0 else "" for cell in shared]
            rows.append([moderator, esc(_compared(model, term)), esc(_slope(term)), esc(p_value(term.pval)), *tests])
    level = f"{percent(material.config.synthesis.level)} CI"
    scale = " on the scale of analysis" if outcome.one_arm else ""
    what = (
        f"Ratio of {outcome.measure}s ({level})"
        if ratio
        else f"Change of {measure_word(outcome.measure)}{scale} ({level})"
    )
    headings = ["Model", "Compared", esc(what), "p", "Test of the model", "R^2^", "tau^2^ that is left"]
    caption = f"{outcome.label}: meta-regression"
    if permuted:
        seed = material.config.synthesis.regression.seed
        caption += f". Permuted: p-values from permutations of the studies (seed {seed})"
    return table(headings, rows, esc(caption), _slug("regression", key), (26, 22, 26, 14, 30, 10, 26))


def _compared(model: ModeratorAnalysis, term: Term) -> str:
    """What a coefficient compares; with several moderators, of which."""
    one = next(one for one in model.predictors if term.name == one.name or term.name.startswith(f"{one.name}: "))
    if one.levels:
        said = f"{term.name.removeprefix(f'{one.name}: ')} against {next(iter(one.levels))}"
    else:
        said = "ten times the value" if one.name.startswith("log10 of ") else "one unit more"
    return said if len(model.predictors) == 1 else f"{lower_first(one.name.removeprefix('log10 of '))}: {said}"


def _slope(term: Term) -> str:
    """The change with its interval; what rounding leaves of a difference between studies that are all alike is 0."""
    is_none = term.effect == term.estimate and abs(term.estimate) < 1e-12 * term.se
    return f"{number(0.0 if is_none else term.effect)} ({interval(term.effect_low, term.effect_high)})"

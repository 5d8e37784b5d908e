"""Questions of the further analyses: influence, small-study effects, meta-regression."""

from collections.abc import Iterator

from ...config import Moderator
from ..model import leave_one_out
from ..moderators import known
from .pooled import SHOWN, TESTS, Synthesised
from .questions import Figure, Question, Row, figures, not_asked, numbered

INFLUENCE = (
    "z", "rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "QE_del", "hat", "weight", "dfbs", "influential",
    "baujat_heterogeneity", "baujat_influence",
)  # fmt: skip
_TERM = ("estimate", "se", "stat", "pval", "ci_low", "ci_high")
_ADJUSTED = ("yi", "se", "pval")
_EXPLAINED = ("R2", "QM", "tau2", "tau2_low", "tau2_high", "I2", "QE", "QE_pval")


def further_questions(of: Synthesised, moderators: dict[str, Moderator]) -> Iterator[Question]:
    """Every further analysis that was run."""
    yield from _influence(of)
    for test in of.found["asymmetry"]:
        if not test["why_not"]:
            yield from _asymmetry(test, of)
    for one in of.found["adjusted"]:
        if not one["why_not"]:
            yield _adjusted(one, of)
    for regression in of.found["regressions"]:
        if not regression["why_not"]:
            yield from _regression(regression, moderators, of)


def _influence(of: Synthesised) -> Iterator[Question]:
    studies = of.found["influence"]["studies"]
    if not studies:
        return
    rows = of.rows(of.main)
    without = leave_one_out([row["yi"] for row in rows], [row["vi"] for row in rows], of.settings)
    asked: tuple[Figure, ...] = ()
    for place, study in enumerate(studies, 1):
        named = f"influence:{study['result_id']}", study["label"]
        asked += numbered(figures(*named, study | {"influential": float(study["influential"])}, INFLUENCE), place)
    main = of.found["main"]
    yield Question(
        "influence",
        of.main,
        asked,
        main["method"],
        TESTS[main["interval"]],
        choice=" ".join(TESTS[fit.interval_used] for fit in without),
    )


def _asymmetry(test: Row, of: Synthesised) -> Iterator[Question]:
    key, label = f"test:{test['test']}", test["label"]
    if test["test"] == "begg":
        yield Question("ranktest", of.main, figures(key, label, test, ("estimate", "pval")))
        yield not_asked(key, label, "stat", "metafor gives no z value of the rank correlation")
        return
    # A slope has the unit of the effects over that of its predictor: near 0 it is compared with its standard error.
    asked = figures(key, label, test, ("estimate", "se"), unit=test["se"] or 1.0)
    asked += figures(key, label, test, ("stat", "pval"))
    method = "REML" if of.settings.method == "EE" else of.settings.method
    yield Question("regtest", of.main, asked, method, choice=test["test"])


def _adjusted(one: Row, of: Synthesised) -> Question:
    name, key, label = one["analysis"], f"adjusted:{one['analysis']}", one["label"]
    if name == "fail_safe":
        asked = figures(key, label, one, ("fail_safe", "pval"))
        return Question("fail_safe", of.main, asked, choice=of.settings.small_studies.fail_safe.capitalize())
    shown = tuple(
        Figure(key, label, part, one[part], SHOWN[part], on_scale=True) for part in ("estimate", "ci_low", "ci_high")
    )
    if name == "3psm":
        asked = shown + figures(key, label, one, (*_ADJUSTED, "tau2", "weight", "LRT", "LRT_pval"))
        favoured = "greater" if of.outcome.better == "higher" else "less"
        return Question("selection", of.main, asked, choice=favoured, tolerance="selection")
    if name == "trim_and_fill":
        asked = shown + figures(key, label, one, (*_ADJUSTED, "tau2", "filled"))
        estimator = of.settings.small_studies.trim_and_fill
        return Question("trimfill", of.main, asked, of.settings.method, TESTS[one["interval"]], estimator)
    limits = (*shown, *figures(key, label, one, _ADJUSTED))
    asked = tuple(
        Figure(key, label, limit.quantity, limit.ours, f"limit_{limit.theirs}", limit.on_scale) for limit in limits
    )
    return Question("regtest", of.main, asked, choice=name)


def _regression(found: Row, moderators: dict[str, Moderator], of: Synthesised) -> Iterator[Question]:
    key, label = f"regression:{found['key']}", found["label"]
    predictors = found["predictors"]
    used = {row["result_id"] for row in known([one["key"] for one in predictors], of.rows(of.main))}
    members = of.numbers(lambda row: row["use"] == "main" and row["result_id"] in used)
    values: list[float] = []
    kinds = []
    for one in predictors:
        given = [row[f"moderator_{one['key']}"] for row in of.rows(members)]
        levels = list(one["levels"])
        values += map(float, map(levels.index, given) if levels else given)
        kinds.append("category" if levels else "log10" if moderators[one["key"]].log10 else "number")
    asked = (*figures(key, label, found, _EXPLAINED), Figure(key, label, "pval", found["pval"], "QM_pval"))
    permuted = (Figure(key, label, "permutation_pval", found["permutation_pval"], "QM_pval"),)
    for place, term in enumerate(found["terms"], 1):
        named = f"{key}:{term['name']}", f"{label}: {term['name']}"
        for name in _TERM:
            unit = None if name in ("stat", "pval") else term["se"]
            asked += numbered((Figure(*named, name, term[name], name, unit=unit),), place)
        permuted += numbered((Figure(*named, "permutation_pval", term["permutation_pval"], "pval"),), place)
    call = (found["method"], TESTS[found["interval"]], " ".join(kinds), tuple(values))
    yield Question("regression", members, asked, *call)
    if found["exact"]:
        yield Question("permutation", members, permuted, *call)
    elif found["exact"] is not None:
        yield not_asked(key, label, "permutation_pval", "each engine draws its own permutations by lot")

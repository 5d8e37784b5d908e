"""Questions of the pooled analyses: every model of all studies, without one, of the first ones, and of subgroups."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...config import Outcome, Synthesis
from ..dependence import sampling_covariance
from ..further import in_order
from ..glmm import DEFAULT_NODES
from ..study_effects import back_of
from ..tau2 import METHODS
from .questions import Figure, Question, Row, figures, not_asked, numbered

TESTS = {"z": "z", "t": "t", "HKSJ": "knha", "HKSJ-floor": "adhoc", "CR2": "CR2"}
"""Our intervals and metafor's tests."""

SHOWN = {"estimate": "yi", "ci_low": "ci_low", "ci_high": "ci_high", "pi_low": "pi_low", "pi_high": "pi_high"}
"""Figures on the scale of the measure, and metafor's on that of analysis from which they come."""
_TEST = ("yi", "se", "stat", "pval")
_SPREAD = ("I2", "H2")
_MODEL = (*_TEST, "tau2", "tau2_low", "tau2_high", *_SPREAD, "Q", "Q_pval")
_THREE = (*_TEST, "tau2", "tau2_between", "tau2_within", *_SPREAD, "Q", "Q_pval")
_OWN_V = "the covariance of sampling errors within studies is prismake's"


@dataclass(frozen=True)
class Synthesised:
    """One synthesis: what prismake found, and the studies that each analysis has, by number from 1."""

    found: Row
    outcome: Outcome
    settings: Synthesis

    @property
    def studies(self) -> list[Row]:
        """Every result, in order."""
        rows: list[Row] = self.found["studies"]
        return rows

    def numbers(self, keep: Callable[[Row], bool]) -> tuple[int, ...]:
        """Those estimable results for which `keep` is true."""
        return tuple(n for n, row in enumerate(self.studies, 1) if row["estimable"] and keep(row))

    @property
    def main(self) -> tuple[int, ...]:
        """The results of the main analysis."""
        return self.numbers(lambda row: row["use"] == "main")

    def rows(self, numbers: tuple[int, ...]) -> list[Row]:
        """Results by their numbers."""
        return [self.studies[number - 1] for number in numbers]


def pooled(of: Synthesised) -> Iterator[Question]:
    """Every pooled analysis that was run."""
    found, main = of.found, of.main
    for key, members in (("main", main), ("wald", main), ("sensitivity", of.numbers(lambda row: True))):
        if found[key]:
            yield _model(found[key], members, of)
    for analysis in found["leave_one_out"]:
        left_out = _named(of, analysis["key"].removeprefix("without:"))["study_id"]
        yield _model(
            analysis, of.numbers(lambda row, out=left_out: row["use"] == "main" and row["study_id"] != out), of
        )
    place = {row["result_id"]: number for number, row in enumerate(of.studies, 1)}
    ordered = tuple(place[row["result_id"]] for row in in_order(of.rows(main)))
    for count, analysis in enumerate(found["cumulative"], 1):
        if not analysis["why_not"]:
            yield _model(analysis, ordered[:count], of)
    for subgroup in found["subgroups"]:
        if subgroup["levels"]:
            yield from (_common_tau2 if subgroup["tau2"] == "common" else _own_tau2)(subgroup, of)
    for analysis in found["other_models"]:
        if not analysis["why_not"]:
            yield _model(analysis, main, of) if analysis["method"] in METHODS else _of_counts(analysis, of)
    yield from _subsets(of)


def _named(of: Synthesised, result_id: str) -> Row:
    return next(row for row in of.studies if row["result_id"] == result_id)


def _shown(analysis: Row, names: tuple[str, ...]) -> tuple[Figure, ...]:
    key, label = analysis["key"], analysis["label"]
    return tuple(Figure(key, label, name, analysis[name], SHOWN[name], on_scale=True) for name in names)


def _model(analysis: Row, members: tuple[int, ...], of: Synthesised) -> Question:
    key, label = analysis["key"], analysis["label"]
    # Whether there are enough studies for a prediction interval the settings say, which metafor does not know.
    shown = tuple(name for name in SHOWN if not (name.startswith("pi_") and analysis["pi_low"] is None))
    three = analysis["results"] > analysis["k"] and of.settings.dependent != "error"
    asked = _shown(analysis, shown) + figures(key, label, analysis, _THREE if three else _MODEL)
    if key == "main":
        for place, row in enumerate(of.rows(members), 1):
            asked += numbered(
                (Figure(f"weight:{row['result_id']}", _label(row), "weight", row["weight"], "weight"),), place
            )
    return Question(
        "three_level" if three else "fit",
        members,
        asked,
        analysis["method"],
        TESTS[analysis["interval"]],
        covariance=_covariance(members, of) if three else (),
        tolerance="three levels" if three else "closed",
        note=_OWN_V if three else "",
    )


def _label(row: Row) -> str:
    label: str = row["result_label"]
    return label


def _covariance(members: tuple[int, ...], of: Synthesised) -> tuple[tuple[int, int, float], ...]:
    V = sampling_covariance(of.rows(members), of.outcome, of.settings)
    k = range(len(members))
    return tuple((i + 1, j + 1, float(V[i, j])) for i in k for j in k if i != j and V[i, j])


def _groups(subgroup: Row, of: Synthesised) -> Iterator[tuple[Row, tuple[int, ...]]]:
    column = f"group_{subgroup['key']}"
    for level in subgroup["levels"]:
        name = level["label"]
        yield level, of.numbers(lambda row, name=name: row["use"] == "main" and row[column] == name)


def _own_tau2(subgroup: Row, of: Synthesised) -> Iterator[Question]:
    fits = [_model(level, members, of) for level, members in _groups(subgroup, of)]
    yield from fits
    yield Question(
        "between",
        (),
        figures(subgroup["key"], subgroup["label"], subgroup, ("Q_b", "pval")),
        after=tuple(level["key"] for level in subgroup["levels"]),
        tolerance=fits[0].tolerance,
    )


def _common_tau2(subgroup: Row, of: Synthesised) -> Iterator[Question]:
    groups = list(_groups(subgroup, of))
    key, label = subgroup["key"], subgroup["label"]
    asked = (*figures(key, label, subgroup, ("Q_b",)), Figure(key, label, "pval", subgroup["pval"], "Q_b_pval"))
    for place, (level, members) in enumerate(groups, 1):
        named = level["key"], level["label"]
        shown = tuple(
            Figure(*named, name, level[name], theirs, on_scale=True, studies=members)
            for name, theirs in (("estimate", "estimate"), ("ci_low", "ci_low"), ("ci_high", "ci_high"))
        )
        asked += numbered((*shown, *figures(*named, level, ("se", "stat", "pval"))), place)
        asked += figures(*named, level, ("tau2",))
    level = groups[0][0]
    yield Question(
        "common_tau2",
        tuple(number for _, members in groups for number in members),
        asked,
        level["method"],
        TESTS[level["interval"]],
        values=tuple(float(place) for place, (_, members) in enumerate(groups, 1) for _ in members),
    )


def _of_counts(analysis: Row, of: Synthesised) -> Question:
    key, label, method = analysis["key"], analysis["label"], analysis["method"]
    shown = _shown(analysis, ("estimate", "ci_low", "ci_high"))
    if method in ("MH", "PETO"):
        return Question(method, of.main, shown + figures(key, label, analysis, (*_TEST, *_SPREAD, "Q", "Q_pval")))
    if method == "UM.RS":
        return not_asked(
            key,
            label,
            "",
            "of this model metafor has Laplace's approximation only; prismake integrates with more nodes",
        )
    asked = shown + figures(key, label, analysis, (*_TEST, "tau2", *_SPREAD))
    return Question("glmm", of.main, asked, choice=method, values=(DEFAULT_NODES,), tolerance="counts")


def _subsets(of: Synthesised) -> Iterator[Question]:
    """The estimates of subsets, which name their studies by label."""
    subsets = of.found["subsets"]
    labels = {row["label"]: number for number, row in zip(of.main, of.rows(of.main), strict=True)}
    if subsets and len(labels) < len(of.main):
        yield not_asked("subsets", "Subsets of the studies", "", "studies of one label cannot be told apart in them")
        return
    for number, subset in enumerate(subsets, 1):
        asked = figures(f"subset:{number}", f"Subset {number}", subset, ("yi", "tau2", "I2", "Q"))
        yield Question("subset", tuple(labels[label] for label in subset["studies"]), asked, subset["method"])


def shown_by(measure: str, rows: list[Row]) -> Callable[[float], float | None]:
    """From the scale of analysis to that of the measure, as the figures of these results are shown."""
    back = back_of(measure, rows)

    def shown(value: float) -> float | None:
        with_all_digits = float(back(value))
        return with_all_digits if math.isfinite(with_all_digits) else None

    return shown

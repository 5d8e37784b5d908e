"""From arm-level figures to results: one study, comparison, outcome, time point and unit of analysis each."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from ..config import Outcome
from ..config.measures import ESTIMATES
from ..people import Estimate, Extracted, Study
from ..problems import InputError, Problem, cell
from ..tables import RESULTS, is_estimate
from .converted import beside, in_words
from .forms import FIGURES, filled
from .pairs import CONTRASTS, by_place, contrasts_of, partners, place
from .read import Extraction

_NOT_POOLED = "extracted as not to be pooled"

Placed = tuple[dict[str, Any], str]
"""A result, and the lines of the tables that it comes from."""


def derive(
    extraction: Extraction,
    outcomes: dict[str, Outcome],
    included: frozenset[str],
    shared_comparator: str,
    dependent: str = "error",
    networked: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Join arms to results and choose those that enter each synthesis.

    Parameters
    ----------
    extraction : Extraction
    outcomes : dict
        Outcome key -> how one result a study is chosen (time point, units of analysis) and measured.
    included : frozenset of str
        Studies with an included report.
    shared_comparator : str
        ``error``, or ``split``: a comparator shared by c comparisons enters each with 1/c of its events, n and
        person-time (Cochrane Handbook, section 23.3.4).
    dependent : str
        ``error``, or a model for several results of one study: then all of them enter.
    networked : collection of str
        Outcomes that networks hold.

    Returns
    -------
    list of dict
        `prismake.tables.RESULTS`, sorted. ``use`` is main, sensitivity, reported or not included; ``why`` says why a
        result is only reported.

    Raises
    ------
    InputError
        When a study would enter one synthesis twice and no rule for it is chosen, with one result twice or with results
        that follow from each other; or time points cannot be compared.
    """
    placed = [
        *_from_arms(extraction, outcomes),
        *_from_estimates(extraction, outcomes),
        *_from_single_arms(extraction, outcomes),
        *_of_one_arm(extraction, outcomes, networked),
    ]
    lines = {result["result_id"]: where for result, where in placed}
    results = [result for result, _ in placed]
    candidates: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for result in results:
        if result["study_id"] not in included:
            result["use"], result["why"] = "not included", "no report of the study is included"
        elif result["use"] == "":
            candidates[result["study_id"], result["outcome"]].append(result)
    problems: list[Problem] = []
    for (_, outcome), rows in sorted(candidates.items()):
        problems += _choose(rows, outcomes[outcome], outcome, lines, shared_comparator, dependent != "error")
    if problems:
        raise InputError(*problems)
    return sorted(results, key=lambda r: r["result_id"])


def _blank(study: Study, outcome_key: str, outcome: Outcome) -> dict[str, Any]:
    return dict.fromkeys(RESULTS) | {
        "study_id": study.study_id,
        "label": study.label,
        "design": study.design,
        "outcome": outcome_key,
        "comparison": outcome.comparison or "",
        "measure": outcome.measure,
        "use": "",
        "why": "",
    }


def _identify(result: dict[str, Any], *more: str) -> dict[str, Any]:
    arms = f"{result['arm_1']}:{result['arm_2'] or ''}"
    parts = [result[c] for c in ("study_id", "outcome", "comparison")]
    parts += [arms, result["timepoint"], result["unit_of_analysis"], result["measure"], *more]
    return result | {"result_id": "|".join(map(str, parts))}


def _from_arms(extraction: Extraction, outcomes: dict[str, Outcome]) -> Iterable[Placed]:
    """Results of which both arms are extracted."""
    studies = {study.study_id: study for study in extraction.studies}
    for (study_id, key, timepoint, unit), arms in by_place(extraction.rows).items():
        outcome = outcomes[key]
        for contrast in contrasts_of(study_id, outcome, extraction.contrasts):
            if contrast.arm_1 not in arms or contrast.arm_2 not in arms:
                continue
            one, two = arms[contrast.arm_1], arms[contrast.arm_2]
            result = _blank(studies[study_id], key, outcome) | _shared(one, two, timepoint, unit)
            for number, row in ((1, one), (2, two)):
                result |= _figures(extraction, row, number)
            yield _identify(_sorted_out(result, outcome)), f"lines {one.line} and {two.line}"


def _figures(extraction: Extraction, row: Extracted, number: int) -> dict[str, Any]:
    """The figures of an arm as those of the first or second group of a result."""
    said = {"arm": row.arm, "label": extraction.arm_labels[row.study_id, row.arm]}
    said |= {figure: getattr(row, figure) for figure in FIGURES}
    said |= {"beside": beside(row), "converted": in_words(row)}
    return {f"{name}_{number}": value for name, value in said.items()}


def _shared(one: Extracted, two: Extracted | None, timepoint: str, unit: str) -> dict[str, Any]:
    rows = [row for row in (one, two) if row is not None]
    order = ("yes", "sensitivity", "no")
    return {
        "definition": one.definition,
        "timepoint": timepoint,
        "weeks": one.weeks,
        "unit_of_analysis": unit,
        "reversed": bool(one.reversed),
        "pool": max((row.pool for row in rows), key=order.index),
        **{column: _union(getattr(row, column) for row in rows) for column in ("status", "source", "place", "note")},
    }


def _union(values: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(value for value in values if value))


def _sorted_out(result: dict[str, Any], outcome: Outcome) -> dict[str, Any]:
    if result["use"]:
        return result
    if result["pool"] == "no":
        return result | {"use": "reported", "why": result["note"] or _NOT_POOLED}
    if not outcome.synthesise:
        return result | {"use": "reported", "why": "no synthesis is planned for this outcome"}
    return result


def _from_estimates(extraction: Extraction, outcomes: dict[str, Outcome]) -> Iterable[Placed]:
    """Contrasts that a study reports as such: in the synthesis of their measure or beside it, never converted."""
    studies = {study.study_id: study for study in extraction.studies}
    for row in extraction.estimates:
        outcome = outcomes[row.outcome]
        result = _blank(studies[row.study_id], row.outcome, outcome) | {
            column: getattr(row, column)
            for column in (
                "definition", "timepoint", "weeks", "unit_of_analysis", "comparison", "measure", "estimate", "ci_low",
                "ci_high", "se", "o_e", "v", "n_1", "n_2", "pool", "status", "source", "place", "note", "arm_1", "arm_2",
            )
        }  # fmt: skip
        result["reversed"] = bool(row.reversed)
        result |= {f"label_{n}": extraction.arm_labels[row.study_id, result[f"arm_{n}"]] for n in (1, 2)}
        if row.pool == "generic":
            result |= {"use": "reported", "why": _why_estimate(row, outcome)}
        beside = ["estimate"] if row.measure == outcome.measure else []  # its arms may give the same measure
        yield _identify(_sorted_out(result, outcome), *beside), f"line {row.line} of {ESTIMATES}"


def _why_estimate(row: Estimate, outcome: Outcome) -> str:
    if row.measure == outcome.measure:
        return f"an {row.measure} without figures by arm is not pooled"
    return f"an {row.measure} is not pooled with {outcome.measure}s"


def _from_single_arms(extraction: Extraction, outcomes: dict[str, Outcome]) -> Iterable[Placed]:
    """Results of outcomes whose measure describes one group: one of each arm."""
    studies = {study.study_id: study for study in extraction.studies}
    for row in extraction.rows:
        outcome = outcomes[row.outcome]
        if outcome.one_arm and filled(row):
            result = _blank(studies[row.study_id], row.outcome, outcome)
            result |= _shared(row, None, row.timepoint, row.unit_of_analysis) | _figures(extraction, row, 1)
            yield _identify(_sorted_out(result, outcome)), f"line {row.line}"


def _of_one_arm(extraction: Extraction, outcomes: dict[str, Outcome], networked: Collection[str]) -> Iterable[Placed]:
    """Figures of arms that no result above holds: nothing that was extracted is left out."""
    studies = {study.study_id: study for study in extraction.studies}
    places = by_place(extraction.rows)
    for row in extraction.rows:
        outcome = outcomes[row.outcome]
        others = partners(row, outcome, extraction.contrasts)
        if outcome.one_arm or any(arm in places[place(row)] for arm in others) or not filled(row):
            continue
        result = _blank(studies[row.study_id], row.outcome, outcome)
        result |= _shared(row, None, row.timepoint, row.unit_of_analysis)
        result |= _figures(extraction, row, 1)
        why = "figures of one arm only" if others else "figures of an arm that no contrast names"
        why += ", apart from the network" if row.outcome in networked and not others else ""
        yield _identify(result | {"use": "reported", "why": _union([why, row.note])}), f"line {row.line}"


def _choose(
    rows: list[dict[str, Any]],
    outcome: Outcome,
    key: str,
    lines: dict[str, str],
    shared_comparator: str,
    several: bool,
) -> list[Problem]:
    """Mark, among the results of one study for one outcome, those that enter the synthesis."""
    best = [row for row in rows if row["pool"] == "yes"] or rows
    for row in rows:
        if not any(row is other for other in best):
            row["use"], row["why"] = "reported", "a result fit for the main analysis is used"
    units = sorted({row["unit_of_analysis"] for row in best})
    if len(units) > 1 and (outcome.units_of_analysis or not several):
        if not outcome.units_of_analysis:
            where, found = (
                f"config.yaml, outcomes.{key}",
                f"{best[0]['study_id']} with results by {' and '.join(units)}",
            )
            return [Problem(where, found, "units_of_analysis, best first, so that one can be chosen")]
        unit = min(units, key=outcome.units_of_analysis.index)
        best = _narrow(best, "unit_of_analysis", unit, "another unit of analysis is used")
    times = {row["timepoint"] for row in best}
    if len(times) > 1 and outcome.timepoint != "all":
        if any(row["weeks"] is None for row in best):
            found = " and ".join(sorted(times))
            return [
                Problem(
                    cell(outcome.file, None, "weeks"),
                    f"{best[0]['study_id']} with results at {found}, of which weeks is empty",
                    "weeks for each, so that one can be chosen",
                )
            ]
        weeks = best_weeks([row["weeks"] for row in best], outcome)
        best = _narrow(best, "weeks", weeks, "another time point is used")
    for row in best:
        row["use"] = "main" if row["pool"] == "yes" else "sensitivity"
    return _together(best, outcome, key, lines) if several else _once(best, outcome, key, lines, shared_comparator)


def best_weeks(weeks: list[float], outcome: Outcome) -> float:
    """The time point that an outcome prefers, in weeks."""
    if outcome.closest_to is not None:
        return min(weeks, key=lambda week: (abs(week - outcome.closest_to), week))
    return max(weeks) if outcome.timepoint == "longest" else min(weeks)


def _narrow(rows: list[dict[str, Any]], column: str, value: Any, why: str) -> list[dict[str, Any]]:
    for row in rows:
        if row[column] != value:
            row["use"], row["why"] = "reported", why
    return [row for row in rows if row[column] == value]


def _once(
    rows: list[dict[str, Any]],
    outcome: Outcome,
    key: str,
    lines: dict[str, str],
    shared_comparator: str,
) -> list[Problem]:
    """A study enters a synthesis once; a comparator shared by several interventions is split when config.yaml says so."""
    if len(rows) == 1:
        return []
    by_arm = not any(map(is_estimate, rows)) and not outcome.one_arm
    shared = by_arm and len({row["arm_2"] for row in rows}) == 1 and len({row["arm_1"] for row in rows}) == len(rows)
    if shared and shared_comparator == "split":
        for row in rows:
            row |= {
                f"{figure}_2": None if row[f"{figure}_2"] is None else row[f"{figure}_2"] / len(rows)
                for figure in ("events", "n", "time")
            }
            row["note"] = _union([row["note"], f"comparator shared by {len(rows)} comparisons: 1/{len(rows)} of it"])
        return []
    where = f"{CONTRASTS} and {outcome.file}" if by_arm else outcome.file
    found = f"{rows[0]['study_id']} twice in the synthesis of {key} ({_listed(rows, lines)})"
    return [Problem(where, found, "each study once", _mend(rows, shared))]


def _together(rows: list[dict[str, Any]], outcome: Outcome, key: str, lines: dict[str, str]) -> list[Problem]:
    """Several results of a study enter together, unless one stands there twice or follows from the others."""
    by_what: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    by_place: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        time = row["timepoint"] if row["weeks"] is None else row["weeks"]
        by_what[row["arm_1"], row["arm_2"], row["unit_of_analysis"], time].append(row)
        by_place[row["unit_of_analysis"], time].append(row)
    problems = []
    for twice in by_what.values():
        if len(twice) > 1:
            found = (
                f"{rows[0]['study_id']} twice with one comparison in the synthesis of {key} ({_listed(twice, lines)})"
            )
            problems.append(Problem(outcome.file, found, "each result once", _mend(twice, shared=False)))
    for here in by_place.values():
        if not problems and _has_loop(here):
            found = f"{rows[0]['study_id']} with contrasts that follow from each other ({_listed(here, lines)})"
            expected = "no contrast that is the difference of two others"
            problems.append(Problem(CONTRASTS, found, expected, "Leave one of them out."))
    return problems


def _has_loop(rows: list[dict[str, Any]]) -> bool:
    """Whether the contrasts of these results, as lines between arms, close a circle."""
    joined: dict[str, set[str]] = {}
    for row in rows:
        if row["arm_2"] is None:
            continue
        one, two = (joined.setdefault(row[arm], {row[arm]}) for arm in ("arm_1", "arm_2"))
        if one is two:
            return True
        one |= two
        joined |= dict.fromkeys(two, one)
    return False


def _listed(rows: list[dict[str, Any]], lines: dict[str, str]) -> str:
    return " and ".join(f"{_named(row)} at '{row['timepoint']}', {lines[row['result_id']]}" for row in rows)


def _named(row: dict[str, Any]) -> str:
    return f"{row['arm_1']} against {row['arm_2']}" if row["arm_2"] else str(row["arm_1"])


def _mend(rows: list[dict[str, Any]], shared: bool) -> str:
    """What to do about several results of one study."""
    if len({(row["arm_1"], row["arm_2"]) for row in rows}) < len(rows):
        if any(map(is_estimate, rows)):
            return "One comparison stands here by arm and as an estimate, or as several: leave one with pool yes."
        return "One comparison stands here at several time points of the same week: leave one with pool yes."
    if rows[0]["arm_2"] is None:
        return (
            "Combine the arms in the extraction table, leave one with pool yes, or set synthesis.dependent: multilevel."
        )
    mend = f"Combine the arms in the extraction table, leave one contrast out of {CONTRASTS}"
    mend += ", or set synthesis.dependent: multilevel"
    return mend + (" or synthesis.shared_comparator: split." if shared else ".")

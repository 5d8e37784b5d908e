"""How well reviewers agree: raw agreement, Cohen's and Fleiss' kappa and PABAK, with intervals, for each stage."""

import math
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from ..config import Screening, Stage
from ..people import Decision
from .decisions import GOES_ON, WITHDRAWN, Chains, resolve
from .lots import CALIBRATION

Z95 = 1.959963984540054
_NO_ERROR = 1e-6
"""A standard error below this is none: all agreed, or one reviewer always chose the same."""


def wilson(agreed: int, total: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a proportion (Wilson 1927)."""
    share, z2 = agreed / total, Z95**2
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z95 * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    return max(0.0, centre - half), min(1.0, centre + half)


def cohen_kappa(pairs: list[tuple[str, str]]) -> tuple[float, float] | None:
    """Cohen's kappa and its standard error.

    The standard error is the large-sample one for a kappa that is not zero (Fleiss, Cohen and Everitt 1969).
    None where kappa is not defined: no pairs, or both always chose one and the same category.
    """
    n = len(pairs)
    if n == 0:
        return None
    categories = sorted({choice for pair in pairs for choice in pair})
    p = {(a, b): 0.0 for a in categories for b in categories}
    for pair in pairs:
        p[pair] += 1 / n
    first = {a: sum(p[a, b] for b in categories) for a in categories}
    second = {b: sum(p[a, b] for a in categories) for b in categories}
    observed = sum(p[a, a] for a in categories)
    expected = sum(first[a] * second[a] for a in categories)
    if math.isclose(expected, 1):
        return None
    kappa = (observed - expected) / (1 - expected)
    agreeing = sum(p[a, a] * (1 - (first[a] + second[a]) * (1 - kappa)) ** 2 for a in categories)
    other = sum(p[a, b] * (second[a] + first[b]) ** 2 for a in categories for b in categories if a != b)
    variance = agreeing + (1 - kappa) ** 2 * other - (kappa - expected * (1 - kappa)) ** 2
    return kappa, math.sqrt(max(0.0, variance / n)) / (1 - expected)


def fleiss_kappa(ratings: list[list[str]]) -> tuple[float, float | None] | None:
    """Fleiss' kappa for any number of reviewers, who need not all have decided on each report, and its standard error.

    Fleiss 1971 (doi 10.1037/h0031619), with the agreement of each report taken over the pairs of decisions that it has. The
    standard error is the jackknife's over reports, which needs no equal numbers. None where kappa is not defined: fewer
    than two reports with two decisions, or one category alone. No standard error where it rests on a single report that
    has another category than the rest.

    Parameters
    ----------
    ratings : list of list of str
        For each report its decisions.
    """
    rated = [Counter(one) for one in ratings if len(one) > 1]
    n = len(rated)
    if n < 2:
        return None
    shares, every = [_agreeing(one) for one in rated], sum(rated, Counter())
    total = sum(shares)
    whole = _fleiss(total / n, every)
    without = [_fleiss((total - share) / (n - 1), every - one) for share, one in zip(shares, rated, strict=True)]
    defined = [kappa for kappa in without if kappa is not None]
    if whole is None:
        return None
    if len(defined) < n:
        return whole, None
    mean = sum(defined) / n
    return whole, math.sqrt((n - 1) / n * sum((kappa - mean) ** 2 for kappa in defined))


def _agreeing(one: Counter[str]) -> float:
    """The share of pairs of decisions on one report that agree."""
    n = one.total()
    return sum(count * (count - 1) for count in one.values()) / (n * (n - 1))


def _fleiss(observed: float, every: Counter[str]) -> float | None:
    expected = sum((count / every.total()) ** 2 for count in every.values())
    return None if math.isclose(expected, 1) else (observed - expected) / (1 - expected)


def independent(
    rows: Sequence[Decision], report_of: dict[str, str], aliases: dict[str, str], adjudicators: Container[str]
) -> list[Decision]:
    """The decisions of one stage by which agreement is judged: as they stood before conflicts were settled.

    Reviewers who settle a conflict by consensus replace a decision, and adjudicators may replace a reviewer's. So where a
    decision was replaced by an adjudicator, or while the one that another reviewer is judged by differed from it, it is the one
    that is judged by, whatever replaced it later. One that its reviewer took back or replaced before that is not: that was a
    slip.

    Parameters
    ----------
    rows : sequence of Decision
        All rows of the stage's file that `prismake.screening.decisions.check` has passed, in their order.
    report_of, aliases : dict
        Record -> report, and former record ids.
    adjudicators : container of str
    """
    chains = Chains()
    changed = {resolve(row.record_id, report_of, aliases) for row in rows if row.supersedes}
    # Rows on the reports where something was replaced; others ask nothing.
    on: dict[str | None, list[Decision]] = defaultdict(list)
    settled: dict[str, Decision] = {}  # the decision that settles -> the one that it settled

    def judged_by(row: Decision) -> Decision:
        judged, step = row, row
        while step.supersedes in chains.known:
            judged = settled.get(step.decision_id, judged)
            step = chains.known[step.supersedes]
        return judged

    for row in rows:
        before = chains.known.get(row.supersedes) if row.supersedes else None
        report = resolve(row.record_id, report_of, aliases) if changed else None
        if before is not None and row.decision != WITHDRAWN and before.reviewer not in adjudicators:
            others = (judged_by(other) for other in on[report] if chains.is_live(other))
            opposed = any(
                other.decision != before.decision
                for other in others
                if other.reviewer != before.reviewer and other.reviewer not in adjudicators
            )
            if row.reviewer in adjudicators or opposed:
                settled[row.decision_id] = before
        chains.add(row)
        if report in changed:
            on[report].append(row)
    found = {judged.decision_id: judged for judged in map(judged_by, chains.live())}
    return [row for row in found.values() if row.reviewer not in adjudicators]


def agreement(
    decisions: dict[str, list[Decision]],
    report_of: dict[str, str],
    aliases: dict[str, str],
    settings: Screening,
    calibration: Mapping[str, Container[str]] | None = None,
) -> list[dict[str, Any]]:
    """One row a stage, pair of reviewers and scale, and one for all where there are more than two.

    Only reports on which both of a pair, or two of all, have a decision count. The scale ``as decided`` has every decision
    as a category of its own, ``goes on`` has two: on to the full text or not. Adjudicators are no reviewers. Decisions of
    one reviewer that differ on records of one report are left out here: they are a conflict. `decisions` has all rows of each
    stage's file, of which the `independent` ones are judged by.

    `calibration` has for each stage the reports of its calibration round: their rows, of those who read it, follow those of
    all reports.
    """
    rows = []
    for stage, every in decisions.items():
        declared: Stage = getattr(settings, stage)
        chosen: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for row in independent(every, report_of, aliases, declared.adjudicators):
            report = resolve(row.record_id, report_of, aliases)
            if report is not None:
                chosen[row.reviewer][report].add(row.decision)
        single = {
            reviewer: {report: next(iter(said)) for report, said in by_report.items() if len(said) == 1}
            for reviewer, by_report in chosen.items()
        }
        rows += _rows(stage, "all", single)
        within = (calibration or {}).get(stage, ())
        calibrating = {
            reviewer: {report: said for report, said in by_report.items() if report in within}
            for reviewer, by_report in single.items()
            if reviewer in declared.calibrators
        }
        rows += _rows(stage, CALIBRATION, calibrating)
    return rows


def _rows(stage: str, of: str, single: Mapping[str, Mapping[str, str]]) -> Iterator[dict[str, Any]]:
    """The rows of one set of reports; `single` has reviewer -> report -> decision."""
    groups: list[tuple[str, ...]] = list(combinations(sorted(single), 2))
    if len(single) > 2:
        groups.append(tuple(sorted(single)))
    for group in groups:
        reports = sorted({report for reviewer in group for report in single[reviewer]})
        ratings = [[single[who][report] for who in group if report in single[who]] for report in reports]
        ratings = [decided for decided in ratings if len(decided) > 1]
        if not ratings:
            continue
        yield _row(stage, of, group, "as decided", ratings)
        if stage == "title_abstract":
            yield _row(stage, of, group, "goes on", [[str(c in GOES_ON) for c in one] for one in ratings])


COLUMNS = [
    "stage", "of", "reviewers", "scale", "reports", "agreed", "agreement", "agreement_low", "agreement_high", "statistic",
    "kappa", "kappa_low", "kappa_high", "pabak", "pabak_low", "pabak_high",
]  # fmt: skip
"""``of``: all reports, or those of the calibration round alone. A kappa without interval is one whose large-sample error is zero
or that rests on a single report: all agreed, say."""


def _row(stage: str, of: str, group: tuple[str, ...], scale: str, ratings: list[list[str]]) -> dict[str, Any]:
    """The agreement of two reviewers, or of all: then a report counts as agreed on where all who decided agree."""
    agreed, total = sum(len(set(one)) == 1 for one in ratings), len(ratings)
    low, high = wilson(agreed, total)
    categories = {"as decided": 3 if stage == "title_abstract" else 5, "goes on": 2}[scale]
    pair = len(group) == 2
    found = cohen_kappa([(one, other) for one, other in ratings]) if pair else fleiss_kappa(ratings)
    kappa, error = found or (None, None)
    half = Z95 * error if error is not None and error > _NO_ERROR else None

    def pabak(share: float) -> float | None:
        return (categories * share - 1) / (categories - 1) if pair else None

    return {
        "stage": stage,
        "of": of,
        "reviewers": "; ".join(group),
        "scale": scale,
        "reports": total,
        "agreed": agreed,
        "agreement": agreed / total,
        "agreement_low": low,
        "agreement_high": high,
        "statistic": "Cohen" if pair else "Fleiss",
        "kappa": kappa,
        "kappa_low": None if kappa is None or half is None else max(-1.0, kappa - half),
        "kappa_high": None if kappa is None or half is None else min(1.0, kappa + half),
        "pabak": pabak(agreed / total),
        "pabak_low": pabak(low),
        "pabak_high": pabak(high),
    }

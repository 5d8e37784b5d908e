"""How well reviewers agree: raw agreement, Cohen's and Fleiss' kappa and PABAK, with intervals, for each stage."""

import math
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping
from itertools import combinations
from typing import Any

from ..config import Screening, Stage
from ..people import Decision
from .decisions import GOES_ON, resolve
from .lots import CALIBRATION

Z95 = 1.959963984540054


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


def fleiss_kappa(ratings: list[list[str]]) -> tuple[float, float] | None:
    """Fleiss' kappa for any number of reviewers, who need not all have decided on each report, and its standard error.

    Fleiss 1971 (doi 10.1037/h0031619), with the agreement of each report taken over the pairs of decisions that it has. The
    standard error is the jackknife's over reports, which needs no equal numbers. None where kappa is not defined: fewer
    than two reports with two decisions, or one category alone.

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
    if whole is None or len(defined) < n:
        return None
    mean = sum(defined) / n
    return whole, math.sqrt((n - 1) / n * sum((kappa - mean) ** 2 for kappa in defined))


def _agreeing(one: Counter[str]) -> float:
    """The share of pairs of decisions on one report that agree."""
    n = one.total()
    return sum(count * (count - 1) for count in one.values()) / (n * (n - 1))


def _fleiss(observed: float, every: Counter[str]) -> float | None:
    expected = sum((count / every.total()) ** 2 for count in every.values())
    return None if math.isclose(expected, 1) else (observed - expected) / (1 - expected)


def agreement(
    live: dict[str, list[Decision]],
    report_of: dict[str, str],
    aliases: dict[str, str],
    settings: Screening,
    calibration: Mapping[str, Container[str]] | None = None,
) -> list[dict[str, Any]]:
    """One row a stage, pair of reviewers and scale, and one for all where there are more than two.

    Only reports on which both of a pair, or two of all, have a decision count. The scale ``as decided`` has every decision
    as a category of its own, ``goes on`` has two: on to the full text or not. Adjudicators are no reviewers. Decisions of
    one reviewer that differ on records of one report are left out here: they are a conflict.

    `calibration` has for each stage the reports of its calibration round: their rows, of the screeners alone, follow those of
    all reports.
    """
    rows = []
    for stage, decisions in live.items():
        declared: Stage = getattr(settings, stage)
        chosen: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for row in decisions:
            report = resolve(row.record_id, report_of, aliases)
            if row.reviewer not in declared.adjudicators and report is not None:
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
            if reviewer in declared.screeners
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
"""``of``: all reports, or those of the calibration round alone."""


def _row(stage: str, of: str, group: tuple[str, ...], scale: str, ratings: list[list[str]]) -> dict[str, Any]:
    """The agreement of two reviewers, or of all: then a report counts as agreed on where all who decided agree."""
    agreed, total = sum(len(set(one)) == 1 for one in ratings), len(ratings)
    low, high = wilson(agreed, total)
    categories = {"as decided": 3 if stage == "title_abstract" else 5, "goes on": 2}[scale]
    pair = len(group) == 2
    kappa = cohen_kappa([(one, other) for one, other in ratings]) if pair else fleiss_kappa(ratings)

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
        "kappa": kappa[0] if kappa else None,
        "kappa_low": max(-1.0, kappa[0] - Z95 * kappa[1]) if kappa else None,
        "kappa_high": min(1.0, kappa[0] + Z95 * kappa[1]) if kappa else None,
        "pabak": pabak(agreed / total),
        "pabak_low": pabak(low),
        "pabak_high": pabak(high),
    }

"""How well reviewers agree: raw agreement, Cohen's kappa and PABAK, with intervals, for each pair and stage."""

import math
from collections import defaultdict
from itertools import combinations
from typing import Any

from ..config import Screening
from ..people import Decision
from .decisions import GOES_ON, resolve

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


def agreement(
    live: dict[str, list[Decision]], report_of: dict[str, str], aliases: dict[str, str], settings: Screening
) -> list[dict[str, Any]]:
    """One row a stage, pair of reviewers and scale; only reports on which both have a decision count.

    The scale ``as decided`` has every decision as a category of its own, ``goes on`` has two: on to the full text or
    not. Adjudicators are no reviewers. Decisions of one reviewer that differ on records of one report are left out here:
    they are a conflict.
    """
    rows = []
    for stage, decisions in live.items():
        adjudicators = getattr(settings, stage).adjudicators
        chosen: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for row in decisions:
            report = resolve(row.record_id, report_of, aliases)
            if row.reviewer not in adjudicators and report is not None:
                chosen[row.reviewer][report].add(row.decision)
        for one, other in combinations(sorted(chosen), 2):
            both = sorted(
                report
                for report in chosen[one].keys() & chosen[other].keys()
                if len(chosen[one][report]) == len(chosen[other][report]) == 1
            )
            pairs = [(next(iter(chosen[one][r])), next(iter(chosen[other][r]))) for r in both]
            if not pairs:
                continue
            rows.append(_row(stage, one, other, "as decided", pairs))
            if stage == "title_abstract":
                rows.append(
                    _row(stage, one, other, "goes on", [tuple(str(c in GOES_ON) for c in pair) for pair in pairs])  # type: ignore[misc]
                )
    return rows


COLUMNS = [
    "stage", "reviewer_1", "reviewer_2", "scale", "reports", "agreed", "agreement", "agreement_low", "agreement_high",
    "kappa", "kappa_low", "kappa_high", "pabak",
]  # fmt: skip


def _row(stage: str, one: str, other: str, scale: str, pairs: list[tuple[str, str]]) -> dict[str, Any]:
    agreed, total = sum(a == b for a, b in pairs), len(pairs)
    low, high = wilson(agreed, total)
    categories = {"as decided": 3 if stage == "title_abstract" else 5, "goes on": 2}[scale]
    kappa = cohen_kappa(pairs)
    return {
        "stage": stage,
        "reviewer_1": one,
        "reviewer_2": other,
        "scale": scale,
        "reports": total,
        "agreed": agreed,
        "agreement": agreed / total,
        "agreement_low": low,
        "agreement_high": high,
        "kappa": kappa[0] if kappa else None,
        "kappa_low": max(-1.0, kappa[0] - Z95 * kappa[1]) if kappa else None,
        "kappa_high": min(1.0, kappa[0] + Z95 * kappa[1]) if kappa else None,
        "pabak": (categories * agreed / total - 1) / (categories - 1),
    }

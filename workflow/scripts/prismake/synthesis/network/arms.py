"""From arms to all contrasts of each study, so that those of a study with several arms fit together.

After `pairwise` of R's netmeta: what is added to zero counts goes to every arm of a study or to none, and standardised
mean differences share one standard deviation within a study.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...config.measures import FIGURES
from ...config.networks import MEASURES as NETWORKED
from ..effects import MEASURES, Array, add_to_counts, escalc, hedges_correction

Arm = Mapping[str, Any]


@dataclass(frozen=True)
class Contrast:
    """One contrast of one study, `first` minus `second` (two of its arms), on the scale on which it is pooled."""

    study: Hashable
    first: Arm
    second: Arm
    yi: float
    sei: float


def figures_of(measure: str) -> tuple[str, ...]:
    """The figures that an arm must give for a measure.

    Raises
    ------
    ValueError
        The measure is none of `prismake.config.networks.MEASURES`.
    """
    if measure not in NETWORKED:
        raise ValueError(f"measure is {measure!r}; expected one of {', '.join(NETWORKED)}")
    return FIGURES[measure]


def contrasts(
    measure: str,
    studies: Mapping[Hashable, Sequence[Arm]],
    *,
    add: float = 0.5,
    to: str = "only0",
    drop00: bool = True,
    correct: bool = False,
) -> tuple[list[Contrast], dict[Hashable, str]]:
    """All contrasts of all studies.

    Parameters
    ----------
    measure : str
        One of `prismake.config.networks.MEASURES`. SMD is Hedges' g; with several arms the standard deviation and the
        degrees of freedom of all arms of a study enter (Crippa & Orsini 2016, doi 10.1186/s12874-016-0189-0, whose
        Cohen's d is corrected for bias here), so that two arms give the g of a pairwise synthesis.
    studies : mapping
        Study -> its arms, two or more; an arm gives the figures that `figures_of` names. Where its first arm says
        ``reversed``, the scale of a study runs the other way, and the signs of its effects are turned.
    add, to, drop00
        As for `prismake.synthesis.effects.two_by_two`, for whole studies: a zero count in one arm adds to all arms,
        and from ratios a study goes that has no event, or nothing but events, in any arm.
    correct : bool
        Take off the bias of ROM in small samples.

    Returns
    -------
    found : list of Contrast
        Each arm against those after it, in the order given.
    left_out : dict
        Study -> why it has no contrasts.

    Raises
    ------
    ValueError
        An unknown measure, or figures that no arm can have.
    """
    names = figures_of(measure)
    family = MEASURES[measure].family
    columns = {
        study: {name: np.array([arm[name] for arm in arms], dtype=float) for name in names}
        for study, arms in studies.items()
    }
    left_out: dict[Hashable, str] = {}
    if family != "means" and drop00 and MEASURES[measure].ratio:
        left_out = {study: why for study, of in columns.items() if (why := _uninformative(of["events"], of.get("n")))}
    kept = {study: of for study, of in columns.items() if study not in left_out}
    if family != "means":
        kept = _corrected(kept, family, add, to)
    found: list[Contrast] = []
    for study, of in kept.items():
        of_study = _of_study(measure, study, studies[study], of, correct)
        if all(np.isfinite(one.yi) and 0 < one.sei < np.inf for one in of_study):
            found += of_study
        else:
            left_out[study] = "no effect or standard error can be estimated"
    return found, left_out


def _uninformative(events: Array, n: Array | None) -> str:
    if not events.any():
        return "no events in any arm"
    return "nothing but events in every arm" if n is not None and (events == n).all() else ""


def _corrected(kept: dict[Hashable, dict[str, Array]], family: str, add: float, to: str) -> dict[Hashable, Any]:
    """Counts with `add` in every arm of the studies that `to` names."""

    def counts(of: dict[str, Array]) -> list[Array]:
        return [of["events"], of["n"] - of["events"]] if family == "two_by_two" else [of["events"]]

    if to == "if0all":
        to = "all" if any((count == 0).any() for of in kept.values() for count in counts(of)) else "none"
    corrected: dict[Hashable, Any] = {}
    for study, of in kept.items():
        here = counts(of)
        # 'if0all' within one study: all of its arms, once any of them has a zero.
        here = add_to_counts(here, add, "if0all" if to == "only0" else to)
        corrected[study] = of | {"events": here[0]} | ({"n": here[0] + here[1]} if family == "two_by_two" else {})
    return corrected


def _of_study(
    measure: str, study: Hashable, arms: Sequence[Arm], of: dict[str, Array], correct: bool
) -> list[Contrast]:
    first, second = np.triu_indices(len(arms), 1)
    yi, vi = _EFFECTS[measure](measure, of, first, second, correct)
    sign = -1.0 if arms[0].get("reversed") else 1.0
    return [
        Contrast(study, arms[i], arms[j], sign * float(y), float(np.sqrt(v)))
        for i, j, y, v in zip(first, second, yi, vi, strict=True)
    ]


def _counts(measure: str, of: dict[str, Array], i: Any, j: Any, _: bool) -> tuple[Array, Array]:
    e, n = of["events"], of["n"]
    return escalc(measure, ai=e[i], n1i=n[i], ci=e[j], n2i=n[j], to="none")


def _rates(measure: str, of: dict[str, Array], i: Any, j: Any, _: bool) -> tuple[Array, Array]:
    x, t = of["events"], of["time"]
    return escalc(measure, x1i=x[i], t1i=t[i], x2i=x[j], t2i=t[j], to="none")


def _means(measure: str, of: dict[str, Array], i: Any, j: Any, correct: bool) -> tuple[Array, Array]:
    m, sd, n = of["mean"], of["sd"], of["n"]
    return escalc(measure, m1i=m[i], sd1i=sd[i], n1i=n[i], m2i=m[j], sd2i=sd[j], n2i=n[j], correct=correct)


def _standardised(_: str, of: dict[str, Array], i: Any, j: Any, __: bool) -> tuple[Array, Array]:
    m, sd, n = of["mean"], of["sd"], of["n"]
    df = np.array([n.sum() - len(n)])
    with np.errstate(all="ignore"):
        pooled = np.sqrt(((n - 1) * sd**2).sum() / df)
        g = hedges_correction(df) * (m[i] - m[j]) / pooled
    return g, 1 / n[i] + 1 / n[j] + g**2 / (2 * n.sum())


_EFFECTS: dict[str, Callable[..., tuple[Array, Array]]] = {
    **dict.fromkeys(("OR", "RR", "RD"), _counts),
    **dict.fromkeys(("MD", "ROM"), _means),
    **dict.fromkeys(("IRR", "IRD"), _rates),
    "SMD": _standardised,
}

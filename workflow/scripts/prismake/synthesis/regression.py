"""Meta-regression: moderators, omnibus tests, R², subgroups with a common tau², permutation tests."""

import math
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, fdtrc

from .inference import wald
from .model import Fit, fit
from .tau2 import NAN, Array, Data

_AS_EXTREME = 1e-8
"""Statistics that differ by less count as equal, so that rounding does not decide."""


@dataclass(frozen=True)
class Coefficient:
    """One coefficient with its test against 0."""

    name: str
    estimate: float
    se: float
    stat: float
    pval: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class Omnibus:
    """Test of several coefficients at once: chi² of Wald, or F where the intervals are t or Hartung-Knapp."""

    QM: float
    df: int
    df2: float
    """Denominator degrees of freedom; infinite for chi²."""
    pval: float


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted meta-regression. `fit.Q` is QE, the heterogeneity that the moderators leave."""

    fit: Fit
    X: Array
    coefficients: tuple[Coefficient, ...]
    moderators: Omnibus
    """Of all coefficients but the intercept."""
    R2: float
    """Percent of tau² that the moderators explain; NaN without an intercept."""


@dataclass(frozen=True, eq=False)
class CommonTau2:
    """Subgroups that share one tau², and the test of whether their effects differ."""

    fit: Fit
    groups: dict[Hashable, Coefficient]
    between: Omnibus


@dataclass(frozen=True, eq=False)
class Permutation:
    """P values of a permutation test, one for each coefficient, and that of the omnibus test."""

    pvals: Array
    omnibus_pval: float
    permutations: int
    exact: bool


def design(
    moderators: Mapping[str, Sequence[Any] | Array],
    *,
    intercept: bool = True,
    reference: Mapping[str, Hashable] | None = None,
) -> tuple[tuple[str, ...], Array]:
    """Names and columns of a design matrix.

    Parameters
    ----------
    moderators : mapping of name to sequence of length k
        Numbers make a column each. Anything else is a category: a column of 0 and 1 for each level but the reference
        (with no intercept, the first category keeps all of its levels), named ``moderator: level``.
    reference : mapping of name to level, optional
        The level that a category's others are compared with; by default the first in sorted order.

    Raises
    ------
    ValueError
        No moderators, unequal lengths, a missing value, a category of one level, an unknown reference.
    """
    lengths = {name: len(values) for name, values in moderators.items()}
    if not lengths or len(set(lengths.values())) > 1:
        raise ValueError(f"moderators of lengths {lengths}; expected at least one, and equal lengths")
    columns: dict[str, Array] = {"intercept": np.ones(next(iter(lengths.values())))} if intercept else {}
    full_rank = not intercept
    for name, values in moderators.items():
        cells = list(values)
        missing = [row for row, cell in enumerate(cells, 1) if cell is None or cell == "" or cell != cell]
        if missing:
            raise ValueError(f"row {missing[0]}: no value of moderator {name}")
        if all(isinstance(cell, (int, float, np.number)) for cell in cells):
            columns[name] = np.array(cells, dtype=float)
            continue
        levels = _levels(name, cells, (reference or {}).get(name))
        for level in levels if full_rank else levels[1:]:
            columns[f"{name}: {level}"] = np.array([float(cell == level) for cell in cells])
        full_rank = False
    return tuple(columns), np.column_stack(list(columns.values()))


def _levels(name: str, cells: list[Any], reference: Hashable | None) -> list[Any]:
    levels = sorted(set(cells), key=str)
    if len(levels) < 2:
        raise ValueError(f"moderator {name} has one level, {levels[0]}: there is nothing to compare")
    if reference is None:
        return levels
    if reference not in levels:
        raise ValueError(f"reference {reference!r} of moderator {name}; expected one of {', '.join(map(str, levels))}")
    return [reference, *(level for level in levels if level != reference)]


def regress(
    yi: ArrayLike,
    vi: ArrayLike,
    moderators: Mapping[str, Sequence[Any] | Array],
    *,
    intercept: bool = True,
    reference: Mapping[str, Hashable] | None = None,
    method: str = "REML",
    interval: str = "z",
    level: float = 0.95,
) -> Regression:
    """Regress effects on moderators.

    Parameters
    ----------
    yi, vi, method, interval, level
        As for `fit`.
    moderators, intercept, reference
        As for `design`.

    Returns
    -------
    Regression
        R² is the share by which tau² falls against the model without moderators, at least 0: Raudenbush 2009, chapter
        16 of the Handbook of Research Synthesis. For equal effects it is the adjusted R² of weighted least squares. The
        omnibus test with Hartung-Knapp intervals: Knapp & Hartung 2003 (doi 10.1002/sim.1482).

    Raises
    ------
    ValueError, NotConverged
        As for `design` and `fit`.
    """
    names, X = design(moderators, intercept=intercept, reference=reference)
    found = fit(yi, vi, X=X, method=method, interval=interval, level=level)
    tested = np.arange(int(intercept), found.p)
    R2 = _explained(Data(yi, vi, X), found) if intercept else NAN
    return Regression(found, X, _coefficients(names, found), omnibus(found, tested), R2)


def _coefficients(names: Sequence[str], found: Fit) -> tuple[Coefficient, ...]:
    errors = np.sqrt(np.diag(found.vcov))
    return tuple(
        Coefficient(name, **wald(float(estimate), float(se), found.df, found.level))
        for name, estimate, se in zip(names, found.beta, errors, strict=True)
    )


def omnibus(found: Fit, tested: Array) -> Omnibus:
    """Test that the coefficients of a fit at these positions are all 0."""
    return together(found.beta, found.vcov, tested, found.df)


def together(beta: Array, vcov: Array, tested: Array, residual_df: float) -> Omnibus:
    """Test that these of the coefficients are all 0: chi² where `residual_df` is infinite, else F.

    Not defined, and NaN, where the studies lie on the line exactly and the coefficients have no variance.
    """
    df = len(tested)
    try:
        QM = float(beta[tested] @ np.linalg.solve(vcov[np.ix_(tested, tested)], beta[tested]))
    except np.linalg.LinAlgError:
        return Omnibus(NAN, df, residual_df, NAN)
    if math.isinf(residual_df):
        return Omnibus(QM, df, math.inf, float(chdtrc(df, QM)))
    return Omnibus(QM / df, df, residual_df, float(fdtrc(df, residual_df, QM / df)))


def _explained(data: Data, found: Fit) -> float:
    if found.method == "EE":
        total = Data(data.y, data.v).at(0.0).Q
        adjusted = 1 - found.Q / total * (data.k - 1) / data.df if total > 0 else 0.0
        return max(0.0, 100 * float(adjusted))
    without = fit(data.y, data.v, method=found.method).tau2
    return max(0.0, 100 * (without - found.tau2) / without) if without > 0 else 0.0


def common_tau2_subgroups(
    yi: ArrayLike,
    vi: ArrayLike,
    groups: Sequence[Hashable],
    *,
    method: str = "REML",
    interval: str = "z",
    level: float = 0.95,
) -> CommonTau2:
    """Subgroups as one meta-regression: a mean for each, tau² from all, which serves small subgroups better.

    Parameters
    ----------
    groups : sequence of length k
        The subgroup of each study.

    Returns
    -------
    CommonTau2
        `between` tests that all means are equal: Borenstein 2009, chapter 19.

    Raises
    ------
    ValueError, NotConverged
        As for `regress`.
    """
    labels = [None if label is None or label == "" or label != label else label for label in groups]
    levels = sorted({label for label in labels if label is not None}, key=str)
    positions = [None if label is None else f"{levels.index(label):09d}" for label in labels]
    means = regress(yi, vi, {"group": positions}, intercept=False, method=method, interval=interval, level=level)
    contrasts = regress(yi, vi, {"group": positions}, method=method, interval=interval, level=level)
    named = (
        Coefficient(**(vars(mean) | {"name": str(label)}))
        for label, mean in zip(levels, means.coefficients, strict=True)
    )
    return CommonTau2(means.fit, dict(zip(levels, named, strict=True)), contrasts.moderators)


def permutation_test(
    yi: ArrayLike,
    vi: ArrayLike,
    moderators: Mapping[str, Sequence[Any] | Array] | None = None,
    *,
    reference: Mapping[str, Hashable] | None = None,
    method: str = "REML",
    interval: str = "z",
    iterations: int = 1000,
    seed: int = 0,
) -> Permutation:
    """P values from permuted studies, for when the normal and t distributions are in doubt.

    Moderators are put to studies anew; without moderators the effects change their signs. Where all the different
    permutations are no more than `iterations`, all are made and the P values are exact; else they come from so many at
    random, of which the data themselves are the first. Source: Higgins & Thompson 2004 (doi 10.1002/sim.1752),
    Follmann & Proschan 1999 (doi 10.1111/j.0006-341x.1999.00732.x).

    Raises
    ------
    ValueError, NotConverged
        As for `regress`, also where one of the permuted fits does not converge; fewer than one iteration.
    """
    if iterations < 1:
        raise ValueError(f"iterations is {iterations}; expected at least 1")
    data = Data(yi, vi, None if moderators is None else design(moderators, reference=reference)[1])
    first = int(moderators is not None)
    if moderators is None:
        number = 2**data.k
        drawn = ((y, data.X) for y in _signs(data.y, number <= iterations, iterations, seed))
    else:
        rows = [tuple(row) for row in data.X]
        number = math.factorial(data.k) // math.prod(math.factorial(count) for count in Counter(rows).values())
        drawn = ((data.y, X) for X in _shuffles(rows, number <= iterations, iterations, seed))
    observed = _statistics(data.y, data.v, data.X, first, method, interval)
    reached = np.zeros(len(observed))
    count = 0
    for y, X in drawn:
        reached += _statistics(y, data.v, X, first, method, interval) >= observed - _AS_EXTREME
        count += 1
    return Permutation(reached[:-1] / count, float(reached[-1] / count), count, number <= iterations)


def _statistics(y: Array, v: Array, X: Array, first: int, method: str, interval: str) -> Array:
    """Size of the test statistic of each coefficient, then the omnibus statistic."""
    found = fit(y, v, X=X, method=method, interval=interval)
    sizes = np.abs(found.beta) / np.sqrt(np.diag(found.vcov))
    return np.r_[sizes, omnibus(found, np.arange(first, found.p)).QM]


def _signs(y: Array, exact: bool, iterations: int, seed: int) -> Iterator[Array]:
    """The effects with their signs turned in every way, or in so many at random."""
    if exact:
        for number in range(2 ** len(y)):
            yield y * np.where(number >> np.arange(len(y)) & 1, -1, 1)
        return
    random = np.random.default_rng(seed)
    yield y
    for _ in range(iterations - 1):
        yield y * random.choice([-1, 1], len(y))


def _shuffles(rows: list[tuple[float, ...]], exact: bool, iterations: int, seed: int) -> Iterator[Array]:
    """The rows of the design matrix in every different order, or in so many at random."""
    if exact:
        for order in _distinct(Counter(rows)):
            yield np.array(order)
        return
    random = np.random.default_rng(seed)
    X = np.array(rows)
    yield X
    for _ in range(iterations - 1):
        yield X[random.permutation(len(rows))]


def _distinct(counts: Counter[tuple[float, ...]]) -> Iterator[tuple[tuple[float, ...], ...]]:
    """Every different order of the rows."""
    if not counts.total():
        yield ()
    for row in list(counts):
        if counts[row]:
            counts[row] -= 1
            for rest in _distinct(counts):
                yield (row, *rest)
            counts[row] += 1

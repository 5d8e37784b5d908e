"""Where the evidence of a network disagrees: between designs as a whole, design by design, and between pairs of them.

A design is a set of treatments that studies compare. After Krahn, Binder & König 2013 (doi 10.1186/1471-2288-13-35), as
`decomp.design` and `netheat` of R's netmeta.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..tau2 import NAN, Array
from .model import chi2, design_q, moments, residual_terms
from .studies import Study, designs, read_studies, stack


@dataclass(frozen=True, eq=False, kw_only=True)
class Design:
    """The studies that compare one set of treatments; NaN where a p value has no degrees of freedom."""

    treatments: tuple[Hashable, ...]
    studies: int
    Q: float
    """Among these studies: heterogeneity."""
    df: int
    pval: float
    Q_detached: float
    """Q between designs that is left when this design is free to differ from the network; NaN where nothing else
    connects what it compares."""
    df_detached: int | None
    pval_detached: float


@dataclass(frozen=True, eq=False)
class Heat:
    """The net heat plot. One row for each design and comparison with its first treatment, shape (r,) or (r, r)."""

    rows: tuple[tuple[int, Hashable, Hashable], ...]
    """Place of the design in `Inconsistency.designs`, its first treatment and the other one."""
    share: Array
    """How much the direct estimate of a column counts in the network's estimate of a row (hat matrix)."""
    change: Array
    """By how much Q of a row falls when the design of a column is detached."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Inconsistency:
    """Inconsistency of a network, between designs."""

    designs: tuple[Design, ...]
    tau2_within: float
    """tau² of the model in which designs may differ (full design-by-treatment interaction), by moments."""
    Q: float
    """Of the design-by-treatment interaction at that tau²."""
    df: int
    pval: float
    heat: Heat | None
    """None where fewer than two designs can be detached."""


@dataclass(frozen=True, eq=False)
class _Pooled:
    """Each design pooled by itself: estimates against its first treatment, their design matrix and weights."""

    y: Array
    X: Array
    W: Array
    blocks: list[slice]


def inconsistency(
    studies: Sequence[Hashable],
    treat1: Sequence[Hashable],
    treat2: Sequence[Hashable],
    TE: ArrayLike,
    seTE: ArrayLike,
) -> Inconsistency:
    """Take a network apart by its designs.

    Parameters and errors are those of `prismake.synthesis.network.model.network`, whose network must be connected.
    """
    labels = tuple(sorted({*treat1, *treat2}, key=str))
    groups = sorted(designs(list(read_studies(studies, treat1, treat2, TE, seTE, labels))), key=lambda g: g[0].arms)
    tau2 = _tau2_within(groups, len(labels))
    pooled = _pool(groups, len(labels), 0.0)
    detached = [_detach(pooled, block) for block in pooled.blocks]
    found = tuple(_design(group, labels, pooled, left) for group, left in zip(groups, detached, strict=True))
    at_tau2 = _pool(groups, len(labels), tau2)
    rest = _residuals(at_tau2.y, at_tau2.X, at_tau2.W)
    Q, df = float(rest @ at_tau2.W @ rest), len(rest) - (len(labels) - 1)
    return Inconsistency(
        designs=found,
        tau2_within=tau2,
        Q=Q,
        df=df,
        pval=_p(Q, df),
        heat=_heat(groups, labels, pooled, detached) if df else None,
    )


def _p(Q: float, df: int) -> float:
    return chi2(Q, df) if df else NAN


def _tau2_within(groups: list[list[Study]], treatments: int) -> float:
    y, _, V, G = stack([study for group in groups for study in group], range(treatments))
    free = np.zeros((len(y), sum(len(group[0].y) for group in groups)))
    row = column = 0
    for group in groups:
        width = len(group[0].y)
        for _ in group:
            free[row : row + width, column : column + width] = np.eye(width)
            row += width
        column += width
    return moments(*residual_terms(y, free, V, G))


def _pool(groups: list[list[Study]], treatments: int, tau2: float) -> _Pooled:
    estimates, rows, weights, blocks = [], [], [], []
    at = 0
    for group in groups:
        one_by_one = [np.linalg.inv(study.V + tau2 * study.G) for study in group]
        weight = np.sum(one_by_one, axis=0)
        sums = np.sum([w @ study.y for w, study in zip(one_by_one, group, strict=True)], axis=0)
        estimates.append(np.linalg.solve(weight, sums))
        rows.append(group[0].rows(range(treatments)))
        weights.append(weight)
        blocks.append(slice(at, at + len(weight)))
        at = blocks[-1].stop
    W = np.zeros((at, at))
    for block, weight in zip(blocks, weights, strict=True):
        W[block, block] = weight
    return _Pooled(np.concatenate(estimates), np.vstack(rows), W, blocks)


def _residuals(y: Array, X: Array, W: Array) -> Array:
    rest: Array = y - X @ np.linalg.solve(X.T @ W @ X, X.T @ W @ y)
    return rest


def _detach(pooled: _Pooled, block: slice) -> Array | None:
    """Residuals when one design has effects of its own; None where the others do not connect all treatments."""
    others = np.ones(len(pooled.y), dtype=bool)
    others[block] = False
    X = pooled.X[others]
    if np.linalg.matrix_rank(X) < X.shape[1]:
        return None
    rest = np.zeros(len(pooled.y))
    rest[others] = _residuals(pooled.y[others], X, pooled.W[np.ix_(others, others)])
    return rest


def _design(group: list[Study], labels: tuple[Hashable, ...], pooled: _Pooled, left: Array | None) -> Design:
    Q, df = design_q(group)
    Q_left = NAN if left is None else float(left @ pooled.W @ left)
    df_left = None if left is None else len(pooled.y) - len(group[0].y) - (len(labels) - 1)
    return Design(
        treatments=tuple(labels[arm] for arm in group[0].arms),
        studies=len(group),
        Q=Q,
        df=df,
        pval=_p(Q, df),
        Q_detached=Q_left,
        df_detached=df_left,
        pval_detached=_p(Q_left, df_left) if df_left else NAN,
    )


def _heat(
    groups: list[list[Study]], labels: tuple[Hashable, ...], pooled: _Pooled, detached: list[Array | None]
) -> Heat | None:
    """Rows and columns are those of the designs that can be detached, beside each other where they are alike."""
    X, W = pooled.X, pooled.W
    rows: list[tuple[int, Hashable, Hashable]] = []
    at, columns = [], []
    rest = _residuals(pooled.y, X, W)
    for place, (group, block, left) in enumerate(zip(groups, pooled.blocks, detached, strict=True)):
        if left is None:
            continue
        base, *others = group[0].arms
        rows += [(place, labels[base], labels[arm]) for arm in others]
        at += range(block.start, block.stop)
        columns += [rest * (W @ rest) - left * (W @ left)] * len(others)
    if len(rows) < 2:
        return None
    share = X @ np.linalg.solve(X.T @ W @ X, X.T @ W)
    change = np.column_stack(columns)[at]
    order = _order(change)
    return Heat(
        tuple(rows[i] for i in order), share[np.ix_(at, at)][np.ix_(order, order)], change[np.ix_(order, order)]
    )


def _order(change: Array) -> list[int]:
    """Rows that change alike beside each other, by complete linkage of distances in rows and columns."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import pdist

    distance = pdist(change, "cityblock") + pdist(change.T, "cityblock")
    return [int(i) for i in leaves_list(linkage(distance, "complete"))]

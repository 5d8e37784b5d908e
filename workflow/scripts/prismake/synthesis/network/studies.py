"""The studies of a network: their contrasts, how these hang together, and the matrices of least squares."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from ..tau2 import Array

Treatment = TypeVar("Treatment", bound=Hashable)

_TRANSITIVE = 0.01
"""Largest gap, in standard errors, between a contrast of a study and the difference of two others."""


@dataclass(frozen=True, eq=False)
class Study:
    """Contrasts of all arms but the first against the first, and their covariance."""

    name: Hashable
    arms: tuple[int, ...]
    y: Array
    V: Array
    pairs: dict[tuple[int, int], tuple[float, float]]
    """Effect and variance of every pair of arms, both ways round."""

    @property
    def G(self) -> Array:
        """Covariance of heterogeneity at tau² = 1: each pair of arms differs with variance tau²."""
        n = len(self.y)
        return (np.eye(n) + 1) / 2

    def rows(self, treatments: Sequence[int]) -> Array:
        """Rows of the design matrix: columns are the treatments but the first of `treatments`."""
        X = np.zeros((len(self.y), len(treatments)))
        for row, arm in enumerate(self.arms[1:]):
            X[row, treatments.index(arm)] += 1
            X[row, treatments.index(self.arms[0])] -= 1
        return X[:, 1:]


def read_studies(
    studies: Sequence[Hashable],
    treat1: Sequence[Hashable],
    treat2: Sequence[Hashable],
    TE: ArrayLike,
    seTE: ArrayLike,
    labels: tuple[Hashable, ...],
) -> Iterator[Study]:
    """The studies of a table of contrasts, in its order; `labels` are the treatments, which then go by number.

    Raises
    ------
    ValueError
        As `prismake.synthesis.network.model.network` says.
    """
    effects, errors = np.asarray(TE, dtype=float), np.asarray(seTE, dtype=float)
    lengths = {len(studies), len(treat1), len(treat2), len(effects), len(errors)}
    if len(lengths) > 1:
        raise ValueError("studies, treat1, treat2, TE and seTE of unequal lengths")
    by_study: dict[Hashable, dict[tuple[int, int], tuple[float, float]]] = {}
    for row, (study, one, two, y, se) in enumerate(zip(studies, treat1, treat2, effects, errors, strict=True), 1):
        if not (np.isfinite(y) and np.isfinite(se) and se > 0):
            raise ValueError(f"row {row}: TE is {y:g}, seTE is {se:g}; expected finite numbers and a positive error")
        if one == two:
            raise ValueError(f"row {row}: {one!r} is compared with itself")
        i, j, pairs = labels.index(one), labels.index(two), by_study.setdefault(study, {})
        if (i, j) in pairs:
            raise ValueError(f"row {row}: study {study!r} compares {one!r} with {two!r} twice")
        pairs[i, j], pairs[j, i] = (float(y), float(se) ** 2), (-float(y), float(se) ** 2)
    for study, pairs in by_study.items():
        yield _study(study, pairs, labels)


def _study(name: Hashable, pairs: dict[tuple[int, int], tuple[float, float]], labels: tuple[Hashable, ...]) -> Study:
    arms = sorted({arm for pair in pairs for arm in pair})
    base, *others = arms
    lacking = [(i, j) for i in arms for j in arms if i < j and (i, j) not in pairs]
    if lacking:
        i, j = lacking[0]
        raise ValueError(f"study {name!r} of {len(arms)} arms does not compare {labels[i]!r} with {labels[j]!r}")
    y = np.array([pairs[i, base][0] for i in others])
    V = np.array([[_covariance(pairs, i, j, base) for j in others] for i in others])
    for a, i in enumerate(others):
        for b, j in enumerate(others):
            if i != j and abs(pairs[i, j][0] - (y[a] - y[b])) > _TRANSITIVE * np.sqrt(pairs[i, j][1]):
                raise ValueError(
                    f"study {name!r}: {labels[i]!r} against {labels[j]!r} is not the difference of what both are "
                    f"against {labels[base]!r}"
                )
    if np.linalg.eigvalsh(V)[0] <= 1e-12 * V.max():
        raise ValueError(f"study {name!r}: its standard errors contradict each other")
    return Study(name, tuple(arms), y, V, pairs)


def _covariance(pairs: dict[tuple[int, int], tuple[float, float]], i: int, j: int, base: int) -> float:
    """Of the contrasts of i and j with the same arm, from the variances of all three."""
    if i == j:
        return pairs[i, base][1]
    return (pairs[i, base][1] + pairs[j, base][1] - pairs[i, j][1]) / 2


def components(sets: Iterable[Collection[Treatment]]) -> list[set[Treatment]]:
    """The parts that a network falls into, from the treatments of each study; one part where all are connected."""
    parts: list[set[Treatment]] = []
    for arms in sets:
        touched = [part for part in parts if part & set(arms)]
        parts = [part for part in parts if part not in touched] + [set(arms).union(*touched)]
    return parts


def check_connected(found: Sequence[Study], labels: tuple[Hashable, ...]) -> None:
    """Raise `ValueError` with the parts of a network that falls apart."""
    parts = components(study.arms for study in found)
    if len(parts) > 1:
        named = "; ".join(", ".join(str(labels[i]) for i in sorted(part)) for part in parts)
        raise ValueError(f"the network falls into {len(parts)} parts that no study connects: {named}")


def stack(found: Sequence[Study], treatments: Sequence[int]) -> tuple[Array, Array, Array, Array]:
    """Contrasts, design matrix, sampling covariance and covariance of heterogeneity of all studies."""
    y = np.concatenate([study.y for study in found])
    X = np.vstack([study.rows(treatments) for study in found])
    V, G = np.zeros((len(y), len(y))), np.zeros((len(y), len(y)))
    at = 0
    for study in found:
        block = slice(at, at + len(study.y))
        V[block, block], G[block, block] = study.V, study.G
        at = block.stop
    return y, X, V, G


def designs(found: Sequence[Study]) -> list[list[Study]]:
    """Studies by design: those of a group compare the same treatments."""
    groups: dict[tuple[int, ...], list[Study]] = {}
    for study in found:
        groups.setdefault(study.arms, []).append(study)
    return list(groups.values())

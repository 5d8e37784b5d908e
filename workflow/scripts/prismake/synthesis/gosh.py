"""GOSH: the estimate of every subset of the studies, to see whether they fall into groups."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .model import fit
from .tau2 import Array, Data

ALL_UP_TO = 12
"""Studies of which all subsets are fitted; each study more doubles them."""


@dataclass(frozen=True, eq=False)
class Gosh:
    """One fit a subset; every array of shape (n,), `included` (n, k)."""

    included: NDArray[np.bool_]
    k: NDArray[np.int_]
    """Studies in the subset."""
    estimate: Array
    tau2: Array
    I2: Array
    """Percent; 0 for a single study."""
    Q: Array


def gosh(
    yi: ArrayLike, vi: ArrayLike, *, method: str = "REML", subsets: int | None = None, seed: int | None = None
) -> Gosh:
    """Fit the model to subsets of the studies (Olkin, Dahabreh & Trikalinos 2012, doi 10.1002/jrsm.1053).

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
    method : str
        As for `fit`.
    subsets : int, optional
        Take so many different subsets of two studies or more by lot, every such subset being equally likely. Without it
        all 2^k - 1 are fitted, for up to `ALL_UP_TO` studies.
    seed : int, optional
        Of the lot; needed with `subsets`, so that the same subsets come again.

    Raises
    ------
    ValueError
        Fewer than three studies; too many for all subsets; more subsets asked for than there are, or none, or without
        a seed; and as for `fit`.
    NotConverged
        A fit did not converge.
    """
    data = Data(yi, vi)
    if data.k < 3:
        raise ValueError(f"{data.k} studies; subsets of them show nothing: three or more are needed")
    if subsets is None and data.k > ALL_UP_TO:
        raise ValueError(f"{data.k} studies have 2^{data.k} subsets; say how many to take by lot (subsets, seed)")
    included = _all(data.k) if subsets is None else _by_lot(data.k, subsets, seed)
    fits = [fit(data.y[rows], data.v[rows], method=method) for rows in included]
    estimate, tau2, I2, Q = (np.array([getattr(one, name) for one in fits]) for name in ("estimate", "tau2", "I2", "Q"))
    return Gosh(included, included.sum(axis=1), estimate, tau2, I2, Q)


def _all(k: int) -> NDArray[np.bool_]:
    """Every subset but the empty one."""
    return (np.arange(1, 2**k)[:, None] >> np.arange(k)) % 2 == 1


def _by_lot(k: int, subsets: int, seed: int | None) -> NDArray[np.bool_]:
    there_are = 2**k - 1 - k
    if seed is None:
        raise ValueError("subsets by lot need a seed")
    if not 0 < subsets <= there_are:
        raise ValueError(f"subsets is {subsets}; {k} studies have {there_are} subsets of two or more")
    lot, found = np.random.default_rng(seed), {}
    while len(found) < subsets:
        row = lot.random(k) < 0.5
        if row.sum() > 1:
            found.setdefault(row.tobytes(), row)
    return np.array(list(found.values()))

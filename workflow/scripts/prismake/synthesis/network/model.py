"""Network meta-analysis by weighted least squares on the graph of comparisons.

The estimates are those of the graph-theoretical method (Rücker 2012, doi 10.1002/jrsm.1058; of studies with several
arms Rücker & Schwarzer 2014, doi 10.1002/sim.6236), written as generalised least squares: contrasts of one study share
its first arm, and their covariance enters. Names follow R's netmeta.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, ndtr, ndtri

from ..roots import NotConverged, root
from ..tau2 import NAN, Array
from .studies import Study, check_connected, designs, read_studies, stack

METHODS = ("DL", "REML")
_GRID = 400


@dataclass(frozen=True, eq=False)
class League:
    """Every treatment against every other: row minus column, shape (t, t), with standard errors."""

    estimate: Array
    se: Array

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Lower and upper limits (normal)."""
        half = float(-ndtri((1 - level) / 2)) * self.se
        return self.estimate - half, self.estimate + half


@dataclass(frozen=True, eq=False, kw_only=True)
class Split:
    """What direct and indirect evidence say of one comparison (`treat1` minus `treat2`); NaN where there is none."""

    treat1: Hashable
    treat2: Hashable
    studies: int
    share: float
    """Of direct evidence, from 0 to 1."""
    direct: float
    direct_se: float
    indirect: float
    indirect_se: float
    difference: float
    """Direct minus indirect."""
    difference_se: float
    stat: float
    pval: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Network:
    """A network meta-analysis."""

    treatments: tuple[Hashable, ...]
    k: int
    """Number of studies."""
    contrasts: int
    """Number of pairwise comparisons, those of studies with several arms included."""
    fixed: League
    random: League
    method: str
    tau2: float
    Q: float
    Q_df: int
    Q_pval: float
    Q_het: float
    """Share of Q within designs (sets of treatments): heterogeneity."""
    Q_het_df: int
    Q_het_pval: float
    Q_inc: float
    """Share of Q between designs: inconsistency."""
    Q_inc_df: int
    Q_inc_pval: float
    I2: float
    """Percent."""
    split_fixed: tuple[Split, ...]
    split_random: tuple[Split, ...]


def network(
    studies: Sequence[Hashable],
    treat1: Sequence[Hashable],
    treat2: Sequence[Hashable],
    TE: ArrayLike,
    seTE: ArrayLike,
    *,
    method: str = "DL",
) -> Network:
    """Compare all treatments of a connected network at once.

    Parameters
    ----------
    studies, treat1, treat2 : sequences of length m
        The study of each contrast and what it compares. A study of n arms gives all n (n - 1) / 2 contrasts.
    TE, seTE : array_like of shape (m,)
        Effects (`treat1` minus `treat2`, ratios as logarithms) and their standard errors.
    method : {'DL', 'REML'}
        Of tau², which is common to all comparisons: moments (Jackson, White & Riley 2012, doi 10.1002/sim.5453) or
        restricted likelihood. tau² is 0 where the network has no degrees of freedom.

    Returns
    -------
    Network
        Treatments in sorted order. Q is split as by Krahn, Binder & König 2013 (doi 10.1186/1471-2288-13-35). Direct
        and indirect evidence are split by back-calculation (König 2013, doi 10.1002/sim.6001): the direct estimate is
        the pairwise synthesis at the tau² of the network, the indirect one what is left of the network's.

    Raises
    ------
    ValueError
        Fewer than two studies, unequal lengths, an effect that is not finite or a standard error that is not positive,
        a treatment against itself, a study that lacks contrasts or whose contrasts do not fit together, and treatments
        that no chain of studies connects.
    NotConverged
        The estimate of tau² was not reached.
    """
    if method not in METHODS:
        raise ValueError(f"method is {method!r}; expected one of {', '.join(METHODS)}")
    labels = tuple(sorted({*treat1, *treat2}, key=str))
    found = list(read_studies(studies, treat1, treat2, TE, seTE, labels))
    if len(found) < 2:
        raise ValueError(f"a network needs two studies or more; found {len(found)}")
    check_connected(found, labels)
    everyone = range(len(labels))
    y, X, V, G = stack(found, everyone)
    z, spread = residual_terms(y, X, V, G)
    tau2 = (moments if method == "DL" else _restricted_likelihood)(z, spread)
    Q, df = float(z @ z), len(z)
    within = [design_q(group) for group in designs(found)]
    Q_het, het_df = float(sum(q for q, _ in within)), sum(n for _, n in within)
    Q_inc, inc_df = max(0.0, Q - Q_het), df - het_df
    fixed, random = (_league(y, X, V + t * G) for t in (0.0, tau2))
    return Network(
        treatments=labels,
        k=len(found),
        contrasts=len(studies),
        fixed=fixed,
        random=random,
        method=method,
        tau2=tau2,
        Q=Q,
        Q_df=df,
        Q_pval=chi2(Q, df),
        Q_het=Q_het,
        Q_het_df=het_df,
        Q_het_pval=chi2(Q_het, het_df),
        Q_inc=Q_inc,
        Q_inc_df=inc_df,
        Q_inc_pval=chi2(Q_inc, inc_df),
        I2=100 * max(0.0, (Q - df) / Q) if Q > 0 else 0.0,
        split_fixed=tuple(_splits(found, labels, fixed, 0.0)),
        split_random=tuple(_splits(found, labels, random, tau2)),
    )


def p_scores(league: League, *, small_values: str = "desirable") -> Array:
    """How certainly each treatment is better than another one, on average (Rücker & Schwarzer 2015).

    Source: doi 10.1186/s12874-015-0060-8. `small_values` says whether small effects are 'desirable' or 'undesirable'.
    Shape (t,); each from 0 to 1.
    """
    if small_values not in ("desirable", "undesirable"):
        raise ValueError(f"small_values is {small_values!r}; expected one of desirable, undesirable")
    sign = -1.0 if small_values == "desirable" else 1.0
    others = ~np.eye(len(league.se), dtype=bool)
    better = ndtr(sign * league.estimate / np.where(others, league.se, 1.0))
    scores: Array = np.where(others, better, 0.0).sum(axis=1) / (len(league.se) - 1)
    return scores


def residual_terms(y: Array, X: Array, V: Array, G: Array) -> tuple[Array, Array]:
    """Independent z_i with mean 0 and variance 1 + tau² spread_i, one for each degree of freedom."""
    root = np.linalg.inv(np.linalg.cholesky(V))
    q, _ = np.linalg.qr(root @ X, mode="complete")
    rest = q[:, X.shape[1] :].T @ root
    spread, turn = np.linalg.eigh(rest @ G @ rest.T)
    return turn.T @ rest @ y, spread


def moments(z: Array, spread: Array) -> float:
    """tau² by the method of moments, from `residual_terms`."""
    return max(0.0, float((z @ z - len(z)) / spread.sum())) if len(z) else 0.0


def _restricted_likelihood(z: Array, spread: Array) -> float:
    """The most likely tau² >= 0, among 0 and every root of the score."""
    if not len(z):
        return 0.0

    def score(tau2: float) -> float:
        variance = 1 + tau2 * spread
        return float((spread * (z**2 / variance - 1) / variance).sum())

    def log_likelihood(tau2: float) -> float:
        variance = 1 + tau2 * spread
        return float(-(np.log(variance) + z**2 / variance).sum() / 2)

    # Beyond the largest z² / spread every term of the score is negative.
    grid = np.r_[0.0, np.geomspace(1e-8, 1.01, _GRID) * max((z**2 / spread).max(), 1e-300)]
    slopes = np.array([score(tau2) for tau2 in grid])
    peaks = [0.0] if slopes[0] <= 0 else []
    peaks += [root(score, *grid[i : i + 2]) for i in np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0))]
    if not peaks:
        raise NotConverged("REML: the likelihood of the network has no maximum")
    return max(peaks, key=log_likelihood)


def _league(y: Array, X: Array, V: Array) -> League:
    W = np.linalg.inv(V)
    inner = np.linalg.inv(X.T @ W @ X)
    beta = np.r_[0.0, inner @ X.T @ W @ y]
    C = np.zeros((len(beta), len(beta)))
    C[1:, 1:] = inner
    own = np.diagonal(C)
    return League(beta[:, None] - beta, np.sqrt(np.maximum(0, own[:, None] + own - 2 * C)))


def design_q(group: list[Study]) -> tuple[float, int]:
    """Q among studies of one design, and its degrees of freedom."""
    y, X, V, G = stack(group, group[0].arms)
    z, _ = residual_terms(y, X, V, G)
    return float(z @ z), len(z)


def _splits(found: list[Study], labels: tuple[Hashable, ...], league: League, tau2: float) -> Iterator[Split]:
    for i in range(len(labels)):
        for j in range(i + 1, len(labels)):
            pairs = [study.pairs[i, j] for study in found if (i, j) in study.pairs]
            yield _split(labels[i], labels[j], pairs, float(league.estimate[i, j]), float(league.se[i, j]), tau2)


def _split(
    one: Hashable, two: Hashable, pairs: list[tuple[float, float]], all_: float, se: float, tau2: float
) -> Split:
    direct, direct_se, share = NAN, NAN, 0.0
    indirect, indirect_se = all_, se
    if pairs:
        y, v = np.array(pairs).T
        w = 1 / (v + tau2)
        direct, direct_se = float(w @ y / w.sum()), float(w.sum() ** -0.5)
        share = min(1.0, (se / direct_se) ** 2)
        lone = share > 1 - 1e-8
        indirect = NAN if lone else (all_ - share * direct) / (1 - share)
        indirect_se = NAN if lone else se / float(np.sqrt(1 - share))
    difference, difference_se = direct - indirect, float(np.hypot(direct_se, indirect_se))
    stat = difference / difference_se
    return Split(
        treat1=one,
        treat2=two,
        studies=len(pairs),
        share=share,
        direct=direct,
        direct_se=direct_se,
        indirect=indirect,
        indirect_se=indirect_se,
        difference=difference,
        difference_se=difference_se,
        stat=stat,
        pval=float(2 * ndtr(-abs(stat))),
    )


def chi2(Q: float, df: int) -> float:
    """p of a chi-squared statistic; 1 without degrees of freedom."""
    return float(chdtrc(df, Q)) if df else 1.0

"""The three-parameter selection model: results below a p-value of 0.025 are seen more often than the rest.

Not imported by the rest of the room: `scipy.optimize` takes longer to load than a fit takes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import chdtrc, log_ndtr, ndtr, ndtri

from .model import fit
from .small_studies import AT_LEAST
from .tau2 import Array, Data, NotConverged

FAVOURED = ("positive", "negative")
_STEP = 0.025
_ENDS = 9.0
"""Of the logarithm of the weight: beyond it the likelihood has no maximum that the data could tell from none."""
_MOST_STEPS = 50


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A selection model with one step."""

    k: int
    significant: int
    """Studies with a one-sided p-value below 0.025 in the favoured direction."""
    estimate: float
    """Mean effect before selection."""
    se: float
    stat: float
    pval: float
    ci_low: float
    ci_high: float
    """Its 95% interval (Wald)."""
    tau2: float
    weight: float
    """How likely other studies are to be seen, against significant ones; 1 without selection."""
    log_likelihood: float
    LRT: float
    """Likelihood ratio test of weight = 1, on 1 degree of freedom."""
    LRT_pval: float


def three_parameter(yi: ArrayLike, vi: ArrayLike, *, favoured: str = "positive", at_least: int = AT_LEAST) -> Selection:
    """Estimate mean, tau² and the weight of studies that are not significant, by maximum likelihood (3PSM).

    The density of y is w(y) φ((y - mu) / s) / (s A) with s² = v + tau², w = 1 where y / sqrt(v) is beyond the normal
    quantile of 0.975 and `weight` elsewhere, and A the mean of w: Vevea & Hedges 1995 (doi 10.1007/BF02294384) with the
    one step of McShane 2016 (doi 10.1177/1745691616662243), which metafor calls a step function model.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
    favoured : {'positive', 'negative'}
        The sign of the effects that are thought to be published sooner.
    at_least : int
        The smallest number of studies to fit; never below 4.

    Raises
    ------
    ValueError
        An unknown choice, too few studies, all or none of them significant, and as for `fit`.
    NotConverged
        The likelihood has no maximum inside, as when the few studies on one side of the step can be explained away.
    """
    if favoured not in FAVOURED:
        raise ValueError(f"favoured is {favoured!r}; expected one of {', '.join(FAVOURED)}")
    data, need = Data(yi, vi), max(4, at_least)
    if data.k < need:
        raise ValueError(f"{data.k} studies; a selection model needs {need} or more")
    sign = 1.0 if favoured == "positive" else -1.0
    model = _Model(sign * data.y, data.v)
    if model.others in (0, data.k):
        which = "all" if model.others == 0 else "none"
        raise ValueError(f"{which} of {data.k} studies significant: the model compares those that are with others")
    plain = fit(model.y, model.v, method="ML")
    theta = model.polish(model.search(plain.estimate, plain.tau2))
    mu, tau2, log_weight = theta
    se = float(np.sqrt(model.covariance(theta)[0, 0])) * model.unit
    estimate = sign * float(mu) * model.unit
    found, without = model.log_likelihood(theta), model.log_likelihood(np.array([plain.estimate, plain.tau2, 0.0]))
    LRT = max(0.0, 2 * (found - without))
    half = float(ndtri(0.975)) * se
    return Selection(
        k=data.k,
        significant=data.k - model.others,
        estimate=estimate,
        se=se,
        stat=estimate / se,
        pval=float(2 * ndtr(-abs(estimate / se))),
        ci_low=estimate - half,
        ci_high=estimate + half,
        tau2=float(tau2) * model.unit**2,
        weight=float(np.exp(log_weight)),
        log_likelihood=float(found - data.k * np.log(model.unit)),
        LRT=LRT,
        LRT_pval=float(chdtrc(1, LRT)),
    )


class _Model:
    """The likelihood in parameters (mu, tau², log weight), of effects in units of the median standard error."""

    def __init__(self, y: Array, v: Array):
        self.unit = float(np.sqrt(np.median(v)))
        self.y, self.v = y / self.unit, v / self.unit**2
        self.border = float(ndtri(1 - _STEP)) * np.sqrt(self.v)
        self.others = int((self.y < self.border).sum())

    def log_likelihood(self, theta: Array) -> float:
        mu, tau2, log_weight = theta
        s2 = self.v + tau2
        density = -(np.log(2 * np.pi * s2) + (self.y - mu) ** 2 / s2).sum() / 2
        return float(self.others * log_weight + density - self._log_seen(mu, s2, log_weight).sum())

    def _log_seen(self, mu: float, s2: Array, log_weight: float) -> Array:
        """Logarithm of the share of studies that are seen."""
        u = (mu - self.border) / np.sqrt(s2)
        seen: Array = np.logaddexp(log_ndtr(u), log_weight + log_ndtr(-u))
        return seen

    def slope(self, theta: Array) -> Array:
        mu, tau2, log_weight = theta
        s2 = self.v + tau2
        s, residual = np.sqrt(s2), self.y - mu
        u, log_seen = (mu - self.border) / s, self._log_seen(mu, s2, log_weight)
        density = np.exp(-(u**2) / 2 - log_seen) / np.sqrt(2 * np.pi)
        gain = (1 - np.exp(log_weight)) * density
        return np.array(
            [
                (residual / s2 - gain / s).sum(),
                ((residual**2 / s2 - 1 + gain * u) / (2 * s2)).sum(),
                self.others - np.exp(log_weight + log_ndtr(-u) - log_seen).sum(),
            ]
        )

    def curvature(self, theta: Array) -> Array:
        """Second derivatives, as differences of first ones; one-sided in tau² at 0."""
        columns = []
        for i in range(3):
            step = np.zeros(3)
            step[i] = 1e-5 * max(1.0, abs(theta[i]))
            below = theta if i == 1 and theta[1] < step[1] else theta - step
            columns.append((self.slope(theta + step) - self.slope(below)) / (theta + step - below)[i])
        return (np.array(columns) + np.array(columns).T) / 2

    def free(self, theta: Array) -> list[int]:
        """Parameters to estimate: not a tau² of 0 from which the likelihood falls."""
        return [0, 2] if theta[1] == 0 and self.slope(theta)[1] <= 0 else [0, 1, 2]

    def search(self, mean: float, tau2: float) -> Array:
        """The best of several climbs: there can be more than one maximum."""
        climbs = [
            minimize(
                lambda theta: -self.log_likelihood(theta),
                [start, spread, log_weight],
                jac=lambda theta: -self.slope(theta),
                method="L-BFGS-B",
                bounds=[(None, None), (0, None), (-_ENDS, _ENDS)],
            )
            for start, spread, log_weight in (
                (mean, tau2, 0.0),
                (mean, 0.0, -1.5),
                (0.0, tau2, -1.5),
                (0.0, 4 * tau2 + 1, -3.0),
            )
        ]
        best: Array = min(climbs, key=lambda climb: climb.fun).x
        return best

    def polish(self, theta: Array) -> Array:
        """Newton's steps to the top, where what is left to climb is nothing."""
        for _ in range(_MOST_STEPS):
            free, slope = self.free(theta), self.slope(theta)
            step = np.zeros(3)
            step[free] = self.covariance(theta) @ slope[free]
            if abs(theta[2]) > _ENDS - 0.5:
                break
            theta = self._inside(theta + step)
            if slope @ step < 1e-12:
                return theta
        raise _no_maximum()

    def covariance(self, theta: Array) -> Array:
        """Of the free parameters: the inverse of the negative curvature, which must be positive definite."""
        free = self.free(theta)
        information = -self.curvature(theta)[np.ix_(free, free)]
        if not np.isfinite(information).all() or np.linalg.eigvalsh(information)[0] <= 0:
            raise _no_maximum()
        inverse: Array = np.linalg.inv(information)
        return inverse

    @staticmethod
    def _inside(theta: Array) -> Array:
        return np.array([theta[0], max(0.0, theta[1]), theta[2]])


def _no_maximum() -> NotConverged:
    return NotConverged("selection model: the likelihood has no maximum; too few studies beside the step")

"""Tests and intervals of one estimate, normal or t."""

import numpy as np

from .distributions import t_above, t_quantile


def wald(estimate: float, se: float, df: float, level: float) -> dict[str, float]:
    """The test against 0 and the interval of one estimate.

    Parameters
    ----------
    df : float
        Degrees of freedom of t; infinite for the normal distribution.
    level : float
        Of the interval, between 0 and 1.

    Returns
    -------
    dict
        estimate, se, stat, pval, ci_low, ci_high.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        stat = float(np.divide(estimate, se))
    half = quantile(df, level) * se
    return {
        "estimate": estimate,
        "se": se,
        "stat": stat,
        "pval": 2 * t_above(abs(stat), df),
        "ci_low": estimate - half,
        "ci_high": estimate + half,
    }


def quantile(df: float, level: float) -> float:
    """Of t, or of the normal distribution for infinite df: it cuts off (1 - level) / 2 above."""
    return t_quantile(float(df), (1 - level) / 2)


def check_level(level: float) -> None:
    """`ValueError` where `level` is no number between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; expected a number between 0 and 1")


def one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """`ValueError` where `value` is not among `allowed`."""
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; expected one of {', '.join(allowed)}")

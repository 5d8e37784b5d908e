"""Numbers of a synthesis in words. Never 'no effect', never a label for a size of I2: certainty is a judgement apart."""

from ..config import Comparison, Outcome
from .analyses import Analysis


def number(value: float | None, digits: int = 2) -> str:
    """A number as reports print it: two decimals, more for small ones, fewer for large."""
    if value is None:
        return "not estimable"
    size = abs(value)
    if value != 0 and size < 10**-digits:
        return f"{value:.2g}"
    return f"{value:.{0 if size >= 1000 else 1 if size >= 100 else digits}f}".replace("-", "\u2212")


def p_value(p: float | None) -> str:
    """``p = 0.034``, ``p < 0.001``."""
    if p is None:
        return "p not estimable"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def interval(low: float | None, high: float | None) -> str:
    """``1.20 to 3.40``."""
    return f"{number(low)} to {number(high)}"


def estimate(analysis: Analysis, measure: str, level: float, unit: str = "") -> str:
    """``OR 4.64 (95% CI 3.11 to 6.90)``."""
    tail = f" {unit}" if unit and measure == "MD" else ""
    return f"{measure} {number(analysis.estimate)}{tail} ({level:.0%} CI {interval(analysis.ci_low, analysis.ci_high)})"


INTERVAL_NAMES = {
    "HKSJ": "Hartung-Knapp",
    "HKSJ-floor": "Hartung-Knapp, factor at least 1",
    "z": "Wald",
    "t": "t",
}


def method_name(analysis: Analysis) -> str:
    """``Random effects (REML, Hartung-Knapp)``."""
    if analysis.method == "EE":
        return "Equal effects"
    return f"Random effects ({analysis.method}, {INTERVAL_NAMES[analysis.interval]})"


def heterogeneity_line(analysis: Analysis) -> str:
    """One line on heterogeneity, for figures."""
    if analysis.k < 2:
        return "Heterogeneity: not applicable with one study"
    tau2 = f"tau² = {number(analysis.tau2)}"
    if analysis.tau2_low is not None:
        tau2 += f" ({interval(analysis.tau2_low, analysis.tau2_high)})"
    return (
        f"Heterogeneity: {tau2}; Q = {number(analysis.Q)}, df = {analysis.Q_df}, {p_value(analysis.Q_pval)}; "
        f"I² = {analysis.I2:.0f}%"
    )


def overall_line(analysis: Analysis) -> str:
    """One line on the test of the pooled effect, for figures."""
    name = "z" if analysis.interval == "z" else f"t({analysis.df:.0f})"
    return f"Test of the pooled effect: {name} = {number(analysis.stat)}, {p_value(analysis.pval)}"


def favours(outcome: Outcome, comparison: Comparison) -> tuple[str, str]:
    """What lies left and right of no effect."""
    sides = (f"Favours {comparison.comparator.lower()}", f"Favours {comparison.intervention.lower()}")
    return sides if outcome.better == "higher" else (sides[1], sides[0])

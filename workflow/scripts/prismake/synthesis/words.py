"""Numbers of a synthesis in words. Never 'no effect', never a label for a size of I2: certainty is a judgement apart."""

from ..config import Comparison, Outcome
from ..config.measures import ONE_ARM
from ..wording import interval, lower_first, number, p_value, percent, statistic
from .analyses import Analysis, SubgroupAnalysis


def estimate(analysis: Analysis, measure: str, level: float, unit: str = "") -> str:
    """``OR 4.64 (95% CI 3.11 to 6.90)``."""
    return (
        f"{measure_word(measure)} {number(analysis.estimate)}{unit_words(measure, unit)} "
        f"({percent(level)} CI {interval(analysis.ci_low, analysis.ci_high)})"
    )


def measure_word(measure: str) -> str:
    """What an estimate is called within a sentence: ``OR``, ``proportion``."""
    return "proportion" if measure in ONE_ARM else {"PETO": "Peto OR", "GEN": "effect"}.get(measure, measure)


def unit_words(measure: str, unit: str) -> str:
    """`` days``, `` per patient-year``; nothing for measures without a unit."""
    if not unit or measure not in ("MD", "GEN", "IRD"):
        return ""
    return f" per {unit}" if measure == "IRD" else f" {unit}"


INTERVAL_NAMES = {
    "HKSJ": "Hartung-Knapp",
    "HKSJ-floor": "Hartung-Knapp, factor at least 1",
    "z": "Wald",
    "t": "t",
    "CR2": "robust CR2",
}


def method_name(analysis: Analysis) -> str:
    """``Random effects (REML, Hartung-Knapp)``."""
    if analysis.method == "EE":
        return "Equal effects"
    if analysis.three_levels:
        return f"Three-level model ({analysis.method}, {INTERVAL_NAMES[analysis.interval]})"
    return f"Random effects ({analysis.method}, {INTERVAL_NAMES[analysis.interval]})"


def heterogeneity_line(analysis: Analysis) -> str:
    """One line on heterogeneity, for figures."""
    if analysis.k < 2 and not analysis.three_levels:
        return "Heterogeneity: not applicable with one study"
    tau2 = f"tau² = {number(analysis.tau2)}"
    if analysis.tau2_low is not None:
        tau2 += f" ({interval(analysis.tau2_low, analysis.tau2_high)})"
    if analysis.Q is None:
        return f"Heterogeneity: {tau2}, common to the groups"
    if analysis.tau2_between is not None and analysis.tau2_within is not None:
        tau2 += f" (between studies {number(analysis.tau2_between)}, within {number(analysis.tau2_within)})"
    return (
        f"Heterogeneity: {tau2}; Q = {statistic(analysis.Q)}, df = {analysis.Q_df}, {p_value(analysis.Q_pval)}; "
        f"I² = {analysis.I2:.0f}%"
    )


def overall_line(analysis: Analysis) -> str:
    """One line on the test of the pooled effect, for figures."""
    name = "z" if analysis.interval == "z" else f"t({round(analysis.df or 0, 1):g})"
    return f"Test of the pooled effect: {name} = {statistic(analysis.stat)}, {p_value(analysis.pval)}"


def omnibus_test(value: float | None, df: int | None, df2: float | None) -> str:
    """A test of several coefficients: ``Q = 1.20, df = 2``, or ``F(2, 9) = 1.20``."""
    if df2 is None:
        return f"Q = {statistic(value)}, df = {df}"
    return f"F({df}, {df2:g}) = {statistic(value)}"


def subgroup_line(found: SubgroupAnalysis) -> str:
    """One line on the test for subgroup differences, for figures."""
    return f"Test for subgroup differences: {omnibus_test(found.Q_b, found.df, found.df2)}, {p_value(found.pval)}"


def favours(outcome: Outcome, comparison: Comparison | None) -> tuple[str, str]:
    """What lies left and right of no effect; nothing where one group is described."""
    if comparison is None:
        return "", ""
    sides = (f"Favours {lower_first(comparison.comparator)}", f"Favours {lower_first(comparison.intervention)}")
    return sides if outcome.better == "higher" else (sides[1], sides[0])

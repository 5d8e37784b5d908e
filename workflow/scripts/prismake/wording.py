"""Numbers and words as reports and figures print them: one way for text, tables and plots."""

import math


def number(value: float | None, digits: int = 2) -> str:
    """An estimate for a reader.

    `digits` decimals; fewer from 100 on; two significant figures when that would say 0; powers of ten below 0.0001 and
    from 100,000 on. A minus is the typographic one; None is 'not estimable'.
    """
    if value is None:
        return "not estimable"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    size = abs(value)
    if size >= 1e5 or 0 < size < 1e-4:
        return scientific(value, 1)
    if 0 < size < 10**-digits:
        text = f"{value:.{1 - math.floor(math.log10(size))}f}"
    else:
        text = f"{value + 0.0:.{0 if size >= 1000 else 1 if size >= 100 else digits}f}"
    return text.replace("-", "−")


def scientific(value: float, digits: int) -> str:
    """``5.8×10⁻⁷``; a mantissa of 1 is left out."""
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    mantissa = (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa).replace("-", "−")
    power = "10" + str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return power if mantissa == "1" else f"{mantissa}×{power}"


def statistic(value: float | None) -> str:
    """A test statistic: to two decimals, so that a Q of 10⁻²⁷ is 0.00."""
    return number(None if value is None else round(value, 2) + 0.0)


def counted(value: float) -> str:
    """People or events: whole numbers in full, shares of a divided group to two decimals."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"


def many(count: int, one: str, more: str = "") -> str:
    """``1 study``, ``2 studies``."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def given(value: float) -> str:
    """A figure as it was extracted, with all its digits; one with more than eight was computed, and has five."""
    rounded = float(f"{value:.8g}")
    if rounded != value and value != round(value):
        value = float(f"{value:.5g}")
    if value == round(value) and abs(value) < 1e15:
        return f"{value:.0f}".replace("-", "−")
    text = repr(float(value))
    return scientific(value, 15) if "e" in text else text.replace("-", "−")


def at_least(share: float) -> str:
    """A share that is claimed 'at least': rounded down, to a tenth of a percent."""
    return f"{math.floor(share * 1000) / 10:.1f}%"


def percent(share: float) -> str:
    """The level of an interval: ``95%``, ``99.9%``."""
    return f"{100 * share:g}%"


def p_value(p: float | None) -> str:
    """``p = 0.034``, ``p < 0.001``."""
    if p is None:
        return "p not estimable"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def interval(low: float | None, high: float | None) -> str:
    """``1.20 to 3.40``; an upper end beyond all numbers, stored as None, is ∞."""
    if low is None:
        return "not estimable"
    return f"{number(low)} to {number(math.inf if high is None else high)}"


def lower_first(text: str) -> str:
    """A label within a sentence: ``kind of cells``, but ``ABI at baseline``."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text

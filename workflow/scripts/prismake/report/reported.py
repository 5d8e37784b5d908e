"""Results in words, as they were extracted: the figures of an arm, or what a study reports as such."""

from typing import Any

from ..tables import is_estimate
from ..wording import counted, given, interval, number


def arm_in_words(row: dict[str, Any], arm: int, unit: str) -> str:
    """The figures of one arm: ``Cells: 8 of 20``."""
    label = row[f"label_{arm}"] + ":"
    events, n, time = (row[f"{name}_{arm}"] for name in ("events", "n", "time"))
    if events is not None and time is not None:
        return f"{label} {counted(events)} events in {counted(time)} of person-time"
    if events is not None:
        of = "events" if n is None else f"of {counted(n)}"
        return f"{label} {counted(events)} {of}"
    said = [label]
    for name, form in (("mean", "{}"), ("median", "median {}"), ("percent", "{}%")):
        value = row[f"{name}_{arm}"]
        if value is not None:
            said.append(form.format(given(value)) + (unit if name != "percent" else ""))
    spread = [f"SD {given(row[f'sd_{arm}'])}"] if row[f"sd_{arm}"] is not None else []
    spread += [row[f"beside_{arm}"]] if row[f"beside_{arm}"] else []
    if spread:
        said.append(f"({', '.join(spread)})")
    if n is not None:
        said.append(f"n = {counted(n)}")
    return " ".join(said) + (f", {row[f'converted_{arm}']}" if row[f"converted_{arm}"] else "")


def estimate_in_words(row: dict[str, Any]) -> str:
    """What a study reports as such: ``HR 0.21 (0.05 to 0.95)``."""
    if row["o_e"] is not None:
        return f"{row['measure']} from O − E = {number(row['o_e'])} and V = {number(row['v'])}"
    if row["se"] is not None:
        return f"{row['measure']} {number(row['estimate'])} (SE {number(row['se'])})"
    return f"{row['measure']} {number(row['estimate'])} ({interval(row['ci_low'], row['ci_high'])})"


def result_in_words(row: dict[str, Any], unit: str) -> str:
    """A result as it was extracted, by arm or as such."""
    if is_estimate(row):
        return estimate_in_words(row)
    return "; ".join(arm_in_words(row, arm, unit) for arm in (1, 2) if row[f"arm_{arm}"])

"""The effect measures that an outcome may have, by metafor's names, and the figures that each is made from."""

from typing import Literal

Measure = Literal[
    "OR", "RR", "RD", "PETO", "AS", "PHI", "MD", "SMD", "SMDH", "ROM", "IRR", "IRD", "HR", "GEN", "PR", "PLN", "PLO",
    "PAS", "PFT",
]  # fmt: skip

Reported = Literal["HR", "OR", "RR", "RD", "PETO", "MD", "SMD", "ROM", "IRR", "IRD", "GEN"]
"""Measures that studies report as such, with an interval."""

ESTIMATES = "review/extraction/estimates.csv"
"""The table of what studies report as such: the only one that HR and GEN are pooled from."""

RATIOS = ("OR", "RR", "PETO", "ROM", "IRR", "HR")
"""Measures that are pooled as logarithms."""

_BY_FIGURES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("events", "n"): ("OR", "RR", "RD", "PETO", "AS", "PHI", "PR", "PLN", "PLO", "PAS", "PFT"),
    ("n", "mean", "sd"): ("MD", "SMD", "SMDH", "ROM"),
    ("events", "time"): ("IRR", "IRD"),
    (): ("HR", "GEN"),
}

FIGURES: dict[str, tuple[str, ...]] = {
    measure: figures for figures, measures in _BY_FIGURES.items() for measure in measures
}
"""Measure -> the figures of each arm that it is made from; none where only estimates are pooled."""

ONE_ARM = ("PR", "PLN", "PLO", "PAS", "PFT")
"""Measures of one group, without a comparison."""

ADDED_TO = ("OR", "RR", "RD", "IRR", "IRD", "PR", "PLN", "PLO")
"""Measures of counts to which ``synthesis.zero_cells`` applies; the others need nothing added to an empty cell."""

VARIANCES: dict[str, tuple[str, ...]] = {"SMD": ("LS", "LS2", "UB")}
"""Measures whose sampling variance can be chosen, and the choices."""

REVERSIBLE = ("MD", "SMD", "SMDH", "GEN")
"""Measures of scores, whose sign turns where a study's scale runs the other way."""

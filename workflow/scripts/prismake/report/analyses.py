"""The analyses of an outcome, read back from what its synthesis wrote."""

from typing import Any

from ..synthesis.analyses import Analysis, SubgroupAnalysis
from .material import Material


def _analysis(values: dict[str, Any] | None) -> Analysis | None:
    return None if values is None else Analysis(**{**values, "weights": tuple(values["weights"])})


def read(material: Material, outcome: str, key: str) -> Analysis | None:
    """``main``, ``wald`` or ``sensitivity`` of an outcome; None where it was not run."""
    return _analysis(material.syntheses[outcome][key])


def main_of(material: Material, outcome: str) -> Analysis | None:
    """The main analysis of an outcome."""
    return read(material, outcome, "main")


def pooled_in(material: Material, outcome: str, use: str) -> list[dict[str, Any]]:
    """The results of an outcome that enter its ``main`` analysis, or that ``sensitivity`` adds."""
    return [row for row in material.syntheses[outcome]["studies"] if row["use"] == use and row["estimable"]]


def leave_one_out_of(material: Material, outcome: str) -> list[Analysis]:
    """The analyses that leave one study out."""
    return [found for values in material.syntheses[outcome]["leave_one_out"] if (found := _analysis(values))]


def subgroups_of(material: Material, outcome: str) -> list[SubgroupAnalysis]:
    """Every subgroup analysis that the protocol names, run or not."""
    return [
        SubgroupAnalysis(**{**values, "levels": tuple(_analysis(level) for level in values["levels"])})
        for values in material.syntheses[outcome]["subgroups"]
    ]

"""The analyses of an outcome, read back from what its synthesis wrote."""

from typing import Any

from ..synthesis.adjusted import Adjusted
from ..synthesis.analyses import Analysis, SubgroupAnalysis
from ..synthesis.asymmetry import AsymmetryResult
from ..synthesis.moderators import ModeratorAnalysis, Term
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


def not_run_of(material: Material, outcome: str, key: str) -> str:
    """Why an analysis gave no result; empty where it gave one or was not asked for."""
    return next((one["why_not"] for one in material.syntheses[outcome]["not_run"] if one["key"] == key), "")


def other_models_of(material: Material, outcome: str) -> list[Analysis]:
    """The models that stand beside the main one, run or not."""
    return [found for values in material.syntheses[outcome]["other_models"] if (found := _analysis(values))]


def asymmetry_of(material: Material, outcome: str) -> list[AsymmetryResult]:
    """The tests of funnel asymmetry, run or not."""
    return [AsymmetryResult(**values) for values in material.syntheses[outcome]["asymmetry"]]


def adjusted_of(material: Material, outcome: str) -> list[Adjusted]:
    """The estimates that allow for small-study effects, got or not."""
    return [Adjusted(**values) for values in material.syntheses[outcome]["adjusted"]]


def influence_of(material: Material, outcome: str) -> dict[str, Any]:
    """The influence of each study, as `prismake.synthesis.further.InfluenceAnalysis` holds it."""
    found: dict[str, Any] = material.syntheses[outcome]["influence"]
    return found


def regressions_of(material: Material, outcome: str) -> list[ModeratorAnalysis]:
    """Every meta-regression that the protocol names, run or not."""
    return [
        ModeratorAnalysis(**{**values, "terms": tuple(Term(**term) for term in values["terms"]), "line": ()})
        for values in material.syntheses[outcome]["regressions"]
    ]

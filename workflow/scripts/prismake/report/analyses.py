"""The analyses of an outcome, read back from what its synthesis wrote."""

from typing import Any

from ..synthesis import read_back
from ..synthesis.adjusted import Adjusted
from ..synthesis.analyses import Analysis, SubgroupAnalysis
from ..synthesis.asymmetry import AsymmetryResult
from ..synthesis.further import InfluenceAnalysis
from ..synthesis.moderators import ModeratorAnalysis
from .material import Material


def read(material: Material, outcome: str, part: str) -> Any:
    """``main``, ``wald`` or ``sensitivity`` of an outcome, None where it was not run; or another part of its analyses."""
    return read_back.read(material.syntheses[outcome], part)


def main_of(material: Material, outcome: str) -> Analysis | None:
    """The main analysis of an outcome."""
    found: Analysis | None = read(material, outcome, "main")
    return found


def pooled_in(material: Material, outcome: str, use: str) -> list[dict[str, Any]]:
    """The results of an outcome that enter its ``main`` analysis, or that ``sensitivity`` adds."""
    return [row for row in material.syntheses[outcome]["studies"] if row["use"] == use and row["estimable"]]


def why_no_main(material: Material, outcome: str) -> str:
    """What an outcome without a main analysis lacks, as a clause that `for` and its name can follow."""
    rows = material.syntheses[outcome]["studies"]
    if not_run_of(material, outcome, "main"):
        return "the main model gave no result"
    if any(row["use"] == "main" for row in rows):
        return "no study of the main analysis gives an effect that can be estimated"
    if any(row["use"] == "sensitivity" for row in rows):
        return "no study enters the main analysis"
    return "no study gives figures that can be pooled"


def leave_one_out_of(material: Material, outcome: str) -> list[Analysis]:
    """The analyses that leave one study out."""
    found: list[Analysis] = read(material, outcome, "leave_one_out")
    return found


def subgroups_of(material: Material, outcome: str) -> list[SubgroupAnalysis]:
    """Every subgroup analysis that the protocol names, run or not."""
    found: list[SubgroupAnalysis] = read(material, outcome, "subgroups")
    return found


def not_run_of(material: Material, outcome: str, key: str) -> str:
    """Why an analysis gave no result; empty where it gave one or was not asked for."""
    return next((one["why_not"] for one in material.syntheses[outcome]["not_run"] if one["key"] == key), "")


def other_models_of(material: Material, outcome: str) -> list[Analysis]:
    """The models that stand beside the main one, run or not."""
    found: list[Analysis] = read(material, outcome, "other_models")
    return found


def asymmetry_of(material: Material, outcome: str) -> list[AsymmetryResult]:
    """The tests of funnel asymmetry, run or not."""
    found: list[AsymmetryResult] = read(material, outcome, "asymmetry")
    return found


def adjusted_of(material: Material, outcome: str) -> list[Adjusted]:
    """The estimates that allow for small-study effects, got or not."""
    found: list[Adjusted] = read(material, outcome, "adjusted")
    return found


def influence_of(material: Material, outcome: str) -> InfluenceAnalysis:
    """The influence of each study, or why it was not computed."""
    found: InfluenceAnalysis = read(material, outcome, "influence")
    return found


def cumulative_of(material: Material, outcome: str) -> list[Analysis]:
    """The analyses after each study was added; none where that was not asked for or cannot be done."""
    found: list[Analysis] = read(material, outcome, "cumulative")
    return found


def regressions_of(material: Material, outcome: str) -> list[ModeratorAnalysis]:
    """Every meta-regression that the protocol names, run or not."""
    found: list[ModeratorAnalysis] = read(material, outcome, "regressions")
    return found

"""The tables of one outcome: which columns each has, and its rows. Their files are the same whatever the data."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from ..tables import write_csv
from .adjusted import Adjusted
from .analyses import ANALYSIS_COLUMNS, Analysis, as_json
from .asymmetry import AsymmetryResult
from .further import Further, StudyInfluence

Row = dict[str, Any]

STUDY_COLUMNS = [
    "result_id", "study_id", "label", "design", "use", "timepoint", "unit_of_analysis", "order", "events_1", "n_1",
    "time_1", "mean_1", "sd_1", "converted_1", "events_2", "n_2", "time_2", "mean_2", "sd_2", "converted_2", "measure",
    "effect", "ci_low", "ci_high", "yi", "vi", "reversed", "weight", "why_not",
]  # fmt: skip
SUBGROUP_COLUMNS = [
    "subgroup", "label", "level", "studies", "known", "unknown", "tau2", "Q_b", "df", "df2", "pval", "why_not",
]  # fmt: skip
MODEL_COLUMNS = ["analysis", *ANALYSIS_COLUMNS[1:]]
INFLUENCE_COLUMNS = [*(field.name for field in fields(StudyInfluence)), "method", "interval", "why_not"]
TEST_COLUMNS = [field.name for field in fields(AsymmetryResult)]
ADJUSTED_COLUMNS = [field.name for field in fields(Adjusted) if not field.name.startswith("filled_")]
REGRESSION_COLUMNS = [
    "moderator", "label", "k", "unknown", "term", "estimate", "se", "stat", "pval", "ci_low", "ci_high", "effect",
    "effect_low", "effect_high", "permutation_pval", "R2", "QM", "df", "df2", "QM_pval", "QM_permutation_pval",
    "permutations", "exact", "permutation_why_not", "tau2", "tau2_low", "tau2_high", "I2", "QE", "QE_df", "QE_pval",
    "method", "interval", "interval_why", "why_not",
]  # fmt: skip
SUBSET_COLUMNS = ["studies", "k", "yi", "tau2", "I2", "Q", "method", "why_not"]


def write_tables(out: Path, studies: list[Row], analyses: Row, found: Further) -> None:
    """Write every table of an outcome; an analysis that was not run has a row that says why."""
    for name, columns, rows in (
        ("studies", STUDY_COLUMNS, studies),
        ("models", MODEL_COLUMNS, _models(analyses, found)),
        ("subgroups", SUBGROUP_COLUMNS, _subgroups(analyses)),
        ("influence", INFLUENCE_COLUMNS, _influence(found)),
        ("small_studies", TEST_COLUMNS, map(asdict, found.asymmetry)),
        ("adjusted", ADJUSTED_COLUMNS, map(asdict, found.adjusted)),
        ("regression", REGRESSION_COLUMNS, _regressions(found)),
        ("subsets", SUBSET_COLUMNS, _subsets(found)),
    ):
        write_csv(out / f"{name}.csv", columns, list(rows))


def _models(analyses: Row, found: Further) -> list[Row]:
    fits: list[Analysis] = [analyses[key] for key in ("main", "wald", "sensitivity") if analyses[key] is not None]
    fits += analyses["leave_one_out"]
    fits += [level for subgroup in analyses["subgroups"] for level in subgroup.levels]
    fits += found.other_models + found.cumulative + analyses["not_run"]
    return [as_json(fitted) | {"analysis": fitted.key} for fitted in fits]


def _subgroups(analyses: Row) -> list[Row]:
    return [
        as_json(subgroup) | {"subgroup": subgroup.key, "level": level, "studies": count}
        for subgroup in analyses["subgroups"]
        for level, count in (subgroup.studies or {"": 0}).items()
    ]


def _influence(found: Further) -> Iterable[Row]:
    whole = found.influence
    if whole.why_not:
        return [{"why_not": whole.why_not}]
    return [asdict(study) | {"method": whole.method, "interval": whole.interval} for study in whole.studies]


def _regressions(found: Further) -> Iterable[Row]:
    rows = []
    for model in found.regressions:
        shared = asdict(model) | {
            "moderator": model.key,
            "QM_pval": model.pval,
            "QM_permutation_pval": model.permutation_pval,
        }
        if not model.terms:
            rows.append(shared)
        rows += [shared | asdict(term) | {"term": term.name} for term in model.terms]
    return rows


def _subsets(found: Further) -> Iterable[Row]:
    if found.subsets_why_not:
        return [{"why_not": found.subsets_why_not}]
    return [asdict(subset) | {"studies": "; ".join(subset.studies)} for subset in found.subsets]

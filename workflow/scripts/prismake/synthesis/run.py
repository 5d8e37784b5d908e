"""The synthesis of one outcome as one step: analyses, tables, figures."""

import json
from pathlib import Path
from typing import Any

from ..config import Comparison, Outcome, Subgroup, Synthesis
from ..tables import whole, write_csv
from .analyses import ANALYSIS_COLUMNS, analyse, as_json
from .draw import draw
from .study_effects import effects

STUDY_COLUMNS = [
    "result_id", "study_id", "label", "design", "use", "timepoint", "unit_of_analysis", "events_1", "n_1", "time_1",
    "mean_1", "sd_1", "events_2", "n_2", "time_2", "mean_2", "sd_2", "measure", "effect", "ci_low", "ci_high", "yi", "vi",
    "reversed", "weight", "why_not",
]  # fmt: skip
SUBGROUP_COLUMNS = ["subgroup", "label", "level", "studies", "known", "unknown", "Q_b", "df", "pval", "why_not"]


def synthesise(
    rows: list[dict[str, Any]],
    outcome: Outcome,
    comparison: Comparison | None,
    settings: Synthesis,
    by: dict[str, Subgroup],
    out: Path,
) -> None:
    """Write the folder of one outcome: ``studies.csv``, ``models.csv``, ``subgroups.csv``, ``synthesis.json``, figures.

    Parameters
    ----------
    rows : list of dict
        `prismake.extraction.rows.schema`: the results that enter, main and sensitivity.
    outcome, comparison, settings, by
        From the configuration; no comparison for a measure of one group.
    out : Path
        The folder; its files are the same whatever the data, and each is whole or absent.
    """
    studies = effects(rows, outcome, settings)
    analyses = analyse(studies, outcome, settings, by)
    weights = iter(analyses["main"].weights if analyses["main"] else ())
    for row in studies:
        row["weight"] = next(weights) if row["use"] == "main" and row["estimable"] else None
    figures = draw(out, studies, analyses, outcome, comparison, settings)
    write_csv(out / "studies.csv", STUDY_COLUMNS, studies)
    write_csv(out / "models.csv", ["analysis", *ANALYSIS_COLUMNS[1:]], _models(analyses))
    write_csv(out / "subgroups.csv", SUBGROUP_COLUMNS, _subgroups(analyses))
    said = {"studies": studies, "figures": figures, **as_json(analyses)}
    with whole(out / "synthesis.json") as part:
        part.write_text(json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def _models(analyses: dict[str, Any]) -> list[dict[str, Any]]:
    fits = [analyses[key] for key in ("main", "wald", "sensitivity") if analyses[key] is not None]
    fits += analyses["leave_one_out"]
    fits += [level for subgroup in analyses["subgroups"] for level in subgroup.levels]
    return [as_json(fitted) | {"analysis": fitted.key} for fitted in fits]


def _subgroups(analyses: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        as_json(subgroup) | {"subgroup": subgroup.key, "level": level, "studies": count}
        for subgroup in analyses["subgroups"]
        for level, count in (subgroup.studies or {"": 0}).items()
    ]

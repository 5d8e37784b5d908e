"""Studies of every measure, made by lot, and a synthesis of them with every analysis on."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from prismake.config import Moderator, Outcome, Subgroup, Synthesis
from prismake.config.measures import ESTIMATES, ONE_ARM
from prismake.extraction.rows import DOMAINS
from prismake.synthesis.analyses import analyse, as_json
from prismake.synthesis.further import further
from prismake.synthesis.study_effects import effects
from prismake.tables import RESULTS

Row = dict[str, Any]

SUBGROUPS = {"age": Subgroup(label="Age", by="age")}
MODERATORS = {
    "dose": Moderator(label="Dose", by="dose", log10=True),
    "place": Moderator(label="Place", by="place", reference="south"),
}
EVERYTHING: Row = {
    "compare": ["EE", "DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM", "MH", "PETO", "UM.FS",
                "CM.AL", "CM.EL", "UM"],
    "cumulative": "year",
    "regression": {"studies_per_coefficient": 2, "together": [["dose", "place"]]},
    "small_studies": {
        "from_k": 3, "pet_peese": True, "fail_safe": "rosenthal",
        "tests": ["egger", "thompson_sharp", "begg", "macaskill", "pustejovsky", "peters", "harbord", "debray"],
    },
}  # fmt: skip


def outcome(measure: str, **more: Any) -> Outcome:
    values: Row = {"label": "Healing", "measure": measure, "better": "higher"}
    values |= {} if measure in ("HR", "GEN") else {"file": "h.csv"}
    values |= {} if measure in ONE_ARM else {"comparison": "c"}
    assert more.get("file") != ESTIMATES
    return Outcome.model_validate(values | more)


def studies_of(measure: str, count: int = 9, several: bool = False) -> list[Row]:
    """Results of `count` studies: one of them in the sensitivity analysis alone, with zero cells; with two of a study."""
    draw, of = np.random.default_rng(4), outcome(measure)
    rows: list[Row] = []
    for number in range(1, count + 1):
        own = [_result(number, of, draw)]
        if several and number % 2:
            # A second intervention against the same comparator.
            other = _result(number, of, draw)
            shared = {name: value for name, value in own[0].items() if name.endswith("_2")}
            own.append(other | shared | {"result_id": f'r{number}b, "quoted"', "arm_1": "u", "label_1": "U"})
        rows += own
    return rows


def _result(number: int, of: Outcome, draw: np.random.Generator) -> Row:
    figures: Row = {}
    for arm in of.arms:
        n = float(draw.integers(20, 60))
        made = {
            "n": n,
            "events": 0.0 if number == 6 or (number == 5 and arm == 1) else float(draw.integers(1, 10 + number)),
            "time": draw.uniform(10, 40),
            "mean": draw.normal(10 + arm + number % 3),
            "sd": draw.uniform(1, 3),
        }
        figures |= {f"{name}_{arm}": made[name] for name in of.figures}
    if not of.figures:
        figures = {
            "estimate": draw.uniform(0.4, 1.9),
            "se": draw.uniform(0.1, 0.5),
            "events_1": 5.0 + number,
            "events_2": 9.0,
        }
    said = {
        "result_id": f'r{number}, "quoted"',
        "study_id": f"study_{number}",
        "label": f"Study {number}",
        "use": "sensitivity" if number == 9 else "main",
        "order": 2000.0 + number * 7 % 5,
        "design": "randomised",
        "timepoint": "1 week",
        "unit_of_analysis": "patient",
        "measure": of.measure,
        "reversed": number == 3 and of.measure in ("MD", "SMD", "SMDH", "GEN"),
        "group_age": "old" if number % 2 else "young",
        "moderator_dose": draw.uniform(1e5, 1e8),
        "moderator_place": ("north", "south")[number // 2 % 2],
    }
    arms = {"arm_1": "t", "arm_2": "c", "label_1": "T", "label_2": "C"}
    return dict.fromkeys(RESULTS) | arms | {f"bias_{domain}": "" for domain in DOMAINS} | said | figures


def synthesised(rows: list[Row], of: Outcome, settings: Synthesis) -> Row:
    """The analyses of an outcome, as its ``synthesis.json`` holds them."""
    studies = effects(rows, of, settings)
    analyses = analyse(studies, of, settings, SUBGROUPS)
    weights = iter(analyses["main"].weights if analyses["main"] else ())
    for row in studies:
        row["weight"] = next(weights, None) if row["use"] == "main" and row["estimable"] else None
    found = {"studies": studies, **as_json(analyses), **as_json(further(studies, of, settings, MODERATORS))}
    return json.loads(json.dumps(found, allow_nan=False))


def written(folder: Path, found: Row) -> Path:
    path = folder / "synthesis.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    return path

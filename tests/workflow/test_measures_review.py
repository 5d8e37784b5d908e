"""A small review with an outcome of each kind of measure: every one is pooled, drawn and told."""

import csv
import re

import pytest
from conftest import Review

pytestmark = pytest.mark.workflow

OUTCOMES = {
    "healed": "measure: OR, estimates: true",
    "deaths": "measure: PETO",
    "relapses": "measure: PHI",
    "ulcers": "measure: IRR, unit: patient-year",
    "infections": "measure: IRD, unit: patient-year",
    "pain": "measure: SMD, variance: UB",
    "walking": "measure: ROM, correct: true, unit: m",
    "survival": "measure: HR",
    "wellbeing": "measure: GEN, unit: points",
    "harms": "measure: PLO",
}
BY_ARM = {
    "healed": {"t": {"events": "8", "n": "20"}, "u": {"events": "9", "n": "20"}, "c": {"events": "3", "n": "20"}},
    "deaths": {"t": {"events": "0", "n": "20"}, "u": {"events": "1", "n": "20"}, "c": {"events": "3", "n": "20"}},
    "relapses": {"t": {"events": "2", "n": "20"}, "u": {"events": "5", "n": "20"}, "c": {"events": "6", "n": "20"}},
    "ulcers": {"t": {"events": "20", "time": "19.5"}, "u": {"events": "12", "time": "18"}, "c": {"events": "30", "time": "20"}},
    "infections": {"t": {"events": "0", "time": "19.5"}, "u": {"events": "0", "time": "18"}, "c": {"events": "0", "time": "20"}},
    "pain": {"t": {"mean": "4", "sd": "2", "se": "", "n": "20"}, "u": {"mean": "5", "sd": "", "se": "0.4472136", "n": "20"},
             "c": {"mean": "6", "sd": "3", "se": "", "n": "20"}},
    "walking": {"t": {"mean": "300", "sd": "90", "n": "20"}, "u": {"mean": "350", "sd": "80", "n": "19"},
                "c": {"mean": "200", "sd": "70", "n": "20"}},
    "harms": {"t": {"events": "2", "n": "20"}, "u": {"events": "3", "n": "20"}},
}  # fmt: skip
ESTIMATES = [
    ("survival", "adams", "t", {"measure": "HR", "estimate": "0.6", "ci_low": "0.3", "ci_high": "1.2"}),
    ("survival", "adams", "u", {"measure": "HR", "estimate": "0.7", "se": "0.3", "n_1": "20", "n_2": "20"}),
    ("survival", "brown", "t", {"measure": "HR", "o_e": "-3.5", "v": "9.2"}),
    ("wellbeing", "adams", "t", {"measure": "GEN", "estimate": "-1.5", "se": "0.8", "reversed": "yes"}),
    ("wellbeing", "brown", "t", {"measure": "GEN", "estimate": "0.4", "ci_low": "-0.4", "ci_high": "1.2"}),
    ("healed", "brown", "t", {"measure": "OR", "estimate": "2.1", "ci_low": "0.7", "ci_high": "6.3"}),
]
SHARED = {"definition": "", "timepoint": "12 weeks", "weeks": "12", "unit_of_analysis": "patient", "pool": "yes",
          "status": "stated", "source": "src", "place": "table 2", "note": ""}  # fmt: skip


@pytest.fixture
def measured(small: Review) -> Review:
    """Two studies, of which Adams 2010 has two intervention arms; results of one study enter together."""
    config = small.path("config.yaml")
    text = config.read_text(encoding="utf-8")
    outcomes = "".join(
        f"  {key}: {{label: {key.title()}, better: lower, {rest}"
        + (f", file: review/extraction/{key}.csv" if key in BY_ARM else "")
        + ("}\n" if key == "harms" else ", comparison: cells}\n")
        for key, rest in OUTCOMES.items()
    )
    text = re.sub(r"outcomes:\n(  .*\n)+", f"outcomes:\n{outcomes}synthesis: {{dependent: robust}}\n", text)
    config.write_text(text.replace("renderer: pandoc", "renderer: pandoc\n  formats: [html]"), encoding="utf-8")
    arms = small.rows("review/arms.csv")
    small.write_rows("review/arms.csv", [*arms, arms[0] | {"arm": "u", "label": "U"}])
    contrasts = small.rows("review/comparisons.csv")
    small.write_rows("review/comparisons.csv", [*contrasts, contrasts[0] | {"arm_1": "u"}])
    small.path("review/extraction/healing.csv").unlink()
    for key, groups in BY_ARM.items():
        studies = ["adams"] if key == "healed" else ["adams", "brown"]
        rows = [
            {"study_id": study, "outcome": key, "arm": arm} | figures | SHARED
            for study in studies
            for arm, figures in groups.items()
            if study == "adams" or arm != "u"
        ]
        small.write_rows(f"review/extraction/{key}.csv", rows)
    columns = small.path("review/extraction/estimates.csv").read_text(encoding="utf-8").strip().split(",")
    with small.path("review/extraction/estimates.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, restval="", lineterminator="\n")
        writer.writeheader()
        for key, study, arm, figures in ESTIMATES:
            named = {"study_id": study, "outcome": key, "comparison": "cells", "arm_1": arm, "arm_2": "c"}
            writer.writerow(SHARED | named | figures)
    return small


def test_every_kind_of_measure_is_pooled_drawn_and_told_and_a_contrast_turned_round_stops_the_run(
    measured: Review,
) -> None:
    measured.run("report")
    main = {key: measured.rows(f"results/synthesis/{key}/models.csv")[0] for key in OUTCOMES}
    pooled = {key: (row["k"], row["results"]) for key, row in main.items()}
    two = {"wellbeing": ("2", "2")}  # one result a study
    assert pooled == dict.fromkeys(OUTCOMES, ("2", "3")) | two
    assert {row["interval_why"] for key, row in main.items() if key not in two} == {
        "a robust test would have fewer than 4 degrees of freedom"
    }
    assert float(main["ulcers"]["estimate"]) == pytest.approx(0.57, abs=0.15)
    text = measured.path("results/report/source/fragments/outcomes.md").read_text(encoding="utf-8").replace("\\", "")
    assert "2 studies with 3 results (100 patients): Peto OR " in text
    assert "2 studies with 3 results (number of patients not known): HR " in text
    assert "per patient-year (95% CI" in text
    assert "The scale of Adams 2010 runs the other way: the effect enters with its sign turned." in text
    assert "Figures that were not reported as such: Adams 2010 (U: SD converted from its standard error)." in text
    converted = [row for row in measured.rows("results/extraction/figures.csv") if row["converted_from"]]
    assert [(row["study_id"], row["arm"], row["figure"], row["status"]) for row in converted] == [
        ("adams", "u", "sd", "derived")
    ]
    assert float(converted[0]["value"]) == pytest.approx(2)
    harms = text[text.index("### Harms") :]
    assert "2 studies with 3 results (60 patients): proportion 0.1" in harms
    assert "favour" not in harms
    forest = measured.path("results/synthesis/survival/forest.svg").read_text(encoding="utf-8")
    assert "Favours" in forest
    methods = (
        measured.path("results/report/source/fragments/synthesis_methods.md")
        .read_text(encoding="utf-8")
        .replace("\\", "")
    )
    assert "cluster-robust (CR2" in methods
    assert "converted from standard errors, times the root of n (Cochrane Handbook, 6.5.2)" in methods

    path = measured.path("review/extraction/estimates.csv")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("adams,survival,cells,t,c", "adams,survival,cells,c,t"), encoding="utf-8")
    said = measured.run("extraction", ok=False).stdout
    assert "review/extraction/estimates.csv, line 2, column arm_1: found c against t; expected t against c" in said
    assert not measured.path("results/extraction/figures.csv").exists()

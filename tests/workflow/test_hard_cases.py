"""A review whose outcomes leave little or nothing to pool: each is told, and the report renders."""

import re

import pytest
from conftest import Review

pytestmark = pytest.mark.workflow

SHARED = {"definition": "", "timepoint": "12 weeks", "weeks": "12", "unit_of_analysis": "patient", "pool": "yes",
          "status": "stated", "source": "src", "place": "table 2", "note": ""}  # fmt: skip
OUTCOMES = {
    "none": "measure: OR",
    "one": "measure: OR",
    "two": "measure: OR",
    "never": "measure: OR",
    "difference": "measure: RD",
    "identical": "measure: MD",
    "half": "measure: OR",
}
EVENTS = {
    "none": {},
    "one": {"adams": (8, 3)},
    "two": {"adams": (8, 3), "brown": (5, 4)},
    "never": {"adams": (0, 0), "brown": (0, 0)},
    "difference": {"adams": (0, 0), "brown": (0, 0)},
    "half": {"adams": (8, 3), "brown": (5, None)},
}


def figures(key: str) -> list[dict[str, str]]:
    if key == "identical":
        arms = {"t": {"mean": "3", "sd": "1", "n": "20"}, "c": {"mean": "5", "sd": "1", "n": "20"}}
        return [
            {"study_id": study, "outcome": key, "arm": arm} | of_arm | SHARED
            for study in ("adams", "brown")
            for arm, of_arm in arms.items()
        ]
    return [
        {"study_id": study, "outcome": key, "arm": arm, "events": str(events), "n": "20"} | SHARED
        for study, both in EVENTS[key].items()
        for arm, events in zip("tc", both, strict=True)
        if events is not None
    ]


@pytest.fixture
def hard(small: Review) -> Review:
    """Two studies, and an outcome for each case."""
    config = small.path("config.yaml")
    text = config.read_text(encoding="utf-8")
    outcomes = "".join(
        f"  {key}: {{label: {key.title()}, better: lower, {rest}, file: review/extraction/{key}.csv, comparison: cells}}\n"
        for key, rest in OUTCOMES.items()
    )
    text = re.sub(r"outcomes:\n(  .*\n)+", f"outcomes:\n{outcomes}", text)
    config.write_text(text.replace("renderer: pandoc", "renderer: pandoc\n  formats: [html]"), encoding="utf-8")
    header = small.path("review/extraction/healing.csv").read_text(encoding="utf-8").splitlines()[0]
    small.path("review/extraction/healing.csv").unlink()
    for key in OUTCOMES:
        if rows := figures(key):
            small.write_rows(f"review/extraction/{key}.csv", rows)
        else:
            small.path(f"review/extraction/{key}.csv").write_text(header + "\n", encoding="utf-8")
    return small


def test_every_hard_case_is_an_answer_or_an_error_that_names_its_cell(hard: Review) -> None:
    said = hard.run("extraction", ok=False).stdout
    assert "review/extraction/half.csv, line 4, column pool: found pool yes, and no row of 'c'" in said
    rows = hard.rows("review/extraction/half.csv")
    hard.write_rows("review/extraction/half.csv", [*rows[:2], rows[2] | {"pool": "no"}])

    hard.run("report")
    main = {key: hard.rows(f"results/synthesis/{key}/models.csv") for key in OUTCOMES}
    assert [key for key, models in main.items() if not any(row["analysis"] == "main" for row in models)] == [
        "none",
        "never",
    ]
    pooled = {key: next((row for row in models if row["analysis"] == "main"), None) for key, models in main.items()}
    assert (pooled["one"]["k"], pooled["half"]["k"], pooled["two"]["k"]) == ("1", "1", "2")
    assert "two studies" in pooled["two"]["interval_why"]
    assert [float(pooled["difference"][name]) for name in ("estimate", "tau2")] == [0, 0]
    assert [float(pooled["identical"][name]) for name in ("estimate", "tau2", "Q")] == pytest.approx([-2, 0, 0])
    assert float(pooled["identical"]["ci_low"]) < -2 < float(pooled["identical"]["ci_high"])
    text = hard.path("results/report/source/fragments/outcomes.md").read_text(encoding="utf-8").replace("\\", "")
    sections = {part.split("\n")[0].split(" {")[0]: part for part in text.split("### ")[1:]}
    assert "No study gives figures that can be pooled" in sections["None"]
    assert "Nothing is pooled" in sections["One"]
    assert "No study of the main analysis gives an effect that can be estimated" in sections["Never"]
    assert "no effect" not in text.lower()
    assert hard.path("results/report/report.html").exists()

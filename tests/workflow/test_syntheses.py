"""A review of enough studies: every further analysis runs, and the report says what it found in words that claim no more."""

import datetime
import math
import re

import numpy as np
import pytest
from conftest import SMALL_CONFIG, Review, decision
from prismake.init import make_review

pytestmark = pytest.mark.workflow

ASKED = """
characteristics:
  dose: {label: Dose, type: number}
  kind: {label: Kind of cells}
subgroups:
  by_kind: {label: Kind of cells, by: kind}
moderators:
  dose: {label: Dose, by: dose, log10: true}
  kind: {label: Kind of cells, by: kind, reference: fat}
synthesis:
  compare: [EE, DL, MH, PETO, UM.FS, CM.EL]
  cumulative: year
  small_studies: {pet_peese: true, selection: true, fail_safe: rosenthal}
  regression: {permutations: 50, seed: 7, together: [[dose, kind]], studies_per_coefficient: 8}
  figures: [subgroups, leave_one_out, funnel, bubble, cumulative, labbe, radial, baujat, influence]
"""
STUDIES = 24


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Review:
    """Trials made by lot, in which the effect grows with the dose; run once."""
    folder = tmp_path_factory.mktemp("many") / "review"
    make_review(folder, datetime.date(2025, 1, 1))
    (folder / "config.yaml").write_text(SMALL_CONFIG.replace("report:\n", f"{ASKED}report:\n"), encoding="utf-8")
    review = Review(folder)
    lot = np.random.default_rng(20260101)
    export, screened, read, studies, arms, contrasts, figures = "", [], [], [], [], [], []
    for number in range(STUDIES):
        study, record, year = f"trial{number:02}", f"embase:{number}", 1998 + number
        n, dose = int(lot.integers(18, 160)), float(f"{10 ** lot.uniform(6, 9):.3g}")
        odds = math.exp(-0.7 + 0.45 * (math.log10(dose) - 7) + lot.normal(0, 0.25))
        events = (int(lot.binomial(n, odds / (1 + odds))), int(lot.binomial(n, 0.3)))
        words = " ".join("".join(map(chr, lot.integers(97, 123, 7))) for _ in range(6))
        export += f"TY  - JOUR\nAN  - {number}\nTI  - {words}\nAU  - Author{number}, A\nPY  - {year}\nER  - \n\n"
        screened.append(decision(2 * number, record, "title_abstract", "include"))
        read.append(decision(2 * number + 1, record, "full_text", "include"))
        studies.append(
            {"study_id": study, "label": f"Author{number} {year}", "design": "randomised", "records": record,
             "extraction": "done", "extraction_note": "", "dose": repr(dose), "kind": ("fat", "marrow")[number % 2]}
        )  # fmt: skip
        contrasts.append({"comparison": "cells", "study_id": study, "arm_1": "t", "arm_2": "c", "note": ""})
        for arm, count in zip("tc", events, strict=True):
            arms.append({"study_id": study, "arm": arm, "label": arm.upper(), "n": str(n), "note": ""})
            figures.append(
                {"study_id": study, "outcome": "healing", "arm": arm, "definition": "healed", "timepoint": "12 weeks",
                 "weeks": "12", "unit_of_analysis": "patient", "events": str(count), "n": str(n), "pool": "yes",
                 "status": "stated", "source": "src", "place": "table 2", "note": ""}
            )  # fmt: skip
    review.path("review/searches/embase.ris").write_text(export, encoding="utf-8")
    for name, rows in (
        ("decisions/screening", screened),
        ("decisions/fulltext", read),
        ("studies", studies),
        ("arms", arms),
        ("comparisons", contrasts),
        ("extraction/healing", figures),
        ("citations", [{"source_id": "src", "what": "x", "where": "y", "read_as": ""}]),
    ):
        review.write_rows(f"review/{name}.csv", rows)
    review.run()
    return review


def said(review: Review, part: str) -> str:
    """A fragment of the report without its escapes, on one line."""
    text = review.path(f"results/report/source/fragments/{part}.md").read_text(encoding="utf-8")
    return " ".join(text.replace("\\", "").split())


def outcome_rows(review: Review, table: str) -> list[dict[str, str]]:
    return review.rows(f"results/synthesis/healing/{table}.csv")


def test_every_analysis_that_was_asked_for_has_its_numbers(many: Review) -> None:
    models = {row["analysis"]: row for row in outcome_rows(many, "models")}
    assert {int(row["k"]) for name, row in models.items() if name.startswith("model:")} == {STUDIES}
    assert models["model:CM.EL"]["why_not"] == "it applies to IRR; the measure is OR"
    until = [row for name, row in models.items() if name.startswith("until:")]
    assert [int(row["k"]) for row in until] == list(range(1, STUDIES + 1))
    assert until[0]["label"] == "Author0 1998"
    assert float(until[-1]["estimate"]) == pytest.approx(float(models["main"]["estimate"]))
    assert [row["test"] for row in outcome_rows(many, "small_studies") if row["pval"]] == ["harbord"]
    adjusted = outcome_rows(many, "adjusted")
    assert [row["analysis"] for row in adjusted] == ["trim_and_fill", "pet", "peese", "3psm", "fail_safe"]
    assert not any(row["why_not"] for row in adjusted)
    together = [row["term"] for row in outcome_rows(many, "regression") if row["moderator"] == "dose+kind"]
    assert together[:2] == ["intercept", "log10 of Dose"]
    terms = {row["term"]: row for row in outcome_rows(many, "regression")}
    assert float(terms["log10 of Dose"]["ci_low"]) > 0
    assert {row["permutations"] for row in terms.values()} == {"50"}
    assert len(outcome_rows(many, "influence")) == STUDIES
    assert [row["why_not"] for row in outcome_rows(many, "subsets")] == ["not asked for"]
    named = [
        row
        for table in ("models", "small_studies", "adjusted", "regression", "influence")
        for row in outcome_rows(many, table)
    ]
    assert all(row["method"] or row["why_not"] for row in named)


def test_the_report_says_what_they_found_and_no_more(many: Review) -> None:
    text = said(many, "outcomes")
    assert "| Equal effects, Mantel-Haenszel |" in text
    assert f"Test for funnel asymmetry (Harbord, {STUDIES} studies; scores of" in text
    assert "a large p-value does not show that none is missing" in text
    assert re.search(r"\| Dose \(k = 24\) \| ten times the value \| 1\.\d\d \(1\.\d\d to", text)
    assert "| marrow against fat |" in text
    assert "Conditional" not in text, "a model for other measures is named in the table of models alone"
    assert not re.search(r"no effect|(low|moderate|substantial|considerable) heterogeneity|publication bias", text)
    planned = said(many, "synthesis_methods")
    assert "Harbord's for OR" in planned
    assert "50 permutations of the studies (seed 7)" in planned
    assert "in the order of the year of their first report" in planned

"""A review whose config declares a network, run whole: 24 trials of smoking cessation, and what stops such a run.

The trials are those of Hasselblad V. Med Decis Making 1998;18:37-43 (doi 10.1177/0272989X9801800110), as R's package
metadat gives them.
"""

import csv
import datetime
import re
from pathlib import Path

import docx
import pytest
from conftest import ROOT, Review, decision
from prismake.init import make_review
from pypdf import PdfReader

pytestmark = pytest.mark.workflow

CONFIG = """review:
  title: Helping smokers to stop
  date: 2025-01-01
sources:
  library:
    name: A library
    searches:
      - {date: 2025-01-01, file: review/searches/library.ris}
screening:
  title_abstract: {reviewers: 1}
  full_text: {reviewers: 1}
comparisons:
  help: {label: Help or not, intervention: Help, comparator: No contact}
outcomes:
  cessation:
    label: Smoking cessation
    file: review/extraction/cessation.csv
    comparison: help
    measure: OR
    better: higher
    timepoint: longest
    units_of_analysis: [patient]
    synthesise: false
networks:
  smoking:
    label: Smoking cessation
    outcome: cessation
    reference: No contact
    transitivity: Participants *differ* little <between> comparisons
report:
  renderer: pandoc
"""
NAMES = {
    "no_contact": "No contact",
    "self_help": "Self-help",
    "ind_counseling": "Counselling | <b>individual</b>",
    "grp_counseling": "=Group counselling",
}
TABLE, ARMS = "review/extraction/cessation.csv", "review/arms.csv"


def smoking(folder: Path) -> Review:
    """A review of the trials, finished up to its extraction."""
    with (ROOT / "tests/data/hasselblad1998.csv").open(encoding="utf-8", newline="") as handle:
        trials = list(csv.DictReader(handle))
    make_review(folder, datetime.date(2025, 1, 1))
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    review = Review(folder)
    studies, arms, figures, screened, read, export = {}, [], [], [], [], []
    for row in trials:
        study, record = f"s{row['study']}", f"library:{row['study']}"
        if study not in studies:
            label = f"{row['authors']} {row['year']}"
            studies[study] = {"study_id": study, "label": label, "design": "randomised", "records": record,
                              "extraction": "done", "extraction_note": ""}  # fmt: skip
            number = len(studies)
            title = f"Trial {row['study']} of {row['authors']} on help for smokers"
            export.append(f"TY  - JOUR\nAN  - {row['study']}\nTI  - {title}\nPY  - {row['year']}\nER  - \n\n")
            screened.append(decision(number, record, "title_abstract", "include"))
            read.append(decision(100 + number, record, "full_text", "include"))
        arm = row["treatment"]
        arms.append({"study_id": study, "arm": arm, "label": arm, "n": row["n"], "treatment": NAMES[arm], "note": ""})
        figures.append(
            {"study_id": study, "outcome": "cessation", "arm": arm, "definition": "", "timepoint": "6 to 12 months",
             "weeks": "26", "unit_of_analysis": "patient", "events": row["events"], "n": row["n"], "pool": "yes",
             "status": "stated", "source": "src", "place": "table", "note": ""}
        )  # fmt: skip
    review.path("review/searches/library.ris").write_text("".join(export), encoding="utf-8")
    review.write_rows("review/decisions/screening.csv", screened)
    review.write_rows("review/decisions/fulltext.csv", read)
    review.write_rows("review/studies.csv", list(studies.values()))
    review.write_rows(ARMS, arms)
    review.write_rows(TABLE, figures)
    review.write_rows("review/citations.csv", [{"source_id": "src", "what": "x", "where": "y", "read_as": ""}])
    return review


def test_a_network_is_compared_drawn_and_reported_and_what_it_cannot_be_is_said(tmp_path: Path) -> None:
    review = smoking(tmp_path / "smoking")
    review.run()
    folder = review.path("results/networks/smoking")
    comparisons = {
        (row["treatment_1"], row["treatment_2"]): row for row in review.rows("results/networks/smoking/comparisons.csv")
    }
    individual = comparisons[NAMES["ind_counseling"], "No contact"]
    assert (float(individual["yi"]), float(individual["se"])) == pytest.approx((0.733406023356863, 0.218923643961643))
    assert individual["studies"] == "15"
    ranking = review.rows("results/networks/smoking/ranking.csv")
    assert [row["treatment"].lstrip("'") for row in ranking] == [
        NAMES[key] for key in ("grp_counseling", "ind_counseling", "self_help", "no_contact")
    ]
    assert {path.name for path in folder.iterdir()} == {
        *(f"{name}.csv" for name in ("contrasts", "comparisons", "league", "ranking", "heterogeneity", "designs", "heat")),
        *(f"{name}.{kind}" for name in ("graph", "forest", "split", "heat") for kind in ("svg", "png")),
        "network.json",
    }  # fmt: skip
    assert review.rows("results/networks/smoking/league.csv")[0]["'=Group counselling"] == "'=Group counselling"

    readme = (ROOT / "results/README.md").read_text(encoding="utf-8")
    for cell in re.findall(r"^\| `networks/<network>/(.*?) \|", readme, re.MULTILINE):
        for name in re.findall(r"[\w*]+\.\w+", cell):
            assert list(folder.glob(name)), name

    parts = review.path("results/report/source/fragments").glob("*.md")
    text = {part.stem: part.read_text(encoding="utf-8") for part in parts}
    plain = {name: said.replace("\\", "") for name, said in text.items()}
    assert "4 treatments in 24 studies, with 16,740 units of analysis" in plain["networks"]
    assert "2 studies have more than two arms: Cottraux et al. 1983 and Mothersill et al. 1988." in plain["networks"]
    assert "Q between designs 15.22 on 7 degrees of freedom (p = 0.033)" in plain["networks"]
    assert "4.66 on 7 degrees of freedom (p = 0.70) for the design-by-treatment interaction" in plain["networks"]
    assert "None of the 24 pooled results is judged for risk of bias" in plain["networks"]
    assert "Smoking cessation, network of 4 treatments, 24 studies, against No contact:" in plain["summary"]
    assert r"Participants \*differ\* little \<between\> comparisons" in text["network_methods"]
    assert "Self-help: 20 of 49" in plain["network_tables"]
    assert "enter no synthesis" not in plain["included"]
    assert "Smoking cessation: compared as a network" in plain["outcomes"]

    html = review.path("results/report/report.html").read_text(encoding="utf-8")
    assert "<b>individual" not in html
    assert html.count('id="sec-network-of-smoking"') == 1
    for figure in ("graph", "forest", "split", "heat"):
        assert f'id="fig-network-{figure}-smoking"' in html
    document = docx.Document(str(review.path("results/report/report.docx")))
    assert any(
        "Counselling | <b>individual</b>" in cell.text for table in document.tables for cell in table.columns[0].cells
    )
    pages = " ".join(page.extract_text() for page in PdfReader(review.path("results/report/report.pdf")).pages)
    assert re.search(r"League\s+table\s+of\s+OR", pages)
    assert "Nothing to be done" in review.run().stdout

    arms = review.rows(ARMS)
    review.write_rows(ARMS, [arms[0] | {"treatment": ""}, *arms[1:]])
    said = review.run("extraction", ok=False).stdout
    assert f"{ARMS}, line 2, column treatment: found no treatment for the arm 'no_contact' of s1" in said
    apart = [row | {"pool": "yes" if row["study_id"] in ("s1", "s16") else "no"} for row in review.rows(TABLE)]
    review.write_rows(ARMS, arms)
    review.write_rows(TABLE, apart)
    said = review.run("networks", ok=False).stdout
    assert "config.yaml, key networks.smoking: found 2 parts that no study connects:" in said
    assert "=Group counselling, Self-help; Counselling | <b>individual</b>, No contact" in said


def test_a_network_without_figures_is_not_run_and_says_so(tmp_path: Path) -> None:
    review = smoking(tmp_path / "smoking")
    review.write_rows(TABLE, [row | {"pool": "no"} for row in review.rows(TABLE)])
    review.run("write_report")
    networks = review.path("results/report/source/fragments/networks.md").read_text(encoding="utf-8").replace("\\", "")
    assert "Not run: a network needs two studies or more, and 0 studies can enter." in networks
    assert not list(review.path("results/report/source/figures").glob("network-*"))
    assert review.rows("results/networks/smoking/ranking.csv") == []

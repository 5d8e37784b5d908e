"""The searches by the items of PRISMA-S: what is known is said, what is not is called not reported."""

import datetime
import re
from types import SimpleNamespace

from prismake.config import Source
from prismake.report.sections.prisma_s import search_methods


def source(name, *days, **said):
    runs = [{"date": datetime.date.fromisoformat(day), "file": f"{name}-{day}.ris"} for day in days or ("2026-01-31",)]
    return Source(name=name, searches=runs, **said)


def items(accounts=(), **sources):
    text = search_methods(SimpleNamespace(config=SimpleNamespace(sources=sources), accounts=list(accounts)))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return {int(row[0]): re.sub(r"\\(.)", r"\1", row[2]) for row in rows if row[0].isdigit()}


def account(name, entries, results=None):
    return {"source": name, "entries": entries, "results": results}


def test_every_item_is_there_and_what_nobody_said_is_not_reported():
    said = items(pubmed=source("PubMed"))
    assert sorted(said) == [*range(1, 17)]
    assert {said[number] for number in (3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15)} == {"Not reported."}


def test_sources_stand_under_the_item_of_their_kind():
    said = items(
        pubmed=source("PubMed", platform="NLM", coverage="1946 to present"),
        ctgov=source("ClinicalTrials.gov", kind="register"),
        web=source("Sponsors", kind="other", method="Websites of organisations"),
        cited=source("Web of Science, forward", kind="other", method="Citation searching"),
        asked=source("Letters", kind="other", method="Contact with authors"),
        hand=source("Shelves", kind="other", method="Handsearching"),
    )
    assert said[1] == "PubMed (NLM, 1946 to present)"
    assert said[3] == "ClinicalTrials.gov"
    for number, name in {4: "Sponsors", 5: "Web of Science, forward", 6: "Letters", 7: "Shelves"}.items():
        assert said[number].startswith(f"{name}:")


def test_databases_of_one_platform_are_named_together():
    said = items(
        a=source("Embase", platform="Ovid"), b=source("MEDLINE", platform="Ovid"), c=source("PubMed", platform="NLM")
    )
    assert said[2] == "Ovid: Embase, MEDLINE"


def test_strategies_limits_filters_and_reviews_are_said_by_source():
    said = items(
        a=source("A", strategy="a.txt", limits="English.", filters="Cochrane HSSS 2024", peer_review="PRESS"),
        b=source("B", limits="English", prior_work="adapted from an earlier review"),
    )
    assert "None given: B" in said[8]
    assert said[9] == "A, B: English"
    assert said[10] == "A: Cochrane HSSS 2024"
    assert said[11] == "B: adapted from an earlier review"
    assert said[14] == "A: PRESS"


def test_updates_dates_and_totals_are_read_from_the_runs():
    runs = {"a": source("A", "2026-03-01", "2025-01-31"), "b": source("B", "2025-01-31")}
    said = items([account("a", 1200, 1201), account("a", 30), account("b", 5)], **runs)
    assert said[12] == "A: searched again on 2026-03-01"
    assert said[13] == "Dates of the exports: A: 2025-01-31, 2026-03-01; B: 2025-01-31"
    assert said[15] == "1,235 records: A 1,200 of 1,201 hits that the database showed + 30; B 5"

"""Tables that only the report reads name what exists."""

import pytest
from prismake.config import Config
from prismake.people import Alias, Discrepancy, PublishedEstimate, Registration, Study
from prismake.problems import InputError
from prismake.report.checks import check_discrepancies, check_published, check_registrations

REPORT_OF = {"ctgov:NCT02834858": "R1"}


def registration(record_id: str, source: str = "a1") -> Registration:
    return Registration(registry_id="NCT1", record_id=record_id, source=source)


def test_register_entries_name_a_record_also_by_an_id_that_it_had() -> None:
    alias = Alias(old_record_id="ctgov:old", record_id="ctgov:NCT02834858")
    (found,) = check_registrations([registration("ctgov:old")], REPORT_OF, [alias], ["a1"])
    assert found.record_id == "ctgov:NCT02834858"
    with pytest.raises(
        InputError, match=r"column record_id: found 'ctgov:NCT02834859'; .* Did you mean 'ctgov:NCT0283"
    ):
        check_registrations([registration("ctgov:NCT02834859")], REPORT_OF, [], ["a1"])
    with pytest.raises(InputError, match=r"registrations.csv, line 0, column source: found 'a2'"):
        check_registrations([registration("ctgov:NCT02834858", "a2")], REPORT_OF, [], ["a1"])


def config() -> Config:
    return Config.model_validate(
        {
            "review": {"title": "T", "date": "2026-01-01"},
            "comparisons": {"cells": {"label": "C", "intervention": "C", "comparator": "D"}},
            "outcomes": {
                "healing": {"label": "H", "file": "h.csv", "comparison": "cells", "measure": "OR", "better": "higher"}
            },
            "published": {"review": "zhang2026", "label": "Zhang"},
        }
    )


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ({"review_id": "zang2026"}, "column review_id: found 'zang2026'; .* Did you mean 'zhang2026'"),
        ({"outcome": "healng"}, "column outcome: found 'healng'; .* Did you mean 'healing'"),
        ({"source": "b1"}, "column source: found 'b1'"),
    ],
)
def test_published_estimates_name_the_review_and_an_outcome(cell: dict[str, str], said: str) -> None:
    values = {"review_id": "zhang2026", "outcome": "healing", "measure": "OR", "estimate": 2.0, "source": "a1"}
    check_published([PublishedEstimate.model_validate(values)], config(), ["a1"])
    with pytest.raises(InputError, match=said):
        check_published([PublishedEstimate.model_validate(values | cell)], config(), ["a1"])


def test_discrepancies_name_studies_and_sources() -> None:
    studies = [Study(study_id="moon2019", label="Moon", design="randomised", records="a:1")]
    values = {"subject": "Moon", "printed": "p", "finding": "f", "handling": "h", "source": "a1; b1"}
    check_discrepancies([Discrepancy(**values)], studies, ["a1", "b1"])
    with pytest.raises(InputError, match=r"column study_id: found 'moon2018'; .* Did you mean 'moon2019'"):
        check_discrepancies([Discrepancy(**values, study_id="moon2018")], studies, ["a1", "b1"])
    with pytest.raises(InputError, match="column source: found 'b1'"):
        check_discrepancies([Discrepancy(**values)], studies, ["a1"])

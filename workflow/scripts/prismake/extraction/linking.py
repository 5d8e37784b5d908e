"""Which reports belong to which study, and which studies are included."""

from typing import Any

from ..aliases import unknown_record
from ..people import Study
from ..problems import InputError, Problem, cell, show
from ..screening.decisions import resolve


def link_studies(studies: list[Study], clusters: list[dict[str, Any]], aliases: dict[str, str]) -> dict[str, str]:
    """Report -> study, by any record that review/studies.csv names.

    Raises
    ------
    InputError
        For a record that no export holds, or a report claimed by two studies.
    """
    report_of = {row["record_id"]: row["report_id"] for row in clusters}
    linked: dict[str, str] = {}
    problems = []
    for study in studies:
        where = cell("review/studies.csv", study.line, "records")
        if not study.record_ids:
            problems.append(Problem(where, show(study.records), "at least one record id"))
        for record_id in study.record_ids:
            report = resolve(record_id, report_of, aliases)
            if report is None:
                problems.append(unknown_record(where, record_id, report_of))
            elif linked.setdefault(report, study.study_id) != study.study_id:
                found = f"{show(record_id)}, whose report belongs to {linked[report]} already"
                problems.append(Problem(where, found, "each report in one study"))
    if problems:
        raise InputError(*problems)
    return linked


def included_studies(
    standing: list[dict[str, Any]], linked: dict[str, str], previous: frozenset[str]
) -> frozenset[str]:
    """Studies with a report that is included now or was before."""
    kept = {row["report_id"] for row in standing if row["stage"] == "full_text" and row["state"] == "include"}
    return frozenset(linked[report] for report in kept | previous if report in linked)

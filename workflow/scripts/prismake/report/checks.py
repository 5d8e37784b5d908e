"""Checks of the tables that only the report reads: register entries, published estimates, discrepancies."""

from collections.abc import Collection

from ..aliases import check_aliases, unknown_record
from ..config import Config
from ..extraction.forms import unknown, unknown_sources
from ..people import Alias, Discrepancy, PublishedEstimate, Registration, Study
from ..problems import InputError, cell
from ..screening.decisions import resolve

REGISTRATIONS, PUBLISHED, DISCREPANCIES = "review/registrations.csv", "review/published.csv", "review/discrepancies.csv"


def check_registrations(
    rows: list[Registration], report_of: dict[str, str], aliases: list[Alias], sources: Collection[str]
) -> list[Registration]:
    """The register entries, each under the id that its record has now.

    Raises
    ------
    InputError
        For a record that no export holds, or an unknown source.
    """
    renamed = check_aliases(aliases, report_of)
    problems = []
    for row in rows:
        if resolve(row.record_id, report_of, renamed) is None:
            problems.append(unknown_record(cell(REGISTRATIONS, row.line, "record_id"), row.record_id, report_of))
        problems += unknown_sources(cell(REGISTRATIONS, row.line, "source"), row.source, sources)
    if problems:
        raise InputError(*problems)
    return [row.model_copy(update={"record_id": renamed.get(row.record_id, row.record_id)}) for row in rows]


def check_published(rows: list[PublishedEstimate], config: Config, sources: Collection[str]) -> None:
    """Check what is set beside this review.

    Raises
    ------
    InputError
        For a review that config.yaml does not name, or an unknown outcome or source.
    """
    problems = []
    for row in rows:
        if config.published is not None and row.review_id != config.published.review:
            where, expected = (
                cell(PUBLISHED, row.line, "review_id"),
                "the review that config.yaml names in published.review",
            )
            problems.append(unknown(where, row.review_id, [config.published.review], expected))
        if row.outcome not in config.outcomes:
            expected = "an outcome of config.yaml (synthesise: false where this review pools nothing)"
            problems.append(unknown(cell(PUBLISHED, row.line, "outcome"), row.outcome, config.outcomes, expected))
        problems += unknown_sources(cell(PUBLISHED, row.line, "source"), row.source, sources)
    if problems:
        raise InputError(*problems)


def check_discrepancies(rows: list[Discrepancy], studies: list[Study], sources: Collection[str]) -> None:
    """Check that discrepancies name studies and sources that exist.

    Raises
    ------
    InputError
    """
    known = [study.study_id for study in studies]
    problems = []
    for row in rows:
        if row.study_id and row.study_id not in known:
            where = cell(DISCREPANCIES, row.line, "study_id")
            problems.append(unknown(where, row.study_id, known, "a study of review/studies.csv, or nothing"))
        problems += unknown_sources(cell(DISCREPANCIES, row.line, "source"), row.source, sources)
    if problems:
        raise InputError(*problems)

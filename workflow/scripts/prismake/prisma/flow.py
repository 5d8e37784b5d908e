"""The numbers of the PRISMA 2020 flow diagram, each a count of distinct ids over the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..config import Config

Row = dict[str, Any]

WAYS = {"databases": ("database", "register"), "other": ("other",)}
"""The two columns of the diagram: identification via databases and registers, and via other methods."""


@dataclass(frozen=True)
class Column:
    """The numbers of one column of the diagram."""

    identified: dict[str, dict[str, int]]  # Databases, Registers, or the other method -> source -> records
    duplicates_by_rule: int
    duplicates_by_person: int
    unreadable: int
    screened: int
    to_screen: int
    conflicts: int
    excluded: dict[str, int]  # reason -> records
    sought: int
    not_retrieved: int
    assessed: int
    to_assess: int
    assessment_conflicts: int
    reports_excluded: dict[str, int]  # reason -> reports
    ongoing: int
    awaiting: int
    included: int

    @property
    def records(self) -> int:
        """Records identified."""
        return sum(sum(by_source.values()) for by_source in self.identified.values())

    @property
    def duplicates(self) -> int:
        """Duplicate records removed."""
        return self.duplicates_by_rule + self.duplicates_by_person

    def check(self) -> None:
        """At every step, in = out + removed.

        Raises
        ------
        ArithmeticError
        """
        steps = {
            "identification": (self.records, self.duplicates, self.screened + self.to_screen + self.conflicts),
            "screening": (self.screened, sum(self.excluded.values()), self.sought),
            "retrieval": (self.sought, self.not_retrieved, self.assessed + self.to_assess + self.assessment_conflicts),
            "eligibility": (
                self.assessed,
                sum(self.reports_excluded.values()),
                self.ongoing + self.awaiting + self.included,
            ),
        }
        for step, (came, removed, left) in steps.items():
            if came != removed + left:
                raise ArithmeticError(f"{step}: {came} in, {removed} removed, {left} out")


@dataclass(frozen=True)
class Flow:
    """Every number of the diagram."""

    databases: Column
    other: Column | None
    previous_studies: int
    previous_reports: int
    studies: int  # with a report that is included now, not before
    reports: int
    reports_without_study: int  # included reports that review/studies.csv does not name yet

    @property
    def updated(self) -> bool:
        """Whether there is a previous version of the review."""
        return self.previous_reports > 0


def count(ledger: list[Row], config: Config) -> Flow:
    """Count the flow from the ledger.

    Raises
    ------
    ArithmeticError
        When a step does not add up.
    """
    columns = {way: _column(ledger, config, kinds) for way, kinds in WAYS.items()}
    for column in columns.values():
        column.check()
    included = [row for row in ledger if row["fate"] == "included"]
    before = [row for row in ledger if row["fate"] == "included_before"]
    studies_before = {row["study_id"] for row in before} - {""}
    has_other = any(source.kind == "other" for source in config.sources.values())
    return Flow(
        databases=columns["databases"],
        other=columns["other"] if has_other else None,
        previous_studies=len(studies_before),
        previous_reports=_distinct(before, "report_id"),
        studies=len({row["study_id"] for row in included} - {""} - studies_before),
        reports=_distinct(included, "report_id"),
        reports_without_study=_distinct([row for row in included if row["study_id"] == ""], "report_id"),
    )


def _distinct(rows: Iterable[Row], column: str) -> int:
    return len({row[column] for row in rows})


def _entries(rows: Iterable[Row]) -> int:
    return len({(row["source"], row["run"], row["entry"]) for row in rows})


def _by_reason(rows: list[Row], column: str, order: Iterable[str]) -> dict[str, int]:
    counts = {reason: _distinct([row for row in rows if row[column] == reason], "report_id") for reason in order}
    return {reason: n for reason, n in counts.items() if n}


def _column(ledger: list[Row], config: Config, kinds: tuple[str, ...]) -> Column:
    rows = [row for row in ledger if row["source_kind"] in kinds]

    def fate(*names: str) -> list[Row]:
        return [row for row in rows if row["fate"] in names]

    def reports(*names: str) -> int:
        return _distinct(fate(*names), "report_id")

    records = [row for row in rows if row["kind"] == "record"]
    duplicates = fate("duplicate")
    by_person = [row for row in duplicates if row["duplicate_by"] == "person"]
    reasons = list(config.eligibility.reasons)
    excluded = fate("excluded_on_abstract")
    assessed = ("excluded_on_full_text", "ongoing", "awaiting_classification", "included")
    sought = (*assessed, "not_retrieved", "to_assess", "assessment_conflict")
    return Column(
        identified=_identified(records, config, kinds),
        duplicates_by_rule=_entries(duplicates) - _entries(by_person),
        duplicates_by_person=_entries(by_person),
        unreadable=_entries(fate("rejected")),
        screened=reports("excluded_on_abstract", *sought),
        to_screen=reports("to_screen"),
        conflicts=reports("screening_conflict"),
        excluded=_by_reason(excluded, "title_abstract_reason", reasons),
        sought=reports(*sought),
        not_retrieved=reports("not_retrieved"),
        assessed=reports(*assessed),
        to_assess=reports("to_assess"),
        assessment_conflicts=reports("assessment_conflict"),
        reports_excluded=_by_reason(fate("excluded_on_full_text"), "full_text_reason", reasons),
        ongoing=reports("ongoing"),
        awaiting=reports("awaiting_classification"),
        included=reports("included"),
    )


def _identified(records: list[Row], config: Config, kinds: tuple[str, ...]) -> dict[str, dict[str, int]]:
    identified: dict[str, dict[str, int]] = {}
    for key, source in config.sources.items():
        if source.kind in kinds:
            heading = {"database": "Databases", "register": "Registers"}.get(source.kind, source.method)
            found = _entries(row for row in records if row["source"] == key)
            identified.setdefault(heading, {})[source.name] = found
    return identified

"""The numbers of the PRISMA 2020 flow diagram, each a count of distinct ids over the ledger."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..config import Source

Row = dict[str, Any]

WAYS = {"databases": ("database", "register"), "other": ("other",)}
"""The two columns of the diagram: identification via databases and registers, and via other methods."""


@dataclass(frozen=True)
class Column:
    """The numbers of one column of the diagram."""

    identified: dict[str, list[tuple[str, int]]]  # Databases, Registers, or the other method -> sources, their records
    duplicates_by_rule: int
    duplicates_by_person: int
    unreadable: int
    automation: int
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
        return sum(count for by_source in self.identified.values() for _, count in by_source)

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
            "identification": (
                self.records,
                self.duplicates + self.automation,
                self.screened + self.to_screen + self.conflicts,
            ),
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
    previous_reports: int  # of these studies
    previous_without_study: int  # reports of the previous version that review/studies.csv does not name yet
    studies: int  # with a report that is included now, not before
    reports: int  # included reports of these studies
    reports_of_previous: int  # included reports of studies that were included before
    reports_without_study: int  # included reports that review/studies.csv does not name yet

    @property
    def all_studies(self) -> int:
        """Studies included, now or before."""
        return self.previous_studies + self.studies

    @property
    def all_reports(self) -> int:
        """Reports of these studies."""
        return self.previous_reports + self.reports + self.reports_of_previous

    @property
    def all_without_study(self) -> int:
        """Included reports, now or before, that no study names yet."""
        return self.previous_without_study + self.reports_without_study

    @property
    def updated(self) -> bool:
        """Whether there is a previous version of the review."""
        return self.previous_reports + self.previous_without_study > 0


def count(ledger: list[Row], sources: Mapping[str, Source], reasons: Iterable[str]) -> Flow:
    """Count the flow from the ledger.

    Parameters
    ----------
    ledger : list of dict
        Columns `prismake.prisma.ledger.LEDGER`.
    sources : mapping
        The sources of config.yaml, of which names, kinds and methods are used.
    reasons : iterable of str
        The keys of reasons for exclusion, in their order.

    Raises
    ------
    ArithmeticError
        When a step does not add up.
    """
    columns = {way: _column(ledger, sources, list(reasons), kinds) for way, kinds in WAYS.items()}
    for column in columns.values():
        column.check()
    included = [row for row in ledger if row["fate"] == "included"]
    before = [row for row in ledger if row["fate"] == "included_before"]
    old = {row["study_id"] for row in before} - {""}

    def reports(rows: list[Row], *, of: Callable[[str], bool]) -> int:
        return _distinct([row for row in rows if of(row["study_id"])], "report_id")

    flow = Flow(
        databases=columns["databases"],
        other=columns["other"] if any(source.kind == "other" for source in sources.values()) else None,
        previous_studies=len(old),
        previous_reports=reports(before, of=bool),
        previous_without_study=reports(before, of=lambda study: not study),
        studies=len({row["study_id"] for row in included} - {""} - old),
        reports=reports(included, of=lambda study: bool(study) and study not in old),
        reports_of_previous=reports(included, of=lambda study: study in old),
        reports_without_study=reports(included, of=lambda study: not study),
    )
    came, shown = sum(c.included for c in columns.values()), flow.all_reports - flow.previous_reports
    if came != shown + flow.reports_without_study:
        raise ArithmeticError(f"inclusion: {came} reports in, {shown} of studies, {flow.reports_without_study} of none")
    return flow


def _distinct(rows: Iterable[Row], column: str) -> int:
    return len({row[column] for row in rows})


def _entries(rows: Iterable[Row]) -> int:
    return len({(row["source"], row["run"], row["entry"]) for row in rows})


def _by_reason(rows: list[Row], column: str, order: Iterable[str]) -> dict[str, int]:
    counts = {reason: _distinct([row for row in rows if row[column] == reason], "report_id") for reason in order}
    return {reason: n for reason, n in counts.items() if n}


def _column(ledger: list[Row], sources: Mapping[str, Source], reasons: list[str], kinds: tuple[str, ...]) -> Column:
    rows = [row for row in ledger if row["source_kind"] in kinds]

    def fate(*names: str) -> list[Row]:
        return [row for row in rows if row["fate"] in names]

    def reports(*names: str) -> int:
        return _distinct(fate(*names), "report_id")

    records = [row for row in rows if row["kind"] == "record"]
    duplicates = fate("duplicate")
    by_person = [row for row in duplicates if row["duplicate_by"] == "person"]
    excluded = fate("excluded_on_abstract")
    assessed = ("excluded_on_full_text", "ongoing", "awaiting_classification", "included")
    sought = (*assessed, "not_retrieved", "to_assess", "assessment_conflict")
    return Column(
        identified=_identified(records, sources, kinds),
        duplicates_by_rule=_entries(duplicates) - _entries(by_person),
        duplicates_by_person=_entries(by_person),
        unreadable=_entries(fate("rejected")),
        automation=reports("excluded_by_automation"),
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


def _identified(
    records: list[Row], sources: Mapping[str, Source], kinds: tuple[str, ...]
) -> dict[str, list[tuple[str, int]]]:
    """By heading, each source with its records; two sources may have one name."""
    identified: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for key, source in sources.items():
        if source.kind in kinds:
            heading = {"database": "Databases", "register": "Registers"}.get(source.kind, source.method)
            identified[heading].append((source.name, _entries(row for row in records if row["source"] == key)))
    return dict(identified)

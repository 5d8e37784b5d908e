"""Every table that people edit: one pydantic model a row, and reading with every fault named by line and column.

The JSON schemas of these tables in ``workflow/schemas`` are made from the models.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, PrivateAttr, TypeAdapter, ValidationError

from .cells import Count, Filled, Finite, Identifier, Number, Row
from .config import Day, Moment
from .config.measures import ESTIMATES, Reported
from .problems import InputError, Problem, cell, nearest, show

_NUMBER: TypeAdapter[float | None] = TypeAdapter(Number)

WITHDRAWN = "withdrawn"
"""The decision of a row that takes back the one which it supersedes, at any stage."""


class Decision(Row):
    """What one reviewer decided on one record at one stage. Files only grow; a later row supersedes an earlier one.

    ``withdrawn`` takes the decision back that it supersedes: what stood before it stands again.
    """

    decision_id: Identifier
    record_id: Filled = Field(description="any record of the report; ids are listed in results/search/records.csv")
    stage: Literal["title_abstract", "full_text"]
    reviewer: Filled
    decision: Literal["include", "exclude", "unsure", "not_retrieved", "ongoing", "awaiting", "withdrawn"]
    reason: str = Field("", description="key of eligibility.reasons; required for exclude")
    note: str = ""
    decided_at: Moment
    supersedes: str = Field("", description="decision_id of the row that this one replaces, or takes back")


class Verdict(Row):
    """What one person says of two records: the same report, different ones, or linked but not duplicates."""

    decision_id: Identifier
    record_id_1: Filled
    record_id_2: Filled
    verdict: Literal["same", "different", "link"]
    reviewer: Filled
    note: str = ""
    decided_at: Day
    supersedes: str = ""


class Sampled(Row):
    """A record of a report drawn at random from the unread ones, to say how many relevant ones may be among them."""

    draw: Identifier = Field(description="what the rows of one draw share; the last draw of the file counts")
    record_id: Filled
    unread: int = Field(ge=1, description="reports that were unread when the sample was drawn")
    found: int = Field(ge=0, description="relevant reports that had been found then")
    seed: int
    drawn_at: Day
    reports: Count = Field(
        None, description="reports there were in all then, read or not; those that came later are not covered"
    )


class Alias(Row):
    """A record whose id changed because its database corrected it: decisions on the old id count for the new one."""

    old_record_id: Filled
    record_id: Filled
    note: str = ""


class Study(Row):
    """One study: its reports, by any record of each, and its characteristics (further columns: config.yaml)."""

    study_id: Identifier
    label: Filled
    design: Literal["randomised", "controlled", "other"]
    records: Filled = Field(description="record ids, one of each report, parted by ;")
    extraction: Literal["", "done", "no_usable_figures"] = Field(
        "", description="empty: still to do; done; or no_usable_figures, said with the reason in extraction_note"
    )
    extraction_note: str = ""

    @property
    def record_ids(self) -> list[str]:
        """The record ids, in the order given."""
        return [part.strip() for part in self.records.split(";") if part.strip()]


class Arm(Row):
    """One arm of one study, as randomised or assigned."""

    study_id: Identifier
    arm: Identifier
    label: Filled
    n: Count = None
    treatment: str = Field("", description="which treatment of a network it is; needed where config.yaml has networks")
    note: str = ""


class Contrast(Row):
    """Which two arms of a study make a comparison that config.yaml declares: arm_1 against arm_2."""

    comparison: Identifier
    study_id: Identifier
    arm_1: Identifier
    arm_2: Identifier
    note: str = ""


class Extracted(Row):
    """The figures of one arm for one outcome, time point and unit of analysis, as its source reports them.

    Of a mean, ``sd`` or what it follows from: ``se``, the 95% interval, or ``t`` or ``p`` of the difference (in the row of
    either arm; of a comparator that several arms share, in that of the other one); or a median with its quartiles, its
    range or both.

    ``status``, ``source`` and ``place`` hold for every figure of the row, or name figures one by one:
    ``events=stated; n=inferred``.
    """

    study_id: Identifier
    outcome: Identifier
    arm: Identifier
    definition: str = ""
    timepoint: Filled
    weeks: Number = Field(None, description="the time point as a number of weeks, for choosing between time points")
    unit_of_analysis: Filled
    events: Count = None
    n: Count = None
    time: Number = Field(None, description="person-time at risk, for rates, in one unit throughout an outcome")
    mean: Number = None
    sd: Number = None
    se: Number = Field(None, description="standard error of the mean, where no sd is reported")
    ci_low: Number = Field(None, description="95% interval of the mean, where no sd is reported")
    ci_high: Number = None
    median: Number = None
    q1: Number = Field(None, description="quartiles beside the median; q1 and q3, not their distance")
    q3: Number = None
    minimum: Number = Field(None, description="ends of the range beside the median")
    maximum: Number = None
    t: Number = Field(None, description="t value of the difference to the arm that this one is compared with")
    p: Number = Field(None, description="two-sided P value of that t test, where no t is reported")
    percent: Number = None
    reversed: Literal["", "yes"] = Field(
        "", description="yes where the scale of the study runs the other way than that of the outcome: MD, SMD, SMDH"
    )
    pool: Literal["yes", "sensitivity", "no"]
    status: Filled = Field(description="stated, derived or inferred")
    source: Filled = Field(description="source_id of review/citations.csv")
    place: Filled = Field(description="where it stands in the source")
    note: str = ""
    _converted: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def converted(self) -> dict[str, str]:
        """Figures that the row does not report, each with what it was converted from."""
        return self._converted


class Estimate(Row):
    """A contrast that a study reports as such (a hazard ratio, a difference), of arm_1 against arm_2.

    Three forms, one a row: ``estimate`` with its 95% interval; ``estimate`` with ``se``, for a ratio that of its
    logarithm; or ``o_e`` and ``v`` of a log-rank test (HR, PETO).
    """

    study_id: Identifier
    outcome: Identifier
    comparison: Identifier
    arm_1: Identifier
    arm_2: Identifier
    definition: str = ""
    timepoint: Filled
    weeks: Number = None
    unit_of_analysis: Filled
    measure: Reported
    estimate: Number = None
    ci_low: Number = None
    ci_high: Number = None
    se: Number = None
    o_e: Number = Field(None, description="observed less expected events of arm_1")
    v: Number = Field(None, description="variance of o_e")
    reversed: Literal["", "yes"] = Field("", description="as in the tables by arm: MD, SMD, GEN")
    n_1: Count = Field(None, description="people of each arm in the analysis, where the source says it")
    n_2: Count = None
    pool: Literal["yes", "sensitivity", "generic", "no"] = Field(
        description="generic: shown beside a synthesis of another measure, with that as the reason"
    )
    status: Filled
    source: Filled
    place: Filled
    note: str = ""


class Signal(Row):
    """One answer to one signalling question of RoB 2, for one result: a study's figures for one outcome."""

    study_id: Identifier
    outcome: Identifier
    question: str = Field(pattern=r"^[1-5]\.[1-7]$")
    answer: Literal["", "Y", "PY", "PN", "N", "NI", "NA"] = Field(description="empty: not answered yet")
    support: str = Field("", description="what the source says")
    source: str = ""
    assessor: str = Field(description="who answered; required beside an answer")


class Registration(Row):
    """What a trial register says of one study."""

    registry_id: Filled
    record_id: Filled
    status: str = ""
    phase: str = ""
    design: str = ""
    enrolment: Count = None
    arms: str = ""
    primary_outcomes: str = ""
    secondary_outcomes: str = ""
    follow_up: str = ""
    start: str = ""
    completion: str = ""
    country: str = ""
    sponsor: str = ""
    source: Filled
    note: str = ""


class PublishedEstimate(Row):
    """A pooled estimate that a published review prints, for an outcome of config.yaml."""

    review_id: Identifier
    outcome: Identifier
    subgroup: str = Field("", description="empty for the main analysis; otherwise 'subgroup key: level'")
    measure: Filled
    estimate: Finite
    ci_low: Number = None
    ci_high: Number = None
    studies: str = ""
    participants: str = ""
    note: str = ""
    source: Filled


class Discrepancy(Row):
    """A fault in a source, or a disagreement between sources, and what was done about it."""

    subject: Filled = Field(description="study label, or review")
    study_id: str = ""
    printed: Filled
    finding: Filled
    handling: Filled
    source: Filled


class Citation(Row):
    """Where extracted figures were read."""

    source_id: Identifier
    what: Filled
    where: Filled
    read_as: str = ""


AnyRow = TypeVar("AnyRow", bound=Row)

PEOPLE: dict[str, tuple[type[Row], tuple[str, ...]]] = {
    "review/decisions/screening.csv": (Decision, ("decision_id",)),
    "review/decisions/fulltext.csv": (Decision, ("decision_id",)),
    "review/decisions/sample.csv": (Sampled, ("draw", "record_id")),
    "review/decisions/duplicates.csv": (Verdict, ("decision_id",)),
    "review/decisions/aliases.csv": (Alias, ("old_record_id",)),
    "review/studies.csv": (Study, ("study_id",)),
    "review/arms.csv": (Arm, ("study_id", "arm")),
    "review/comparisons.csv": (Contrast, ("comparison", "study_id", "arm_1", "arm_2")),
    ESTIMATES: (
        Estimate,
        ("study_id", "outcome", "comparison", "arm_1", "arm_2", "timepoint", "unit_of_analysis", "measure"),
    ),
    "review/bias/rob2.csv": (Signal, ("study_id", "outcome", "question")),
    "review/registrations.csv": (Registration, ("registry_id",)),
    "review/published.csv": (PublishedEstimate, ("review_id", "outcome", "subgroup")),
    "review/discrepancies.csv": (Discrepancy, ()),
    "review/citations.csv": (Citation, ("source_id",)),
}
"""Every table that a person edits, by its path in a review folder: the model of a row, and what is unique."""

LOG = "review/decisions/screening_log.csv"
"""What the screening page showed to whom. It is kept by the program and is there only once the page was used."""

EXTRACTED: tuple[type[Row], tuple[str, ...]] = (
    Extracted,
    ("study_id", "outcome", "arm", "timepoint", "unit_of_analysis"),
)
"""The extraction tables, whose paths config.yaml gives."""


def header(path: str) -> list[str]:
    """The columns of a people's table, in order."""
    model, _ = PEOPLE.get(path, EXTRACTED)
    return list(model.model_fields)


def read_people(path: str | Path, extra: dict[str, str] | None = None, root: Path | None = None) -> list[Any]:
    """Read and check one table that a person edits.

    Parameters
    ----------
    path : str
        A key of `PEOPLE`, or the path of an extraction table, relative to the review folder.
    extra : dict, optional
        Further columns that the configuration declares: name -> ``text`` or ``number``.
    root : Path, optional
        The review folder; the current folder by default.

    Returns
    -------
    list of Row
        In the order of the file.

    Raises
    ------
    InputError
        With one problem for each faulty cell, naming line and column; nothing is skipped.
    """
    name = str(path)
    model, key = PEOPLE.get(name, EXTRACTED)
    return list(_parse(name, _read_text((root or Path()) / name, name), model, key, extra or {}))


def parse_people(name: str, text: str, skipped: int = 0) -> list[Any]:
    """Read and check the text of one table of `PEOPLE`, as `read_people` does.

    Parameters
    ----------
    name : str
        Its path in a review folder.
    text : str
        The header, and rows.
    skipped : int
        Lines of the file that were left out between the header and these rows; the rows' lines count them.
    """
    model, key = PEOPLE[name]
    rows = list(_parse(name, text, model, key, {}))
    for row in rows:
        row._line += skipped
    return rows


def _read_text(path: Path, name: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        mend = f"Make it, with this first line: {','.join(header(name))}"
        raise InputError(Problem(name, "no such file", "a table", mend)) from error
    return decode(name, data)


def decode(name: str, data: bytes) -> str:
    """The text of a table, from its bytes.

    Raises
    ------
    InputError
        For bytes that are no text in UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            Problem(
                cell(name, line),
                f"bytes that are not UTF-8 ({data[error.start : error.start + 4]!r})",
                "a CSV file in UTF-8",
                "In a spreadsheet, save it as 'CSV UTF-8'.",
            )
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise InputError(
            Problem(cell(name, line), "a NUL character", "text", "Is this a spreadsheet file? Save as CSV.")
        )
    return text


def _parse(name: str, text: str, model: type[AnyRow], key: tuple[str, ...], extra: dict[str, str]) -> Iterator[AnyRow]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    problems: list[Problem] = []
    rows: list[AnyRow] = []
    seen: dict[tuple[Any, ...], int] = {}
    line = 1
    try:
        columns = [column.strip() for column in next(reader, [])]
        problems += _check_header(name, columns, model, extra)
        if problems:
            raise InputError(*problems)
        line = reader.line_num + 1
        for cells in reader:
            here, line = line, reader.line_num + 1
            if not any(value.strip() for value in cells):
                continue
            if len(cells) != len(columns):
                found = f"{len(cells)} cells"
                mend = "A comma inside a cell needs quotes around the cell."
                problems.append(Problem(cell(name, here), found, f"{len(columns)}, as in the header", mend))
                continue
            row, faults = _row(name, here, dict(zip(columns, cells, strict=True)), model, extra)
            problems += faults
            if row is None:
                continue
            identity = tuple(getattr(row, column) for column in key)
            if key and identity in seen:
                where = cell(name, here, " + ".join(key))
                value = show(" / ".join(map(str, identity)))
                problems.append(Problem(where, f"{value} again (first in line {seen[identity]})", "a row of its own"))
            seen.setdefault(identity, here)
            rows.append(row)
    except csv.Error as error:
        mend = "Is a quote opened in this row that is never closed?"
        problems.append(
            Problem(cell(name, line), f"a row that cannot be read ({error})", "comma-separated values", mend)
        )
    if problems:
        raise InputError(*problems)
    yield from rows


def _check_header(name: str, columns: list[str], model: type[Row], extra: dict[str, str]) -> list[Problem]:
    known = [*model.model_fields, *extra]
    parted = next((word for mark, word in ((";", ";"), ("\t", "tabs")) if len(columns) == 1 and mark in columns[0]), "")
    if parted:
        return [
            Problem(cell(name, 1), f"columns parted by {parted}", "by commas", "Save the table as comma-separated CSV.")
        ]
    if not any(columns) or columns[0].startswith("sep="):
        found = "an empty line" if not any(columns) else show(",".join(columns))
        return [Problem(cell(name, 1), found, f"the header: {','.join(known)}", "Remove this line.")]
    problems = [
        Problem(cell(name, 1), f"an unknown column {show(c)}", f"columns among {', '.join(known)}", nearest(c, known))
        for c in columns
        if c not in known
    ]
    problems += [
        Problem(cell(name, 1), f"the column {show(column)} twice", "each column once")
        for column in sorted(set(columns))
        if columns.count(column) > 1
    ]
    required = [field for field, info in model.model_fields.items() if info.is_required()] + list(extra)
    absent = [column for column in required if column not in columns]
    if absent:
        problems.append(Problem(cell(name, 1), "no column " + ", ".join(map(show, absent)), ", ".join(known)))
    return problems


def _row(
    name: str, line: int, values: dict[str, str], model: type[AnyRow], extra: dict[str, str]
) -> tuple[AnyRow | None, list[Problem]]:
    problems = []
    own: dict[str, Any] = {}
    for column, kind in extra.items():
        value = values.pop(column).strip()
        if kind == "number":
            try:
                own[column] = _NUMBER.validate_python(value)
            except ValidationError:
                problems.append(Problem(cell(name, line, column), show(value), "a number, or nothing"))
        else:
            own[column] = value
    try:
        row = model.model_validate(values)
    except ValidationError as error:
        return None, problems + [_explain(name, line, fault) for fault in error.errors()]
    row._line = line
    row._extra = own
    return (None if problems else row), problems


_EXPECTED = {"finite_number": "a number", "string_too_short": "a value; this cell is required"}


def _explain(name: str, line: int, fault: Any) -> Problem:
    column = str(fault["loc"][0]) if fault["loc"] else None
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "literal_error":
        expected = "one of " + context["expected"].replace("'", "").replace(" or ", ", ").removeprefix(", ")
    elif kind == "string_pattern_mismatch":
        expected = f"a value of the form {context['pattern']}"
    elif kind == "greater_than_equal":
        expected = f"a number of at least {context['ge']}"
    else:
        expected = _EXPECTED.get(kind, fault["msg"].removeprefix("Value error, "))
    return Problem(cell(name, line, column), show(fault["input"]), expected)

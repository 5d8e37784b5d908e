"""What people decided on pairs of records: which rows count, whether they agree, and what they bind."""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..aliases import present, unknown_record
from ..people import Verdict
from ..problems import InputError, Problem, cell, nearest, show

TABLE = "review/decisions/duplicates.csv"


@dataclass(frozen=True, slots=True)
class Ruling:
    """One live verdict on two records that exist, under their present ids; the smaller id stands first."""

    first: str
    second: str
    verdict: Verdict

    @property
    def words(self) -> str:
        """The verdict as a reason: ``verdict D-12 by NAME``."""
        return f"verdict {self.verdict.decision_id} by {self.verdict.reviewer}"


@dataclass(frozen=True, slots=True)
class Rulings:
    """Live verdicts by what they bind: records that are one report, and records that are not.

    ``apart`` holds the verdicts `different` and `link`; ``links`` only the latter.
    """

    same: tuple[Ruling, ...]
    apart: tuple[Ruling, ...]

    @property
    def links(self) -> tuple[Ruling, ...]:
        """Verdicts that two records belong together without being duplicates."""
        return tuple(ruling for ruling in self.apart if ruling.verdict.verdict == "link")


def read(verdicts: Sequence[Verdict], records: Sequence[str], aliases: Mapping[str, str]) -> Rulings:
    """Take the live verdicts and check that they can all hold at once.

    Parameters
    ----------
    verdicts : sequence of Verdict
        The rows of ``review/decisions/duplicates.csv``, in their order.
    records : sequence of str
        Every record id that exists.
    aliases : mapping
        Former record id -> record id.

    Raises
    ------
    InputError
        With one problem for each unknown id, each row that supersedes nothing, and each contradiction; also one that
        follows from several rows.
    """
    problems = _faulty_supersedes(verdicts, aliases)
    superseded = {row.supersedes for row in verdicts if row.supersedes}
    known = set(records)
    same, apart = [], []
    for row in verdicts:
        if row.decision_id in superseded:
            continue
        faults = _unknown(row, known, aliases)
        first, second = sorted((present(row.record_id_1, aliases), present(row.record_id_2, aliases)))
        if faults:
            problems += faults
        elif first != second:
            (same if row.verdict == "same" else apart).append(Ruling(first, second, row))
        elif row.verdict != "same" or row.record_id_1 == row.record_id_2:
            problems.append(Problem(cell(TABLE, row.line), f"one record, {show(first)}, twice", "two records"))
    problems += _contradictions(same, apart)
    if problems:
        raise InputError(*problems)
    return Rulings(tuple(same), tuple(apart))


def _unknown(row: Verdict, known: set[str], aliases: Mapping[str, str]) -> list[Problem]:
    problems = []
    for column in ("record_id_1", "record_id_2"):
        named = getattr(row, column)
        found = present(named, aliases)
        if found not in known:
            problems.append(unknown_record(cell(TABLE, row.line, column), named, sorted(known), found))
    return problems


def _faulty_supersedes(verdicts: Sequence[Verdict], aliases: Mapping[str, str]) -> list[Problem]:
    problems = []
    earlier: dict[str, Verdict] = {}
    for row in verdicts:
        replaced = earlier.get(row.supersedes)
        where = cell(TABLE, row.line, "supersedes")
        if row.supersedes and replaced is None:
            mend = nearest(row.supersedes, list(earlier))
            problems.append(Problem(where, show(row.supersedes), "the decision_id of an earlier row", mend))
        elif replaced is not None and _pair(row, aliases) != _pair(replaced, aliases):
            found = (
                f"{show(row.supersedes)}, which is about other records ({', '.join(sorted(_pair(replaced, aliases)))})"
            )
            problems.append(Problem(where, found, "a row on the same two records"))
        earlier[row.decision_id] = row
    return problems


def _pair(row: Verdict, aliases: Mapping[str, str]) -> set[str]:
    return {present(row.record_id_1, aliases), present(row.record_id_2, aliases)}


def _contradictions(same: Sequence[Ruling], apart: Sequence[Ruling]) -> list[Problem]:
    """Pairs that one row keeps apart and others make one, directly or through further records."""
    joined: defaultdict[str, list[tuple[str, Ruling]]] = defaultdict(list)
    for ruling in same:
        joined[ruling.first].append((ruling.second, ruling))
        joined[ruling.second].append((ruling.first, ruling))
    problems = []
    for ruling in apart:
        path = _path(ruling.first, ruling.second, joined)
        if not path:
            continue
        row = ruling.verdict
        said = "linked but not duplicates" if row.verdict == "link" else "different"
        against = ", ".join(f"{other.decision_id} (line {other.line}, {other.reviewer})" for other in path)
        found = (
            f"{show(ruling.first)} and {show(ruling.second)} {said} by {row.decision_id} ({row.reviewer}), "
            f"but the same by {against}"
        )
        names = " or ".join([other.decision_id for other in path] + [row.decision_id])
        mend = f"Decide which holds, and add a row whose supersedes is the one that does not: {names}."
        problems.append(Problem(cell(TABLE, row.line), found, "verdicts that can all hold", mend))
    return problems


def _path(start: str, end: str, joined: Mapping[str, list[tuple[str, Ruling]]]) -> list[Verdict]:
    """The fewest verdicts that make two records the same, or an empty list."""
    came: dict[str, tuple[str, Ruling] | None] = {start: None}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for following, ruling in joined.get(here, ()):
            if following not in came:
                came[following] = (here, ruling)
                waiting.append(following)
    path = []
    step = came.get(end)
    while step is not None:
        path.append(step[1].verdict)
        step = came[step[0]]
    return path[::-1]

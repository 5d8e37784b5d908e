"""A batch out, a labelled file in."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...problems import InputError, Problem, show
from ...tables import read_parquet, whole
from ...wording import many
from ..course import settings_hash
from ..decisions import ALLOWED
from ..desk import Desk, Wish
from ..order import ordered
from ..shelf import REPORTS
from ..showings import Showings
from . import exports, sheet
from .labels import Label, Vocabulary
from .match import Matcher

FORMS = (".xlsx", ".ris")


@dataclass(frozen=True)
class Asked:
    """What the command says of a labelled file."""

    named: str = ""
    decision: str = ""
    reasons: tuple[str, ...] = ()
    partly: bool = False


def export(desk: Desk, path: Path, count: int) -> str:
    """Write the next reports in ranked order to a workbook or a RIS file; what to say of it.

    Raises
    ------
    InputError
        For another form of file, one that exists, or when nothing waits.
    """
    if path.suffix.lower() not in FORMS:
        raise InputError(Problem("--export", show(path), "a file .xlsx or .ris"))
    if path.exists():
        raise InputError(Problem("--export", f"{show(path)}, which exists", "a new file", "It may hold labels."))
    batch = sorted(ordered(desk), key=lambda one: not desk.has_share(one[0]))[:count]
    if not batch:
        raise InputError(Problem("--export", f"nothing that waits for {desk.reviewer}", "reports to screen"))
    wanted = {report for report, _ in batch}
    held = {row["report_id"]: row for row in read_parquet(desk.root / REPORTS) if row["report_id"] in wanted}
    if path.suffix.lower() == ".ris":
        with whole(path) as part:
            text = exports.write_ris((desk.record(report), held[report]) for report, _ in batch)
            part.write_text(text, encoding="utf-8")
    else:
        rows = [held[report] | {"record_id": desk.record(report), "rank": at.rank or None} for report, at in batch]
        sheet.write(path, rows, ALLOWED[desk.stage], desk.reasons)
    log = Showings(desk.root, desk.reviewer, desk.stage, settings_hash(desk.config.screening.stopping))
    log.add([(desk.record(report), "export", at) for report, at in batch])
    return f"{many(len(batch), 'report')} in {path}. When they are labelled: --import {path}"


def take_in(desk: Desk, path: Path, asked: Asked) -> str:
    """Write the labels of a file down as decisions; what to say of it. All are written, or none.

    Raises
    ------
    InputError
        For every label that cannot be used, and for entries without a report unless only a part is asked for.
    """
    words = Vocabulary(desk.stage, desk.reasons, _declared(asked.reasons, desk.reasons))
    labels, others = _labels(desk, path, asked, words)
    sorted_out = _sort_out(desk, labels)
    problems = sorted_out.opposed
    if sorted_out.lost and not asked.partly:
        found = many(len(sorted_out.lost), "entry", "entries") + " without a report"
        problems = [*problems, *sorted_out.lost, Problem(str(path), found, "none", "Leave them out: --partly")]
    if problems:
        raise InputError(*problems)
    written = desk.decide_all(sorted_out.wishes)
    return "\n".join(_said(path, len(labels), sorted_out, written, others))


@dataclass
class _Sorted:
    """What the entries of a file come to: each is in one of them, or repeats a wish."""

    wishes: list[Wish] = field(default_factory=list)
    lost: list[Problem] = field(default_factory=list)
    opposed: list[Problem] = field(default_factory=list)
    undecided: int = 0
    repeated: int = 0


def _sort_out(desk: Desk, labels: list[Label]) -> _Sorted:
    matcher, out = Matcher(desk), _Sorted()
    first: dict[str, Label] = {}
    for label in labels:
        report, why = matcher.find(label)
        if not report or report not in desk.reports:
            why = why or f"{report} is not screened at this stage"
            found = f"{show(label.title or label.record_id)} ({why})"
            out.lost.append(Problem(label.where, found, "a report of this stage"))
        elif not label.decision:
            out.undecided += 1
        elif report not in first:
            first[report] = label
            out.wishes.append(Wish(report, label.decision, label.reason, label.note))
        elif (first[report].decision, first[report].reason) == (label.decision, label.reason):
            out.repeated += 1
        else:
            said = f"{label.decision} on a report that {first[report].where} has as {first[report].decision}"
            out.opposed.append(Problem(label.where, said, "one decision on a report"))
    return out


def _labels(desk: Desk, path: Path, asked: Asked, words: Vocabulary) -> tuple[list[Label], dict[str, int]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(Problem("--import", f"{show(path)} ({error.strerror})", "a labelled file")) from error
    try:
        every = words.decision(asked.decision, "--decision")
    except ValueError as fault:
        raise InputError(fault.args[0]) from fault
    rows = sheet.read(data, str(path))
    if rows is not None and every:
        found = f"{every} for all rows of a sheet that has a decision for each"
        raise InputError(Problem("--decision", found, "nothing; it is for lists of Covidence"))
    if rows is not None:
        return sheet.labels(rows, str(path), words), {}
    return exports.read(path, asked.named or desk.reviewer, every, words)


def _declared(given: tuple[str, ...], reasons: Mapping[str, str]) -> dict[str, str]:
    """``words=KEY`` -> words: key."""
    found = {}
    for text in given:
        words, mark, key = text.rpartition("=")
        if not mark or key not in reasons:
            expected = "WORDS=KEY with a key of eligibility.reasons: " + ", ".join(reasons)
            raise InputError(Problem("--reason", show(text), expected))
        found[words.strip()] = key
    return found


def _said(path: Path, entries: int, out: _Sorted, written: list[str], others: Mapping[str, int]) -> list[str]:
    """What became of every entry of a file; the numbers add up to the entries."""
    counts = Counter(wish.decision for wish in out.wishes if wish.report in set(written))
    each = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    lines = [
        f"{path}: {many(entries, 'entry', 'entries')}",
        f"  written: {len(written)}" + (f" ({each})" if each else ""),
        f"  stood so already: {len(out.wishes) - len(written)}; repeated in the file: {out.repeated}",
        f"  without a decision: {out.undecided}; without a report: {len(out.lost)}",
        *(f"    {problem.where}: {problem.found}" for problem in out.lost),
    ]
    if others:
        named = ", ".join(f"{name} ({count})" for name, count in sorted(others.items()))
        lines.append(f"  decisions of others, each for an import of its own: {named}")
    return lines

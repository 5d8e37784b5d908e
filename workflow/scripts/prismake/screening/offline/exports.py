"""Labels in the exports of other programs: RIS with our own lines, Rayyan's and Covidence's CSV and RIS.

Their readers are those of searches; the labels stand in the notes.

- A batch that prismake wrote as RIS has lines ``PRISMAKE-DECISION: include`` in N1.
- Rayyan writes ``RAYYAN-INCLUSION: {"Ann"=>"Included", "Bob"=>"Maybe"} | RAYYAN-EXCLUSION-REASONS: wrong population``
  into the notes; a decision has a name, reasons do not. Notes follow as ``USER-NOTES: {"Ann"=>["a note", "another"]}``.
- Covidence exports one list at a time and no votes: the decision is that of the whole file, and the notes of an excluded
  study say ``Exclusion reason: Wrong study design;``.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ...dedup.files import read_files
from ...problems import InputError, Problem, show
from ...search.ris_out import to_ris
from .labels import Label, Vocabulary

_OWN = re.compile(r"PRISMAKE-(RECORD|DECISION|REASON):([^|\n]*)")
_OWN_NOTE = re.compile(r"PRISMAKE-NOTE:(.*?)(?=\s*\|\s*(?:PRISMAKE|RAYYAN|USER)-[A-Z-]+:|\Z)", re.DOTALL)
_RAYYAN = re.compile(r"RAYYAN-INCLUSION:\s*\{([^}]*)\}")
_VOTE = re.compile(r"\"((?:[^\"\\]|\\.)*)\"\s*=>\s*\"([^\"]*)\"")
_RAYYAN_REASONS = re.compile(r"RAYYAN-EXCLUSION-REASONS:\s*(.*?)\s*(?:\||$)", re.MULTILINE)
_RAYYAN_NOTES = re.compile(r"\bUSER-NOTES:\s*\{(.*)\}", re.DOTALL)
_QUOTED = r"\"((?:[^\"\\]|\\.)*)\""
_NOTES_OF_ONE = re.compile(_QUOTED + r"\s*=>\s*\[((?:\s*\"(?:[^\"\\]|\\.)*\"\s*,?)*)\s*\]")
_COVIDENCE_REASON = re.compile(r"Exclusion reason:\s*([^;|]*)", re.IGNORECASE)


def write_ris(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """Reports as RIS, each with empty lines for a decision, a reason and a note: record id, row of REPORTS."""
    entries = []
    for record, report in rows:
        lines = [f"N1  - PRISMAKE-{word}: " for word in ("DECISION", "REASON", "NOTE")]
        own = "\n".join([f"N1  - PRISMAKE-RECORD: {record}", *lines])
        entries.append(to_ris(record, report).replace("\nER  - ", f"\n{own}\nER  - "))
    return "".join(entries)


def read(path: Path, name: str, decision: str, words: Vocabulary) -> tuple[list[Label], dict[str, int]]:
    """The labels of one person in an export.

    Parameters
    ----------
    path : Path
    name : str
        Who this person is in the file, for Rayyan's exports.
    decision : str
        The decision on every entry, for Covidence's exports; empty where the entries say it.
    words : Vocabulary

    Returns
    -------
    labels : list of Label
        One an entry.
    others : dict
        Other people that the file names -> how many decisions of theirs it holds.

    Raises
    ------
    InputError
        When the file cannot be read, an entry cannot be used, or the file says nothing of decisions.
    """
    entries, exports, _ = read_files([str(path)])
    problems = [
        Problem(f"{path}, line {row['line']}", show(row["found"]), "an entry that can be read", row["why"])
        for row in exports[0].rejects
    ]
    labels: list[Label] = []
    others: Counter[str] = Counter()
    for entry in entries:
        where = f"{path}, line {entry['line']}"
        notes = entry["notes"] or ""
        votes = {voter: vote for held in _RAYYAN.findall(notes) for voter, vote in _VOTE.findall(held)}
        others.update(voter for voter in votes if voter != name)
        own = {word: value.strip() for word, value in _OWN.findall(notes)}
        own["NOTE"] = _first(_OWN_NOTE, notes) or _rayyan_note(notes, name)
        try:
            said = words.decision(own.get("DECISION", ""), where)
            if decision and said and said != decision:
                raise ValueError(Problem(where, f"the decision {said}", f"{decision}, as --decision says, or none"))
            labels.append(_label(entry, where, decision or said or votes.get(name, ""), own, notes, words))
        except ValueError as fault:
            problems.append(fault.args[0])
    if problems:
        raise InputError(*problems)
    if not any(label.decision for label in labels):
        raise InputError(_says_nothing(path, name, others))
    return labels, dict(others)


def _label(
    entry: Mapping[str, Any], where: str, said: str, own: Mapping[str, str], notes: str, words: Vocabulary
) -> Label:
    decision = words.decision(said, where)
    reason = ""
    if decision == "exclude":
        given = own.get("REASON", "") or _first(_RAYYAN_REASONS, notes) or _first(_COVIDENCE_REASON, notes)
        reason = words.reason(given, where)
    return Label(
        where,
        own.get("RECORD", ""),
        entry["doi"] or "",
        entry["pmid"] or "",
        entry["title"] or entry["title_other"] or "",
        entry["year"],
        decision,
        reason,
        own.get("NOTE", ""),
    )


def _rayyan_note(notes: str, name: str) -> str:
    """The notes of one person in an export of Rayyan; one person's alone, as the decisions are."""
    said = [
        re.sub(r"\\(.)", r"\1", one)
        for held in _RAYYAN_NOTES.findall(notes)
        for voter, listed in _NOTES_OF_ONE.findall(held)
        if voter == name
        for one in re.findall(_QUOTED, listed)
    ]
    return "; ".join(said)


def _first(form: re.Pattern[str], text: str) -> str:
    match = form.search(text)
    return match.group(1).strip() if match else ""


def _says_nothing(path: Path, name: str, others: Mapping[str, int]) -> Problem:
    if others:
        named = ", ".join(f"{show(other)} ({count})" for other, count in sorted(others.items()))
        return Problem(str(path), f"decisions of {named}", f"some of {show(name)}", "Say who it is: --named NAME.")
    mend = "Where every entry of the file has one, as in a list that Covidence exports, say it: --decision exclude."
    return Problem(str(path), "no decision", "labelled entries", mend)

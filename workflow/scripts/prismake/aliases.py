"""Record ids that changed: a record that its database corrected keeps what people decided on it.

``review/decisions/aliases.csv`` says which id became which. The former id may still be that of a record, since no export
is ever replaced: both are then one record.
"""

from collections.abc import Collection, Iterable, Mapping

from .people import Alias
from .problems import InputError, Problem, cell, nearest, show

TABLE = "review/decisions/aliases.csv"


def present(record_id: str, aliases: Mapping[str, str]) -> str:
    """The present id of a record, through every alias.

    Raises
    ------
    InputError
        When aliases lead back to where they began.
    """
    passed = [record_id]
    while (following := aliases.get(passed[-1])) is not None:
        if following in passed:
            ring = " -> ".join([*passed, following])
            raise InputError(
                Problem(TABLE, f"ids that lead back to themselves ({ring})", "an id that exists at the end")
            )
        passed.append(following)
    return passed[-1]


def check_aliases(rows: Iterable[Alias], known: Collection[str]) -> dict[str, str]:
    """Former id -> following id.

    Raises
    ------
    InputError
        When a chain of aliases ends at no record, or leads back to where it began.
    """
    rows = list(rows)
    aliases = {row.old_record_id: row.record_id for row in rows}
    problems = [
        unknown_record(cell(TABLE, row.line, "record_id"), row.record_id, known)
        for row in rows
        if present(row.old_record_id, aliases) not in known and row.record_id not in aliases
    ]
    if problems:
        raise InputError(*problems)
    return aliases


def unknown_record(where: str, record_id: str, known: Iterable[str], found: str = "") -> Problem:
    """The problem of a table that names a record which no export holds; ``found`` is its id after all aliases."""
    hint = nearest(found or record_id, list(known))
    mend = "Ids are listed in results/search/records.csv. If the database changed the record, name the new id in "
    mend += f"{TABLE}."
    through = f" (by {TABLE} now {show(found)})" if found and found != record_id else ""
    return Problem(where, f"{show(record_id)}{through}", "the id of a record of this review", f"{hint} {mend}".strip())

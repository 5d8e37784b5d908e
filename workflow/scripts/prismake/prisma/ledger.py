"""The ledger: one row an entry ever read, with what became of it and who decided.

Every count of the report is a count of distinct ids over this table and the table of results.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from ..config import Source
from ..screening.decisions import previous_reports
from ..tables import FLAG, INT, LIST, TEXT

FATES = {
    "rejected": "entry that could not be read, accepted in config.yaml",
    "duplicate": "duplicate of another record",
    "excluded_by_automation": "not read: the declared rule for stopping was met, and config.yaml excludes the rest",
    "to_screen": "waits for decisions on title and abstract",
    "screening_conflict": "reviewers disagree on title and abstract",
    "excluded_on_abstract": "excluded on title and abstract",
    "to_assess": "waits for decisions on the full text",
    "assessment_conflict": "reviewers disagree on the full text",
    "not_retrieved": "the full text could not be had",
    "excluded_on_full_text": "excluded on the full text",
    "ongoing": "report of an ongoing study",
    "awaiting_classification": "cannot be classified yet",
    "included": "report of an included study",
    "included_before": "report of a study included in the previous version",
}
"""The closed list of what becomes of an entry."""

LEDGER: dict[str, str] = {
    "source": TEXT,
    "source_kind": TEXT,  # database, register, other, previous
    "run": TEXT,
    "entry": INT,
    "kind": TEXT,  # record, rejected
    "file": TEXT,
    "line": INT,
    "record_id": TEXT,
    "report_id": TEXT,
    "represents": FLAG,
    "title": TEXT,
    "duplicate_because": TEXT,
    "duplicate_by": TEXT,
    "title_abstract": TEXT,
    "title_abstract_reason": TEXT,
    "title_abstract_by": LIST,
    "full_text": TEXT,
    "full_text_reason": TEXT,
    "full_text_by": LIST,
    "note": TEXT,
    "study_id": TEXT,
    "fate": TEXT,
    "warnings": LIST,
}

_ON_ABSTRACT = {
    "to_do": "to_screen",
    "automation": "excluded_by_automation",
    "conflict": "screening_conflict",
    "exclude": "excluded_on_abstract",
}
_ON_FULL_TEXT = {
    "to_do": "to_assess",
    "conflict": "assessment_conflict",
    "not_retrieved": "not_retrieved",
    "exclude": "excluded_on_full_text",
    "ongoing": "ongoing",
    "awaiting": "awaiting_classification",
    "include": "included",
}


@dataclass(frozen=True)
class Evidence:
    """What the ledger is made from; each list has the columns of its table in `prismake.tables`."""

    entries: list[dict[str, Any]]
    rejects: list[dict[str, Any]]
    accounts: list[dict[str, Any]]
    clusters: list[dict[str, Any]]
    standing: list[dict[str, Any]]
    linked: dict[str, str]
    sources: dict[str, Source]


def build(evidence: Evidence) -> list[dict[str, Any]]:
    """Make the ledger and check that it adds up.

    Returns
    -------
    list of dict
        Columns `LEDGER`, ordered by source, run and entry.

    Raises
    ------
    ArithmeticError
        When it does not add up, with the rows at fault.
    """
    cluster = {row["record_id"]: row for row in evidence.clusters}
    standing = {(row["report_id"], row["stage"]): row for row in evidence.standing}
    kinds = {key: source.kind for key, source in evidence.sources.items()}
    previous = previous_reports(evidence.clusters, kinds)
    first_seen: dict[str, tuple[str, int]] = {}
    for entry in evidence.entries:
        place = (entry["run"], entry["entry"])
        first_seen[entry["record_id"]] = min(place, first_seen.get(entry["record_id"], place))
    rows = [_rejected(reject, kinds[reject["source"]]) for reject in evidence.rejects] + [
        _record(
            entry,
            kinds[entry["source"]],
            cluster[entry["record_id"]],
            first_seen[entry["record_id"]] != (entry["run"], entry["entry"]),
            standing,
            evidence.linked,
            previous,
        )
        for entry in evidence.entries
    ]
    rows.sort(key=lambda row: (row["source"], row["run"], row["entry"]))
    check(rows, evidence.accounts)
    return rows


def _rejected(reject: dict[str, Any], source_kind: str) -> dict[str, Any]:
    return _row(reject, source_kind) | {"kind": "rejected", "fate": "rejected", "note": reject["why"]}


def _row(place: dict[str, Any], source_kind: str) -> dict[str, Any]:
    row = {column: [] if kind == LIST else "" if kind == TEXT else None for column, kind in LEDGER.items()}
    return row | {
        "source_kind": source_kind,
        "represents": False,
        **{column: place[column] for column in ("source", "run", "entry", "file", "line")},
    }


def _record(
    entry: dict[str, Any],
    source_kind: str,
    cluster: dict[str, Any],
    seen_before: bool,
    standing: dict[tuple[str, str], dict[str, Any]],
    linked: dict[str, str],
    previous: frozenset[str],
) -> dict[str, Any]:
    report = cluster["report_id"]
    row = _row(entry, source_kind) | {
        "kind": "record",
        "record_id": entry["record_id"],
        "report_id": report,
        "represents": cluster["represents"] and not seen_before,
        "title": entry["title"] or entry["title_other"],
        "study_id": linked.get(report, ""),
        "warnings": entry["warnings"],
    }
    if seen_before:
        return row | {
            "fate": "duplicate",
            "duplicate_because": "in an earlier search of this source",
            "duplicate_by": "rule",
        }
    if not cluster["represents"]:
        return row | {
            "fate": "duplicate",
            "duplicate_because": cluster["because"],
            "duplicate_by": cluster["decided_by"],
        }
    if report in previous:
        return row | {"fate": "included_before"}
    for stage in ("title_abstract", "full_text"):
        stood = standing.get((report, stage))
        if stood is not None:
            row |= {
                stage: stood["state"],
                f"{stage}_reason": stood["reason"],
                f"{stage}_by": stood["decided_by"],
                "note": stood["note"] or row["note"],
            }
    on_abstract = _ON_ABSTRACT.get(row["title_abstract"])
    return row | {"fate": on_abstract or _ON_FULL_TEXT[row["full_text"]]}


def check(ledger: list[dict[str, Any]], accounts: list[dict[str, Any]]) -> None:
    """Check that nothing is lost or counted twice.

    For every file, parsed + rejected = entries in it; every entry has one fate of the closed list; every report is
    represented by exactly one record, and every other record of it is a duplicate.

    Raises
    ------
    ArithmeticError
        With the rows at fault.
    """
    faults = []
    places = Counter((row["source"], row["run"], row["entry"]) for row in ledger)
    faults += [f"{place} stands {n} times in the ledger" for place, n in places.items() if n > 1]
    held = Counter((row["source"], row["run"], row["kind"]) for row in ledger)
    for account in accounts:
        here = (account["source"], account["run"])
        parsed, rejected = held[*here, "record"], held[*here, "rejected"]
        if (parsed, rejected, parsed + rejected) != (account["parsed"], account["rejected"], account["entries"]):
            faults.append(
                f"{account['file']}: {account['entries']} entries were read ({account['parsed']} records, "
                f"{account['rejected']} rejected), the ledger holds {parsed} and {rejected}"
            )
    faults += [f"{row['record_id']}: fate {row['fate']!r}" for row in ledger if row["fate"] not in FATES]
    standing_for: dict[str, list[str]] = defaultdict(list)
    for row in ledger:
        if row["kind"] == "record" and row["fate"] != "duplicate":
            standing_for[row["report_id"]].append(row["record_id"])
    reports = {row["report_id"] for row in ledger if row["kind"] == "record"}
    faults += [
        f"report {report} is represented by {standing_for[report] or 'no record'}"
        for report in sorted(reports)
        if len(standing_for[report]) != 1
    ]
    if faults:
        raise ArithmeticError("the ledger does not add up:\n" + "\n".join(faults))

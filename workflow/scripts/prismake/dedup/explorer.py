"""A page for looking at duplicates: the records of a report side by side, with what differs between them marked.

The page is one file, works offline and runs nothing but its own script; every text from an export is escaped. What a
person decides on it comes out as rows for review/decisions/duplicates.csv.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Indel

from .. import text
from ..people import Verdict
from ..tables import BIBLIOGRAPHY

TEMPLATE = Path(__file__).parents[3] / "report" / "explorer.html"
"""The page around the content."""

SHOWN = 500
"""How many reports, and how many pairs, the page shows: the least certain first. It says how many it leaves out."""

_TOKEN = re.compile(r"[^\W\u2e80-\u9fff\uac00-\ud7af]+|\s+|.", re.DOTALL)
_LONG, _SHORT = 300, 40
_NUMBER = re.compile(r"D-(\d+)")
_LABELS = {
    "doi": "DOI", "pmid": "PMID", "pmcid": "PMCID", "registry_ids": "Registry numbers", "issn": "ISSN", "urls": "Links",
    "title_other": "Other title",
}  # fmt: skip
_VERDICTS = ("same", "different", "link")
_RESOLVERS = {"doi": "https://doi.org/", "pmid": "https://pubmed.ncbi.nlm.nih.gov/"}

Row = Mapping[str, Any]


def page(
    template: str,
    records: Iterable[Row],
    reports: Iterable[Row],
    merges: Sequence[Row],
    review: Sequence[Row],
    links: Sequence[Row],
    verdicts: Sequence[Verdict],
) -> str:
    """Write the page.

    Parameters
    ----------
    template : str
        The page around the content, with the marks ``<!-- pairs -->``, ``<!-- reports -->``, ``<!-- links -->`` and
        ``<!-- next -->``.
    records, reports : iterables of mappings
        Rows of `prismake.tables.ENTRIES` (of one record id, the latest run's counts) and `prismake.tables.REPORTS`.
    merges, review, links : sequences of mappings
        What `prismake.dedup.run.find_duplicates` found, in its order.
    verdicts : sequence of Verdict
        What people have decided; their ids are not given out again.
    """
    known: dict[str, Row] = {}
    for record in sorted(records, key=lambda row: (row["run"], row["entry"])):
        known[record["record_id"]] = record
    merged = {report["report_id"]: report for report in reports}
    joins = defaultdict(list)
    for merge in merges:
        joins[merge["report_id"]].append(merge)
    numbers = [int(found.group(1)) for row in verdicts if (found := _NUMBER.fullmatch(row.decision_id))]
    parts = {
        "pairs": _section(
            (_pair(row, known) for row in review[:SHOWN]), len(review), "No pair waits for a verdict.", "pairs"
        ),
        "reports": _section(
            (_report(merged[report_id], rows, known) for report_id, rows in list(joins.items())[:SHOWN]),
            len(joins),
            "No report has more than one record.",
            "reports",
        ),
        "links": _section(
            (_link(row, known) for row in links[:SHOWN]),
            len(links),
            "No records are linked without being duplicates.",
            "links",
        ),
        "next": str(max(numbers, default=0) + 1),
    }
    for name, content in parts.items():
        before, mark, after = template.partition(f"<!-- {name} -->")
        if not mark:
            raise ValueError(f"the template has no mark <!-- {name} -->")
        template = before + content + after
    return template


def _section(cards: Iterable[str], total: int, none: str, kind: str) -> str:
    if not total:
        return f"<p>{none}</p>"
    left = f"<p>{total - SHOWN} more {kind} are not shown; the tables hold all.</p>" if total > SHOWN else ""
    return "\n".join([f"<p class=count>{total} in all, the least certain first.</p>", *cards, left])


def _pair(row: Row, known: Mapping[str, Row]) -> str:
    one, two = known[row["record_id_1"]], known[row["record_id_2"]]
    head = f"<h3>Score {escape(row['score'])}</h3><p>{escape(row['why'])}</p>"
    columns = [(_heading(one), one, two), (_heading(two), two, one)]
    return _card(
        head + _table(columns) + _choice(one["record_id"], two["record_id"], _VERDICTS, "These two records are:")
    )


def _report(report: Row, merges: Sequence[Row], known: Mapping[str, Row]) -> str:
    members = [known[record_id] for record_id in report["record_ids"]]
    head = f"<h3>{escape(report['title'] or '[no title]')}</h3><p>{escape(report['report_id'])}</p>"
    columns = [("<b>Merged report</b>", report, None), *((_heading(one), one, report) for one in members)]
    return _card(head + _table(columns) + "".join(map(_merge, merges)))


def _merge(row: Row) -> str:
    said = f"{escape(row['record_id_1'])} = {escape(row['record_id_2'])}: {escape(row['rule'])}"
    if row["decided_by"] == "rule":
        return _choice(row["record_id_1"], row["record_id_2"], ("different",), said)
    return f"<p>{said}. To undo it, supersede that verdict.</p>"


def _link(row: Row, known: Mapping[str, Row]) -> str:
    one, two = known[row["record_id_1"]], known[row["record_id_2"]]
    head = f"<h3>{escape(row['relation'].capitalize())}</h3><p>{escape(row['why'])}</p>"
    return _card(head + _table([(_heading(one), one, two), (_heading(two), two, one)]))


def _card(content: str) -> str:
    return f"<article>{content}</article>"


def _heading(record: Row) -> str:
    place = f"{record['file']}, line {record['line']}"
    return f"<b>{escape(record['record_id'])}</b><br><small>{escape(place)}</small>"


def _choice(one: str, two: str, verdicts: Sequence[str], said: str) -> str:
    buttons = "".join(f"<button type=button value={verdict}>{verdict}</button>" for verdict in verdicts)
    return f'<p class=verdict data-one="{escape(one)}" data-two="{escape(two)}">{said} {buttons}</p>'


def _table(columns: Sequence[tuple[str, Row, Row | None]]) -> str:
    """A row a field, a column a record: (heading, record, what it is compared with)."""
    lines = ["<tr><th></th>" + "".join(f"<th>{heading}</th>" for heading, _, _ in columns) + "</tr>"]
    for field in BIBLIOGRAPHY:
        if any(record[field] for _, record, _ in columns):
            cells = "".join(f"<td>{_cell(field, record, other)}</td>" for _, record, other in columns)
            label = _LABELS.get(field, field.capitalize())
            lines.append(f"<tr><th>{label}</th>{cells}</tr>")
    return f"<div class=scroll><table>{''.join(lines)}</table></div>"


def _cell(field: str, record: Row, other: Row | None) -> str:
    value = _shown(record[field])
    if not value:
        return ""
    content = escape(value) if other is None else marked(value, _shown(other[field]))
    if field in _RESOLVERS and (field != "doi" or text.doi(value) == value.lower()):
        return f'<a href="{escape(_RESOLVERS[field] + value)}" rel=noreferrer>{content}</a>'
    if len(value) > _LONG:
        return f"<details><summary>{escape(value[:80])} …</summary>{content}</details>"
    return content


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value))
    return "" if value is None else str(value)


def marked(value: str, other: str) -> str:
    """The value as HTML: words that `other` does not have in ``<mark>``, words of `other` that are missing in ``<del>``.

    A value is left plain where `other` is empty.
    """
    if not other or value == other:
        return escape(value)
    mine, theirs = _TOKEN.findall(value), _TOKEN.findall(other)
    parts = []
    for step in Indel.opcodes(theirs, mine):
        here = escape("".join(mine[step.dest_start : step.dest_end]))
        if step.tag == "equal":
            parts.append(here)
        elif step.tag == "insert":
            parts.append(f"<mark>{here}</mark>")
        else:
            parts.append(_missing("".join(theirs[step.src_start : step.src_end])))
    return "".join(parts)


def _missing(words: str) -> str:
    if not words.strip():
        return ""
    return f'<del title="{escape(words)}">{escape(words) if len(words) <= _SHORT else "[…]"}</del>'

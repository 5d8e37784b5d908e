"""The PRISMA 2020 flow diagram as SVG: accessible, with links, the same bytes for the same numbers.

Layout: Page MJ and others, BMJ 2021;372:n71, figure 1, in its four forms (new or updated review, with or without
identification via other methods). What is still to do, ongoing and awaiting stands in boxes of its own, so that every
step adds up before a review is finished.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import pairwise

from .flow import Column, Flow

SIZE, LEADING, PAD, GAP_X, GAP_Y = 13, 17, 10, 30, 26
FONTS = "'DejaVu Sans', Arial, Helvetica, 'Liberation Sans', sans-serif"
WIDTHS = {"previous": 200, "main": 285, "removed": 300, "other": 285, "other_removed": 285}
FIRST_X, HEAD_Y, FIRST_Y = 50, 12, 68
LEAST = {0: 112, 4: 78}
"""Rows whose box may be shorter than the upright word beside it, and how high they are at least."""


@dataclass(frozen=True)
class Box:
    """One box: where it stands, what it says, and where a click leads: to a table of what it counts, or nowhere."""

    name: str
    column: str
    row: int
    lines: tuple[str, ...]
    link: str = ""


def n(count: int) -> str:
    """``(n = 1,234)`` with no-break spaces."""
    return f"(n\u00a0=\u00a0{count:,})"


def boxes(flow: Flow, reasons: dict[str, str]) -> list[Box]:
    """The boxes of a flow, in reading order."""
    found: list[Box] = []
    if flow.updated:
        lines = [
            f"Studies included in previous version of review {n(flow.previous_studies)}",
            f"Reports of studies included in previous version of review {n(flow.previous_reports)}",
            *_unlinked(flow.previous_without_study),
        ]
        found.append(Box("previous", "previous", 0, tuple(lines)))
    found += _column_boxes(flow.databases, "main", "removed", "", reasons)
    if flow.other is not None:
        found += _column_boxes(flow.other, "other", "other_removed", "other_", reasons)
    studies, new = ("New studies", "new ") if flow.updated else ("Studies", "")
    lines = [
        f"{studies} included in review {n(flow.studies)}",
        f"Reports of {new}included studies {n(flow.reports)}",
    ]
    if flow.reports_of_previous:
        lines.append(f"New reports of studies included before {n(flow.reports_of_previous)}")
    found.append(Box("included", "main", 4, (*lines, *_unlinked(flow.reports_without_study)), "#sec-included"))
    if flow.updated:
        lines = [
            f"Total studies included in review {n(flow.all_studies)}",
            f"Reports of total included studies {n(flow.all_reports)}",
            *_unlinked(flow.all_without_study),
        ]
        found.append(Box("total", "main", 5, tuple(lines), "#sec-included"))
    return found


def _unlinked(count: int) -> list[str]:
    return [f"Included reports not linked to a study yet {n(count)}"] if count else []


def _column_boxes(column: Column, left: str, right: str, prefix: str, reasons: dict[str, str]) -> Iterable[Box]:
    searches = "#tbl-searches" if column.identified else ""
    yield Box(f"{prefix}identified", left, 0, tuple(_identified(column)), searches)
    removed = ["Records removed before screening:", f"  Duplicate records {n(column.duplicates)}"]
    if column.duplicates_by_person:
        removed += [f"    by a reviewer's verdict {n(column.duplicates_by_person)}"]
    if column.automation:
        removed.append(f"  Records marked as ineligible by automation tools {n(column.automation)}")
    yield Box(f"{prefix}removed", right, 0, tuple(removed), searches)
    yield Box(f"{prefix}screened", left, 1, (f"Records screened {n(column.screened)}",))
    count = sum(column.excluded.values())
    excluded = [f"Records excluded {n(count)}", f"  by reviewers {n(count)}"]
    if column.to_screen:
        excluded.append(f"Records still to be screened {n(column.to_screen)}")
    if column.conflicts:
        excluded.append(f"Records in conflict between reviewers {n(column.conflicts)}")
    yield Box(f"{prefix}excluded", right, 1, tuple(excluded), "#sec-excluded-on-abstract")
    yield Box(f"{prefix}sought", left, 2, (f"Reports sought for retrieval {n(column.sought)}",))
    missing = "#tbl-not-retrieved" if column.not_retrieved else ""
    yield Box(f"{prefix}not_retrieved", right, 2, (f"Reports not retrieved {n(column.not_retrieved)}",), missing)
    yield Box(f"{prefix}assessed", left, 3, (f"Reports assessed for eligibility {n(column.assessed)}",))
    out = [f"Reports excluded {n(sum(column.reports_excluded.values()))}"]
    out += [f"  {reasons[reason]} {n(count)}" for reason, count in column.reports_excluded.items()]
    for label, count in (
        ("Reports of ongoing studies", column.ongoing),
        ("Reports awaiting classification", column.awaiting),
        ("Reports still to be assessed", column.to_assess),
        ("Reports in conflict between reviewers", column.assessment_conflicts),
    ):
        if count:
            out.append(f"{label} {n(count)}")
    yield Box(f"{prefix}reports_excluded", right, 3, tuple(out), "#sec-excluded")


def _identified(column: Column) -> Iterable[str]:
    yield f"Records identified from: {n(column.records)}" if column.identified else f"Records identified {n(0)}"
    for heading, by_source in column.identified.items():
        yield f"  {heading} {n(sum(count for _, count in by_source))}"
        if len(by_source) > 1 or heading in ("Databases", "Registers"):
            yield from (f"    {name} {n(count)}" for name, count in by_source)
    if column.unreadable:
        yield f"Unreadable entries, not counted {n(column.unreadable)}"


@cache
def _font() -> object:
    """The metrics by which lines are broken: DejaVu Sans, which is wider than the fonts it may stand in for."""
    import matplotlib
    from PIL import ImageFont

    return ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf", SIZE)


def _width(text: str) -> float:
    return _font().getlength(text)  # type: ignore[attr-defined, no-any-return]


def _wrap(line: str, width: float) -> list[tuple[float, str]]:
    """Break a line to a width in pixels; leading spaces indent it and all that follows of it."""
    text = line.lstrip(" ")
    indent = 7.0 * (len(line) - len(text))
    lines: list[str] = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip(" ")
        if lines[-1] and _width(longer) > width - indent - (10 if len(lines) > 1 else 0):
            lines.append(word)
        else:
            lines[-1] = longer
    return [(indent + (10 if i else 0), part) for i, part in enumerate(lines)]


@dataclass(frozen=True)
class _Place:
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height


def draw(flow: Flow, reasons: dict[str, str]) -> str:
    """Draw a flow as an SVG document."""
    content = boxes(flow, reasons)
    used = [column for column in WIDTHS if any(box.column == column for box in content)]
    left: dict[str, float] = {}
    x: float = FIRST_X
    for column in used:
        left[column] = x
        x += WIDTHS[column] + GAP_X
    width = x - GAP_X + 10
    texts = {
        box.name: [part for line in box.lines for part in _wrap(line, WIDTHS[box.column] - 2 * PAD)] for box in content
    }
    rows = sorted({box.row for box in content})
    tall = {row: max(len(texts[box.name]) for box in content if box.row == row) * LEADING + 2 * PAD for row in rows}
    tall |= {row: max(tall[row], least) for row, least in LEAST.items()}
    top: dict[int, float] = {}
    y: float = FIRST_Y
    for row in rows:
        top[row] = y
        y += tall[row] + GAP_Y
    height = y - GAP_Y + 12
    places = {b.name: _Place(left[b.column], top[b.row], WIDTHS[b.column], tall[b.row]) for b in content}
    parts = [
        *_headings(left, used, flow.updated),
        *_stages(top, tall, rows),
        *_arrows(places),
        *(_box(box, places[box.name], texts[box.name]) for box in content),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-labelledby="flow-title" font-family="{FONTS}" font-size="{SIZE}">'
        '<title id="flow-title">PRISMA 2020 flow diagram</title>'
        '<defs><marker id="flow-arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#222"/></marker></defs>'
        f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _headings(left: dict[str, float], used: list[str], updated: bool) -> Iterable[str]:
    new = "new " if updated else ""
    spans = [
        ("previous", "previous", "Previous studies", "#d9d9d9"),
        ("main", "removed", f"Identification of {new}studies via databases and registers", "#f6c244"),
        ("other", "other_removed", f"Identification of {new}studies via other methods", "#d9d9d9"),
    ]
    for first, last, title, fill in spans:
        if first in used:
            x, width = left[first], left[last] + WIDTHS[last] - left[first]
            yield (
                f'<rect x="{x:g}" y="{HEAD_Y}" width="{width:g}" height="36" rx="6" fill="{fill}"/>'
                f'<text x="{x + width / 2:g}" y="{HEAD_Y + 23}" text-anchor="middle" font-weight="600">{escape(title)}</text>'
            )


def _stages(top: dict[int, float], tall: dict[int, float], rows: list[int]) -> Iterable[str]:
    for name, first, last in (("Identification", 0, 0), ("Screening", 1, 3), ("Included", 4, rows[-1])):
        y, bottom = top[first], top[last] + tall[last]
        yield (
            f'<rect x="8" y="{y:g}" width="28" height="{bottom - y:g}" rx="6" fill="#bcd0ee"/>'
            f'<text transform="translate(26.5,{(y + bottom) / 2:g}) rotate(-90)" text-anchor="middle" '
            f'font-weight="600" font-size="12">{name}</text>'
        )


def _arrows(places: dict[str, _Place]) -> Iterable[str]:
    def line(*points: tuple[float, float]) -> str:
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        return f'<polyline points="{path}" fill="none" stroke="#222" marker-end="url(#flow-arrow)"/>'

    for prefix in ("", "other_"):
        chain = [f"{prefix}{name}" for name in ("identified", "screened", "sought", "assessed")]
        if chain[0] not in places:
            continue
        for one, two in pairwise(chain):
            yield line((places[one].middle, places[one].bottom), (places[two].middle, places[two].y))
        for one, two in zip(chain, ("removed", "excluded", "not_retrieved", "reports_excluded"), strict=True):
            start, end = places[one], places[prefix + two]
            y = start.y + start.height / 2
            yield line((start.x + start.width, y), (end.x, y))
    included = places["included"]
    yield line((places["assessed"].middle, places["assessed"].bottom), (included.middle, included.y))
    if "other_assessed" in places:
        start, y = places["other_assessed"], included.y + included.height / 2
        yield line((start.middle, start.bottom), (start.middle, y), (included.x + included.width, y))
    if "total" in places:
        total, previous = places["total"], places["previous"]
        yield line((included.middle, included.bottom), (total.middle, total.y))
        y = total.y + total.height / 2
        yield line((previous.middle, previous.bottom), (previous.middle, y), (total.x, y))


def _box(box: Box, place: _Place, lines: list[tuple[float, str]]) -> str:
    fill = "#fff" if box.column in ("main", "removed") and box.name != "total" else "#f4f4f4"
    spans = "".join(
        f'<tspan x="{place.x + PAD + indent:g}" y="{place.y + PAD + SIZE + i * LEADING:g}">{escape(text)}</tspan>'
        for i, (indent, text) in enumerate(lines)
    )
    said = escape(" ".join(text for _, text in lines))
    drawn = (
        f'<g id="flow-{box.name}"><title>{said}</title><rect x="{place.x:g}" y="{place.y:g}" width="{place.width:g}" '
        f'height="{place.height:g}" fill="{fill}" stroke="#222"/><text>{spans}</text></g>'
    )
    return f'<a href="{escape(box.link)}">{drawn}</a>' if box.link else drawn

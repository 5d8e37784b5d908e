"""What the page asks for and sends: reports, decisions, progress, each as JSON.

Texts go out in pieces and come in as data; nothing is ever put together as HTML.
"""

import itertools
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, jsonify, render_template, request, send_from_directory
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import HTTPException

from ...people import Decision
from ...problems import InputError
from ..course import settings_hash
from ..decisions import ALLOWED, PATHS
from ..desk import Desk, Outdated
from ..highlight import Marker, protocol_terms, telling
from ..order import Order
from ..showings import Ranked, Showings
from .guard import Guard
from .progress import Here, figures

HERE = Path(__file__).parent
MOST_FOUND = 100
"""How many reports a search and the list of own decisions show at most."""
MOST_AHEAD = 8
_OF_ROWS = tuple(f"{path}, line " for path in PATHS.values())


class Act(BaseModel):
    """What the page sends when a reviewer decides or takes back."""

    model_config = ConfigDict(extra="forbid", strict=True)
    report: str = Field(max_length=500)
    id: str = Field(pattern=r"^S-[0-9a-f]{16}$")
    expected: list[str] = Field(max_length=50)
    decision: str = Field("", max_length=30)
    reason: str = Field("", max_length=100)
    note: str = Field("", max_length=5_000)


class Shown(BaseModel):
    """What the page sends when it has put a report before the reviewer."""

    model_config = ConfigDict(extra="forbid", strict=True)
    report: str = Field(max_length=500)
    how: str = Field(pattern="^(next|search|back)$")


def make_app(desk: Desk, order: Order, guard: Guard) -> Flask:
    """The application of one reviewer's page."""
    app = Flask("prismake.screening.page", static_folder=None, template_folder=str(HERE))
    app.json.sort_keys = False  # type: ignore[attr-defined]  # reasons and criteria keep the protocol's order
    guard.protect(app)
    marker = Marker(protocol_terms(desk.config))
    showings = Showings(desk.root, desk.reviewer, desk.stage, settings_hash(desk.config.screening.stopping))
    here = Here(desk, order)

    @app.get("/")
    def page() -> str:
        return render_template("page.html", reviewer=desk.reviewer, title=desk.config.review.title)

    @app.get("/static/<name>")
    def static(name: str) -> Response:
        if not name.endswith((".js", ".css", ".svg")):
            abort(404)
        return send_from_directory(HERE, name)

    @app.get("/api/session")
    def session() -> dict[str, Any]:
        return _session(desk, guard)

    @app.get("/api/next")
    def following() -> dict[str, Any]:
        desk.refresh()
        have, count = set(request.args.getlist("have")[:MOST_AHEAD]), _number("count", MOST_AHEAD)
        reports = itertools.islice(_shares_first(desk, (one for one in order.upcoming() if one not in have)), count)
        return {"reports": [_view(desk, order, marker, one) for one in reports], "progress": figures(here)}

    @app.get("/api/report")
    def one() -> dict[str, Any]:
        desk.refresh()
        report = request.args.get("id", "")
        if report not in desk.shelf.place:
            abort(404, "There is no such report.")
        return {"report": _view(desk, order, marker, report), "progress": figures(here)}

    @app.get("/api/search")
    def search() -> dict[str, Any]:
        words = request.args.get("q", "")[:300].split()
        found, total = desk.shelf.search(words, MOST_FOUND) if words else ([], 0)
        return {"found": [_line(desk, report) for report in found], "total": total}

    @app.get("/api/mine")
    def mine() -> dict[str, Any]:
        desk.refresh()
        rows = {desk.shelf.report_of[desk.present(row.record_id)]: row for row in reversed(desk.decided())}
        newest = list(reversed(rows.items()))
        return {"found": [_line(desk, report) for report, _ in newest[:MOST_FOUND]], "total": len(newest)}

    @app.get("/api/progress")
    def progress() -> dict[str, Any]:
        desk.refresh()
        return figures(here)

    @app.post("/api/shown")
    def shown() -> dict[str, Any]:
        sent = Shown.model_validate(_sent())
        if sent.report not in desk.shelf.place:
            abort(404, "There is no such report.")
        ranked = order.ranked(sent.report) if sent.how == "next" else Ranked()
        offered = "conflict" if desk.adjudicates else "ranked" if ranked.batch else "drawn"
        offered = desk.drawn_for(sent.report) or offered
        how = offered if sent.how == "next" else sent.how
        showings.add([(desk.record(sent.report), how, ranked)])
        return {}

    @app.post("/api/decide")
    def decide() -> dict[str, Any]:
        sent = Act.model_validate(_sent())
        rows = desk.decide(sent.report, sent.decision, sent.reason, sent.note, sent.id, sent.expected)
        return _saved(rows)

    @app.post("/api/undo")
    def undo() -> dict[str, Any]:
        sent = Act.model_validate(_sent())
        return _saved(desk.withdraw(sent.report, sent.id, sent.expected))

    def _saved(rows: list[Decision]) -> dict[str, Any]:
        order.consider()
        return {"saved": [row.decision_id for row in rows], "progress": figures(here)}

    _answer_faults(app, desk.config.screening.blinded)
    return app


def _shares_first(desk: Desk, reports: Iterable[str]) -> Iterator[str]:
    """The reports of this reviewer's share, then the others, each in their order."""
    others = []
    for report in reports:
        if desk.has_share(report):
            yield report
        else:
            others.append(report)
    yield from others


def _sent() -> Any:
    return request.get_json(silent=True)


def _number(name: str, most: int) -> int:
    text = request.args.get(name, "1")
    return min(most, int(text)) if text.isascii() and text.isdigit() else 1


def _session(desk: Desk, guard: Guard) -> dict[str, Any]:
    asked, config = desk.config.question, desk.config
    parts = {name: getattr(asked, name) for name in ("population", "intervention", "comparator", "outcomes", "designs")}
    return {
        "key": guard.key,
        "reviewer": desk.reviewer,
        "stage": desk.stage,
        "review": config.review.title,
        "decisions": list(ALLOWED[desk.stage]),
        "reasons": desk.reasons,
        "question": {name: text for name, text in parts.items() if text},
        "criteria": [
            {"name": name.replace("_", " "), "include": one.include, "exclude": one.exclude}
            for name, one in config.eligibility.criteria.items()
        ],
        "adjudicates": desk.adjudicates,
        "blinded": config.screening.blinded,
        "notices": desk.notices,
    }


def _view(desk: Desk, order: Order, marker: Marker, report: str) -> dict[str, Any]:
    """A report as the page shows it."""
    row, terms = desk.shelf.whole(report), telling(order.terms(report))
    return {
        "report": report,
        "records": row["record_ids"],
        "title": marker.pieces(row["title"] or row["title_other"] or "", terms),
        "other": row["title_other"] if row["title"] else "",
        "authors": row["authors"] or [],
        "year": row["year"],
        "journal": row["journal"] or "",
        "doi": row["doi"] or "",
        "pmid": row["pmid"] or "",
        "abstract": marker.pieces(row["abstract"] or "", terms),
        "keywords": row["keywords"] or [],
        "registration": row["registration"] or "",
        "terms": terms,
        "doubles": [
            double | {"title": _title(desk, double["report_id"])} for double in desk.shelf.doubles.get(report, [])
        ],
        "own": [_decision(one) for one in desk.own(report)],
        "others": [_decision(one) | {"reviewer": one.reviewer} for one in desk.seen_of_others(report)],
        "asked": report in desk.reports,
    }


def _title(desk: Desk, report: str) -> str:
    row = desk.shelf.short(report)
    return row["title"] or row["title_other"] or ""


def _decision(row: Decision) -> dict[str, str]:
    return {
        "id": row.decision_id,
        "decision": row.decision,
        "reason": row.reason,
        "note": row.note,
        "at": row.decided_at.isoformat(),
    }


def _line(desk: Desk, report: str) -> dict[str, Any]:
    """A report in a list."""
    row = desk.shelf.short(report)
    return {
        "report": report,
        "title": row["title"] or row["title_other"] or "",
        "authors": "; ".join((row["authors"] or [])[:3]),
        "year": row["year"],
        "own": [_decision(one) for one in desk.own(report)],
        "asked": report in desk.reports,
    }


def _in_words(fault: InputError, blinded: bool) -> str:
    """What is wrong with an input; of a row of decisions, while blinded, only where it is: it may be another reviewer's."""
    said = []
    for problem in fault.problems:
        if blinded and problem.where.startswith(_OF_ROWS) and ", line 1," not in f"{problem.where},":
            said.append(
                f"{problem.where}: found what cannot be used. Screening is blinded: a run of ./prismake says what."
            )
        else:
            said.append(str(problem))
    return "\n".join(said)


def _answer_faults(app: Flask, blinded: bool) -> None:
    """Faults in plain words: as JSON to the page's script, as text to whoever opens an address."""

    def answer(status: int, words: str) -> tuple[Response, int]:
        if request.path.startswith("/api/"):
            return jsonify({"error": words}), status
        return Response(words + "\n", mimetype="text/plain"), status

    @app.errorhandler(HTTPException)
    def http(fault: HTTPException) -> tuple[Response, int]:
        return answer(fault.code or 500, fault.description or fault.name)

    @app.errorhandler(ValidationError)
    def malformed(fault: ValidationError) -> tuple[Response, int]:
        where = ", ".join(".".join(map(str, one["loc"])) or "the body" for one in fault.errors())
        return answer(400, f"The page sent something that cannot be used ({where}).")

    @app.errorhandler(InputError)
    def unusable(fault: InputError) -> tuple[Response, int]:
        return answer(422, _in_words(fault, blinded))

    @app.errorhandler(Outdated)
    def outdated(fault: Outdated) -> tuple[Response, int]:
        return answer(409, "You decided on this report in another window meanwhile. It is shown as it stands now.")

    @app.errorhandler(OSError)
    def unwritten(fault: OSError) -> tuple[Response, int]:
        return answer(507, f"The decision could not be written to disk: {fault.strerror or fault}.")

    @app.errorhandler(Exception)
    def unforeseen(fault: Exception) -> tuple[Response, int]:
        print(f"prismake: {request.method} {request.path}: {fault!r}", file=sys.stderr)
        return answer(500, "Something went wrong in the program; the terminal says what. Nothing was saved.")

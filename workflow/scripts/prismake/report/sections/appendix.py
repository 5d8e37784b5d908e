"""Strategies, figures that were not pooled, signalling answers, provenance."""

from pathlib import Path

from ...bias.rob2 import QUESTIONS
from ..markdown import esc, table
from ..material import Material
from ..provenance import inputs, versions
from ..reported import result_in_words


def strategies(material: Material) -> str:
    """Every strategy verbatim, with its status."""
    parts = []
    for source in material.config.sources.values():
        if source.strategy:
            status = f" ({esc(source.strategy_status)})" if source.strategy_status else ""
            text = Path(source.strategy).read_text(encoding="utf-8-sig").strip()
            parts.append(f"**{esc(source.name)}**{status}\n\n{verbatim(text)}\n")
    return "\n".join(parts) or "No strategy is given.\n"


def verbatim(text: str) -> str:
    """A block of literal text, whatever it holds."""
    fence = "~" * 4
    while fence in text:
        fence += "~"
    return f"{fence}\n{text}\n{fence}"


def reported(material: Material) -> str:
    """Results that enter no synthesis, with the reason of each."""
    outcomes = material.config.outcomes
    rows = [row for row in material.results if row["use"] in ("reported", "not included")]
    rows = [row for row in rows if row["outcome"] in outcomes and outcomes[row["outcome"]].synthesise]
    if not rows:
        return "None.\n"
    order = {key: place for place, key in enumerate(outcomes)}
    rows.sort(key=lambda row: (order[row["outcome"]], row["label"].casefold(), row["weeks"] or 0, row["result_id"]))
    body = []
    for row in rows:
        outcome = outcomes[row["outcome"]]
        unit = f" {outcome.unit}" if outcome.unit else ""
        body.append(
            [
                esc(outcome.label),
                esc(row["label"]),
                esc(f"{row['definition'] + ', ' if row['definition'] else ''}{row['timepoint']}"),
                esc(result_in_words(row, unit)),
                esc(row["why"]),
            ]
        )
    headings = ["Outcome", "Study", "What and when", "Figures", "Why not pooled"]
    return table(headings, body, "Figures that were reported but not pooled", "reported", (15, 18, 22, 34, 40))


def answers(material: Material) -> str:
    """Every answer on risk of bias, with its support; questions that do not apply are left out."""
    if not any(row.answer for row in material.signals):
        return "No signalling question has been answered yet.\n"
    labels = {(row["study_id"], row["outcome"]): row["label"] for row in material.judgements}
    said = [row for row in material.signals if row.answer not in ("", "NA")]
    order = {key: place for place, key in enumerate(labels)}
    said.sort(key=lambda row: (order[row.study_id, row.outcome], row.question))
    body = []
    previous = None
    for row in said:
        label = labels[row.study_id, row.outcome]
        domain = (label, row.question[0])  # a page that begins within a result soon says of which
        question = QUESTIONS[row.question]
        body.append(
            [
                esc(label) if domain != previous else "",
                esc(f"{row.question} {question.words}"),
                esc(row.answer),
                esc(row.support),
            ]
        )
        previous = domain
    headings = ["Result", "Question", "Answer", "What it rests on"]
    caption = "Answers to the signalling questions of RoB 2: Y, yes; PY, probably yes; PN, probably no; N, no; NI, no information"
    return table(headings, body, caption, "answers", (24, 42, 8, 42))


def provenance(material: Material) -> str:
    """What made this report: versions, inputs, renderer."""
    made = [[esc(name), esc(version)] for name, version in versions(material.renderer).items()]
    files = [[esc(name), f"`{digest[:16]}`"] for name, digest in inputs(material.config).items()]
    return "\n".join(
        [
            "This report was made from the files of @tbl-inputs by the software of @tbl-versions. The same files and versions "
            "give the same bytes. results/report/provenance.json holds the hashes in full.\n",
            table(["Software", "Version"], made, "Software", "versions", (40, 40)),
            table(["File", "SHA-256, first 16 digits"], files, "Input files", "inputs", (60, 40)),
        ]
    )

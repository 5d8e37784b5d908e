"""The crosscheck of one synthesis as one step: questions to metafor, both answers, and whether they agree.

metafor makes the effects anew from the figures of the studies and runs every analysis of them that it has.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from ...config import Moderator, Outcome, Synthesis
from ...tables import is_estimate, write_csv
from .further import further_questions
from .metafor import Answers, ask
from .pooled import Synthesised, pooled, shown_by
from .questions import NOT_COMPARED, Question, Row, compared

COLUMNS = [
    "analysis", "label", "quantity", "ours", "metafor", "difference", "kind", "tolerance", "agrees", "note", "made_by",
]  # fmt: skip


def crosscheck(
    synthesis: Path, outcome: Outcome, settings: Synthesis, moderators: dict[str, Moderator], out: Path
) -> None:
    """Recompute one synthesis and write both answers.

    Parameters
    ----------
    synthesis : Path
        The ``synthesis.json`` of the outcome.
    outcome, settings, moderators
        From the configuration.
    out : Path
        A CSV of `COLUMNS`, one row a figure; ``difference`` is relative; ``agrees`` says whether it is at most
        ``tolerance``, that of the ``kind`` of figure, or ``not compared``, with the reason in ``note``. A figure that
        only one of both engines gives does not agree.

    Raises
    ------
    InputError
        R or metafor is not on this machine, or R ended in error.
    """
    of = Synthesised(json.loads(synthesis.read_text(encoding="utf-8")), outcome, settings)
    questions = [*pooled(of), *further_questions(of, moderators)] if of.studies else []
    asked = [question for question in questions if question.kind]
    answers = ask(asked, of.studies, outcome, settings) if of.studies else Answers({}, "")
    variances = [row["vi"] for row in of.studies if row["estimable"]]
    unit = math.sqrt(median(variances)) if variances else 1.0
    rows = [*_studies(of, answers, unit)]
    for number, question in enumerate(asked, 1):
        rows += _answered(number, question, answers, of, unit)
    rows += [_unasked(question) for question in questions if not question.kind]
    write_csv(out, COLUMNS, (row | {"made_by": answers.made_by} for row in rows))


def _studies(of: Synthesised, answers: Answers, unit: float) -> Iterator[Row]:
    """Effects of the studies; where there is none here, metafor has none either."""
    for number, row in enumerate(of.studies, 1):
        for quantity in ("yi", "vi"):
            theirs = answers.figure(0, f"{quantity}:{number}")
            named = {"analysis": f"study:{row['result_id']}", "label": row["result_label"], "quantity": quantity}
            both = named | {"ours": row[quantity], "metafor": theirs}
            reason = "as the study reports it" if is_estimate(row) else answers.lacks(0, "")
            if reason:
                yield both | {"metafor": None, "agrees": NOT_COMPARED, "note": reason}
            elif not row[quantity] is theirs is None:
                yield compared(both, unit)


def _answered(number: int, question: Question, answers: Answers, of: Synthesised, unit: float) -> Iterator[Row]:
    for figure in question.figures:
        theirs = answers.figure(number, figure.theirs)
        if theirs is not None and figure.on_scale:
            theirs = shown_by(of.outcome.measure, of.rows(figure.studies or question.studies))(theirs)
        row = {name: getattr(figure, name) for name in ("analysis", "label", "quantity", "ours", "unit")}
        row |= {"metafor": theirs, "note": question.note}
        reason = answers.lacks(number, figure.theirs)
        if reason:
            yield row | {"agrees": NOT_COMPARED, "note": reason}
        elif not figure.ours is theirs is None:
            yield compared(row, unit, question.tolerance)


def _unasked(question: Question) -> Row:
    (figure,) = question.figures
    named = {name: getattr(figure, name) for name in ("analysis", "label", "quantity")}
    return named | {"agrees": NOT_COMPARED, "note": question.note}

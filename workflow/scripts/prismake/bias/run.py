"""Risk of bias as one step: judgements, traffic lights, summary."""

from pathlib import Path
from typing import Any

from ..config import Outcome
from ..extraction.forms import unknown, unknown_sources
from ..people import Citation, Signal, Study
from ..problems import InputError, Problem, cell
from ..tables import write_csv
from ..wording import lower_first
from .plots import summary, traffic_light
from .rob2 import DOMAINS, judge_table

PATH = "review/bias/rob2.csv"
COLUMNS = ["study_id", "outcome", "label", *DOMAINS, "overall", "open", "unused", "assessors"]


def judge_bias(
    signals: list[Signal],
    studies: list[Study],
    outcomes: dict[str, Outcome],
    citations: list[Citation],
    out: str,
    stems: Path,
) -> None:
    """Judge every result that has answers, and draw the plots.

    Parameters
    ----------
    signals : list of Signal
    studies, outcomes, citations
        What the answers may name.
    out : str
        The table of judgements.
    stems : Path
        The folder of ``traffic_light`` and ``summary``.

    Raises
    ------
    InputError
        For an answer that its question does not allow, an answer without its assessor, or an unknown study, outcome or
        source.
    """
    labels = {study.study_id: study.label for study in studies}
    sources = {citation.source_id for citation in citations}
    problems: list[Problem] = []
    for row in signals:
        for column, value, known in (("study_id", row.study_id, labels), ("outcome", row.outcome, outcomes)):
            if value not in known:
                problems.append(unknown(cell(PATH, row.line, column), value, known, f"a known {column}"))
        if row.source:
            problems += unknown_sources(cell(PATH, row.line, "source"), row.source, sources)
        if row.answer and not row.assessor:
            problems.append(Problem(cell(PATH, row.line, "assessor"), "an empty cell", "who gave the answer"))
    if problems:
        raise InputError(*problems)
    judged: list[dict[str, Any]] = judge_table(signals, PATH)
    for row in judged:
        row["label"] = f"{labels[row['study_id']]}: {lower_first(outcomes[row['outcome']].label)}"
    order = {key: place for place, key in enumerate(outcomes)}
    judged.sort(key=lambda row: (order[row["outcome"]], row["label"].casefold()))
    write_csv(out, COLUMNS, judged)
    traffic_light(judged, stems / "traffic_light", "Risk of bias (RoB 2)")
    summary(judged, stems / "summary", "Risk of bias (RoB 2), share of results")

"""Risk of bias as one step: judgements, traffic lights, summary."""

from pathlib import Path
from typing import Any

from ..config import Outcome
from ..people import Signal, Study
from ..problems import InputError, Problem, cell, nearest, show
from ..tables import write_csv
from .plots import summary, traffic_light
from .rob2 import DOMAINS, judge_table

PATH = "review/bias/rob2.csv"
COLUMNS = ["study_id", "outcome", "label", *DOMAINS, "overall", "open", "unused", "assessors"]


def judge_bias(
    signals: list[Signal], studies: list[Study], outcomes: dict[str, Outcome], out: str, stems: Path
) -> None:
    """Judge every result that has answers, and draw the plots.

    Parameters
    ----------
    signals : list of Signal
    studies, outcomes
        What the answers may name.
    out : str
        The table of judgements.
    stems : Path
        The folder of ``traffic_light`` and ``summary``.

    Raises
    ------
    InputError
        For an answer that its question does not allow, or an unknown study or outcome.
    """
    labels = {study.study_id: study.label for study in studies}
    problems: list[Problem] = []
    for row in signals:
        for column, value, known in (("study_id", row.study_id, labels), ("outcome", row.outcome, outcomes)):
            if value not in known:
                where = cell(PATH, row.line, column)
                problems.append(Problem(where, show(value), f"a known {column}", nearest(value, list(known))))
    if problems:
        raise InputError(*problems)
    judged: list[dict[str, Any]] = judge_table(signals, PATH)
    for row in judged:
        row["label"] = f"{labels[row['study_id']]}: {outcomes[row['outcome']].label.lower()}"
    order = {key: place for place, key in enumerate(outcomes)}
    judged.sort(key=lambda row: (order[row["outcome"]], row["label"].casefold()))
    write_csv(out, COLUMNS, judged)
    traffic_light(judged, stems / "traffic_light", "Risk of bias (RoB 2)")
    summary(judged, stems / "summary", "Risk of bias (RoB 2), share of results")

"""How far one reviewer is: figures for the page, and lines of text."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...wording import at_least, many, percent
from ..agreement import agreement
from ..course import day_of
from ..decisions import GOES_ON
from ..desk import Desk
from ..order import Order
from ..stopping import recall_at_least


@dataclass(frozen=True)
class Here:
    """What a line of the panel can speak of."""

    desk: Desk
    order: Order


def figures(here: Here) -> dict[str, Any]:
    """How many reports there are, were decided by this reviewer and wait for this reviewer, and the lines."""
    counts = here.desk.counts()
    return {
        "total": len(here.desk.reports),
        "decided": sum(counts.values()),
        "waiting": here.desk.waiting(),
        "counts": counts,
        "lines": [line for write in LINES if (line := write(here))],
    }


def order_line(here: Here) -> str:
    """What the order of reports is made by, and when it is made anew."""
    if here.desk.adjudicates:
        return "You settle conflicts: what the reviewers decided differently comes up."
    if here.order.fault:
        return f"The order could not be made anew; the last one goes on. ({here.order.fault})"
    if not here.order.batch:
        return "The first ranking is being made; until it is there, reports come in random order."
    after = here.order.until_next()
    anew = f"made anew after {many(after, 'more decision')}" if after else "being made anew"
    return f"Order {here.order.batch} of this session ({here.order.ranked_by}), {anew}."


def agreement_line(here: Here) -> str:
    """How far this reviewer and others agree; nothing while blinded."""
    desk = here.desk
    if desk.config.screening.blinded or desk.adjudicates:
        return ""
    found = agreement({desk.stage: desk.all()}, desk.shelf.report_of, desk.aliases, desk.config.screening)
    said = [
        f"{row['agreed']} of {row['reports']} with {other}"
        for row in found
        if (row["of"], row["scale"]) == ("all", "as decided")
        and row["statistic"] == "Cohen"
        and desk.reviewer in row["reviewers"].split("; ")
        for other in row["reviewers"].split("; ")
        if other != desk.reviewer
    ]
    return f"You agree on {'; '.join(said)}." if said else ""


def recall_line(here: Here) -> str:
    """What recall this reviewer's own decisions allow to claim, where a rule for stopping rests on the test."""
    desk, declared = here.desk, here.desk.config.screening.stopping
    if desk.stage != "title_abstract" or desk.adjudicates or declared.rule != "hypergeometric":
        return ""
    rows, search = list(reversed(desk.decided())), desk.config.last_search
    if search is not None and any(day_of(row) < search for row in rows):
        return "A search was made since you began: the next run says what recall may be claimed."
    claimed = recall_at_least([row.decision in GOES_ON for row in rows], len(desk.reports), declared.alpha)
    if not claimed:
        return "No claim about recall yet."
    return (
        f"By your decisions: a recall of at least {at_least(claimed)} with {percent(1 - declared.alpha)} "
        f"confidence; the protocol asks for {percent(declared.recall)}."
    )


def calibration_line(here: Here) -> str:
    """How far the calibration round is for this reviewer; nothing where there is none, or others read it."""
    desk, total = here.desk, many(len(here.desk.calibration), "report")
    if not desk.calibration or desk.reviewer not in desk.settings.calibrators:
        return ""
    own, anyone = desk.calibration_left()
    if own:
        return f"Calibration round: of {total} that every reviewer reads first, you have {own:,} left."
    others = f"Others have {anyone:,} left." if anyone else "It is complete."
    return f"Calibration round: you have read its {total}. {others}"


def sample_line(here: Here) -> str:
    """How far a random sample of the unread is for this reviewer; nothing where none was drawn."""
    desk, total = here.desk, many(len(here.desk.sample), "report")
    if not desk.sample or desk.adjudicates:
        return ""
    left = sum(map(desk.waits, desk.sample))
    return f"Random sample of the unread, {total}: " + (f"{left:,} wait for you." if left else "none waits for you.")


LINES: list[Callable[[Here], str]] = [calibration_line, sample_line, order_line, recall_line, agreement_line]
"""The lines below the figures, in their order; an empty one is left out."""

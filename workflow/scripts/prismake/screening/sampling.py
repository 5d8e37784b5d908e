"""A random sample of the unread reports, drawn once and kept, from which the number of relevant ones left is bounded."""

import csv
import datetime
import io
import random

from ..people import Sampled, header, read_people
from ..problems import InputError, Problem
from ..wording import many
from . import growing
from .course import SAMPLE
from .desk import Desk


def draw(desk: Desk, count: int) -> str:
    """Draw `count` of the reports that nobody has decided on and put them down in review/decisions/sample.csv.

    The draw is a function of the reports, the decisions and the seed of the ranking. Reviewers are offered the sample
    first; once all of it is decided, the report states what it certifies.

    Raises
    ------
    InputError
        At another stage than title and abstract, with fewer unread reports than asked for, or while the sample before
        waits for decisions.
    """
    if desk.stage != "title_abstract":
        raise InputError(
            Problem("--sample", f"the stage {desk.stage}", "title_abstract, the stage that a sample is about")
        )
    states = {report: desk.state(report) for report in sorted(desk.reports)}
    unread = [report for report, state in states.items() if state == "to_do"]
    waiting = sum(states.get(report) == "to_do" for report in desk.sample)
    if waiting:
        found = f"a sample of which {many(waiting, 'report')} wait for decisions"
        raise InputError(Problem(SAMPLE, found, "one sample at a time", "Screen it first: the page offers it."))
    if not 0 < count <= len(unread):
        raise InputError(Problem("--sample", str(count), f"at most the {many(len(unread), 'unread report')}"))
    before = len({row.draw for row in read_people(SAMPLE, root=desk.root)})
    seed = desk.config.screening.ranking.seed
    chosen = sorted(random.Random(f"{seed} {before}").sample(unread, count))
    shared = {
        "draw": f"s{before + 1}",
        "unread": len(unread),
        "found": sum(state in ("include", "conflict") for state in states.values()),
        "seed": seed,
        "drawn_at": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    rows = [Sampled(record_id=desk.record(report), **shared).model_dump(mode="json") for report in chosen]
    text = io.StringIO()
    csv.DictWriter(text, header(SAMPLE), lineterminator="\n").writerows(rows)
    with growing.held(desk.root / SAMPLE) as file:
        growing.append(file, text.getvalue().encode())
    return f"{many(count, 'report')} of {len(unread):,} unread drawn into {SAMPLE}; the page offers them first."

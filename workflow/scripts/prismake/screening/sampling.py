"""A random sample of the unread reports, drawn once and kept, from which the number of relevant ones left is bounded."""

import datetime
import itertools
import random
from collections.abc import Container

from ..people import Sampled, decode, parse_people
from ..problems import InputError, Problem
from ..wording import at_least, many, percent
from . import growing
from .course import SAMPLE
from .desk import Desk
from .frame import FRAME, keep, read_frames
from .stopping import certificate, sample_needed
from .store import behind


def draw(desk: Desk, count: int | None) -> str:
    """Draw `count` of the reports that are not decided yet and put them down in review/decisions/sample.csv.

    None draws as many as certify the recall that config.yaml declares, where none of them is relevant. The draw is a function
    of the reports, the decisions and the seed of the ranking. Reviewers are offered the sample first; once all of it is decided,
    the report states what it certifies.

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
    relevant, declared = (
        sum(state in ("include", "conflict") for state in states.values()),
        desk.config.screening.stopping,
    )
    needed = sample_needed(relevant, len(unread), declared.recall, declared.alpha)
    if count is None and not needed:
        found = "no relevant report so far" if needed is None else "so few unread reports that no sample is needed"
        raise InputError(Problem("--sample auto", found, "what a sample can certify a recall by", "Or name a number."))
    count = count or needed or 0
    if not 0 < count <= len(unread):
        raise InputError(Problem("--sample", str(count), f"at most the {many(len(unread), 'unread report')}"))
    seed = desk.config.screening.ranking.seed
    with growing.held(desk.root / SAMPLE) as file:
        data = (desk.root / SAMPLE).read_bytes()
        drawn = {row.draw for row in parse_people(SAMPLE, decode(SAMPLE, data))}
        before = len(drawn)
        chosen = sorted(random.Random(f"{seed} {before}").sample(unread, count))
        name = _unused(before, drawn.union(read_frames(desk.root / FRAME)))
        keep(desk.root / FRAME, name, map(desk.record, unread))
        rows = [
            Sampled(
                draw=name,
                record_id=desk.record(report),
                unread=len(unread),
                found=relevant,
                seed=seed,
                drawn_at=datetime.datetime.now(datetime.UTC).date(),
                reports=len(states),
            )
            for report in chosen
        ]
        growing.append(file, behind(SAMPLE, data, rows).encode())
    claim = certificate(relevant, len(unread), count, 0, declared.alpha)
    return (
        f"{many(count, 'report')} of {len(unread):,} unread drawn into {SAMPLE}. A page that is started now offers them first.\n"
        f"If none of them is relevant, they certify a recall of at least {at_least(claim.recall_at_least)} with "
        f"{percent(1 - declared.alpha)} confidence"
        + (f"; for {percent(declared.recall)}, {needed:,} are needed." if needed and needed > count else ".")
    )


def _unused(before: int, taken: Container[str]) -> str:
    """The name of the draw after so many, if no other has it: one of which rows were taken out, or which a crash ended before
    its sample was written."""
    return next(name for number in itertools.count(before + 1) if (name := f"s{number}") not in taken)

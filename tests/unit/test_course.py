"""The course of screening: what was read in which order, what the declared rule says, and what the report says of it."""

import datetime
from dataclasses import asdict
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.lines import Line2D
from prismake.config import Screening, Stopping
from prismake.people import Decision, Sampled
from prismake.prisma.ledger import FATES
from prismake.problems import InputError
from prismake.report.sections import screening
from prismake.screening.course import Course, close, course, judge, points, settings_hash
from prismake.screening.course_plot import draw_course
from prismake.screening.showings import CUT_OFF
from prismake.screening.stopping import WARNING, sample_needed
from pydantic import ValidationError


def rows(*records):
    found = []
    for number, record in enumerate(records, 2):
        row = Decision(
            decision_id=f"d{number}", record_id=record, stage="title_abstract", reviewer="Ana", decision="include",
            reason="", note="", decided_at=datetime.date(2025, 1, 1), supersedes="",
        )  # fmt: skip
        found.append(row)
    return found


def standing(**states):
    return [
        {
            "report_id": report,
            "stage": "title_abstract",
            "state": state,
            "decided_by": ["Ana"] if state != "to_do" else [],
        }
        for report, state in states.items()
    ]


def sampled(*records, unread=8, found=2, draw="s1", reports=None):
    day = datetime.date(2025, 1, 2)
    return [
        Sampled(draw=draw, record_id=record, unread=unread, found=found, seed=1, drawn_at=day, reports=reports)
        for record in records
    ]


REPORT_OF = {f"db:{n}": f"R{n}" for n in range(1, 11)}


def test_the_course_is_the_order_of_first_decisions_on_reports_that_are_decided():
    seen = course(
        rows("db:3", "db:1", "db:3", "db:2", "db:4", "db:gone"),
        standing(R1="exclude", R2="conflict", R3="include", R4="to_do", R5="to_do"),
        REPORT_OF,
        {},
    )
    assert seen == Course(("R3", "R1", "R2"), (True, False, True), 5, ("R4", "R5")), "a conflict counts as relevant"


def test_what_was_read_before_a_report_of_a_later_search_was_chosen_from_less():
    spring, summer = datetime.date(2025, 1, 1), datetime.date(2025, 6, 1)
    made, states = rows("db:1", "db:2", "db:3", "db:1"), standing(R1="include", R2="exclude", R3="exclude", R4="to_do")
    for searched, since in (
        ({}, 0),
        ({"R1": spring, "R2": spring, "R3": spring, "R4": spring}, 0),
        ({"R1": spring, "R2": summer, "R3": spring, "R4": summer}, 1),
        ({"R1": spring, "R2": spring, "R3": summer, "R4": spring}, 2),
        ({"R1": spring, "R2": spring, "R3": spring, "R4": summer}, 3),  # none of the later search is read
        ({"R1": spring, "R2": summer, "R3": spring, "R4": datetime.date(2025, 7, 1)}, 3),
        ({"R1": spring, "R2": spring, "R3": spring, "R4": spring, "R9": summer}, 0),  # from a previous review
        ({"R1": datetime.date(2024, 1, 1), "R2": datetime.date(2024, 2, 1)}, 0),  # all searched before screening began
    ):
        assert course(made, states, REPORT_OF, {}, searched).since == since, searched


def test_a_decision_taken_back_gives_a_report_no_place_in_the_course():
    made = rows("db:1", "db:2", "db:1", "db:1")
    made[2] = made[2].model_copy(update={"decision": "withdrawn", "supersedes": made[0].decision_id})
    seen = course(made, standing(R1="include", R2="exclude"), REPORT_OF, {})
    assert seen.reports == ("R2", "R1")


def test_a_later_search_is_not_left_unread_by_a_test_on_what_was_read_before_it():
    labels = (True,) * 20 + (False,) * 900
    declared = Stopping(rule="hypergeometric", exclude_unread=True)
    before = judge(Course(tuple(map(str, range(920))), labels, 1000), [], declared, {}, {})
    assert before.met
    after = judge(Course(tuple(map(str, range(920))), labels, 1010, since=920), [], declared, {}, {})
    assert (after.met, after.p, after.recall_at_least) == (False, 1, 20 / 110)
    more = Course(tuple(map(str, range(980))), labels + (False,) * 60, 1010, since=920)
    later = judge(more, [], declared, {}, {})
    assert 20 / 110 < later.recall_at_least <= 20 / 22 < before.recall_at_least
    last = points(more, 0.05)[-1]
    assert (last["estimate"], last["recall_at_least"]) == (later.estimate, later.recall_at_least)
    said = screening.course(SimpleNamespace(stop=asdict(later))).replace("\\", "")
    assert "It rests on the 60 reports read since one of the last search was" in said
    assert "No report of the last search has been read" in screening.course(SimpleNamespace(stop=asdict(after)))


def read(labels, total, **settings):
    seen = Course(tuple(f"R{n}" for n in range(1, len(labels) + 1)), tuple(map(bool, labels)), total)
    return judge(seen, [], Stopping(**settings), REPORT_OF, {})


def test_a_rule_is_met_when_its_claim_holds():
    early, late = ([1] * 20 + [0] * n for n in (30, 900))
    assert not read(early, 1000, rule="hypergeometric").met
    stop = read(late, 1000, rule="hypergeometric")
    assert stop.met
    assert stop.p < 0.05
    assert stop.recall_at_least >= 0.95
    assert read(early, 1000, rule="consecutive", run=30).met_at == 50
    assert not read(late, 1000).met, "no rule is declared"
    assert read([1, 0], 2).recall_at_least == 1, "all is read"


def test_a_sample_certifies_once_all_of_it_is_decided():
    seen = Course(("R1", "R2", "R3", "R4"), (True, True, False, False), 10)
    declared = Stopping(rule="certificate", recall=0.2)
    waiting = judge(seen, sampled("db:3", "db:9"), declared, REPORT_OF, {})
    assert (waiting.to_sample, waiting.sample, waiting.met) == (1, None, False)
    stop = judge(seen, [*sampled("db:9", draw="s0"), *sampled("db:3", "db:4")], declared, REPORT_OF, {})
    assert (stop.draws, stop.to_sample, stop.sample.sampled, stop.sample.relevant) == (2, 0, 2, 0), (
        "the last draw counts"
    )
    said = screening.course(SimpleNamespace(stop=asdict(stop))).replace("\\", "")
    assert "It is the last of 2 samples drawn, for which the confidence is not corrected." in said
    assert stop.met == (stop.sample.recall_at_least >= 0.2)


def test_a_certificate_does_not_cover_what_came_after_the_draw():
    """Else an update of the search would leave the review unread, where a rule that was met excludes what is unread."""
    seen = Course(("R1", "R2", *(f"R{n}" for n in range(3, 11))), (True, True, *([False] * 8)), 11)
    report_of = {f"db:{n}": f"R{n}" for n in range(1, 12)}
    declared, drawn = Stopping(rule="certificate", recall=0.6), [f"db:{n}" for n in range(4, 11)]

    def after(later, reports):
        return judge(
            Course(seen.reports, seen.labels, 11 + later), sampled(*drawn, reports=reports), declared, report_of, {}
        )

    before = after(0, 11)
    assert (before.met, before.later, before.sample.missed_at_most) == (True, 0, 1)
    for reports in (11, None):
        stop = after(500, reports)
        assert (stop.met, stop.sample.missed_at_most, stop.sample.recall_at_least) == (False, 501, 2 / 503)
        assert stop.later == 500
    material = SimpleNamespace(stop=asdict(after(500, 11)))
    assert "at most 501 more may be unread, counting all 500 reports that the draw did not cover: a recall" in (
        screening.course(material).replace("\\", "")
    )


def test_duplicates_found_after_a_draw_hide_no_report_that_came_after_it():
    """Reports are told by their records, not counted: two of the draw are one report now, and one has come."""
    declared, drawn = Stopping(rule="certificate", recall=0.5), sampled("db:3", "db:4", unread=4, found=2, reports=6)
    report_of = {"db:1": "R1", "db:2": "R2", "db:3": "R3", "db:4": "R4", "db:5": "R5", "db:6": "R5", "db:7": "R7"}
    frame = ["db:3", "db:4", "db:5", "db:6"]
    seen = Course(("R1", "R2", "R3", "R4"), (True, True, False, False), 6, ("R5", "R7"))
    assert judge(seen, drawn, declared, report_of, {}).later == 0, "a draw of which no more is known than counts"
    stop = judge(seen, drawn, declared, report_of, {}, frame)
    assert (stop.later, stop.sample.missed_at_most) == (1, 3)
    also_read = Course((*seen.reports, "R7"), (*seen.labels, False), 6, ("R5",))
    assert judge(also_read, drawn, declared, report_of, {}, frame).later == 0, "what has been read is not missed"
    for other in (frame[:3], [*frame[1:], "db:7"]):
        with pytest.raises(InputError, match=r"sample_frame.csv as it was"):
            judge(seen, drawn, declared, report_of, {}, other)


def test_a_certificate_counts_no_conflict_as_found_that_was_settled_as_irrelevant():
    """Conflicts count as found while the sample is drawn; the claim is about what is relevant in the end."""
    declared = Stopping(rule="certificate", recall=0.6)
    reports = tuple(f"R{n}" for n in range(1, 11))

    def with_found(relevant):
        labels = tuple(n < relevant for n in range(9))
        drawn = sampled("db:8", "db:9", unread=3, found=7, reports=10)
        return judge(Course(reports[:9], labels, 10), drawn, declared, REPORT_OF, {})

    kept, settled = with_found(7), with_found(1)
    assert (kept.sample.missed_at_most, kept.sample.recall_at_least, kept.met) == (1, 7 / 8, True)
    assert (settled.sample.missed_at_most, settled.sample.recall_at_least, settled.met) == (1, 1 / 2, False)


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        (sampled("db:99"), "db:99"),
        ([*sampled("db:3"), *sampled("db:4", unread=7)], "the same for all rows of a draw"),
        (sampled("db:3", "db:4", unread=1), "at least as many unread"),
    ],
)
def test_a_sample_that_cannot_be_is_an_error(sample, said):
    with pytest.raises(InputError, match=said):
        judge(Course((), (), 10), sample, Stopping(), REPORT_OF, {})


def test_only_a_rule_that_makes_a_claim_may_exclude_what_is_unread():
    with pytest.raises(ValidationError, match="only hypergeometric and certificate"):
        Stopping(rule="consecutive", exclude_unread=True)
    left = close(standing(R1="exclude", R2="to_do"))
    assert [row["state"] for row in left] == ["exclude", "automation"]
    half = {"report_id": "R3", "stage": "title_abstract", "state": "to_do", "decided_by": ["Ana"]}
    assert close([half]) == [half], "a report that one of two reviewers has read stays to do"
    assert "excluded_by_automation" in FATES


def test_a_changed_rule_has_another_hash():
    assert settings_hash(Stopping()) == settings_hash(Stopping())
    assert settings_hash(Stopping()) != settings_hash(Stopping(recall=0.9))


@given(st.lists(st.booleans(), max_size=300), st.integers(0, 50))
def test_points_end_where_screening_stands(labels, unread):
    seen = Course(tuple(map(str, range(len(labels)))), tuple(labels), len(labels) + unread)
    found = points(seen, 0.05)
    assert len(found) <= 200
    assert [row["read"] for row in found] == sorted({row["read"] for row in found})
    if labels:
        assert (found[-1]["read"], found[-1]["found"]) == (len(labels), sum(labels))
        assert all(row["found"] <= row["read"] for row in found)
        assert all(row["recall_at_least"] <= row["estimate"] <= 1 for row in found)


def told(labels, total, **settings):
    stop = vars(read(labels, total, **settings))
    material = SimpleNamespace(
        stop=stop, config=SimpleNamespace(screening=SimpleNamespace(stopping=Stopping(**settings)))
    )
    return tuple(text.replace("\\", "") for text in (screening.stopping(material), screening.course(material)))


def test_the_report_claims_a_recall_of_at_least_with_its_confidence():
    declared, said = told([1] * 20 + [0] * 900, 1000, rule="hypergeometric", exclude_unread=True)
    assert "with 95% confidence" in declared
    assert "excluded by automation tools" in declared
    assert "recall of at least" in said
    assert "The declared rule for stopping is met" in said
    assert "; its estimate, with even chances that it is more, is 100.0%." in said
    declared, said = told([1, 0, 0], 3)
    assert "no rule for stopping is declared" in declared
    assert said.startswith(
        "All 3 reports were read on title and abstract; 1 of them was relevant. As none is unread, no rule for stopping was "
        "needed, and no recall has to be estimated."
    )
    assert (
        "No recall can be claimed, as no relevant report has been found."
        in told([0] * 50, 60, rule="hypergeometric")[1]
    )
    declared, said = told([1] * 20 + [0] * 30, 1000, rule="hypergeometric", recall=0.975, alpha=0.001)
    assert "a recall below 97.5%, with 99.9% confidence" in declared
    assert "with 99.9% confidence (that a recall of 97.5% was missed" in said
    declared, said = told([1] * 20 + [0] * 30, 1000, rule="certificate")
    needed = sample_needed(20, 950, 0.95, 0.05)
    assert f"{needed} reports of the 950 unread, drawn at random, would certify a recall of at least 95%" in said
    assert "would certify" not in told([1] * 20 + [0] * 30, 1000, rule="hypergeometric")[1]
    assert told([], 3)[1] == ""


def test_a_habit_comes_with_its_warning():
    declared, said = told([1] + [0] * 50, 100, rule="consecutive", run=50)
    assert WARNING.split(":")[0] in declared
    assert "was met after 51 reports; it makes no claim about recall" in said


@pytest.mark.parametrize("labels", [[], [1], [0], [1, 0, 1] * 30, [0] * 400])
def test_the_course_can_be_drawn_at_any_time(labels):
    stop = vars(read(labels, 500))
    seen = Course(tuple(map(str, range(len(labels)))), tuple(map(bool, labels)), 500)
    rows = [{name: str(value) for name, value in row.items()} for row in points(seen, 0.05)]
    figure = draw_course(rows, stop)
    assert figure.get_size_inches()[0] < 7


def test_what_leaves_the_figure_and_comes_back_is_drawn_from_where_it_stays():
    rows = [
        {"read": str(n), "found": "10", "estimate": recall, "recall_at_least": "0"}
        for n, recall in enumerate(("1.0", "0.5", "0.8", "1.0"), 1)
    ]
    figure = draw_course(rows, vars(read([1] * 10, 500)))
    (line,) = (line for line in figure.findobj(Line2D) if line.get_gid() == "estimated")
    assert len(line.get_xdata()) == 2


RANKING = {"versions": {"prismake": "1.0", "numpy": "2.0"}, "reports_hash": "abc"}


def disclosed(shown, labels=(1, 0, 0), total=3, **settings):
    stop, declared = vars(read(list(labels), total, **settings)), Screening(stopping=Stopping(**settings))
    material = SimpleNamespace(stop=stop, shown=shown, ranking=RANKING, config=SimpleNamespace(screening=declared))
    return screening.disclosure(material).replace("\\", "")


def showing(how="ranked", stopping=None, **more):
    row = {"stage": "title_abstract", "how": how, "reviewer": "Ana", "ranked_by": "a model", "seed": "7", "data": "d1"}
    row |= {"version": "0.9"}
    return row | {"stopping": settings_hash(Stopping()) if stopping is None else stopping} | more


def test_the_disclosure_tells_the_model_the_order_the_data_and_who_decides():
    said = disclosed(
        [showing(), showing(data="d2"), showing("search", ranked_by="", seed="", data=""), showing(stage="full_text")]
    )
    assert (
        "3 showings of reports to reviewers were logged (2 in the order of the ranking and 1 found by a search)" in said
    )
    assert "2 rankings by a model (seed 7)" in said
    assert (
        "as decisions came in; hash of the reports and decisions learnt from: d1 for the first and d2 for the last."
        in said
    )
    assert (
        "the reports were ranked by prismake 0.9, for this report by prismake 1.0, numpy 2.0; hash of the ranked texts abc"
        in said
    )
    assert "Reviewers decided on 100% of the reports" in said
    assert "That no rule for stopping is declared stood before the first report was shown and was not changed." in said
    left = disclosed([showing()], total=1001, labels=[1] * 20 + [0] * 900, rule="hypergeometric", exclude_unread=True)
    assert "Reviewers decided on 91.9% of the reports" in left
    assert (
        "is excluded by that rule, and nobody has read it. The hypergeometric test gives a recall of at least" in left
    )


def test_a_rule_that_was_changed_after_the_first_report_was_shown_is_reported():
    said = disclosed([showing(stopping="0000"), showing()])
    assert "changed after screening had begun: 1 showing fell under another rule" in said


def test_without_a_log_the_order_is_said_to_be_unknown():
    torn = dict.fromkeys(showing(), "") | {"how": CUT_OFF}
    assert "1 line of the log was cut off, as by a crash, and not counted." in disclosed([showing(), torn])
    said = disclosed([])
    assert "so it is not known whether the ranking was followed" in said
    assert "changed" not in said
    assert "Reviewers decided on 100%" in said
    assert "not known: the screening page was not used" in disclosed([], rule="hypergeometric")

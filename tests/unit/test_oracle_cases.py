"""How agreement with metafor's answers is counted."""

import math

from oracle_cases import Tally


def test_what_agrees_is_counted_and_what_differs_is_named(capsys):
    tally = Tally("made")
    tally.compare("near", [1.0, 0.0, math.nan], [1.0 + 9e-7, 9e-9, None])
    tally.compare("far", [1.0, 2.0], [1.0, 2.1])
    assert (tally.compared, tally.agreed) == (5, 4)
    assert tally.disagreements == {"far": "ours [2.], metafor [2.1]"}
    tally.tell()
    assert capsys.readouterr().out.splitlines()[0] == "made: compared 5, agreed 4"


def test_a_reason_explains_no_difference_larger_than_it_can():
    tally = Tally("made")
    tally.compare("small", 1.0, 1.00001)
    tally.compare("large", 1.0, 1.1)
    tally.compare("absent", math.nan, 1.0)
    for what in ("small", "large", "absent", "agreeing"):
        tally.explain(what, "loose tolerance", within=1e-4)
    assert list(tally.explained) == ["small"]
    assert list(tally.disagreements) == ["large", "absent"]
    assert tally.agreed == 0


def test_answers_that_are_not_there_are_told():
    tally = Tally("made")
    answers = {"one": {"lb": 1}, "two": {"error": "did not converge"}}
    assert [tally.answer("OR", answers, key) for key in ("one", "two", "three")] == [{"lb": 1}, None, None]
    assert tally.unanswered == ["OR two: did not converge", "OR three: not asked"]

"""How agreement with metafor's answers is counted."""

import gzip
import json
import math

import numpy as np
import oracle_cases
import pytest
from oracle_cases import Tally, Unreadable, described, numbers, plain, rows_of
from prismake.synthesis.effects import escalc
from prismake.synthesis.model import fit, subgroups
from prismake.synthesis.roots import NotConverged


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


def made_folder(tmp_path, **sets):
    """A folder of answers, with or without a manifest."""
    (tmp_path / "expected").mkdir()
    for name, answers in sets.items():
        with gzip.open(tmp_path / "expected" / f"{name}.json.gz", "wt", encoding="utf-8") as file:
            json.dump(answers, file)
    return tmp_path


def test_sets_are_those_with_answers_whatever_the_manifest_says(tmp_path):
    folder = made_folder(tmp_path, one={}, two={})
    assert described(folder) == ({"one": {}, "two": {}}, [])
    said = [{"name": "two", "measures": ["OR"]}, {"name": "three"}]
    (folder / "manifest.json").write_text(json.dumps(said), encoding="utf-8")
    assert described(folder) == ({"one": {}, "two": said[0]}, ["three"])


def test_a_folder_without_answers_is_an_error_and_not_a_success(tmp_path):
    with pytest.raises(pytest.UsageError, match="found none"):
        described(tmp_path / "absent")


def test_the_failure_of_one_part_costs_no_other(monkeypatch):
    monkeypatch.setattr(oracle_cases, "EVERYTHING_IS_KNOWN", False)
    tally = Tally("made")
    with tally.part("a fit"):
        raise NotConverged("tau2 was not reached")
    with tally.part("zero variance"):
        fit([1.0, 2.0], [0.0, 1.0])
    with tally.part("another form"):
        tally.compare("Q", 1.0, {"z": {}}["t"])
    with tally.part("good"):
        tally.compare("Q", 1.0, 1.0)
    assert tally.disagreements == {"a fit": "no answer here: tau2 was not reached"}
    assert tally.compared == tally.agreed == 1
    assert [line.split(":")[0] for line in tally.skipped] == ["zero variance", "another form"]


def test_in_the_small_copy_every_form_is_known(monkeypatch):
    monkeypatch.setattr(oracle_cases, "EVERYTHING_IS_KNOWN", True)
    with pytest.raises(KeyError), Tally("made").part("another form"):
        {}["absent"]


def test_an_engine_that_breaks_is_a_disagreement(monkeypatch):
    monkeypatch.setattr(oracle_cases, "EVERYTHING_IS_KNOWN", False)
    tally = Tally("made")
    with tally.part("broken"):
        escalc("OR", ai=[1], bi=[2], ci=[3], di=[4], to=None)
    assert not tally.skipped or "expected one of" in tally.skipped[0]
    with tally.part("broken"):
        subgroups([1.0, 2.0], [1.0, 1.0], ["a", "b"], None)
    assert "broke here: AttributeError" in tally.disagreements["broken"]


def test_columns_of_another_length_differ():
    tally = Tally("made")
    tally.compare("weights", [1.0, 2.0], [1.0])
    assert tally.disagreements == {"weights": "ours has 2 numbers, metafor 1"}


def test_numbers_may_be_words_of_r():
    assert plain([1, None, "NA", "Inf", "-Inf"]) == pytest.approx([1, np.nan, np.nan, np.inf, -np.inf], nan_ok=True)
    assert rows_of(3).tolist() == [2]
    with pytest.raises(Unreadable):
        numbers(["1", "two"])


def test_a_set_with_nothing_to_compare_is_skipped_with_its_reasons(monkeypatch):
    monkeypatch.setattr(oracle_cases, "EVERYTHING_IS_KNOWN", False)
    tally = Tally("made", skipped=["OR: nobody"])
    with pytest.raises(pytest.skip.Exception, match="made: nothing of it can be compared: OR: nobody"):
        tally.settle()

"""The order of unread reports: features, what learns from decisions, and what the order may depend on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prismake.config import Eligibility, Question, Ranking
from prismake.screening import features as making
from prismake.screening.features import LONGEST, featurise, stored, text_of, tokens
from prismake.screening.learning import Learner, batch_size
from prismake.screening.linear import SupportVectorMachine
from prismake.screening.rankers import LinearSVM
from prismake.screening.ranking import account, protocol_text, rank
from scipy import sparse
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits


def report(key: str, title: str, abstract: str = "") -> dict[str, Any]:
    return {
        "report_id": key, "record_ids": [f"a:{key}"], "title": title, "title_other": "", "abstract": abstract,
        "keywords": [], "authors": [], "year": 2020, "journal": "",
    }  # fmt: skip


TOPIC = [
    report("R1", "stem cells for diabetic foot ulcers", "randomised trial of cell therapy"),
    report("R2", "stem cell injection heals ulcers", "trial of cell therapy in diabetes"),
    report("R3", "school meals and obesity", "a survey of pupils"),
    report("R4", "traffic noise at night", "a survey of sleep"),
    report("R5", "cell therapy in diabetic ulcers", "a randomised trial"),
    report("R6", "pupils who sleep at school", "a survey"),
]


def stood(**state: str) -> list[dict[str, Any]]:
    return [{"report_id": key, "stage": "title_abstract", "state": value} for key, value in state.items()]


def test_unread_reports_like_the_included_ones_come_first() -> None:
    known = stood(R1="include", R2="include", R3="exclude", R4="exclude", R5="to_do", R6="to_do")
    ranked = rank(TOPIC, known, "", Ranking())
    assert [row["report_id"] for row in ranked] == ["R5", "R6"]
    assert ranked[0]["score"] > ranked[1]["score"]
    assert "support vector machine" in ranked[0]["ranked_by"]
    assert any("cell" in term for term in ranked[0]["terms"])


def test_without_decisions_the_protocol_ranks_and_the_input_order_does_not() -> None:
    asked = protocol_text(Question(population="diabetic foot ulcers", intervention="cell therapy"), Eligibility())
    known = stood(**dict.fromkeys(("R1", "R2", "R3", "R4", "R5", "R6"), "to_do"))
    ranked = rank(TOPIC, known, asked, Ranking())
    assert {row["report_id"] for row in ranked[:3]} == {"R1", "R2", "R5"}
    assert rank(TOPIC[::-1], known[::-1], asked, Ranking()) == ranked


def test_nothing_unread_gives_an_empty_ranking() -> None:
    assert rank(TOPIC, stood(R1="include", R3="exclude"), "", Ranking()) == []


def test_reports_without_words_are_ranked_all_the_same() -> None:
    known = stood(**dict.fromkeys(("R1", "R2", "R3", "R4", "R5", "R6"), "to_do"))
    blank = [report | {"title": "", "abstract": "", "keywords": []} for report in TOPIC]
    ranked = rank(blank, known, "  ", Ranking())
    assert [(row["report_id"], row["score"]) for row in ranked] == [(f"R{n}", 0.0) for n in range(1, 7)]
    half = stood(R1="include", R2="exclude", R3="to_do", R4="to_do", R5="to_do", R6="to_do")
    assert [row["report_id"] for row in rank(blank, half, "", Ranking())] == ["R3", "R4", "R5", "R6"]


def test_without_exclusions_some_unread_reports_are_presumed_irrelevant() -> None:
    others = [report(f"S{n:02}", f"survey of pupils in school {n}", "obesity and sleep") for n in range(40)]
    known = stood(R1="include", R2="to_do", R5="to_do", **{one["report_id"]: "to_do" for one in others})
    ranked = rank([*TOPIC, *others], known, "school", Ranking(seed=1))
    assert {row["report_id"] for row in ranked[:2]} == {"R2", "R5"}
    assert "likeness" in rank([*TOPIC, *others], known, "school", Ranking(presumed_irrelevant=0))[0]["ranked_by"]


def test_at_most_a_third_of_the_reports_is_presumed_irrelevant(monkeypatch: pytest.MonkeyPatch) -> None:
    taught = []
    monkeypatch.setattr(LinearSVM, "teach", lambda _, rows, wanted: taught.append(wanted.tolist()))
    features = featurise([f"report number {n}" for n in range(35)])
    Learner(features, Ranking(presumed_irrelevant=500)).weights([3, 4], [True, False])
    Learner(features, Ranking(presumed_irrelevant=1)).weights([3, 4], [True, False])
    assert taught == [[True] + [False] * 12, [True, False]]


def test_presumed_reports_are_those_least_like_what_is_sought(monkeypatch: pytest.MonkeyPatch) -> None:
    taught = []
    monkeypatch.setattr(LinearSVM, "teach", lambda _, rows, wanted: taught.append(rows))
    sought = [f"cell therapy for ulcers, trial {n}" for n in range(6)]
    made = featurise(sought + [f"survey of pupils in school {n}" for n in range(20)])
    for seed in range(20):  # 10 of 4 unread reports on cells and 20 others are drawn each time
        Learner(made, Ranking(presumed_irrelevant=5), seed).weights([0, 1], [True, True])
    cells = [rows[2:].toarray()[:, made.words.index("cell")].tolist() for rows in taught]
    assert cells == [[0.0] * 5] * 20


def test_nothing_is_presumed_of_reports_that_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of an earlier review were included there, and a conflict is about what may be sought."""
    seen: list[int] = []
    monkeypatch.setattr(
        LinearSVM, "teach", lambda self, rows, wanted: seen.append(len(wanted)) or np.zeros(rows.shape[1])
    )
    reports = [report(f"R{n}", "one title") for n in range(9)]
    states = stood(R0="include", R1="conflict", R2="exclude", R3="to_do", R4="to_do")
    assert [row["report_id"] for row in rank(reports, states, "", Ranking(presumed_irrelevant=3))] == ["R3", "R4"]
    assert seen == [2 + 1], "half of the two that wait"


def test_which_reports_are_presumed_irrelevant_changes_with_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    taught = []
    monkeypatch.setattr(LinearSVM, "teach", lambda _, rows, wanted: taught.append(rows[[-1]].indices.tolist()))
    learner = Learner(featurise([f"report word{n // 2}" for n in range(200)]), Ranking(presumed_irrelevant=10))
    for read in (range(3), range(3), range(4)):
        learner.weights(read, [True] * len(read))
    assert taught[0] == taught[1] != taught[2]


def test_excluded_reports_take_the_place_of_presumed_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    taught = []
    monkeypatch.setattr(LinearSVM, "teach", lambda _, rows, wanted: taught.append((rows, wanted.tolist())))
    features = featurise([f"report number {n}" for n in range(60)])
    learner = Learner(features, Ranking(presumed_irrelevant=4))
    for excluded in (0, 1, 3, 4, 9):
        learner.weights(range(2 + excluded), [True, True] + [False] * excluded)
    assert [(sum(wanted), len(wanted)) for _, wanted in taught] == [(2, 6), (2, 6), (2, 6), (2, 6), (2, 11)]
    assert (taught[-1][0] != features.matrix[list(range(11))]).nnz == 0


def test_config_chooses_the_model() -> None:
    known = stood(R1="include", R2="include", R3="exclude", R4="exclude", R5="to_do", R6="to_do")
    ranked = rank(TOPIC, known, "", Ranking(model="naive_bayes"))
    assert [row["report_id"] for row in ranked] == ["R5", "R6"]
    assert "naive Bayes" in ranked[0]["ranked_by"]


@pytest.mark.parametrize("model", ["svm", "naive_bayes"])
def test_texts_that_share_no_words_are_ranked_by_their_ids(model: Any) -> None:
    apart = [report(f"R{n}", word) for n, word in enumerate(["ab", "cd", "ef", "gh"], start=1)]
    ranked = rank(apart, stood(R1="include", R2="exclude", R3="to_do", R4="to_do"), "", Ranking(model=model))
    assert [(row["report_id"], row["score"], row["terms"]) for row in ranked] == [("R3", 0, []), ("R4", 0, [])]


def test_terms_are_those_that_speak_for_a_report() -> None:
    known = stood(R1="include", R2="include", R3="exclude", R4="exclude", R5="to_do", R6="to_do")
    first, last = rank(TOPIC, known, "", Ranking())
    assert {"cell", "diabetic"} & set(first["terms"])
    assert not {"school", "pupils", "survey"} & {*first["terms"], *last["terms"]}


STATES = st.sampled_from(["include", "exclude", "to_do"])


@settings(max_examples=25)
@given(
    states=st.lists(STATES, min_size=6, max_size=6),
    order=st.randoms(use_true_random=False),
    seed=st.integers(0, 3),
    model=st.sampled_from(["svm", "naive_bayes"]),
)
def test_the_order_depends_on_reports_decisions_and_seed_alone(
    states: list[str], order: Any, seed: int, model: Any
) -> None:
    known = stood(**dict(zip(("R1", "R2", "R3", "R4", "R5", "R6"), states, strict=True)))
    choices = Ranking(model=model, seed=seed, presumed_irrelevant=2)
    with threadpool_limits(1):
        before = rank(TOPIC, known, "ulcers", choices)
    mixed, told = list(TOPIC), list(known)
    order.shuffle(mixed)
    order.shuffle(told)
    with threadpool_limits(4):
        assert rank(mixed, told, "ulcers", choices) == before
    assert [row["report_id"] for row in before if row["score"] == before[0]["score"]] == sorted(
        row["report_id"] for row in before if row["score"] == before[0]["score"]
    )


def test_the_account_names_what_went_in_and_changes_with_it() -> None:
    known = stood(R1="include", R3="exclude", R5="to_do", R6="to_do")
    ranked = rank(TOPIC, known, "ulcers", Ranking(seed=3))
    said = account(TOPIC, known, "ulcers", Ranking(seed=3), ranked)
    assert said["settings"]["seed"] == 3
    assert (said["read"], said["relevant"], said["unread"], said["next_batch"]) == (2, 1, 2, 1)
    assert said["ranked_by"] == ranked[0]["ranked_by"]
    assert account(TOPIC[::-1], known[::-1], "ulcers", Ranking(seed=3), ranked) == said
    other = stood(R1="include", R3="include", R5="to_do", R6="to_do")
    assert account(TOPIC, other, "ulcers", Ranking(seed=3), ranked)["decisions_hash"] != said["decisions_hash"]
    assert account(TOPIC, known, "feet", Ranking(seed=3), ranked)["reports_hash"] != said["reports_hash"]


def test_features_are_kept_for_one_set_of_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [text_of(one) for one in TOPIC] + ["糖尿病足溃疡", ""]
    made = stored(tmp_path, texts)
    monkeypatch.setattr(making, "featurise", lambda _: pytest.fail("features were made again"))
    again = stored(tmp_path, texts)
    assert (again.words, again.pairs.tolist()) == (made.words, made.pairs.tolist())
    assert (again.matrix != made.matrix).nnz == 0
    monkeypatch.undo()
    stored(tmp_path, texts[1:])
    assert len(list(tmp_path.iterdir())) == 1
    stored(tmp_path / "empty", [])
    assert stored(tmp_path / "empty", []).matrix.shape[0] == 0


@pytest.mark.parametrize(
    ("one", "alike", "other"),
    [
        ("糖尿病足溃疡的细胞治疗", "细胞治疗糖尿病足溃疡", "学校膳食与肥胖调查研究"),
        ("Лечение язв стопы", "язвы стопы: лечения", "Питание школьников"),
        ("علاج قرحة القدم السكرية", "قرحة القدم", "وجبات المدارس"),
        ("Ulzera des Fußes", "ULZERA DES FUSSES", "Schulessen"),
        ("plaies du pied diabétique", "pied diabetique", "repas scolaires"),
        ("การรักษาแผลที่เท้า", "แผลที่เท้า", "อาหารโรงเรียน"),
    ],
)
def test_texts_of_any_script_are_alike_by_what_they_share(one: str, alike: str, other: str) -> None:
    matrix = featurise([one, alike, other, one, alike, other, one, alike, other]).matrix
    likeness = (matrix @ matrix[[0]].T).toarray().ravel()
    assert likeness[0] >= likeness[1] > likeness[2]


def test_features_are_the_same_however_many_texts_are_counted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{one} {n % 3}" for n, one in enumerate([text_of(one) for one in TOPIC] * 3)] + ["", "糖尿病足溃疡"]
    whole = featurise(texts)
    monkeypatch.setattr(making, "_ROWS", 4)
    parts = featurise(texts)
    assert (parts.words, parts.pairs.tolist()) == (whole.words, whole.pairs.tolist())
    assert (parts.matrix != whole.matrix).nnz == 0
    assert parts.matrix.shape == whole.matrix.shape


def test_a_count_twice_as_high_adds_a_half() -> None:
    made = featurise(["heal heal heal heal cells cells ulcers", "ulcers cells heal", "noise at night"])
    one, two, four = made.matrix[[0]].toarray()[0, [made.words.index(word) for word in ("ulcers", "cells", "heal")]]
    assert [two / one, four / one] == pytest.approx([1.5, 2])


def test_long_texts_are_read_up_to_a_limit_and_empty_ones_have_no_features() -> None:
    assert len(tokens("word " * LONGEST)) == LONGEST / 5
    matrix = featurise(["", "a", " .,;", "cells heal ulcers", "cells heal feet", "x" * 10**6]).matrix
    lengths = np.sqrt(matrix.multiply(matrix).sum(axis=1))
    assert lengths[:3].tolist() == [0, 0, 0]
    assert lengths[3] == pytest.approx(lengths[4]) == pytest.approx(np.sqrt(1 + making.PAIRS**2), rel=1e-5)


def test_the_machine_finds_the_weights_of_liblinear() -> None:
    draw = np.random.default_rng(4)
    rows = sparse.random_array((80, 40), density=0.2, rng=draw, dtype=np.float32, format="csr")
    wanted = (rows @ draw.normal(size=40)) + draw.normal(size=80) * 0.1 > 0.2
    cost = draw.uniform(0.1, 2, 80)
    found = SupportVectorMachine(1e-6).fit(rows, wanted, cost)
    peer = LinearSVC(loss="squared_hinge", dual=False, C=1, tol=1e-8).fit(rows, wanted, sample_weight=cost)
    assert found == pytest.approx(peer.coef_[0], abs=2e-3)


def test_a_second_fit_begins_where_the_first_ended() -> None:
    rows = sparse.csr_array(np.eye(6, dtype=np.float32))
    wanted, cost = np.array([True, False] * 3), np.ones(6)
    machine = SupportVectorMachine(1e-3)
    first = machine.fit(rows, wanted, cost)
    assert machine.fit(rows, wanted, cost) is first


def test_what_was_read_is_presumed_nothing_and_batches_grow() -> None:
    features = featurise([text_of(one) for one in TOPIC])
    learner = Learner(features, Ranking(presumed_irrelevant=100))
    assert learner.can_learn([0], [True])
    assert not learner.can_learn([0], [False])
    assert not learner.can_learn(range(6), [True] * 6)
    everything = Learner(features, Ranking(presumed_irrelevant=0)).weights(
        range(6), [True, True, False, False, True, False]
    )
    assert everything == pytest.approx(learner.weights(range(6), [True, True, False, False, True, False]))
    assert [batch_size(read, 0.1) for read in (0, 1, 10, 11, 100, 101)] == [1, 1, 1, 2, 10, 11]

"""RoB 2 against decision tables written from the guidance of 22 August 2019, answer by answer."""

import itertools
from pathlib import Path

import pytest
from prismake.bias.rob2 import DOMAINS, JUDGEMENTS, QUESTIONS, judge, judge_table
from prismake.bias.run import judge_bias
from prismake.config import Outcome
from prismake.people import Citation, Study, header, read_people
from prismake.problems import InputError
from prismake.tables import read_csv

OPEN = "open"
PATH = "review/bias/rob2.csv"

# A row of a table reads: answers to the questions in order, then the judgement. Y stands for Y and PY, N for N and PN;
# several answers are parted by /, * is any answer or none, - is none (blank or NA). Every combination fits one row.
TABLES = {
    "D1": (
        "1.1 1.2 1.3",
        """
        *     N   *     High
        *     NI  Y     High
        *     NI  N/NI  Some concerns
        Y/NI  Y   N/NI  Low
        Y/NI  Y   Y     Some concerns
        N     Y   *     Some concerns
        """,
    ),
    "D2 part 1": (
        "2.1 2.2 2.3 2.4 2.5",
        """
        N     N     *   *     *     Low
        Y/NI  *     N   *     *     Low
        Y/NI  *     NI  *     *     Some concerns
        Y/NI  *     Y   N     *     Some concerns
        Y/NI  *     Y   Y/NI  Y     Some concerns
        Y/NI  *     Y   Y/NI  N/NI  High
        Y/NI  *     -   *     *     open
        Y/NI  *     Y   -     *     open
        Y/NI  *     Y   Y/NI  -     open
        N     Y/NI  N   *     *     Low
        N     Y/NI  NI  *     *     Some concerns
        N     Y/NI  Y   N     *     Some concerns
        N     Y/NI  Y   Y/NI  Y     Some concerns
        N     Y/NI  Y   Y/NI  N/NI  High
        N     Y/NI  -   *     *     open
        N     Y/NI  Y   -     *     open
        N     Y/NI  Y   Y/NI  -     open
        """,
    ),
    "D2 part 2": (
        "2.6 2.7",
        """
        Y     *     Low
        N/NI  N     Some concerns
        N/NI  Y/NI  High
        N/NI  -     open
        """,
    ),
    "D3": (
        "3.1 3.2 3.3 3.4",
        """
        Y     *  *     *     Low
        N/NI  Y  *     *     Low
        N/NI  N  N     *     Low
        N/NI  N  Y/NI  N     Some concerns
        N/NI  N  Y/NI  Y/NI  High
        N/NI  -  *     *     open
        N/NI  N  -     *     open
        N/NI  N  Y/NI  -     open
        """,
    ),
    "D4": (
        "4.1 4.2 4.3 4.4 4.5",
        """
        Y     *   *     *     *     High
        N/NI  Y   *     *     *     High
        N/NI  N   N     *     *     Low
        N/NI  N   Y/NI  N     *     Low
        N/NI  N   Y/NI  Y/NI  N     Some concerns
        N/NI  N   Y/NI  Y/NI  Y/NI  High
        N/NI  NI  N     *     *     Some concerns
        N/NI  NI  Y/NI  N     *     Some concerns
        N/NI  NI  Y/NI  Y/NI  N     Some concerns
        N/NI  NI  Y/NI  Y/NI  Y/NI  High
        N/NI  N/NI  -     *     *   open
        N/NI  N/NI  Y/NI  -     *   open
        N/NI  N/NI  Y/NI  Y/NI  -   open
        """,
    ),
    "D5": (
        "5.1 5.2 5.3",
        """
        *     Y     *     High
        *     N/NI  Y     High
        *     NI    N/NI  Some concerns
        *     N     NI    Some concerns
        Y     N     N     Low
        N/NI  N     N     Some concerns
        """,
    ),
}
WORST_FIRST = ("High", "Some concerns", "Low")

# What the tool's form offers for each question.
Y_TO_NI = {"Y", "PY", "PN", "N", "NI"}
ALLOWED = {
    **dict.fromkeys(["1.1", "1.2", "1.3", "2.1", "2.2", "2.6", "3.1", "4.1", "4.2", "5.1", "5.2", "5.3"], Y_TO_NI),
    **dict.fromkeys(["2.3", "2.4", "2.5", "2.7", "3.3", "3.4", "4.3", "4.4", "4.5"], Y_TO_NI | {"NA"}),
    "3.2": {"Y", "PY", "PN", "N", "NA"},
}

# One set of answers for each state of each domain, to build whole results from.
STATES = {
    "D1": {
        "Low": {"1.1": "Y", "1.2": "Y", "1.3": "N"},
        "Some concerns": {"1.1": "NI", "1.2": "NI", "1.3": "N"},
        "High": {"1.1": "Y", "1.2": "N", "1.3": "N"},
        None: {"1.1": "Y"},
    },
    "D2": {
        "Low": {"2.1": "N", "2.2": "N", "2.6": "Y"},
        "Some concerns": {"2.1": "Y", "2.2": "Y", "2.3": "NI", "2.6": "Y"},
        "High": {"2.1": "N", "2.2": "N", "2.6": "N", "2.7": "Y"},
        None: {"2.1": "Y", "2.2": "Y", "2.6": "Y"},
    },
    "D3": {
        "Low": {"3.1": "Y"},
        "Some concerns": {"3.1": "N", "3.2": "N", "3.3": "Y", "3.4": "N"},
        "High": {"3.1": "N", "3.2": "N", "3.3": "Y", "3.4": "Y"},
        None: {},
    },
    "D4": {
        "Low": {"4.1": "N", "4.2": "N", "4.3": "N"},
        "Some concerns": {"4.1": "N", "4.2": "NI", "4.3": "N"},
        "High": {"4.1": "Y", "4.2": "N"},
        None: {"4.1": "N", "4.2": "N"},
    },
    "D5": {
        "Low": {"5.1": "Y", "5.2": "N", "5.3": "N"},
        "Some concerns": {"5.1": "N", "5.2": "N", "5.3": "N"},
        "High": {"5.1": "Y", "5.2": "Y", "5.3": "N"},
        None: {"5.1": "Y", "5.2": "N"},
    },
}


def wide(answer):
    """The class of an answer in the tables."""
    return {"PY": "Y", "PN": "N", "NA": "-", "": "-"}.get(answer, answer)


def expected(table, answers):
    questions, rows = TABLES[table]
    given = [wide(answers.get(question, "")) for question in questions.split()]
    fitting = []
    for row in rows.strip().splitlines():
        *patterns, judgement = row.split(None, len(given))
        if all(pattern == "*" or answer in pattern.split("/") for pattern, answer in zip(patterns, given, strict=True)):
            fitting.append(judgement)
    assert len(fitting) == 1, f"{given} fits {fitting}"
    return fitting[0]


def combinations(questions, allowed=ALLOWED):
    for answers in itertools.product(*(sorted(allowed[question]) for question in questions)):
        yield dict(zip(questions, answers, strict=True))


def judged(domain, answers):
    return judge(answers).domains[domain] or OPEN


def test_the_tool_has_22_questions_with_the_answers_of_its_form():
    assert {number: set(question.answers) for number, question in QUESTIONS.items()} == ALLOWED
    assert len(QUESTIONS) == 22
    assert list(QUESTIONS) == sorted(QUESTIONS)
    assert list(DOMAINS) == ["D1", "D2", "D3", "D4", "D5"]


@pytest.mark.parametrize("domain", ["D1", "D3", "D4", "D5"])
def test_every_combination_of_answers_is_judged_as_the_guidance_does(domain):
    for answers in combinations(TABLES[domain][0].split()):
        assert judged(domain, answers) == expected(domain, answers), answers


def test_domain_2_takes_the_worse_of_its_two_parts():
    first, second = (TABLES[f"D2 part {part}"][0].split() for part in (1, 2))
    classes = {question: {"Y", "N", "NI"} | ({"NA"} & ALLOWED[question]) for question in (*first, *second)}
    for answers in combinations([*first, *second], classes):
        parts = [expected("D2 part 1", answers), expected("D2 part 2", answers)]
        worse = OPEN if OPEN in parts else min(parts, key=WORST_FIRST.index)
        assert judged("D2", answers) == worse, answers


@pytest.mark.parametrize("part", [1, 2])
def test_each_part_of_domain_2_with_every_answer(part):
    rest = {1: {"2.6": "Y"}, 2: {"2.1": "N", "2.2": "N"}}[part]
    table = f"D2 part {part}"
    for answers in combinations(TABLES[table][0].split()):
        assert judged("D2", answers | rest) == expected(table, answers), answers


def test_blank_absent_and_na_mean_the_same_for_a_question_that_is_not_asked():
    closed = [number for number in ALLOWED if "NA" in ALLOWED[number]]
    base = {k: v for domain in STATES.values() for k, v in domain["Low"].items() if k not in closed}
    assert base["4.2"] == "N"
    base["4.1"] = "Y"
    results = [judge(base | dict.fromkeys(closed, fill)) for fill in ("NA", "")] + [judge(base)]
    assert results[0] == results[1] == results[2]
    assert results[0].open == ()
    assert results[0].domains == {"D1": "Low", "D2": "Low", "D3": "Low", "D4": "High", "D5": "Low"}


def test_no_answers_at_all_leave_everything_open():
    judgement = judge({})
    assert judgement.domains == dict.fromkeys(DOMAINS)
    assert judgement.overall is None
    assert judgement.open == tuple(number for number in QUESTIONS if "NA" not in ALLOWED[number])


@pytest.mark.parametrize(
    ("answers", "unanswered"),
    [
        ({"2.1": "Y", "2.6": "Y"}, ("2.2", "2.3")),
        ({"2.1": "N", "2.6": "NI"}, ("2.2", "2.7")),
        ({"2.1": "PY", "2.2": "N", "2.3": "PY", "2.4": "NI", "2.6": "PY"}, ("2.5",)),
        ({"2.1": "N", "2.2": "N", "2.3": "NA", "2.6": "N", "2.7": "NA"}, ("2.7",)),
    ],
)
def test_questions_on_the_path_without_an_answer_are_listed(answers, unanswered):
    judgement = judge(answers)
    assert judgement.domains["D2"] is None
    assert tuple(number for number in judgement.open if number.startswith("2")) == unanswered


def test_answers_to_questions_that_nothing_opens_are_named_and_change_nothing():
    low = STATES["D2"]["Low"] | {"2.3": "Y", "2.4": "Y", "2.5": "N", "2.7": "Y"}
    judgement = judge(low)
    assert judgement.domains["D2"] == "Low"
    assert judgement.unused == ("2.3", "2.4", "2.5", "2.7")


def test_overall_is_the_worst_domain_and_waits_unless_a_domain_is_high():
    for states in itertools.product(*(STATES[domain] for domain in DOMAINS)):
        answers = {
            k: v for domain, state in zip(DOMAINS, states, strict=True) for k, v in STATES[domain][state].items()
        }
        judgement = judge(answers)
        assert tuple(judgement.domains.values()) == states
        if "High" in states:
            assert judgement.overall == "High"
        elif None in states:
            assert judgement.overall is None
        else:
            assert judgement.overall == ("Low" if set(states) == {"Low"} else "Some concerns")


def test_some_concerns_in_every_domain_do_not_make_high_by_themselves():
    answers = {k: v for domain in STATES.values() for k, v in domain["Some concerns"].items()}
    assert judge(answers).overall == "Some concerns"


YES_IS_GOOD = {"1.1", "1.2", "2.5", "2.6", "3.1", "3.2", "5.1"}


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_worse_answer_never_gives_a_better_judgement(domain):
    """With all follow-up questions answered, every algorithm of the guidance is monotone."""
    questions = [number for number in ALLOWED if f"D{number[0]}" == domain]
    classes = {question: {"Y", "N", "NI"} & ALLOWED[question] for question in questions}
    for answers in combinations(questions, classes):
        rank = JUDGEMENTS.index(judge(answers).domains[domain])
        for question in questions:
            order = [a for a in ("Y", "NI", "N") if a in classes[question]]
            order = order if question in YES_IS_GOOD else order[::-1]
            for worse in order[order.index(answers[question]) + 1 :]:
                after = JUDGEMENTS.index(judge(answers | {question: worse}).domains[domain])
                assert after >= rank, (answers, question, worse)


HEADER = "study_id,outcome,question,answer,support,source,assessor\n"


def table(tmp_path, *rows):
    file = tmp_path / PATH
    file.parent.mkdir(parents=True)
    file.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return read_people(PATH, root=tmp_path)


def test_an_answer_that_the_question_does_not_allow_is_named_by_line_and_column(tmp_path):
    rows = table(
        tmp_path,
        "smith2019,healing,3.1,N,,,AB",
        "smith2019,healing,3.2,NI,,,AB",
        "smith2019,healing,1.1,NA,,,AB",
        "smith2019,healing,1.7,Y,,,AB",
    )
    with pytest.raises(InputError) as caught:
        judge_table(rows, PATH)
    assert [str(problem) for problem in caught.value.problems] == [
        "review/bias/rob2.csv, line 3, column answer: found 'NI'; expected one of Y, PY, PN, N, NA.",
        "review/bias/rob2.csv, line 4, column answer: found 'NA'; expected one of Y, PY, PN, N, NI.",
        "review/bias/rob2.csv, line 5, column question: found '1.7'; expected a question of RoB 2: "
        "1.1 to 1.3, 2.1 to 2.7, 3.1 to 3.4, 4.1 to 4.5, 5.1 to 5.3.",
    ]


@pytest.mark.parametrize("answers", [{"3.2": "NI"}, {"9.9": "Y"}, {"1.1": "yes"}])
def test_judging_refuses_what_the_tool_does_not_know(answers):
    with pytest.raises(InputError, match=next(iter(answers))):
        judge(answers)


def test_the_table_gives_one_line_a_result_in_a_fixed_order(tmp_path):
    low = {k: v for domain in STATES.values() for k, v in domain["Low"].items()}
    rows = table(
        tmp_path,
        *(f"zeta2020,healing,{number},{answer},,,BB" for number, answer in low.items()),
        "alpha2018,healing,1.1,Y,,,CC",
        "alpha2018,amputation,1.1,Y,,,CC",
        "alpha2018,amputation,1.2,N,,,AA",
        "alpha2018,amputation,1.3,N,,,AA",
        "alpha2018,amputation,3.2,Y,,,AA",
    )
    first, second, third = judge_table(rows, PATH)
    assert judge_table(rows[::-1], PATH) == [first, second, third]
    assert list(first) == ["study_id", "outcome", *DOMAINS, "overall", "open", "unused", "assessors"]
    assert (first["study_id"], first["outcome"], second["outcome"]) == ("alpha2018", "amputation", "healing")
    assert (first["D1"], first["D2"], first["overall"]) == ("High", None, "High")
    assert first["assessors"] == ["AA", "CC"]
    assert first["unused"] == ["3.2"]
    assert second["open"][:2] == ["1.2", "1.3"]
    assert third["overall"] == "Low"
    assert third["open"] == []


def test_an_empty_table_judges_nothing():
    assert judge_table([], PATH) == []


def answered(folder: Path, *rows: str) -> list[dict[str, str]]:
    """The judgements that are written for a table of answers of study s1."""
    (folder / "review/bias").mkdir(parents=True, exist_ok=True)
    (folder / PATH).write_text("\n".join([",".join(header(PATH)), *rows]) + "\n", encoding="utf-8")
    study = Study(study_id="s1", label="S1", design="randomised", records="a:1")
    values = {"label": "ABI", "file": "h.csv", "comparison": "c", "measure": "MD", "better": "higher"}
    outcomes = {"abi": Outcome.model_validate(values)}
    sources = [Citation(source_id="a1", what="x", where="y")]
    out = folder / "judgements.csv"
    judge_bias(read_people(PATH, root=folder), [study], outcomes, sources, str(out), folder)
    return read_csv(out)


def test_a_template_without_answers_is_not_judged_yet(tmp_path: Path) -> None:
    (judged,) = answered(tmp_path, *(f"s1,abi,{number},,,," for number in QUESTIONS))
    assert (judged["overall"], judged["D1"], judged["assessors"]) == ("", "", "")
    assert judged["open"].split("; ")[:3] == ["1.1", "1.2", "1.3"]
    assert judged["label"] == "S1: ABI"


def test_answers_name_their_assessor_and_sources_that_exist(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"rob2.csv, line 2, column assessor: found an empty cell; expected who gave"):
        answered(tmp_path, "s1,abi,1.1,Y,,,")
    with pytest.raises(InputError, match=r"rob2.csv, line 2, column source: found 'a9'; expected a source_id"):
        answered(tmp_path, "s1,abi,1.1,Y,,a9,x")

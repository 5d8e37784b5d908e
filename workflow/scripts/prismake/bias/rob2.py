"""RoB 2 for randomised trials: from answers to signalling questions to judgements.

The tool is the version of 22 August 2019 for parallel trials; domain 2 takes the effect of assignment to intervention.
Questions, answers and algorithms follow its guidance document (Higgins JPT, Savović J, Page MJ, Sterne JAC, editors.
Revised Cochrane risk-of-bias tool for randomized trials, https://www.riskofbias.info) and Sterne JAC et al., BMJ 2019;
366:l4898. The questions stand here in short words; an assessor works with the guidance itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..people import Signal
from ..problems import InputError, Problem, cell, show

LOW, SOME_CONCERNS, HIGH = JUDGEMENTS = ("Low", "Some concerns", "High")
"""The judgements, best first; what is not judged yet is ``None``."""

DOMAINS = {
    "D1": "Randomisation process",
    "D2": "Deviations from intended interventions",
    "D3": "Missing outcome data",
    "D4": "Measurement of the outcome",
    "D5": "Selection of the reported result",
}
"""The five domains, by the names that columns and figures use."""

_YES, _NO = ("Y", "PY"), ("PN", "N")
_YES_OR_UNKNOWN, _NO_OR_UNKNOWN = (*_YES, "NI"), (*_NO, "NI")
_ALWAYS = (*_YES, *_NO, "NI")
_FOLLOW_UP = (*_ALWAYS, "NA")


@dataclass(frozen=True)
class Question:
    """One signalling question.

    Attributes
    ----------
    number : str
        As in the tool, ``2.3``.
    words : str
        What it asks, in short.
    answers : tuple of str
        The answers that it allows. NA is one where the question can stay closed.
    after, given : tuple of str
        The questions that open it, and their answers that do; empty where it is always asked.
    every : bool
        Whether all questions of `after` must be answered so, rather than one of them.
    """

    number: str
    words: str
    answers: tuple[str, ...] = _ALWAYS
    after: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    every: bool = False

    @property
    def domain(self) -> str:
        """``D1`` to ``D5``."""
        return f"D{self.number[0]}"

    def is_open(self, path: Mapping[str, str]) -> bool:
        """Whether the answers given on the path so far open this question."""
        if not self.after:
            return True
        opening = [path.get(number) in self.given for number in self.after]
        return all(opening) if self.every else any(opening)


def _follow_up(number: str, words: str, after: tuple[str, ...], given: tuple[str, ...], **more: Any) -> Question:
    return Question(number, words, **{"answers": _FOLLOW_UP, **more}, after=after, given=given)


QUESTIONS: dict[str, Question] = {
    question.number: question
    for question in (
        Question("1.1", "Was the sequence of allocation random?"),
        Question("1.2", "Was the next allocation hidden until the participant was enrolled and assigned?"),
        Question("1.3", "Do differences at baseline point to a fault of the randomisation?"),
        Question("2.1", "Did participants know which intervention they had?"),
        Question("2.2", "Did carers and those who gave the interventions know who had which?"),
        _follow_up("2.3", "Did the trial's setting cause departures from protocol?", ("2.1", "2.2"), _YES_OR_UNKNOWN),
        _follow_up("2.4", "Were these departures likely to change the outcome?", ("2.3",), _YES),
        _follow_up("2.5", "Were these departures alike in both groups?", ("2.4",), _YES_OR_UNKNOWN),
        Question("2.6", "Did the analysis suit the effect of being assigned?"),
        _follow_up("2.7", "Could leaving the assigned groups have changed the result much?", ("2.6",), _NO_OR_UNKNOWN),
        Question("3.1", "Were there outcome data for all, or nearly all, who were randomised?"),
        _follow_up(
            "3.2",
            "Is there evidence that the missing data did not bias the result?",
            ("3.1",),
            _NO_OR_UNKNOWN,
            answers=(*_YES, *_NO, "NA"),
        ),
        _follow_up("3.3", "Could an outcome's being missing depend on its true value?", ("3.2",), _NO),
        _follow_up("3.4", "Is it likely that it did?", ("3.3",), _YES_OR_UNKNOWN),
        Question("4.1", "Was the outcome measured in an unsuitable way?"),
        Question("4.2", "Could measuring have differed between the groups?"),
        _follow_up("4.3", "Did the assessors know who had which?", ("4.1", "4.2"), _NO_OR_UNKNOWN, every=True),
        _follow_up("4.4", "Could knowing have influenced the assessment?", ("4.3",), _YES_OR_UNKNOWN),
        _follow_up("4.5", "Is it likely that it did?", ("4.4",), _YES_OR_UNKNOWN),
        Question("5.1", "Did the analysis follow a plan made before unblinded outcomes were at hand?"),
        Question("5.2", "Was the result likely chosen, for what it shows, among several measurements?"),
        Question("5.3", "Was the result likely chosen, for what it shows, among several analyses?"),
    )
}
"""The 22 signalling questions by number, in the order of the tool."""


@dataclass(frozen=True)
class Judgement:
    """What the algorithms make of the answers for one result.

    Attributes
    ----------
    domains : dict
        ``D1`` to ``D5``: one of `JUDGEMENTS`, or None while one of the domain's open questions has no answer.
    overall : str or None
        One of `JUDGEMENTS`, or None while it can still change.
    open : tuple of str
        Numbers of the questions that are asked and not answered yet.
    unused : tuple of str
        Numbers of the questions that are answered although no answer opens them; they have no effect.
    """

    domains: dict[str, str | None]
    overall: str | None
    open: tuple[str, ...]
    unused: tuple[str, ...]


def judge(answers: Mapping[str, str]) -> Judgement:
    """Judge one result by the algorithms of the guidance.

    Overall is High when a domain is High (also while others are unfinished, since nothing can mend it), Low when all
    five are Low, and Some concerns between. The guidance also lets assessors call a result High that has some concerns
    in several domains; that is a person's call about this result, and nothing here makes it.

    Parameters
    ----------
    answers : mapping
        Question number -> Y, PY, PN, N, NI, NA. A question that no answer opens may be absent, blank or NA.

    Raises
    ------
    InputError
        With one problem for each unknown question and for each answer that its question does not allow.
    """
    problems = [_fault(number, answer, *[f"question {number}"] * 2) for number, answer in answers.items()]
    if any(problems):
        raise InputError(*filter(None, problems))
    path: dict[str, str] = {}
    unanswered: list[str] = []
    for number, question in QUESTIONS.items():
        if question.is_open(path):
            if answers.get(number, "") in ("", "NA"):
                unanswered.append(number)
            else:
                path[number] = answers[number]
    unfinished = {QUESTIONS[number].domain for number in unanswered}
    domains = {domain: None if domain in unfinished else rule(path) for domain, rule in _RULES.items()}
    unused = tuple(n for n in QUESTIONS if answers.get(n, "") not in ("", "NA") and n not in path)
    return Judgement(domains, _overall(list(domains.values())), tuple(unanswered), unused)


def judge_table(rows: Iterable[Signal], path: str) -> list[dict[str, Any]]:
    """Judge every result of the table of answers.

    Parameters
    ----------
    rows : iterable of Signal
        The answers, one row a question.
    path : str
        The file they stand in, for messages.

    Returns
    -------
    list of dict
        One for each study and outcome, sorted by both: study_id, outcome, D1 to D5, overall, open and unused
        (question numbers), assessors (names, sorted).

    Raises
    ------
    InputError
        With one problem for each unknown question and for each answer that its question does not allow, naming line
        and column.
    """
    rows = list(rows)
    problems = [
        _fault(row.question, row.answer, cell(path, row.line, "question"), cell(path, row.line, "answer"))
        for row in rows
    ]
    if any(problems):
        raise InputError(*filter(None, problems))
    results: dict[tuple[str, str], list[Signal]] = {}
    for row in rows:
        results.setdefault((row.study_id, row.outcome), []).append(row)
    judged = []
    for (study_id, outcome), answered in sorted(results.items()):
        judgement = judge({row.question: row.answer for row in answered})
        judged.append(
            {
                "study_id": study_id,
                "outcome": outcome,
                **judgement.domains,
                "overall": judgement.overall,
                "open": list(judgement.open),
                "unused": list(judgement.unused),
                "assessors": sorted({row.assessor for row in answered if row.assessor}),
            }
        )
    return judged


def _fault(number: str, answer: str, at_question: str, at_answer: str) -> Problem | None:
    if number not in QUESTIONS:
        expected = "a question of RoB 2: 1.1 to 1.3, 2.1 to 2.7, 3.1 to 3.4, 4.1 to 4.5, 5.1 to 5.3"
        return Problem(at_question, show(number), expected)
    allowed = QUESTIONS[number].answers
    if answer and answer not in allowed:
        return Problem(at_answer, show(answer), "one of " + ", ".join(allowed))
    return None


def _randomisation(path: Mapping[str, str]) -> str:
    if path["1.2"] in _NO:
        return HIGH
    imbalance = path["1.3"] in _YES
    if path["1.2"] == "NI":
        return HIGH if imbalance else SOME_CONCERNS
    return SOME_CONCERNS if imbalance or path["1.1"] in _NO else LOW


def _departures(path: Mapping[str, str]) -> str:
    if "2.3" not in path or path["2.3"] in _NO:
        return LOW
    if "2.5" not in path or path["2.5"] in _YES:
        return SOME_CONCERNS
    return HIGH


def _analysis(path: Mapping[str, str]) -> str:
    if path["2.6"] in _YES:
        return LOW
    return SOME_CONCERNS if path["2.7"] in _NO else HIGH


def _deviations(path: Mapping[str, str]) -> str:
    return max(_departures(path), _analysis(path), key=JUDGEMENTS.index)


def _missing_data(path: Mapping[str, str]) -> str:
    if "3.4" not in path:
        return LOW
    return SOME_CONCERNS if path["3.4"] in _NO else HIGH


def _measurement(path: Mapping[str, str]) -> str:
    if path["4.1"] in _YES or path["4.2"] in _YES or path.get("4.5") in _YES_OR_UNKNOWN:
        return HIGH
    return SOME_CONCERNS if path["4.2"] == "NI" or "4.5" in path else LOW


def _selection(path: Mapping[str, str]) -> str:
    chosen = (path["5.2"], path["5.3"])
    if any(answer in _YES for answer in chosen):
        return HIGH
    return LOW if "NI" not in chosen and path["5.1"] in _YES else SOME_CONCERNS


_RULES = {"D1": _randomisation, "D2": _deviations, "D3": _missing_data, "D4": _measurement, "D5": _selection}


def _overall(domains: list[str | None]) -> str | None:
    if HIGH in domains:
        return HIGH
    if None in domains:
        return None
    return SOME_CONCERNS if SOME_CONCERNS in domains else LOW

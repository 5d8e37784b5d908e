"""How screening went: what was found when, what recall may be claimed, and what the declared rule for stopping says."""

from collections import Counter
from typing import Any

from ...config import Screening
from ...screening.showings import CUT_OFF
from ...screening.stopping import HABITS, WARNING
from ...wording import at_least, many, percent
from ..markdown import esc, figure, listed
from ..material import Material

RULES = {
    "hypergeometric": "the hypergeometric test (Callaghan and Müller-Hansen 2020) rejects a recall below {recall}",
    "certificate": "a random sample of the unread reports certifies a recall of at least {recall}",
    "consecutive": "{run} irrelevant reports in a row have been read",
    "knee": "the curve of what is found against what is read has bent (Cormack and Grossman 2016)",
}


def stopping(material: Material) -> str:
    """The rule as declared, for the methods."""
    declared = material.config.screening.stopping
    if declared.rule == "none":
        return "Every report is read: no rule for stopping is declared.\n"
    said = RULES[declared.rule].format(recall=percent(declared.recall), run=declared.run)
    if declared.rule not in HABITS:
        said += f", with {percent(1 - declared.alpha)} confidence"
    text = f"Screening on title and abstract may stop before all is read, once {said}."
    if declared.exclude_unread:
        text += " What is unread then leaves the review and is counted as excluded by automation tools."
    if declared.rule in HABITS:
        text += f" {WARNING}"
    return esc(text) + "\n"


HOW = {
    "ranked": "in the order of the ranking",
    "drawn": "at random before the first ranking",
    "calibration": "in the calibration round",
    "sample": "of a random sample of the unread",
    "conflict": "as a conflict to settle",
    "search": "found by a search",
    "back": "again, to a decision of one's own",
    "export": "in a batch to label offline",
}
"""What the log's ``how`` says of a showing."""


def disclosure(material: Material) -> str:
    """The use of automation in screening, from the log and the settings, as RAISE asks (Responsible AI in Evidence Synthesis)."""
    first = [row for row in material.shown if row["stage"] == "title_abstract"]
    said = [
        _order(first),
        _cut_off(sum(row["how"] == CUT_OFF for row in material.shown)),
        _versions(material.ranking, first),
        _oversight(material.stop, material.config.screening),
        _changed(material.stop, first),
    ]
    return esc(" ".join(filter(None, said))) + "\n"


def _order(shown: list[dict[str, str]]) -> str:
    if not shown:
        return (
            "Use of automation: unread reports are ranked for the reviewers, who need not follow the order. Decisions were not "
            "made on the screening page, which logs what it shows, so it is not known whether the ranking was followed."
        )
    counts = Counter(row["how"] for row in shown)
    ways = listed(
        [f"{count:,} {HOW.get(how, how)}" for how, count in sorted(counts.items(), key=lambda item: -item[1])]
    )
    models = sorted({row["ranked_by"] for row in shown if row["ranked_by"]})
    seeds = sorted({row["seed"] for row in shown if row["seed"]})
    data = list(dict.fromkeys(row["data"] for row in shown if row["data"]))
    rankings = len({(row["reviewer"], row["data"]) for row in shown if row["data"]})
    text = (
        f"Use of automation: {many(len(shown), 'showing')} of reports to reviewers {_was(len(shown))} logged ({ways})."
    )
    if models:
        text += f" The order came from {many(rankings, 'ranking')} by {listed(models)} (seed {listed(seeds)}), made anew as "
        text += f"decisions came in; hash of the reports and decisions learnt from: {data[0]}"
        text += f" for the first and {data[-1]} for the last." if len(data) > 1 else "."
    return text


def _cut_off(lines: int) -> str:
    return f"{many(lines, 'line')} of the log {_was(lines)} cut off, as by a crash, and not counted." if lines else ""


def _versions(ranking: dict[str, Any], shown: list[dict[str, str]]) -> str:
    logged = sorted({row["version"] for row in shown if row.get("version")})
    then = f"the reports were ranked by prismake {listed(logged)}, for this report by " if logged else ""
    versions = ", ".join(f"{name} {version}" for name, version in ranking["versions"].items())
    return f"Ranking software: {then}{versions}; hash of the ranked texts {ranking['reports_hash']}."


def _oversight(stop: dict[str, Any], declared: Screening) -> str:
    share = f"{_share(stop)} of the reports" if stop["read"] else "no report yet"
    who = "Reviewers, described above," if declared.reviewers else "Reviewers"
    text = f"{who} decided on {share}; no report that was read is included or excluded but by a reviewer's decision."
    if stop["read"] == stop["total"]:
        return text
    if stop["met"] and declared.stopping.exclude_unread:
        text += " What was unread when the rule for stopping was met is excluded by that rule, and nobody has read it."
    return f"{text} {_claim(stop)}"


def _share(stop: dict[str, Any]) -> str:
    """The share that was read; all only where it is all."""
    return "100%" if stop["read"] == stop["total"] else at_least(stop["read"] / stop["total"])


def _changed(stop: dict[str, Any], shown: list[dict[str, str]]) -> str:
    """Whether the rule for stopping was declared before the first report was shown, and kept."""
    declared = [row["stopping"] for row in shown if row.get("stopping")]
    if not declared:
        told = (
            "Whether the rule for stopping stood before screening began is not known: the screening page was not used."
        )
        return told if stop["rule"] != "none" else ""
    other = sum(one != stop["settings"] for one in declared)
    if other:
        return (
            f"The rule for stopping was changed after screening had begun: {many(other, 'showing')} fell under another rule "
            "than the one that is declared now."
        )
    kept = "The rule for stopping" if stop["rule"] != "none" else "That no rule for stopping is declared"
    return f"{kept} stood before the first report was shown and was not changed."


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def course(material: Material) -> str:
    """How far screening is, in words and as a figure."""
    stop = material.stop
    if not stop["read"]:
        return ""
    said = " ".join(filter(None, [_reading(stop), _claim(stop), _rule(stop), _sample(stop), _needed(stop)]))
    caption = "Course of screening on title and abstract: relevant reports found against reports read"
    return f"{esc(said)} @fig-course shows the course.\n\n" + figure(
        "figures/course", esc(caption), "course", caption, "75%"
    )


def _reading(stop: dict[str, Any]) -> str:
    relevant = f"{stop['found']:,} of them {_was(stop['found'])} relevant"
    if stop["read"] == stop["total"]:
        ruled = "no rule for stopping was needed" if stop["rule"] == "none" else "the rule for stopping was not needed"
        return (
            f"All {many(stop['total'], 'report')} were read on title and abstract; {relevant}. As none is unread, {ruled}, "
            "and no recall has to be estimated."
        )
    return f"{stop['read']:,} of {many(stop['total'], 'report')} were read on title and abstract; {relevant}."


def _claim(stop: dict[str, Any]) -> str:
    if stop["read"] == stop["total"]:
        return ""
    if not stop["found"]:
        return "No recall can be claimed, as no relevant report has been found."
    return (
        f"The hypergeometric test gives a recall of {_claimed(stop['recall_at_least'], stop)} (that a recall of "
        f"{percent(stop['recall'])} was missed: p {_p(stop['p'])}){_estimate(stop)}.{_since(stop)}"
    )


def _estimate(stop: dict[str, Any]) -> str:
    """The estimate beside the claim, where anything was read that it can rest on."""
    if stop["since"] == stop["read"]:
        return ""
    return f"; its estimate, with even chances that it is more, is {at_least(stop['estimate'])}"


def _since(stop: dict[str, Any]) -> str:
    """What the test rests on, where reports came while others had been read."""
    if not stop["since"]:
        return ""
    if stop["since"] == stop["read"]:
        return (
            " No report of the last search has been read, and those read before were not chosen from among its reports."
        )
    count = many(stop["read"] - stop["since"], "report")
    return (
        f" It rests on the {count} read since one of the last search was: what was read before was not chosen from all."
    )


def _claimed(recall: float, stop: dict[str, Any]) -> str:
    return f"at least {at_least(recall)} with {percent(1 - stop['alpha'])} confidence"


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def _rule(stop: dict[str, Any]) -> str:
    if stop["rule"] == "none" or stop["read"] == stop["total"]:
        return ""
    if stop["rule"] in HABITS:
        at = f"was met after {many(stop['met_at'], 'report')}" if stop["met"] else "is not met"
        return f"The declared rule for stopping {at}; it makes no claim about recall."
    return f"The declared rule for stopping is {'' if stop['met'] else 'not '}met."


def _sample(stop: dict[str, Any]) -> str:
    if stop["to_sample"]:
        return f"Of a random sample of the unread, {many(stop['to_sample'], 'report')} wait for decisions."
    found = stop["sample"]
    if found is None:
        return ""
    later = f", counting all {many(stop['later'], 'report')} that the draw did not cover" if stop["later"] else ""
    held = (
        f"{found['relevant']:,} of {many(found['sampled'], 'report')} sampled at random from {found['unread']:,} unread"
    )
    before = (
        f" It is the last of {stop['draws']:,} samples drawn, for which the confidence is not corrected."
        if stop["draws"] > 1
        else ""
    )
    return (
        f"{held} {_was(found['relevant'])} relevant, so that at most {found['missed_at_most']:,} more may "
        f"be unread{later}: a recall of {_claimed(found['recall_at_least'], stop)}.{before}"
    )


def _needed(stop: dict[str, Any]) -> str:
    """How large a sample the declared rule asks for, while there is none that certifies."""
    if stop["rule"] != "certificate" or stop["met"] or stop["to_sample"] or not stop["needed"]:
        return ""
    return (
        f"{many(stop['needed'], 'report')} of the {stop['total'] - stop['read']:,} unread, drawn at random, would certify a "
        f"recall of at least {percent(stop['recall'])}, were none of them relevant."
    )

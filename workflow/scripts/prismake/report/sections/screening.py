"""How screening went: what was found when, what recall may be claimed, and what the declared rule for stopping says."""

from collections import Counter
from typing import Any

from ...screening.stopping import HABITS, WARNING
from ...wording import many
from ..markdown import esc, figure, listed
from ..material import Material

RULES = {
    "hypergeometric": "the hypergeometric test (Callaghan and Müller-Hansen 2020) rejects a recall below {recall:.0%}",
    "certificate": "a random sample of the unread reports certifies a recall of at least {recall:.0%}",
    "consecutive": "{run} irrelevant reports in a row have been read",
    "knee": "the curve of what is found against what is read has bent (Cormack and Grossman 2016)",
}


def stopping(material: Material) -> str:
    """The rule as declared, for the methods."""
    declared = material.config.screening.stopping
    if declared.rule == "none":
        return "Every report is read: no rule for stopping is declared.\n"
    said = RULES[declared.rule].format(recall=declared.recall, run=declared.run)
    if declared.rule not in HABITS:
        said += f", with {1 - declared.alpha:.0%} confidence"
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
        _order(material, first),
        _versions(material.ranking),
        _oversight(material.stop),
        _changed(material.stop, first),
    ]
    return esc(" ".join(filter(None, said))) + "\n"


def _order(material: Material, shown: list[dict[str, str]]) -> str:
    if not shown:
        return (
            "Use of automation: unread reports are ranked for the reviewers, who need not follow the order; in which order "
            "reports were read was not logged."
        )
    counts = Counter(row["how"] for row in shown)
    ways = listed(
        [f"{count:,} {HOW.get(how, how)}" for how, count in sorted(counts.items(), key=lambda item: -item[1])]
    )
    models = sorted({row["ranked_by"] for row in shown if row["ranked_by"]})
    seeds = sorted({row["seed"] for row in shown if row["seed"]})
    rankings = len({(row["reviewer"], row["data"]) for row in shown if row["data"]})
    text = (
        f"Use of automation: {many(len(shown), 'showing')} of reports to reviewers {_was(len(shown))} logged ({ways})."
    )
    if models:
        text += f" The order came from {many(rankings, 'ranking')} by {listed(models)} (seed {listed(seeds)})."
    return text


def _versions(ranking: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in ranking["versions"].items())
    return f"Ranking software: {versions}; hash of the ranked texts {ranking['reports_hash']}."


def _oversight(stop: dict[str, Any]) -> str:
    share = f"{stop['read'] / stop['total']:.0%}" if stop["total"] else "none"
    text = f"Reviewers decided on {share} of the reports; every inclusion and exclusion of a report that was read is theirs."
    return text if stop["read"] == stop["total"] else f"{text} {_claim(stop)}".strip()


def _changed(stop: dict[str, Any], shown: list[dict[str, str]]) -> str:
    """Whether the rule for stopping was declared before the first report was shown, and kept."""
    declared = [row["stopping"] for row in shown if row.get("stopping")]
    if not declared:
        return ""
    other = sum(one != stop["settings"] for one in declared)
    if other:
        return (
            f"The rule for stopping was changed after screening had begun: {many(other, 'showing')} fell under another rule "
            "than the one that is declared now."
        )
    return "The rule for stopping stood before the first report was shown and was not changed."


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def course(material: Material) -> str:
    """How far screening is, in words and as a figure."""
    stop = material.stop
    if not stop["read"]:
        return ""
    said = " ".join(filter(None, [_reading(stop), _claim(stop), _rule(stop), _sample(stop)]))
    caption = "Course of screening on title and abstract: relevant reports found against reports read"
    return f"{esc(said)}\n\n" + figure("figures/course", esc(caption), "course", caption, "75%")


def _reading(stop: dict[str, Any]) -> str:
    relevant = f"{stop['found']:,} of them {_was(stop['found'])} relevant"
    if stop["read"] == stop["total"]:
        return f"All {many(stop['total'], 'report')} were read on title and abstract; {relevant}."
    return f"{stop['read']:,} of {many(stop['total'], 'report')} were read on title and abstract; {relevant}."


def _claim(stop: dict[str, Any]) -> str:
    if stop["read"] == stop["total"]:
        return ""
    return (
        f"By the hypergeometric test this is a recall of at least {_down(stop['recall_at_least'])} with "
        f"{1 - stop['alpha']:.0%} confidence (a recall of {stop['recall']:.0%} missed: p = {stop['p']:.3f})."
    )


def _down(share: float) -> str:
    """A share that is claimed 'at least', rounded down."""
    return f"{int(share * 1000) / 10:.1f}%"


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
    held = (
        f"{found['relevant']:,} of {many(found['sampled'], 'report')} sampled at random from {found['unread']:,} unread"
    )
    return (
        f"{held} {_was(found['relevant'])} relevant, so that at most {found['missed_at_most']:,} more may "
        f"be unread: a recall of at least {_down(found['recall_at_least'])} with {1 - stop['alpha']:.0%} confidence."
    )

"""Risk of bias, the comparison with a published review, and the discrepancies in the sources."""

from ...bias.rob2 import DOMAINS
from ...wording import interval, number
from ..analyses import main_of, pooled_in, subgroups_of, why_no_main
from ..markdown import esc, figure, many, sentence, table, was
from ..material import Material

_EQUAL = (26, 19, 19, 19, 19, 19, 19)
"""Widths that hold the longest judgement on one line."""


def bias(material: Material) -> str:
    """The judgements, as a table and as figures."""
    judged = material.judgements
    if not judged:
        return "No result has been judged yet.\n"
    overall = [row["overall"] or "not judged yet" for row in judged]
    counts = ", ".join(
        f"{overall.count(word)} {word.lower()}"
        for word in ("Low", "Some concerns", "High", "not judged yet")
        if word in overall
    )
    basis = material.config.bias.basis
    rows = [[esc(row["label"]), *(esc(row[d] or "not judged yet") for d in (*DOMAINS, "overall"))] for row in judged]
    names = "; ".join(f"{key}, {name[0].lower()}{name[1:]}" for key, name in DOMAINS.items())
    alt = "; ".join(f"{row['label']}: {row['overall'] or 'not judged yet'} overall" for row in judged)
    parts = [
        f"{many(len(judged), 'result')}{_of_trials(material)} {was(len(judged))} judged (overall: "
        f"{esc(counts)}; @fig-traffic-light, @fig-bias-summary, @tbl-bias). {sentence(basis) if basis else ''} The answers "
        "and what they rest on stand in the [appendix](#sec-answers).\n",
        figure(
            "figures/traffic_light", "Risk of bias by result", "traffic-light", f"Risk of bias by result. {alt}", "75%"
        ),
        figure(
            "figures/bias_summary",
            "Risk of bias by domain",
            "bias-summary",
            "Share of results at each risk of bias",
            "75%",
        ),
        table(["Result", *DOMAINS, "Overall"], rows, f"Judgements of risk of bias. {esc(names)}", "bias", _EQUAL),
    ]
    return "\n".join(parts)


def _of_trials(material: Material) -> str:
    designs = {study.study_id: study.design for study in material.studies}
    only = all(designs[row["study_id"]] == "randomised" for row in material.judgements)
    return " of randomised trials" if only else ""


def comparison(material: Material) -> str:
    """Our estimates beside those of a published review."""
    published = material.config.published
    if published is None:
        return "No published review is named for comparison.\n"
    rows = []
    for row in (row for row in material.published if row.review_id == published.review):
        name = material.config.outcomes[row.outcome].label
        theirs = f"{row.measure} {number(row.estimate)}"
        if row.ci_low is not None and row.ci_high is not None:
            theirs += f" ({interval(row.ci_low, row.ci_high)})"
        ours, k = _ours(material, row.outcome, row.subgroup)
        label = f"{name}, {row.subgroup.split(': ', 1)[-1]}" if row.subgroup else name
        rows.append([esc(label), esc(theirs), esc(ours), k, esc(row.note)])
    parts = [
        f"{sentence(published.note) if published.note else ''} @tbl-comparison sets the estimates of "
        f"{esc(published.label)} ({esc(published.reference)}) beside those of this review.\n",
        table(
            ["Outcome", esc(published.label), "This review", "Studies here", "Note on the published figure"],
            rows,
            f"Estimates of {esc(published.label)} and of this review. Intervals of this review are those of its main analyses",
            "comparison",
            (30, 32, 34, 10, 34),
            align="lllrl",
        ),
    ]
    return "\n".join(parts)


def _ours(material: Material, outcome: str, subgroup: str) -> tuple[str, str]:
    if outcome not in material.syntheses:
        return "not synthesised", ""
    if subgroup:
        key = subgroup.split(":")[0]
        found = next((s for s in subgroups_of(material, outcome) if s.key == key), None)
        if found is None or found.why_not:
            return "subgroup analysis not run: " + (found.why_not if found else "not planned"), ""
        return "see the subgroup analysis", ""
    analysis = main_of(material, outcome)
    if analysis is None:
        return why_no_main(material, outcome), str(len(pooled_in(material, outcome, "main")))
    measure = material.config.outcomes[outcome].measure
    return f"{measure} {number(analysis.estimate)} ({interval(analysis.ci_low, analysis.ci_high)})", str(analysis.k)


def discrepancies(material: Material) -> str:
    """Faults in the sources and disagreements between them."""
    if not material.discrepancies:
        return "None is recorded.\n"
    rows = [[esc(row.subject), esc(row.printed), esc(row.finding), esc(row.handling)] for row in material.discrepancies]
    count = many(len(rows), "discrepancy", "discrepancies")
    return f"{count} in or between sources were found; @tbl-discrepancies says what was done about each.\n\n" + table(
        ["Subject", "What is printed", "What was found", "What was done"],
        rows,
        "Discrepancies in the sources",
        "discrepancies",
        (16, 34, 40, 34),
    )

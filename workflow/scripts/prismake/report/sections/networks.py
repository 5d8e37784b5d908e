"""Network meta-analyses: their methods, a section for each network, and their tables in the appendix.

Without networks every function gives nothing, and the report has no such headings.
"""

from typing import Any

from ...config import Network, Outcome
from ...synthesis.effects import MEASURES
from ...synthesis.network import words
from ...wording import counted, given, number, p_value, percent, statistic
from ..caveats import bias_and_certainty, dependent_units
from ..markdown import esc, figure, listed, many, table
from ..material import Material

Row = dict[str, Any]

LEAGUE_MOST = 8
"""Treatments of a league table that a page can hold."""

NOT_REPORTED = "not reported"


def methods(material: Material) -> str:
    """How networks were compared, with sources."""
    networks = material.config.networks
    if not networks:
        return ""
    named = {"DL": "by the method of moments (Jackson and others 2012)", "REML": "by restricted maximum likelihood"}
    estimated = [f"{named[one.method]} ({one.label})" for one in networks.values()]
    how = (
        named[next(iter(networks.values())).method]
        if len({n.method for n in networks.values()}) == 1
        else listed(estimated)
    )
    return "\n\n".join(
        [
            "## Network meta-analysis {#sec-network-methods}",
            "All treatments of a network are compared at once by the frequentist, graph-theoretical method (Rücker 2012), "
            "with the covariance of studies with several arms (Rücker and Schwarzer 2014). Every contrast of a study is "
            f"computed from its arms; what is added to empty cells is added to all arms of a study. tau^2^ is common to all "
            f"comparisons and estimated {esc(how)}; intervals are normal, prediction intervals use t with the degrees of "
            "freedom of Q.",
            "Inconsistency is looked at as a whole, by the share of Q between designs and by the design-by-treatment "
            "interaction under random effects (Krahn, Binder and König 2013), and for each comparison, by the difference of "
            "direct and indirect evidence (Dias and others 2010; here by back-calculation, König and others 2013). "
            "Treatments are ranked by P-scores (Rücker and Schwarzer 2015), the frequentist counterpart of SUCRA.",
            "A network rests on transitivity: that studies of different comparisons do not differ in what changes effects. "
            f"The authors' statement – {'; '.join(_transitivity(one) for one in networks.values())}.",
        ]
    )


def _transitivity(network: Network) -> str:
    said = esc(network.transitivity.rstrip(".")) if network.transitivity else NOT_REPORTED
    return f"{esc(network.label)}: {said}"


def networks(material: Material) -> str:
    """A section for each network."""
    if not material.config.networks:
        return ""
    parts = ["## Network meta-analyses {#sec-networks}\n"]
    for key, network in material.config.networks.items():
        parts.append(_network(material, key, network))
    return "\n".join(parts)


def _network(material: Material, key: str, network: Network) -> str:
    found, outcome = material.networks[key], material.config.outcomes[network.outcome]
    heading = f"### {esc(network.label)} {{#sec-network-of-{_slug(key)}}}\n"
    if found["why_not"]:
        return "\n".join(
            part for part in (heading, esc(f"Not run: {found['why_not']}.") + "\n", _left_out(found)) if part
        )
    few = len(found["treatments"]) <= 5
    parts = [heading, _description(material, key, found), _left_out(found)]
    graph = "treatments and the studies that compare them directly"
    parts.append(_figure(key, network, "graph", graph, "62%" if few else "80%"))
    parts += [_effects(key, found, outcome), _figure(key, network, "forest", "all treatments against the reference")]
    parts += [_league(key, found, outcome), _ranking(found), _heterogeneity(found), _inconsistency(found, outcome)]
    for name, caption, width in (
        ("split", "direct and indirect evidence, and the network's estimate", "82%" if few else "66%"),
        ("heat", "net heat plot", "70%" if few else "100%"),
    ):
        if name in found["figures"]:
            parts.append(_figure(key, network, name, caption, width))
    return "\n".join(part for part in parts if part)


def _slug(key: str) -> str:
    return key.replace("_", "-")


def _figure(key: str, network: Network, name: str, caption: str, width: str = "100%") -> str:
    caption = f"{network.label}: {caption}"
    return figure(f"figures/network-{key}_{name}", esc(caption), f"network-{name}-{_slug(key)}", caption, width)


def _description(material: Material, key: str, found: Row) -> str:
    studies, designs = found["studies"], found["designs"]
    numbers = [row["participants"] for row in found["ranking"]]
    people = "" if None in numbers else f", with {counted(sum(numbers))} units of analysis in their arms"
    several = [study["label"] for study in studies if len(study["arms"]) > 2]
    text = (
        f"{many(len(found['treatments']), 'treatment')} in {many(len(studies), 'study', 'studies')}{people}, of "
        f"{many(len(designs), 'design')} (sets of treatments that a study compares)."
    )
    if several:
        text += f" {many(len(several), 'study has', 'studies have')} more than two arms: {listed(several)}."
    turned = [study["label"] for study in studies if study["reversed"]]
    if turned:
        text += f" The scale runs the other way in {listed(turned)}; the signs of these effects are turned."
    rows = material.results_of_network(key)
    caveats = " ".join(filter(None, [bias_and_certainty(rows), dependent_units(rows)]))
    return (
        f"{esc(text)} @fig-network-graph-{_slug(key)} shows the network, @tbl-network-studies-{_slug(key)} the figures of "
        f"its studies. {esc(caveats)}\n"
    )


def _left_out(found: Row) -> str:
    said = []
    if found["left_out"]:
        named = "; ".join(f"{row['label']}: {row['why']}" for row in found["left_out"])
        said.append(f"Studies that give no contrast: {named}.")
    if found["sensitivity"]:
        said.append(f"Figures kept for sensitivity analyses, not in the network: {listed(found['sensitivity'])}.")
    return esc(" ".join(said)) + "\n" if said else ""


def _effects(key: str, found: Row, outcome: Outcome) -> str:
    """Effects against the reference, with what the ranking rests on."""
    against = {row["treatment_1"]: row for row in found["comparisons"] if row["treatment_2"] == found["reference"]}
    rows = []
    for ranked in found["ranking"]:
        row = against.get(ranked["treatment"])
        people = "–" if ranked["participants"] is None else counted(ranked["participants"])
        effect = ["–", "reference", "–"]
        if row:
            effect = [str(row["studies"]), words.with_interval(row, "estimate", "ci"), _prediction(row)]
        cells = [ranked["treatment"], str(ranked["studies"]), people, *effect, number(ranked["p_score"])]
        rows.append([esc(cell) for cell in cells])
    level = percent(found["level"])
    measure = MEASURES[outcome.measure].name + (f", {outcome.unit}" if outcome.unit and outcome.measure == "MD" else "")
    headings = [
        "Treatment",
        "Studies",
        "Participants or units",
        "Direct",
        f"{esc(outcome.measure)} \\({level} CI\\)",
    ]
    headings += [f"{level} prediction interval", "P\\-score"]
    caption = (
        f"{outcome.label}: {measure} of each treatment against {found['reference']}, from the whole network, by P-score; "
        "direct: studies that compare the two"
    )
    return table(headings, rows, esc(caption), f"network-effects-{_slug(key)}", (44, 9, 13, 9, 26, 20, 9), "lrrrllr")


def _prediction(row: Row) -> str:
    return "–" if row["pi_low"] is None else words.between(row, "pi")


def _league(key: str, found: Row, outcome: Outcome) -> str:
    treatments = found["treatments"]
    file = esc(f"results/networks/{key}/league.csv")
    if len(treatments) > LEAGUE_MOST:
        return f"All {len(treatments)} treatments against each other: {file}.\n"
    rows = [
        [f"**{esc(name)}**" if one is None else esc(words.with_interval(one, "estimate", "ci")) for one in cells]
        for name, cells in zip(treatments, found["league"], strict=True)
    ]
    caption = (
        f"League table of {outcome.measure}: the treatment of the row against that of the column, with "
        f"{percent(found['level'])} confidence intervals"
    )
    headings = [esc(name) for name in treatments]
    return table(headings, rows, esc(caption), f"network-league-{_slug(key)}")


def _ranking(found: Row) -> str:
    ranking, comparisons = found["ranking"], found["comparisons"]
    best, worst = ranking[0], ranking[-1]
    null = 1.0 if MEASURES[found["measure"]].ratio else 0.0
    open_ = sum(row["ci_low"] <= null and (row["ci_high"] is None or row["ci_high"] >= null) for row in comparisons)
    of = many(len(comparisons), "comparison")
    text = (
        f"P-scores order the treatments from {best['treatment']} ({number(best['p_score'])}) to {worst['treatment']} "
        f"({number(worst['p_score'])}). A P-score is the mean certainty, as far as the model holds, that a treatment is "
        "better than another one; it says neither by how much nor how far the studies can be trusted. Of "
        f"{of} of two treatments, the interval of {open_} holds effects in favour of either side."
    )
    return esc(text) + "\n"


def _heterogeneity(found: Row) -> str:
    row = found["heterogeneity"]
    text = (
        f"Heterogeneity: tau² = {number(row['tau2'])} ({found['method']}), common to all comparisons; I² = {row['I2']:.0f}%; "
        f"{_q('Q', row, 'Q')}, of which {_q('within designs', row, 'Q_within')}."
    )
    return esc(text) + "\n"


def _q(name: str, row: Row, key: str) -> str:
    df = row[f"{key}_df"]
    p = f" ({p_value(row[f'{key}_pval'])})" if df else ""
    return f"{name} {statistic(row[key])} on {df} {'degree' if df == 1 else 'degrees'} of freedom{p}"


def _inconsistency(found: Row, outcome: Outcome) -> str:
    row = found["heterogeneity"]
    if not row["Q_between_df"]:
        return "No two designs speak to the same comparison by different ways: consistency cannot be looked at.\n"
    text = (
        f"Inconsistency as a whole: {_q('Q between designs', row, 'Q_between')} under equal effects, and "
        f"{_q('', row, 'Q_interaction').strip()} for the design-by-treatment interaction under random effects."
    )
    free = [one for one in found["designs"] if one["Q_detached"] is not None]
    if free:
        most = min(free, key=lambda one: one["Q_detached"])
        text += (
            f" Q between designs falls most, to {statistic(most['Q_detached'])}, when the design "
            f"{words.design(most['treatments'])} is free to differ."
        )
    return (
        esc(f"{text} {_local(found, outcome)} Such tests have little power: a large p does not show consistency.")
        + "\n"
    )


def _local(found: Row, outcome: Outcome) -> str:
    both = words.split_both(found["comparisons"])
    if not both:
        return "No comparison has direct as well as indirect evidence."
    most = min(both, key=lambda row: row["difference_pval"])
    of = many(len(found["comparisons"]), "comparison")
    return (
        f"Direct and indirect evidence stand beside each other for {len(both)} of {of}; the smallest of their p values "
        f"is that of {words.pair(most)} ({words.difference(most, outcome)})."
    )


def in_summary(material: Material) -> str:
    """A sentence for each network that was computed."""
    said = []
    for key, network in material.config.networks.items():
        found, outcome = material.networks[key], material.config.outcomes[network.outcome]
        if found["why_not"]:
            continue
        size = f"{many(len(found['treatments']), 'treatment')}, {many(len(found['studies']), 'study', 'studies')}"
        against = [row for row in found["comparisons"] if row["treatment_2"] == found["reference"]]
        shown = against if len(against) < LEAGUE_MOST else []
        effects = "; ".join(f"{row['treatment_1']} {words.estimate(row, outcome, found['level'])}" for row in shown)
        text = f"{network.label}, network of {size}, against {found['reference']}: {effects or 'see the section'}."
        said.append(f"{esc(text)} {esc(bias_and_certainty(material.results_of_network(key)))}")
    return " ".join(said)


def tables(material: Material) -> str:
    """What each study gives to its networks."""
    ran = {key: network for key, network in material.config.networks.items() if material.networks[key]["studies"]}
    if not ran:
        return ""
    parts = ["## Studies of the network meta-analyses {#sec-network-studies}\n"]
    for key, network in ran.items():
        rows = [
            [
                esc(study["label"]),
                esc(study["timepoint"]),
                esc(study["unit_of_analysis"]),
                "; ".join(map(_arm, study["arms"])),
            ]
            for study in sorted(material.networks[key]["studies"], key=lambda study: study["label"].casefold())
        ]
        headings = ["Study", "Time point", "Unit", "Arms"]
        caption = esc(f"{network.label}: the arms of each study")
        parts.append(table(headings, rows, caption, f"network-studies-{_slug(key)}", (24, 16, 14, 70)))
    return "\n".join(parts)


def _arm(arm: Row) -> str:
    if "mean" in arm:
        said = f"{given(arm['mean'])} (SD {given(arm['sd'])}), n = {counted(arm['n'])}"
        said += f", {arm['converted']}" if arm["converted"] else ""
    elif "time" in arm:
        said = f"{counted(arm['events'])} in {given(arm['time'])}"
    else:
        said = f"{counted(arm['events'])} of {counted(arm['n'])}"
    return esc(f"{arm['treatment']}: {said}")

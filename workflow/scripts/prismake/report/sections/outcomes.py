"""A section for each outcome: figures in words, forest plot, heterogeneity, sensitivity, subgroups."""

from typing import Any

from ...config import Outcome
from ...synthesis.analyses import Analysis, SubgroupAnalysis
from ...synthesis.effects import MEASURES
from ...synthesis.moderators import ModeratorAnalysis
from ...synthesis.words import INTERVAL_NAMES, estimate, subgroup_line
from ...tables import is_estimate
from ...wording import interval, lower_first, number, p_value, percent, statistic
from ..analyses import leave_one_out_of, main_of, not_run_of, pooled_in, read, regressions_of, subgroups_of, why_no_main
from ..caveats import bias_and_certainty, dependent_units, plural
from ..markdown import esc, listed, many, table
from ..material import Material
from ..reported import arm_in_words, estimate_in_words
from .further import FEW, further
from .plots import of_outcome


def outcomes(material: Material) -> str:
    """Every outcome of the protocol, with figures or without."""
    named = material.config.outcomes
    if not named:
        return "No outcome is declared yet.\n"
    pooled = [_outcome(material, key, outcome) for key, outcome in named.items() if outcome.synthesise]
    networked = {network.outcome for network in material.config.networks.values()}
    alone = {key: outcome for key, outcome in named.items() if not outcome.synthesise}
    pooled += [
        f"{esc(alone[key].label)}: compared as a network ([below](#sec-networks)).\n"
        for key in alone
        if key in networked
    ]
    other = [_reported_only(material, key, outcome) for key, outcome in alone.items() if key not in networked]
    if other:
        pooled.append("### Other outcomes that were reported\n\n" + "\n".join(other))
    return "\n".join(pooled)


def _outcome(material: Material, key: str, outcome: Outcome) -> str:
    parts = [f"### {esc(outcome.label)} {{#sec-outcome-{key.replace('_', '-')}}}\n"]
    if outcome.definition:
        parts.append(f"{esc(outcome.definition)}.\n")
    main, synthesis = main_of(material, key), material.syntheses[key]
    parts += [_main(material, key, outcome, main), _reversed(material, key), _converted(material, key)]
    parts.append(_not_estimable(material, key))
    if "forest" in material.drawn[key]:
        parts.append(of_outcome(key, "forest", f"{outcome.label}: forest plot", _alt(material, key, outcome, main)))
    if main is not None and main.k > 1:
        parts += [_heterogeneity(material, main), _robustness(material, key, outcome, main)]
    elif synthesis["sensitivity"] is not None:
        parts.append(_sensitivity(material, key, outcome))
    captions = {"leave_one_out": "each study left out in turn", "funnel": _funnel_caption(main)}
    beside = {name: caption for name, caption in captions.items() if name in material.drawn[key]}
    if beside:
        parts.append(f"Further figures: {listed([f'{_SHORT[name]} ({_ref(key, name)})' for name in beside])}.\n")
    parts += [of_outcome(key, name, f"{outcome.label}: {caption}") for name, caption in beside.items()]
    if main is not None and main.k > 1:
        parts.append(further(material, key, outcome, main))
    parts.append(_subgroups(material, key, outcome, main))
    parts.append(_not_pooled(material, key))
    return "\n".join(part for part in parts if part)


_SHORT = {"leave_one_out": "each study left out in turn", "funnel": "funnel plot"}


def _ref(key: str, name: str) -> str:
    """A reference to a figure of an outcome."""
    return f"@fig-{name}-{key}".replace("_", "-")


def _funnel_caption(main: Analysis | None) -> str:
    few = main is not None and main.k < FEW
    return "funnel plot; with fewer than ten studies it cannot show asymmetry" if few else "funnel plot"


def _main(material: Material, key: str, outcome: Outcome, main: Analysis | None) -> str:
    level = material.config.synthesis.level
    if main is None:
        failed = not_run_of(material, key, "main")
        if failed:
            return esc(f"The main model gave no result: {material.config.synthesis.method} {failed}.") + "\n"
        why = why_no_main(material, key)
        shown = "forest" in material.drawn[key] and bool(pooled_in(material, key, "sensitivity"))
        beside = f"; {_ref(key, 'forest')} shows what the sensitivity analysis alone holds" if shown else ""
        return f"{why[0].upper()}{why[1:]}{beside}.\n"
    used = pooled_in(material, key, "main")
    units = listed(sorted({plural(row["unit_of_analysis"]) for row in used}))
    people = f"number of {units} not known" if main.participants is None else f"{main.participants:,.0f} {units}"
    caveats = " ".join(filter(None, [bias_and_certainty(used), dependent_units(used)]))
    if main.results == 1:
        said = estimate(main, outcome.measure, level, outcome.unit)
        return f"One study ({people}; {esc(used[0]['label'])}) gives {esc(said)}. Nothing is pooled. {esc(caveats)}\n"
    studies = many(main.k, "study", "studies") + (f" with {main.results} results" if main.three_levels else "")
    text = f"{studies} ({people}): {estimate(main, outcome.measure, level, outcome.unit)}"
    if main.prediction is not None:
        text += f"; {percent(level)} prediction interval {interval(main.pi_low, main.pi_high)}"
    text += f". {caveats}" if outcome.one_arm else f". {_reading(outcome, main)} {caveats}"
    return esc(text) + f" {_ref(key, 'forest')} shows the studies.\n"


def _reversed(material: Material, key: str) -> str:
    """The studies whose scale runs the other way."""
    labels = [row["label"] for row in material.syntheses[key]["studies"] if row["reversed"]]
    if not labels:
        return ""
    return esc(f"The scale of {listed(labels)} runs the other way: the effect enters with its sign turned.") + "\n"


def _converted(material: Material, key: str) -> str:
    """The studies whose means or standard deviations were converted from other figures, arm by arm."""
    rows = material.syntheses[key]["studies"]
    named: dict[str, dict[str, None]] = {}
    for row in rows:
        times = {other["timepoint"] for other in rows if other["label"] == row["label"]}
        when = f" at {row['timepoint']}" if len(times) > 1 else ""
        arms = [
            f"{row[f'label_{arm}']}{when}: {row[f'converted_{arm}']}" for arm in (1, 2) if row.get(f"converted_{arm}")
        ]
        if arms:
            named[row["label"]] = named.get(row["label"], {}) | dict.fromkeys(arms)
    if not named:
        return ""
    said = "; ".join(f"{label} ({'; '.join(arms)})" for label, arms in named.items())
    return esc(f"Figures that were not reported as such: {said}.") + "\n"


def _not_estimable(material: Material, key: str) -> str:
    """The studies whose figures give no effect, each with the reason."""
    rows = [row for row in material.syntheses[key]["studies"] if not row["estimable"]]
    named = [f"{row['label']}: {row['why_not']}" for row in rows]
    return (
        esc(f"Figures without an effect that can be estimated, in no pooled estimate: {'; '.join(named)}.") + "\n"
        if rows
        else ""
    )


def _reading(outcome: Outcome, main: Analysis) -> str:
    """What the interval holds, in words that claim no more than it does."""
    null = 1.0 if MEASURES[outcome.measure].ratio else 0.0
    low, high = main.ends
    better = low > null if outcome.better == "higher" else high < null
    worse = high < null if outcome.better == "higher" else low > null
    if better or worse:
        side = "the intervention" if better else "the comparator"
        near = low if low > null else high
        exact = f" (it ends at {_beyond(near, null)})" if number(near) == number(null) else ""
        return f"The interval lies wholly on the side that favours {side}{exact}."
    return "The interval holds effects in favour of either side."


def _beyond(end: float, null: float) -> str:
    """The end of an interval with so many digits that it is not taken for no effect."""
    return next(
        (number(end, digits) for digits in range(3, 10) if number(end, digits) != number(null, digits)), str(end)
    )


def _heterogeneity(material: Material, main: Analysis) -> str:
    spread = f"{percent(material.config.synthesis.level)} CI {interval(main.tau2_low, main.tau2_high)}"
    if main.three_levels:
        spread = f"between studies {number(main.tau2_between)}, within studies {number(main.tau2_within)}"
    text = (
        f"Heterogeneity: tau² = {number(main.tau2)} ({spread}), Q = {statistic(main.Q)} on {main.Q_df} "
        f"{'degree' if main.Q_df == 1 else 'degrees'} of freedom ({p_value(main.Q_pval)}), I² = {main.I2:.0f}%."
    )
    if main.interval_why:
        text += f" The interval is {INTERVAL_NAMES[main.interval]}, because {_why(main)}."
    return esc(text) + "\n"


def _why(main: Analysis) -> str:
    return "there are two studies" if main.interval_why == "two studies" else main.interval_why


def _robustness(material: Material, key: str, outcome: Outcome, main: Analysis) -> str:
    level = material.config.synthesis.level
    said = []
    wald = read(material, key, "wald")
    if wald is not None and main.interval != "z":
        said.append(f"With the Wald interval: {estimate(wald, outcome.measure, level, outcome.unit)}.")
    left = leave_one_out_of(material, key)
    said.append(
        _left_out(left) if left else "With two studies none is left out in turn: one study by itself would remain."
    )
    return esc(" ".join(said)) + "\n\n" + _sensitivity(material, key, outcome)


def _left_out(left: list[Analysis]) -> str:
    low, high = (f(left, key=lambda one: one.yi if one.yi is not None else 0.0) for f in (min, max))
    if number(low.estimate) == number(high.estimate):
        return f"Leaving out one study at a time gives {number(low.estimate)} each time."
    return (
        f"Leaving out one study at a time gives estimates from {number(low.estimate)} (without {low.label}) to "
        f"{number(high.estimate)} (without {high.label})."
    )


def _sensitivity(material: Material, key: str, outcome: Outcome) -> str:
    analysis = read(material, key, "sensitivity")
    if analysis is None:
        return ""
    added = pooled_in(material, key, "sensitivity")
    names = listed([row["label"] for row in added])
    said = estimate(analysis, outcome.measure, material.config.synthesis.level, outcome.unit)
    studies = many(analysis.k, "study", "studies")
    text = f"Sensitivity analysis, with {names} ({studies}): {said}. {dependent_units(added)}"
    return esc(text) + "\n"


def _alt(material: Material, key: str, outcome: Outcome, main: Analysis | None) -> str:
    if main is None:
        alone = read(material, key, "sensitivity")
        if alone is None:
            return f"Forest plot of {outcome.label}: no pooled estimate"
        said = estimate(alone, outcome.measure, material.config.synthesis.level, outcome.unit)
        return f"Forest plot of {outcome.label}: sensitivity analysis alone, {said}"
    said = estimate(main, outcome.measure, material.config.synthesis.level, outcome.unit)
    return f"Forest plot of {outcome.label}: {many(main.k, 'study', 'studies')}, {said}"


def _subgroups(material: Material, key: str, outcome: Outcome, main: Analysis | None) -> str:
    planned = subgroups_of(material, key)
    k = main.k if main is not None else 0
    parts = [_subgroup_run(key, outcome, found, material) for found in planned if found.levels]
    waiting = [found for found in planned if not found.levels]
    if k < 2:
        parts.append(_not_possible(waiting, regressions_of(material, key), k))
        return "\n".join(parts)
    for why in dict.fromkeys(found.why_not for found in waiting):
        those = [f"{lower_first(found.label)} ({_known(found, k)})" for found in waiting if found.why_not == why]
        parts.append(esc(f"Subgroup analyses that were planned and not run ({why}): {'; '.join(those)}.") + "\n")
    return "\n".join(parts)


def _not_possible(groups: list[SubgroupAnalysis], regressions: list[ModeratorAnalysis], k: int) -> str:
    """What was planned and cannot be run with no study or one."""
    planned = [
        f"{kind} ({listed([lower_first(found.label) for found in those])})"
        for kind, those in (("subgroup analyses", groups), ("meta-regressions", regressions))
        if those
    ]
    if not planned:
        return ""
    pooled = "no study is" if k == 0 else "one study is"
    return esc(f"The planned {' and '.join(planned)} cannot be run: {pooled} in the main analysis.") + "\n"


def _known(found: SubgroupAnalysis, k: int) -> str:
    if not found.studies:
        return f"known in 0 of {k}"
    levels = ", ".join(f"{level}: {count}" for level, count in found.studies.items())
    return f"known in {found.known} of {k}; {levels}"


def _subgroup_run(key: str, outcome: Outcome, found: SubgroupAnalysis, material: Material) -> str:
    level = material.config.synthesis.level
    said = "; ".join(
        f"{one.label}: {estimate(one, outcome.measure, level, outcome.unit)}, {many(one.k, 'study', 'studies')}"
        for one in found.levels
    )
    left_out = {name: n for name, n in found.studies.items() if name not in {one.label for one in found.levels}}
    text = f"By {lower_first(found.label)}: {said}. {subgroup_line(found)}."
    if left_out:
        text += f" Too few studies: {listed([f'{name} ({count})' for name, count in left_out.items()])}."
    if found.unknown:
        text += f" Not known in {many(found.unknown, 'study', 'studies')}."
    caption = f"{outcome.label} by {lower_first(found.label)}"
    name = f"subgroup_{found.key}"
    drawn = name in material.drawn[key]
    return esc(text) + "\n" + ("\n" + of_outcome(key, name, caption) if drawn else "")


def _not_pooled(material: Material, key: str) -> str:
    rows = [row for row in material.results if row["outcome"] == key and row["use"] == "reported"]
    labels = sorted({row["label"] for row in rows}, key=str.casefold)
    if not labels:
        return ""
    text = f"Figures that are reported for this outcome and not pooled: {listed([esc(label) for label in labels])}"
    hazard = [_reported_estimate(row) for row in rows if is_estimate(row)]
    return f"{text} ([appendix](#sec-reported)).{' ' + ' '.join(map(esc, hazard)) if hazard else ''}\n"


def _reported_estimate(row: dict[str, Any]) -> str:
    return (
        f"{row['label']} reports {estimate_in_words(row)} for {row['definition'] or 'this outcome'} at "
        f"{row['timepoint']}, {row['label_1']} against {row['label_2']}."
    )


def _reported_only(material: Material, key: str, outcome: Outcome) -> str:
    rows = sorted(
        (row for row in material.results if row["outcome"] == key),
        key=lambda row: (row["label"].casefold(), row["weeks"] or 0, row["result_id"]),
    )
    if not rows:
        return f"{esc(outcome.label)}: no study reports it.\n"
    unit = f" {outcome.unit}" if outcome.unit else ""
    body = [
        [
            esc(row["label"]),
            esc(row["timepoint"]),
            *([esc(estimate_in_words(row)), "–"] if is_estimate(row) else _arms(row, unit)),
        ]
        for row in rows
    ]
    slug = key.replace("_", "-")
    return table(["Study", "Time point", "Intervention", "Comparator"], body, esc(outcome.label), f"other-{slug}")


def _arms(row: dict[str, Any], unit: str) -> list[str]:
    return [esc(arm_in_words(row, arm, unit)) if row[f"arm_{arm}"] else "–" for arm in (1, 2)]

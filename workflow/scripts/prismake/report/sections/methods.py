"""The methods, as they were actually run: every choice is read from the configuration and the tables."""

from ...config.measures import ADDED_TO
from ...wording import percent
from ..analyses import main_of
from ..markdown import bullets, esc, listed, many, sentence, table
from ..material import Material
from . import crosscheck
from .front import NOT_REPORTED, reviewers, words
from .planned import planned
from .readers import agreement, decided_by, reading
from .screening import disclosure, stopping

ESTIMATORS = {
    "DL": "the method of DerSimonian and Laird",
    "HE": "the method of Hedges",
    "HS": "the method of Hunter and Schmidt",
    "HSk": "the method of Hunter and Schmidt, corrected for few studies",
    "SJ": "the method of Sidik and Jonkman",
    "ML": "maximum likelihood",
    "REML": "restricted maximum likelihood (REML)",
    "EB": "empirical Bayes, which is the method of Paule and Mandel",
    "PM": "the method of Paule and Mandel",
    "PMM": "the median-unbiased method of Paule and Mandel",
}
TAU2_INTERVALS = {"QP": "Q-profile", "GENQ": "generalised-Q", "PL": "profile-likelihood"}

_VERSIONS_MERGED = " Versions of one Cochrane or BMJ Clinical Evidence review under one title count as one report."


def eligibility(material: Material) -> str:
    """The question and the criteria."""
    question, criteria = material.config.question, material.config.eligibility.criteria
    asked = {
        "Population": question.population,
        "Intervention": question.intervention,
        "Comparator": question.comparator,
        "Outcomes": question.outcomes,
        "Designs": question.designs,
    }
    parts = [bullets(f"**{name}:** {esc(text) or NOT_REPORTED}" for name, text in asked.items())]
    if criteria:
        rows = [
            [esc(key.replace("_", " ").capitalize()), esc(criterion.include), esc(criterion.exclude)]
            for key, criterion in criteria.items()
        ]
        parts.append(
            table(["Criterion", "Included", "Excluded"], rows, "Criteria of eligibility", "criteria", (12, 60, 50))
        )
    return "\n".join(parts)


def sources(material: Material) -> str:
    """Databases, registers and other sources, with the dates of their searches."""
    rows = []
    for source in material.config.sources.values():
        kind = source.method or {"previous": "Previous version"}.get(source.kind, source.kind.capitalize())
        dates = ", ".join(run.date.isoformat() for run in source.searches)
        strategy = source.strategy_status or ("in the appendix" if source.strategy else "none")
        limits = source.limits or "not reported"
        rows.append([esc(source.name), esc(kind), esc(source.platform), esc(dates), esc(limits), esc(strategy)])
    if not rows:
        return "No source is declared yet.\n"
    headings = ["Source", "Kind", "Platform", "Date of the export", "Limits", "Strategy"]
    limited = any(source.limits for source in material.config.sources.values())
    if not limited:
        headings.pop(4)
        rows = [[cell for place, cell in enumerate(row) if place != 4] for row in rows]
    strategies = any(source.strategy for source in material.config.sources.values())
    text = "The sources are listed in @tbl-sources"
    text += ", their strategies in the [appendix](#sec-strategies)." if strategies else ". No strategy is given."
    text += " @tbl-prisma-s reports the searches by the items of PRISMA-S."
    text += _status(material) + ("" if limited else " Limits of the searches: not reported.")
    notes = [
        f"{esc(source.name)}, {run.date.isoformat()}: {sentence(run.note)}"
        for source in material.config.sources.values()
        for run in source.searches
        if run.note
    ]
    return "\n".join([text + "\n", table(headings, rows, "Sources", "sources"), bullets(notes) if notes else ""])


def _status(material: Material) -> str:
    """Which strategies are not simply those that were run."""
    by_status: dict[str, list[str]] = {}
    for source in material.config.sources.values():
        if source.strategy_status:
            by_status.setdefault(source.strategy_status, []).append(source.name)
    return "".join(f" Strategies for {esc(listed(names))}: {esc(status)}." for status, names in by_status.items())


def selection(material: Material) -> str:
    """How duplicates were found and reports were selected, and how well reviewers agreed."""
    config = material.config
    dedup, screening = config.dedup, config.screening
    on_abstract, full = screening.title_abstract, screening.full_text
    planned = "" if material.ledger else "Planned, as no record has been read yet: "
    columns = [column for column in (material.flow.databases, material.flow.other) if column is not None]
    abstracts_wait = not material.ledger or any(c.to_screen + c.conflicts for c in columns)
    texts_wait = abstracts_wait or any(c.to_assess + c.assessment_conflicts for c in columns)
    parts = [
        f"{planned}Records of the same report are found by software: records that share an identifier, words of the title, or "
        "bibliographic coordinates are compared in title, authors, journal, volume, pages, year and identifiers. Pairs that "
        f"score at least {dedup.duplicate_from:g} (of 1) are merged, pairs from {dedup.review_from:g} wait for a reviewer's "
        f"verdict, and a verdict wins over any score.{_VERSIONS_MERGED if dedup.versions == 'merge' else ''}\n",
        f"{planned}Each title and abstract {_decided(abstracts_wait)} by {decided_by(on_abstract)}, each full text "
        f"{_decided(texts_wait)} by {decided_by(full)}. {reviewers(material)} A report on which a "
        "reviewer is unsure goes on to the full text. Software ranks unread reports; it decides on none.\n",
        stopping(material),
        disclosure(material),
        reading(material),
        agreement(material),
    ]
    return "\n".join(filter(None, parts))


def _decided(waits: bool) -> str:
    return "is to be decided" if waits else "was decided"


def data(material: Material) -> str:
    """What was extracted, and the outcomes with their measures."""
    planned = "" if material.results else "Planned, as no figure has been extracted yet: "
    text = (
        f"{planned}Figures are extracted by arm, with their time point and unit of analysis. For each figure the tables say "
        "where it stands in its source and whether it is stated there, derived from other figures, or inferred. Of each study "
        f"one result enters a synthesis{_unless(material)}; @tbl-outcomes says how it is chosen. A result that a study reports "
        f"as a ratio or difference with its interval is {_estimates(material)}.\n"
    )
    outcomes = material.config.outcomes
    if not outcomes:
        return text.replace("; @tbl-outcomes says how it is chosen", "") + "\nNo outcome is declared yet.\n"
    networked = {network.outcome for network in material.config.networks.values()}
    pooled = {key for key, outcome in outcomes.items() if outcome.synthesise or key in networked}
    rows = [
        [
            esc(outcome.label),
            esc(outcome.definition),
            esc(outcome.measure + (f" ({outcome.unit})" if outcome.unit else "")),
            esc(outcome.better),
            esc(outcome.timepoint) if key in pooled else "",
            esc(", ".join(outcome.units_of_analysis) or "any one") if key in pooled else "reported, not pooled",
        ]
        for key, outcome in outcomes.items()
    ]
    headings = ["Outcome", "Definition", "Measure", "Better", "Time point", "Units of analysis, best first"]
    return f"{text}\n{table(headings, rows, 'Outcomes', 'outcomes')}"


def _unless(material: Material) -> str:
    several = material.config.synthesis.dependent != "error"
    return ", unless it has several that the rules of choice leave" if several else ""


def _estimates(material: Material) -> str:
    """What is done with results that studies report as such."""
    labels = [o.label for o in material.config.outcomes.values() if o.synthesise and o.pools_estimates]
    if not labels:
        return "shown, not converted"
    return f"pooled as it is where the outcome has the same measure ({esc(listed(labels))}), otherwise shown, not converted"


def bias(material: Material) -> str:
    """How risk of bias was judged."""
    basis = material.config.bias.basis
    planned = "" if material.judgements else "Planned, as no result has been judged yet: "
    return (
        f"{planned}Results of randomised trials are judged with RoB 2 (effect of assignment to intervention; Sterne and "
        "others, BMJ 2019, 366, l4898). The judgements follow from the answers to the signalling questions by the "
        "algorithms of the tool and are not altered. "
        f"{words(basis) if basis else ''}\n"
    )


def synthesis(material: Material) -> str:
    """The statistical methods."""
    settings = material.config.synthesis
    rules = settings.hartung_knapp
    pooled = any(main.k > 1 for key in material.syntheses if (main := main_of(material, key)))
    parts = [_model(material) if pooled else f"Planned, as nothing has been pooled yet: {_model(material)}"]
    if settings.interval == "HKSJ" and settings.method != "EE":
        said = {
            "plain": "left as it is",
            "floor": "computed with a factor of at least 1 (Röver, Knapp and Friede 2015)",
            "wald": "replaced by Wald's",
        }
        rules_of = {
            "with two studies": rules.k2,
            "where tau^2^ is estimated as 0": rules.tau2_zero,
            "where Q is below its degrees of freedom": rules.q_below_df,
        }
        cases: dict[str, list[str]] = {}
        for case, rule in rules_of.items():
            cases.setdefault(said[rule], []).append(case)
        chosen = "; ".join(f"it is {done} {listed(where)}" for done, where in cases.items())
        parts.append(
            f"The Hartung-Knapp interval can mislead with few studies: {chosen}. "
            "Wald intervals stand beside as a sensitivity analysis.\n"
        )
    prediction = settings.prediction
    parts.append(
        f"Prediction intervals are given from {prediction.from_k} studies, with t quantiles on {esc(prediction.df)} degrees "
        f"of freedom. Heterogeneity is described by tau^2^ with its {TAU2_INTERVALS[settings.tau2_interval]} interval, Q and "
        "I^2^. "
        f"Intervals are at {percent(settings.level)}.\n"
    )
    zero = settings.zero_cells
    parts += _measures(material)
    parts += _conversions(material)
    if any(outcome.measure in ADDED_TO for outcome in material.config.outcomes.values()):
        tables = {
            "only0": "tables with an empty cell",
            "all": "all tables",
            "if0all": "all tables if one has an empty cell",
        }
        adding = (
            f"{zero.add:g} is added to every cell of {tables[zero.to]}" if zero.to != "none" else "Nothing is added"
        )
        dropped = "; studies without any event, or with events only, do not enter ratios" if zero.drop00 else ""
        parts.append(f"{adding}{dropped}{_untouched(material)}.\n")
    parts.append(
        "The main analysis of an outcome holds the results that the extraction tables mark as fit for pooling; a sensitivity "
        f"analysis adds those marked for it alone. {sentence(settings.pooled) if settings.pooled else ''} Each study is left "
        f"out in turn.\n\n{planned(material)}\n{_subgroups(material)}"
    )
    parts.append(crosscheck.sentence(material))
    return "\n".join(parts)


def _untouched(material: Material) -> str:
    """Outcomes of counts to whose empty cells nothing is added."""
    counted = [o for o in material.config.outcomes.values() if "events" in o.figures and o.measure not in ADDED_TO]
    return f"; nothing is added for {esc(listed([outcome.label for outcome in counted]))}" if counted else ""


def _measures(material: Material) -> list[str]:
    """What there is to know of how effects are made: standardised mean differences, ratios of means, double arcsines."""
    variances = {
        "LS": "their large-sample variance",
        "LS2": "the variance of Borenstein",
        "UB": "their unbiased variance",
    }
    said = []
    for outcome in material.config.outcomes.values():
        if outcome.measure == "SMD":
            said.append(
                f"{outcome.label}: standardised mean differences are Hedges' g with {variances[outcome.variance]}."
            )
        elif outcome.measure == "SMDH":
            said.append(
                f"{outcome.label}: standardised mean differences are Hedges' g with unequal variances (Bonett)."
            )
        elif outcome.measure == "ROM":
            bias = "is taken off" if outcome.correct else "is left"
            said.append(f"{outcome.label}: the bias of the log ratio of means in small samples {bias}.")
        elif outcome.measure == "PFT":
            said.append(
                f"{outcome.label}: double arcsines are turned into proportions by the harmonic mean of the sizes of the "
                "studies (Miller 1978), which misleads where the sizes differ much (Schwarzer 2019)."
            )
    return [esc(" ".join(said)) + "\n"] if said else []


def _conversions(material: Material) -> list[str]:
    """How means and standard deviations were made that studies do not report; nothing where there are none."""
    said = " ".join(row[f"converted_{arm}"] or "" for row in material.results for arm in (1, 2))
    ways = [
        words
        for sign, words in (
            ("standard error", "from standard errors, times the root of n"),
            ("interval", "from 95% intervals of means, by the t distribution"),
            ("of the difference", "from t or P values of differences between two arms, as the pooled one of both"),
            (
                "median",
                "from medians with quartiles or ranges (Luo 2018, Wan 2014, Shi 2020), which hold for normal data",
            ),
        )
        if sign in said
    ]
    if not ways:
        return []
    text = f"Means and standard deviations that are not reported were converted {'; '.join(ways)} (Cochrane Handbook, 6.5.2)."
    text += (
        " Quantiles that the test of Shi 2023 finds skewed do not enter a main analysis." if "median" in said else ""
    )
    return [esc(text) + "\n"]


def _model(material: Material) -> str:
    settings = material.config.synthesis
    if settings.method == "EE":
        return "Results are pooled by an equal-effects model with inverse-variance weights.\n"
    interval = {"HKSJ": "Hartung and Knapp", "Wald": "Wald", "t": "the t distribution"}[settings.interval]
    return (
        f"Results are pooled by random-effects models with inverse-variance weights. The variance between studies, tau^2^, "
        f"is estimated by {ESTIMATORS[settings.method]}; intervals of pooled effects follow {interval}.{_dependent(material)}\n"
    )


def _dependent(material: Material) -> str:
    """How several results of one study are pooled."""
    settings = material.config.synthesis
    if settings.dependent == "error":
        return ""
    tests = "t with one degree of freedom fewer than studies" if settings.interval == "HKSJ" else "normal"
    if settings.dependent == "robust" and settings.interval == "HKSJ":
        tests = "cluster-robust (CR2, with Satterthwaite's degrees of freedom; t where these are below 4)"
    return (
        " Where a study gives several results for one outcome, all enter a model of results within studies (three levels); "
        "sampling errors of results that share an arm covary by what the arm adds to both, and those of the same people at "
        f"other time points or in other units of analysis by an assumed correlation of {settings.correlation:g}; its tests "
        f"are {tests}."
    )


def _subgroups(material: Material) -> str:
    named = [subgroup.label for subgroup in material.config.subgroups.values()]
    if not named:
        return "No subgroup analysis was planned.\n"
    least = many(material.config.synthesis.subgroup_studies, "study", "studies")
    names = esc(listed([name[0].lower() + name[1:] for name in named]))
    common = material.config.synthesis.subgroup_tau2 == "common"
    tau2 = "one tau^2^ common to all groups" if common else "tau^2^ estimated in each group"
    return (
        f"Subgroup analyses, with {tau2} and a test of their difference, are planned by {names}; one is run where at least "
        f"two groups hold at least {least} each.\n"
    )

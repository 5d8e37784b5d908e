"""What stands around the methods and results: notice, what is still to do, summary, and the authors' own words."""

from ...people import Study
from ...synthesis.words import estimate
from ...wording import lower_first
from ..analyses import main_of, pooled_in, why_no_main
from ..caveats import bias_and_certainty
from ..markdown import bullets, callout, esc, listed, many, sentence, was
from ..material import Material
from ..todo import to_do
from .networks import in_summary

NOT_REPORTED = "Not reported."


def words(text: str) -> str:
    """A person's words, or that there are none."""
    return sentence(text) if text else NOT_REPORTED


def front(material: Material) -> str:
    """The notice of the authors, and what is still to do."""
    parts = []
    if material.config.review.notice:
        notice = f"{sentence(material.config.review.notice)} {reviewers(material)}"
        parts.append(callout("warning", "Please note", notice))
    open_items = to_do(material)
    if open_items:
        parts.append(callout("note", "Still to do in this review", bullets(open_items)))
    return "\n".join(parts)


def reviewers(material: Material) -> str:
    """A sentence that says who the reviewers are; empty where config.yaml does not."""
    said = described(material.config.screening.reviewers)
    return f"Reviewers, by their names in the decision tables – {said}." if said else ""


def described(who_is: dict[str, str]) -> str:
    """Reviewers in the words of config.yaml, those of the same words together; markdown."""
    told: dict[str, list[str]] = {}
    for name, who in who_is.items():
        told.setdefault(who.rstrip("."), []).append(name)
    return esc("; ".join(f"{listed(names)}: {who}" for who, names in told.items()))


def summary(material: Material) -> str:
    """A structured abstract whose numbers are those of the tables."""
    config, flow = material.config, material.flow
    registers = [column for column in (flow.databases, flow.other) if column is not None]
    records = sum(column.records for column in registers)
    sources = [source.name for source in config.sources.values()]
    searched = f"Sources: {listed([esc(name) for name in sources])}. " if sources else ""
    screened = sum(column.screened for column in registers)
    reports = many(flow.all_reports, "report")
    included = many(flow.all_studies, "study", "studies")
    participants = with_participants(material, material.included)
    parts = {
        "Objective": words(config.review.objectives),
        "Methods": f"{searched}{_designs(material)}{_synthesis(material)}",
        "Studies": f"The exports held {many(records, 'record')}; {screened:,} {was(screened)} screened after "
        f"duplicates had been removed, and {included} ({reports}) {was(flow.studies)} included{participants}."
        if records
        else "No record has been read yet.",
        "Results": _results(material),
        "Limitations": words(config.review.limitations),
        "Registration": words(config.review.registration),
        "Funding": words(config.review.funding),
    }
    return "\n\n".join(f"**{name}.** {text}" for name, text in parts.items()) + "\n"


def with_participants(material: Material, studies: list[Study]) -> str:
    """``, with 120 participants, not stated in 1`` of some studies; empty where no number is known."""
    if "participants" not in material.config.characteristics:
        return ""
    counts = [study.extra["participants"] for study in studies]
    known = [count for count in counts if count is not None]
    if not known:
        return ""
    missing = f", not stated in {len(counts) - len(known)}" if len(known) < len(counts) else ""
    return f", with {sum(known):,.0f} participants{missing}"


def _designs(material: Material) -> str:
    designs = material.config.question.designs
    return f"Designs: {esc(designs[0].lower() + designs[1:])}. " if designs else ""


def _synthesis(material: Material) -> str:
    settings = material.config.synthesis
    if not material.config.outcomes:
        return "No outcome is declared."
    interval = "Hartung-Knapp" if settings.interval == "HKSJ" else "Wald"
    model = "Equal effects" if settings.method == "EE" else f"Random effects ({settings.method})"
    judged = "risk of bias by RoB 2" if material.judgements else "risk of bias is not judged yet"
    networked = "network meta-analysis (frequentist, graph-theoretical)" if material.config.networks else ""
    pairwise = any(outcome.synthesise for outcome in material.config.outcomes.values()) or not networked
    models = [f"{model} with {interval} intervals"] if pairwise else []
    said = "; ".join(filter(None, [*models, networked, judged]))
    return f"{said[0].upper()}{said[1:]}."


def _results(material: Material) -> str:
    found: list[str] = []
    none: dict[str, list[str]] = {}
    for key, outcome in material.config.outcomes.items():
        if not outcome.synthesise:
            continue
        analysis = main_of(material, key)
        if analysis is None:
            none.setdefault(why_no_main(material, key), []).append(lower_first(outcome.label))
        else:
            said = estimate(analysis, outcome.measure, material.config.synthesis.level, outcome.unit)
            found.append(f"{outcome.label}: {said}, {many(analysis.k, 'study', 'studies')}")
    results = [row for key in material.syntheses for row in pooled_in(material, key, "main")]
    text = " ".join(esc(f"{item}.") for item in found)
    if results:
        text += f" {esc(bias_and_certainty(results))}"
    if networked := in_summary(material):
        text += f" {networked}"
    text += "".join(f" {esc(f'{why[0].upper()}{why[1:]} for {listed(names)}.')}" for why, names in none.items())
    return text.strip() or "No result has been extracted yet."


def introduction(material: Material) -> str:
    """Rationale and objectives."""
    review = material.config.review
    return f"**Rationale.** {words(review.rationale)}\n\n**Objectives.** {words(review.objectives)}\n"


def discussion(material: Material) -> str:
    """The authors' discussion and limitations."""
    review = material.config.review
    return f"**Interpretation.** {words(review.discussion)}\n\n**Limitations.** {words(review.limitations)}\n"


def other(material: Material) -> str:
    """Registration, protocol, support, interests, availability."""
    review = material.config.review
    items = {
        "Registration": review.registration,
        "Protocol": review.protocol,
        "Amendments": review.amendments,
        "Support": review.funding,
        "Competing interests": review.interests,
        "Availability of data and code": review.availability,
    }
    return "\n\n".join(f"**{name}.** {words(text)}" for name, text in items.items()) + "\n"

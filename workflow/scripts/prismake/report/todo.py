"""What a review still lacks, from its tables: an unfinished review renders too, and says so."""

from ..wording import lower_first
from .markdown import esc, listed, many
from .material import STAGES, Material

_UNDECIDED = ("to_screen", "screening_conflict", "to_assess", "assessment_conflict", "awaiting_classification")


def to_do(material: Material) -> list[str]:
    """What is still to do, as markdown items, in the order of the work."""
    return [
        item
        for item in (
            *_searches(material),
            *_screening(material),
            *_linking(material),
            *_extraction(material),
            *_bias(material),
            *_words(material),
        )
        if item
    ]


def _searches(material: Material) -> list[str]:
    items = []
    if not material.config.sources:
        items.append("No search is declared: name the exports under `sources` in config.yaml.")
    if not material.config.outcomes:
        items.append("No outcome is declared: name them under `outcomes` in config.yaml.")
    if material.uncertain_pairs:
        pairs = many(len(material.uncertain_pairs), "pair")
        items.append(
            f"{pairs} of records may be duplicates: settle them from results/dedup/review.csv in "
            "review/decisions/duplicates.csv."
        )
    return items


def _screening(material: Material) -> list[str]:
    columns = [column for column in (material.flow.databases, material.flow.other) if column is not None]
    counts = {
        "to be screened on title and abstract (order: results/screening/ranking.csv)": sum(
            c.to_screen for c in columns
        ),
        "in conflict on title and abstract (results/screening/conflicts.csv)": sum(c.conflicts for c in columns),
        "to be assessed on the full text": sum(c.to_assess for c in columns),
        "in conflict on the full text (results/screening/conflicts.csv)": sum(c.assessment_conflicts for c in columns),
    }
    awaiting = sum(c.awaiting for c in columns)
    counts["awaiting classification (@tbl-awaiting)"] = awaiting
    items = [f"{many(count, 'report')} {what}." for what, count in counts.items() if count]
    items += left_to_read(material)
    if material.idle:
        count = many(len(material.idle), "decision")
        items.append(f"{count} without effect, on reports that did not reach that stage (results/screening/idle.csv).")
    return items


def left_to_read(material: Material) -> list[str]:
    """What is left to read of calibration rounds and of samples that a second reviewer reads."""
    items = []
    for row in material.readers:
        stage = STAGES[row["stage"]]
        if row["left"]:
            items.append(
                f"The calibration round on the {stage} ({many(int(row['reports']), 'report')}) is not complete; left to read: "
                f"{esc(row['left'])}."
            )
        begun = int(row["begun"])
        if row["drawn_for"] == "second read" and begun:
            items.append(f"{many(begun, 'report')} to be read on the {stage} by a second reviewer (a random sample).")
    return items


def _words(material: Material) -> list[str]:
    lacking = {
        "rationale": material.config.review.rationale,
        "objectives": material.config.review.objectives,
        "discussion": material.config.review.discussion,
        "limitations": material.config.review.limitations,
    }
    names = [name for name, text in lacking.items() if not text]
    return [f"Not written yet: {listed(names)} (under `review` in config.yaml)."] if names else []


def _linking(material: Material) -> list[str]:
    fates = ("included", "included_before")
    unlinked = [row for fate in fates for row in material.reports_by_fate.get(fate, []) if not row["study_id"]]
    items = []
    if unlinked:
        names = listed([esc(material.label(row["report_id"])) for row in unlinked])
        items.append(f"{many(len(unlinked), 'included report')} without a study in review/studies.csv: {names}.")
    if beside := _beside_included(material):
        items.append(
            f"{many(len(beside), 'report')} linked to an included study but neither excluded nor in review/studies.csv: "
            f"{listed(beside)}."
        )
    return items


def _beside_included(material: Material) -> list[str]:
    """Errata, comments, versions and the like of included studies that nobody has decided on or put to a study."""
    included = {study.study_id for study in material.included}
    rows = {row["record_id"]: row for row in material.ledger if row["kind"] == "record"}
    undecided = {row["report_id"] for fate in _UNDECIDED for row in material.reports_by_fate.get(fate, [])}
    found = {}
    for link in material.links:
        one, other = rows[link["record_id_1"]], rows[link["record_id_2"]]
        for here, there in ((one, other), (other, one)):
            if here["report_id"] in undecided and not here["study_id"] and there["study_id"] in included:
                what = f"{link['relation']}, with {material.label(there['report_id'])}"
                found[here["report_id"]] = esc(f"{material.label(here['report_id'])} ({what})")
    return [found[report] for report in sorted(found, key=material.label)]


def _extraction(material: Material) -> list[str]:
    waiting = [study for study in material.included if not study.extraction]
    included = {study.study_id for study in material.included}
    idle = sorted({row["label"] for row in material.results if row["study_id"] not in included})
    items = []
    if waiting:
        names = listed([esc(study.label) for study in waiting])
        items.append(f"{many(len(waiting), 'included study', 'included studies')} without extraction: {names}.")
    if idle:
        items.append(f"Figures are extracted of studies that are not included: {listed([esc(name) for name in idle])}.")
    return items


def _bias(material: Material) -> list[str]:
    judged = {(row["study_id"], row["outcome"]) for row in material.judgements}
    pooled = material.in_syntheses
    lacking = sorted(
        {
            f"{row['label']} ({lower_first(material.config.outcomes[row['outcome']].label)})"
            for row in pooled
            if row["design"] == "randomised" and (row["study_id"], row["outcome"]) not in judged
        }
    )
    other = sorted({row["label"] for row in pooled if row["design"] != "randomised"})
    opened = [row for row in material.judgements if row["open"]]
    items = []
    if lacking:
        names = listed([esc(name) for name in lacking])
        items.append(f"{many(len(lacking), 'pooled result')} without answers on risk of bias: {names}.")
    if opened:
        names = listed([esc(f"{row['label']} ({row['open']})") for row in opened])
        items.append(f"{many(len(opened), 'result')} with open signalling questions: {names}.")
    if other:
        names = listed([esc(name) for name in other])
        items.append(
            f"Risk of bias of studies without randomisation is not judged (RoB 2 is not made for them): {names}."
        )
    if material.included:
        items.append("Certainty of the evidence (GRADE) is not assessed.")
    return items

"""Records, reports and studies: the flow, what is included, ongoing and excluded."""

from collections import Counter
from typing import Any

from ...people import Registration, Study
from ...prisma.flow import Flow
from ..markdown import esc, link, listed, many, table, was
from ..material import Material
from .front import with_participants

_RELATIONS = {
    "erratum": ("erratum", "errata"),
    "registry entry": ("registry entry", "registry entries"),
    "version": ("earlier version",),
    "part": ("part of a series", "parts of a series"),
    "linked": ("link by a reviewer", "links by a reviewer"),
}


def reference(report: dict[str, Any], named_beside: bool = False) -> str:
    """A report as a reference list would give it, with links; markdown.

    One without title, DOI and number is named by its record, unless its record is `named_beside`.
    """
    authors = report["authors"] or []
    named = ", ".join(authors[:3]) + (" and others" if len(authors) > 3 else "")
    issue = f"({report['issue']})" if report["issue"] else ""
    place = " ".join(filter(None, [report["journal"], str(report["year"] or ""), f"{report['volume'] or ''}{issue}"]))
    place += f": {report['pages']}" if report["pages"] else ""
    title = report["title"] or report["title_other"]
    other = report["title_other"] if report["title_other"] and report["title_other"] != title else ""
    said = [named, title or "[no title in any export]", f"[{other}]" if other else "", place]
    parts = [esc(part if part.endswith((".", "?", "]")) else f"{part}.") for part in said if part]
    if report["doi"]:
        parts.append(link(f"doi {report['doi']}", f"https://doi.org/{report['doi']}"))
    elif report["pmid"]:
        parts.append(link(f"PMID {report['pmid']}", f"https://pubmed.ncbi.nlm.nih.gov/{report['pmid']}/"))
    parts += [esc(number) for number in report["registry_ids"] or []]
    if not (named_beside or title or report["doi"] or report["pmid"] or report["registry_ids"]):
        parts.append(esc(f"Record {report['record_ids'][0]}."))
    return " ".join(parts)


def flow(material: Material) -> str:
    """The flow diagram, and what became of the records of each source."""
    flow = material.flow
    columns = [column for column in (flow.databases, flow.other) if column is not None]
    records, duplicates = sum(c.records for c in columns), sum(c.duplicates for c in columns)
    screened, assessed = sum(c.screened for c in columns), sum(c.assessed for c in columns)
    ongoing, awaiting = sum(c.ongoing for c in columns), sum(c.awaiting for c in columns)
    excluded = sum(sum(c.excluded.values()) for c in columns)
    excluded_late = sum(sum(c.reports_excluded.values()) for c in columns)
    counted = [
        f"The exports held {many(records, 'record')} (@fig-flow{', @tbl-searches' if material.accounts else ''}); "
        f"{duplicates:,} {was(duplicates)} {'a duplicate' if duplicates == 1 else 'duplicates'}. "
        f"{many(screened, 'record')} {was(screened)} screened on title and abstract and {excluded:,} excluded. "
        f"{many(assessed, 'report')} {was(assessed)} assessed for eligibility and {excluded_late:,} excluded. "
        f"{_inclusion(flow)}{_neither(ongoing, awaiting)}.\n",
    ]
    lines = [
        *(counted if records else ["No record has been read yet (@fig-flow).\n"]),
        '::: {#fig-flow}\n::: {.content-visible when-format="html"}\n```{=html}',
        '<div class="scroll">{{FLOW}}</div>',
        "```\n:::\n",
        '::: {.content-visible unless-format="html"}\n![](figures/flow){fig-alt="PRISMA 2020 flow diagram" width=100%}\n:::\n',
        "PRISMA 2020 flow diagram. Every number is a count over results/prisma/ledger.csv[; a click on a box with a link "
        'leads to what it counts]{.content-visible when-format="html"}\n:::\n',
    ]
    return "\n".join([*lines, _searches(material) if material.accounts else "", _duplicates(material)])


def _inclusion(flow: Flow) -> str:
    """Studies and reports as the boxes of the diagram count them; totals with those of the previous version."""
    new = "new " if flow.updated else ""
    text = f"{many(flow.studies, f'{new}study', f'{new}studies')} with {many(flow.reports, 'report')} "
    text += f"{was(flow.studies)} included"
    if flow.reports_of_previous:
        text += f", and {many(flow.reports_of_previous, 'new report')} of studies included before"
    if flow.updated:
        text += f"; with the previous version the review includes {many(flow.all_studies, 'study', 'studies')} "
        text += f"with {many(flow.all_reports, 'report')}"
    if flow.all_without_study:
        text += f"; {many(flow.all_without_study, 'included report')} {was(flow.all_without_study)} not linked to a study yet"
    return text


def _neither(ongoing: int, awaiting: int) -> str:
    """What becomes of reports that are neither included nor excluded; empty where there is none."""
    said = []
    if ongoing:
        said.append(f"{many(ongoing, 'report')} {'belongs' if ongoing == 1 else 'belong'} to ongoing studies")
    if awaiting:
        said.append(f"{many(awaiting, 'report')} {'awaits' if awaiting == 1 else 'await'} classification")
    return f"; {listed(said)}" if said else ""


def _searches(material: Material) -> str:
    rows = []
    order = list(material.config.sources)
    for account in sorted(material.accounts, key=lambda row: (order.index(row["source"]), row["run"])):
        source = material.config.sources[account["source"]]
        here = [row for row in material.ledger if (row["source"], row["run"]) == (account["source"], account["run"])]
        duplicates = sum(row["fate"] == "duplicate" for row in here)
        rows.append(
            [
                esc(source.name),
                esc(account["run"]),
                esc(f"{account['format'].upper()}, {account['encoding']}"),
                f"{account['entries']:,}",
                f"{account['rejected']:,}",
                f"{duplicates:,}",
                f"{sum(row['represents'] for row in here):,}",
                f"{account['warned']:,}",
            ]
        )
    headings = ["Source", "Export", "Format", "Entries", "Unreadable", "Duplicates", "Reports", "With a warning"]
    caption = (
        "What the exports held. Entries are records and unreadable entries; reports are those that a record of this source "
        "stands for. A warning is a missing title, a missing end of record, or characters that could not be read"
    )
    return table(headings, rows, caption, "searches", align="lllrrrrr")


def _duplicates(material: Material) -> str:
    removed = [row for row in material.ledger if row["fate"] == "duplicate"]
    if not removed:
        return ""
    by_person = sum(row["duplicate_by"] == "person" for row in removed)
    text = f"Of {many(len(removed), 'duplicate record')}, {by_person:,} {'rests' if by_person == 1 else 'rest'} on a "
    text += "reviewer's verdict. "
    text += "Each merge stands with its rule and score in results/dedup/merges.csv."
    if material.links:
        links = Counter(row["relation"] for row in material.links)
        named = [many(count, *_RELATIONS.get(relation, (relation,))) for relation, count in sorted(links.items())]
        text += f" {many(links.total(), 'pair')} of records {'belongs' if links.total() == 1 else 'belong'} together without "
        text += f"being duplicates: {listed(named)} (results/dedup/links.csv)."
    return text + "\n"


def included(material: Material) -> str:
    """Characteristics of the included studies, and those without figures."""
    studies = material.included
    if not studies:
        return "No study is included yet.\n"
    characteristics = {key: c for key, c in material.config.characteristics.items() if c.table}
    headings = [
        "Study",
        "Design",
        *(esc(c.label + (f" ({c.unit})" if c.unit else "")) for c in characteristics.values()),
    ]
    rows = [
        [esc(study.label), esc(study.design), *(_value(study, key) for key in characteristics)] for study in studies
    ]
    them, their = ("it", "its") if len(studies) == 1 else ("them", "their")
    parts = [
        f"The review includes {many(len(studies), 'study', 'studies')}: {esc(_by_design(material, studies))}. "
        f"@tbl-characteristics describes {them} and @tbl-reports names {their} reports.\n",
        table(
            headings, rows, "Characteristics of the included studies, as their sources report them", "characteristics"
        ),
        _without_figures(material),
        _reports(material, studies),
    ]
    return "\n".join(part for part in parts if part)


def _by_design(material: Material, studies: list[Study]) -> str:
    """``14 randomised, with 700 participants; and 4 non-randomised (controlled), with 182 participants``."""
    words = {"randomised": "randomised", "controlled": "non-randomised (controlled)", "other": "of other designs"}
    groups = {word: [study for study in studies if study.design == design] for design, word in words.items()}
    return listed([f"{len(own)} {word}{with_participants(material, own)}" for word, own in groups.items() if own])


def _value(study: Study, key: str) -> str:
    value = study.extra[key]
    if value is None or value == "":
        return "–"
    return esc(f"{value:,.10g}" if isinstance(value, float) else value)


def _without_figures(material: Material) -> str:
    """Studies whose extraction is finished and that enter no synthesis, with the reason of each."""
    pooled = {row["study_id"] for row in material.in_syntheses}
    lacking = [study for study in material.included if study.extraction and study.study_id not in pooled]
    if not lacking:
        return ""
    rows = [[esc(study.label), esc(_why_unused(material, study))] for study in lacking]
    return (
        f"{many(len(lacking), 'included study', 'included studies')} {'enters' if len(lacking) == 1 else 'enter'} no "
        "synthesis (@tbl-without-figures).\n\n"
        + table(["Study", "Why"], rows, "Included studies that enter no synthesis", "without-figures", (22, 90))
    )


def _why_unused(material: Material, study: Study) -> str:
    whys = [row["why"] for row in material.results if row["study_id"] == study.study_id]
    return study.extraction_note or "; ".join(dict.fromkeys(whys)) or "no figures are extracted"


def _reports(material: Material, studies: list[Study]) -> str:
    rows = [
        [esc(study.label), reference(report)] for study in studies for report in material.reports_of(study.study_id)
    ]
    return table(["Study", "Report"], rows, "Reports of the included studies", "reports", (22, 100))


def ongoing(material: Material) -> str:
    """Ongoing studies and studies awaiting classification, with what the registers say: extracted, or else as exported."""
    registered = {row.record_id: row for row in material.registrations}
    parts = []
    for fate, heading, key in (
        ("ongoing", "Ongoing studies", "ongoing"),
        ("awaiting_classification", "Studies awaiting classification", "awaiting"),
    ):
        rows = material.reports_by_fate.get(fate, [])
        if not rows:
            parts.append(f"{heading}: none.\n")
            continue
        body = []
        for row in rows:
            report = material.reports[row["report_id"]]
            entry = next((registered[record] for record in report["record_ids"] if record in registered), None)
            said = _registration(entry) if entry else esc(report["registration"]) or "–"
            body.append([reference(report), said, esc(distinct(row["note"]))])
        headings = ["Report", "From the register", "Why here"]
        parts.append(table(headings, body, heading, key, (45, 50, 30)))
    return "\n".join(parts)


def _registration(entry: Registration) -> str:
    said = {
        "Status": entry.status or "not stated",
        "Phase": entry.phase,
        "Design": entry.design,
        "Enrolment": str(entry.enrolment) if entry.enrolment is not None else "not stated",
        "Arms": entry.arms,
        "Primary outcomes": entry.primary_outcomes,
        "Secondary outcomes": entry.secondary_outcomes,
        "Follow-up": entry.follow_up,
        "Start": entry.start,
        "Completion": entry.completion,
        "Country": entry.country,
        "Sponsor": entry.sponsor,
        "Note": entry.note,
    }
    return "; ".join(f"**{name}:** {esc(text)}" for name, text in said.items() if text)


def excluded(material: Material) -> str:
    """Reports excluded on the full text, and reports that could not be had."""
    rows = material.reports_by_fate.get("excluded_on_full_text", [])
    parts = []
    on_abstract = len(material.reports_by_fate.get("excluded_on_abstract", []))
    if rows:
        headings = ["Report", "Reason", "Note"]
        body = [_excluded(material, row, "full_text_reason") for row in rows]
        parts.append(table(headings, body, "Reports excluded on the full text", "excluded", (60, 30, 35)))
    else:
        parts.append("No report was excluded on the full text.\n")
    missing = material.reports_by_fate.get("not_retrieved", [])
    if missing:
        body = [[reference(material.reports[row["report_id"]]), esc(distinct(row["note"]))] for row in missing]
        parts.append(table(["Report", "Note"], body, "Reports that could not be retrieved", "not-retrieved", (80, 40)))
    if on_abstract:
        parts.append(
            f"The {many(on_abstract, 'record')} excluded on title and abstract "
            f"{'stands' if on_abstract == 1 else 'stand'}, with reasons, in the [appendix](#sec-excluded-on-abstract).\n"
        )
    return "\n".join(parts)


def excluded_on_abstract(material: Material) -> str:
    """Records excluded on title and abstract, with reasons."""
    rows = material.reports_by_fate.get("excluded_on_abstract", [])
    if not rows:
        return "No record was excluded on title and abstract.\n"
    body = [
        [esc(row["record_id"]), *_excluded(material, row, "title_abstract_reason", named_beside=True)] for row in rows
    ]
    caption = "Records excluded on title and abstract"
    return table(["Record", "Reference", "Reason", "Note"], body, caption, "excluded-on-abstract", (18, 52, 28, 35))


def _excluded(material: Material, row: dict[str, Any], column: str, named_beside: bool = False) -> list[str]:
    reason = material.config.eligibility.reasons.get(row[column], "")
    report = material.reports[row["report_id"]]
    return [reference(report, named_beside), esc(reason), esc(distinct(row["note"]))]


def distinct(notes: str) -> str:
    """The notes of several reviewers, joined by semicolons, each said once."""
    told: dict[str, str] = {}
    for note in notes.split("; "):
        bare = note.strip().rstrip(".,;")
        told.setdefault(bare.casefold(), bare)
    return "; ".join(told.values())

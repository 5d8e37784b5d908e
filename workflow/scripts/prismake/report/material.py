"""Everything that the report is written from, read once."""

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..config import Config
from ..extraction.read import read_studies
from ..people import Citation, Discrepancy, PublishedEstimate, Registration, Signal, Study, read_people
from ..prisma.flow import Flow, count
from ..screening.showings import read_log
from ..tables import read_csv, read_parquet
from . import checks

Row = dict[str, Any]

STAGES = {"title_abstract": "title and abstract", "full_text": "full text"}
"""The stages of screening, as the report says them."""


@dataclass(frozen=True)
class Material:
    """The tables of a review as the sections of the report read them."""

    config: Config
    accounts: list[Row]
    ledger: list[Row]
    reports: dict[str, Row]
    standing: list[Row]
    results: list[Row]
    judgements: list[dict[str, str]]
    agreement: list[dict[str, str]]
    readers: list[dict[str, str]]
    stop: Row
    ranking: Row
    shown: list[dict[str, str]]
    conflicts: list[dict[str, str]]
    idle: list[dict[str, str]]
    uncertain_pairs: list[dict[str, str]]
    links: list[dict[str, str]]
    merges: list[dict[str, str]]
    studies: list[Study]
    registrations: list[Registration]
    signals: list[Signal]
    published: list[PublishedEstimate]
    discrepancies: list[Discrepancy]
    citations: dict[str, Citation]
    syntheses: dict[str, Row]
    drawn: dict[str, list[str]]
    crosschecks: dict[str, list[dict[str, str]]]
    networks: dict[str, Row]
    renderer: str

    @cached_property
    def flow(self) -> Flow:
        """The numbers of the flow diagram, counted from the ledger."""
        return count(self.ledger, self.config.sources, self.config.eligibility.reasons)

    @cached_property
    def reports_by_fate(self) -> dict[str, list[Row]]:
        """Fate -> the ledger rows that stand for a report, in the order of their labels."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.ledger:
            if row["fate"] not in ("duplicate", "rejected"):
                found[row["fate"]].append(row)
        for rows in found.values():
            rows.sort(key=lambda row: self.label(row["report_id"]).casefold())
        return found

    @cached_property
    def included(self) -> list[Study]:
        """The included studies, by label."""
        fates = ("included", "included_before")
        ids = {row["study_id"] for fate in fates for row in self.reports_by_fate.get(fate, [])}
        return sorted((study for study in self.studies if study.study_id in ids), key=lambda s: s.label.casefold())

    def results_of_network(self, key: str) -> list[Row]:
        """The results that a network is made from, one a study: design, unit of analysis, overall risk of bias."""
        outcome = self.config.networks[key].outcome
        judged = {(row["study_id"], row["outcome"]): row["overall"] for row in self.judgements}
        design = {study.study_id: study.design for study in self.studies}
        return [
            {name: study[name] for name in ("study_id", "label", "unit_of_analysis")}
            | {"outcome": outcome, "design": design[study["study_id"]]}
            | {"bias_overall": judged.get((study["study_id"], outcome), "")}
            for study in self.networks[key]["studies"]
        ]

    @cached_property
    def in_syntheses(self) -> list[Row]:
        """The results that enter a synthesis, main or for sensitivity, or a network."""
        networked = [row for key in self.networks for row in self.results_of_network(key)]
        return [row for row in self.results if row["use"] in ("main", "sensitivity")] + networked

    def reports_of(self, study_id: str) -> list[Row]:
        """The reports of a study."""
        ids = {row["report_id"] for row in self.ledger if row["study_id"] == study_id}
        return [self.reports[report] for report in sorted(ids, key=self.label)]

    def label(self, report_id: str) -> str:
        """A short name of a report: ``Family 2019``, a registry number, or its title."""
        report = self.reports[report_id]
        authors, year = report["authors"], report["year"]
        if report["registry_ids"] and not report["year"] and len(report["registry_ids"]) == 1:
            return str(report["registry_ids"][0])
        if authors and year:
            return f"{authors[0].split(',')[0].strip()} {year}"
        title = report["title"] or report["title_other"]
        if title:
            return title if len(title) <= 60 else f"{title[:59]}…"
        return f"{report['journal'] or 'Untitled'} {year or ''}".strip()


def _by_folder(paths: list[str]) -> dict[str, Any]:
    """What JSON files hold, by the names of their folders."""
    return {path.parent.name: json.loads(path.read_text("utf-8")) for path in map(Path, paths)}


def gather(config: Config, paths: dict[str, Any], renderer: str) -> Material:
    """Read everything.

    Parameters
    ----------
    config : Config
    paths : dict
        By the names that the rule ``write_report`` gives its inputs.
    renderer : str
        Name and version of what renders the report.
    """
    reports = {row["report_id"]: row for row in read_parquet(paths["reports"])}
    report_of = {record: report for report, row in reports.items() for record in row["record_ids"]}
    studies = read_studies(config.characteristics)
    citations = {row.source_id: row for row in read_people(paths["citations"])}
    registrations = read_people(paths["registrations"])
    published, discrepancies = read_people(paths["published"]), read_people(paths["discrepancies"])
    checks.check_published(published, config, citations)
    checks.check_discrepancies(discrepancies, studies, citations)
    return Material(
        config=config,
        accounts=read_parquet(paths["accounts"]),
        ledger=read_parquet(paths["ledger"]),
        reports=reports,
        standing=read_parquet(paths["standing"]),
        results=read_parquet(paths["results"]),
        judgements=read_csv(paths["judgements"]),
        agreement=read_csv(paths["agreement"]),
        readers=read_csv(paths["readers"]),
        ranking=json.loads(Path(paths["ranked"]).read_text(encoding="utf-8")),
        shown=[row for path in paths["shown"] for row in read_log(path)],
        stop=json.loads(Path(paths["stop"]).read_text(encoding="utf-8")),
        conflicts=read_csv(paths["conflicts"]),
        idle=read_csv(paths["idle"]),
        uncertain_pairs=read_csv(paths["review"]),
        links=read_csv(paths["links"]),
        merges=read_csv(paths["merges"]),
        studies=studies,
        registrations=checks.check_registrations(
            registrations, report_of, read_people("review/decisions/aliases.csv"), citations
        ),
        signals=read_people(paths["signals"]),
        published=published,
        discrepancies=discrepancies,
        citations=citations,
        syntheses=_by_folder(paths["syntheses"]),
        drawn=_by_folder(paths["drawn"]),
        crosschecks={path.stem: read_csv(path) for path in map(Path, paths["crosschecks"])},
        networks=_by_folder(paths["networks"]),
        renderer=renderer,
    )

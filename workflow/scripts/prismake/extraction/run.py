"""From checked tables to results, and to the rows of each synthesis, as one step."""

from dataclasses import dataclass
from typing import Any

from ..aliases import check_aliases
from ..config import Characteristic, Moderator, Outcome, Subgroup
from ..people import Study, read_people
from ..screening.decisions import previous_reports
from ..tables import RESULTS, read_csv, read_parquet, write_parquet
from .linking import included_studies, link_studies
from .networks import NETWORK_ARMS, arms_of_network
from .read import ARMS, read_extraction
from .results import derive
from .rows import rows_of, schema, traits


@dataclass(frozen=True)
class Plan:
    """What of the configuration decides which results there are and which enter a synthesis."""

    outcomes: dict[str, Outcome]
    comparisons: list[str]
    characteristics: dict[str, Characteristic]
    subgroups: dict[str, Subgroup]
    moderators: dict[str, Moderator]
    cumulative: str
    source_kinds: dict[str, str]
    shared_comparator: str
    dependent: str
    networks: dict[str, str]
    """Network -> its outcome."""


def derive_and_split(
    plan: Plan,
    tables: list[str],
    inputs: dict[str, Any],
    results: str,
    rows: dict[str, str],
    arms: dict[str, str],
) -> None:
    """Derive the results of the review and write those of each synthesis, and the arms of each network, to own files.

    Parameters
    ----------
    plan : Plan
    tables : list of str
        The extraction tables.
    inputs : dict
        Paths: ``clusters``, ``reports``, ``standing``, ``judgements``, ``aliases``.
    results : str
        Where all results go.
    rows : dict
        Outcome -> where the rows of its synthesis go.
    arms : dict
        Network -> where its arms go.
    """
    networked = set(plan.networks.values())
    extraction, _ = read_extraction(tables, plan.outcomes, plan.comparisons, plan.characteristics, networked)
    clusters = read_parquet(inputs["clusters"])
    report_of = {row["record_id"]: row["report_id"] for row in clusters}
    aliases = check_aliases(read_people(inputs["aliases"]), report_of)
    linked = link_studies(extraction.studies, clusters, aliases)
    included = included_studies(read_parquet(inputs["standing"]), linked, previous_reports(clusters, plan.source_kinds))
    derived = derive(
        extraction, plan.outcomes, included, plan.shared_comparator, dependent=plan.dependent, networked=networked
    )
    write_parquet(results, RESULTS, derived)

    judgements = {(row["study_id"], row["outcome"]): row for row in read_csv(inputs["judgements"])}
    years = first_years(read_parquet(inputs["reports"]), linked)
    traits_of = {
        study.study_id: traits(study, plan.subgroups, plan.moderators, _order(study, plan.cumulative, years))
        for study in extraction.studies
    }
    kinds = {key: plan.characteristics[moderator.by].type for key, moderator in plan.moderators.items()}
    for outcome, path in rows.items():
        chosen = rows_of(derived, outcome, traits_of, judgements)
        write_parquet(path, schema(plan.subgroups, dict(kinds)), chosen)
    for network, path in arms.items():
        outcome = plan.networks[network]
        of_network = arms_of_network(extraction, read_people(ARMS), outcome, plan.outcomes[outcome], included)
        write_parquet(path, NETWORK_ARMS, of_network)


def first_years(reports: list[dict[str, Any]], linked: dict[str, str]) -> dict[str, int]:
    """Study -> the year of its first report, of those that have one."""
    years: dict[str, int] = {}
    for report in reports:
        study = linked.get(report["report_id"])
        if study is not None and report["year"]:
            years[study] = min(report["year"], years.get(study, report["year"]))
    return years


def _order(study: Study, by: str, years: dict[str, int]) -> float | None:
    """Where a study stands in a cumulative analysis; None where there is none, or where that is not known."""
    if by == "none":
        return None
    return years.get(study.study_id) if by == "year" else study.extra[by]

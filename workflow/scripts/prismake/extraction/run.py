"""From checked tables to results, and to the rows of each synthesis, as one step."""

from dataclasses import dataclass
from typing import Any

from ..aliases import check_aliases
from ..config import Characteristic, Outcome, Subgroup
from ..people import read_people
from ..screening.decisions import previous_reports
from ..tables import RESULTS, read_csv, read_parquet, write_parquet
from .linking import included_studies, link_studies
from .read import read_extraction
from .results import derive
from .rows import rows_of, schema


@dataclass(frozen=True)
class Plan:
    """What of the configuration decides which results there are and which enter a synthesis."""

    outcomes: dict[str, Outcome]
    comparisons: list[str]
    characteristics: dict[str, Characteristic]
    subgroups: dict[str, Subgroup]
    source_kinds: dict[str, str]
    shared_comparator: str


def derive_and_split(plan: Plan, tables: list[str], inputs: dict[str, Any], results: str, rows: dict[str, str]) -> None:
    """Derive the results of the review and write those of each synthesis to a file of its own.

    Parameters
    ----------
    plan : Plan
    tables : list of str
        The extraction tables.
    inputs : dict
        Paths: ``clusters``, ``standing``, ``judgements``, ``aliases``.
    results : str
        Where all results go.
    rows : dict
        Outcome -> where the rows of its synthesis go.
    """
    extraction, _ = read_extraction(tables, plan.outcomes, plan.comparisons, plan.characteristics)
    clusters = read_parquet(inputs["clusters"])
    report_of = {row["record_id"]: row["report_id"] for row in clusters}
    aliases = check_aliases(read_people(inputs["aliases"]), report_of)
    linked = link_studies(extraction.studies, clusters, aliases)
    included = included_studies(read_parquet(inputs["standing"]), linked, previous_reports(clusters, plan.source_kinds))
    derived = derive(extraction, plan.outcomes, included, plan.shared_comparator)
    write_parquet(results, RESULTS, derived)

    judgements = {(row["study_id"], row["outcome"]): row for row in read_csv(inputs["judgements"])}
    studies = {study.study_id: study for study in extraction.studies}
    for outcome, path in rows.items():
        chosen = rows_of(derived, outcome, studies, plan.subgroups, judgements)
        write_parquet(path, schema(plan.subgroups), chosen)

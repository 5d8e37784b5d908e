"""The sections of the report. Each function gives the markdown of one fragment that ``report.qmd`` includes."""

from collections.abc import Callable

from ..material import Material
from . import appendix, crosscheck, evidence, front, methods, networks, outcomes, plots, prisma_s, screening, studies

FRAGMENTS: dict[str, Callable[[Material], str]] = {
    "front": front.front,
    "summary": front.summary,
    "introduction": front.introduction,
    "eligibility": methods.eligibility,
    "sources": methods.sources,
    "selection": methods.selection,
    "data": methods.data,
    "bias_methods": methods.bias,
    "synthesis_methods": methods.synthesis,
    "network_methods": networks.methods,
    "flow": studies.flow,
    "course": screening.course,
    "included": studies.included,
    "ongoing": studies.ongoing,
    "excluded": studies.excluded,
    "bias": evidence.bias,
    "outcomes": outcomes.outcomes,
    "networks": networks.networks,
    "comparison": evidence.comparison,
    "discrepancies": evidence.discrepancies,
    "discussion": front.discussion,
    "other": front.other,
    "search_methods": prisma_s.search_methods,
    "strategies": appendix.strategies,
    "crosscheck": crosscheck.crosscheck,
    "further_figures": plots.further_figures,
    "reported": appendix.reported,
    "network_tables": networks.tables,
    "answers": appendix.answers,
    "excluded_on_abstract": studies.excluded_on_abstract,
    "provenance": appendix.provenance,
}
"""Fragment -> the function that writes it, in the order of the report."""

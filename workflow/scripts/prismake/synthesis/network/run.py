"""The analyses of one network as one step: tables and figures."""

import json
from pathlib import Path
from typing import Any

from ...config import Network, Outcome, Synthesis
from ...tables import disarm, whole, write_csv
from . import words
from .analysis import analyse
from .arms import figures_of
from .draw import draw

COMPARISON_COLUMNS = [
    "treatment_1", "treatment_2", "studies", "share", "estimate", "ci_low", "ci_high", "pi_low", "pi_high", "z", "pval",
    "direct", "direct_low", "direct_high", "indirect", "indirect_low", "indirect_high", "difference", "difference_low",
    "difference_high", "difference_z", "difference_pval", "yi", "se",
]  # fmt: skip
RANKING_COLUMNS = ["rank", "treatment", "p_score", "studies", "participants", "estimate", "ci_low", "ci_high"]
DESIGN_COLUMNS = ["design", "studies", "Q", "df", "pval", "Q_detached", "df_detached", "pval_detached"]

_STATISTICS = {
    "k": "Studies",
    "contrasts": "Pairwise contrasts",
    "tau2": "tau2, common to all comparisons",
    "tau": "tau",
    "I2": "I2, percent",
    "Q": "Q, total",
    "Q_within": "Q within designs (heterogeneity)",
    "Q_between": "Q between designs (inconsistency)",
    "Q_interaction": "Q between designs, random effects (design-by-treatment interaction)",
    "tau2_within": "tau2 within designs, of that interaction model",
}


def synthesise_network(
    key: str, arms: list[dict[str, Any]], network: Network, outcome: Outcome, settings: Synthesis, out: Path
) -> None:
    """Write the folder of one network: tables, ``network.json``, figures.

    Parameters
    ----------
    key, network, outcome, settings
        From the configuration.
    arms : list of dict
        `prismake.extraction.networks.NETWORK_ARMS`.
    out : Path
        The folder; its files are the same whatever the data, and each is whole or absent.

    Raises
    ------
    InputError
        As `prismake.synthesis.network.analysis.analyse` says.
    """
    found = analyse(key, arms, network, outcome, settings)
    figures = draw(out, found, network, outcome)
    ran = {"contrasts": [], "comparisons": [], "ranking": [], "heterogeneity": {}, "designs": [], "heat": None} | found
    names = [f"{name}_{n}" for n in (1, 2) for name in ("treatment", *figures_of(outcome.measure))]
    own = ["study_id", "label", *names, "estimate", "ci_low", "ci_high", "yi", "sei"]
    write_csv(out / "contrasts.csv", own, ran["contrasts"])
    write_csv(out / "comparisons.csv", COMPARISON_COLUMNS, ran["comparisons"])
    write_csv(out / "ranking.csv", RANKING_COLUMNS, ran["ranking"])
    write_csv(out / "heterogeneity.csv", ["statistic", "value", "df", "pval"], _statistics(ran["heterogeneity"]))
    designs = [row | {"design": words.design(row["treatments"])} for row in ran["designs"]]
    write_csv(out / "designs.csv", DESIGN_COLUMNS, designs)
    _write_league(out / "league.csv", found)
    _write_heat(out / "heat.csv", ran["heat"])
    with whole(out / "network.json") as part:
        said = json.dumps(found | {"figures": figures}, indent=1, ensure_ascii=False, allow_nan=False)
        part.write_text(said + "\n", encoding="utf-8")


def _statistics(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"statistic": words_, "value": found[name], "df": found.get(f"{name}_df"), "pval": found.get(f"{name}_pval")}
        for name, words_ in _STATISTICS.items()
        if name in found
    ]


def _write_league(path: Path, found: dict[str, Any]) -> None:
    """Row against column, in both directions, with the names of treatments on the diagonal and as headers."""
    treatments = found.get("treatments", [])
    headers = [disarm(name) for name in treatments]
    rows = [
        {
            header: name if one is None else words.with_interval(one, "estimate", "ci")
            for header, one in zip(headers, cells, strict=True)
        }
        for name, cells in zip(treatments, found.get("league", []), strict=True)
    ]
    write_csv(path, headers, rows)


def _write_heat(path: Path, found: dict[str, Any] | None) -> None:
    """A row for each design and comparison: its share and change for each column, which are the rows by number."""
    rows = found["rows"] if found else []
    numbers = range(1, len(rows) + 1)
    columns = ["number", "design", "treatment_1", "treatment_2"]
    columns += [f"{what}_{n}" for what in ("share", "change") for n in numbers]
    written = []
    for place, row in enumerate(rows):
        values = {f"{what}_{n}": found[what][place][n - 1] for what in ("share", "change") for n in numbers}
        written.append(row | values | {"number": place + 1, "design": words.design(row["design"])})
    write_csv(path, columns, written)

"""The figures of one network, drawn from its analyses."""

import math
from pathlib import Path
from typing import Any

from ...config import Network, Outcome
from ...figures import message, save
from ...wording import many, number, p_value, percent
from ..effects import MEASURES
from ..plots.forest import forest
from ..plots.forest_data import ForestArm, ForestPlot, ForestRow, ForestSubgroup, ForestSummary
from ..plots.network_graph import GraphPlot, Node, graph
from ..plots.network_heat import HeatPlot, HeatRow, heat
from . import words

Row = dict[str, Any]

SPLIT_MOST = 12
"""Comparisons that the figure of direct and indirect evidence holds; a page has room for no more."""
_NAME_MOST = 45
"""Letters of a treatment in a heading that names two."""


def draw(folder: Path, found: Row, network: Network, outcome: Outcome) -> list[str]:
    """Draw every figure as SVG and PNG; return the names of those that show data, without endings.

    Where the data do not allow a figure, its file says why, so that the files of a network are always the same.
    """
    why_not = found["why_not"]
    both = [] if why_not else words.split_both(found["comparisons"])
    reasons = {
        "graph": why_not,
        "forest": why_not,
        "split": why_not or ("" if both else "No comparison has direct as well as indirect evidence."),
        "heat": why_not or ("" if found["heat"] else "No two designs can be set against the rest of the network."),
    }
    makers = {
        "graph": lambda: graph(_graph(found, network), folder / "graph"),
        "forest": lambda: forest(_against_reference(found, network, outcome), folder / "forest"),
        "split": lambda: forest(_split(both, found, network, outcome), folder / "split"),
        "heat": lambda: heat(_heat(found["heat"], network), folder / "heat"),
    }
    for name, make in makers.items():
        if reasons[name]:
            save(
                message(f"{network.label}: {_TITLES[name]}", f"{reasons[name][0].upper()}{reasons[name][1:]}"),
                folder / name,
            )
        else:
            make()
    return [name for name in makers if not reasons[name]]


_TITLES = {
    "graph": "network of comparisons",
    "forest": "all treatments against the reference",
    "split": "direct and indirect evidence",
    "heat": "net heat plot",
}


def _graph(found: Row, network: Network) -> GraphPlot:
    ranked = {row["treatment"]: row for row in found["ranking"]}
    sized_by = "participants" if all(row["participants"] for row in ranked.values()) else "studies"
    names = [found["reference"], *found["treatments"][:-1]]
    several = {tuple(arm["treatment"] for arm in study["arms"]) for study in found["studies"] if len(study["arms"]) > 2}
    return GraphPlot(
        title=f"{network.label}: {_TITLES['graph']}",
        nodes=tuple(Node(name, ranked[name][sized_by]) for name in names),
        edges={
            (row["treatment_1"], row["treatment_2"]): row["studies"] for row in found["comparisons"] if row["studies"]
        },
        sized_by=sized_by,
        several=tuple(sorted(several)),
    )


def _base(found: Row, network: Network, outcome: Outcome, name: str) -> dict[str, Any]:
    measure = MEASURES[outcome.measure]
    unit = f" ({outcome.unit})" if outcome.unit and outcome.measure == "MD" else ""
    return {
        "title": f"{network.label}: {_TITLES[name]}",
        "measure": measure.name + unit,
        "ratio": measure.ratio,
        "level": found["level"],
    }


def _against_reference(found: Row, network: Network, outcome: Outcome) -> ForestPlot:
    rows = [row for row in found["comparisons"] if row["treatment_2"] == found["reference"]]
    sides = (f"Favours {found['reference']}", "Favours the other treatment")
    predicted = rows[0]["pi_low"] is not None
    ends = (ForestArm(f"{percent(found['level'])} prediction interval", ("Lower", "Upper")),) if predicted else ()
    return ForestPlot(
        **_base(found, network, outcome, "forest"),
        columns=(ForestArm("Direct", ("Studies",)), *ends),
        rows=tuple(
            _row(row, row["treatment_1"], "estimate", "ci", (str(row["studies"]), *_predicted(row))) for row in rows
        ),
        favours=sides if outcome.better == "higher" else (sides[1], sides[0]),
        notes=(f"Each row: the treatment against {found['reference']}, from the whole network.",),
        heading="Treatment",
    )


def _predicted(row: Row) -> tuple[str, ...]:
    if row["pi_low"] is None:
        return ()
    return tuple(number(end) for end in _ends(row, "pi"))


def _row(row: Row, label: str, name: str, ends: str, cells: tuple[str, ...] = ()) -> ForestRow:
    return ForestRow(label, cells, row[name], *_ends(row, ends))


def _ends(row: Row, name: str) -> tuple[float, float]:
    """An interval as it is drawn: an upper end beyond all numbers is infinite."""
    high = row[f"{name}_high"]
    return row[f"{name}_low"], math.inf if high is None else high


def _split(both: list[Row], found: Row, network: Network, outcome: Outcome) -> ForestPlot:
    shown = sorted(both, key=lambda row: -row["studies"])[:SPLIT_MOST]
    more = len(both) - len(shown)
    left = f"Comparisons with the most direct studies; {many(more, 'more stands', 'more stand')} in comparisons.csv."
    return ForestPlot(
        **_base(found, network, outcome, "split"),
        columns=(ForestArm("Direct evidence", ("Studies", "Share")), ForestArm("Direct against indirect", ("Test",))),
        subgroups=tuple(_block(row) for row in both if any(row is one for one in shown)),
        favours=_favours(outcome),
        notes=(left,) if more else (),
        heading="Comparison",
    )


def _favours(outcome: Outcome) -> tuple[str, str]:
    sides = ("Favours the second", "Favours the first named")
    return sides if outcome.better == "higher" else (sides[1], sides[0])


def _block(row: Row) -> ForestSubgroup:
    direct = _row(row, "Direct", "direct", "direct", (str(row["studies"]), f"{row['share']:.0%}"))
    rows = (direct, _row(row, "Indirect", "indirect", "indirect"))
    summary = ForestSummary("Network", *_ends(row, "ci"), row["estimate"], ("", "", p_value(row["difference_pval"])))
    return ForestSubgroup(f"{_short(row['treatment_1'])} against {_short(row['treatment_2'])}", rows, summary)


def _short(name: str) -> str:
    """A name of which two stand in a heading of two lines."""
    return name if len(name) <= _NAME_MOST else f"{name[: _NAME_MOST - 1].rstrip()}…"


def _heat(found: Row, network: Network) -> HeatPlot:
    rows = tuple(HeatRow(row["treatment_1"], row["treatment_2"], len(row["design"])) for row in found["rows"])
    return HeatPlot(f"{network.label}: {_TITLES['heat']}", rows, found["share"], found["change"])

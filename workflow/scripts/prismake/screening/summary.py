"""What simulated runs say together: tables of metrics and stop points, and a page with recall curves."""

import base64
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from pathlib import Path
from statistics import fmean
from typing import Any

from ..config import Ranking
from ..tables import whole, write_csv
from ..wording import many
from .metrics import Metrics, metrics
from .rankers import RANKERS
from .ranking import FEATURES
from .simulation import StoppingRule, stops
from .stopping import consecutive, knee, stop_by_test

TEMPLATE = Path(__file__).parents[3] / "report" / "simulation.html"
"""The page around the content."""

STOPPING_RULES: dict[str, StoppingRule] = {
    "hypergeometric test, recall of 95 % with 95 % confidence": stop_by_test,
    "hypergeometric test, recall of 90 % with 95 % confidence": partial(stop_by_test, recall=0.9),
    "50 irrelevant in a row (no claim)": partial(consecutive, run=50),
    "100 irrelevant in a row (no claim)": partial(consecutive, run=100),
    "knee of the curve (no claim)": knee,
}
"""The rules that are tried on every simulated order, by the name that tables give them."""

METRICS = ["set", "seed", *Metrics._fields]
STOPS = ["set", "seed", "rule", "stopped", "recall", "saved"]

Orders = Mapping[str, Mapping[int, Sequence[bool]]]
"""Set -> seed -> whether each record is relevant, in the order of reading, prior knowledge left out."""

_HEADINGS = {
    "records": "Records", "relevant": "Relevant", "n_95": "Read to 95 %", "n_100": "Read to 100 %", "wss_95": "WSS@95",
    "rrf_10": "RRF@10", "atd": "ATD", "loss": "Loss",
}  # fmt: skip


def ranked_by(settings: Ranking) -> str:
    """What ranks, as the page says it."""
    presumed = f"up to {settings.presumed_irrelevant} reports presumed irrelevant"
    return f"{FEATURES}, {RANKERS[settings.model]().description}, {presumed}, batches growing by {settings.growth:.0%}"


def summarise(
    folder: Path, orders: Orders, rules: Mapping[str, StoppingRule], made_by: str, title: str = "Simulated screening"
) -> list[Path]:
    """Write ``metrics.csv``, ``stops.csv`` and ``simulation.html``.

    Parameters
    ----------
    folder : Path
    orders : mapping
        See `Orders`.
    rules : mapping
        Stopping rules to try on each order, by name.
    made_by : str
        What ranked, as the page says it.
    title : str
        The heading of the page.
    """
    measured = [
        {"set": name, "seed": seed, **metrics(labels)._asdict()}
        for name, runs in orders.items()
        for seed, labels in runs.items()
    ]
    stopped = [
        {"set": name, "seed": seed, **stop}
        for name, runs in orders.items()
        for seed, labels in runs.items()
        for stop in stops(labels, rules)
    ]
    write_csv(folder / "metrics.csv", METRICS, measured)
    write_csv(folder / "stops.csv", STOPS, stopped)
    with whole(folder / "simulation.html") as part:
        part.write_text(page(TEMPLATE.read_text("utf-8"), orders, measured, stopped, made_by, title), encoding="utf-8")
    return [folder / name for name in ("metrics.csv", "stops.csv", "simulation.html")]


def page(
    template: str,
    orders: Orders,
    measured: Sequence[Mapping[str, Any]],
    stopped: Sequence[Mapping[str, Any]],
    made_by: str,
    title: str,
) -> str:
    """The page: one file, without script, every text escaped."""
    parts = {
        "title": escape(title),
        "made_by": escape(made_by),
        "metrics": _table(
            ["Set", "Runs", *_HEADINGS.values()], [_mean_row(name, measured) for name in orders], "metrics"
        ),
        "stops": _stops(orders, stopped),
        "figures": "\n".join(_figure(name, list(runs.values())) for name, runs in orders.items()),
    }
    for name, content in parts.items():
        if f"<!-- {name} -->" not in template:
            raise ValueError(f"the template has no mark <!-- {name} -->")
        template = template.replace(f"<!-- {name} -->", content)
    return template


def _mean_row(name: str, measured: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [row for row in measured if row["set"] == name]
    return [name, str(len(rows)), *(_mean([row[column] for row in rows], column) for column in _HEADINGS)]


def _mean(values: Sequence[float | None], column: str) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    return f"{fmean(known):,.0f}" if column in ("records", "relevant", "n_95", "n_100") else f"{fmean(known):.3f}"


def _stops(orders: Orders, stopped: Sequence[Mapping[str, Any]]) -> str:
    if not stopped:
        return "<p>No stopping rule was tried.</p>"
    rows = []
    for name in orders:
        for rule in dict.fromkeys(row["rule"] for row in stopped):
            runs = [row for row in stopped if (row["set"], row["rule"]) == (name, rule)]
            recalls = [row["recall"] for row in runs if row["recall"] is not None]
            lowest = f"{min(recalls):.3f}" if recalls else "–"
            saved = f"{fmean(row['saved'] for row in runs):.1%}"
            rows.append(
                [name, rule, f"{fmean(row['stopped'] for row in runs):,.0f}", _mean(recalls, ""), lowest, saved]
            )
    return _table(["Set", "Rule", "Read", "Mean recall", "Lowest recall", "Left unread"], rows, "rules")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], name: str) -> str:
    head = "".join(f"<th scope=col>{escape(one)}</th>" for one in header)
    body = "".join(
        f"<tr><th scope=row>{escape(row[0])}</th>{''.join(f'<td>{escape(one)}</td>' for one in row[1:])}</tr>"
        for row in rows
    )
    table = f"<table class={name}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<div class=scroll tabindex=0>{table}</div>"


def _figure(name: str, runs: Sequence[Sequence[bool]]) -> str:
    from ..figures import svg  # imported here: matplotlib takes a second, and tables need none of it
    from .curves import recall_figure

    said = f"{name}: recall by share of the records read, {many(len(runs), 'run')} and their mean"
    drawn = base64.b64encode(svg(recall_figure(name, runs), said)).decode()
    return f'<figure><img src="data:image/svg+xml;base64,{drawn}" alt="{escape(said)}"></figure>'

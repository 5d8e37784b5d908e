"""The ledger, the results and the flow diagram as one step."""

from typing import Any

from ..aliases import check_aliases
from ..config import Characteristic, Source
from ..extraction.linking import link_studies
from ..extraction.read import read_studies
from ..people import read_people
from ..tables import RESULTS, read_parquet, whole, write_csv, write_parquet
from .diagram import boxes, draw
from .flow import count
from .ledger import LEDGER, Evidence, build


def build_ledger(
    sources: dict[str, Source],
    reasons: dict[str, str],
    characteristics: dict[str, Characteristic],
    inputs: dict[str, Any],
    out: dict[str, str],
) -> None:
    """Write the ledger, the results for people, and the flow with its numbers.

    Parameters
    ----------
    sources, reasons, characteristics : dict
        From the configuration; reasons are those for exclusion.
    inputs, out : dict
        Paths, by the names that the rule ``build_ledger`` gives them.

    Raises
    ------
    ArithmeticError
        When the ledger does not add up; then nothing is written.
    """
    clusters = read_parquet(inputs["clusters"])
    aliases = check_aliases(read_people(inputs["aliases"]), {row["record_id"]: row["report_id"] for row in clusters})
    evidence = Evidence(
        entries=read_parquet(inputs["records"]),
        rejects=read_parquet(inputs["rejects"]),
        accounts=read_parquet(inputs["accounts"]),
        clusters=clusters,
        standing=read_parquet(inputs["standing"]),
        linked=link_studies(read_studies(characteristics), clusters, aliases),
        sources=sources,
    )
    ledger = build(evidence)
    flow = count(ledger, sources, reasons)
    svg = draw(flow, reasons)
    write_parquet(out["ledger"], LEDGER, ledger)
    write_csv(out["ledger_csv"], list(LEDGER), ledger)
    write_csv(out["results_csv"], list(RESULTS), read_parquet(inputs["results"]))
    said = [{"box": box.name, "line": line.strip()} for box in boxes(flow, reasons) for line in box.lines]
    write_csv(out["flow_csv"], ["box", "line"], said)
    with whole(out["svg"]) as part:
        part.write_text(svg, encoding="utf-8")
    with whole(out["png"]) as part:
        part.write_bytes(_png(svg))


def _png(svg: str) -> bytes:
    """The diagram for documents that take no SVG, drawn with matplotlib's own DejaVu Sans wherever it runs."""
    import matplotlib
    import resvg_py

    fonts = f"{matplotlib.get_data_path()}/fonts/ttf"
    files = [f"{fonts}/DejaVuSans.ttf", f"{fonts}/DejaVuSans-Bold.ttf"]
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=2.5, skip_system_fonts=True, font_files=files))

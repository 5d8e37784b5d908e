"""The synthesis of one outcome as one step: analyses and tables."""

import json
from pathlib import Path
from typing import Any

from .. import __version__
from ..config import Moderator, Outcome, Subgroup, Synthesis
from ..tables import whole
from .analyses import analyse, as_json
from .further import further
from .study_effects import effects
from .written import write_tables


def synthesise(
    rows: list[dict[str, Any]],
    outcome: Outcome,
    settings: Synthesis,
    by: dict[str, Subgroup],
    moderators: dict[str, Moderator],
    out: Path,
) -> None:
    """Write the folder of one outcome: its tables (`prismake.synthesis.written`), and ``synthesis.json``,
    from which `prismake.synthesis.draw` draws.

    Parameters
    ----------
    rows : list of dict
        `prismake.extraction.rows.schema`: the results that enter, main and sensitivity.
    outcome, settings, by, moderators
        From the configuration.
    out : Path
        The folder; its files are the same whatever the data, and each is whole or absent.
    """
    studies = effects(rows, outcome, settings)
    analyses = analyse(studies, outcome, settings, by)
    weights = iter(analyses["main"].weights if analyses["main"] else ())
    for row in studies:
        row["weight"] = next(weights, None) if row["use"] == "main" and row["estimable"] else None
    found = further(studies, outcome, settings, moderators)
    write_tables(out, studies, analyses, found)
    said = {"studies": studies, **as_json(analyses), **as_json(found), "made_by": made_by()}
    with whole(out / "synthesis.json") as part:
        part.write_text(json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def made_by() -> dict[str, str]:
    """The versions that all numbers come from."""
    import numpy as np
    import scipy

    return {"prismake": __version__, "numpy": np.__version__, "scipy": scipy.__version__}

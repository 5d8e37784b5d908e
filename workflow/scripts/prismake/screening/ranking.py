"""The order in which unread reports are offered: those most like the included ones first.

The machine ranks; it decides nothing. The order is a function of the reports, the decisions and the seed alone, whatever
the order of the inputs and the number of cores; reports of equal score stand in the order of their ids.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .. import __version__
from ..config import Eligibility, Question, Ranking

COLUMNS = ["rank", "report_id", "record_id", "score", "ranked_by", "terms", "title", "authors", "year", "journal"]
FEATURES = "TF-IDF of words, pairs of words and character four-grams"
PROTOCOL = f"{FEATURES}, likeness to the words of the protocol"

EXPLAINED = 2_000
"""For so many reports, the first ones, the terms that speak for them are given."""


def protocol_text(question: Question, eligibility: Eligibility) -> str:
    """The words of the protocol that say what is looked for."""
    sought = [question.population, question.intervention, question.outcomes, question.designs]
    return " ".join(sought + [criterion.include for criterion in eligibility.criteria.values()])


def rank(
    reports: Sequence[Mapping[str, Any]],
    standing: Sequence[Mapping[str, Any]],
    protocol: str,
    settings: Ranking,
    store: Path | None = None,
) -> list[dict[str, Any]]:
    """Rank the reports that still wait for a decision on title and abstract.

    Parameters
    ----------
    reports : sequence of mappings
        `prismake.tables.REPORTS`.
    standing : sequence of mappings
        `prismake.tables.STANDING`. Reports that went on teach the model what to look for, excluded ones what not.
    protocol : str
        Ranks by likeness while no report has gone on.
    settings : Ranking
    store : Path, optional
        A folder in which the features are kept for the next time; with them, only what decisions change is computed.

    Returns
    -------
    list of dict
        Best first, with the columns `COLUMNS`; ``terms`` are the words that count most for a report, given for the first
        `EXPLAINED`.
    """
    state = _states(standing)
    ordered = sorted(reports, key=lambda report: report["report_id"])
    unread = [row for row, report in enumerate(ordered) if state.get(report["report_id"]) == "to_do"]
    if not unread:
        return []
    read = [row for row, report in enumerate(ordered) if state.get(report["report_id"]) in ("include", "exclude")]
    wanted = [state[ordered[row]["report_id"]] == "include" for row in read]

    import numpy as np  # imported here: whoever wants COLUMNS alone need not wait for scipy

    from .features import featurise, stored
    from .learning import Learner, best

    texts = _texts(ordered, protocol)
    features = stored(store, texts) if store else featurise(texts)
    learner = Learner(features.head(len(ordered)), settings)
    if learner.can_learn(read, wanted):
        weights, ranked_by = learner.weights(read, wanted, unread), f"{FEATURES}, {learner.description}"
    else:
        weights, ranked_by = features.matrix[[len(ordered)]].toarray()[0], PROTOCOL
    scores = learner.scores(weights)
    waits = np.zeros(len(ordered), bool)
    waits[unread] = True
    return [
        {
            "rank": place,
            "report_id": ordered[row]["report_id"],
            "record_id": ordered[row]["record_ids"][0],
            "score": float(scores[row]),
            "ranked_by": ranked_by,
            "terms": features.telling(row, weights) if place <= EXPLAINED else [],
            **{column: ordered[row][column] for column in ("title", "authors", "year", "journal")},
        }
        for place, row in enumerate(best(scores, waits, len(unread)), start=1)
    ]


def account(
    reports: Sequence[Mapping[str, Any]],
    standing: Sequence[Mapping[str, Any]],
    protocol: str,
    settings: Ranking,
    ranked: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """What a ranking was made by and from, for its log: model, versions, seed, hashes of what went in, counts.

    Parameters
    ----------
    ranked : sequence of mappings
        What `rank` gave for the others.
    """
    from .features import VERSION, data_hash
    from .learning import batch_size

    state = _states(standing)
    ordered = sorted(reports, key=lambda report: report["report_id"])
    decided = sorted((key, value) for key, value in state.items() if value in ("include", "exclude"))
    relevant = sum(value == "include" for _, value in decided)
    return {
        "ranked_by": ranked[0]["ranked_by"] if ranked else "",
        "settings": settings.model_dump(mode="json"),
        "versions": {"prismake": __version__, "features": VERSION}
        | {package: version(package) for package in ("numpy", "scipy", "scikit-learn")},
        "reports_hash": data_hash(_texts(ordered, protocol)),
        "decisions_hash": _hash(decided),
        "order_hash": _hash([row["report_id"] for row in ranked]),
        "reports": len(ordered),
        "read": len(decided),
        "relevant": relevant,
        "unread": len(ranked),
        "next_batch": min(batch_size(len(decided), settings.growth), len(ranked)),
    }


def _states(standing: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {row["report_id"]: row["state"] for row in standing if row["stage"] == "title_abstract"}


def _texts(ordered: Sequence[Mapping[str, Any]], protocol: str) -> list[str]:
    from .features import text_of

    return [*map(text_of, ordered), protocol]


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]

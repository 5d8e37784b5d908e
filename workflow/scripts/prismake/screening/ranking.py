"""The order in which unread reports are offered: those most like the included ones first.

The machine ranks; it decides nothing. The order is a function of the reports, the decisions and the seed alone.
"""

from typing import Any

from ..config import Eligibility, Question, Ranking

COLUMNS = ["rank", "report_id", "record_id", "score", "ranked_by", "terms", "title", "authors", "year", "journal"]
MODEL = "TF-IDF of words and word pairs, logistic regression"
PROTOCOL = "TF-IDF similarity to the words of the protocol"


def text_of(report: dict[str, Any]) -> str:
    """What a report is ranked by: its titles, abstract and keywords."""
    return " ".join(
        [report["title"] or "", report["title_other"] or "", report["abstract"] or "", *(report["keywords"] or [])]
    )


def protocol_text(question: Question, eligibility: Eligibility) -> str:
    """The words of the protocol that say what is looked for."""
    sought = [question.population, question.intervention, question.outcomes, question.designs]
    return " ".join(sought + [criterion.include for criterion in eligibility.criteria.values()])


def rank(
    reports: list[dict[str, Any]], standing: list[dict[str, Any]], protocol: str, settings: Ranking
) -> list[dict[str, Any]]:
    """Rank the reports that still wait for a decision on title and abstract.

    Parameters
    ----------
    reports : list of dict
        `prismake.tables.REPORTS`.
    standing : list of dict
        `prismake.tables.STANDING`. Reports that went on teach the model what to look for, excluded ones what not.
    protocol : str
        Ranks by likeness while not both kinds have been seen.
    settings : Ranking

    Returns
    -------
    list of dict
        Best first, with the columns `COLUMNS`; ``terms`` are the words that count most for a report.
    """
    state = {row["report_id"]: row["state"] for row in standing if row["stage"] == "title_abstract"}
    unread = [report for report in reports if state.get(report["report_id"]) == "to_do"]
    if not unread:
        return []
    read = [report for report in reports if state.get(report["report_id"]) in ("include", "exclude")]
    wanted = [state[report["report_id"]] == "include" for report in read]

    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, min_df=settings.min_word_reports, token_pattern=r"(?u)\b\w[\w-]*\b"
    )
    texts = [text_of(report) for report in read + unread]
    learnable = any(wanted) and not all(wanted) and any(map(str.strip, texts))
    features = _features(vectorizer, texts if learnable else [*texts, protocol.strip() or "review"])
    if learnable:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=10, class_weight="balanced", max_iter=1000, random_state=settings.seed)
        model.fit(features[: len(read)], wanted)
        weights = model.coef_[0]
        ours = features[len(read) :]
        scores = model.predict_proba(ours)[:, 1]
    else:
        weights = np.asarray(features[-1].todense())[0]
        ours = features[len(read) : -1]
        scores = ours @ weights
    names = vectorizer.get_feature_names_out()
    ranked = sorted(
        (
            (-round(float(score), 6), report["report_id"], report, _terms(row, weights, names))
            for score, report, row in zip(scores, unread, ours, strict=True)
        ),
        key=lambda item: item[:2],
    )
    return [
        {
            "rank": place,
            "report_id": report["report_id"],
            "record_id": report["record_ids"][0],
            "score": -score,
            "ranked_by": MODEL if learnable else PROTOCOL,
            "terms": terms,
            **{column: report[column] for column in ("title", "authors", "year", "journal")},
        }
        for place, (score, _, report, terms) in enumerate(ranked, start=1)
    ]


def _features(vectorizer: Any, texts: list[str]) -> Any:
    try:
        return vectorizer.fit_transform(texts)
    except ValueError:  # no word is in as many reports as the setting asks for: then every word counts
        return vectorizer.set_params(min_df=1).fit_transform(texts)


def _terms(row: Any, weights: Any, names: Any, count: int = 5) -> list[str]:
    """The terms that speak most for a report."""
    share = {int(i): float(v * weights[i]) for i, v in zip(row.indices, row.data, strict=True)}
    best = sorted(share, key=lambda i: (-round(share[i], 9), names[i]))[:count]
    return [str(names[i]) for i in best if share[i] > 0]

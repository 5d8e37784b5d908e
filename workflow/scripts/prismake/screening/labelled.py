"""Sets of records whose labels are known, and a review as one of them, labelled by its own decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..problems import InputError, Problem, nearest, show
from .features import text_of


@dataclass(frozen=True)
class LabelledSet:
    """Records in the order of their ids.

    Attributes
    ----------
    name : str
    ids, texts : list of str
        What labels and priors name, and what the ranking reads.
    labels : list of bool
        Whether each is relevant.
    """

    name: str
    ids: list[str]
    texts: list[str]
    labels: list[bool]

    def row(self, record_id: str, where: str) -> int:
        """The row of a record.

        Raises
        ------
        InputError
            When there is none; `where` says what named it.
        """
        if record_id in self.ids:
            return self.ids.index(record_id)
        raise InputError(Problem(where, show(record_id), f"a record of {self.name}", nearest(record_id, self.ids)))


def labelled(
    name: str, texts: Mapping[str, str], labels: Mapping[str, bool], where: str, mend: str = ""
) -> LabelledSet:
    """Put records in order; `mend` is what to do where too few are relevant.

    Raises
    ------
    InputError
        When fewer than two records are relevant or none is irrelevant: there would be nothing to start from, or to find.
    """
    ids = sorted(texts)
    relevant = sum(labels[one] for one in ids)
    if relevant < 2 or relevant == len(ids):
        found = f"{relevant} relevant among {len(ids)} records"
        expected = "two relevant ones or more, and one that is not: one of each is known first"
        raise InputError(Problem(where, found, expected, mend))
    return LabelledSet(name, ids, [texts[one] for one in ids], [labels[one] for one in ids])


def review_set(
    reports: Sequence[Mapping[str, Any]],
    standing: Sequence[Mapping[str, Any]],
    relevant: Literal["title_abstract", "full_text"],
) -> LabelledSet:
    """The reports of a review on which people have decided, labelled by what they decided.

    Parameters
    ----------
    reports, standing : sequences of mappings
        `prismake.tables.REPORTS` and `prismake.tables.STANDING`.
    relevant : str
        ``title_abstract``: what went on to the full text is relevant; ``full_text``: what was included there. Reports that
        still wait for the decision that would label them are left out.

    Raises
    ------
    InputError
        When too few are labelled.
    """
    labels: dict[str, bool] = {}
    for row in standing:
        decided = row["state"] in ("include", "exclude")
        ended = row["stage"] == "title_abstract" and row["state"] == "exclude"
        if decided and (row["stage"] == relevant or ended):
            labels[row["report_id"]] = row["state"] == "include"
    texts = {report["report_id"]: text_of(report) for report in reports if report["report_id"] in labels}
    mend = (
        ""
        if relevant == "title_abstract"
        else "Before full texts are decided: screening.simulation.relevant: title_abstract."
    )
    return labelled("this review", texts, labels, "review/decisions", mend)

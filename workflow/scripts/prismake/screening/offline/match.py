"""Which report an entry of a labelled file is: by record id, else by DOI, PubMed id, or title and year exactly."""

from collections import defaultdict

from ... import text as normal
from ..desk import Desk
from .labels import Label


class Matcher:
    """Finds the reports of a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._doi: dict[str, set[str]] = defaultdict(set)
        self._pmid: dict[str, set[str]] = defaultdict(set)
        self._title: dict[tuple[str, int | None], set[str]] = defaultdict(set)
        for row in desk.shelf.rows():
            report = row["report_id"]
            if row["doi"]:
                self._doi[normal.doi(row["doi"])].add(report)
            if row["pmid"]:
                self._pmid[row["pmid"]].add(report)
            for title in {normal.words(row[name] or "") for name in ("title", "title_other")} - {""}:
                self._title[title, row["year"]].add(report)

    def find(self, label: Label) -> tuple[str, str]:
        """The report of an entry, or nothing and why."""
        if label.record_id:
            report = self._desk.shelf.report_of.get(self._desk.present(label.record_id), "")
            return report, "" if report else f"no record {label.record_id} in this review"
        for what, found in (
            ("DOI", self._doi.get(normal.doi(label.doi)) if label.doi else None),
            ("PubMed id", self._pmid.get(label.pmid) if label.pmid else None),
            ("title and year", self._title.get((normal.words(label.title), label.year)) if label.title else None),
        ):
            if found:
                several = f"its {what} fits {len(found)} reports: {', '.join(sorted(found))}"
                return (next(iter(found)), "") if len(found) == 1 else ("", several)
        return "", "no report has its record id, DOI, PubMed id, or its title and year"

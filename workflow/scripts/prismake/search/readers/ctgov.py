"""ClinicalTrials.gov's JSON (API v2): one study, a list of studies, pages with ``studies``, or one study a line."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any

from ..entry import Block
from .named import empty, fields, identity

__all__ = ["BEGINS", "empty", "fields", "identity", "split"]

_SECTION = r'"(?:protocolSection|resultsSection|annotationSection|documentSection|derivedSection|hasResults)"\s*:'
BEGINS = rf'[\s\[{{]*(?:"(?:studies|totalCount|nextPageToken)"[^{{]{{0,200}}\{{\s*)?{_SECTION}'
_STUDY = re.compile(rf"\{{\s*{_SECTION}")
_OF_A_PAGE = re.compile(r'"(?:studies|totalCount|nextPageToken)"\s*:\s*(?:"[^"]*"|\d+)?|[\s\[\]{},]+')
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_DEGREES = re.compile(r",.*$", re.DOTALL)


def split(lines: list[str]) -> tuple[list[Block], list[tuple[int, str]]]:
    """Part a file into studies.

    Returns
    -------
    blocks : list of Block
        Tags are our fields. A study that is no JSON, or breaks off, is a fault and costs no other; so is anything between
        studies that is none.
    outside : list of (line, text)
        Stray text between studies.
    """
    text = "\n".join(lines)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)

    def line_of(place: int) -> int:
        return min(bisect_right(starts, place), len(lines))

    blocks: list[Block] = []
    outside: list[tuple[int, str]] = []

    def between(start: int, end: int) -> None:
        """Account for what stands between two studies."""
        rest = _OF_A_PAGE.sub(" ", text[start:end]).strip()
        if '"' in rest:
            begin = start + len(text[start:end]) - len(text[start:end].lstrip("[]{}, \n\t"))
            fault = "no study: nothing named protocolSection"
            blocks.append(Block(line_of(begin), line_of(end - 1), fault=fault, found=rest))
        elif rest:
            outside.append((line_of(start), rest))

    last = 0
    for start, end, study, fault in _studies(text):
        between(last, start)
        place = line_of(start), line_of(end - 1)
        if fault:
            blocks.append(Block(*place, fault=fault, found=" ".join(text[start : start + 400].split())))
        else:
            blocks.append(Block(*place, tags=_tags(study)))
        last = end
    between(last, len(text))
    return blocks, outside


def _studies(text: str) -> Iterator[tuple[int, int, dict[str, Any], str]]:
    """Where each study begins and ends, what it says, and why it cannot be read."""
    decoder = json.JSONDecoder()
    found = _STUDY.search(text)
    while found:
        start = found.start()
        try:
            study, end = decoder.raw_decode(text, start)
            fault = ""
        except (ValueError, RecursionError) as error:
            following = _STUDY.search(text, start + 1)
            study, end = {}, following.start() if following else len(text)
            fault = f"no readable JSON: {getattr(error, 'msg', error)}"
        yield start, end, study, fault
        found = _STUDY.search(text, end)


def _at(node: Any, *path: str) -> Any:
    """What stands at a path of keys, or None."""
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _text(node: Any, *path: str) -> str:
    value = _at(node, *path)
    return _HALF_CHARACTER.sub("\ufffd", str(value)) if isinstance(value, str | int | float) else ""


def _each(node: Any, *path: str) -> list[Any]:
    value = _at(node, *path)
    return value if isinstance(value, list) else []


def _listed(values: Iterable[str]) -> str:
    return "; ".join(filter(None, values))


def _tags(study: dict[str, Any]) -> dict[str, list[str]]:
    """What a study says, under the names of our fields; a part of another shape than the API's is left out."""
    protocol = _at(study, "protocolSection")
    named, status = _at(protocol, "identificationModule"), _at(protocol, "statusModule")
    described, design = _at(protocol, "descriptionModule"), _at(protocol, "designModule")
    conditions = _at(protocol, "conditionsModule")
    number = _text(named, "nctId")
    other_ids = [_text(one, "id") for one in _each(named, "secondaryIdInfos")]
    said = {
        "accession": number,
        "type": _text(design, "studyType"),
        "title": _text(named, "briefTitle"),
        "title_other": _text(named, "officialTitle"),
        "authors": _listed(_DEGREES.sub("", _text(one, "name")) for one in _each(protocol, *_OFFICIALS)),
        "year": _text(status, "studyFirstPostDateStruct", "date") or _text(status, "studyFirstSubmitDate"),
        "registry_ids": _listed([number, _text(named, "orgStudyIdInfo", "id"), *other_ids]),
        "abstract": "\n".join(
            filter(None, (_text(described, "briefSummary"), _text(described, "detailedDescription")))
        ),
        "keywords": "|".join(
            [*map(_text, _each(conditions, "conditions")), *map(_text, _each(conditions, "keywords")), ""]
        ),
        "urls": f"https://clinicaltrials.gov/study/{number}" if number else "",
        "status": _text(status, "overallStatus"),
        "phase": _listed(map(_text, _each(design, "phases"))),
        "design": _design(design),
        "enrolment": _enrolment(design),
        "arms": _arms(_at(protocol, "armsInterventionsModule")),
        "primary_outcomes": _outcomes(_each(protocol, "outcomesModule", "primaryOutcomes")),
        "secondary_outcomes": _outcomes(_each(protocol, "outcomesModule", "secondaryOutcomes")),
        "start": _text(status, "startDateStruct", "date"),
        "completion": _text(status, "completionDateStruct", "date"),
        "country": _listed(dict.fromkeys(_text(one, "country") for one in _each(protocol, *_LOCATIONS))),
        "sponsor": _text(protocol, "sponsorCollaboratorsModule", "leadSponsor", "name"),
        "publications": _publications(_each(protocol, "referencesModule", "references")),
    }
    return {field: [value] for field, value in said.items() if value}


_OFFICIALS = ("contactsLocationsModule", "overallOfficials")
_LOCATIONS = ("contactsLocationsModule", "locations")


def _publications(references: list[Any]) -> str:
    """The PubMed ids of articles on the study itself; those cited as background are of other studies."""
    own = (one for one in references if _text(one, "type") in ("RESULT", "DERIVED"))
    return _listed(f"PMID {number}" for one in own if (number := _text(one, "pmid")))


def _design(design: Any) -> str:
    named = {
        "Allocation": _text(design, "designInfo", "allocation"),
        "Model": _text(design, "designInfo", "interventionModel") or _text(design, "designInfo", "observationalModel"),
        "Masking": _text(design, "designInfo", "maskingInfo", "masking"),
        "Purpose": _text(design, "designInfo", "primaryPurpose"),
    }
    return _listed(f"{name} {value}" for name, value in named.items() if value)


def _enrolment(design: Any) -> str:
    count, kind = _text(design, "enrollmentInfo", "count"), _text(design, "enrollmentInfo", "type")
    return f"{count} ({kind.lower()})" if count and kind else count


def _arms(module: Any) -> str:
    """Each arm with its interventions, or the interventions alone."""
    arms = []
    for arm in _each(module, "armGroups"):
        given = ", ".join(filter(None, map(_text, _each(arm, "interventionNames"))))
        arms.append(": ".join(filter(None, (_text(arm, "label"), given))))
    return _listed(arms) or _listed(_text(one, "name") for one in _each(module, "interventions"))


def _outcomes(outcomes: list[Any]) -> str:
    """Each outcome with the time at which it is measured."""
    said = []
    for outcome in outcomes:
        measure, time = _text(outcome, "measure"), _text(outcome, "timeFrame")
        said.append(f"{measure} ({time})" if measure and time else measure)
    return _listed(said)

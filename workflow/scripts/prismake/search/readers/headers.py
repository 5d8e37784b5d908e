"""The headers of tables: which column of an export is which of our fields.

Headers are compared without regard to case and punctuation. Where several columns are one field, the first named here that
holds something gives it. Record ids of tables depend on the fields of `prismake.search.readers.named.identity`: a header may be
added to them only where it stands behind the others.
"""

from collections.abc import Mapping, Sequence

from ... import text as normal

HEADERS: dict[str, tuple[str, ...]] = {
    "accession": (
        "Covidence #", "EID", "UT (Unique WOS ID)", "UT Unique ID", "PUI", "Embase Accession ID", "Embase Accession Number",
        "NCT Number", "TrialID", "Cochrane Review ID", "Cochrane ID", "Lens ID", "Publication ID", "StoreId",
        "Accession Number", "Accession", "Key",
    ),
    "type": ("Document Type", "Publication Type", "Item Type", "Doctype", "Type", "Content Type", "Doc Types"),
    "title": (
        "Title", "Article Title", "Study Title", "Public Title", "Document Title", "Primary Title", "Titles", "Paper Title",
        "题名", "标题", "篇名", "Item Title",
    ),
    "title_other": (
        "Translated Title", "Original Title", "Original (non-English) Title", "Official Title", "Scientific Title",
        "Title (English)",
    ),
    "authors": ("Author full names", "Authors", "Author", "Author Names", "作者", "Contributors"),
    "year": (
        "Year", "Publication Year", "Published Year", "PubYear", "First Posted", "Date", "Publication Date", "Date Published",
        "Date of Publication", "Pubdate", "Date registration", "年", "年份", "发表时间",
        "Year of Publication",
    ),
    "journal": (
        "Journal", "Source title", "Journal/Book", "Publication Title", "Journal Title", "Journal Name", "Pubtitle",
        "Publication", "刊名", "来源", "文献来源", "Abbreviated Source Title", "Journal Abbreviation", "Journal ISO Abbreviation",
    ),
    "volume": ("Volume", "卷", "Journal Volume"),
    "issue": ("Issue", "Number", "Issue Number", "期", "Journal Issue"),
    "pages": ("Pages", "Page Range", "Pagination", "页码"),
    "page_start": ("Page start", "Start Page", "First Page"),
    "page_end": ("Page end", "End Page", "Last Page"),
    "article": ("Art. No.", "Article Number"),
    "doi": ("DOI", "Digital Object Identifier", "DOI Link", "Item DOI"),
    "pmid": ("PMID", "PubMed ID", "Medline PMID"),
    "pmcid": ("PMCID",),
    "registry_ids": (
        "Registry Number", "Trial Registration", "Clinical Trial Numbers", "Other IDs", "Secondary IDs", "Secondary ID",
    ),
    "abstract": (
        "Abstract", "Brief Summary", "Abstract Note", "摘要", "Original Abstract", "Original (non-English) Abstract",
    ),
    "keywords": (
        "Author Keywords", "Keywords", "Index Keywords", "Keywords Plus", "MeSH Terms", "Emtree Drug Index Terms",
        "Emtree Medical Index Terms", "Subjects", "Conditions", "Condition", "Manual Tags", "Automatic Tags", "关键词",
    ),
    "language": ("Language of Original Document", "Article Language", "Language"),
    "issn": ("ISSN", "eISSN", "ISSNs"),
    "urls": (
        "URL", "Link", "Links", "Study URL", "Full Text Link", "Embase Link", "Document URL", "PLink", "Source URLs",
        "web address",
    ),
    "notes": ("Notes", "Tags", "Citation"),
    "extra": ("Extra",),
}  # fmt: skip
"""Field -> its headers in the exports of Scopus, Web of Science, PubMed, Embase, the Cochrane Library, EBSCO, Ovid,
ProQuest, Springer, Lens, Dimensions, Rayyan, Covidence, ASReview, Zotero and CNKI, and in other tables, best first."""

REGISTER: dict[str, tuple[str, ...]] = {
    "status": ("Study Status", "Recruitment Status", "Status"),
    "phase": ("Phases", "Phase"),
    "design": ("Study Design", "Study Designs"),
    "enrolment": ("Enrollment", "Target Size"),
    "arms": ("Interventions", "Intervention"),
    "primary_outcomes": ("Primary Outcome Measures", "Primary Outcome", "Outcome Measures"),
    "secondary_outcomes": ("Secondary Outcome Measures", "Secondary Outcome"),
    "start": ("Start Date", "Date enrollement", "Date enrolment"),
    "completion": ("Completion Date",),
    "country": ("Countries",),
    "sponsor": ("Sponsor", "Primary Sponsor", "Sponsor/Collaborators"),
    "publications": (),
}
"""What a trial register says of a study -> its headers at ClinicalTrials.gov and the WHO's portal (ICTRP)."""

_WOS_TAGS = {
    "UT": "accession", "PT": "type", "TI": "title", "AF": "authors", "AU": "authors", "PY": "year", "SO": "journal",
    "J9": "journal", "VL": "volume", "IS": "issue", "BP": "page_start", "EP": "page_end", "AR": "article", "DI": "doi",
    "PM": "pmid", "AB": "abstract", "DE": "keywords", "ID": "keywords", "LA": "language", "SN": "issn", "EI": "issn",
}  # fmt: skip


def _fold(header: str) -> str:
    return normal.squash(header.replace("#", " number"))


def _folded(headers_of: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, int]]:
    """Folded header -> its field, and how good it is for it."""
    return {
        _fold(header): (field, rank) for field, headers in headers_of.items() for rank, header in enumerate(headers)
    }


_FIELD_OF = _folded(HEADERS)
_OF_A_REGISTER = _FIELD_OF | _folded(REGISTER)
_WOS_RANK = {tag: rank for rank, tag in enumerate(_WOS_TAGS)}


def fields_of(cells: Sequence[str], columns: Mapping[str, str]) -> list[tuple[int, str]]:
    """Which cells of a row of headers are which field.

    Parameters
    ----------
    cells : sequence of str
    columns : mapping
        Field -> header, as config.yaml says: these go before all others.

    Returns
    -------
    list of (index, field)
        Best first, for each field.
    """
    named = [cell.strip() for cell in cells]
    folded = list(map(_fold, named))
    said = {_fold(header): field for field, header in columns.items()}
    tagged = {"PT", "TI", "SO"} <= set(named)
    known = _OF_A_REGISTER if {"nctnumber", "trialid"} & set(folded) else _FIELD_OF
    found: list[tuple[int, int, str]] = []
    for index, (header, key) in enumerate(zip(named, folded, strict=True)):
        if key in said:
            found.append((-1, index, said[key]))
        elif tagged and header in _WOS_TAGS:
            found.append((_WOS_RANK[header], index, _WOS_TAGS[header]))
        elif not tagged and key in known and known[key][0] not in columns:
            field, rank = known[key]
            found.append((rank, index, field))
    if "journalbook" in folded:  # PubMed's own table, whose numbers are accessions
        found += [(0, index, "accession") for index, key in enumerate(folded) if key == "pmid"]
    if not any(field == "journal" for *_, field in found):  # elsewhere the source is the database
        found += [(0, index, "journal") for index, key in enumerate(folded) if key == "source"]
    return [(index, field) for _, index, field in sorted(found)]


def is_header(cells: Sequence[str], columns: Mapping[str, str]) -> bool:
    """Whether a row names the columns of a table of records: a title, and another field beside it."""
    if len(cells) < 2:
        return False
    fields = {field for _, field in fields_of(cells, columns)}
    return "title" in fields and len(fields) > 1 and set(columns) <= fields

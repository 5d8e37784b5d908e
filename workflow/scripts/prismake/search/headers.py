"""The headers of tables: which column of an export is which of our fields.

Headers are compared without regard to case and punctuation. Where several columns are one field, the first named here that
holds something gives it. Record ids of tables depend on the fields of `prismake.search.table.identity`: a header may be
added to them only where it stands behind the others.
"""

from collections.abc import Mapping, Sequence

from .. import text as normal

HEADERS: dict[str, tuple[str, ...]] = {
    "accession": (
        "Covidence #", "EID", "UT (Unique WOS ID)", "UT Unique ID", "NCT Number", "TrialID", "Accession Number",
        "Accession", "Key",
    ),
    "type": ("Document Type", "Publication Type", "Item Type", "Type"),
    "title": (
        "Title", "Article Title", "Study Title", "Public Title", "Document Title", "Primary Title", "Titles", "Paper Title",
        "题名", "标题", "篇名",
    ),
    "title_other": ("Translated Title", "Original Title", "Official Title", "Scientific Title", "Title (English)"),
    "authors": ("Author full names", "Authors", "Author Full Names", "Author", "Author(s)", "Author Names", "作者"),
    "year": (
        "Year", "Publication Year", "Published Year", "First Posted", "Date", "Publication Date", "Date Published", "年", "年份",
        "发表时间",
    ),
    "journal": (
        "Journal", "Source title", "Journal/Book", "Publication Title", "Journal Title", "Journal Name", "Publication", "刊名",
        "来源", "文献来源", "Abbreviated Source Title", "Journal Abbreviation", "Journal ISO Abbreviation",
    ),
    "volume": ("Volume", "卷"),
    "issue": ("Issue", "Number", "Issue Number", "期"),
    "pages": ("Pages", "Page Range", "Page(s)", "页码"),
    "page_start": ("Page start", "Start Page", "First Page"),
    "page_end": ("Page end", "End Page", "Last Page"),
    "article": ("Art. No.", "Article Number"),
    "doi": ("DOI", "DOI Link"),
    "pmid": ("PMID", "PubMed ID", "pubmed_id"),
    "pmcid": ("PMCID", "PMC ID", "pmc_id"),
    "registry_ids": ("Registry Number", "Trial Registration", "Other IDs", "Secondary IDs"),
    "abstract": ("Abstract", "Brief Summary", "Abstract Note", "摘要"),
    "keywords": (
        "Author Keywords", "Keywords", "Index Keywords", "Keywords Plus", "MeSH Terms", "Conditions", "Manual Tags", "关键词",
    ),
    "language": ("Language of Original Document", "Language"),
    "issn": ("ISSN", "eISSN"),
    "urls": ("URL", "Link", "Links", "Study URL"),
    "notes": ("Notes", "Tags", "Citation"),
    "status": ("Study Status",),
    "phase": ("Phases",),
    "design": ("Study Design",),
    "enrolment": ("Enrollment", "Target Size"),
    "arms": ("Interventions",),
    "primary": ("Primary Outcome Measures",),
    "secondary": ("Secondary Outcome Measures",),
    "start": ("Start Date",),
    "completion": ("Completion Date",),
    "sponsor": ("Sponsor",),
}  # fmt: skip
"""Field -> its headers in the exports of Scopus, Web of Science, PubMed, ClinicalTrials.gov, Rayyan, Covidence, ASReview,
Zotero and CNKI, and in other tables, best first."""

_WOS_TAGS = {
    "UT": "accession", "PT": "type", "TI": "title", "AF": "authors", "AU": "authors", "PY": "year", "SO": "journal",
    "J9": "journal", "VL": "volume", "IS": "issue", "BP": "page_start", "EP": "page_end", "AR": "article", "DI": "doi",
    "PM": "pmid", "AB": "abstract", "DE": "keywords", "ID": "keywords", "LA": "language", "SN": "issn", "EI": "issn",
}  # fmt: skip


def _fold(header: str) -> str:
    return normal.squash(header.replace("#", " number"))


_FIELD_OF = {_fold(header): (field, rank) for field, headers in HEADERS.items() for rank, header in enumerate(headers)}
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
    said = {_fold(header): field for field, header in columns.items()}
    tagged = {"PT", "TI", "SO"} <= set(named)
    found: list[tuple[int, int, str]] = []
    for index, header in enumerate(named):
        folded = _fold(header)
        if folded in said:
            found.append((-1, index, said[folded]))
        elif tagged and header in _WOS_TAGS:
            found.append((_WOS_RANK[header], index, _WOS_TAGS[header]))
        elif not tagged and folded in _FIELD_OF and _FIELD_OF[folded][0] not in columns:
            field, rank = _FIELD_OF[folded]
            found.append((rank, index, field))
    if "journalbook" in map(_fold, named):  # PubMed's own table, whose numbers are accessions
        found += [(0, index, "accession") for index, header in enumerate(named) if header == "PMID"]
    return [(index, field) for _, index, field in sorted(found)]


def is_header(cells: Sequence[str], columns: Mapping[str, str]) -> bool:
    """Whether a row names the columns of a table of records: a title, and another field beside it."""
    if len(cells) < 2:
        return False
    fields = {field for _, field in fields_of(cells, columns)}
    return "title" in fields and len(fields) > 1 and set(columns) <= fields

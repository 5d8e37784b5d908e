"""The formats of tagged lines, by their tags: Web of Science, EndNote's Refer, and what Chinese databases give beside it."""

import re

from .tagged import Tagged


def _tags(written: str) -> frozenset[str]:
    return frozenset(written.split())


WOS = Tagged(
    BEGINS=r"PT [A-Z]\s*$|FN (?:Clarivate|ISI|Thomson)\b",
    line=re.compile(r"([A-Z][A-Z0-9])(?: (.*)|\s*)$"),
    begin=("PT",),
    opening=_tags("AU TI"),
    end="ER",
    between=_tags("FN VR EF"),
    known=_tags(
        "FN VR PT AU AF BA BE BF CA GP RI OI ED TI FT SO SE BS LA DT CT CY CL SP HO DE ID AB C1 C3 RP EM FU FX CR NR TC Z9 Z8 "
        "ZB ZR ZS ZA ZZ U1 U2 PU PI PA SN EI BN J9 JI PD PY VL IS PN SU SI MA BP EP AR DI D2 DL EA PG P2 WC WE SC GA PM UT OA "
        "HC HP DA ER EF MH CN CS DN PR TM AE PN XX"
    ),
    indented=True,
    listed=_tags("AU AF BA BE BF CA ED C1 CR RI OI"),
    fields_of={
        "accession": ("UT",),
        "type": ("DT", "PT"),
        "title": ("TI",),
        "title_other": ("FT",),
        "authors": ("AF", "AU", "CA", "BF", "BE", "ED"),
        "year": ("PY", "EA", "CY"),
        "journal": ("SO", "JI", "J9"),
        "volume": ("VL",),
        "issue": ("IS",),
        "page_start": ("BP",),
        "page_end": ("EP",),
        "pages": ("PS",),
        "article": ("AR",),
        "doi": ("DI", "D2"),
        "pmid": ("PM",),
        "abstract": ("AB",),
        "keywords": ("DE", "ID"),
        "language": ("LA",),
        "issn": ("SN", "EI"),
        "urls": ("DL",),
    },
)
"""Plain text of Web of Science (``PT J`` to ``ER``); each file begins with FN and VR and ends with EF."""

REFER = Tagged(
    BEGINS=r"\s{0,4}%(?:0 [A-Z][A-Za-z ]+$|[AT] \S)",
    line=re.compile(r"\s{0,4}(%[^\sa-z_.,/\"'{}%])(?:\s(.*)|)$"),
    begin=("%0",),
    opening=_tags("%A %T"),
    listed=_tags("%A %K %U"),
    fields_of={
        "accession": ("%M",),
        "type": ("%0",),
        "title": ("%T",),
        "title_other": ("%Q",),
        "authors": ("%A", "%E"),
        "year": ("%D", "%8"),
        "journal": ("%J", "%B"),
        "volume": ("%V",),
        "issue": ("%N",),
        "pages": ("%P",),
        "doi": ("%R",),
        "pmcid": ("%2",),
        "abstract": ("%X",),
        "keywords": ("%K",),
        "language": ("%G",),
        "issn": ("%@",),
        "urls": ("%U",),
        "notes": ("%Z", "%O"),
    },
)
"""Refer, as EndNote and most Chinese databases write it (``%0 Journal Article``, ``%A``, ``%T``)."""

NOTEEXPRESS = Tagged(
    BEGINS=r"\s*\{Reference Type\} ?[:：]",
    line=re.compile(r"\s*\{([A-Z][A-Za-z/ ]{1,30})\} ?[:：](.*)$"),
    begin=("Reference Type",),
    opening=_tags("Title Author"),
    fields_of={
        "accession": ("Accession Number",),
        "type": ("Reference Type",),
        "title": ("Title",),
        "title_other": ("Translated Title",),
        "authors": ("Author", "Translated Author"),
        "year": ("Year", "Date"),
        "journal": ("Journal", "Secondary Title", "Tertiary Title", "Source"),
        "volume": ("Volume",),
        "issue": ("Issue",),
        "pages": ("Pages",),
        "doi": ("DOI",),
        "abstract": ("Abstract",),
        "keywords": ("Keywords",),
        "language": ("Language",),
        "issn": ("ISBN/ISSN",),
        "urls": ("URL",),
        "notes": ("Notes",),
    },
)
"""NoteExpress (``{Reference Type}: Journal Article``), from CNKI, Wanfang and VIP."""

REFWORKS = Tagged(
    BEGINS=r"RT (?:Abstract|Book|Case|Computer|Conference|Diss|Generic|Journal|Magazine|Newspaper|Other|Patent|Report|Standard"
    r"|Unknown|Unpublished|Web)[A-Za-z ,/]{0,24}\s*$",
    line=re.compile(r"\s{0,4}(URL|vo|[A-Z][A-Z0-9])(?:\s+(\S.*)|\s*|(?=[^\x00-\x7f])(.+))$"),
    begin=("RT",),
    opening=_tags("SR A1 T1"),
    known=_tags(
        "RT SR ID A1 A2 A3 A4 A5 A6 AD AN AB AV CA CL CN CR CS DB DO DS ED ER FD IS IL JF JO K1 LA LK LL LS NO OL OP OT PB PP "
        "RD RM RP S1 S2 SD SF SL SN SP ST T1 T2 T3 TA U1 U2 U3 U4 U5 UL URL VO WP WT WV YR vo"
    ),
    fields_of={
        "accession": ("AN",),
        "type": ("RT",),
        "title": ("T1",),
        "title_other": ("OT",),
        "authors": ("A1", "A2"),
        "year": ("YR", "FD"),
        "journal": ("JF", "JO", "T2"),
        "volume": ("VO", "vo"),
        "issue": ("IS",),
        "page_start": ("SP",),
        "page_end": ("OP",),
        "doi": ("DO",),
        "abstract": ("AB",),
        "keywords": ("K1",),
        "language": ("LA",),
        "issn": ("SN",),
        "urls": ("LK", "UL", "URL"),
        "notes": ("NO",),
    },
)
"""Tagged text of RefWorks (``RT Journal Article``), as CNKI writes it: all pages in OP, all authors in A1."""

ESTUDY = Tagged(
    BEGINS=r"\s*(?:DataType ?[:：] ?\d|SrcDatabase-[\u4e00-\u9fff]+ ?[:：])",
    line=re.compile(r"\s*([A-Z][A-Za-z]+)(?:(?<=DataType)|-(?:[\u4e00-\u9fff]{1,8}|DOI|ISSN|CN)) ?[:：]\s*(.*)$"),
    begin=("DataType", "SrcDatabase"),
    opening=_tags("Title Author"),
    fields_of={
        "type": ("SrcDatabase",),
        "title": ("Title",),
        "authors": ("Author",),
        "year": ("Year", "PubTime"),
        "journal": ("Source",),
        "volume": ("Roll", "Volume"),
        "issue": ("Period", "Issue"),
        "pages": ("Page", "Pages"),
        "doi": ("DOI",),
        "abstract": ("Summary", "Abstract"),
        "keywords": ("Keyword",),
        "issn": ("ISSN",),
        "urls": ("Link",),
    },
)
"""CNKI's own form, for E-Study and for custom exports (``Title-题名: ...``)."""

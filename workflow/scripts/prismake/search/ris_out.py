"""Reports as RIS, for any program that reads it; `prismake.search.readers.ris` reads back the same fields."""

from collections.abc import Iterable, Mapping
from typing import Any

_TAGS = (
    ("TI", "title"), ("TT", "title_other"), ("AU", "authors"), ("PY", "year"), ("T2", "journal"), ("VL", "volume"),
    ("IS", "issue"), ("SP", "pages"), ("DO", "doi"), ("PM", "pmid"), ("C2", "pmcid"), ("C1", "registry_ids"),
    ("SN", "issn"), ("LA", "language"), ("KW", "keywords"), ("AB", "abstract"), ("UR", "urls"), ("N1", "notes"),
)  # fmt: skip


def to_ris(own_id: str, report: Mapping[str, Any]) -> str:
    """One RIS entry, with a blank line behind it.

    Parameters
    ----------
    own_id : str
        The value of the tag ``ID``.
    report : mapping
        A row of `prismake.tables.REPORTS`.
    """
    lines = [("TY", report["type"] or "GEN"), ("ID", own_id)]
    for tag, field in _TAGS:
        value = report[field]
        values: Iterable[Any] = value if isinstance(value, list) else [value]
        lines += [(tag, " ".join(str(one).split())) for one in values if one]
    return "".join(f"{tag}  - {value}\n" for tag, value in lines) + "ER  - \n\n"

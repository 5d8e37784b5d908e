"""What the tests of search share: writing an export into a folder and reading it, and an example of each format."""

import datetime
import io
import json
from collections.abc import Callable
from pathlib import Path

from openpyxl import Workbook
from prismake.config import SearchRun
from prismake.search.read import Export, read_export

DAY = datetime.date(2025, 11, 1)


def read(folder: Path, data: str | bytes, name: str = "export", source: str = "db", **run: object) -> Export:
    (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return read_export(source, SearchRun(date=DAY, file=name, **run), folder)


def balanced(export: Export) -> bool:
    """Whether every entry found is a record or a reject, once, with an id of its own."""
    account = export.account
    numbers = sorted(row["entry"] for row in [*export.entries, *export.rejects])
    return (
        account["entries"] == account["parsed"] + account["rejected"] == len(numbers)
        and numbers == list(range(1, len(numbers) + 1))
        and len({row["record_id"] for row in export.entries}) == len(export.entries)
    )


TITLES = ["Alpha Füße", "Bravo cells", "Charlie ulcers", "Delta wounds"]
"""The titles of the four entries of every example."""


def _ris(title: str, number: int) -> str:
    tags = {
        "TY": "JOUR",
        "AU": "Lu, D",
        "TI": title,
        "PY": f"200{number}",
        "AB": "Aims.",
        "ID": f"L36106512{number}",
        "ER": "",
    }
    return "".join(f"{tag}  - {value}\n" for tag, value in tags.items()) + "\n"


def _nbib(title: str, number: int) -> str:
    return (
        f"PMID- 2121648{number}\nOWN - NLM\nTI  - {title}.\nAB  - Aims: to\n      heal.\nSO  - J Ulc. 200{number}\n\n"
    )


def _row(title: str, number: int) -> list[str]:
    return [title, "Lu, D.; Chen, B.", f"200{number}", "J Ulc", "Aims, and methods.", f"2-s2.0-7995234567{number}"]


def _quoted(row: list[str]) -> str:
    return ",".join(f'"{cell}"' for cell in row) + "\n"


def _embase(title: str, number: int) -> str:
    return f'"TITLE","{title}"\n"AUTHOR NAMES","Lu D.","Chen B."\n"ABSTRACT","Aims, and more."\n"PUI","L36106512{number}"\n\n'


def _study(title: str, number: int) -> dict[str, object]:
    named = {"nctId": f"NCT0283485{number}", "briefTitle": title}
    return {"protocolSection": {"identificationModule": named, "statusModule": {"overallStatus": "UNKNOWN"}}}


def _trial(title: str, number: int) -> str:
    return (
        f"  <Trial>\n    <TrialID>NCT0283485{number}</TrialID>\n    <Public_title>{title}\n    </Public_title>\n"
        "    <Recruitment_Status>Recruiting</Recruitment_Status>\n  </Trial>\n"
    )


def _bibtex(title: str, number: int) -> str:
    return (
        f"@article{{lu200{number},\n  title = {{{title}}},\n  author = {{Lu, D and Chen, B}},\n  year = 200{number},\n"
        '  abstract = "Aims, and\n    methods.",\n}\n\n'
    )


def _endnote(title: str, number: int) -> str:
    return (
        f"<record><rec-number>{number}</rec-number><titles><title><style face='normal'>{title}</style></title></titles>\n"
        f"<dates><year>200{number}</year></dates><accession-num>L36106512{number}</accession-num></record>\n"
    )


def _wos(title: str, number: int) -> str:
    return (
        f"PT J\nAU Lu, D\n   Chen, B\nTI {title}\nSO J ULC\nAB Aims, and\n   methods.\nPY 200{number}\n"
        f"UT WOS:00029012340000{number}\nER\n\n"
    )


def _refer(title: str, number: int) -> str:
    return f"%0 Journal Article\n%A Lu, D\n%A Chen, B\n%T {title}\n%J J Ulc\n%D 200{number}\n%X Aims, and\nmethods.\n\n"


def _noteexpress(title: str, number: int) -> str:
    return (
        f"{{Reference Type}}: Journal Article\n{{Title}}: {title}\n{{Author}}: Lu, D;Chen, B\n{{Journal}}: J Ulc\n"
        f"{{Year}}: 200{number}\n{{Abstract}}: Aims, and\nmethods.\n\n"
    )


def _refworks(title: str, number: int) -> str:
    return (
        f"RT Journal Article\nSR 1\nA1 Lu, D;Chen, B\nT1 {title}\nJF J Ulc\nYR 200{number}\nAB Aims, and\nmethods.\n\n"
    )


def _estudy(title: str, number: int) -> str:
    return (
        f"DataType: 1\nTitle-题名: {title}\nAuthor-作者: Lu, D;Chen, B;\nSource-刊名: J Ulc\nYear-年: 200{number}\n"
        "Summary-摘要: Aims, and\nmethods.\nSrcDatabase-来源库: 期刊\n\n"
    )


def _joined(write: Callable[[str, int], str]) -> str:
    return "".join(write(title, number) for number, title in enumerate(TITLES))


HEADERS = ["Title", "Authors", "Year", "Source title", "Abstract", "EID"]
ROWS = [_row(title, number) for number, title in enumerate(TITLES)]
STUDIES = [_study(title, number) for number, title in enumerate(TITLES)]
EXAMPLES: dict[str, str] = {
    "ris": _joined(_ris),
    "nbib": _joined(_nbib),
    "bibtex": _joined(_bibtex),
    "endnote": f"<?xml version='1.0' ?>\n<xml><records>\n{_joined(_endnote)}</records></xml>\n",
    "wos": f"FN Clarivate Analytics Web of Science\nVR 1.0\n{_joined(_wos)}EF\n",
    "refer": _joined(_refer),
    "noteexpress": _joined(_noteexpress),
    "refworks": _joined(_refworks),
    "estudy": _joined(_estudy),
    "table, commas": "".join(map(_quoted, [HEADERS, *ROWS])),
    "table, tabs": "".join("\t".join(row) + "\n" for row in [HEADERS, *ROWS]),
    "embase": _joined(_embase),
    "ctgov, a page": json.dumps({"totalCount": 4, "studies": STUDIES}, indent=1, ensure_ascii=False),
    "ctgov, a line": "".join(json.dumps(study, ensure_ascii=False) + "\n" for study in STUDIES),
    "ictrp": f"<?xml version='1.0' ?>\n<Trials_downloaded_from_ICTRP>\n{_joined(_trial)}</Trials_downloaded_from_ICTRP>\n",
}
"""An export of each format, with an entry of each of `TITLES`. The word before the comma is the format. A new format joins
the tests of encodings and damages by an example here."""


def workbook(*rows: list[object], sheets: int = 1) -> bytes:
    """An Excel workbook whose sheets hold the rows."""
    book = Workbook()
    for number in range(sheets):
        sheet = book.active if number == 0 else book.create_sheet()
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()

"""What PRISMA-S asks of the report of a search (Rethlefsen et al. 2021, Syst Rev 10:39), item by item.

What config.yaml and the exports say is given; what they do not say is called not reported.
"""

from collections.abc import Callable, Iterable

from ...config import Source
from ..markdown import esc, many, table
from ..material import Material
from .front import NOT_REPORTED

_WAYS = {"citation": 5, "snowballing": 5, "reference list": 5, "contact": 6, "expert": 6, "website": 4, "online": 4,
         "browsing": 4, "organisation": 4, "organization": 4}  # fmt: skip
_OTHER = 7


def search_methods(material: Material) -> str:
    """A table of the sixteen items."""
    if not material.config.sources:
        return "No source is declared yet.\n"
    rows = [[str(number), name, said(material) or NOT_REPORTED] for number, (name, said) in enumerate(_ITEMS, start=1)]
    caption = "The searches by the items of PRISMA-S. Not reported: config.yaml does not say it"
    return table(["Item", "What", "Reported"], rows, caption, "prisma-s", (6, 30, 90))


def _of_kind(material: Material, kind: str) -> list[Source]:
    return [source for source in material.config.sources.values() if source.kind == kind]


def _each(sources: Iterable[Source], said: Callable[[Source], str]) -> str:
    """``PubMed: ...; Embase: ...``; sources that say the same share it, and those that say nothing are left out."""
    by_words: dict[str, list[str]] = {}
    for source in sources:
        if words := " ".join(said(source).split()).rstrip("."):
            by_words.setdefault(words, []).append(source.name)
    return esc("; ".join(f"{', '.join(names)}: {words}" for words, names in by_words.items()))


def _key_of_all(key: str) -> Callable[[Material], str]:
    return lambda material: _each(material.config.sources.values(), lambda source: str(getattr(source, key)))


def _databases(material: Material) -> str:
    return esc("; ".join(map(_named, _of_kind(material, "database"))))


def _named(source: Source) -> str:
    about = ", ".join(filter(None, (source.platform, source.coverage)))
    return f"{source.name} ({about})" if about else source.name


def _several_at_once(material: Material) -> str:
    platforms: dict[str, list[str]] = {}
    for source in _of_kind(material, "database"):
        if source.platform:
            platforms.setdefault(source.platform, []).append(source.name)
    shared = [f"{platform}: {', '.join(names)}" for platform, names in platforms.items() if len(names) > 1]
    return esc("; ".join(shared)) or (
        "No two databases on one platform; each has an export of its own" if platforms else ""
    )


def _registers(material: Material) -> str:
    return esc("; ".join(map(_named, _of_kind(material, "register"))))


def _way(item: int) -> Callable[[Material], str]:
    def said(material: Material) -> str:
        found = [source for source in _of_kind(material, "other") if _way_of(source.method) == item]
        return _each(found, lambda source: source.method)

    return said


def _way_of(method: str) -> int:
    return next((item for word, item in _WAYS.items() if word in method.lower()), _OTHER)


def _strategies(material: Material) -> str:
    given = [source.name for source in material.config.sources.values() if source.strategy]
    without = [source.name for source in material.config.sources.values() if not source.strategy]
    if not given:
        return ""
    status = _each(material.config.sources.values(), lambda source: source.strategy_status if source.strategy else "")
    text = (
        f"Verbatim [below](#sec-strategies), with hashes under [Provenance](#sec-provenance): {esc(', '.join(given))}"
    )
    text += f". {status}" if status else ""
    return text + (f". None given: {esc(', '.join(without))}" if without else "")


def _updates(material: Material) -> str:
    updated = [source for source in material.config.sources.values() if len(source.searches) > 1]
    if not updated:
        return "None yet: each source has one search run"
    return _each(updated, lambda source: f"searched again on {', '.join(_dates(source)[1:])}")


def _dates(source: Source) -> list[str]:
    return sorted(run.date.isoformat() for run in source.searches)


def _dates_of_all(material: Material) -> str:
    return "Dates of the exports\\: " + _each(
        material.config.sources.values(), lambda source: ", ".join(_dates(source))
    )


def _totals(material: Material) -> str:
    if not material.accounts:
        return ""
    names = {key: source.name for key, source in material.config.sources.items()}
    parts: dict[str, list[str]] = {}
    for row in material.accounts:
        hits = f" of {many(row['results'], 'hit')} that the database showed" if row["results"] is not None else ""
        parts.setdefault(row["source"], []).append(f"{row['entries']:,}{hits}")
    said = "; ".join(f"{name} {' + '.join(parts[key])}" for key, name in names.items() if key in parts)
    return esc(f"{many(sum(row['entries'] for row in material.accounts), 'record')}: {said}")


def _deduplication(_: Material) -> str:
    return "By prismake, as [Selection of reports](#sec-selection) says"


_ITEMS: list[tuple[str, Callable[[Material], str]]] = [
    ("Database name", _databases),
    ("Multi-database searching", _several_at_once),
    ("Study registries", _registers),
    ("Online resources and browsing", _way(4)),
    ("Citation searching", _way(5)),
    ("Contacts", _way(6)),
    ("Other methods", _way(_OTHER)),
    ("Full search strategies", _strategies),
    ("Limits and restrictions", _key_of_all("limits")),
    ("Search filters", _key_of_all("filters")),
    ("Prior work", _key_of_all("prior_work")),
    ("Updates", _updates),
    ("Dates of searches", _dates_of_all),
    ("Peer review", _key_of_all("peer_review")),
    ("Total records", _totals),
    ("Deduplication", _deduplication),
]

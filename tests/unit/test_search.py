"""Reading exports: every entry is a record or a reject, whatever its dialect, and ids do not depend on order."""

import datetime
import hashlib
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prismake.config import SearchRun
from prismake.problems import InputError
from prismake.search.read import Export, read_export
from prismake.text import content_key

DAY = datetime.date(2025, 11, 1)


def read(folder: Path, data: str | bytes, name: str = "export.ris", source: str = "embase", **run: object) -> Export:
    (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return read_export(source, SearchRun(date=DAY, file=name, **run), folder)


def entry(title: str = "Cells for ulcers", **tags: str) -> str:
    lines = ["TY  - JOUR", f"TI  - {title}", *(f"{tag}  - {value}" for tag, value in tags.items()), "ER  - ", ""]
    return "\n".join(lines)


def ids(export: Export) -> dict[str, str]:
    return {row["record_id"]: row["title"] for row in export.entries}


def test_ris_fields_of_several_dialects(tmp_path: Path) -> None:
    ovid = """1.
TY  - JOUR
DB  - Embase
ID  - 21216483 [http://www.ncbi.nlm.nih.gov/pubmed/?term=21216483]
T1  - Cells for ulcers: a trial
A1  - Lu D.
A1  - Chen B.
Y1  - 2011//
N2  - First line
 of the abstract.
JF  - Journal of Ulcers
JA  - J. Ulc.
VL  - 92
SP  - 26
EP  - 36
M3  - http://dx.doi.org/10.1016/J.ULC.2010.12.010
ER  -
"""
    row = read(tmp_path, ovid).entries[0]
    assert row["title"] == "Cells for ulcers: a trial"
    assert row["authors"] == ["Lu D.", "Chen B."]
    assert (row["year"], row["journal"], row["volume"], row["pages"]) == (2011, "Journal of Ulcers", "92", "26-36")
    assert row["abstract"] == "First line of the abstract."
    assert (row["doi"], row["pmid"]) == ("10.1016/j.ulc.2010.12.010", "21216483")
    assert row["accession"] == "", "a PubMed id in an Embase export is not Embase's accession"
    assert row["warnings"] == []


@pytest.mark.parametrize(
    ("identifier", "pages"),
    [
        ("e1234", "e1234"),
        ("103684", "103684"),
        ("S0140-6736(20)30251-8", ""),
        ("S0140673620302518", ""),
        ("2761044", ""),
        ("bmj.l1234", ""),
    ],
)
def test_of_identifiers_in_nbib_only_numbers_of_articles_are_pages(tmp_path: Path, identifier: str, pages: str) -> None:
    nbib = f"PMID- 32007145\nTI  - One.\nLID - {identifier} [pii]\nLID - 10.1016/j.one.2020.1 [doi]\nSO  - One\n"
    assert read(tmp_path, nbib).entries[0]["pages"] == pages


def test_nbib_fields_and_continuation_lines(tmp_path: Path) -> None:
    nbib = """PMID- 27219884
OWN - NLM
TI  - Transplantation after
      angioplasty.
AB  - Two lines
      of text - with a dash.
FAU - Qin, Han Lin
AU  - Qin HL
DP  - 2016 Sep
TA  - J Ulc
JT  - Journal of ulcers
PG  - 497-503
AID - 10.1055/s-0042-103684 [doi]
SI  - ClinicalTrials.gov/NCT01234567

PMID- 2
TI  - Second
"""
    first, second = read(tmp_path, nbib, "pubmed.nbib", source="pubmed").entries
    assert first["record_id"] == "pubmed:27219884"
    assert first["title"] == "Transplantation after angioplasty"
    assert first["abstract"] == "Two lines of text - with a dash."
    assert first["authors"] == ["Qin, Han Lin"]
    assert (first["doi"], first["registry_ids"]) == ("10.1055/s-0042-103684", ["NCT01234567"])
    assert (first["line"], first["line_end"], second["line"]) == (1, 14, 16)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_line_ends_and_encodings_change_nothing(tmp_path: Path, end: str, codec: str) -> None:
    text = (entry("Zellen für Füße", AU="Müller, A") + entry("Second")).replace("\n", end)
    export = read(tmp_path, text.encode(codec))
    assert [row["title"] for row in export.entries] == ["Zellen für Füße", "Second"]
    assert [row["line"] for row in export.entries] == [1, 5]


def test_chinese_in_gb18030_and_western_in_windows_1252(tmp_path: Path) -> None:
    chinese = read(tmp_path, entry("脐带间充质干细胞移植治疗糖尿病足溃疡", AU="王小飞").encode("gb18030"))
    assert chinese.entries[0]["title"] == "脐带间充质干细胞移植治疗糖尿病足溃疡"
    assert chinese.account["encoding"] == "gb18030"
    western = read(tmp_path, entry("Füße – größer", AU="Łuczak".replace("Ł", "L")).encode("cp1252"))
    assert western.entries[0]["title"] == "Füße – größer"
    assert western.account["encoding"] == "cp1252"


def test_short_chinese_lines_do_not_become_letters_of_other_scripts(tmp_path: Path) -> None:
    name = "某某医药"
    assert name.encode("gb18030").decode("utf-8").isalpha(), "such a line is UTF-8 too"
    row = read(tmp_path, entry("脐带间充质干细胞移植治疗糖尿病足溃疡", JF=name).encode("gb18030")).entries[0]
    assert row["journal"] == name
    kept = read(tmp_path, entry("糖尿病足溃疡").encode("gb18030") + entry("Füße").encode())
    assert [row["title"] for row in kept.entries] == ["糖尿病足溃疡", "Füße"]


def test_last_record_cut_off_is_kept_with_a_warning(tmp_path: Path) -> None:
    export = read(tmp_path, entry("First") + "TY  - JOUR\nTI  - Second\nAB  - It ends in the mid")
    assert [row["title"] for row in export.entries] == ["First", "Second"]
    assert export.entries[1]["warnings"] == ["no ER line at the end of the file: it may be cut off"]


def test_missing_er_in_the_middle_joins_nothing(tmp_path: Path) -> None:
    export = read(tmp_path, "TY  - JOUR\nTI  - First\nTY  - JOUR\nTI  - Second\nER  - \n")
    assert [row["title"] for row in export.entries] == ["First", "Second"]
    assert export.entries[0]["warnings"] == ["no ER line before the next entry"]


def test_untitled_record_is_kept_with_a_warning(tmp_path: Path) -> None:
    row = read(tmp_path, "TY  - JOUR\nAU  - Ozturk\nPY  - 2012\nER  - \n").entries[0]
    assert row["warnings"] == ["no title"]


def test_lower_case_tags_odd_spacing_and_missing_ty(tmp_path: Path) -> None:
    text = "ty  - JOUR\nti  - Lower\ner  - \n  TY - JOUR\nTI - Loose\nER -\nTI  - Without type\nER  - \n"
    export = read(tmp_path, text)
    assert [row["title"] for row in export.entries] == ["Lower", "Loose", "Without type"]
    assert export.entries[2]["warnings"] == ["no TY line"]


def test_text_outside_entries_is_accounted_for(tmp_path: Path) -> None:
    export = read(tmp_path, "Provider: A database\n\n1.\n" + entry() + "2.\n" + entry("Second"))
    assert export.account["outside"] == ["line 1: Provider: A database"]
    assert export.account["entries"] == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "an empty export"),
        (b"  \n\n", "an empty export"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)), "binary data"),
        (b"PK\x03\x04" + bytes(range(200)), "a damaged archive"),
        (b"Dear colleague,\nplease find no records here.\n", "no entry of a known format"),
    ],
)
def test_files_that_are_no_exports_say_so(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(InputError) as fault:
        read(tmp_path, data)
    assert "export.ris" in str(fault.value)
    assert said in str(fault.value)


@pytest.mark.parametrize("data", ["1. Lancet. 2020 Feb 22;395(10224):565-574.\n\nA title.\n", "32007145\n32007146\n"])
def test_pubmeds_other_forms_say_which_to_choose(tmp_path: Path, data: str) -> None:
    """PubMed offers no RIS, and text of abstracts, summaries and bare numbers beside its own format."""
    with pytest.raises(InputError, match="or from PubMed as PubMed"):
        read(tmp_path, data)


def test_missing_file_and_wrong_encoding_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no readable file"):
        read_export("embase", SearchRun(date=DAY, file="none.ris"), tmp_path)
    with pytest.raises(InputError, match=r"line 2.*not ascii"):
        read(tmp_path, entry("Füße"), encoding="ascii")


def test_empty_export_is_accepted_when_the_search_found_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, b"", results=0).account["entries"] == 0
    with pytest.raises(InputError, match=r"results: 0"):
        read(tmp_path, entry(), results=0)


def test_entries_without_content_stop_the_run_until_they_are_accepted(tmp_path: Path) -> None:
    text = entry() + "TY  - JOUR\nER  - \n" + entry("Third")
    with pytest.raises(InputError) as fault:
        read(tmp_path, text)
    assert "export.ris, lines 4 to 5" in str(fault.value)
    assert "rejects: 1" in str(fault.value)
    export = read(tmp_path, text, rejects=1)
    assert [row["title"] for row in export.entries] == ["Cells for ulcers", "Third"]
    assert [(row["entry"], row["line"], row["line_end"]) for row in export.rejects] == [(2, 4, 5)]
    assert [row["entry"] for row in export.entries] == [1, 3]


def test_a_count_other_than_the_database_showed_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"found 1 entries .* expected 2, the number that the database showed"):
        read(tmp_path, entry(), results=2)


NBIB = "PMID- 1234567\nTI  - One.\nAB  - First.\nSO  - J Ulc. 2016\n\n"


def test_a_file_of_another_format_than_config_names_is_no_empty_export(tmp_path: Path) -> None:
    for data, kind in ((entry(), "nbib"), ("name,note\nCells,2011\n", "ris"), ("name,note\nCells,2011\n", "nbib")):
        with pytest.raises(InputError, match=f"no entry of the format {kind}"):
            read(tmp_path, data, format=kind)
    with pytest.raises(InputError, match="no entry of a known format"):
        read(tmp_path, "name,note\nCells,2011\n", results=0)


def test_tags_without_a_blank_behind_the_dash(tmp_path: Path) -> None:
    export = read(tmp_path, "TY  -JOUR\nTI  -Lost title one\nER  -\nTY  -JOUR\nTI  -Two\nER  -\n")
    assert [row["title"] for row in export.entries] == ["Lost title one", "Two"]


@pytest.mark.parametrize("order", [1, -1])
def test_joined_files_of_two_formats_lose_nothing(tmp_path: Path, order: int) -> None:
    parts = [NBIB, "\ufeff" + entry("Two") + entry("Three")][::order]
    export = read(tmp_path, "".join(parts))
    assert {row["title"] for row in export.entries} == {"One", "Two", "Three"}
    assert [row["entry"] for row in export.entries] == [1, 2, 3]
    assert [row["line"] for row in export.entries] == sorted(row["line"] for row in export.entries)
    assert export.account["format"] == " + ".join(["nbib", "ris"][::order])


def test_nbib_entries_are_told_apart_whatever_stands_between_them(tmp_path: Path) -> None:
    joined = NBIB + "\ufeffPMID- 1234568\nTI  - Two.\nSO  - x\n" + "  PMID- 1234569\nTI  - Three.\nSO  - x\n"
    headless = "\nOWN - NLM\nTI  - Four.\nAB  - Fourth.\nSO  - x\nTI  - Five.\nSO  - x\n"
    export = read(tmp_path, joined + headless, "pubmed.nbib", source="pubmed")
    assert [row["title"] for row in export.entries] == ["One", "Two", "Three", "Four", "Five"]
    assert [row["abstract"] for row in export.entries] == ["First.", "", "", "Fourth.", ""]
    assert [row["warnings"] for row in export.entries] == [[], [], [], ["no PMID line"], ["no PMID line"]]


def test_nbib_that_was_indented_as_a_whole(tmp_path: Path) -> None:
    nbib = "".join(f"PMID- 2121648{n}\nTI  - One\n      title {n}.\nAB  - Aims.\nSO  - J Ulc.\n\n" for n in range(3))
    indented = "".join(f"   {line}\n" for line in nbib.splitlines())
    plain, entries = read(tmp_path, nbib).entries, read(tmp_path, indented).entries
    assert entries == plain
    assert [row["title"] for row in entries] == ["One title 0", "One title 1", "One title 2"]


def test_an_nbib_cut_off_says_so(tmp_path: Path) -> None:
    export = read(tmp_path, NBIB + "PMID- 12345", "pubmed.nbib", source="pubmed")
    assert export.entries[1]["warnings"] == ["no SO line at the end of the file: it may be cut off", "no title"]


def test_text_that_looks_like_a_tag_stays_text(tmp_path: Path) -> None:
    export = read(
        tmp_path, entry(AB="Women who were\nER - positive had more.\nT2 - weighted images.") + entry("Second")
    )
    assert export.entries[0]["abstract"] == "Women who were ER - positive had more. T2 - weighted images."
    assert len(export.entries) == 2


def test_every_part_of_an_abstract_is_kept(tmp_path: Path) -> None:
    parts = "TY  - JOUR\nTI  - A\nAB  - AIM: x.\nAB  - METHODS: y.\nER  - \n"
    assert read(tmp_path, parts).entries[0]["abstract"] == "AIM: x. METHODS: y."


def test_a_stray_byte_changes_only_its_own_line(tmp_path: Path) -> None:
    good = entry("Thérapie des pieds", AU="Lefèvre, A") + entry("脐带间充质干细胞", AU="王小飞")
    before = ids(read(tmp_path, good))
    mixed = read(tmp_path, good.encode() + entry("Caf\xe9 et pieds").encode("cp1252"))
    assert before.items() <= ids(mixed).items()
    assert mixed.entries[2]["title"] == "Café et pieds"
    assert mixed.account["encoding"] == "utf-8, with 1 lines in cp1252"
    for codec in ("utf-8", "gb18030"):
        cut = read(
            tmp_path,
            (entry("糖尿病足溃疡的治疗", AU="王小飞") * 2).encode(codec) + "AB  - 脐带间充质".encode(codec)[:-1],
        )
        assert cut.entries[0]["title"] == "糖尿病足溃疡的治疗"
        assert "characters that could not be read" in cut.entries[2]["warnings"]


@pytest.mark.parametrize(
    "title",
    ["Müller et García, à Genève", "LEFÈVRE ÀÉ, Größe", "naïve Pâté, Århus; Łódź".replace("Ł", "L").replace("ź", "z")],
)
def test_western_letters_do_not_become_chinese(tmp_path: Path, title: str) -> None:
    assert read(tmp_path, entry(title).encode("cp1252")).entries[0]["title"] == title


def test_utf16_without_a_mark_and_text_decoded_twice(tmp_path: Path) -> None:
    text = entry("Füße der Läufer", AU="Müller, A")
    assert read(tmp_path, text.encode("utf-16-be")).entries[0]["title"] == "Füße der Läufer"
    twice = read(tmp_path, text.encode().decode("cp1252").encode())
    assert "text that was decoded wrongly before it came here (Ã¼)" in twice.entries[0]["warnings"]


def test_one_accession_for_two_documents_stops_the_run(tmp_path: Path) -> None:
    other = entry("Statins and mortality in old age", AN="X1")
    with pytest.raises(InputError) as fault:
        read(tmp_path, entry("Bone marrow heals wounds", AN="X1") + other)
    assert (
        "export.ris, lines 1 to 4: found the id 'X1' for 'Bone marrow heals wounds', which export.ris, line 5, has"
        in str(fault.value)
    )
    assert "ids: content under sources.embase" in str(fault.value)
    (tmp_path / "export.ris").write_text(entry("Bone marrow heals wounds", AN="X1") + other)
    export = read_export("embase", SearchRun(date=DAY, file="export.ris"), tmp_path, ids="content")
    assert len({row["record_id"] for row in export.entries} - {"embase:X1"}) == 2


def test_citation_keys_are_no_accessions_and_tildes_cannot_collide(tmp_path: Path) -> None:
    named = read(
        tmp_path,
        entry("A", ID="Smith2020") + entry("B", ID="CN-01234567") + entry("C", AN="X1~2") + entry("D", AN="X1"),
    )
    assert [row["accession"] for row in named.entries] == ["", "CN-01234567", "X1~2", "X1"]
    assert {row["record_id"] for row in named.entries} >= {"embase:CN-01234567", "embase:X1%7E2", "embase:X1"}


def test_entries_that_differ_in_a_link_alone_keep_their_ids_when_reordered(tmp_path: Path) -> None:
    both = [entry(UR="https://example.org/A1"), entry(UR="https://example.org/B2")]
    first, second = (
        {row["record_id"]: row["urls"] for row in read(tmp_path, "".join(order)).entries}
        for order in (both, both[::-1])
    )
    assert first == second


def test_registry_numbers_are_found_in_any_spelling(tmp_path: Path) -> None:
    row = read(
        tmp_path, entry(AB="Registered as nct02834858, 注册号ChiCTR-IPR-15006000，PACTR201501000958000.")
    ).entries[0]
    assert row["registry_ids"] == ["ChiCTR-IPR-15006000", "NCT02834858", "PACTR201501000958000"]
    rarer = "CTIS2022-500449-26-00 jRCT1031220001 LBCTR2020033428 RPCEC00000363 NL-OMON12345 PER-011-20"
    assert read(tmp_path, entry(AB=rarer)).entries[0]["registry_ids"] == sorted(map(str.upper, rarer.split()))


def test_a_pmid_is_not_any_number(tmp_path: Path) -> None:
    first, second = read(tmp_path, entry("A", C2="2021") + entry("B", C2="21216483")).entries
    assert (first["pmid"], second["pmid"]) == ("", "21216483")


def test_record_ids_come_from_accessions_or_content(tmp_path: Path) -> None:
    export = read(tmp_path, entry(AN="L361 065") + entry("Other"))
    named, hashed = (row["record_id"] for row in export.entries)
    assert named == "embase:L361_065"
    assert hashed == "embase:d649c4f53212", "the normaliser is frozen: ids in decision tables depend on it"


def test_the_frozen_key_holds_the_letters_and_digits_of_every_script() -> None:
    for start in range(0, 0x11_0000, 4096):
        every = "".join(chr(code) for code in range(start, start + 4096) if not 0xD800 <= code < 0xE000)
        for value in [every, *every[:128]]:
            kept = "".join(c for c in unicodedata.normalize("NFKD", value).casefold() if c.isalnum())
            assert content_key(value) == hashlib.sha256(f"v1\x1f{kept}".encode()).hexdigest()[:12]


def test_running_numbers_are_no_accessions(tmp_path: Path) -> None:
    first = read(tmp_path, entry("A", ID="1") + entry("B", ID="2"))
    second = read(tmp_path, entry("B", ID="1") + entry("A", ID="2"))
    assert ids(first) == ids(second)


def test_identical_entries_are_told_apart(tmp_path: Path) -> None:
    export = read(tmp_path, entry() * 3)
    base = export.entries[0]["record_id"]
    assert sorted(row["record_id"] for row in export.entries) == [base, f"{base}~2", f"{base}~3"]


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    title = r"<script>alert(1)</script> =cmd() $\mathit{x}$ &amp; {{< include /etc/passwd >}}"
    row = read(tmp_path, entry(title)).entries[0]
    assert row["title"] == title.replace("&amp;", "&")


TITLES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=40)
TITLES = TITLES.filter(lambda title: title.replace("\ufeff", "").strip())
ENTRIES = st.lists(
    st.tuples(TITLES, st.sampled_from(["", "2001", "2015"]), st.sampled_from(["", "Lu, D", "Qin, H"])),
    min_size=1,
    max_size=8,
)
FILES = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(entries: list[tuple[str, str, str]]) -> str:
    return "".join(entry(title, PY=year, AU=author) for title, year, author in entries)


@FILES
@given(entries=ENTRIES, order=st.randoms(use_true_random=False))
def test_reordering_and_adding_changes_no_id(
    tmp_path: Path, entries: list[tuple[str, str, str]], order: object
) -> None:
    before = ids(read(tmp_path, written(entries)))
    shuffled = list(entries)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ids(read(tmp_path, written(shuffled))) == before
    more = [("A title of its own that is new", "1999", "New, A"), *shuffled]
    assert before.items() <= ids(read(tmp_path, written(more))).items()


@FILES
@given(entries=ENTRIES, cuts=st.lists(st.integers(0, 10_000), max_size=3), junk=st.binary(max_size=12))
def test_nothing_is_lost_from_a_damaged_export(
    tmp_path: Path, entries: list[tuple[str, str, str]], cuts: list[int], junk: bytes
) -> None:
    data = bytearray(written(entries).encode())
    for cut in cuts:
        place = cut % (len(data) + 1)
        data[place:place] = junk
    said, export = "", None
    try:
        export = read(tmp_path, bytes(data), rejects=1000)
    except InputError as fault:
        said = str(fault)
    if export is None:
        assert said.startswith("export.ris")
        return
    account = export.account
    assert account["parsed"] + account["rejected"] == account["entries"] == len(export.entries) + len(export.rejects)
    numbers = sorted(row["entry"] for row in [*export.entries, *export.rejects])
    assert numbers == list(range(1, account["entries"] + 1))
    assert len({row["record_id"] for row in export.entries}) == len(export.entries)

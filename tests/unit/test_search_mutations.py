"""Exports of every format, in every encoding and damaged in every way: nothing is lost in silence, and no entry costs another."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prismake.problems import InputError
from prismake.search.formats import FORMATS
from search_cases import EXAMPLES, HEADERS, ROWS, TITLES, balanced, read, workbook

NAMES = sorted(EXAMPLES)
WESTERN = [name for name in NAMES if EXAMPLES[name].encode("cp1252", "replace").decode("cp1252") == EXAMPLES[name]]
BOOK = workbook(HEADERS, *ROWS)
OFTEN = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_every_format_has_an_example() -> None:
    assert {name.split(",")[0] for name in EXAMPLES} == set(FORMATS)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_change_nothing(tmp_path: Path, name: str, codec: str, end: str) -> None:
    western, chinese = "Füße", "糖尿病足溃疡的治疗"
    if codec == "cp1252" and name not in WESTERN:
        pytest.skip("its tags are Chinese")
    text = EXAMPLES[name].replace(western, chinese) if codec == "gb18030" else EXAMPLES[name]
    plain = read(tmp_path, text)
    export = read(tmp_path, text.replace("\n", end).encode(codec))
    assert [row["title"].replace(chinese, western) for row in export.entries] == TITLES
    assert [row["line"] for row in export.entries] == [row["line"] for row in plain.entries]
    assert [row["record_id"] for row in export.entries] == [row["record_id"] for row in plain.entries]
    assert [row["warnings"] for row in export.entries] == [[]] * 4
    assert export.account["outside"] == []
    assert export.account["encoding"].startswith(codec.removesuffix("-le").removesuffix("-be"))


@pytest.mark.parametrize("name", WESTERN)
def test_one_line_in_another_encoding_changes_no_other(tmp_path: Path, name: str) -> None:
    text = EXAMPLES[name].replace("Alpha Füße", "Alpha 糖尿病足").replace("Delta wounds", "Delta Füße")
    data = text.encode().replace("Füße".encode(), "Füße".encode("cp1252"))
    export = read(tmp_path, data)
    assert [row["title"] for row in export.entries] == ["Alpha 糖尿病足", *TITLES[1:3], "Delta Füße"]
    assert export.account["encoding"] == "utf-8, with 1 lines in cp1252"


@pytest.mark.parametrize("name", WESTERN)
def test_text_that_was_decoded_wrongly_before_is_told(tmp_path: Path, name: str) -> None:
    warned = [row["warnings"] for row in read(tmp_path, EXAMPLES[name].encode().decode("cp1252")).entries]
    assert "decoded wrongly before it came here (Ã¼)" in warned[0][0]
    assert warned[1:] == [[], [], []]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_export_twice_in_one_file_is_read_twice(tmp_path: Path, name: str) -> None:
    export = read(tmp_path, EXAMPLES[name] + "\n" + EXAMPLES[name])
    assert sorted(row["title"] for row in export.entries) == sorted(TITLES * 2)
    assert export.rejects == []


@pytest.mark.parametrize("name", NAMES)
def test_an_example_cut_at_any_line_loses_only_what_is_behind(tmp_path: Path, name: str) -> None:
    lines = EXAMPLES[name].splitlines(keepends=True)
    ends = [row["line_end"] for row in read(tmp_path, EXAMPLES[name]).entries]
    for kept in range(ends[0], len(lines)):
        export = read(tmp_path, "".join(lines[:kept]), rejects=9)
        whole = [title for title, end in zip(TITLES, ends, strict=True) if end <= kept]
        assert [row["title"] for row in export.entries][: len(whole)] == whole
        assert balanced(export)


JUNK = st.lists(
    st.sampled_from(
        [b'"', b"'", b",", b"\t", b"{", b"}", b"[", b"]", b"<", b">", b"&", b"\\", b"@", b"\0", b"\xfc", b" - "]
    ),
    max_size=3,
).map(b"".join)


@OFTEN
@given(name=st.sampled_from(NAMES), which=st.integers(0, 3), at=st.floats(0, 1), cut=st.integers(0, 12), junk=JUNK)
def test_a_damaged_entry_costs_no_other(
    tmp_path: Path, name: str, which: int, at: float, cut: int, junk: bytes
) -> None:
    entry = read(tmp_path, EXAMPLES[name]).entries[which]
    lines = EXAMPLES[name].encode().splitlines(keepends=True)
    within = b"".join(lines[entry["line"] - 1 : entry["line_end"]]).rstrip(b"\n")
    place = 1 + int(at * (len(within) - 2 - cut))
    damaged = within[:place] + junk + within[place + cut :]
    before, behind = b"".join(lines[: entry["line"] - 1]), b"".join(lines[entry["line_end"] :])
    export = read(tmp_path, before + damaged + b"\n" + behind, rejects=99)
    assert balanced(export)
    assert export.account["entries"] >= 4, "the damaged entry is an entry or a reject too"
    others = [title for title in TITLES if title != TITLES[which]]
    assert [row["title"] for row in export.entries if row["title"] in others] == others


def cut(data: bytes, at: int, _: int) -> bytes:
    return data[:at]


def doubled(data: bytes, at: int, to: int) -> bytes:
    return data[: max(at, to)] + data[min(at, to) :]


def without(data: bytes, at: int, to: int) -> bytes:
    return data[: min(at, to)] + data[max(at, to) :]


def flipped(data: bytes, at: int, to: int) -> bytes:
    return data[:at] + bytes([data[at] ^ (1 << to % 8)]) + data[at + 1 :] if at < len(data) else data


def swapped(data: bytes, at: int, to: int) -> bytes:
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    one, other = at % len(lines), to % len(lines)
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def line_lost(data: bytes, at: int, _: int) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join(line for number, line in enumerate(lines) if number != at % len(lines))


def line_ends(data: bytes, at: int, to: int) -> bytes:
    ends = (b"\r\n", b"\r", b"\n\n", b"\x0c\n")
    return data[: min(at, to)] + data[min(at, to) :].replace(b"\n", ends[at % len(ends)])


def other_codec(data: bytes, at: int, _: int) -> bytes:
    codecs = ("utf-16", "utf-16-be", "cp1252", "gb18030", "utf-8-sig")
    return data.decode(errors="replace").encode(codecs[at % len(codecs)], errors="replace")


def junk(data: bytes, at: int, to: int) -> bytes:
    pieces = (
        b'"',
        b"\0",
        b"TY  - JOUR\n",
        b"PMID- 1\n",
        b"<Trial>",
        b'{"protocolSection": ',
        b"\xff\xfe",
        b"\x1a",
        b"Title,Year\n",
    )
    return data[:at] + pieces[to % len(pieces)] + data[at:]


MUTATIONS = st.tuples(
    st.sampled_from([cut, doubled, without, flipped, swapped, line_lost, line_ends, other_codec, junk]),
    st.floats(0, 1),
    st.floats(0, 1),
)


@OFTEN
@given(name=st.sampled_from([*NAMES, "table, workbook"]), mutations=st.lists(MUTATIONS, min_size=1, max_size=4))
def test_whatever_happened_to_an_export_nothing_is_lost_in_silence(
    tmp_path: Path, name: str, mutations: list[tuple[Callable[[bytes, int, int], bytes], float, float]]
) -> None:
    data = EXAMPLES[name].encode() if name in EXAMPLES else BOOK
    for mutate, at, to in mutations:
        data = mutate(data, int(at * len(data)), int(to * len(data)))
    export, said = None, ""
    try:
        export = read(tmp_path, data, rejects=999)
    except InputError as fault:
        said = str(fault)
    if export is None:
        assert said.startswith("export")
    else:
        assert balanced(export)
        assert export.account["entries"] > 0

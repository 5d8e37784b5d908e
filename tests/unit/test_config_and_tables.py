"""Bad input names file, line and cell, says what was found, what is expected, and how to mend it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prismake.configfile import load
from prismake.people import PEOPLE, header, read_people
from prismake.problems import InputError
from prismake.tables import disarm, read_csv, rearm, whole, write_csv, write_parquet

GOOD = "review:\n  title: T\n  date: 2026-01-01\n"


def loaded(folder: Path, text: str) -> str:
    """What is wrong with a configuration."""
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as fault:
        load(folder / "config.yaml")
    return str(fault.value).replace(f"{folder}/", "")


def test_a_misspelt_key_is_named_with_its_line_and_what_is_allowed(tmp_path: Path) -> None:
    said = loaded(tmp_path, GOOD + "synthesis:\n  metod: REML\n")
    assert (
        "config.yaml, line 5, key synthesis.metod: found an unknown key; expected a key that is known here: method"
        in said
    )
    assert "Did you mean 'method'?" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("review: {title: T}\n", "line 1, key review.date: found nothing; expected a value; this key is required"),
        (
            GOOD + "synthesis: {method: REMLX}\n",
            "line 4, key synthesis.method: found 'REMLX'; expected 'EE', 'DL', 'HE'",
        ),
        (GOOD + "synthesis: {level: high}\n", "found 'high'; expected a number"),
        (GOOD + "screening:\n  full_text: {reviewers: yes}\n", "reviewers: found 'True'; expected a whole number"),
        (
            GOOD + "screening:\n  title_abstract: {reviewers: 2, second_reads: 0.2}\n",
            "line 5, key screening.title_abstract: found second_reads 0.2 with reviewers 2; expected reviewers: 1",
        ),
        (GOOD + "screening:\n  title_abstract: {second_reads: 20}\n", "second_reads: found '20'; expected less than 1"),
        (
            GOOD + "screening:\n  title_abstract: {second_reads: -0.1}\n",
            "second_reads: found '-0.1'; expected greater than",
        ),
        (
            GOOD + "screening:\n  full_text: {calibration: 50}\n",
            "key screening.full_text: found no name under screeners; expected 2 names or more, as so many read a report",
        ),
        (
            GOOD + "screening:\n  full_text: {reviewers: 3, calibration: 5, screeners: [Ann, Bob]}\n",
            "found 'Ann', 'Bob' under screeners; expected 3 names or more",
        ),
        (
            GOOD + "screening:\n  full_text: {calibration: 5, screeners: [Ann, Bob, ann]}\n",
            "found 'Ann' twice under screeners; expected each name once",
        ),
        (
            GOOD + "screening:\n  full_text: {calibration: 5, screeners: [Ann, Bob], adjudicators: [bob]}\n",
            "found 'Bob' under screeners and adjudicators; expected each name under one of them",
        ),
        (
            GOOD + "screening:\n  full_text: {screeners: [Ann, Bob], joined: [cem]}\n",
            "found 'cem' under joined; expected names that stand under screeners",
        ),
        (
            GOOD + "screening:\n  full_text: {calibration: 5, screeners: [Ann, Bob], joined: [Bob]}\n",
            "found all but one of the screeners under joined; expected 2 or more who read the calibration round",
        ),
        (GOOD + "dedup:\n", "line 4, key dedup: found nothing; expected keys and values below this key"),
        (GOOD + "dedup: [a]\n", "key dedup: found a list; expected keys and values below this key"),
        (GOOD + "sources:\n  columns: 1\n", "line 5, key sources.columns: found '1'; expected keys and values"),
        (
            "review:\n  title: T\n  date: 2026-02-31\n",
            "line 3, key review.date: found '2026-02-31'; expected a date that exists",
        ),
        ("review:\n  title: T\n  date: 0\n", "line 3, key review.date: found '0'; expected a date as 2025-11-01"),
        (GOOD + "report: {}\nreport: {}\n", "line 5, key report: found the key a second time (first in line 4)"),
        (
            GOOD + "sources:\n  a: {name: A}\n  b: {name: B}\n  a: {name: C}\n",
            "line 7, key sources.a: found the key a second time (first in line 5); expected each key once",
        ),
        (
            GOOD
            + "sources:\n  a:\n    name: A\n    searches: [{date: 2026-01-01, file: config.yaml, encoding: utf88}]\n",
            "key sources.a.searches.0.encoding: found 'utf88'; expected auto, or the name of an encoding: utf-8",
        ),
        (
            GOOD
            + "sources:\n  a:\n    name: A\n    searches: [{date: 2026-01-01, file: x}, {date: 2026-01-02, file: x}]\n",
            "key sources.a.searches.1.file: found 'x' as the export of 2 searches; expected a file of its own for each",
        ),
        ("- a\n- b\n", "line 1: found a list; expected keys and values"),
        ("", "key review: found nothing; expected a value; this key is required"),
        (GOOD + "sources:\n  Pub Med: {}\n", "key sources.Pub Med: found 'Pub Med'; expected"),
        (GOOD + "dedup: {review_from: 0.95}\n", "key dedup: found review_from 0.95 above duplicate_from 0.9; expected"),
        (GOOD + "review:\n   - x: [\n", "config.yaml, line"),
        (
            GOOD + "dedup: {prefer: [pubmed]}\n",
            "key dedup.prefer.0: found 'pubmed', which is not in sources; expected a key of sources",
        ),
        (
            GOOD + "sources:\n  a:\n    name: A\n    searches:\n      - {date: 2026-01-01, file: none.ris}\n",
            "line 8, key sources.a.searches.0.file: found 'none.ris', which is not there",
        ),
        (
            GOOD
            + "sources:\n  a:\n    name: A\n    kind: other\n    searches: [{date: 2026-01-01, file: config.yaml}]\n",
            "line 7, key sources.a.kind: found other without method; expected method",
        ),
        (
            GOOD
            + "comparisons: {c: {label: C, intervention: I, comparator: J}}\noutcomes:\n  h: {label: H, file: config.yaml, "
            "comparison: c, measure: OR, better: higher, timepoint: soon}\n",
            "key outcomes.h: found timepoint 'soon'; expected longest, shortest, 'closest to N weeks' or all",
        ),
    ],
)
def test_faults_of_a_configuration_are_told(tmp_path: Path, text: str, said: str) -> None:
    assert said in loaded(tmp_path, text)


def test_a_configuration_in_another_encoding_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes((GOOD + "question: {population: Füße}\n").encode("cp1252"))
    with pytest.raises(InputError, match=r"config.yaml, line 4: found bytes that are not UTF-8"):
        load(tmp_path / "config.yaml")


def test_values_given_on_the_command_line_replace_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(GOOD + "synthesis: {method: DL, level: 0.9}\n")
    assert load(tmp_path / "config.yaml", {"synthesis": {"method": "ML"}}).synthesis.method == "ML"
    assert load(tmp_path / "config.yaml", {"synthesis": {"method": "ML"}}).synthesis.level == 0.9


def test_a_missing_configuration_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="prismake init DIR"):
        load(tmp_path / "config.yaml")


def table(folder: Path, text: str | bytes, path: str = "review/decisions/aliases.csv") -> list[object]:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(text.encode() if isinstance(text, str) else text)
    return read_people(path, root=folder)


HEAD = "old_record_id,record_id,note\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("old_record_id,record\n", "line 1: found an unknown column 'record'"),
        ("old_record_id,note\n", "line 1: found no column 'record_id'"),
        ("old_record_id,record_id,note,note\n", "line 1: found the column 'note' twice"),
        ("old_record_id;record_id;note\n", "found columns parted by ;; expected by commas"),
        (HEAD + "a:1,b:1\n", "line 2: found 2 cells; expected 3, as in the header"),
        (HEAD + "a:1,b:1,\n,b:2,x\n", "line 3, column old_record_id: found an empty cell"),
        (HEAD + "a:1,b:1,\na:1,b:2,\n", "line 3, column old_record_id: found 'a:1' again (first in line 2)"),
        (HEAD + 'a:1,b:1,"two\nlines"\na:1,b:3,\n', "line 4, column old_record_id: found 'a:1' again"),
        (HEAD + 'a:1,"b:1,\n' + "a:2,b:2,\n" * 9, "line 2: found a row that cannot be read"),
        (HEAD + 'a:1,"b:1,\n', "Is a quote opened in this row that is never closed?"),
        ("old_record_id\trecord_id\tnote\n", "found columns parted by tabs; expected by commas"),
        (
            "sep=,\n" + HEAD,
            "line 1: found 'sep=,'; expected the header: old_record_id,record_id,note. Remove this line.",
        ),
        ("\n" + HEAD, "line 1: found an empty line"),
        (HEAD.encode() + b"a:1,b:1,F\xfc\xdfe\n", "line 2: found bytes that are not UTF-8"),
        (HEAD.encode() + b"a:1,b:1,\0\n", "line 2: found a NUL character"),
    ],
)
def test_faults_of_tables_name_their_cell(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(InputError) as fault:
        table(tmp_path, text)
    assert "review/decisions/aliases.csv" in str(fault.value)
    assert said in str(fault.value)


def test_a_missing_table_says_its_first_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="with this first line: old_record_id,record_id,note"):
        read_people("review/decisions/aliases.csv", root=tmp_path)


def test_numbers_and_dates_are_checked(tmp_path: Path) -> None:
    names = header("review/registrations.csv")
    values = {"registry_id": "NCT1", "record_id": "a:1", "source": "s"}
    for value, said in (("1_000", "found '1_000'; expected a whole number"), ("-3", "expected a number of at least 0")):
        line = ",".join({**values, "enrolment": value}.get(name, "") for name in names)
        with pytest.raises(InputError, match=f"line 2, column enrolment: .*{said}"):
            table(tmp_path, ",".join(names) + "\n" + line + "\n", "review/registrations.csv")


def test_dates_are_written_in_one_way(tmp_path: Path) -> None:
    names = header("review/decisions/screening.csv")
    row = {"decision_id": "d1", "record_id": "a:1", "stage": "title_abstract", "reviewer": "x", "decision": "include"}
    for value in ("0", "86400", "1/11/2025", "2025-11-1", "2025-02-30"):
        line = ",".join({**row, "decided_at": value}.get(name, "") for name in names)
        with pytest.raises(InputError, match=r"line 2, column decided_at: .* expected a date .*2025-11-01"):
            table(tmp_path, ",".join(names) + "\n" + line + "\n", "review/decisions/screening.csv")


def test_columns_of_the_review_are_checked_by_their_type(tmp_path: Path) -> None:
    names = [*header("review/studies.csv"), "age"]
    row = {"study_id": "s", "label": "S", "design": "randomised", "records": "a:1"}
    for value, expected in (("61.5", 61.5), ("", None)):
        line = ",".join({**row, "age": value}.get(name, "") for name in names)
        path = tmp_path / "review/studies.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(",".join(names) + "\n" + line + "\n")
        (study,) = read_people("review/studies.csv", {"age": "number"}, tmp_path)
        assert study.extra == {"age": expected}
    for value in ("old", "nan", "inf", "5_4.8"):
        line = ",".join({**row, "age": value}.get(name, "") for name in names)
        path.write_text(",".join(names) + "\n" + line + "\n")
        with pytest.raises(InputError, match=f"column age: found '{value}'; expected a number, or nothing"):
            read_people("review/studies.csv", {"age": "number"}, tmp_path)


def published(folder: Path, estimate: str) -> list[Any]:
    values = {"review_id": "r", "outcome": "healing", "measure": "OR", "source": "s", "estimate": estimate}
    names = header("review/published.csv")
    line = ",".join(values.get(name, "") for name in names)
    return table(folder, ",".join(names) + "\n" + line + "\n", "review/published.csv")


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity", "1e999", "5_4.8", "\u0663", "", "0x1p3"])
def test_what_is_no_finite_decimal_number_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"line 2, column estimate: found .*; expected a number\."):
        published(tmp_path, text)


@pytest.mark.parametrize(("text", "value"), [("-.5", -0.5), ("5.", 5), ("1e-5", 1e-5), ("+2.0E3", 2000)])
def test_decimal_numbers_are_read_as_written(tmp_path: Path, text: str, value: float) -> None:
    assert published(tmp_path, text)[0].estimate == value


@pytest.mark.parametrize("path", sorted(PEOPLE))
def test_every_table_can_be_empty(tmp_path: Path, path: str) -> None:
    assert table(tmp_path, "\ufeff" + ",".join(header(path)) + "\r\n", path) == []


@given(st.text())
def test_disarming_is_undone_without_loss(text: str) -> None:
    assert rearm(disarm(text)) == text
    assert not disarm(text).startswith(("=", "+", "-", "@", "\t", "\r"))


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=20)


@given(rows=st.lists(st.fixed_dictionaries({"a": CELLS, "b": CELLS}), max_size=5))
def test_a_written_table_is_read_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    write_csv(path, ["a", "b"], rows)
    assert read_csv(path) == rows


def test_numbers_are_never_prefixed(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", ["a", "b", "c"], [{"a": -1.5, "b": "-1.5", "c": None}])
    assert (tmp_path / "t.csv").read_text() == "a,b,c\n-1.5,'-1.5,\n"


def test_a_file_is_whole_or_absent(tmp_path: Path) -> None:
    def fails() -> None:
        with whole(tmp_path / "out.txt") as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert list(tmp_path.iterdir()) == []


def test_rows_must_fit_their_schema(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"columns \['b'\] do not fit"):
        write_parquet(tmp_path / "t.parquet", {"a": "text"}, [{"a": "x", "b": "y"}])
    assert list(tmp_path.iterdir()) == []


STUDIED = "characteristics: {age: {label: Age, type: number}, place: {label: Place}}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "moderators: {a: {label: A, by: agee}}\n",
            "line 5, key moderators.a.by: found 'agee', which is not in characteristics; expected one of age, "
            "place. Did you mean 'age'",
        ),
        (
            "moderators: {a: {label: A, by: place, log10: true}}\n",
            "key moderators.a.log10: found true; expected false: place is a text",
        ),
        (
            "moderators: {a: {label: A, by: age, reference: x}}\n",
            "key moderators.a.reference: found 'x'; expected none: age is a number",
        ),
        *(
            (f"moderators: {{a: {{label: A, by: age}}}}\nsynthesis: {{regression: {{together: {models}}}}}\n", said)
            for models, said in (
                ("[[a, b]]", "together.0: found 'b', which is not in moderators; expected one of a"),
                ("[[a]]", "together.0: found 'a'; expected two or more moderators, each once"),
                ("[[a, a]]", "together.0: found 'a, a'; expected two or more moderators, each once"),
            )
        ),
        (
            "synthesis: {cumulative: place}\n",
            "line 5, key synthesis.cumulative: found 'place'; expected none, year, or a characteristic that is a number: age.",
        ),
        (
            "synthesis: {tau2_interval: PL, method: DL}\n",
            "line 5, key synthesis: found tau2_interval PL with method DL; expected method ML or REML",
        ),
        (
            "subgroups: {a: {label: A, by: age}}\n",
            "key subgroups.a.by: found age, a number, without bands; expected bands",
        ),
        ("synthesis: {compare: [GLMM]}\n", "found 'GLMM'; expected 'EE'"),
        ("synthesis: {small_studies: {tests: [eger]}}\n", "found 'eger'"),
    ],
)
def test_analyses_that_cannot_be_run_are_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in loaded(tmp_path, GOOD + STUDIED + text)


def test_moderators_and_orders_that_the_studies_have_are_taken(tmp_path: Path) -> None:
    good = "moderators: {a: {label: A, by: age, log10: true}, b: {label: B, by: place, reference: x}}\n"
    for order in ("none", "year", "age"):
        text = GOOD + STUDIED + good + f"synthesis: {{cumulative: {order}}}\n"
        (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
        assert load(tmp_path / "config.yaml").synthesis.cumulative == order


def test_the_last_search_is_the_one_that_may_have_found_anything(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    for name in "abcd":
        (tmp_path / f"{name}.ris").touch()
    path.write_text(
        GOOD + "sources:\n"
        "  a: {name: A, searches: [{date: 2026-01-01, file: a.ris}, {date: 2026-03-01, file: b.ris}]}\n"
        "  b: {name: B, searches: [{date: 2026-04-01, file: c.ris, results: 0}]}\n"
        "  old: {name: O, kind: previous, searches: [{date: 2026-05-01, file: d.ris}]}\n",
        encoding="utf-8",
    )
    assert str(load(path).last_search) == "2026-03-01"
    path.write_text(GOOD, encoding="utf-8")
    assert load(path).last_search is None

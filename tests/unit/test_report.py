"""The report's text: hostile words stay words, both renderers' syntax is understood, and numbers read as reports do."""

import json
import re
import subprocess
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from prismake.figures import save
from prismake.prisma.diagram import boxes, draw
from prismake.prisma.flow import Column, Flow
from prismake.problems import InputError
from prismake.report import render
from prismake.report.caveats import bias_and_certainty, bias_of, dependent_units
from prismake.report.markdown import bullets, callout, esc, figure, link, listed, many, table
from prismake.report.material import Material
from prismake.report.sections.appendix import answers
from prismake.report.sections.studies import distinct, reference
from prismake.report.write import _reference_doc
from prismake.synthesis.analyses import Analysis
from prismake.synthesis.words import estimate

HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd()|' /C calc'!A0",
    r"$\mathit{x}$ and $$y$$",
    "{{< include /etc/passwd >}}",
    "![x](file.png) [a](b) <https://x.y>",
    "# heading\n\n- list\n> quote",
    "*a* _b_ `c` ~d~ ^e^ H~2~O x^2^",
    "| a | b |",
    "@fig-flow [@smith2020; see p. 3]",
    "a -- b --- c ... 'q' \"r\"",
    "::: {.callout-note}\nx\n:::",
    '<b onmouseover="x">&lt;&amp;&#60;</b>',
    "#set page(width: 1pt) #{panic()} \\ $ ~ * _ ` @x <y>",
    "1. 2) (3) a) *** --- ___",
    "\\LaTeX \\input{x} %",
    ":smile: http://example.org/a_b",
    "word[^1] text{.class #id}",
    "脐带 – Güney ≥ α β",
]
LUA = Path(__file__).parents[2] / "workflow/report/quarto_compat.lua"


def pandoc(text: str, to: str, *options: str, folder: Path | None = None) -> str:
    command = [render._pandoc(), "--from=markdown", f"--to={to}", "--wrap=none", "--fail-if-warnings", *options]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def paragraphs(text: str) -> list[str]:
    """The plain text of every paragraph, by pandoc's own reading: formatting of any kind would show as a difference."""

    def plain(inlines: list[dict[str, object]]) -> str:
        words = {"Space": " ", "SoftBreak": " "}
        assert {inline["t"] for inline in inlines} <= {"Str", *words}, inlines
        return "".join(words.get(str(inline["t"]), str(inline.get("c", ""))) for inline in inlines)

    blocks = json.loads(pandoc(text, "json"))["blocks"]
    assert {block["t"] for block in blocks} <= {"Para"}, blocks
    return [plain(block["c"]) for block in blocks]


def normal(text: str) -> str:
    return " ".join(text.split())


def test_hostile_text_is_literal_in_markdown() -> None:
    assert paragraphs("\n\n".join(map(esc, HOSTILE))) == [normal(text) for text in HOSTILE]


LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Zs", "Cn"))


@settings(max_examples=25)
@given(texts=st.lists(st.text(LETTERS | st.just(" "), min_size=1).filter(str.strip), min_size=1, max_size=40))
def test_any_text_is_literal_in_markdown(texts: list[str]) -> None:
    assert paragraphs("\n\n".join(map(esc, texts))) == [normal(text) for text in texts]


def test_hostile_text_is_literal_in_tables_of_every_format() -> None:
    rows = [[esc(text), esc("x")] for text in HOSTILE]
    written = table(["A", "B"], rows, esc(HOSTILE[0]), "hostile")
    for to in ("html5", "typst", "plain"):
        assert pandoc(written, to, f"--lua-filter={LUA}")
    html = pandoc(written, "html5", f"--lua-filter={LUA}")
    assert "<script" not in html
    assert html.count("<tr>") == len(rows) + 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert r"$\mathit{x}$ and $$y$$" in html


def test_in_word_only_tables_are_small(tmp_path: Path) -> None:
    _reference_doc(tmp_path / "reference.docx")
    text = bullets(["one", "two"]) + "\nSee `abc`.\n\n" + table(["A"], [["`abc`"]], "C", "t") + "\n```\nabc\n```\n"
    pandoc(
        text, "docx", f"--lua-filter={LUA.with_name('word_lists.lua')}", "--reference-doc=reference.docx",
        "--output=made.docx", folder=tmp_path,
    )  # fmt: skip
    made = docx.Document(str(tmp_path / "made.docx"))
    styles = {paragraph.text: paragraph.style for paragraph in made.paragraphs}
    assert (styles["one"].name, styles["one"].font.size, styles["See abc."].font.size) == ("List Item", None, None)
    (cell,) = made.tables[0].cell(1, 0).paragraphs
    assert (cell.style.font.size.pt, cell.runs[0].style.name, cell.runs[0].style.font.size) == (
        8.5,
        "Verbatim Char",
        None,
    )
    assert styles["abc"].font.size.pt == 10
    assert len([style for style in made.styles if style.name == "Source Code"]) == 1


BEGINNINGS = ["- a", "+ a", "1. a", "= a", "/ a: b", "a ... b -- c --- d", "-? a", "#set text(red)", "\\u{41}"]


def test_no_word_begins_or_is_a_command_of_typst() -> None:
    written = pandoc("\n\n".join(map(esc, BEGINNINGS)), "typst", f"--lua-filter={LUA.with_name('typst_text.lua')}")
    for paragraph in written.split("\n\n"):
        signs = re.sub(r"\\[!-/:-@\[-`{-~]", "", paragraph)
        assert not re.search(r"[!-/:-@\[-`{-~]", signs), paragraph


@pytest.mark.parametrize(
    ("to", "extension", "widths"),
    [("typst", "svg", ["100%", "68%", "62%"]), ("docx", "png", []), ("html5", "svg", ["100%", "100%", "62%"])],
)
def test_a_figure_taller_than_a_page_is_made_narrower_where_pages_end(
    tmp_path: Path, to: str, extension: str, widths: list[str]
) -> None:
    for name, size in (("wide", (20, 10)), ("tall", (10, 20))):
        save(Figure(figsize=size), tmp_path / name, name)
    text = "\n".join(figure(name, "C", name, "A", width) for name, width in (("wide", "100%"), ("tall", "100%")))
    text += figure("tall", "C", "narrow", "A", "62%")
    options = (f"--lua-filter={LUA.with_name('tall_figures.lua')}", f"--default-image-extension={extension}")
    if to == "docx":
        pandoc(text, to, *options, "--output=made.docx", folder=tmp_path)
        shapes = docx.Document(str(tmp_path / "made.docx")).inline_shapes
        assert max(shape.height for shape in shapes) <= 1.37 * max(shape.width for shape in shapes)
        return
    written = pandoc(text, to, *options, folder=tmp_path)
    assert re.findall(r"width[:=] ?\"?([\d.]+%)", written.replace(".0%", "%")) == widths


def test_a_column_holds_its_longest_word_and_links_count_by_what_they_show() -> None:
    dates = table(["A"] * 8, [["2026-11-21"] * 8], "C", "c")
    assert "landscape" in dates, "a date is one word"
    long, url = "Characteristics", link("doi", "https://doi.org/" + "1" * 90)
    marks = table([long, "B"], [["a", f"{'word ' * 400}{url}"]], "C", "c", (1, 60)).splitlines()[2].split("|")[1:-1]
    assert len(marks[0]) >= len(long) * 1.5
    assert "#set page" not in "".join(marks)
    narrow, wide = (table([long] * n, [["a"] * n], "C", "c") for n in (4, 12))
    assert 'w:orient="landscape"' in wide
    assert "landscape" not in narrow


def test_links_hold_only_web_addresses_and_cannot_end_early() -> None:
    assert link("x", "https://doi.org/10.1/a(b)<c>") == r"[x](<https://doi.org/10.1/a%28b%29%3Cc%3E>)"
    assert link("x", "javascript:alert(1)") == "x"


def test_figures_tables_and_callouts_are_read_as_quarto_does() -> None:
    text = "\n".join(
        [
            callout("warning", "Mind <this>", bullets(["a", "b"])),
            "See @fig-one and @tbl-two.\n",
            figure("plot", "A *caption*", "one", 'Alt "text"', "60%"),
            table(["A", "B"], [["1", "2"]], "Numbers", "two"),
            '::: {.content-visible when-format="html"}\nonly web\n:::\n',
            '::: {.content-visible unless-format="html"}\nnot web\n:::\n',
        ]
    )
    html = pandoc(text, "html5", f"--lua-filter={LUA}", "--default-image-extension=svg")
    assert '<div class="callout callout-warning">' in html
    assert "<strong>Mind &lt;this&gt;</strong>" in html
    assert '<a href="#fig-one">Figure\u00a01</a> and <a href="#tbl-two">Table\u00a01</a>' in html
    assert "<figcaption>Figure\u00a01: A <em>caption</em></figcaption>" in html
    assert 'alt="Alt &#39;text&#39;"' in html
    assert "<caption>Table\u00a01: Numbers</caption>" in html
    assert "only web" in html
    assert "not web" not in html
    typst = pandoc(text, "typst", f"--lua-filter={LUA}", "--default-image-extension=svg")
    assert "not web" in typst
    assert "only web" not in typst


def test_a_reference_to_nothing_is_an_error() -> None:
    with pytest.raises(RuntimeError, match=r"refers to @fig-none"):
        pandoc("See @fig-none.", "html5", f"--lua-filter={LUA}")


def test_a_renderer_asked_for_by_name_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "_quarto_version", lambda: None)
    with pytest.raises(InputError, match=r"no quarto on PATH; expected Quarto 1.9 or later"):
        render.choose("quarto")
    assert render.choose("auto").startswith("pandoc 3")
    monkeypatch.setattr(render, "_quarto_version", lambda: "1.8.25")
    with pytest.raises(InputError, match=r"found Quarto 1.8.25"):
        render.choose("quarto")
    assert render.choose("auto").startswith("pandoc 3")
    monkeypatch.setattr(render, "_quarto_version", lambda: "1.10.2")
    assert render.choose("auto") == render.choose("quarto") == "quarto 1.10.2"
    assert render.choose("pandoc").startswith("pandoc 3")


@pytest.mark.parametrize(
    "warning",
    [
        "[WARNING] Could not fetch resource figures/none.png: replacing image with description",
        "WARNING (report.qmd) Unable to resolve crossref @fig-none",
        "WARN: ?meta:title, unknown meta key",
    ],
)
def test_a_renderer_that_leaves_something_out_fails(tmp_path: Path, warning: str) -> None:
    with pytest.raises(RuntimeError, match="ended with 0"):
        render._run(["sh", "-c", f"echo '{warning}' >&2"], tmp_path)


def test_a_renderer_that_fails_or_only_chats(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended with 3"):
        render._run(["sh", "-c", "exit 3"], tmp_path)
    render._run(["sh", "-c", "echo 'Output created: report.html; warning: unknown font family: x' >&2"], tmp_path)


def test_estimates_in_words() -> None:
    analysis = Analysis("main", "Main", 4, 124.0, 5.6, 1.05, 29.92)
    assert estimate(analysis, "OR", 0.95) == "OR 5.60 (95% CI 1.05 to 29.92)"
    assert estimate(analysis, "MD", 0.9, "days") == "MD 5.60 days (90% CI 1.05 to 29.92)"


def test_what_stands_beside_a_pooled_result() -> None:
    def rows(*judgements: str) -> list[dict[str, str]]:
        return [{"bias_overall": one} for one in judgements]

    assert bias_of(rows("High", "High")) == "both pooled results are at high risk of bias"
    assert bias_of(rows("Low", "Low", "Low")) == "all 3 pooled results are at low risk of bias"
    assert bias_of(rows("High")) == "the result is at high risk of bias"
    assert bias_of(rows("", "")) == "neither of the two pooled results is judged for risk of bias"
    assert bias_of(rows("Low", "High", "", "High")) == (
        "of 4 pooled results 2 are at high risk of bias, 1 is at low risk of bias and 1 is not judged for risk of bias"
    )
    assert "GRADE) was not assessed" in bias_and_certainty(rows("Low"))


def test_units_that_are_no_patients_are_named_with_their_studies() -> None:
    units = {"A 2001": "patient", "B 2002": "ulcer", "C 2003": "foot"}
    rows = [{"label": label, "unit_of_analysis": unit} for label, unit in units.items()]
    said = dependent_units(rows)
    assert "In 2 studies the unit of analysis is not the patient (feet in C 2003 and ulcers in B 2002)" in said
    assert "the interval may be too narrow" in said
    assert dependent_units(rows[:1]) == ""


def test_a_note_of_two_reviewers_is_said_once() -> None:
    assert distinct("Title says review; title says review.; no control") == "Title says review; no control"
    assert distinct("") == ""


def test_a_report_without_title_or_number_is_named_by_its_record() -> None:
    empty = dict.fromkeys(("title", "title_other", "doi", "pmid", "journal", "year", "volume", "issue", "pages"), "")
    report = empty | {"authors": ["Adams, A"], "registry_ids": [], "record_ids": ["wos:1"]}
    assert "Record wos" in reference(report)
    assert "Record wos" not in reference(report, named_beside=True)
    assert "Record wos" not in reference(report | {"pmid": "123"})


def test_boxes_of_the_flow_lead_only_to_what_they_count_and_hold_the_words_beside_them() -> None:
    numbers: dict[str, object] = dict.fromkeys((field.name for field in fields(Column)), 0)
    found = numbers | {"identified": {"Databases": [("Embase", 3)]}, "excluded": {"design": 1}, "reports_excluded": {}}
    records = {"screened": 3, "sought": 2, "not_retrieved": 1}
    counts = dict.fromkeys((field.name for field in fields(Flow)), 0) | {"studies": 1, "reports": 1}
    flow = Flow(**(counts | {"databases": Column(**(found | records)), "other": None}))  # type: ignore[arg-type]
    drawn = {box.name: box for box in boxes(flow, {})}
    assert {name: box.link for name, box in drawn.items() if box.link} == {
        "identified": "#tbl-searches",
        "removed": "#tbl-searches",
        "excluded": "#sec-excluded-on-abstract",
        "not_retrieved": "#tbl-not-retrieved",
        "reports_excluded": "#sec-excluded",
        "included": "#sec-included",
    }
    assert drawn["excluded"].lines == ("Records excluded (n\u00a0=\u00a01)", "  by reviewers (n\u00a0=\u00a01)")
    heights = re.findall(r'<rect x="8" [^>]*height="(\d+)"', draw(flow, {}))
    words = ("Identification", "Screening", "Included")
    assert all(int(height) >= 7.5 * len(word) for height, word in zip(heights, words, strict=True))


def test_a_source_of_the_report_that_lost_a_file_is_not_rendered(tmp_path: Path) -> None:
    (tmp_path / "fragments").mkdir()
    (tmp_path / "fragments/front.md").write_text("x")
    (tmp_path / render.MANIFEST).write_text(render.manifest(tmp_path))
    (tmp_path / "fragments/front.md").unlink()
    with pytest.raises(InputError, match=r"found no fragments/front.md; .* Delete the folder .* and run again"):
        render.render(tmp_path, "html", tmp_path / "report.html", "pandoc 3")


def test_lists_and_counts_in_words() -> None:
    assert listed(["a and b", "c", "d"]) == "a and b; c; and d"
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert (many(1, "study", "studies"), many(1200, "record")) == ("1 study", "1,200 records")


def test_answers_name_their_result_again_in_every_domain() -> None:
    asked = [("1.1", "Y"), ("1.2", "Y"), ("2.1", "N"), ("2.3", "NA")]
    signals = [SimpleNamespace(study_id="a", outcome="o", question=q, answer=a, support="s") for q, a in asked]
    judged = [{"study_id": "a", "outcome": "o", "label": "A 2001"}]
    rows = answers(cast(Material, SimpleNamespace(signals=signals, judgements=judged))).splitlines()[3:6]
    assert [row.split("|")[1].strip() for row in rows] == ["A 2001", "", "A 2001"]

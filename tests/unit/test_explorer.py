"""The page of duplicates: what it shows, marks, escapes and leaves out."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from dedup_cases import ABSTRACT, record, run, verdict
from hypothesis import given
from hypothesis import strategies as st
from prismake.dedup.explorer import SHOWN, TEMPLATE, marked, page


def shown(*entries, verdicts=(), **configured):
    found = run(*entries, verdicts=verdicts, **configured)
    review = [{**row, "score": str(row["score"])} for row in found.review]
    return page(
        TEMPLATE.read_text(encoding="utf-8"), entries, found.reports, found.merges, review, found.links, verdicts
    )


@given(st.text("ab <é病.-"), st.text("ab <é病.-"))
def test_marks_change_no_letter_of_a_value(value, other):
    without_missing = re.sub(r"<del .*?</del>", "", marked(value, other), flags=re.DOTALL)
    assert unescape(re.sub(r"</?mark>", "", without_missing)) == value


def test_words_that_one_has_and_the_other_lacks_are_marked():
    assert marked("warm honey on heels", "cold honey on both heels") == (
        '<mark>warm</mark><del title="cold">cold</del> honey on<del title=" both"> both</del> heels'
    )
    assert marked("warm honey", "") == "warm honey"
    assert '<del title="very ' in marked("end", "very " * 20 + "end")
    assert "[…]" in marked("end", "very " * 20 + "end")


def test_records_of_a_report_stand_beside_the_merged_one_with_their_places():
    one = record("pubmed:1", file="searches/pubmed.nbib", line=17)
    two = record("embase:2", file="searches/embase.ris", line=240, title=one["title"].replace("Warm", "Cool"))
    made = shown(one, two)
    assert "searches/pubmed.nbib, line 17" in made
    assert "searches/embase.ris, line 240" in made
    assert "<mark>Cool</mark>" in made
    assert 'data-one="embase:2" data-two="pubmed:1"' in made or 'data-one="pubmed:1" data-two="embase:2"' in made


def test_text_of_an_export_stays_text():
    evil = "<script>alert(1)</script>\" onclick='x' <!-- pairs --> $\\mathit{x}$"
    entries = [
        record("pubmed:1", title=evil, file="a.ris", doi="10.5555/a\"onmouseover='x'"),
        record("embase:2", title=evil, file="a.ris", abstract=ABSTRACT + evil),
    ]
    made = shown(*entries, review_from=0.05, duplicate_from=0.1)
    content = made[made.index("<body>") : made.index("<script>\n")]
    tags, attributes = set(), set()
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, named: (tags.add(tag), attributes.update(name for name, _ in named))
    parser.feed(content)
    assert "script" not in tags
    assert not {name for name in attributes if name.startswith("on")}
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content


def test_a_pair_that_waits_offers_every_verdict_and_a_merge_its_undoing():
    near = record("embase:2", title="Warm honey dressings for blistered feet in mountain runners: a randomised trial", doi="",
                  pages="", file="a.ris")  # fmt: skip
    waits = shown(record("pubmed:1", file="b.ris"), near, duplicate_from=1.0, review_from=0.5)
    assert [*re.findall(r"<button type=button value=(\w+)", waits)] == ["same", "different", "link"]
    merged = shown(record("pubmed:1", file="b.ris"), record("embase:2", file="a.ris"))
    assert [*re.findall(r"<button type=button value=(\w+)", merged)] == ["different"]


def test_a_verdict_is_undone_by_superseding_it_and_its_number_is_not_given_again():
    entries = [record("pubmed:1", file="b.ris"), record("embase:2", title="Other", doi="10.5555/x", file="a.ris")]
    made = shown(*entries, verdicts=[verdict("D-007", "pubmed:1", "embase:2", "same")])
    assert "supersede that verdict" in made
    assert "<button type=button value=" not in made
    assert 'data-next="8"' in made


def test_what_is_left_out_is_counted():
    entries = []
    for number in range(SHOWN + 3):
        same = {
            "title": f"A study of honey number {number}",
            "doi": f"10.5555/h.{number}",
            "pages": str(number + 1),
            "file": "a",
        }
        entries += [record(f"pubmed:{number}", **same), record(f"embase:{number}", **same)]
    made = shown(*entries)
    assert f"{SHOWN + 3} in all" in made
    assert "3 more reports are not shown" in made
    reports = made[made.index('<h2 id="reports">') : made.index('<h2 id="links">')]
    assert reports.count("<article>") == SHOWN


def test_a_template_without_a_mark_is_refused():
    with pytest.raises(ValueError, match="no mark"):
        page("<p>", [], [], [], [], [], [])

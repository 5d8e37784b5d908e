"""EndNote's XML becomes records: both of its forms, its damages, what is hostile. The documents are made up for these tests."""

from pathlib import Path

import pytest
from prismake.problems import InputError
from search_cases import balanced, read

HEAD = '<?xml version="1.0" encoding="UTF-8" ?><xml><records>'
STYLE = '<style face="normal" font="default" size="100%">'


def styled(text: str) -> str:
    return f"{STYLE}{text}</style>"


FIRST = (
    '<record><database name="Ulcers.enl" path="C:\\Ulcers.enl">Ulcers.enl</database><source-app name="EndNote" version="20.1">'
    'EndNote</source-app><rec-number>7</rec-number><foreign-keys><key app="EN" db-id="x1" timestamp="1">7</key></foreign-keys>'
    '<ref-type name="Journal Article">17</ref-type><contributors><authors>'
    f"<author>{styled('Lu, Debin')}</author><author>{styled('Chen, Bing')}</author>"
    f"<author>{styled('Cells and Ulcers Group')}</author></authors>"
    f"<secondary-authors><author>{styled('Editor, A')}</author></secondary-authors></contributors>"
    f"<auth-address>{styled('Univ, City')}</auth-address><titles><title>{styled('Comparison of ')}"
    f'<style face="italic" font="default" size="100%">bone marrow</style>{styled(" cells &lt; saline &amp; rest")}</title>'
    f"<secondary-title>{styled('J Ulc')}</secondary-title><translated-title>{styled('Vergleich')}</translated-title></titles>"
    f"<periodical><full-title>{styled('Journal of Ulcers')}</full-title><abbr-1>{styled('J Ulc')}</abbr-1></periodical>"
    f"<alt-periodical><full-title>{styled('Another')}</full-title></alt-periodical><pages>{styled('26–36')}</pages>"
    f"<volume>{styled('92')}</volume><number>{styled('1')}</number><edition>{styled('2010/12/01')}</edition><keywords>"
    f"<keyword>{styled('Diabetes Mellitus, Type 2')}</keyword><keyword>{styled('ulcer')}</keyword></keywords><dates><year>"
    f"{styled('2011')}</year><pub-dates><date>{styled('Apr')}</date></pub-dates></dates>"
    f"<isbn>{styled('1872-8227 (Electronic)&#xD;0168-8227 (Linking)')}</isbn><accession-num>{styled('21216483')}</accession-num>"
    f"<abstract>{styled('Aims: To heal.&#xD;Registered: NCT01234567.')}</abstract><notes>{styled('a note')}</notes><urls>"
    f"<related-urls><url>{styled('https://example.org/a?b=1&amp;c=2')}</url></related-urls><pdf-urls>"
    f"<url>internal-pdf://1/a.pdf</url></pdf-urls></urls><custom2>{styled('PMC3012345')}</custom2><electronic-resource-num>"
    f"{styled('10.1016/j.ulc.2010.12.010')}</electronic-resource-num><remote-database-provider>{styled('NLM')}"
    f"</remote-database-provider><language>{styled('eng')}</language></record>"
)
SECOND = (
    '<record><ref-type name="Conference Proceedings">10</ref-type><contributors><authors><author>Qin, Han</author></authors>'
    "</contributors><titles><title>Second</title><secondary-title>Conference on Ulcers</secondary-title></titles><dates><year>"
    "2016</year></dates><urls></urls><custom7>e497</custom7></record>"
)
ONE_LINE = f"{HEAD}{FIRST}{SECOND}</records></xml>"
PRETTY = """<?xml version="1.0" encoding="UTF-8"?>
<xml>
  <records>
    <record>
      <database name="Ulcers" path="Ulcers">Ulcers</database>
      <ref-type name="Journal Article">17</ref-type>
      <contributors>
        <authors>
          <author>Lu, Debin</author>
        </authors>
      </contributors>
      <titles>
        <title>Comparison of bone marrow cells
          with saline</title>
        <secondary-title>Journal of Ulcers</secondary-title>
      </titles>
      <dates>
        <year>2011</year>
      </dates>
      <accession-num>WOS:000290123400011</accession-num>
      <urls/>
    </record>
    <record>
      <titles>
        <title>Second</title>
      </titles>
    </record>
  </records>
</xml>
"""


def test_the_fields_of_a_record(tmp_path: Path) -> None:
    export = read(tmp_path, ONE_LINE)
    first, second = export.entries
    assert (export.account["format"], export.account["outside"]) == ("endnote", [])
    assert first["title"] == "Comparison of bone marrow cells < saline & rest"
    assert first["authors"] == ["Lu, Debin", "Chen, Bing", "Cells and Ulcers Group"]
    assert (first["journal"], first["year"], first["volume"], first["issue"]) == ("Journal of Ulcers", 2011, "92", "1")
    assert (first["pages"], first["doi"], first["type"]) == ("26-36", "10.1016/j.ulc.2010.12.010", "Journal Article")
    assert (first["record_id"], first["pmid"], first["pmcid"]) == ("db:21216483", "21216483", "PMC3012345")
    assert first["keywords"] == ["Diabetes Mellitus, Type 2", "ulcer"]
    assert first["abstract"] == "Aims: To heal. Registered: NCT01234567."
    assert (first["registry_ids"], first["language"], first["notes"]) == (["NCT01234567"], "eng", "a note")
    assert (first["issn"], first["urls"]) == (["1872-8227", "0168-8227"], ["https://example.org/a?b=1&c=2"])
    assert first["title_other"] == "Vergleich"
    assert (second["journal"], second["pages"], second["year"]) == ("Conference on Ulcers", "e497", 2016)
    assert [row["line"] for row in export.entries] == [1, 1]


def test_the_pretty_form_and_a_utf16_file(tmp_path: Path) -> None:
    export = read(tmp_path, PRETTY.replace("\n", "\r\n").replace("UTF-8", "UTF-16").encode("utf-16"))
    first, second = export.entries
    assert (first["title"], first["authors"]) == ("Comparison of bone marrow cells with saline", ["Lu, Debin"])
    assert (first["accession"], first["pmid"], first["line"], first["line_end"]) == ("WOS:000290123400011", "", 4, 22)
    assert (second["line"], second["line_end"], export.account["outside"]) == (23, 27, [])


def test_a_record_without_an_accession_has_an_id_that_never_changes(tmp_path: Path) -> None:
    assert read(tmp_path, ONE_LINE).entries[1]["record_id"] == "db:4eee9337e5de"
    renumbered = ONE_LINE.replace("<record><ref-type", "<record><rec-number>9</rec-number><ref-type")
    assert read(tmp_path, renumbered).entries[1]["record_id"] == "db:4eee9337e5de"


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        ("<record><titles><title>Two</titles></record>", "no well-formed XML (mismatched tag)"),
        ("<record><titles><title>Two < three</title></titles></record>", "no well-formed XML (not well-formed"),
        ("<record><titles><title>Two", "no </record>: it may be cut off"),
        ("<record></record>", "the entry has no content"),
        ('<record><!DOCTYPE x [<!ENTITY a "ha">]><titles><title>&a;</title></titles></record>', "no well-formed XML"),
    ],
)
@pytest.mark.parametrize("joint", ["", "\n"])
def test_a_damaged_record_costs_itself_alone(tmp_path: Path, damaged: str, why: str, joint: str) -> None:
    text = joint.join([HEAD, FIRST, damaged, SECOND, "</records></xml>"])
    line = 3 if joint else 1
    with pytest.raises(InputError, match=f"export, lines {line} to {line}: found '<record>"):
        read(tmp_path, text)
    export = read(tmp_path, text, rejects=1)
    assert [row["title"][:6] for row in export.entries] == ["Compar", "Second"]
    assert (export.rejects[0]["entry"], export.rejects[0]["line"]) == (2, line)
    assert export.rejects[0]["why"].startswith(why)
    assert balanced(export)


def test_a_file_that_was_cut_off_keeps_what_stands_before(tmp_path: Path) -> None:
    export = read(tmp_path, ONE_LINE[: ONE_LINE.index("Conference on")], rejects=1)
    assert [row["title"][:6] for row in export.entries] == ["Compar"]
    assert export.rejects[0]["why"] == "no </record>: it may be cut off"


def test_a_record_that_lost_its_beginning_is_a_reject(tmp_path: Path) -> None:
    export = read(tmp_path, f"{HEAD}{FIRST}\n<recor><titles><title>Two</title></titles></record>\n{SECOND}", rejects=1)
    assert [row["title"][:6] for row in export.entries] == ["Compar", "Second"]
    (reject,) = export.rejects
    assert (reject["line"], reject["why"]) == (2, "no <record> before this </record>")
    assert reject["found"].startswith("<recor><titles>")


def record(title: str) -> str:
    return f"<record><titles><title>{title}</title></titles></record></records></xml>"


def test_small_damages_are_mended(tmp_path: Path) -> None:
    row = read(tmp_path, HEAD + FIRST + record("R&D of cells&nbsp;& more\x02 &#x1F;&eacute; &lt;b&gt;")).entries[1]
    assert row["title"] == "R&D of cells & more é <b>"


def test_what_the_head_declares_has_no_effect(tmp_path: Path) -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    export = read(tmp_path, f'<?xml version="1.0"?>\n{laughs}\n<xml><records>{record("T &b; &c;")}')
    assert export.entries[0]["title"] == "T &b; &c;"
    assert export.account["outside"] == []


def test_files_that_were_joined_lose_nothing(tmp_path: Path) -> None:
    ris = "TY  - JOUR\nTI  - Of RIS\nER  - \n"
    export = read(tmp_path, PRETTY + ris + ONE_LINE + "\nBest wishes\n")
    assert [row["title"][:6] for row in export.entries] == ["Compar", "Second", "Of RIS", "Compar", "Second"]
    assert export.account["format"] == "endnote + ris"
    assert export.account["outside"] == [f"line {PRETTY.count(chr(10)) + 5}: Best wishes"]


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    title = r"<script>alert(1)</script> =cmd() $\mathit{x}$ {{< include /etc/passwd >}}"
    written = title.replace("&", "&amp;").replace("<", "&lt;")
    assert read(tmp_path, HEAD + record(written)).entries[0]["title"] == title


def test_a_year_that_is_none_leaves_the_date(tmp_path: Path) -> None:
    dates = "<dates><year>in press</year><pub-dates><date>Mar 2021</date></pub-dates></dates>"
    text = f"<xml><records><record><titles><title>One</title></titles>{dates}</record></records></xml>"
    assert read(tmp_path, text).entries[0]["year"] == 2021

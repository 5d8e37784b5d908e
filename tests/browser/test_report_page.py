"""The report as a reader opens it: a real browser, no network, a wide screen and a phone."""

import base64
import io
from collections.abc import Iterator
from itertools import pairwise

import pytest
from browse import marks, opened
from conftest import Review
from pypdf import PdfReader
from selenium import webdriver
from selenium.webdriver.common.by import By

pytestmark = marks


@pytest.fixture(scope="module")
def page(shipped: Review) -> Iterator[webdriver.Chrome]:
    with opened(shipped.path("results/report/report.html")) as browser:
        yield browser


def test_the_page_is_whole_and_asks_the_network_for_nothing(page: webdriver.Chrome) -> None:
    assert "Cell therapy for diabetic foot ulcers" in page.title
    assert page.get_log("browser") == []
    loaded = page.execute_script("return performance.getEntriesByType('resource').map(r => r.name)")
    assert [name for name in loaded if not name.startswith("data:")] == []
    broken = page.execute_script("return [...document.images].filter(i => !i.complete || i.naturalWidth == 0).length")
    assert broken == 0
    assert page.execute_script("return document.images.length") >= 10


def test_every_link_inside_the_page_leads_somewhere_and_no_id_stands_twice(page: webdriver.Chrome) -> None:
    dead = page.execute_script(
        "return [...document.querySelectorAll('a')].map(a => a.getAttribute('href') || "
        "a.getAttributeNS('http://www.w3.org/1999/xlink', 'href') || '')"
        ".filter(h => h.startsWith('#') && !document.getElementById(h.slice(1)))"
    )
    assert dead == []
    twice = page.execute_script(
        "const ids = [...document.querySelectorAll('[id]')].map(e => e.id); return ids.filter((x, i) => ids.indexOf(x) != i)"
    )
    assert twice == []


def test_a_box_of_the_flow_diagram_leads_to_what_it_counts(page: webdriver.Chrome) -> None:
    page.execute_script(
        "document.querySelector('#flow-included').scrollIntoView({block: 'center', behavior: 'instant'})"
    )
    page.find_element(By.CSS_SELECTOR, "#flow-included tspan").click()
    assert page.current_url.endswith("#sec-included")


def test_pictures_have_words_and_the_page_a_language(page: webdriver.Chrome) -> None:
    assert page.execute_script("return [...document.images].filter(i => !(i.alt || '').trim()).length") == 0
    assert page.execute_script("return document.documentElement.lang") == "en"
    assert page.find_element(By.CSS_SELECTOR, "svg[role=img] title").get_attribute("textContent")


@pytest.mark.parametrize("width", [1400, 1280, 820, 390])
def test_nothing_is_wider_than_the_window(page: webdriver.Chrome, width: int) -> None:
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


BROKEN = """
const broken = [];
for (const cell of document.querySelectorAll(".scroll td, .scroll th")) {
  const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  while (walk.nextNode())
    for (const word of walk.currentNode.data.matchAll(/[^\\s-]+-?/g)) {
      const range = document.createRange();
      range.setStart(walk.currentNode, word.index);
      range.setEnd(walk.currentNode, word.index + word[0].length);
      if (/^[\\p{Script=Latin}\\p{N}]{1,15}$/u.test(word[0]) && range.getClientRects().length > 1) broken.push(word[0]);
    }
}
return broken;
"""
"""Words and numbers of tables that stand on more than one line though they are short."""


@pytest.mark.parametrize("width", [1280, 390])
def test_no_column_is_so_narrow_that_a_word_breaks(page: webdriver.Chrome, width: int) -> None:
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    broken = page.execute_script(BROKEN)
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert broken == []


def test_on_a_phone_a_figure_is_large_enough_to_read(page: webdriver.Chrome) -> None:
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    widths = page.execute_script("return [...document.querySelectorAll('figure img')].map(i => i.clientWidth)")
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert widths
    assert min(widths) >= 560


def test_a_long_word_breaks_and_pushes_no_column_off_the_page(page: webdriver.Chrome) -> None:
    page.execute_script("document.querySelector('#tbl-bias td, [id=tbl-bias] td').textContent = 'x'.repeat(300)")
    box = "document.querySelector('#tbl-bias').closest('.scroll')"
    assert page.execute_script(f"return {box}.scrollWidth <= {box}.clientWidth")
    page.refresh()


def test_a_printed_page_keeps_every_column(page: webdriver.Chrome) -> None:
    printed = page.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.27, "paperHeight": 11.69})
    reader = PdfReader(io.BytesIO(base64.b64decode(printed["data"])))
    text = " ".join(" ".join(sheet.extract_text() for sheet in reader.pages).split())
    table = text[text.index("Characteristics of the included studies") :]
    for words in ("Control", "Follow-", "Conservative treatment", "Phosphate-"):
        assert words in table


def test_headings_are_in_order(page: webdriver.Chrome) -> None:
    levels = page.execute_script("return [...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))

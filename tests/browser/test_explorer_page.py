"""The page of duplicates as a reviewer uses it: from a click to a row of the table of verdicts."""

import csv
import io
from collections.abc import Iterator

import pytest
from browse import marks, opened
from conftest import Review
from prismake.people import Verdict
from selenium import webdriver
from selenium.webdriver.common.by import By

pytestmark = marks


@pytest.fixture(scope="module")
def page(shipped: Review) -> Iterator[webdriver.Chrome]:
    with opened(shipped.path("results/dedup/explorer.html")) as browser:
        yield browser


def test_every_merged_report_of_the_shipped_review_is_there(page: webdriver.Chrome, shipped: Review) -> None:
    reports = {row["report_id"] for row in shipped.rows("results/dedup/merges.csv")}
    text = page.find_element(By.TAG_NAME, "body").text
    assert reports
    assert {report for report in reports if report in text} == reports
    assert page.get_log("browser") == []


def test_a_click_makes_a_row_that_the_table_takes(page: webdriver.Chrome) -> None:
    button = page.find_element(By.CSS_SELECTOR, ".verdict button")
    button.click()
    page.find_element(By.ID, "reviewer").send_keys('Ana "A", B')
    (cells,) = csv.reader(io.StringIO(page.find_element(By.ID, "csv").get_attribute("value")))
    row = Verdict(**dict(zip(Verdict.model_fields, cells, strict=True)))
    assert (row.decision_id, row.verdict, row.reviewer) == ("D-003", "different", 'Ana "A", B')
    pair = button.find_element(By.XPATH, "..")
    assert [row.record_id_1, row.record_id_2] == [pair.get_attribute("data-one"), pair.get_attribute("data-two")]
    page.execute_script("arguments[0].click()", button)
    assert not page.find_element(By.ID, "rows").is_displayed()


def test_words_narrow_the_page_down(page: webdriver.Chrome) -> None:
    asked = page.find_element(By.ID, "filter")
    asked.send_keys("gennai")
    visible = [card.text for card in page.find_elements(By.TAG_NAME, "article") if card.is_displayed()]
    assert visible
    assert all("gennai" in text.lower() for text in visible)
    assert len(visible) < len(page.find_elements(By.TAG_NAME, "article"))
    asked.clear()


@pytest.mark.parametrize("width", [1400, 390])
def test_nothing_is_wider_than_the_window(page: webdriver.Chrome, width: int) -> None:
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

"""The screening page as reviewers use it: keys, undo, two at once, a killed server, hostile titles, a phone."""

import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browse import needs_browser, opened
from conftest import ROOT
from prismake.people import Decision, read_people
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait
from serve import Served

sys.path.insert(0, str(ROOT / "tests/unit"))
from screening_cases import HOSTILE, decide, desk, make_folder, report

pytestmark = [*needs_browser, pytest.mark.xdist_group("screening")]
REPORTS = 30


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with opened("about:blank") as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    reports = [report(1, title=HOSTILE, abstract=HOSTILE, authors=[HOSTILE], journal=HOSTILE, keywords=[HOSTILE])]
    reports += [report(n, abstract=f"Mice and cells {n}. " * 60) for n in range(2, REPORTS + 1)]
    return make_folder(tmp_path / "review", reports)


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    page = Served(folder, "Ann")
    yield page
    page.stop()


def at(browser: webdriver.Chrome, name: str) -> WebElement:
    return browser.find_element(By.ID, name)


def wait(browser: webdriver.Chrome, true: Callable[[], Any], seconds: float = 20) -> Any:
    return WebDriverWait(browser, seconds, 0.05, ignored_exceptions=[Exception]).until(lambda _: true())


def start(browser: webdriver.Chrome, url: str) -> None:
    browser.get("about:blank")
    browser.get_log("browser")  # what an earlier page said
    browser.get(url)
    wait(browser, lambda: at(browser, "do-include").is_displayed())


def press(browser: webdriver.Chrome, *keys: str) -> None:
    for key in keys:
        browser.switch_to.active_element.send_keys(key)


def title(browser: webdriver.Chrome) -> str:
    return at(browser, "title").text


def moved(browser: webdriver.Chrome, key: str) -> str:
    """Press a key that decides; the title of the report that was decided."""
    before = title(browser)
    press(browser, key)
    wait(browser, lambda: title(browser) != before and not at(browser, "alert").text)
    return before


def decided(folder: Path, stage: str = "screening") -> list[Decision]:
    return read_people(f"review/decisions/{stage}.csv", root=folder)


def number(row: Decision) -> str:
    return row.record_id.removeprefix("s:")


def test_keys_decide_and_each_decision_is_in_the_table_when_the_next_report_shows(
    browser: webdriver.Chrome, served: Served
) -> None:
    start(browser, served.url)
    shown = [moved(browser, key) for key in ("i", "u", "2")]
    rows = decided(served.folder)
    assert [(row.reviewer, row.decision, row.reason) for row in rows] == [
        ("Ann", "include", ""), ("Ann", "unsure", ""), ("Ann", "exclude", "animals"),
    ]  # fmt: skip
    assert [f"Title {number(row)} of an ulcer" if number(row) != "1" else HOSTILE for row in rows] == shown
    press(browser, "e")
    wait(browser, lambda: at(browser, "reasons").is_displayed())
    before = title(browser)
    press(browser, "1")
    wait(browser, lambda: title(browser) != before)
    assert decided(served.folder)[-1].reason == "design"
    assert "4 decided" in at(browser, "progress").text
    assert browser.get_log("browser") == []


def test_undo_restores_what_stood_before_and_shows_the_report_again(browser: webdriver.Chrome, served: Served) -> None:
    start(browser, served.url)
    first = moved(browser, "i")
    press(browser, "z")
    wait(browser, lambda: title(browser) == first)
    assert [row.decision for row in decided(served.folder)] == ["include", "withdrawn"]
    assert "0 decided" in at(browser, "progress").text
    assert moved(browser, "u") == first
    press(browser, "m")
    wait(browser, lambda: at(browser, "mine-list").text)
    at(browser, "mine-list").find_element(By.TAG_NAME, "button").click()
    wait(browser, lambda: "You decided: Unsure" in at(browser, "standing").text)
    moved(browser, "i")
    press(browser, "z")
    wait(browser, lambda: "You decided: Unsure" in at(browser, "standing").text)
    rows = decided(served.folder)
    assert [row.decision for row in rows] == ["include", "withdrawn", "unsure", "include", "withdrawn"]
    assert rows[4].supersedes == rows[3].decision_id


def test_a_note_is_written_without_deciding_by_its_letters(browser: webdriver.Chrome, served: Served) -> None:
    start(browser, served.url)
    press(browser, "n")
    wait(browser, lambda: browser.switch_to.active_element == at(browser, "note"))
    press(browser, "include? =1+1", Keys.ESCAPE)
    moved(browser, "i")
    assert [(row.decision, row.note) for row in decided(served.folder)] == [("include", "include? =1+1")]
    assert at(browser, "note").get_attribute("value") == ""


def test_keys_can_be_changed_and_switched_off_and_are_remembered(browser: webdriver.Chrome, served: Served) -> None:
    start(browser, served.url)
    press(browser, "?")
    wait(browser, lambda: at(browser, "keys").is_displayed())
    key = browser.find_element(By.CSS_SELECTOR, "#key-rows button[aria-label^=Include]")
    key.send_keys("u")
    assert at(browser, "keys-said").text == "u is the key of Unsure."
    key.send_keys("y")
    press(browser, Keys.ESCAPE)
    start(browser, served.url)
    press(browser, "i")
    moved(browser, "y")
    assert [row.decision for row in decided(served.folder)] == ["include"]
    press(browser, "?")
    at(browser, "keys-on").click()
    press(browser, Keys.ESCAPE)
    press(browser, "y", "u", "1")
    assert len(decided(served.folder)) == 1
    at(browser, "open-keys").click()
    at(browser, "keys-on").click()
    at(browser, "keys-reset").click()
    press(browser, Keys.ESCAPE)
    moved(browser, "i")


def test_search_finds_any_report_and_one_can_decide_on_it(browser: webdriver.Chrome, served: Served) -> None:
    start(browser, served.url)
    press(browser, "/")
    wait(browser, lambda: browser.switch_to.active_element == at(browser, "words"))
    press(browser, "title 17 ")
    wait(browser, lambda: at(browser, "found-count").text == "1 found")
    at(browser, "found").find_element(By.TAG_NAME, "button").click()
    wait(browser, lambda: title(browser) == "Title 17 of an ulcer")
    moved(browser, "i")
    assert [row.record_id for row in decided(served.folder)] == ["s:17"]


def test_hostile_texts_do_nothing_but_stand_there(browser: webdriver.Chrome, served: Served) -> None:
    start(browser, served.url)
    press(browser, "/", "onerror")
    wait(browser, lambda: at(browser, "found-count").text == "1 found")
    assert HOSTILE in at(browser, "found").text
    at(browser, "found").find_element(By.TAG_NAME, "button").click()
    wait(browser, lambda: title(browser) == HOSTILE)
    assert browser.title == "Screening: A review <b>of</b> ulcers"
    assert browser.find_elements(By.CSS_SELECTOR, "article img, article script, #review b") == []
    text = browser.find_element(By.TAG_NAME, "article").text
    assert text.count(HOSTILE) == 5
    assert "Perhaps a duplicate of: Title 2 of an ulcer" in text
    assert browser.get_log("browser") == []


def test_two_reviewers_do_not_see_each_other_and_neither_loses_anything(
    browser: webdriver.Chrome, served: Served
) -> None:
    other = Served(served.folder, "Bob")
    try:
        start(browser, served.url)
        with opened(other.url) as second:
            wait(second, lambda: at(second, "do-include").is_displayed())
            for one, key in (
                (browser, "i"),
                (second, "1"),
                (second, "u"),
                (browser, "2"),
                (browser, "i"),
                (second, "i"),
            ):
                moved(one, key)
            assert "3 decided" in at(browser, "progress").text
            assert f"{REPORTS - 3} wait for you" in at(second, "progress").text
            for page, name in ((browser, "Bob"), (second, "Ann")):
                assert name not in page.find_element(By.TAG_NAME, "body").text
                assert "agree" not in at(page, "progress").text
    finally:
        other.stop()
    rows = decided(served.folder)
    assert sorted(row.reviewer for row in rows) == ["Ann"] * 3 + ["Bob"] * 3
    assert len({row.decision_id for row in rows}) == 6


def test_a_conflict_that_comes_up_while_nothing_waits_is_shown_without_loading_the_page_anew(
    browser: webdriver.Chrome, folder: Path
) -> None:
    page = Served(folder, "Judge")
    try:
        browser.get(page.url)
        wait(browser, lambda: title(browser) == "Nothing waits for you now.")
        press(browser, "i")
        decide(desk(folder, "Ann"), "R2", "include", 1)
        decide(desk(folder, "Bob"), "R2", "exclude", 2)
        wait(browser, lambda: title(browser) == "Title 2 of an ulcer")
        assert {"Ann: Include", "Bob: Exclude: Wrong design"} <= set(at(browser, "standing").text.split("\n"))
        press(browser, "i")
        wait(browser, lambda: title(browser) == "Nothing waits for you now.")
    finally:
        page.stop()
    assert [(row.reviewer, row.decision) for row in decided(folder)][2:] == [("Judge", "include")]


def test_a_decision_made_while_the_server_is_dead_is_kept_and_sent_when_it_is_back(
    browser: webdriver.Chrome, served: Served
) -> None:
    start(browser, served.url)
    moved(browser, "i")
    before = title(browser)
    served.kill()
    press(browser, "u")
    wait(browser, lambda: "Not saved yet" in at(browser, "alert").text)
    assert title(browser) == before
    press(browser, "i")
    served.start()
    wait(browser, lambda: title(browser) != before and not at(browser, "alert").text)
    assert [row.decision for row in decided(served.folder)] == ["include", "unsure"]
    served.kill()
    served.start()
    moved(browser, "i")
    assert [row.decision for row in decided(served.folder)] == ["include", "unsure", "include"]


def test_the_page_goes_on_by_itself_when_the_server_was_away_while_it_asked_for_more(
    browser: webdriver.Chrome, served: Served
) -> None:
    start(browser, served.url)
    browser.execute_script(
        "const ask = fetch; let left = 3;"
        "window.fetch = (path, ...more) => String(path).startsWith('api/next') && left-- > 0"
        " ? Promise.reject(new TypeError('away')) : ask(path, ...more);"
    )
    before = title(browser)
    press(browser, "i")
    wait(browser, lambda: title(browser) != before)
    wait(browser, lambda: "does not answer" in at(browser, "alert").text)
    wait(browser, lambda: not at(browser, "alert").text)
    seen = [moved(browser, "u") for _ in range(6)]
    assert len(set(seen)) == 6
    assert len(decided(served.folder)) == 7


def test_killing_the_server_at_random_loses_no_decision_that_was_shown_as_saved(
    browser: webdriver.Chrome, served: Served
) -> None:
    start(browser, served.url)
    chance = random.Random(7)
    saved = []
    for _ in range(3):
        until = time.monotonic() + chance.uniform(0.3, 1.2)
        while time.monotonic() < until and len(saved) < REPORTS - 4:
            saved.append(moved(browser, "i"))
        pending = title(browser)
        press(browser, "u")
        time.sleep(chance.uniform(0, 0.02))
        served.kill()
        served.start()
        wait(browser, lambda pending=pending: title(browser) != pending and not at(browser, "alert").text)
        saved.append(pending)
    names = [f"Title {number(row)} of an ulcer" if number(row) != "1" else HOSTILE for row in decided(served.folder)]
    assert names == saved


AXE = Path("axe_playwright_python/axe.min.js")


def axe() -> str:
    """The script of axe-core, which a package of the tests carries."""
    found = next((Path(place) / AXE for place in sys.path if (Path(place) / AXE).is_file()), None)
    if found is None:
        pytest.skip("needs the package axe-playwright-python of envs/test.lock (./prismake test installs it)")
    return found.read_text(encoding="utf-8")


def faults(browser: webdriver.Chrome, script: str) -> list[str]:
    browser.execute_script(script)
    found = browser.execute_async_script("const done = arguments[0]; axe.run().then(r => done(r.violations))")
    return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(browser: webdriver.Chrome, served: Served, scheme: str) -> None:
    script = axe()
    start(browser, served.url)
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        moved(browser, "i")
        press(browser, "z")
        wait(browser, lambda: at(browser, "status").text == "Taken back.")
        assert faults(browser, script) == []
        for key, dialog in (("e", "reasons"), ("/", "search"), ("m", "mine"), ("?", "keys")):
            press(browser, key)
            wait(browser, lambda dialog=dialog: at(browser, dialog).is_displayed())
            if dialog == "search":
                press(browser, "ulcer")
                wait(browser, lambda: at(browser, "found").text)
            assert faults(browser, script) == [], dialog
            at(browser, dialog).find_element(By.CSS_SELECTOR, ".close").click()
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_the_tab_key_alone_reaches_every_action_in_order(browser: webdriver.Chrome, served: Served) -> None:
    start(browser, served.url)
    wait(browser, lambda: browser.switch_to.active_element == at(browser, "title"))
    reached = []
    for _ in range(8):
        press(browser, Keys.TAB)
        reached.append(browser.switch_to.active_element.get_attribute("id"))
    wanted = ["note", "do-include", "do-exclude", "do-unsure", "do-undo"]
    assert [name for name in reached if name in wanted] == wanted
    while browser.switch_to.active_element.get_attribute("id") != "do-exclude":
        press(browser, Keys.TAB)
    before = title(browser)
    press(browser, Keys.ENTER)
    wait(browser, lambda: at(browser, "reasons").is_displayed())
    press(browser, Keys.ENTER)
    wait(browser, lambda: title(browser) != before)
    assert [row.reason for row in decided(served.folder)] == ["design"]


def test_a_phone_shows_everything_within_its_width_and_the_buttons_at_once(
    browser: webdriver.Chrome, served: Served
) -> None:
    size = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        start(browser, served.url)
        press(browser, "/", "onerror")
        wait(browser, lambda: at(browser, "found").text)
        assert browser.execute_script("return document.querySelector('#search').scrollWidth") <= 390
        at(browser, "found").find_element(By.TAG_NAME, "button").click()
        wait(browser, lambda: title(browser) == HOSTILE)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        boxes = [at(browser, name).rect for name in ("do-include", "do-exclude", "do-unsure", "do-undo")]
        assert all(box["height"] >= 44 and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
        bottom = browser.execute_script("return document.querySelector('#deciding').getBoundingClientRect().bottom")
        assert bottom <= 844
        at(browser, "do-include").click()
        wait(browser, lambda: title(browser) != HOSTILE)
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

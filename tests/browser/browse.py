"""A browser without network for the tests of pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

CHROMIUM, DRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
needs_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER), reason="needs Chromium and chromedriver (apt install chromium-driver)"
    ),
]
marks = [*needs_browser, pytest.mark.workflow, pytest.mark.xdist_group("shipped")]
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars"
)


@contextmanager
def opened(path: Path | str) -> Iterator[webdriver.Chrome]:
    """The page of a file or at an address, in a window of 1400 by 1000."""
    options = Options()
    for flag in FLAGS.split():
        options.add_argument(flag)
    options.binary_location = CHROMIUM or ""
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        browser.set_window_size(1400, 1000)
        browser.get(path.as_uri() if isinstance(path, Path) else path)
        yield browser
    finally:
        browser.quit()

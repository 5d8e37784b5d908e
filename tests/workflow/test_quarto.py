"""The reports as Quarto renders them, which is the first path of those who have it."""

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import docx
import pytest
from conftest import Review, jobs, render_by
from docx.oxml.ns import qn
from prismake.problems import InputError
from prismake.report.render import choose
from pypdf import PdfReader


def missing() -> str | None:
    """Why Quarto cannot be tested here."""
    try:
        choose("quarto")
    except InputError as fault:
        return f"needs Quarto 1.9 or later (https://quarto.org): {fault.problems[0].found}"
    return None


MISSING = missing()
pytestmark = [
    pytest.mark.workflow,
    pytest.mark.quarto,
    pytest.mark.xdist_group("shipped"),
    pytest.mark.skipif(MISSING is not None, reason=MISSING or ""),
]


@pytest.fixture(scope="module")
def rendered(shipped: Review, tmp_path_factory: pytest.TempPathFactory) -> Review:
    """The finished shipped review, rendered anew by Quarto."""
    folder = tmp_path_factory.mktemp("quarto") / "clone"
    shutil.copytree(shipped.folder, folder, symlinks=True)
    render_by(folder, "quarto")
    review = Review(folder, folder)
    assert jobs(review.run().stdout) == {"write_report": 1, "render_report": 3, "all": 1}
    return review


def words(review: Review, kind: str) -> str:
    """The text of the report, on one line."""
    path = review.path(f"results/report/report.{kind}")
    if kind == "pdf":
        text = "\n".join(page.extract_text() for page in PdfReader(path).pages)
    elif kind == "docx":
        # Quarto sets a table with its caption inside another table, where python-docx's own lists do not look
        paragraphs = docx.Document(str(path)).element.iter(qn("w:p"))
        text = "\n".join("".join(run.text or "" for run in each.iter(qn("w:t"))) for each in paragraphs)
    else:
        text = re.sub(r"<[^>]+>", "", path.read_text(encoding="utf-8"))
    return " ".join(text.split())


@pytest.mark.parametrize("kind", ["html", "docx", "pdf"])
def test_every_reference_and_fragment_is_resolved(rendered: Review, kind: str) -> None:
    text = words(rendered, kind)
    assert "Cell therapy for diabetic foot ulcers" in text
    for heading in ("From records to studies", "Complete ulcer healing", "Provenance"):
        assert heading in text
    assert not re.findall(r"\?@(?:fig|tbl|sec)-|@(?:fig|tbl|sec)-\w+|\{\{<|:::", text)
    version = subprocess.run(["quarto", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    assert version in text


def test_every_figure_is_in_every_format(rendered: Review) -> None:
    fragments = rendered.path("results/report/source/fragments").glob("*.md")
    figures = sum(path.read_text(encoding="utf-8").count("{#fig-") for path in fragments)
    assert figures >= 10
    page = rendered.path("results/report/report.html").read_text(encoding="utf-8")
    assert len(re.findall(r"<figcaption", page)) >= figures
    assert 'id="flow-included"' in page
    assert not re.findall(r"<(?:img|script|link)[^>]+(?:src|href)=\"(?!data:|#)[^\"]+\"", page)
    with zipfile.ZipFile(rendered.path("results/report/report.docx")) as archive:
        assert len([name for name in archive.namelist() if name.startswith("word/media/")]) >= figures
    assert len(re.findall(r"Figure\s\d+", words(rendered, "pdf"))) >= figures


def test_quarto_makes_the_same_bytes_again(rendered: Review, tmp_path: Path) -> None:
    before = rendered.results()
    folder = tmp_path / "elsewhere"
    shutil.copytree(rendered.folder, folder, symlinks=True)
    shutil.rmtree(folder / "results/report")
    again = Review(folder, folder)
    again.run("--cores", "1")
    assert again.results() == before


HOSTILE = r"""- <script>alert(1)</script> =cmd() $\mathit{x}$ @fig-flow {{< include x >}} ::: `a` | b [c](d)"""


def test_hostile_text_is_plain_text_by_quarto_too(small: Review) -> None:
    render_by(small.folder, "quarto")
    export = small.path("review/searches/embase.ris")
    text = export.read_text(encoding="utf-8")
    export.write_text(text.replace("Cells heal ulcers of the diabetic foot", HOSTILE), encoding="utf-8")
    small.run()
    page = small.path("results/report/report.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    for kind in ("docx", "pdf"):
        shown = words(small, kind).replace(" ", "")
        assert HOSTILE.replace(" ", "") in shown

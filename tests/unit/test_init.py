"""A new review folder under git."""

import datetime
import shutil
import subprocess
from pathlib import Path

import pytest
from prismake.init import GIT, make_review

ROOT = Path(__file__).resolve().parents[2]
needs_git = pytest.mark.skipif(not shutil.which("git"), reason="needs git")


def test_the_shipped_review_is_kept_as_a_new_one_is() -> None:
    assert (ROOT / ".gitattributes").read_text() == GIT[".gitattributes"]


@needs_git
def test_decisions_of_two_branches_merge_into_one_table(tmp_path: Path) -> None:
    review = tmp_path / "review"
    make_review(review, datetime.date(2025, 1, 1))
    (review / "results").mkdir()
    (review / "results/report.html").write_text("computed")
    table, export = review / "review/decisions/screening.csv", review / "review/searches/export.ris"
    export.write_bytes(b"TY  - JOUR\r\nTI  - A title\nER  - \r\n")

    def git(*words: str) -> bytes:
        as_nobody = ("-c", "user.name=n", "-c", "user.email=e", "-c", "core.autocrlf=true", "-c", "core.safecrlf=false")
        return subprocess.run(["git", *as_nobody, *words], cwd=review, check=True, capture_output=True).stdout

    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "start")
    before = table.read_bytes()
    rows = {name: f"{name}-1,embase:1,title_abstract,{name},include\n".encode() for name in ("ada", "ben")}
    for name, row in rows.items():
        git("switch", "-q", "-c", name, "main")
        with table.open("ab") as handle:
            handle.write(row)
        git("commit", "-q", "-a", "-m", name)
    git("merge", "-q", "-m", "both", "ada")
    assert sorted(table.read_bytes().removeprefix(before).splitlines(keepends=True)) == sorted(rows.values())
    assert git("show", "HEAD:review/searches/export.ris") == export.read_bytes()
    assert b"results" not in git("ls-files")

"""Rendering the report: Quarto where it is installed, else pandoc with Typst; both read one source."""

import io
import re
import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path

from ..problems import InputError, Problem
from ..tables import whole

STATIC = (
    "report.qmd", "styles.css", "pandoc.css", "quarto_compat.lua", "tall_figures.lua", "typst_text.lua", "word_lists.lua",
    "header.typ", "page.yml",
)  # fmt: skip
"""The files of ``workflow/report`` that every report is made with."""

MANIFEST = "files.txt"
"""Names the files of a report's source."""

QUARTO_FORMAT = {"html": "html", "docx": "docx", "pdf": "typst"}
QUARTO_LEAST = (1, 9)


def choose(renderer: str) -> str:
    """Name and version of the renderer that config.yaml asks for.

    Parameters
    ----------
    renderer : str
        ``quarto``, ``pandoc``, or ``auto``: Quarto 1.9 or later where it is on PATH, else pandoc.

    Raises
    ------
    InputError
        When the renderer that was asked for by name is missing or too old.
    """
    quarto = None if renderer == "pandoc" else _quarto_version()
    if quarto and tuple(map(int, quarto.split(".")[:2])) >= QUARTO_LEAST:
        return f"quarto {quarto}"
    if renderer == "quarto":
        found = f"Quarto {quarto}" if quarto else "no quarto on PATH"
        mend = "Install it from https://quarto.org, or set report.renderer: auto."
        raise InputError(Problem("config.yaml, key report.renderer", found, "Quarto 1.9 or later", mend))
    return f"pandoc {_pandoc_version()}"


def _quarto_version() -> str | None:
    if not shutil.which("quarto"):
        return None
    said = subprocess.run(["quarto", "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"\d+\.\d+(?:\.\d+)?", said.stdout)
    return match.group(0) if match else None


def _pandoc() -> str:
    """The pandoc that the lock installs, or the one on PATH."""
    try:
        import pypandoc

        return str(pypandoc.get_pandoc_path())
    except (ImportError, OSError):
        return "pandoc"


def _pandoc_version() -> str:
    try:
        said = subprocess.run([_pandoc(), "--version"], capture_output=True, text=True, check=True).stdout
    except OSError as error:
        mend = "Install pandoc 3 (PyPI pypandoc_binary) or Quarto 1.9."
        raise InputError(Problem("report", "neither Quarto nor pandoc", "one of them", mend)) from error
    return said.split()[1]


def render(source: Path, to: str, out: Path, renderer: str) -> None:
    """Render a report to one format; the document is whole or absent.

    Parameters
    ----------
    source : Path
        The folder with ``report.qmd``, its fragments and figures.
    to : str
        ``html``, ``docx`` or ``pdf``.
    out : Path
        The document.
    renderer : str
        As `choose` gives it.

    Raises
    ------
    RuntimeError
        When the renderer fails or warns: a missing image or reference would otherwise pass in silence.
    InputError
        When a file that was written to the folder is no longer there.
    """
    _check(source)
    with tempfile.TemporaryDirectory(prefix="prismake-") as folder:
        build = Path(folder) / "report"
        shutil.copytree(source, build)
        _link_fonts(build / "fonts")
        made = (_by_quarto if renderer.startswith("quarto") else _by_pandoc)(build, to)
        with whole(out) as part:
            shutil.copyfile(made, part)


def manifest(source: Path) -> str:
    """The files of a report's source, one a line: Snakemake sees that the folder is there, not what it lacks."""
    files = (path for path in source.rglob("*") if path.is_file() and path.name != MANIFEST)
    return "".join(f"{path.relative_to(source).as_posix()}\n" for path in sorted(files))


def _check(source: Path) -> None:
    """Every file that was written must be there."""
    listing = source / MANIFEST
    named = listing.read_text(encoding="utf-8").splitlines() if listing.is_file() else [MANIFEST]
    lost = [name for name in named if not (source / name).is_file()]
    if lost:
        mend = f"Delete the folder {source} and run again: it is written anew."
        raise InputError(Problem(str(source), f"no {', '.join(lost)}", "every file that the report is made from", mend))


def fonts() -> list[Path]:
    """Font files that come with the lock: what the figures are drawn with, and Chinese, Japanese and Korean."""
    import importlib.util

    import matplotlib

    files = sorted(Path(matplotlib.get_data_path(), "fonts", "ttf").glob("DejaVuSans*.ttf"))
    cjk = importlib.util.find_spec("manimgx_fonts_cjk")
    if cjk is not None and cjk.submodule_search_locations:
        files += sorted(Path(cjk.submodule_search_locations[0]).glob("*.ttc"))
    return files


def _link_fonts(folder: Path) -> None:
    folder.mkdir()
    for file in fonts():
        (folder / file.name).symlink_to(file)


FATAL = re.compile(r"resolve|fetch|not found|missing|undefined|unknown (?!font)|could not", re.IGNORECASE)
"""Warnings that mean that something of the report is not in the document; both renderers go on after them."""


def _run(command: list[str], build: Path) -> None:
    """Run a command in the build folder; a failure, or a warning that something was left out, is an error."""
    done = subprocess.run(command, cwd=build, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr, sep="\n")
    warned = [line for line in done.stderr.splitlines() if re.search(r"WARN|warning:", line) and FATAL.search(line)]
    if done.returncode or warned:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stderr}")


def _by_quarto(build: Path, to: str) -> Path:
    _run(["quarto", "render", "report.qmd", "--to", QUARTO_FORMAT[to]], build)
    return build / f"report.{to}"


def _by_pandoc(build: Path, to: str) -> Path:
    whole_text = _with_fragments((build / "report.qmd").read_text(encoding="utf-8"), build)
    (build / "whole.md").write_text(whole_text, encoding="utf-8")
    command = [
        _pandoc(), "whole.md", "--from=markdown", "--standalone", "--fail-if-warnings",
        "--metadata-file=meta.yml", "--lua-filter=tall_figures.lua", "--lua-filter=quarto_compat.lua",
        "--lua-filter=typst_text.lua", "--lua-filter=word_lists.lua",
    ]  # fmt: skip
    if to == "html":
        _run(
            [
                *command, "--to=html5", "--output=report.html", "--embed-resources", "--mathml", "--toc", "--toc-depth=3",
                "--css=styles.css", "--css=pandoc.css", "--section-divs", "--default-image-extension=svg",
            ],
            build,
        )  # fmt: skip
    elif to == "docx":
        _run(
            [
                *command, "--to=docx", "--output=report.docx", "--default-image-extension=png",
                "--reference-doc=reference.docx",
            ],
            build,
        )  # fmt: skip
    else:
        _run(
            [
                *command, "--to=typst", "--output=report.typ", "--default-image-extension=svg", "--toc", "--toc-depth=2",
                "--include-in-header=header.typ", "--metadata-file=page.yml",
            ],
            build,
        )  # fmt: skip
        _typst(build)
    return build / f"report.{to}"


def _with_fragments(text: str, build: Path) -> str:
    """Put the fragments in, as Quarto does."""
    include = re.compile(r"^\{\{< include (\S+) >\}\}$", re.MULTILINE)
    return include.sub(lambda match: (build / match.group(1)).read_text(encoding="utf-8"), text)


def _typst(build: Path) -> None:
    import typst

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        typst.compile(
            str(build / "report.typ"),
            output=str(build / "report.pdf"),
            font_paths=[str(build / "fonts")],
            ignore_system_fonts=True,
        )


def pandoc_reference() -> io.BytesIO:
    """Pandoc's default styles for Word, by pandoc itself or by the one inside Quarto."""
    command = [_pandoc()] if _has(_pandoc()) else ["quarto", "pandoc"]
    said = subprocess.run([*command, "--print-default-data-file=reference.docx"], capture_output=True, check=True)
    return io.BytesIO(said.stdout)


def _has(program: str) -> bool:
    return shutil.which(program) is not None

"""``prismake init DIR``: a review folder with a commented configuration and empty tables."""

import datetime
import shlex
import sys
from pathlib import Path

from .people import EXTRACTED, PEOPLE, header

TEMPLATE = Path(__file__).resolve().parents[2] / "init" / "config.yaml"
README = """# A review with prismake

1. Write the protocol into `config.yaml`.
2. Put each export into `review/searches/<date>/` and name it under `sources`.
3. Run `{command}` and read `results/report/report.html`: it says what is to do next.
4. Screen on a page, `{screen}`, or decide on records in
   `review/decisions/`; their ids stand in `results/search/records.csv`.
5. Describe included studies in `review/studies.csv`, `arms.csv` and `comparisons.csv`; extract figures into
   `review/extraction/` (copy `example.csv` for each outcome that `config.yaml` names); answer the signalling questions in
   `review/bias/rob2.csv`.
"""

GIT = {
    ".gitignore": "/results/\n/logs/\n/.snakemake/\n",
    ".gitattributes": """# Exports stay as they were downloaded, byte by byte.
review/searches/** -text
# Decisions are only ever appended: those of two people merge into one table.
review/decisions/*.csv -text merge=union
""",
}
"""What a review under git leaves out, and how it treats its files."""


def make_review(folder: Path, today: datetime.date) -> list[Path]:
    """Make a review folder.

    Parameters
    ----------
    folder : Path
        Must not exist, or be empty.
    today : date
        Becomes the date of the protocol.

    Returns
    -------
    list of Path
        The files that were made.

    Raises
    ------
    FileExistsError
        When the folder holds anything: nothing is overwritten.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} is not empty; init makes a new folder and overwrites nothing")
    place = f"--directory {shlex.quote(str(folder))}"
    files = {
        "config.yaml": TEMPLATE.read_text(encoding="utf-8").replace("@TODAY@", today.isoformat()),
        "README.md": README.format(command=f"./prismake {place}", screen=f"./prismake screen --reviewer NAME {place}"),
        **GIT,
        "review/extraction/example.csv": ",".join(EXTRACTED[0].model_fields) + "\n",
        **{path: ",".join(header(path)) + "\n" for path in PEOPLE},
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "review/searches/strategies").mkdir(parents=True)
    return [folder / name for name in files]


def main(arguments: list[str]) -> int:
    """Entry of ``python -m prismake.init DIR``."""
    folder = Path(arguments[0])
    try:
        made = make_review(folder, datetime.date.today())
    except OSError as error:
        print(f"prismake: {error}", file=sys.stderr)
        return 1
    print(f"{len(made)} files in {folder}. Write the protocol into {folder / 'config.yaml'}, then run:")
    print(f"  ./prismake --directory {shlex.quote(str(folder))}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

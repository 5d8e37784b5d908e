"""What the screening page costs on many reports: screening_page.py [COUNT] prints times and memory.

Reports are made up and written as deduplication writes them. Timed are the start without the first ranking, the answers
that a reviewer waits for, each the slowest of several, and the memory of the server; a second reviewer's decisions stand
in the table already.
"""

import datetime
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "workflow" / "scripts"))

from prismake.configfile import load  # noqa: E402
from prismake.init import make_review  # noqa: E402
from prismake.people import header  # noqa: E402
from prismake.tables import BIBLIOGRAPHY, CLUSTERS, LIST, REPORTS, write_parquet  # noqa: E402

DECIDED = 20_000
WORDS = 200


def make(folder: Path, count: int) -> None:
    """A review folder with so many reports, a part of them decided by another reviewer."""
    make_review(folder, datetime.date(2025, 1, 1))
    random = np.random.default_rng(1)
    vocabulary = np.array([f"word{n}" for n in range(30_000)])
    share = 1 / np.arange(1, len(vocabulary) + 1)
    blank: dict[str, Any] = {column: [] if REPORTS[column] == LIST else "" for column in BIBLIOGRAPHY}
    reports = []
    words = vocabulary[:0]
    for n in range(count):
        if n % 100 == 0:  # drawing is slow: a hundred reports have the same words in another order
            words = vocabulary[random.choice(len(vocabulary), WORDS, p=share / share.sum())]
        random.shuffle(words)
        row = blank | {"title": " ".join(words[:12]), "abstract": " ".join(words), "year": 1990 + n % 35}
        row |= {"authors": [f"Author{n % 977}, A", "Other, B"], "journal": f"Journal {n % 313}"}
        reports.append({"report_id": f"R-{n:06}", "record_ids": [f"s:{n}"], "sources": ["s"], **row})
    write_parquet(folder / "results/dedup/reports.parquet", REPORTS, reports)
    clusters = [{"record_id": f"s:{n}", "report_id": f"R-{n:06}", "represents": True} for n in range(count)]
    write_parquet(
        folder / "results/dedup/clusters.parquet",
        CLUSTERS,
        [row | {"because": "", "decided_by": ""} for row in clusters],
    )
    path = "review/decisions/screening.csv"
    lines = [f"d{n},s:{n},title_abstract,Bob,include,,,2025-01-01," for n in range(min(DECIDED, count // 2))]
    (folder / path).write_text("\n".join([",".join(header(path)), *lines]) + "\n", encoding="utf-8")
    config = (folder / "config.yaml").read_text(encoding="utf-8")
    source = "sources: {s: {name: S, searches: [{date: 2025-01-01, file: review/searches/s.ris}]}}"
    (folder / "config.yaml").write_text(config.replace("sources: {}", source), encoding="utf-8")
    (folder / "review/searches/s.ris").write_text("", encoding="utf-8")


def slowest(work: Callable[[int], Any], times: int = 20) -> str:
    """The longest of several runs, by the clock and in processor time."""
    taken, cost = [], []
    for n in range(times):
        before, spent = time.perf_counter(), time.process_time()
        work(n)
        taken.append(time.perf_counter() - before)
        cost.append(time.process_time() - spent)
    return f"{1000 * max(taken):8.1f} ms, {1000 * max(cost):8.1f} ms CPU"


def measure(folder: Path) -> None:
    """Print what the page costs."""
    before = time.perf_counter()
    from prismake.screening.desk import Desk
    from prismake.screening.order import Order
    from prismake.screening.page.guard import Guard
    from prismake.screening.page.server import make_app

    desk = Desk(folder, load(folder / "config.yaml"), "title_abstract", "Ann")
    order = Order(desk)
    guard = Guard("127.0.0.1", 8470, key="k")
    client = make_app(desk, order, guard).test_client()
    host = {"base_url": "http://127.0.0.1:8470"}
    spent = time.process_time()
    print(f"{'start':16} {1000 * (time.perf_counter() - before):8.1f} ms, {1000 * spent:8.1f} ms CPU")
    order.consider = lambda: None  # type: ignore[method-assign]
    upcoming = [report for report, _ in zip(order.upcoming(), range(100), strict=False)]

    def decide(n: int) -> None:
        body = {"report": upcoming[n], "id": f"S-{n:016x}", "expected": [], "decision": "include"}
        assert client.post("/api/decide", json=body, headers={"X-Prismake-Key": "k"}, **host).status_code == 200

    def shown(n: int) -> None:
        body = {"report": upcoming[n], "how": "next"}
        assert client.post("/api/shown", json=body, headers={"X-Prismake-Key": "k"}, **host).status_code == 200

    for name, work in {
        "next 5 reports": lambda n: client.get("/api/next?count=5", **host),
        "decide": decide,
        "shown": shown,
        "any report": lambda n: client.get(f"/api/report?id={desk.shelf.ids[n * 991 % len(desk.shelf)]}", **host),
        "own decisions": lambda n: client.get("/api/mine", **host),
        "search": lambda n: client.get("/api/search?q=word1+author5", **host),
    }.items():
        print(f"{name:16} {slowest(work)}")
    print(f"{'memory':16} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:8.0f} MB")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(Path(sys.argv[2]))
    else:
        import subprocess

        with tempfile.TemporaryDirectory() as made:
            count = sys.argv[1] if len(sys.argv) > 1 else "100000"
            make(Path(made) / "review", int(count))
            subprocess.run([sys.executable, __file__, count, str(Path(made) / "review")], check=True)

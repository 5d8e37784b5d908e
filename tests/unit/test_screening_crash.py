"""A server that is killed again and again while decisions come in loses none that it called saved."""

import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPException
from pathlib import Path
from urllib.request import Request, urlopen

from prismake.people import read_people
from screening_cases import act_id, make_folder, report

KILLS = 20
SERVER = """
import sys, pathlib
sys.path[:0] = sys.argv[3:]
from waitress import serve
from prismake.screening.order import Order
from prismake.screening.page.guard import Guard
from prismake.screening.page.server import make_app
from screening_cases import desk
Order.consider = lambda self: None
at = desk(pathlib.Path(sys.argv[1]))
guard = Guard("127.0.0.1", int(sys.argv[2]), key="k")
serve(make_app(at, Order(at), guard), host="127.0.0.1", port=guard.port, _quiet=True)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    def __init__(self, folder: Path) -> None:
        here = Path(__file__).resolve()
        self.port = free_port()
        self.words = [str(folder), str(self.port), str(here.parent), str(here.parents[2] / "workflow/scripts")]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", SERVER, *self.words])
        while not self.answers():
            assert self.process.poll() is None
            time.sleep(0.02)

    def answers(self) -> bool:
        try:
            urlopen(f"http://127.0.0.1:{self.port}/api/session").close()
        except OSError:
            return False
        return True

    def send(self, number: int) -> bool:
        """Decide on one report; whether the server said that it is saved."""
        body = {"report": f"R{number}", "id": act_id(number), "expected": [], "decision": "include", "note": "n" * 900}
        asked = Request(
            f"http://127.0.0.1:{self.port}/api/decide",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "X-Prismake-Key": "k"},
        )
        try:
            with urlopen(asked) as answer:
                return bool(json.load(answer)["saved"] == [act_id(number)])
        except (OSError, ValueError, HTTPException):
            return False

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def test_killing_the_server_at_random_loses_no_decision_that_it_called_saved(tmp_path: Path) -> None:
    total = 3000
    folder = make_folder(tmp_path / "review", [report(n) for n in range(total)])
    server, chance = Server(folder), random.Random(20)
    saved: list[int] = []
    number = 0
    for _ in range(KILLS):
        killer = threading.Timer(chance.uniform(0, 0.25), server.kill)
        killer.start()
        while number < total and server.send(number):
            saved.append(number)
            number += 1
        killer.join()
        server.start()
        assert server.send(number), "a decision whose fate was unknown is sent again"
        saved.append(number)
        number += 1
    server.kill()
    rows = read_people("review/decisions/screening.csv", root=folder)
    assert [row.decision_id for row in rows] == [act_id(n) for n in saved]
    assert len(saved) > KILLS
    assert not list(folder.glob("review/decisions/*.torn"))

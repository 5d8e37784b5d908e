"""The screening page as a user starts it: a process of its own, that can be killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

from conftest import ROOT


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """``prismake screen`` of one reviewer on a review folder."""

    def __init__(self, folder: Path, reviewer: str, port: int = 0, *more: str) -> None:
        self.folder, self.reviewer, self.port, self._more = folder, reviewer, port or free_port(), more
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start it and wait until it answers."""
        words = ["--reviewer", self.reviewer, "--directory", str(self.folder), "--port", str(self.port), *self._more]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "prismake.screening.screen", *words],
            env=os.environ | {"PYTHONPATH": str(ROOT / "workflow/scripts")},
            stdout=subprocess.DEVNULL,
        )
        for _ in range(600):
            try:
                urlopen(self.url + "api/session").close()
                return
            except OSError:
                assert self.process.poll() is None, "the page did not start"
                time.sleep(0.1)
        raise AssertionError("the page does not answer")

    def kill(self) -> None:
        """Kill it as a power cut does: nothing of it can tidy up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()

"""``prismake screen --reviewer NAME``: the screening page of one reviewer."""

import argparse
import errno
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from ..configfile import load
from ..problems import InputError, Problem, show
from ..wording import many
from .decisions import PATHS
from .desk import Desk
from .offline import run
from .order import Order
from .sampling import draw

PORT = 8470
"""Where the page is served when no port is named; the next free one when another page has it."""
FIRST_RANKING = 5
"""Seconds that the start waits for the first ranking; a longer one is finished while the page is open."""


def main(arguments: Sequence[str]) -> int:
    """Entry of ``python -m prismake.screening.screen``; 1 when an input is at fault."""
    asked = _parser().parse_args(arguments)
    try:
        root = Path(asked.directory).resolve()
        desk = Desk(root, load(root / "config.yaml"), asked.stage, asked.reviewer)
        if asked.sample != 0:
            print(draw(desk, asked.sample))
        elif asked.export:
            print(run.export(desk, Path(asked.export), asked.batch))
        elif asked.taken:
            print(
                run.take_in(
                    desk, Path(asked.taken), run.Asked(asked.named, asked.decision, tuple(asked.reason), asked.partly)
                )
            )
        else:
            _serve(desk, asked.host, asked.port, asked.token)
            print("\nThe page is closed; every decision is in the table.")
    except (InputError, OSError) as fault:
        print(fault, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./prismake screen",
        description="Screen on a page in the browser, or offline. Decisions go to review/decisions/.",
    )
    parser.add_argument("--reviewer", required=True, metavar="NAME", help="who decides; stands beside each decision")
    parser.add_argument("--stage", choices=list(PATHS), default="title_abstract")
    parser.add_argument("--directory", default=".", metavar="DIR", help="the review folder; the current one by default")
    parser.add_argument("--port", type=_port, default=None, metavar="N", help=f"by default {PORT} or the next free one")
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="H", help="an address of this machine; others need --token"
    )
    parser.add_argument(
        "--token", default="", metavar="T", help="asked of every browser; wise where others share the machine"
    )
    parser.add_argument(
        "--sample",
        type=_sample,
        default=0,
        metavar="N",
        help="draw N unread reports at random, to be read first; auto: as many as the declared recall needs",
    )
    offline = parser.add_argument_group("offline")
    offline.add_argument(
        "--export", metavar="FILE", help="write the next reports to a file .xlsx or .ris to be labelled"
    )
    offline.add_argument("--batch", type=_count, default=100, metavar="N", help="how many reports (100)")
    offline.add_argument(
        "--import", dest="taken", metavar="FILE", help="read a labelled file: ours, Rayyan's, Covidence's"
    )
    offline.add_argument("--named", default="", metavar="NAME", help="who the reviewer is in a file of Rayyan")
    offline.add_argument(
        "--decision", default="", metavar="D", help="the decision on every entry, for a list of Covidence"
    )
    offline.add_argument(
        "--reason",
        action="append",
        default=[],
        metavar="WORDS=KEY",
        help="which reason of the protocol the file's words are",
    )
    offline.add_argument("--partly", action="store_true", help="leave out entries that are no report of this review")
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise argparse.ArgumentTypeError("a whole number from 1")
    return int(text)


def _sample(text: str) -> int | None:
    return None if text == "auto" else _count(text)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def _serve(desk: Desk, host: str, port: int | None, token: str) -> None:
    """Serve the page until it is stopped."""
    from waitress import serve

    from .page.guard import LARGEST_REQUEST, Guard, is_loopback
    from .page.progress import Here, calibration_line
    from .page.server import make_app

    Guard(host, port or PORT, token)  # said before anything takes time
    order = Order(desk)
    order.consider()
    print(f"{many(len(desk.reports), 'report')}, {desk.waiting():,} of them for {desk.reviewer} ...", flush=True)
    if said := calibration_line(Here(desk, order)):
        print(said, flush=True)
    order.wait(FIRST_RANKING)
    listening = _listen(host, port)
    guard = Guard(host, listening.getsockname()[1], token)
    for notice in desk.notices:
        print(f"prismake: {notice}", file=sys.stderr)
    print(f"The page: {guard.address}\nStop it with Ctrl-C. Each decision is on disk before the next report is shown.")
    if not is_loopback(host):
        print("prismake: what is sent is not encrypted; use it in a network that you trust", file=sys.stderr)
    sys.stdout.flush()
    app = make_app(desk, order, guard)
    serve(app, sockets=[listening], threads=6, max_request_body_size=LARGEST_REQUEST, ident="prismake", _quiet=True)


def _listen(host: str, port: int | None) -> socket.socket:
    """A socket on the port asked for, or on the first free one from `PORT`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in [port] if port else range(PORT, PORT + 50):
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, candidate))
            listening.listen(1024)  # here: until one listens, two processes can be bound to one port
            return listening
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                listening.close()
                found = f"{show(host)} ({error.strerror})"
                raise InputError(Problem("--host", found, "an address of this machine")) from error
            listening.close()
            found = f"{host}:{candidate}, which cannot be had ({error.strerror})"
    raise InputError(Problem("--port", found, "a free port of this machine", "Name another one with --port."))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What every rule's script shares: its log, and how it ends when an input is at fault."""

import contextlib
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .problems import InputError


@contextlib.contextmanager
def job(snakemake: Any) -> Iterator[None]:
    """Run the body of a script: output goes to the rule's log, faults of inputs to the user.

    A fault is written to the log, to the terminal, and beside the log as ``*.problems``, which the Snakefile gathers
    when a run ends in error. The exit code is then 1, and no half-written output stands.
    """
    log = Path(snakemake.log[0])
    log.parent.mkdir(parents=True, exist_ok=True)
    told = log.with_suffix(".problems")
    told.unlink(missing_ok=True)
    terminal = sys.stderr
    with (
        log.open("w", encoding="utf-8") as handle,
        contextlib.redirect_stdout(handle),
        contextlib.redirect_stderr(handle),
    ):
        try:
            yield
        except InputError as fault:
            for out in (handle, terminal):
                print(fault, file=out)
            told.write_text(f"{fault}\n", encoding="utf-8")
            sys.exit(1)
        except Exception:
            traceback.print_exc(file=handle)
            raise

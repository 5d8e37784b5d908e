"""Files that only grow and that several processes write to at once: each piece is on disk whole, or not there.

The lock is on the file itself. A program that replaces the file, as spreadsheets do when they save, makes a new one:
then the new one is locked.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(path: Path) -> Iterator[int]:
    """Give the descriptor of a file that no other process which asks so can write to meanwhile."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_still(descriptor, path):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _is_still(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def append(descriptor: int, data: bytes) -> None:
    """Put a piece at the end of a held file and wait until the disk has it.

    Raises
    ------
    OSError
        When the disk does not take all of it; the file is then as it was.
    """
    before = os.fstat(descriptor).st_size
    try:
        if os.write(descriptor, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, before)
        raise


def start(path: Path, header: str) -> None:
    """Make a file with its header where there is none; of two processes that do so at once, one does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    if path.exists():
        return
    try:
        part.write_text(header + "\n", encoding="utf-8")
        with part.open("rb") as handle:
            os.fsync(handle.fileno())
        os.link(part, path)
    except FileExistsError:
        return
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(path.parent)


def set_aside(path: Path, tail: bytes) -> Path:
    """Move the end of a file, which a crash cut off, into a file ``.torn`` beside it.

    The piece is on disk there before it is gone here.
    """
    aside = path.with_name(path.name + ".torn")
    with held(path) as descriptor:
        size = os.fstat(descriptor).st_size
        if os.pread(descriptor, len(tail), size - len(tail)) != tail:
            return aside  # another process was faster
        with aside.open("ab") as handle:
            handle.write(tail + b"\n")
            handle.flush()
            os.fsync(handle.fileno())
        _sync_folder(path.parent)
        os.ftruncate(descriptor, size - len(tail))
        os.fsync(descriptor)
    return aside


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""The place of a damaged database: kept under another name, and taken by a whole one, whenever the power is cut."""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .folders import sync

BESIDE = ("-wal", "-shm")  # files that SQLite keeps beside a database


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keeps out every other process that would set the same file aside."""
    lock = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def set_aside(path: Path) -> Path:
    """Gives a database and its log a second name, which nothing had before, durably, and returns it."""
    stamp = time.strftime("%Y%m%dT%H%M%S")
    names = (f"{path.name}.damaged-{stamp}{f'-{i}' * (i > 0)}" for i in range(10**6))
    aside = next(new for name in names if not (new := path.with_name(name)).exists())
    for end in ("-wal", ""):
        old, new = (each.with_name(each.name + end) for each in (path, aside))
        with suppress(FileNotFoundError):
            try:
                os.link(old, new)
            except PermissionError:  # a file system without links
                shutil.copy2(old, new)
    sync(path.parent)
    return aside


def healing(path: Path) -> Path:
    """Where the new database lies, whole, until it takes the place of the damaged one."""
    return path.with_name(f".{path.name}.healed")


def finish_healing(path: Path) -> None:
    """Puts the new database, if there is one, in its place; the old log goes first, as it must never lie beside it."""
    new = healing(path)
    if not new.exists():
        return
    for end in BESIDE:
        path.with_name(path.name + end).unlink(missing_ok=True)
    sync(path.parent)
    new.replace(path)
    sync(path.parent)


def remove(path: Path) -> None:
    """Removes a database that has come to nothing, if there is one."""
    for name in (path.name, *(path.name + end for end in BESIDE)):
        path.with_name(name).unlink(missing_ok=True)

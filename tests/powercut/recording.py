"""What a program does to the files of a folder, and what it says meanwhile, as strace tells it."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

CALLS = (
    "openat,open,creat,close,write,pwrite64,writev,pwritev,pwritev2,lseek,fsync,fdatasync,sync,syncfs,sync_file_range,"
    "ftruncate,truncate,fallocate,rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,mkdir,mkdirat,rmdir,dup,"
    "dup2,dup3,fcntl,sendfile,copy_file_range"
)
CALL = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+)")
STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
HARMLESS = {"close", "lseek", "fcntl", "rmdir"}  # they change nothing on a disk, as far as is not seen elsewhere


@dataclass(frozen=True)
class Operation:
    """One change of the folder: its kind, and what it is done to.

    kind: create, mkdir, unlink, link, rename (names); write, truncate (a file's content); sync (a file's content),
    syncdir (a folder's names), syncall; say (what the program has printed: to the world, this has happened).
    name, other: paths below the folder. file: a number for a file, whatever it is called.
    """

    kind: str
    name: str = ""
    other: str = ""
    file: int = 0
    at: int = 0
    data: bytes = b""


def record(program: str, folder: Path, known: Mapping[str, int]) -> list[Operation]:
    """What a Python program does in `folder`, its argument, in order.

    known: the files that are there, by name, and the numbers by which they are called. Raises RuntimeError if the
    program fails, or does what is not known here.
    """
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch, "strace")
        strace = ["strace", "-f", "-s", "100000000", "-xx", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(log)]
        command = [*strace, sys.executable, "-c", program, str(folder)]
        here = os.pathsep.join(filter(None, sys.path))  # what can be imported here can be there
        quiet = {"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": here}
        environment = {**os.environ, **quiet}
        ended = subprocess.run(command, capture_output=True, text=True, env=environment)
        if ended.returncode:
            raise RuntimeError(ended.stderr)
        with log.open() as lines:
            return list(_Listener(folder.resolve(), known).operations(lines))


class _Listener:
    """Follows the files that a program has open; numbers files in the order in which they come up."""

    def __init__(self, folder: Path, known: Mapping[str, int]) -> None:
        self._folder = folder
        self._files = dict(known)  # by name
        self._folders: set[str] = set()  # that the program made, also those that it removed in the end
        self._next = max(known.values(), default=0) + 1
        self._open: dict[int, tuple[str, int]] = {}  # name and number, by descriptor
        self._at: dict[int, int] = {}
        self._process = ""

    def operations(self, lines: Iterator[str]) -> Iterator[Operation]:
        for line in lines:
            process = line.partition(" ")[0]
            self._process = self._process or process
            if process != self._process:
                raise RuntimeError(f"a second thread or process cannot be followed: {line[:200]}")
            call = CALL.match(line)
            if call is None or int(call[4]) < 0:  # an exit, or a call that failed
                continue
            yield from self._operations(call[2], call[3], int(call[4]))

    def _operations(self, name: str, text: str, result: int) -> Iterator[Operation]:
        strings = [bytes.fromhex(found[1].replace("\\x", "")) for found in STRING.finditer(text)]
        numbers = STRING.sub("", text).split(",")
        handle = int(numbers[0]) if numbers[0].lstrip("-").isdigit() else -1
        if name in ("openat", "open", "creat"):
            yield from self._opened(self._below(strings[0]), text, result)
        elif name == "write" and handle == 1:
            yield Operation("say", data=strings[0][:result])
        elif name in ("sync", "syncfs"):
            yield Operation("syncall")
        elif name in ("rename", "renameat", "renameat2", "link", "linkat"):
            old, new = map(self._below, strings)
            yield from self._named_anew("link" if "link" in name else "rename", old, new)
        elif name in ("unlink", "unlinkat", "rmdir"):
            if (path := self._below(strings[0])) is not None:
                self._files.pop(path, None)
                yield Operation("unlink", path)
        elif name in ("mkdir", "mkdirat"):
            if (path := self._below(strings[0])) is not None:
                self._folders.add(path)
                yield Operation("mkdir", path)
        elif handle in self._open:
            yield from self._written(name, handle, numbers, strings, result)

    def _opened(self, path: str | None, text: str, result: int) -> Iterator[Operation]:
        self._open.pop(result, None)
        if path is None or path.endswith("-shm"):  # an index in memory, which SQLite makes anew after a cut
            return
        if path in self._folders or (self._folder / path).is_dir():  # SQLite opens one as if it were a file
            self._open[result] = path, 0
            return
        if path not in self._files:
            if "O_CREAT" not in text:
                return
            self._files[path], self._next = self._next, self._next + 1
            yield Operation("create", path, file=self._files[path])
        elif "O_TRUNC" in text:
            yield Operation("truncate", file=self._files[path])
        if "O_APPEND" in text:
            raise RuntimeError(f"{path}: appending is not known here")
        self._open[result], self._at[result] = (path, self._files[path]), 0

    def _written(
        self, name: str, handle: int, numbers: list[str], strings: list[bytes], result: int
    ) -> Iterator[Operation]:
        path, file = self._open[handle]
        if name == "write":
            yield Operation("write", file=file, at=self._at[handle], data=strings[0][:result])
            self._at[handle] += result
        elif name == "pwrite64":
            yield Operation("write", file=file, at=int(numbers[-1]), data=strings[0][:result])
        elif name == "ftruncate":
            yield Operation("truncate", file=file, at=int(numbers[1]))
        elif name in ("fsync", "fdatasync"):
            yield Operation("sync", file=file) if file else Operation("syncdir", path)
        elif name == "lseek":
            self._at[handle] = result
        elif name == "close":
            del self._open[handle]
        elif name not in HARMLESS:
            raise RuntimeError(f"{path}: {name} is not known here")

    def _named_anew(self, kind: str, old: str | None, new: str | None) -> Iterator[Operation]:
        if old is None and new is None:
            return
        if old is None or new is None:
            raise RuntimeError(f"{old or new}: into or out of the folder is not known here")
        file = self._files.pop(old) if kind == "rename" else self._files[old]
        self._files[new] = file
        yield Operation(kind, old, new, file)

    def _below(self, path: bytes) -> str | None:
        """A path below the folder, as it is called there; None for any other."""
        absolute = Path(os.path.normpath(Path.cwd() / os.fsdecode(path)))
        return absolute.relative_to(self._folder).as_posix() if absolute.is_relative_to(self._folder) else None

"""MNIST on disk: the four files, whether they are right, and how they are fetched from public mirrors.

A file may lie in its directory unpacked or as .gz; where both are there, the .gz counts, since it is the
one that `fetch` can mend. What is pinned is the unpacked content, because mirrors pack it differently.
"""

import fcntl
import gzip
import hashlib
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from inkling.errors import BusyError, DataError, UsageError

# urllib.request brings http, email and ssl with it: imported only where a download is really made.


@dataclass(frozen=True, slots=True)
class FileSpec:
    """One file of a data set: its name, and the size and SHA-256 (lower-case hex) of its unpacked content."""

    name: str
    size_bytes: int
    sha256: str


MNIST = (
    FileSpec(
        "train-images-idx3-ubyte",
        47_040_016,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    FileSpec(
        "train-labels-idx1-ubyte",
        60_008,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    FileSpec(
        "t10k-images-idx3-ubyte",
        7_840_016,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    FileSpec(
        "t10k-labels-idx1-ubyte",
        10_008,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)

TIMEOUT_S = 30.0
CONNECTIONS_PER_MIRROR = 5
MAX_DOWNLOAD_BYTES = 16 * 2**20
CHUNK_BYTES = 2**16

# Called as progress(name, done_bytes, total_bytes) while NAME.gz is downloaded; the total may be unknown.
# done_bytes begins where a download is resumed, and falls back when one has to start over.
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class FileStatus:
    """What is known of one file: where it lies (None if it does not), its state, and a phrase to show."""

    name: str
    path: Path | None
    state: Literal["ok", "missing", "wrong"]
    detail: str


def silent(name: str, done_bytes: int, total_bytes: int | None) -> None:
    """Show no progress."""


def find(directory: Path, name: str) -> Path:
    """Path of the file `name` (as in `MNIST`) in `directory`: NAME.gz or the unpacked NAME, unverified.

    Raises DataError where there is neither.
    """
    path = _present(directory, name)
    if path is None:
        raise DataError(f"{directory} has neither {name} nor {name}.gz; `inkling data fetch {directory}` downloads it")
    return path


def check(directory: Path, files: Sequence[FileSpec] = MNIST) -> list[FileStatus]:
    """Unpack and digest each of the files, and say in the same order whether it is right.

    Raises DataError if the directory cannot be looked into.
    """
    return [_status(directory, spec) for spec in files]


def fetch(
    directory: Path,
    mirrors: Sequence[str] = MIRRORS,
    progress: Progress = silent,
    files: Sequence[FileSpec] = MNIST,
    timeout_s: float = TIMEOUT_S,
) -> list[FileStatus]:
    """Make sure that all the files are in `directory` (made if need be), downloading those that are not.

    A file that is there and right is used as it is. The others are downloaded from the first mirror (base
    URL, http or https) that gives the right content, to NAME.gz.part, which becomes NAME.gz only once it is
    verified. What an interrupted download leaves there is resumed by the next. `timeout_s` is how
    long a mirror may be silent. Returns the state of each file, all "ok"; `detail` says where it is from.

    Raises DataError when no mirror has the file or `directory` cannot be written, BusyError while another process
    fetches into it, UsageError for a mirror that is no http(s) address.
    """
    for mirror in mirrors:
        if not mirror.startswith(("http://", "https://")):
            raise UsageError(f"mirror {mirror!r} is no address that begins with http:// or https://")
    with _alone_in(directory):
        return [_fetched(directory, spec, mirrors, progress, timeout_s) for spec in files]


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Makes the directory if need be, and lets no other process fetch into it: two would write to one .part."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise _unwritable(directory, error) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(f"another `inkling data fetch` is at work in {directory}; wait until it ends") from None
        yield
    finally:
        os.close(lock)


def _fetched(
    directory: Path, spec: FileSpec, mirrors: Sequence[str], progress: Progress, timeout_s: float
) -> FileStatus:
    """The file, downloaded if it is missing or wrong."""
    status = _status(directory, spec)
    if status.state == "ok":
        return status
    mirror = _download(directory, spec, mirrors, progress, timeout_s)
    return FileStatus(spec.name, _packed(directory, spec.name), "ok", f"downloaded from {mirror}")


class _MirrorError(Exception):
    """A mirror did not give what it was asked for; the message is the reason."""


def _packed(directory: Path, name: str) -> Path:
    return directory / f"{name}.gz"


def _present(directory: Path, name: str) -> Path | None:
    try:
        return next((p for p in (_packed(directory, name), directory / name) if p.is_file()), None)
    except OSError as error:
        raise DataError(f"cannot look for {name} in {directory}: {error.strerror}") from error


def _status(directory: Path, spec: FileSpec) -> FileStatus:
    path = _present(directory, spec.name)
    if path is None:
        return FileStatus(spec.name, None, "missing", "neither unpacked nor as .gz")
    try:
        fault = _fault(path, spec)
    except OSError as error:
        fault = f"cannot be read: {error.strerror}"
    return FileStatus(spec.name, path, "wrong" if fault else "ok", fault or "already there")


def _fault(path: Path, spec: FileSpec) -> str:
    """Say what is wrong with the unpacked content of `path`, or "" if it is what `spec` says."""
    size_bytes = 0
    digest = hashlib.sha256()
    is_unpacked = path.name == spec.name
    try:
        with path.open("rb") if is_unpacked else gzip.open(path, "rb") as stream:
            # One byte too many is proof enough: a gzip bomb is not unpacked any further.
            while chunk := stream.read(min(CHUNK_BYTES, spec.size_bytes + 1 - size_bytes)):
                size_bytes += len(chunk)
                if size_bytes > spec.size_bytes:
                    return f"content is longer than {spec.size_bytes} bytes"
                digest.update(chunk)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        return f"does not unpack: {_one_line(error)}"
    if size_bytes < spec.size_bytes:
        return f"content has {size_bytes} bytes instead of {spec.size_bytes}"
    if digest.hexdigest() != spec.sha256:
        return f"content has SHA-256 {digest.hexdigest()[:12]}… instead of {spec.sha256[:12]}…"
    return ""


def _download(directory: Path, spec: FileSpec, mirrors: Sequence[str], progress: Progress, timeout_s: float) -> str:
    """Put a verified NAME.gz into `directory`; returns the mirror that had it."""
    path = _packed(directory, spec.name)
    part = path.with_name(f"{path.name}.part")
    reasons = []
    for mirror in mirrors:
        url = f"{mirror.rstrip('/')}/{path.name}"
        try:
            _obtain(url, part, spec, progress, timeout_s)
            _settle(part, path)
        except _MirrorError as error:
            reasons.append(f"{mirror}: {error}")
        except OSError as error:
            raise _unwritable(directory, error) from error
        else:
            return mirror
    raise DataError(
        f"cannot fetch {path.name}: {'; '.join(reasons) or 'no mirror to ask'}; try again (it resumes where "
        f"it stopped), or put the four files into {directory} by hand, unpacked or as .gz"
    )


def _obtain(url: str, part: Path, spec: FileSpec, progress: Progress, timeout_s: float) -> None:
    """Complete `part` from one mirror and verify it; a part that turns out bad is deleted."""
    # Stored, not compressed, blocks add 5 bytes to 64 KiB at most: no honest .gz is longer than this.
    limit_bytes = min(MAX_DOWNLOAD_BYTES, spec.size_bytes + 2**16)
    while True:
        was_begun = _size_bytes(part) > 0
        _transfer(url, part, limit_bytes, partial(progress, spec.name), timeout_s)
        too_long = _size_bytes(part) > limit_bytes
        fault = f"sent more than {limit_bytes} bytes" if too_long else _fault(part, spec)
        if not fault:
            return
        part.unlink()
        # What was begun elsewhere may be packed differently or stale: ask this mirror for the whole file.
        if not was_begun:
            raise _MirrorError(fault)


def _transfer(
    url: str, part: Path, limit_bytes: int, report: Callable[[int, int | None], None], timeout_s: float
) -> None:
    """Download to the end, over several connections if they drop, while each of them brings something."""
    for left in reversed(range(CONNECTIONS_PER_MIRROR)):
        begun_bytes = _size_bytes(part)
        try:
            _receive(url, part, limit_bytes, report, timeout_s)
        except _MirrorError:
            if not left or _size_bytes(part) <= begun_bytes:
                raise
        else:
            return


def _receive(
    url: str, part: Path, limit_bytes: int, report: Callable[[int, int | None], None], timeout_s: float
) -> None:
    """Append to `part` what one connection gives; raises _MirrorError if that is not all of it."""
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    offset = _size_bytes(part)
    headers = {"User-Agent": "inkling"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
    with _network():
        try:
            response = urlopen(Request(url, headers=headers), timeout=timeout_s)
        except HTTPError as error:
            error.close()
            if error.code == 416 and offset:
                return  # Nothing follows what is here: it is complete or stale, which its digest will tell.
            raise _MirrorError(f"HTTP status {error.code}") from error
    with response:
        if response.status not in (200, 206):
            raise _MirrorError(f"HTTP status {response.status}")
        is_rest = response.status == 206
        if is_rest and not response.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
            raise _MirrorError("answered with another range than was asked for")
        done = offset if is_rest else 0
        total = None if response.length is None else done + response.length
        with part.open("ab" if is_rest else "wb") as file:
            report(done, total)
            while done <= limit_bytes:
                with _network():
                    chunk = response.read1(CHUNK_BYTES)
                if not chunk:
                    break
                file.write(chunk)
                done += len(chunk)
                report(done, total)
        if total is not None and done < min(total, limit_bytes):
            raise _MirrorError(f"broke off after {done} of {total} bytes")


@contextmanager
def _network() -> Iterator[None]:
    """Tell the network's errors from the disk's, both of them OSError."""
    from http.client import HTTPException

    try:
        yield
    except (OSError, HTTPException, ValueError) as error:
        raise _MirrorError(_one_line(getattr(error, "reason", error))) from error


def _settle(part: Path, path: Path) -> None:
    """Give a verified part its final name so that a power cut leaves either the old state or the new one."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _unwritable(directory: Path, error: OSError) -> DataError:
    return DataError(
        f"cannot write to {directory}: {error.strerror}; make room or name a directory that can be written"
    )


def _one_line(error: object) -> str:
    return " ".join(str(error).split()) or type(error).__name__

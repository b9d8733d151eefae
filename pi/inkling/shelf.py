"""The shelf: models in numbered files, of which one reads and the last few are kept for going back.

A list, `shelf.json`, says which they are; replacing it by one rename is all that a promotion is. It is written twice,
so that one spoiled copy costs nothing, and files go last, so that no list ever names one that is not there. NumPy is
imported to write only, because looking is to be quick.
"""

import fcntl
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import ShelfError, told
from .folders import make_folder
from .listing import SHIPPED, Entry, Listing, NewerError, as_bytes, named, read_listing, short
from .places import lent, state_folder, who_may
from .settings import Settings, load_settings

if TYPE_CHECKING:
    from inknet import Network

LISTS = "shelf.json", "spare.json"  # in the order in which they are written, and read
LOCK_WAIT_S = 10.0  # others write for a moment only

Report = Callable[[str], None]


class Shelf:
    """The shelf in a folder, which need not be there yet. Others may write to it at any time.

    All methods raise ShelfError for what is not there or cannot be done, and OSError.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self._list = folder, folder / LISTS[0]
        self._seen: tuple[int, ...] | None = None
        self._reading: tuple[int, str] | None = None

    def listing(self, report: Report | None = None) -> Listing:
        """What is on the shelf. A spoiled list is told to `report`, and its copy is taken."""
        problems: list[Exception] = []
        for name in LISTS:
            try:
                found = read_listing(self.folder / name)
            except NewerError:
                raise
            except (FileNotFoundError, NotADirectoryError):
                continue
            except (ShelfError, OSError) as error:
                problems.append(error)
                continue
            if problems and report:
                report(f"{told(problems[0])}; its copy {name} is taken instead")
            return found
        if problems:
            raise problems[0]
        return Listing({})

    def chain(self, report: Report) -> list[int]:
        """The numbers of the model that reads and of those to go back to; of a spoiled shelf the shipped one alone."""
        self._seen = self._stamp()  # before the list is read, so that no change is missed
        try:
            listing = self.listing(report)
        except (ShelfError, OSError) as error:
            report(f"the package's own model reads, because {told(error)}")
            listing = Listing({})
        self._reading = _first(listing)
        return list(listing.chain)

    def changed(self) -> bool:
        """Whether another model is to read than when `chain` was last asked; one stat, quick enough for every frame."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        self._seen = stamp
        try:
            return _first(self.listing()) != self._reading
        except (ShelfError, OSError):
            return False  # what reads goes on reading

    def file(self, number: int) -> Path:
        """The file of a model on the shelf, whose checksum is right."""
        return self._intact(self.entry(number))

    def entry(self, number: int) -> Entry:
        """What is known about a model on the shelf."""
        return self._entry(self.listing(), number)

    def settle(self, report: Report) -> Listing:
        """What is on the shelf, after what a power cut has left half done, or a worn card has spoiled, is put in order.

        report: told what was spoiled.
        """
        try:
            self.listing(report)
        except NewerError:
            raise
        except ShelfError as error:
            report(f"{told(error)}; the models that are there are listed anew, and the package's own reads")
        with self._writing() as listing:
            self._write(listing)
        return listing

    def add(self, network: "Network", verdict: str, promote: bool = False, against: int | None = None) -> Entry:
        """Puts a network on the shelf, and promotes it or lets it stand beside the current one.

        network: it reads digits, as `models.checked` has it. verdict: why, in a sentence for people. against: the model
        it was compared with; if that no longer reads, the comparison holds no more, and it stands beside.
        """
        from inknet import save

        about = short(network.about)
        with self._writing() as listing:
            number, current = listing.following, listing.current
            if promote and against not in (None, current):
                promote = False
                verdict = f"compared with {named(against)}, but {named(current)} reads by now: {verdict}"
            path = self._path(number)
            save(network, path)
            path.chmod(0o644)
            entry = Entry(number, _sha256(path), _now(), verdict, about)
            promoted = (number, *listing.promoted) if promote else listing.promoted
            self._write(Listing({**listing.entries, number: entry}, promoted, number + 1))
        return entry

    def promote(self, number: int) -> None:
        """Lets a model on the shelf, or SHIPPED, read from now on, as somebody wishes."""
        with self._writing() as listing:
            if number == listing.current:
                raise ShelfError(f"{named(number)} is the one that reads already")
            entries = listing.entries
            if number != SHIPPED:
                entry = self._entry(listing, number)
                self._intact(entry)
                entries = {**entries, number: replace(entry, note="promoted by hand")}
            rest = (n for n in listing.promoted if n != number)
            self._write(replace(listing, entries=entries, promoted=(number, *rest)))

    def rollback(self) -> tuple[int, int]:
        """Goes back to the model before the current one; returns the numbers of both, the former first."""
        with self._writing() as listing:
            if not listing.promoted:
                raise ShelfError("there is nothing to go back to: the package's own model reads")
            left = listing.current
            entries = dict(listing.entries)
            if left != SHIPPED:
                entries[left] = replace(entries[left], note="gone back from by hand")
            after = replace(listing, entries=entries, promoted=listing.promoted[1:])
            self._write(after)
        return left, after.current

    def remove(self, number: int) -> None:
        """Takes a model, which is not the current one, off the shelf for good."""
        with self._writing() as listing:
            self._entry(listing, number)
            if number == listing.current:
                raise ShelfError(f"{named(number)} is the one that reads; go back from it or promote another first")
            entries = {n: entry for n, entry in listing.entries.items() if n != number}
            self._write(replace(listing, entries=entries, promoted=tuple(n for n in listing.promoted if n != number)))

    @contextmanager
    def _writing(self) -> Iterator[Listing]:
        """The shelf for this writer alone, and what is on it. The lock is the folder's: it ends with the process."""
        try:
            with self._locked() as listing:
                yield listing
        except PermissionError as error:
            raise ShelfError(f"{told(error)}: it is not this user's to change{who_may(self.folder)}") from error

    @contextmanager
    def _locked(self) -> Iterator[Listing]:
        if not self.folder.is_dir():
            make_folder(self.folder)
            if not lent(self.folder.parent):  # whoever may use the machine may read with what it has learnt
                self.folder.chmod(0o755)
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _lock(folder, self.folder)
            try:
                listing = self.listing()
            except NewerError:
                raise
            except ShelfError:
                listing = self._found()
            yield listing
        finally:
            os.close(folder)

    def _found(self) -> Listing:
        """The models whose files are there; which of them was promoted, nobody knows any more."""
        numbers = [int(path.stem) for path in self.folder.iterdir() if _is_model(path)]
        verdict = "found again: the list that said more was spoiled"
        entries = {n: Entry(n, _sha256(self._path(n)), _now(), verdict, {}) for n in sorted(numbers)}
        return Listing(entries, (), max(numbers, default=0) + 1)

    def _write(self, listing: Listing) -> None:
        """Makes the list say this, durably, and then removes what no list names."""
        from inknet.modelfile import write_durably

        listing = listing.kept()
        for name in LISTS:
            write_durably(self.folder / name, as_bytes(listing), 0o644)
        for path in self.folder.iterdir():
            if (_is_model(path) and int(path.stem) not in listing.entries) or path.suffix == ".part":
                path.unlink(missing_ok=True)

    def _entry(self, listing: Listing, number: int) -> Entry:
        if number not in listing.entries:
            raise ShelfError(f"there is no model {number} on the shelf {self.folder}; `inkling model list` shows it")
        return listing.entries[number]

    def _intact(self, entry: Entry) -> Path:
        path = self._path(entry.number)
        if _sha256(path) != entry.sha256:
            raise ShelfError(f"{path} is spoiled: its checksum is not that in {LISTS[0]}")
        return path

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:04}.npz"

    def _stamp(self) -> tuple[int, ...] | None:
        """What differs as soon as the list has been replaced."""
        try:
            status = self._list.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size


def open_shelf(settings: Settings | None = None, state: Path | None = None) -> Shelf:
    """The shelf that the settings name; without one that of the machine, on a laptop that of the user.

    state: a folder instead of `state_folder`.
    """
    folder = (settings or load_settings())["shelf.path"]
    return Shelf(folder or (state or state_folder()) / "models")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _is_model(path: Path) -> bool:
    return re.fullmatch(r"\d{4,}\.npz", path.name) is not None


def _first(listing: Listing) -> tuple[int, str]:
    """The model that reads, and its bytes."""
    number = listing.current
    return number, listing.entries[number].sha256 if number in listing.entries else ""


def _lock(descriptor: int, folder: Path) -> None:
    """Waits for the lock on an open folder; raises ShelfError if another program does not let go of it."""
    end_s = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= end_s:
                raise ShelfError(f"another program is writing to the shelf {folder}; try again later") from None
        time.sleep(0.05)

"""The list of what is on the shelf, and the file it travels in: JSON with a format and a checksum."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from .errors import ShelfError

FORMAT = 1
SHIPPED = 0  # the number of the package's own model, which is always there to go back to
KEPT = 5  # models to go back to, and as many that stand beside
LARGEST = 1 << 20  # bytes of a list
LARGEST_ABOUT = 1 << 14  # bytes of what a model says about itself


class NewerError(ShelfError):
    """The shelf was written by a later version."""


@dataclass(frozen=True)
class Entry:
    """One model on the shelf.

    number: it is never given again. sha256: of the file. added: the device's time, ISO 8601, which may be wrong.
    verdict: why it was promoted, or stands beside. about: what it was trained on, by which code, with what result.
    note: what was done with it by hand.
    """

    number: int
    sha256: str
    added: str
    verdict: str
    about: dict[str, Any]
    note: str = ""

    def __str__(self) -> str:
        return f"{self.verdict}; {self.note}" if self.note else self.verdict


@dataclass(frozen=True)
class Listing:
    """What is on the shelf: the models by number, those that were promoted, the latest first, and the next number."""

    entries: dict[int, Entry]
    promoted: tuple[int, ...] = ()
    following: int = 1

    @property
    def current(self) -> int:
        """The model that reads."""
        return self.chain[0]

    @cached_property
    def chain(self) -> tuple[int, ...]:
        """The model that reads, and those to go back to, one after the other; the last is the shipped one."""
        upto = self.promoted.index(SHIPPED) if SHIPPED in self.promoted else len(self.promoted)
        return *self.promoted[:upto], SHIPPED

    def kept(self) -> "Listing":
        """The same with the last few only."""
        promoted = self.promoted[:KEPT]
        while promoted[-1:] == (SHIPPED,):
            promoted = promoted[:-1]
        beside = sorted(set(self.entries) - set(promoted))[-KEPT:]
        return replace(self, entries={n: self.entries[n] for n in (*promoted, *beside) if n}, promoted=promoted)


def named(number: int | None) -> str:
    """A model's number as it stands in a sentence."""
    return "the package's own model" if number == SHIPPED else f"model {number}"


def read_listing(path: Path) -> Listing:
    """A list from its file; raises ShelfError if it is spoiled, OSError if it cannot be opened."""
    with path.open("rb") as file:
        data = file.read(LARGEST)
    try:
        whole = json.loads(data)
        if whole["format"] > FORMAT:
            raise NewerError(f"{path} was written by a later version of inkling; update this one")
        body = whole["shelf"]
        if whole["sha256"] != _digest(body):
            raise ShelfError("its checksum is wrong")
        entries = {entry["number"]: Entry(**entry) for entry in body["entries"]}
        return Listing(entries, tuple(body["promoted"]), body["following"])
    except NewerError:
        raise
    except Exception as error:  # spoiled bytes may mean anything
        raise ShelfError(f"{path} is spoiled: {str(error) or type(error).__name__}") from error


def as_bytes(listing: Listing) -> bytes:
    """What `read_listing` takes from a file."""
    body = {**asdict(listing), "entries": [asdict(entry) for entry in listing.entries.values()]}
    return json.dumps({"format": FORMAT, "sha256": _digest(body), "shelf": body}, indent=1).encode()


def short(about: dict[str, Any]) -> dict[str, Any]:
    """What a model says about itself, if it is not too long for a list: a stranger's may be of any length."""
    if (size := len(json.dumps(about))) > LARGEST_ABOUT:
        return {"left out": f"{size} bytes, which stand in the model itself"}
    return about


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()

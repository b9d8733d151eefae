"""The owner's digits: glyphs with what is written there, kept in a database for the night to learn from.

A glyph is kept as a network is taught it: uint8 (28, 28), ink 255. One that is not labelled yet waits for its label.
"""

import hashlib
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inknet.arrays import Array

from . import salvage
from .closing import Closing
from .database import Damaged, Database, Schema
from .errors import SamplesError, UsageError
from .glyphs import GLYPH_PX
from .places import state_folder
from .reader import DIGITS, Mark
from .settings import Settings

NO_DIGIT = DIGITS  # the label of a mark that is no digit: a network's eleventh answer
NONE = "none"  # that label, in words
MOST = 10_000  # samples, of about 1 kB each
# Two glyphs of one sitting, in root mean square of their difference, in grey levels: frames of a simulated page that
# lies still differ by 0.5 (median), 85 % of them by less than 6; the most alike of 10,000 digits of MNIST by 9.6.
ALIKE = 6.0
SITTING = 100  # of the samples kept last: what a new one may be another frame of

Glyph = NDArray[np.uint8]

_TABLES = """
CREATE TABLE samples (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL UNIQUE,
    glyph BLOB NOT NULL CHECK (length(glyph) = 784),
    label INTEGER CHECK (label BETWEEN 0 AND 10),
    time_s REAL NOT NULL,
    source TEXT NOT NULL,
    read INTEGER CHECK (read BETWEEN 0 AND 9),
    confidence REAL,
    model TEXT NOT NULL
) STRICT
"""
_COLUMNS = "glyph, label, time_s, source, read, confidence, model"
_INSERT = f"INSERT INTO samples (id, digest, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, eq=False)
class Sample:
    """A glyph and what is known of it.

    glyph: uint8 (28, 28), ink 255. label: 0 to 9, NO_DIGIT, or None as long as nobody has said what it is.
    source: "camera", or a file. read: the digit that was read, if one was; confidence: in that, 0 to 1.
    model: which read it (see `models.identity`). time_s: POSIX time at which it was taken in; 0.0 is now.
    number: by which it is called; 0 before it is kept.
    """

    glyph: Glyph
    label: int | None = None
    source: str = ""
    read: int | None = None
    confidence: float | None = None
    model: str = ""
    time_s: float = 0.0
    number: int = 0

    @property
    def taken(self) -> datetime:
        """`time_s` in UTC; the beginning of 1970 where that, from a wrong clock or a worn card, is in no calendar."""
        try:
            taken = datetime.fromtimestamp(self.time_s, UTC)
            taken.astimezone()  # nor here
        except (ValueError, OverflowError, OSError):
            return datetime.fromtimestamp(0, UTC)
        return taken


@dataclass(frozen=True)
class Kept:
    """What became of a sample: its number, whether it is new, and, if not, the label that it had before."""

    number: int
    new: bool
    before: int | None = None
    label: int | None = None

    @property
    def relabelled(self) -> bool:
        """Whether a known glyph has another label now."""
        return not self.new and self.before != self.label


class Samples(Closing):
    """The samples in the database at `path`, which is made when the first is kept; close it, or use a `with` block.

    most: samples that are kept; above it the oldest without a label go, and never one that has a label.
    report: told, in one line each, when a damaged database was set aside and when samples went.
    heal: a damaged database is set aside; without it, it is an error.
    What a method that keeps, changes or removes has done is on the card when it returns. All raise SamplesError.
    """

    def __init__(self, path: Path, most: int = MOST, report: Callable[[str], None] = print, heal: bool = True) -> None:
        self._most, self._report = most, report
        self._database = Database(path, SCHEMA, report, heal)

    @property
    def path(self) -> Path:
        """The database's file."""
        return self._database.path

    def close(self) -> None:
        self._database.close()

    def add(self, glyph: Array, label: int | None = None, *, alike: bool = True, **known: Any) -> Kept:
        """Keeps one glyph, uint8 or floats with ink 1.0, (28, 28); known: more of what `Sample` has.

        alike: one that hardly differs from one of the last SITTING is another frame of it, and is not kept beside it.
        """
        return self.add_all([Sample(quantised(glyph), label, **known)], alike)[0]

    def add_marks(
        self,
        marks: Sequence[Mark],
        labels: Sequence[int | None] | None = None,
        source: str = "camera",
        model: str = "",
        alike: bool = True,
    ) -> list[Kept]:
        """Keeps the glyphs of marks that were read, each with its label, or, for "that was wrong", all without."""
        said = [None] * len(marks) if labels is None else labels
        return self.add_all(
            [
                Sample(quantised(mark.glyph), label, source, mark.digit, mark.confidence, model)
                for mark, label in zip(marks, said, strict=True)
            ],
            alike,
        )

    def add_all(self, samples: Iterable[Sample], alike: bool = False) -> list[Kept]:
        """Keeps all of them or, after an error, none.

        One whose glyph is known is not kept twice: its label, if it has one, takes the place of the one before.
        """
        samples = list(samples)
        if not samples:
            return []
        with self._database.writing() as database:
            (last,) = database.execute("SELECT coalesce(max(id), 0) FROM samples").fetchone()
            kept = [_add(database, sample, alike) for sample in samples]
            dropped = self._make_room(database, last)
        if dropped:
            self._report(
                f"{self.path} holds samples.most = {self._most}: the oldest {dropped} without a label made room for new"
            )
        return kept

    def relabel(self, numbers: Iterable[int], label: int | None) -> None:
        """Gives samples another label; an unknown number is an error, and then none of them is changed."""
        with self._database.writing() as database:
            for number in numbers:
                _one(database.execute("UPDATE samples SET label = ? WHERE id = ?", (label, number)).rowcount, number)

    def remove(self, numbers: Iterable[int]) -> None:
        """Removes samples for good; an unknown number is an error, and then none of them is removed."""
        with self._database.writing() as database:
            for number in numbers:
                _one(database.execute("DELETE FROM samples WHERE id = ?", (number,)).rowcount, number)

    def __getitem__(self, number: int) -> Sample:
        with self._database.reading() as database:
            row = database.execute(f"SELECT id, {_COLUMNS} FROM samples WHERE id = ?", (number,)).fetchone()
        _one(row is not None, number)
        return _sample(row)

    def __iter__(self) -> Iterator[Sample]:
        """All of them, in the order in which they were kept, as they are at the beginning."""
        with self._database.reading() as database:
            rows = database.execute(f"SELECT id, {_COLUMNS} FROM samples ORDER BY id").fetchall()
        return map(_sample, rows)

    def __len__(self) -> int:
        return self.counts().total()

    def counts(self) -> Counter[int | None]:
        """How many there are of each label."""
        with self._database.reading() as database:
            return Counter(dict(database.execute("SELECT label, count(*) FROM samples GROUP BY label")))

    def training_images(self) -> tuple[Glyph, Glyph]:
        """Those with a label in the order in which they were kept: images uint8 (n, 28, 28) and labels uint8 (n,).

        Labels are 0 to 9, and NO_DIGIT.
        """
        with self._database.reading() as database:
            rows = database.execute("SELECT glyph, label FROM samples WHERE label NOT NULL ORDER BY id").fetchall()
        pixels = np.frombuffer(b"".join(glyph for glyph, _ in rows), np.uint8)
        return pixels.reshape(-1, GLYPH_PX, GLYPH_PX), np.array([label for _, label in rows], np.uint8)

    def _make_room(self, database: sqlite3.Connection, last: int) -> int:
        """Drops the oldest without a label, of those that were there before; returns how many."""
        (count,) = database.execute("SELECT count(*) FROM samples").fetchone()
        excess = max(0, count - self._most)
        oldest = "SELECT id FROM samples WHERE label IS NULL AND id <= ? ORDER BY id LIMIT ?"
        dropped = database.execute(f"DELETE FROM samples WHERE id IN ({oldest})", (last, excess)).rowcount
        if dropped < excess:
            raise SamplesError(
                f"{self.path} is full: with these it would hold {count}, and samples.most is {self._most}; nothing of "
                "this was kept. Raise samples.most, or `inkling learn export` some and remove them"
            )
        return dropped


def open_samples(settings: Settings, report: Callable[[str], None]) -> Samples:
    """The samples where the settings have them."""
    return Samples(samples_file(settings), settings["samples.most"], report)


def samples_file(settings: Settings, state: Path | None = None) -> Path:
    """`samples.path`, or samples.db in the state folder; state: a folder instead of `state_folder`."""
    return Path(settings["samples.path"] or (state or state_folder()) / "samples.db")


def quantised(glyph: Array) -> Glyph:
    """A glyph as it is kept and taught: uint8, ink 255; floats, with ink 1.0, are rounded to the nearest level."""
    pixels = glyph if glyph.dtype == np.uint8 else np.rint(255 * np.clip(glyph, 0, 1)).astype(np.uint8)
    if pixels.shape != (GLYPH_PX, GLYPH_PX):
        raise SamplesError(f"a glyph has {GLYPH_PX}x{GLYPH_PX} pixels, not {pixels.shape}")
    return np.asarray(pixels)


def label_of(text: str) -> int:
    """The label that a text stands for: a digit, or "none"; raises UsageError."""
    if text.lower() == NONE:
        return NO_DIGIT
    if len(text) == 1 and text in "0123456789":
        return int(text)
    raise UsageError(f"{text!r} is no label: give a digit from 0 to 9, or {NONE} for what is no digit")


def label_text(label: int | None) -> str:
    """A label in words: a digit, "none", or "" where there is none yet."""
    return "" if label is None else NONE if label == NO_DIGIT else str(label)


def _add(database: sqlite3.Connection, sample: Sample, alike: bool) -> Kept:
    digest = _digest(sample.glyph.tobytes())
    known = database.execute("SELECT id, label FROM samples WHERE digest = ?", (digest,)).fetchone()
    known = known or (_alike(database, sample.glyph) if alike else None)
    if known is None:
        sample = replace(sample, time_s=sample.time_s or time.time())
        number = database.execute(_INSERT, _row(sample, digest)).lastrowid
        return Kept(int(number or 0), True, None, sample.label)
    number, before = known
    label = before if sample.label is None else sample.label
    if label != before:
        database.execute("UPDATE samples SET label = ? WHERE id = ?", (label, number))
    return Kept(number, False, before, label)


def _alike(database: sqlite3.Connection, glyph: Glyph) -> tuple[int, int | None] | None:
    """Number and label of the sample, of the last ones, that this glyph is another frame of."""
    recent = database.execute("SELECT id, label, glyph FROM samples ORDER BY id DESC LIMIT ?", (SITTING,)).fetchall()
    if not recent:
        return None
    glyphs = np.frombuffer(b"".join(row[2] for row in recent), np.uint8).reshape(len(recent), -1).astype(np.float32)
    distances = np.sqrt(np.square(glyphs - glyph.reshape(-1)).mean(axis=1))
    nearest = int(distances.argmin())
    return recent[nearest][:2] if distances[nearest] < ALIKE else None


def _row(sample: Sample, digest: bytes) -> tuple[Any, ...]:
    confidence = None if sample.confidence is None else float(sample.confidence)
    label, read = (None if value is None else int(value) for value in (sample.label, sample.read))
    source = sample.source.encode(errors="replace").decode()  # a file's name may be in no encoding at all
    rest = (float(sample.time_s), source, read, confidence, sample.model)
    return (sample.number or None, digest, sample.glyph.tobytes(), label, *rest)


def _sample(row: tuple[Any, ...]) -> Sample:
    number, glyph, label, time_s, source, read, confidence, model = row
    pixels = np.frombuffer(glyph, np.uint8).reshape(GLYPH_PX, GLYPH_PX)
    return Sample(pixels, label, source, read, confidence, model, time_s, number)


def _one(found: int, number: int) -> None:
    if not found:
        raise SamplesError(f"there is no sample {number}: `inkling learn list` shows those there are")


def _digest(glyph: bytes) -> bytes:
    """By which a glyph is found again, and what happened to its bytes on the card is seen."""
    return hashlib.blake2b(glyph, digest_size=16).digest()


def _sound(database: sqlite3.Connection) -> None:
    """SQLite has no checksums, so a glyph that the card has changed would pass for another."""
    for number, digest, glyph in database.execute("SELECT id, digest, glyph FROM samples"):
        if _digest(glyph) != digest:
            raise Damaged(f"sample {number} has changed")


def _salvage(path: Path, database: sqlite3.Connection) -> int:
    """Takes over every row whose glyph is still what it was."""
    rows = sorted(((n, values) for n, values in salvage.rows(path) if _is_row(values)), key=lambda row: row[0])
    with_numbers = ((number, *values[1:]) for number, values in rows)
    return database.executemany(_INSERT.replace("INSERT", "INSERT OR IGNORE"), with_numbers).rowcount


def _is_row(values: list[Any]) -> bool:
    kinds = (bytes, bytes, int | None, float | int, str, int | None, float | int | None, str)
    return (
        len(values) == 1 + len(kinds)
        and all(isinstance(value, kind) for value, kind in zip(values[1:], kinds, strict=True))
        and _digest(values[2]) == values[1]
        and values[3] in (None, *range(NO_DIGIT + 1))
        and values[6] in (None, *range(DIGITS))
    )


SCHEMA = Schema(0x696E6B6C, 1, _TABLES, _sound, _salvage)  # "inkl"

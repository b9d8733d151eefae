"""The reader: from a picture to a reading, through page, glyphs and network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import numpy as np

from inknet import Network

from .frames import Luma
from .glyphs import Found, Glyph, find_glyphs
from .layout import reading_order
from .looks import look_again
from .page import Floats, Page, find_ink

DIGITS = 10  # answers of a network; one that has an eleventh says by it that a mark is no digit
UNSURE = 0.5  # below this confidence a mark is "?": see `inkling bench photos DIR --thresholds` for what that costs
ONE = 0.9  # confidence, from which on marks that may be one digit are: what is several is hardly read as one
TAIL = 0.99  # confidence, from which on what is as wide as a digit with a long tail is one
TEXT, LETTERS = 12, 0.6  # so many marks, and more than this share of them no digits, are a page of text
NUMBER = 5  # digits or more, alone in their line, are a number also there; four may be a year
T = TypeVar("T")


@dataclass(frozen=True)
class Mark:
    """One mark on the paper.

    digit: 0 to 9, or None if it is not surely a digit. confidence: the probability, 0 to 1, of the likeliest digit.
    box: x, y, width, height in pixels of the picture. glyph: float32 (28, 28), as the network saw it.
    probabilities: float32 (10,), of the digits; what their sum lacks to 1 is that of a mark that is no digit.
    """

    digit: int | None
    confidence: float
    box: tuple[int, int, int, int]
    glyph: Floats
    probabilities: Floats


Lines = tuple[tuple[Mark, ...], ...]


@dataclass(frozen=True)
class Reading:
    """What was read in one picture.

    lines: of marks, in reading order; no line for an empty page. whole: all marks as one, if they may be one digit.
    """

    lines: Lines
    whole: Mark | None = None

    @property
    def marks(self) -> tuple[Mark, ...]:
        """All marks in reading order."""
        return tuple(mark for line in self.lines for mark in line)

    @property
    def one(self) -> Mark | None:
        """What one digit is, if somebody says that there is no more: the only mark, or all as one."""
        return self.marks[0] if len(self.marks) == 1 else self.whole

    @property
    def text(self) -> str:
        """The digits in reading order, lines apart by one space, "?" for a mark that is not surely a digit."""
        return " ".join("".join("?" if m.digit is None else str(m.digit) for m in line) for line in self.lines)

    def at(self, unsure: float) -> "Reading":
        """The same, as a reader would have it that is unsure below that confidence, higher than this one's."""

        def at(mark: Mark) -> Mark:
            return mark if mark.confidence >= unsure else replace(mark, digit=None)

        lines = tuple(tuple(at(mark) for mark in line) for line in self.lines)
        return Reading(_in_company(lines), self.whole and at(self.whole))

    def as_json(self, scale: float = 1.0) -> dict[str, Any]:
        """The reading as the command line's JSON contract has it, without what names the picture.

        scale: pixels of the boxes for each pixel of the picture that was read.
        """
        return {
            "text": self.text,
            "digits": [
                {"digit": m.digit, "confidence": round(m.confidence, 4), "box": _scaled(m.box, scale)}
                for m in self.marks
            ],
        }


def _scaled(box: tuple[int, int, int, int], scale: float) -> list[int]:
    """A box in larger pixels: its corners are rounded, so that it stays within the picture."""
    x, y, width, height = box
    left, top, right, bottom = (round(scale * v) for v in (x, y, x + width, y + height))
    return [left, top, right - left, bottom - top]


@dataclass(frozen=True)
class Trace:
    """The way from a picture to its reading, to be looked at.

    page: the light evened out and the ink. found: the glyphs, and the ink that was left out, with its boxes and why.
    """

    page: Page
    found: Found
    reading: Reading


class Stages(Protocol):
    """Does the work of a stage, "page", "glyphs" or "network"; of a picture that is light on dark each comes twice."""

    def __call__(self, stage: str, work: Callable[[], T], /) -> T:
        """What comes of the work."""


def _at_once(_: str, work: Callable[[], T]) -> T:
    return work()


class Reader:
    """Reads pictures with one network, which it folds for speed.

    unsure: the confidence, 0 to 1, below which a mark is not surely a digit.
    """

    def __init__(self, network: Network, unsure: float = UNSURE) -> None:
        self._network = network.folded()
        self._unsure = unsure

    def read(self, luma: Luma, stages: Stages | None = None) -> Reading:
        """Reads a picture, uint8 (height, width), dark on light or light on dark.

        stages: does the work of each stage, and may time it.
        """
        return self._look(luma, stages or _at_once, trace=False).reading

    def trace(self, luma: Luma) -> Trace:
        """Reads a picture as `read` does, and keeps what was seen on the way, to be looked at."""
        return self._look(luma, _at_once, trace=True)

    def _look(self, luma: Luma, stages: Stages, trace: bool) -> Trace:
        def look(inverted: bool | None) -> Trace:
            page = stages("page", lambda: find_ink(luma, inverted))
            found = stages("glyphs", lambda: find_glyphs(page, trace))
            return Trace(page, found, stages("network", lambda: self.classify(found)))

        looked = look(None)
        if looked.page.inverted:
            # a sheet on a dark desk has the greys of chalk on a board: what makes more sense is right
            as_sheet = look(False)
            if _sense(looked.reading) <= _sense(as_sheet.reading):
                return as_sheet
        return looked

    def classify(self, found: Found) -> Reading:
        """Reads glyphs that were found: the last step of reading a page."""
        glyphs = [glyph for line in found.lines for glyph in line]
        if not glyphs:
            return Reading(())
        marks = self._marks([*glyphs, *(whole.glyph for whole in found.wholes)])
        marks, wholes = marks[: len(glyphs)], marks[len(glyphs) :]
        read: list[Mark] = []
        strokes: set[int] = set()
        for whole, mark in zip(found.wholes, wholes, strict=True):
            if mark.confidence >= ONE and strokes.isdisjoint(whole.strokes):
                read.append(mark)
                strokes.update(whole.strokes)
        if read:
            read += [mark for i, mark in enumerate(marks) if i not in strokes]
            return Reading(_in_company(_in_lines(read)))
        rest = iter(marks)
        lines = tuple(tuple(next(rest) for _ in line) for line in found.lines)
        return Reading(_in_company(lines), wholes[0] if found.is_one else None)

    def _marks(self, glyphs: Sequence[Glyph]) -> list[Mark]:
        pixels = np.stack([glyph.pixels for glyph in glyphs])
        probabilities = self._network.predict(pixels)
        look_again(self._network, pixels, probabilities, DIGITS)
        probabilities = probabilities[:, :DIGITS]
        best, confidences = probabilities.argmax(axis=1).tolist(), probabilities.max(axis=1).tolist()
        return [
            Mark(digit if self._is_sure(digit, sure, glyph) else None, sure, glyph.box, glyph.pixels, p)
            for digit, sure, glyph, p in zip(best, confidences, glyphs, probabilities, strict=True)
        ]

    def _is_sure(self, digit: int, sure: float, glyph: Glyph) -> bool:
        if glyph.doubt or (glyph.has_tail and (digit == 1 or sure < TAIL)):
            return False
        return sure >= self._unsure


def _in_lines(marks: Sequence[Mark]) -> Lines:
    """Marks of any order in lines: one that is read as a whole may stand where neither of its strokes did."""
    x, y, width, height = np.array([mark.box for mark in marks]).T
    lines = reading_order(np.stack([x, y, x + width, y + height], axis=1))
    return tuple(tuple(marks[i] for i in line) for line in lines)


def _sense(reading: Reading) -> float:
    """How much sense a reading makes, -1 to 1: as much as its marks are digits; a 1 half, as any edge is like one."""
    senses = [(2 * m.confidence - 1) * (0.5 if m.probabilities.argmax() == 1 else 1) for m in reading.marks]
    return sum(senses) / max(1, len(senses))


def _in_company(lines: Lines) -> Lines:
    """The lines of a page, with doubts about marks that the others raise."""
    return without_edges(without_text(lines))


def without_edges(lines: Lines) -> Lines:
    """The lines; without 1s if these are all digits, and fewer than marks that are none: any edge looks like a 1."""
    sure = [mark.digit for line in lines for mark in line if mark.digit is not None]
    if set(sure) != {1} or 2 * len(sure) >= sum(map(len, lines)):
        return lines
    return tuple(tuple(replace(mark, digit=None) for mark in line) for line in lines)


def without_text(lines: Lines) -> Lines:
    """The lines of a page; without digits if it is a page of text, but for lines that are a number and nothing else.

    Among many letters there is always an l or an O: what looks like a digit there is a letter, too.
    """
    marks = [mark for line in lines for mark in line]
    if len(marks) < TEXT or sum(mark.digit is None for mark in marks) <= LETTERS * len(marks):
        return lines
    return tuple(line if _is_number(line) else tuple(replace(mark, digit=None) for mark in line) for line in lines)


def _is_number(line: Sequence[Mark]) -> bool:
    return len(line) >= NUMBER and all(mark.digit is not None for mark in line)

"""A terminal shows frames of text in place: what it is able to show, and how each frame is put over the last."""

import contextlib
import os
import shutil
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TextIO

from .closing import Closing

HALF_BLOCK = "▀"
EIGHTHS = " ▏▎▍▌▋▊▉█"
RESET = "\x1b[0m"


class Style(Enum):
    """What a terminal can show."""

    COLOUR = "24-bit colour"
    GREY = "the palette of 256 colours, of which 26 are greys"
    PLAIN = "ASCII without colour"


class Terminal(Closing):
    """A terminal on which each frame is drawn over the one before; a context manager.

    It hides the cursor, and shows it again, with the colours reset, at the end and after an error.
    """

    def __init__(self, stream: TextIO) -> None:
        self.style = style_of(stream)
        self._stream = stream
        self._closed = False
        self._height = 0
        self._size = self.size
        self._write(_HIDE_CURSOR + _NO_WRAP)

    @property
    def size(self) -> os.terminal_size:
        """The columns and lines that the terminal has now."""
        return shutil.get_terminal_size()

    def show(self, lines: Sequence[str]) -> None:
        """Draw `lines` in the place of those shown before; what does not fit is cut off."""
        size = self.size
        if size != self._size:  # the lines shown before may have been wrapped anew
            self._size, self._height = size, 0
            start = _CLEAR_SCREEN
        else:
            start = "\r" + (f"\x1b[{self._height - 1}A" if self._height > 1 else "")
        lines = [*lines, *[""] * (self._height - len(lines))][: size.lines]
        self._height = len(lines)
        # A line is cleared before it is written: after a full one the cursor would still stand on its last character.
        body = "\n".join(_CLEAR_LINE + line for line in lines)
        self._write(f"{_BEGIN_FRAME}{start}{body}{_END_FRAME}")

    def close(self) -> None:
        """Leave the last frame standing, with the cursor below it."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(OSError, ValueError):  # the terminal may be gone, or the stream closed
            self._write(RESET + _WRAP + _SHOW_CURSOR + ("\n" if self._height else ""))

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def style_of(stream: TextIO, environ: Mapping[str, str] = os.environ) -> Style:
    """Return what the terminal behind `stream` can show: by its encoding, and by NO_COLOR, TERM and COLORTERM."""
    try:
        (HALF_BLOCK + EIGHTHS).encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return Style.PLAIN
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return Style.PLAIN
    return Style.COLOUR if environ.get("COLORTERM") in ("truecolor", "24bit") else Style.GREY


def printable(text: str) -> str:
    """A text on one line that any terminal takes, whatever bytes it is made of: escaped where it has to be."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def percent(share: float) -> str:
    """A share from 0 to 1 as a person should see it: nothing that was read is 100 % sure."""
    return f"{min(99, round(100 * share))} %"


_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"
_BEGIN_FRAME, _END_FRAME = "\x1b[?2026h", "\x1b[?2026l"  # synchronized output: terminals that know it never tear
_CLEAR_LINE, _CLEAR_SCREEN = "\x1b[K", "\x1b[H\x1b[2J"

"""Lights: which lamps are lit when, for each kind of display. Nothing here knows of pins or of time that passes.

A display is a row of lamps. What it shows is a score: steps of lights and seconds, played in order and over again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from .states import State

Lights = tuple[float, ...]  # the brightness of each lamp, 0 to 1
Score = tuple[tuple[Lights, float], ...]  # what is lit, and for how many seconds
Lines = Iterable[Iterable[tuple[str, float]]]  # "0" to "9" or "?" and its brightness, line by line

SHOWN_S, APART_S = 1.0, 0.3  # a digit among several, and the dark after it
FLASH_S = 0.35  # of a lamp that counts, and the dark after it
UNSURE_S = 1.5
NEXT_S, LINE_S, AGAIN_S = 1.0, 1.5, 2.0  # dark after a counted digit, after a line, before it begins again
FAINTEST = 0.05


@dataclass(frozen=True)
class Kind:
    """A kind of display. lamps: a letter for each. digits: which are lit for 0 to 9. counts: it flashes digits."""

    lamps: str
    digits: tuple[str, ...]
    counts: bool = False

    @property
    def dark(self) -> Lights:
        return (0.0,) * len(self.lamps)

    def lit(self, letters: str, brightness: float = 1.0) -> Lights:
        """These lamps, and no others."""
        return tuple(brightness * (lamp in letters) for lamp in self.lamps)

    def drawn(self, lights: Lights) -> str:
        """Lights as text: the letters of the lamps that are lit, a dot for each other."""
        return "".join(lamp if level else "." for lamp, level in zip(self.lamps, lights, strict=True))


# the segments of each sign: a is at the top, b to f follow clockwise, g is the bar in the middle
FONT = {
    **{"0": "abcdef", "1": "bc", "2": "abged", "3": "abgcd", "4": "fgbc", "5": "afgcd", "6": "afgedc", "7": "abc"},
    **{"8": "abcdefg", "9": "abcdfg", "-": "g", "_": "d", "=": "gd", "?": "abge"},
    **{"C": "afed", "t": "fged", "U": "fedcb", "E": "afged"},
}

ONE = Kind("*", ("*",) * 10, counts=True)
KINDS = {
    "leds": Kind("0123456789", tuple("0123456789")),
    # 0 is ten, as on an old telephone: no lamp at all would say that it is off
    "binary": Kind("8421", ("82", "1", "2", "21", "4", "41", "42", "421", "8", "81")),
    "segments": Kind("abcdefg", tuple(FONT[digit] for digit in "0123456789")),
    "blink": ONE,
    "act": ONE,
}


def _morse(code: str) -> tuple[float, ...]:
    dot_s = 0.15
    seconds = [s for sign in code for s in (3 * dot_s if sign == "-" else dot_s, dot_s)]
    return (*seconds[:-1], 10 * dot_s)


@dataclass(frozen=True)
class Sign:
    """How a state is shown. rhythm: seconds lit, dark, lit, …; the same on every display. Then its lamps on each."""

    meaning: str
    told: str
    rhythm: tuple[float, ...]
    leds: str
    binary: str
    segments: str

    def lamps(self, name: str) -> str:
        """The letters of the lamps that are lit on a display."""
        own = {"leds": self.leds, "binary": self.binary, "segments": FONT[self.segments]}
        return own.get(name, "*")


# no sign is a digit's: on leds it has two lamps or more, in binary it is above ten
ALPHABET = {
    State.STARTING: Sign("no picture yet", "flickers", (0.1, 0.1), "09", "8421", "-"),
    State.READY: Sign("sees nothing written", "lit, winks every 3 s", (2.9, 0.1), "45", "8421", "_"),
    State.LOOKING: Sign("sees something, not settled yet", "blinks once a second", (0.5, 0.5), "3456", "84", "="),
    State.UNSURE: Sign("no sure digit, in its place", "long lights", (UNSURE_S, AGAIN_S), "0369", "821", "?"),
    State.CAMERA_MISSING: Sign("no picture comes", "Morse C: -.-.", _morse("-.-."), "0189", "842", "C"),
    State.TRAINING: Sign("learns", "3 s lit, 3 s dark", (3.0, 3.0), "27", "841", "t"),
    State.UNDERVOLTAGE: Sign("the supply is too weak", "Morse U: ..-", _morse("..-"), "01", "842", "U"),
    State.ERROR: Sign("failed: journalctl -u inkling", "Morse SOS", _morse("...---..."), "02468", "841", "E"),
}


def sign(name: str, state: State) -> Score:
    """What a display shows of a state; dark for one that is not in the alphabet."""
    kind = KINDS[name]
    if state not in ALPHABET:
        return ((kind.dark, inf),)
    entry = ALPHABET[state]
    lit = kind.lit(entry.lamps(name))
    return tuple((kind.dark if i % 2 else lit, seconds) for i, seconds in enumerate(entry.rhythm))


def spelled(name: str, lines: Lines) -> Score:
    """What a display shows of a reading: one digit stays, several come one after the other, a dark pause between.

    On a display that counts, a digit is so many flashes, 0 is ten.
    """
    kind = KINDS[name]
    text = [marks for marks in map(list, lines) if marks]
    if not text:
        return ((kind.dark, inf),)
    if not kind.counts and len(text) == len(text[0]) == 1 and text[0][0][0] != "?":
        [[(digit, brightness)]] = text
        return ((kind.lit(kind.digits[int(digit)], brightness), inf),)
    steps: list[tuple[Lights, float]] = []
    for marks in text:
        for mark, brightness in marks:
            steps += [*_mark(name, mark, brightness), (kind.dark, NEXT_S if kind.counts else APART_S)]
        steps[-1] = kind.dark, LINE_S
    steps[-1] = kind.dark, AGAIN_S
    return tuple(steps)


def _mark(name: str, mark: str, brightness: float) -> Score:
    """One digit or "?" among others, without the dark after it."""
    kind = KINDS[name]
    if mark == "?":
        return ((kind.lit(ALPHABET[State.UNSURE].lamps(name), brightness), UNSURE_S),)
    lit = kind.lit(kind.digits[int(mark)], brightness)
    if not kind.counts:
        return ((lit, SHOWN_S),)
    return (((lit, FLASH_S), (kind.dark, FLASH_S)) * (int(mark) or 10))[:-1]


DIGITS_TOLD = (
    "a digit         leds: the one lamp; binary: its bits, 0 as ten; segments: as it is drawn;",
    "                blink, act: so many flashes, 0 as ten",
    "several digits  one after the other, dark between them, and over again",
)


def brightness_of(confidence: float) -> float:
    """How bright a mark is: half sure is faint, sure is full."""
    return max(FAINTEST, 2 * confidence - 1)


def alphabet() -> str:
    """The alphabet of lights as a table of text: what goes into `--help` and into deploy/wiring.md."""
    rows: list[tuple[str, ...]] = [("", "rhythm", "leds", "binary", "segments", "what it means")]
    for state, entry in ALPHABET.items():
        drawn = (KINDS[name].drawn(sign(name, state)[0][0]) for name in ("leds", "binary"))
        rows.append((state.value, entry.told, *drawn, entry.segments, entry.meaning))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([*lines, *DIGITS_TOLD])

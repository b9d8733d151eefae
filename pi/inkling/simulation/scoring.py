"""How much of what is written was read: the score of a reader under the conditions of the paper simulator."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .layout import Digits
from .scenes import Scene, draw_scene


@dataclass(frozen=True)
class Score:
    """What was read of some pictures.

    digits: how many are written. right: how many of them were read, in order. false: sure digits that were read beside
    those. quiet: pictures without a false digit.
    """

    pictures: int = 0
    digits: int = 0
    right: int = 0
    false: int = 0
    quiet: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.pictures + other.pictures,
            self.digits + other.digits,
            self.right + other.right,
            self.false + other.false,
            self.quiet + other.quiet,
        )

    @property
    def share(self) -> float:
        """The share of the digits read right; of the pictures without a sure digit, where none is written."""
        return self.right / self.digits if self.digits else self.quiet / max(1, self.pictures)


def score(written: str, read: str) -> Score:
    """The score of one picture, from its text and the text that was read; what is no digit in either does not count."""
    written, read = ("".join(filter(str.isdigit, text)) for text in (written, read))
    right = in_order(written, read)
    return Score(1, len(written), right, len(read) - right, int(right == len(read)))


def in_order(written: str, read: str) -> int:
    """The length of the longest common subsequence (Wagner and Fischer 1974, doi.org/10.1145/321796.321811)."""
    lengths = [0] * (len(read) + 1)
    for sign in written:
        diagonal = 0
        for place, other in enumerate(read, 1):
            diagonal, lengths[place] = (
                lengths[place],
                (diagonal + 1 if sign == other else max(lengths[place], lengths[place - 1])),
            )
    return lengths[-1]


def scenes(condition: str, count: int, seed: int, digits: Digits | None = None) -> Iterator[Scene]:
    """The first `count` pictures of a condition: each is the same whatever else is drawn."""
    for number in range(count):
        yield draw_scene(condition, np.random.default_rng([seed, *condition.encode(), number]), digits)

"""Scores: what was read, held beside what is written, digit by digit.

Read and written digits are aligned with the fewest mistakes (Wagner and Fischer 1974, "The string-to-string correction
problem"). A written digit is then *read* (as itself), *wrong* (as another), *refused* ("?") or *missed* (as nothing),
and what was read where there is no digit is *false*. A "?" where there is no digit costs nothing: that is what it says,
and the signs between the digits of a page may be read so, or not at all.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .reader import Reading

REFUSED, MISSED, NO_DIGIT = 10, 11, 10  # the last two columns and the last row of a confusion table
BINS = 15


def signs(reading: Reading, unsure: float = 0.0) -> str:
    """What was read as one string of digits and "?", as a reader would have it that is unsure below that confidence."""
    return reading.at(unsure).text.replace(" ", "")


def is_right(digits: str, read: str) -> bool:
    """Whether a picture is read right: `read` are its signs, `digits` what is written on it.

    A single digit has to be exactly that. Several have to be the digits in order, any "?" left out. Where there is
    none, no digit may be read.
    """
    return read == digits if len(digits) == 1 else read.replace("?", "") == digits


def align(digits: str, read: str) -> list[tuple[str, str]]:
    """Pairs of a written digit and the sign that was read for it, in order; "" where one of them stands alone."""
    if digits == read:
        return list(zip(digits, read, strict=True))
    rows, columns = len(digits) + 1, len(read) + 1
    costs = np.zeros((rows, columns), np.int64)
    costs[:, 0] = np.arange(rows)
    for j, sign in enumerate(read, 1):
        costs[0, j] = costs[0, j - 1] + _alone(sign)
        for i, digit in enumerate(digits, 1):
            costs[i, j] = min(
                costs[i - 1, j - 1] + (digit != sign), costs[i, j - 1] + _alone(sign), costs[i - 1, j] + 1
            )
    pairs = []
    i, j = len(digits), len(read)
    while i or j:
        # pairs come first: a "?" is better taken for a refused digit than for something beside a missed one
        if i and j and costs[i, j] == costs[i - 1, j - 1] + (digits[i - 1] != read[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((digits[i], read[j]))
        elif j and costs[i, j] == costs[i, j - 1] + _alone(read[j - 1]):
            j -= 1
            pairs.append(("", read[j]))
        else:
            i -= 1
            pairs.append((digits[i], ""))
    return pairs[::-1]


def _alone(sign: str) -> int:
    """The mistakes in reading a sign where there is no digit."""
    return int(sign != "?")


@dataclass
class Tally:
    """What was read on some pictures.

    pictures, right: those with digits, and of them those read right. blank, answered: those without a digit, and of
    them those on which one was read. confusion: int64 (11, 12), how often something written (0 to 9, no digit) was
    read as something (0 to 9, "?", missed).
    """

    pictures: int = 0
    right: int = 0
    blank: int = 0
    answered: int = 0
    confusion: NDArray[np.int64] = field(default_factory=lambda: np.zeros((NO_DIGIT + 1, MISSED + 1), np.int64))

    def add(self, digits: str, read: str) -> None:
        """Takes one picture: its digits, "" if there is none, and the signs that were read."""
        if digits:
            self.pictures += 1
            self.right += is_right(digits, read)
        else:
            self.blank += 1
            self.answered += not is_right(digits, read)
        for digit, sign in align(digits, read):
            column = REFUSED if sign == "?" else int(sign) if sign else MISSED
            self.confusion[int(digit) if digit else NO_DIGIT, column] += 1

    @property
    def digits(self) -> int:
        """How many digits are written."""
        return int(self.confusion[:NO_DIGIT].sum())

    @property
    def read(self) -> int:
        """How many of them were read as what they are."""
        return int(np.trace(self.confusion[:NO_DIGIT, :REFUSED]))

    @property
    def wrong(self) -> int:
        """How many were read as another digit."""
        return int(self.confusion[:NO_DIGIT, :REFUSED].sum()) - self.read

    @property
    def refused(self) -> int:
        """For how many a "?" was read."""
        return int(self.confusion[:NO_DIGIT, REFUSED].sum())

    @property
    def missed(self) -> int:
        """How many were not seen."""
        return int(self.confusion[:NO_DIGIT, MISSED].sum())

    @property
    def false(self) -> int:
        """How many digits were read where there is none."""
        return int(self.confusion[NO_DIGIT, :REFUSED].sum())


def share(part: int, whole: int) -> float | None:
    """A part as a share, 0 to 1; None of nothing."""
    return part / whole if whole else None


def calibration_error(probabilities: NDArray[np.floating], labels: NDArray[np.integer], bins: int = BINS) -> float:
    """The expected calibration error (ECE), 0 to 1: how far confidence and accuracy lie apart, on average.

    Answers are put into so many bins of equal width by the probability of the likeliest digit; in each, the mean of
    these probabilities is compared with the share of right answers, and a bin counts by how many answers it holds
    (Guo et al. 2017, arXiv:1706.04599, equation 3). probabilities: (n, classes); labels: (n,).
    """
    confidence = probabilities.max(axis=1).astype(float)
    right = probabilities.argmax(axis=1) == labels
    chosen = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(chosen, right, bins) - np.bincount(chosen, confidence, bins)
    return float(np.abs(gaps).sum() / len(labels))

"""Promotion: whether a new model has shown that it reads better than the current one, on digits neither was taught.

Both read the same pictures, so what counts are those that only one of them reads right. Were the two equally good, each
of these would fall to either side like a coin; the sign test (McNemar 1947, in its exact form) says how seldom coins
fall so well for the new one. Beside that it must not lose where it is not to lose: see `Judges.margin`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inknet import Network
from inknet.arrays import Array

from .errors import DataError
from .reader import DIGITS, UNSURE

NO_DIGIT = DIGITS  # the label of what is no digit: right is who answers with none
# Of twenty nights that taught nothing, one is taken for an improvement, and then the two models are equally good. Fewer
# would ask for more digits of the owner than there are: five set right and none spoiled (1 in 32) are enough.
ALPHA = 0.05
OWN_WEIGHT = 10  # of the owner's digits, for which the night is; so a few are not drowned by the chance of thousands
# What a new model must be sure not to lose on MNIST's part, as a share. If of 5,000 pictures 40 are read differently,
# up to 24 of them may be spoiled, a loss of 0.16 points; of models that are equally good 92 % pass.
MARGIN = 0.004


@dataclass(frozen=True)
class Judges:
    """Labelled pictures to judge by, which neither model has been trained on.

    The shipped model has learnt all 60,000 of MNIST's training images, so beside it only the test images are fair.
    name: of what, as in "12 of 40 {name}". images: uint8 or floats (n, 28, 28); labels: integers (n,), 0 to 9, or
    NO_DIGIT. weight: how much one of them counts, a whole number. margin: the share of them, 0 to 1, that a new model
    has to be sure not to lose; None asks for nothing.
    """

    name: str
    images: Array
    labels: Array
    weight: int = 1
    margin: float | None = None

    def __post_init__(self) -> None:
        if len(self.images) != len(self.labels) or self.weight < 1:
            raise DataError(
                f"{self.name}: {len(self.images)} images, {len(self.labels)} labels, weight {self.weight}; "
                "a label for each image and a weight of 1 or more are needed"
            )

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Tally:
    """What changed for some judges: of `count` pictures, `fixed` are read right only now, `broken` only before."""

    name: str
    count: int
    before: int
    fixed: int
    broken: int

    def __str__(self) -> str:
        return f"of {self.count} {self.name}, {self.fixed} set right and {self.broken} spoiled"


@dataclass(frozen=True)
class Verdict:
    """Whether a model is to be promoted, why, for people, and the figures: p is the sign test's, 0 to 1."""

    promoted: bool
    reason: str
    p: float
    tallies: tuple[Tally, ...]


def judge(current: Network, candidate: Network, judges: Sequence[Judges]) -> Verdict:
    """Compares two networks, with 10 answers or 11, by all judges together; raises DataError if there are none."""
    judges = [each for each in judges if len(each)]
    if not judges:
        raise DataError("there is no picture to judge a new model by")
    tallies = []
    for each in judges:
        before, after = right(current, each), right(candidate, each)
        if after is None:
            return Verdict(False, "it answers with no numbers (NaN)", 1.0, ())
        before = np.zeros_like(after) if before is None else before
        counts = int(before.sum()), int((after & ~before).sum()), int((before & ~after).sum())
        tallies.append(Tally(each.name, len(each), *counts))
    return verdict(tallies, [each.weight for each in judges], [each.margin for each in judges])


def right(network: Network, judges: Judges) -> NDArray[np.bool_] | None:
    """Which pictures are read right, (n,); None if the network answers with no numbers.

    A digit is, whose probability is the highest among the digits; what is no digit is, if no digit is probable enough
    to be read.
    """
    with np.errstate(all="ignore"):
        p = network.folded().predict(judges.images)[:, :DIGITS]
    if not np.isfinite(p).all():
        return None
    labels = np.asarray(judges.labels)
    found: NDArray[np.bool_] = np.where(labels == NO_DIGIT, p.max(axis=1) < UNSURE, p.argmax(axis=1) == labels)
    return found


def verdict(tallies: Sequence[Tally], weights: Sequence[int], margins: Sequence[float | None]) -> Verdict:
    """The verdict on what was counted, each tally with its weight and margin."""
    p, tallies = sign_test(tallies, weights), tuple(tallies)
    seen = "; ".join(map(str, tallies))
    for tally, margin in zip(tallies, margins, strict=True):
        if margin is not None and not keeps(tally, margin):
            reason = f"it may lose too much: {seen}, and a loss of {margin:.2%} of the {tally.name} cannot be excluded"
            return Verdict(False, reason, p, tallies)
    if all(tally.fixed == tally.broken == 0 for tally in tallies):
        return Verdict(False, f"it reads neither better nor worse: {seen}", p, tallies)
    chance = f"luck alone would do as well in {_percent(p)} of cases"
    if p > ALPHA:
        reason = f"it is not surely better: {seen}; {chance}, and {ALPHA:.0%} are allowed"
        return Verdict(False, reason, p, tallies)
    return Verdict(True, f"it is better: {seen}; {chance}", p, tallies)


def sign_test(tallies: Sequence[Tally], weights: Sequence[int]) -> float:
    """How probable it is, 0 to 1, that coins in place of the answers that differ fall as well for the new model.

    The sum of the weights of those that fall for it is compared with that seen; its distribution, that of binomials
    stretched by their weights and added up, is computed in full, with no approximation. With one tally this is the
    sign test, one-sided.
    """
    chances = np.ones(1)
    seen = 0
    for tally, weight in zip(tallies, weights, strict=True):
        differ = tally.fixed + tally.broken
        stretched = np.zeros(differ * weight + 1)
        stretched[::weight] = binomial(differ, 0.5)
        chances = np.convolve(chances, stretched)
        seen += weight * tally.fixed
    return min(float(chances[seen:].sum()), 1.0)


def keeps(tally: Tally, margin: float) -> bool:
    """Whether it is shown, with an error of ALPHA, that less than a share of `margin` is lost: a non-inferiority test.

    Of the answers that differ a share q is spoiled; a loss of the margin means q = (1 + margin * count / differ) / 2.
    It is excluded if so few spoiled ones as were seen would then be rarer than ALPHA (exact binomial tail, given how
    many answers differ).
    """
    differ = tally.fixed + tally.broken
    if not differ:
        return True
    q = (1 + margin * tally.count / differ) / 2
    return q > 1 or float(binomial(differ, q)[: tally.broken + 1].sum()) <= ALPHA


def binomial(count: int, share: float) -> NDArray[np.float64]:
    """The probabilities of 0 to `count` heads of a coin that falls so with this probability, (count + 1,)."""
    if share >= 1:
        certain = np.zeros(count + 1)
        certain[-1] = 1
        return certain
    k = np.arange(count + 1)
    ways = np.log(np.r_[1, (count - k[1:] + 1) / k[1:]]).cumsum()  # as logarithms, for they are beyond any float
    chances: NDArray[np.float64] = np.exp(ways + k * np.log(share) + (count - k) * np.log(1 - share))
    return chances


def _percent(p: float) -> str:
    return f"{p:.1%}" if p >= 0.001 else "less than 0.1%"

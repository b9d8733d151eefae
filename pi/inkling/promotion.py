"""Promotion: whether a new model has shown that it reads better than the current one, on digits neither was taught.

Both read the same pictures, so what counts are those that one of them reads better. Were the two equally good, each of
these would fall to either side like a coin; the test (a randomization test for pairs, Fisher 1935; where a picture is
shown once, the sign test) says how seldom coins fall so well for the new one. Beside that it must not lose where it is
not to lose: see `Judges.margin`.

The owner's digits are few, and most of them were taught because the model of that day misread them: any other model
reads some of these right, by no merit. So each is not shown itself, but VIEWS times deformed. That tells more of a
digit than right or wrong, and a model that misread it by a hair is not held to that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inknet import Network
from inknet.arrays import Array

from .errors import DataError
from .lesson import Sampled
from .reader import DIGITS, UNSURE
from .training import Images

NO_DIGIT = DIGITS  # the label of what is no digit: right is who answers with none
# Of twenty nights that taught nothing, one is taken for an improvement, and then the two models are equally good. Fewer
# would ask for more digits of the owner than there are: five read better and none worse (1 in 32) are enough.
ALPHA = 0.05
# So often a digit of the owner's is shown. As a view counts like a picture of MNIST, a digit counts up to 20 times as
# much as one of these: the night is for the owner, and a few digits are not to be drowned by the chance of thousands.
VIEWS = 20
# What a new model must be sure not to lose on MNIST's part, as a share. If of 5,000 pictures 40 are read differently,
# up to 24 of them may be spoiled, a loss of 0.16 points; of models that are equally good 92 % pass.
MARGIN = 0.004


@dataclass(frozen=True)
class Judges:
    """Labelled pictures to judge by, which neither model has been trained on.

    The shipped model has learnt all 60,000 of MNIST's training images, so beside it only the test images are fair.
    name: of what, as in "12 of 40 {name}". images: uint8 or floats (n, 28, 28), or (views, n, 28, 28) if each is shown
    in several views; labels: integers (n,), 0 to 9, or NO_DIGIT. margin: the share of them, 0 to 1, that a new model
    has to be sure not to lose; None asks for nothing.
    """

    name: str
    images: Array
    labels: Array
    margin: float | None = None

    def __post_init__(self) -> None:
        if self.images.ndim not in (3, 4) or self.images.shape[-3] != len(self.labels):
            raise DataError(
                f"{self.name}: images of shape {self.images.shape} and {len(self.labels)} labels; "
                "a label for each image is needed"
            )

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Tally:
    """What changed for some judges: of `count` pictures, each shown in so many views.

    gains: of each picture that is read better or worse now, how many more of its views are read right, or, below zero,
    how many fewer.
    """

    name: str
    count: int
    views: int
    gains: tuple[int, ...]

    @property
    def fixed(self) -> int:
        """How many pictures are read better."""
        return sum(gain > 0 for gain in self.gains)

    @property
    def broken(self) -> int:
        """How many are read worse."""
        return len(self.gains) - self.fixed

    def __str__(self) -> str:
        better, worse = ("set right", "spoiled") if self.views == 1 else ("read better", "worse")
        return f"of {self.count} {self.name}, {self.fixed} {better} and {self.broken} {worse}"


@dataclass(frozen=True)
class Verdict:
    """Whether a model is to be promoted, why, for people, and the figures: p is the test's, 0 to 1."""

    promoted: bool
    reason: str
    p: float
    tallies: tuple[Tally, ...]


def of_a_night(test: Images, own: Sampled) -> list[Judges]:
    """Who judges what a night has come to: MNIST's test images, and the owner's digits that it has not learnt."""
    return [
        Judges("test images", test.images, test.labels, margin=MARGIN),
        Judges("own digits", own.views(VIEWS), own.labels),
    ]


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
        gains = after if before is None else after - before
        views = 1 if each.images.ndim == 3 else len(each.images)
        tallies.append(Tally(each.name, len(each), views, tuple(gains[gains != 0].tolist())))
    return verdict(tallies, [each.margin for each in judges])


def right(network: Network, judges: Judges) -> NDArray[np.int64] | None:
    """How many views of each picture are read right, (n,); None if the network answers with no numbers.

    A digit is, whose probability is the highest among the digits; what is no digit is, if no digit is probable enough
    to be read.
    """
    images, labels = np.asarray(judges.images), np.asarray(judges.labels)
    with np.errstate(all="ignore"):
        p = network.folded().predict(images.reshape(-1, *images.shape[-2:]))[:, :DIGITS]
    if not np.isfinite(p).all():
        return None
    p = p.reshape(-1, len(labels), DIGITS)
    found: NDArray[np.int64] = np.where(labels == NO_DIGIT, p.max(axis=2) < UNSURE, p.argmax(axis=2) == labels).sum(0)
    return found


def verdict(tallies: Sequence[Tally], margins: Sequence[float | None]) -> Verdict:
    """The verdict on what was counted, each tally with its margin."""
    p, tallies = by_chance([gain for tally in tallies for gain in tally.gains]), tuple(tallies)
    seen = "; ".join(map(str, tallies))
    for tally, margin in zip(tallies, margins, strict=True):
        if margin is not None and not keeps(tally, margin):
            reason = f"it may lose too much: {seen}, and a loss of {margin:.2%} of the {tally.name} cannot be excluded"
            return Verdict(False, reason, p, tallies)
    if not any(tally.gains for tally in tallies):
        return Verdict(False, f"it reads neither better nor worse: {seen}", p, tallies)
    chance = f"luck alone would do as well in {_percent(p)} of cases"
    if p > ALPHA:
        reason = f"it is not surely better: {seen}; {chance}, and {ALPHA:.0%} are allowed"
        return Verdict(False, reason, p, tallies)
    return Verdict(True, f"it is better: {seen}; {chance}", p, tallies)


def by_chance(gains: Sequence[int]) -> float:
    """How probable it is, 0 to 1, that the gains come to as much if a coin decides of each whether it is a loss.

    Those that fall to the new model's side are added up. The distribution of this sum, that of binomials stretched by
    the sizes of the gains, is computed in full, with no approximation. Of gains that are all alike this is the sign
    test, one-sided.
    """
    chances = np.ones(1)
    sizes, counts = np.unique(np.abs(np.array(gains, np.int64)), return_counts=True)
    for size, count in zip(sizes.tolist(), counts.tolist(), strict=True):
        stretched = np.zeros(count * size + 1)
        stretched[::size] = binomial(count, 0.5)
        chances = np.convolve(chances, stretched)
    return min(float(chances[sum(gain for gain in gains if gain > 0) :].sum()), 1.0)


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

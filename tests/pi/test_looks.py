"""A second look at glyphs that are not surely read."""

import numpy as np
import pytest

from inkling.looks import AT_ONCE, look_again
from inknet import Dense, Network, SoftmaxCrossEntropy

DIGITS = 10


def network(*columns: float) -> Network:
    """One that tells a 7 by how dark the middle of a glyph's columns 14 and on is, with this evidence for each."""
    it = Network([Dense(11, bias=False)], SoftmaxCrossEntropy())
    weight = it.layers[0].values["weight"]
    for x, evidence in enumerate(columns, start=14):
        weight[7, 14 * 28 + x] = evidence
    return it


def bar(width: int) -> np.ndarray:
    """A glyph with a bar from its middle to the right."""
    glyph = np.zeros((28, 28), np.float32)
    glyph[10:18, 14 : 14 + width] = 1
    return glyph


def looked_at(it: Network, glyphs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first = it.predict(glyphs)
    second = first.copy()
    look_again(it, glyphs, second, DIGITS)
    return first, second


@pytest.mark.parametrize("evidence", [0.5, 9.0], ids=["hopeless", "sure"])
def test_what_is_plain_is_left_as_it_is(evidence: float) -> None:
    first, second = looked_at(network(evidence), np.stack([bar(1), bar(10)]))
    assert np.array_equal(first, second)


def test_what_hangs_on_a_few_pixels_is_believed_less_than_what_all_views_say() -> None:
    glyphs = bar(10)[None]
    edge, whole = [0.0] * 9 + [3.5], [0.35] * 10
    hangs, second = looked_at(network(*edge), glyphs)
    assert second[0, 7] < 0.85 * hangs[0, 7]
    stays, same = looked_at(network(*whole), glyphs)
    assert hangs[0, 7] == pytest.approx(stays[0, 7])
    assert same[0, 7] == pytest.approx(stays[0, 7], rel=0.05)
    assert same.sum() == pytest.approx(1, abs=1e-5)


def test_each_glyph_is_looked_at_for_itself() -> None:
    it = network(*[0.0] * 9, 3.5)
    alone = looked_at(it, bar(10)[None])[1]
    among = looked_at(it, np.stack([bar(3), *[bar(10)] * (AT_ONCE + 1), bar(1), bar(10)]))[1]
    assert among[1:-2] == pytest.approx(np.tile(alone, (AT_ONCE + 1, 1)), abs=1e-6)
    assert among[-1] == pytest.approx(alone[0], abs=1e-6)
    assert among[0] == pytest.approx(it.predict(bar(3)[None])[0], abs=1e-6)


class Seen(Network):
    """Says beforehand what it says of views, (n, 11), and keeps what it saw."""

    def __init__(self, said: np.ndarray) -> None:
        super().__init__([Dense(11)], SoftmaxCrossEntropy(), rng=np.random.default_rng(0))
        self.said, self.seen = said, np.zeros((0, 28, 28), np.float32)

    def predict(self, images: np.ndarray, batch_size: int = 16) -> np.ndarray:
        self.seen = images
        return self.said[: len(images)]


def says(digit: float, none: float) -> np.ndarray:
    """Probabilities (1, 11): of a 7, and of no digit; the others share the rest."""
    said = np.full((1, 11), (1 - digit - none) / 9, np.float32)
    said[0, [7, 10]] = digit, none
    return said


@pytest.mark.parametrize(
    ("digit", "none", "is_seen_again"),
    [(0.28, 0.02, False), (0.32, 0.02, True), (0.88, 0.02, True), (0.92, 0.02, False), (0.28, 0.6, False)],
    ids=["hopeless", "hardly a digit", "nearly sure", "sure", "hardly a digit, rather none"],
)
def test_what_may_be_a_digit_and_is_not_surely_one_is_seen_again(
    digit: float, none: float, is_seen_again: bool
) -> None:
    it = Seen(np.repeat(says(0.5, 0.4), 4, axis=0))
    probabilities = says(digit, none)
    look_again(it, bar(3)[None], probabilities, DIGITS)
    assert len(it.seen) == (4 if is_seen_again else 0)
    assert np.array_equal(probabilities, says(digit, none)) != is_seen_again


def test_a_glyph_is_seen_narrower_lower_and_turned_to_either_side() -> None:
    glyph = np.zeros((28, 28), np.float32)
    glyph[4:24, 11:17] = 1
    it = Seen(np.repeat(says(0.5, 0.4), 4, axis=0))
    look_again(it, glyph[None], says(0.5, 0.4), DIGITS)
    across = np.arange(28) - 13.5
    area = it.seen.sum(axis=(1, 2)) / glyph.sum()
    variance = (glyph.sum(axis=1) @ across**2) / glyph.sum()
    tall = [float(view.sum(axis=1) @ across**2 / view.sum() / variance) for view in it.seen]
    lean = [float(across @ view @ across / (view.sum(axis=1) @ across**2)) for view in it.seen]
    assert area == pytest.approx([0.9, 0.9, 1, 1], abs=0.03)
    assert tall == pytest.approx([1, 0.81, 1, 1], abs=0.03)
    assert sorted(lean) == pytest.approx([-0.1, 0, 0, 0.1], abs=0.015)


def test_a_view_that_rules_a_digit_out_outweighs_those_that_are_half_sure() -> None:
    said = np.repeat(says(0.6, 0.04), 4, axis=0)
    said[0] = says(0, 1)
    probabilities = says(0.6, 0.04)
    look_again(Seen(said), bar(3)[None], probabilities, DIGITS)
    assert probabilities[0].argmax() == 10
    assert 0.05 < probabilities[0, 7] < 0.3

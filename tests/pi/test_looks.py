"""A second look at glyphs that are not surely read."""

import numpy as np
import pytest

from inkling.looks import look_again
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
    among = looked_at(it, np.stack([bar(3), bar(10), bar(1), bar(10)]))[1]
    assert among[1] == pytest.approx(alone[0], abs=1e-6)
    assert among[3] == pytest.approx(alone[0], abs=1e-6)
    assert among[0] == pytest.approx(it.predict(bar(3)[None])[0], abs=1e-6)


def test_a_view_that_rules_a_digit_out_outweighs_those_that_are_half_sure() -> None:
    class Seen(Network):
        """Says beforehand what it says of each view."""

        def predict(self, images: np.ndarray, batch_size: int = 16) -> np.ndarray:
            assert len(images) == 4
            said = np.full((4, 11), 0.04, np.float32)
            said[:, 7] = 0.6
            said[0] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
            return said

    probabilities = np.full((1, 11), 0.04, np.float32)
    probabilities[0, 7] = 0.6
    look_again(Seen([Dense(11)], SoftmaxCrossEntropy(), rng=np.random.default_rng(0)), bar(3)[None], probabilities, 10)
    assert probabilities[0].argmax() == 10
    assert 0.05 < probabilities[0, 7] < 0.3

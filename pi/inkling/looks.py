"""A second look at glyphs that are not surely read: narrower, lower, and turned to either side.

What a network says of a glyph that it is unsure of may hang on a few pixels; what it says of several views of it does
so less (Ciresan, Meier and Schmidhuber 2012, "Multi-column deep neural networks for image classification", whose
columns see a digit in different widths). The answers are pooled by their geometric mean, the logarithmic opinion pool
(Genest and Zidek 1986, "Combining probability distributions"): what one of the views rules out stays out.
"""

from functools import cache

import numpy as np

from inknet import Network
from inknet.deform import warp

from .page import Floats

NARROWER, TURNED_DEGREES = 0.9, 6.0
HOPELESS, SURE = 0.3, 0.9  # confidences of a first look that a second hardly changes: below, and from which on
AT_ONCE = 4  # glyphs, whose views are one batch: those of a page of doubtful marks would take tens of megabytes
LEAST = 1e-6  # a probability: one view alone does not rule out for ever


@cache
def _maps() -> Floats:
    """From places in each view to places in the glyph, (views, 2, 3), as `warp` has it."""
    turn = np.radians(TURNED_DEGREES)
    cos, sin = np.cos(turn), np.sin(turn)
    turned = [[cos, -sin, 0], [sin, cos, 0]], [[cos, sin, 0], [-sin, cos, 0]]
    narrower, lower = [[1, 0, 0], [0, 1 / NARROWER, 0]], [[1 / NARROWER, 0, 0], [0, 1, 0]]
    return np.array([narrower, lower, *turned], np.float32)


def look_again(network: Network, glyphs: Floats, probabilities: Floats, digits: int) -> None:
    """Put what further views say of unsure glyphs into `probabilities`, float32 (n, classes), of a first look.

    glyphs: float32 (n, height, width). digits: so many of the classes are digits; the likeliest tells how sure it is.
    """
    likeliest = probabilities[:, :digits].max(axis=1)
    unsure = np.flatnonzero((likeliest >= HOPELESS) & (likeliest < SURE))
    maps = _maps()
    for start in range(0, len(unsure), AT_ONCE):
        some = unsure[start : start + AT_ONCE]
        seen = network.predict(warp(np.repeat(glyphs[some], len(maps), axis=0), np.tile(maps, (len(some), 1, 1))))
        said = np.concatenate([probabilities[some, None], seen.reshape(len(some), len(maps), -1)], axis=1)
        pooled = np.exp(np.log(np.maximum(said, LEAST)).mean(axis=1))
        probabilities[some] = pooled / pooled.sum(axis=1, keepdims=True)

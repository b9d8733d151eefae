"""The model that reads: the one that is shipped with the package, or one from a file."""

import hashlib
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from inknet import ModelError, Network, load

from .glyphs import GLYPH_PX
from .reader import DIGITS, UNSURE, Reader

SHIPPED = "digits.npz"


def load_model(path: Path | None = None) -> Network:
    """The network in a model file, by default the shipped one.

    Raises inknet's ModelError if it is damaged or does not read digits, OSError if it cannot be opened.
    """
    if path is not None:
        return checked(load(path), path)
    with as_file(files(__package__) / SHIPPED) as shipped:
        return checked(load(shipped), shipped)


def open_reader(path: Path | None = None, unsure: float | None = None) -> Reader:
    """A reader with the network of `load_model`; below the confidence `unsure`, 0 to 1, a mark is "?"."""
    return Reader(load_model(path), UNSURE if unsure is None else unsure)


def identity(network: Network) -> str:
    """By which a model is known wherever it lies: the first 12 digits of the SHA-256 of its numbers."""
    return hashlib.sha256(np.ascontiguousarray(network.state, "<f4").tobytes()).hexdigest()[:12]


def checked(network: Network, path: Path) -> Network:
    """The network, if it can read glyphs as digits; raises ModelError otherwise."""
    if network.input_shape != (GLYPH_PX, GLYPH_PX) or network.classes not in (DIGITS, DIGITS + 1):
        seen = "x".join(map(str, network.input_shape))
        raise ModelError(
            f"{path} is a model for pictures of {seen} pixels and {network.classes} answers; "
            f"reading digits takes {GLYPH_PX}x{GLYPH_PX} and {DIGITS}, or {DIGITS + 1} with one for what is no digit"
        )
    with np.errstate(all="ignore"):
        answers = network.folded().predict(np.stack([np.zeros((GLYPH_PX, GLYPH_PX)), np.eye(GLYPH_PX)]))
    if not np.isfinite(answers).all():
        raise ModelError(f"{path} is a model that answers with no numbers (NaN): train it again, or take another")
    return network

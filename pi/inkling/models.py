"""The model that reads: one from a file, the shelf's, or the one that is shipped with the package."""

import hashlib
import sys
from importlib.resources import as_file, files
from itertools import pairwise
from pathlib import Path

import numpy as np

from inknet import ModelError, Network, load

from .errors import ShelfError, told
from .glyphs import GLYPH_PX
from .listing import named
from .reader import DIGITS, UNSURE, Reader
from .settings import load_settings
from .shelf import Report, Shelf, open_shelf

SHIPPED = "digits.npz"
NESTED = 20  # lists within lists that a model may have in what it says about itself: Python gives up at some hundreds


def load_model(path: Path | None = None) -> Network:
    """The network in a model file, by default the one that reads: of the settings, of the shelf, or the shipped one.

    Raises inknet's ModelError if it is damaged or does not read digits, OSError if it cannot be opened, UsageError for
    wrong settings.
    """
    if path is None:
        settings = load_settings()
        path = settings["reading.model"]
        if path is None:
            return current_model(open_shelf(settings))
    return checked(load(path), path)


def shipped_model() -> Network:
    """The network that comes with the package."""
    with as_file(files(__package__) / SHIPPED) as path:
        return checked(load(path), path)


def current_model(shelf: Shelf, report: Report | None = None) -> Network:
    """The network that was promoted last; of one that cannot be used the one before it, in the end the shipped one.

    Whatever is wrong with the shelf is one line for `report`, by default on stderr.
    """
    report = report or _warn
    chain = shelf.chain(report)
    for number, before in pairwise(chain):
        try:
            return load_model(shelf.file(number))
        except (ModelError, ShelfError, OSError) as error:
            report(f"{named(before)} reads instead of {named(number)}: {told(error)}")
    return shipped_model()


def open_reader(path: Path | None = None, unsure: float | None = None, shelf: Shelf | None = None) -> Reader:
    """A reader with the network of `load_model`, or else the shelf's; below the confidence `unsure` a mark is "?".

    A program that runs for long asks `shelf.changed()` now and then, and opens another reader if so.
    """
    network = load_model(path) if path or not shelf else current_model(shelf)
    return Reader(network, UNSURE if unsure is None else unsure)


def _warn(line: str) -> None:
    print(f"inkling: {line}", file=sys.stderr, flush=True)


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
    if _nests(network.about, NESTED):
        raise ModelError(f"{path} says more about itself than can be kept: lists within lists, over {NESTED} deep")
    with np.errstate(all="ignore"):
        answers = network.folded().predict(np.stack([np.zeros((GLYPH_PX, GLYPH_PX)), np.eye(GLYPH_PX)]))
    if not np.isfinite(answers).all():
        raise ModelError(f"{path} is a model that answers with no numbers (NaN): train it again, or take another")
    return network


def _nests(value: object, levels: int) -> bool:
    """Whether lists and tables lie in each other over so many levels deep."""
    if not isinstance(value, list | dict):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return not levels or any(_nests(each, levels - 1) for each in inner)

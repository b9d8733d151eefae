"""Looks into the mind of a network: what it dreams of for a digit, and which ink made it say so.

A dream must look drawn to be of use to the eye, so what is known of drawings is built in here; the calculus is that
of `inknet.dream`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inknet import Network, SoftmaxCrossEntropy
from inknet.arrays import Array
from inknet.classic import targets_for
from inknet.dream import backquery, input_gradient, integrated_gradients, runs_backwards
from inknet.layers import Generator

from .frames import Luma
from .lettering import font
from .page import Floats
from .reader import DIGITS, Mark
from .terminal import percent

if TYPE_CHECKING:
    from PIL import Image

STEPS = 128  # of gradient ascent
STARTS = 4  # pictures of noise that one dream is tried from
RECOGNISED = 0.9  # the confidence from which a dream passes for its digit
MARGIN_PX = 4  # MNIST's digits leave so much paper free; so far a dream can be moved and stay in the picture
BLACK_PX = 30, 15, 8  # of a dream: where a stroke is drawn with all its ink; 30 are about a quarter of MNIST's ink

SCALE, GAP_PX, LABEL_PX = 6, 12, 20  # on a sheet: of a pixel, between pictures, and of the letters
PAPER, FRAME = (255, 255, 255), (200, 200, 200)
FOR, AGAINST = np.array([205, 15, 25]), np.array([25, 70, 225])  # what ink says: red is for it, blue is against it


@dataclass(frozen=True)
class Dream:
    """A digit, the picture that a network dreams of for it, float32 (28, 28), and how sure it is of it, 0 to 1."""

    digit: int
    pixels: Floats
    confidence: float


def dream(network: Network, digit: int, seed: int = 0, tick: Callable[[], object] = lambda: None) -> Dream:
    """What the network dreams of for a digit; the same network and seed give the same dream.

    tick is called `ticks` times as the dream takes shape.
    """
    if runs_backwards(network):
        pictures = backquery(network, targets_for(digit)[None])
    else:
        grown = _ascend(network, digit, np.random.default_rng([seed, digit]), tick)
        pictures = np.concatenate([_with_full_ink(grown, black) for black in BLACK_PX])
    pictures = pictures.astype(np.float32)
    confidences = network.predict(pictures)[:, digit].tolist()
    variations = np.abs(np.diff(pictures, axis=1)).sum((1, 2)) + np.abs(np.diff(pictures, axis=2)).sum((1, 2))
    # of those that pass for the digit the blackest, and of these the plainest, with the shortest outlines
    best = max(range(len(pictures)), key=lambda i: (min(confidences[i], RECOGNISED), -(i // STARTS), -variations[i]))
    return Dream(digit, pictures[best], confidences[best])


def ticks(network: Network) -> int:
    """How often `dream` ticks."""
    return 0 if runs_backwards(network) else STEPS


def contributions(network: Network, marks: Sequence[Mark]) -> Floats:
    """What each pixel's ink said for its mark's likeliest digit (or against it, below 0), float32 (n, 28, 28).

    In the digit's score above the mean of all digits: integrated gradients, softened to a stroke's width, as single
    pixels mean nothing to the eye. All together are what sets the glyph apart from bare paper.
    """
    best = [mark.probabilities.argmax() for mark in marks]
    weights = np.zeros((len(marks), network.classes))
    weights[:, :DIGITS] = np.eye(DIGITS)[best] - 1 / DIGITS
    return _soften(integrated_gradients(network, np.stack([mark.glyph for mark in marks]), weights))


def strengths(said: Floats) -> Floats:
    """Contributions from -1 to 1, where the strongest hundredth of the pixels has one of these."""
    strongest = max(float(np.percentile(np.abs(said), 99)), 1e-12)
    strengths: Floats = np.clip(said / strongest, -1, 1)
    return strengths


def dream_sheet(dreams: Sequence[Dream]) -> bytes:
    """The dreams side by side, five in a row, each above its digit and how sure the network is of it; a PNG."""
    return _sheet([(_enlarged(_grey(d.pixels)), f"{d.digit}   {percent(d.confidence)}") for d in dreams], 5)


def mark_sheet(luma: Luma, marks: Sequence[Mark], said: Floats) -> bytes:
    """For each mark the piece of the photo, the glyph, and what its ink said, red for the answer, blue against; a PNG.

    luma: uint8 (height, width), the photo that the marks' boxes are in. said: the marks' `contributions`.
    """
    rows = []
    for mark, shares in zip(marks, said, strict=True):
        glyph, coloured = _enlarged(_grey(mark.glyph)), _enlarged(_coloured(mark.glyph, shares))
        rows.append((_beside([_piece(luma, mark.box, glyph.size), glyph, coloured]), described(mark)))
    return _sheet(rows, 1 + (len(rows) - 1) // 6)


def described(mark: Mark) -> str:
    """A mark for a person: its digit, or "?" and the likeliest, and how sure that is."""
    unsure = "? " if mark.digit is None else ""
    return f"{unsure}{mark.probabilities.argmax()}   {percent(mark.confidence)}"


def _ascend(network: Network, digit: int, rng: Generator, tick: Callable[[], object]) -> Array:
    """Grows pictures, (STARTS, 28, 28), out of noise, in STEPS steps.

    Gradient ascent on how clearly the digit is read (Simonyan et al. 2013, arXiv:1312.6034), held to what looks drawn:
    the picture is moved about a little at each step, and softened, ever less; ink that does not earn its place fades
    (both after Yosinski et al. 2015, arXiv:1506.06579), and the darkest stays black.
    """
    reader, wanted = network.folded(), np.eye(network.classes)[digit]
    frame = np.pad(np.ones((28 - 2 * MARGIN_PX,) * 2, np.float32), MARGIN_PX)
    x = _soften(_soften(rng.random((STARTS, 28, 28), np.float32)))
    for step in range(STEPS):
        left = 1 - step / STEPS
        shift = rng.integers(-MARGIN_PX, MARGIN_PX + 1, 2)
        moved = np.roll(x, shift, (1, 2))
        # the temperature keeps it striving where it has no doubt left
        doubts = SoftmaxCrossEntropy(temperature=2).probabilities(reader.scores(moved).T).T
        slope = np.roll(input_gradient(reader, moved, wanted - doubts), -shift, (1, 2))
        slope = _soften(_soften(slope))
        slope /= np.sqrt((slope**2).mean((1, 2), keepdims=True)) + 1e-12
        x = np.clip(x + 0.1 * left * (slope - 0.7 - 0.5 * x), 0, 1) * frame
        x += left**4 * (_soften(x) - x)
        x /= x.max((1, 2), keepdims=True) + 1e-12
        tick()
    return x


def _with_full_ink(pictures: Array, black_px: int) -> Array:
    """The pictures as a pen would draw them: soft at the edges, black along the strokes, at so many pixels."""
    soft = pictures + 0.5 * (_soften(pictures) - pictures)
    black = np.sort(soft.reshape(len(soft), -1))[:, -black_px]
    return np.minimum(soft / (black[:, None, None] + 1e-12), 1)


def _soften(pictures: Array) -> Array:
    """Each pixel mixed with its neighbours, 1 : 2 : 1 along both axes; beyond an edge lies the opposite one."""
    for axis in (1, 2):
        pictures = (np.roll(pictures, 1, axis) + 2 * pictures + np.roll(pictures, -1, axis)) / 4
    return pictures


def _grey(ink: Floats) -> NDArray[np.uint8]:
    """Ink as dark grey on white, uint8 (28, 28, 3)."""
    return np.repeat(np.rint(255 * (1 - np.clip(ink, 0, 1)))[..., None], 3, 2).astype(np.uint8)


def _coloured(ink: Floats, said: Floats) -> NDArray[np.uint8]:
    """Ink in light grey, and over it, the more it said the stronger, red or blue."""
    strength = strengths(said)[..., None]
    colour = np.where(strength > 0, FOR, AGAINST)
    ground = 255 - 80 * np.clip(ink, 0, 1)[..., None]
    pixels: NDArray[np.uint8] = np.rint(ground + np.abs(strength) * (colour - ground)).astype(np.uint8)
    return pixels


def _enlarged(pixels: NDArray[np.uint8]) -> "Image.Image":
    from PIL import Image

    return Image.fromarray(pixels.repeat(SCALE, 0).repeat(SCALE, 1))


def _piece(luma: Luma, box: tuple[int, int, int, int], size: tuple[int, int]) -> "Image.Image":
    """The square about a box, drawn to size; what lies outside the photo is white."""
    from PIL import Image

    x, y, width, height = box
    side = round(1.4 * max(width, height))  # a glyph has as much paper about its digit
    left, top = x + (width - side) // 2, y + (height - side) // 2
    white = Image.new("L", (side, side), 255)
    white.paste(Image.fromarray(luma), (-left, -top))
    return white.resize(size, Image.Resampling.LANCZOS).convert("RGB")


def _beside(pictures: Sequence["Image.Image"]) -> "Image.Image":
    from PIL import Image

    width, height = pictures[0].size
    row = Image.new("RGB", (len(pictures) * (width + GAP_PX) - GAP_PX, height), PAPER)
    for number, picture in enumerate(pictures):
        row.paste(picture, (number * (width + GAP_PX), 0))
    return row


def _sheet(pictures: Sequence[tuple["Image.Image", str]], columns: int) -> bytes:
    """Pictures of one size in rows, each framed, with its label below it, as a PNG."""
    from PIL import Image, ImageDraw

    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    width, height = pictures[0][0].size
    cell = width + 2 * GAP_PX, height + LABEL_PX + 3 * GAP_PX
    sheet = Image.new("RGB", (columns * cell[0], rows * cell[1]), PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, (picture, label) in enumerate(pictures):
        left, top = number % columns * cell[0] + GAP_PX, number // columns * cell[1] + GAP_PX
        sheet.paste(picture, (left, top))
        draw.rectangle((left - 1, top - 1, left + width, top + height), outline=FRAME)
        draw.text((left, top + height + GAP_PX // 2), label, fill=(0, 0, 0), font=font(LABEL_PX))
    data = BytesIO()
    sheet.save(data, "PNG")
    return data.getvalue()

"""How fast Inkling reads paper beside an OpenCV pipeline of the usual kind: one thread, everyone takes turns.

Both begin with a colour picture of 640x480 pixels in memory and end with digits and their probabilities, by the same
network: Inkling with inknet, OpenCV with ONNX Runtime. OpenCV's pipeline is what tutorials build: grey, blur, adaptive
threshold, connected components, each scaled into 20x20 and centred in 28x28. It joins no broken strokes, evens out no
light and drops no page furniture, which is what Inkling's time is spent on.
"""

from collections.abc import Callable
from statistics import median

import cv2
import numpy as np
import onnxruntime
from PIL import Image

from inkling.frames import Luma
from inkling.glyphs import find_glyphs
from inkling.models import load_model
from inkling.onnxfile import as_onnx
from inkling.page import find_ink
from inkling.reader import DIGITS, Reader
from inknet.arrays import Array

from .contenders import Step
from .memory import PAGE
from .speed import alternate, take_turns

ANSWER = "374"  # on PAGE
LARGE, USUAL = (4000, 3000), (1155, 866)  # 12 megapixels and 1
SMALLEST = 0.05  # of the picture's height: OpenCV's pipeline has to leave out specks, too
GOAL = 0.5  # the contender's time over Inkling's


def report(seconds: float, only: str) -> list[bool]:
    """Prints a line for each work whose name has `only` in it; returns for each whether it misses its goal."""
    works = {
        "paper: 640x480 to reading": against_opencv,
        "paper: 12 megapixels": against_a_small_photo,
    }
    chosen = {title: work for title, work in works.items() if only in title}
    if chosen:
        print(f"\n{'ms a picture':26} {'Inkling':>8} {'other':>8} | {'by turns':>8} {'goal':>5}  other is")
    missed = []
    for title, work in chosen.items():
        ours, theirs, other = work(seconds)
        ratio = theirs / ours
        missed.append(ratio < GOAL)
        print(
            f"{title:26} {1e3 * ours:8.2f} {1e3 * theirs:8.2f} | {ratio:7.2f}x {GOAL:4.1f}x  {other}"
            f"{'  missed' * missed[-1]}"
        )
    if chosen:
        print_stages(seconds)
    return missed


def against_opencv(seconds: float) -> tuple[float, float, str]:
    """The seconds that Inkling and OpenCV take to read PAGE, and what the other is."""
    cv2.setNumThreads(1)
    with Image.open(PAGE) as page:
        colour = np.asarray(page.convert("RGB"))
    reader, contender = Reader(load_model()), opencv_reader()

    def read() -> str:
        return reader.read(np.asarray(Image.fromarray(colour).convert("L"))).text

    assert (read(), contender(colour)) == (ANSWER, ANSWER)
    ours, theirs = take_turns([read, lambda: contender(colour)], seconds)
    return ours.turns, theirs.turns, f"OpenCV {cv2.__version__} with ONNX Runtime"


def against_a_small_photo(seconds: float) -> tuple[float, float, str]:
    """The seconds that Inkling takes to read PAGE at LARGE and at USUAL size, decoding aside."""
    reader = Reader(load_model())
    large, usual = picture(LARGE), picture(USUAL)
    assert reader.read(large).text == reader.read(usual).text == ANSWER
    ours, theirs = take_turns([lambda: reader.read(large), lambda: reader.read(usual)], seconds)
    return ours.turns, theirs.turns, "Inkling on 1 megapixel"


def print_stages(seconds: float) -> None:
    """Prints what each stage takes of PAGE: the page, its glyphs, and the network's answers."""
    luma, network = picture((640, 480)), load_model().folded()
    page = find_ink(luma)
    glyphs = np.stack([glyph.pixels for line in find_glyphs(page).lines for glyph in line])
    stages: dict[str, Step] = {
        "page": lambda: find_ink(luma),
        "glyphs": lambda: find_glyphs(page),
        "network": lambda: network.predict(glyphs),
    }
    times = alternate(list(stages.values()), [1] * len(stages), seconds / 2)
    print("of which " + ", ".join(f"{name} {1e3 * median(t):.2f}" for name, t in zip(stages, times, strict=True)))


def picture(size: tuple[int, int]) -> Luma:
    """PAGE in a size (width, height), uint8 (height, width)."""
    with Image.open(PAGE) as page:
        return np.asarray(page.convert("L").resize(size, Image.Resampling.BICUBIC))


def opencv_reader() -> Callable[[Array], str]:
    """What reads a colour picture, uint8 (height, width, 3), with OpenCV and the shipped network in ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    model = as_onnx(load_model())
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def read(colour: Array) -> str:
        glyphs = opencv_glyphs(colour)
        if not len(glyphs):
            return ""
        [probabilities] = session.run(None, {"ink": glyphs})
        return "".join(map(str, probabilities[:, :DIGITS].argmax(axis=1)))

    return read


def opencv_glyphs(colour: Array) -> Array:
    """The glyphs of a colour picture from left to right, float32 (n, 28, 28)."""
    grey = cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY)
    blurred = cv2.GaussianBlur(grey, (5, 5), 0)
    ink = cv2.adaptiveThreshold(blurred, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY_INV, 31, 10)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    glyphs = []
    for number in sorted(range(1, len(stats)), key=lambda i: stats[i, cv2.CC_STAT_LEFT]):
        x, y, width, height = stats[number, :4]
        if max(width, height) < SMALLEST * len(ink):
            continue
        mark = np.where(labels[y : y + height, x : x + width] == number, np.uint8(255), np.uint8(0))
        scale = 20 / max(width, height)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        fitted = cv2.resize(mark, size, interpolation=cv2.INTER_AREA)
        moments = cv2.moments(fitted)
        left = min(max(round(14 - moments["m10"] / moments["m00"]), 0), 28 - size[0])
        top = min(max(round(14 - moments["m01"] / moments["m00"]), 0), 28 - size[1])
        glyph = np.zeros((28, 28), np.float32)
        glyph[top : top + size[1], left : left + size[0]] = fitted / np.float32(255)
        glyphs.append(glyph)
    return np.array(glyphs, np.float32)

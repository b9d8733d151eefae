"""`inkling bench personal`: a short night with one writer's digits, judged by that writer's other photos and MNIST."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from tqdm import tqdm

from inknet import Network

from ..checkpoints import Checkpoints
from ..errors import DatasetError, UsageError
from ..glyphs import Found, find_glyphs
from ..labelled import labelled_pictures
from ..lesson import Sampled
from ..models import load_model
from ..night import Hours, Night
from ..page import find_ink
from ..pictures import read_picture
from ..reader import Reader
from ..samples import quantised
from ..scores import is_right, signs
from ..session import Reporter, Session
from ..status import StatusFile
from ..terminal import printable
from ..training import Images, evaluate, load_images


@dataclass(frozen=True)
class Photo:
    """What was found on a writer's photo, and the single digit that is written on it."""

    found: Found
    digit: str

    @property
    def is_one_mark(self) -> bool:
        """Whether its glyph can be taught: of several marks nobody knows which is the digit."""
        return sum(map(len, self.found.lines)) == 1


@dataclass(frozen=True)
class Split:
    """What is taught, the others, which judge, and those where not one mark is found, which no training changes."""

    taught: list[Photo]
    others: list[Photo]
    lost: list[Photo]


def run(args: argparse.Namespace) -> int:
    """Prints a line for each night, and one for all of them; returns the exit status."""
    if args.data.is_file():
        raise UsageError(f"--data {args.data} is a file: give a folder that holds training and test images")
    learn, test = load_images(args.data, "train"), load_images(args.data, "test")
    base = load_model(args.model)
    photos = _photos(args.directory, args.writer)
    right = are_right(base, photos)
    mnist = _wrong(base, test)
    sums = np.zeros(5, np.int64)
    for seed in range(args.seeds):
        split = split_photos(photos, right, args.samples, seed, args.choose == "misread")
        network, epochs, learnt = _night(learn, base, split.taught, args.hours, seed, not args.all)
        before, after = (_misread(each, split.others) for each in (base, network))
        mnist_after = _wrong(network, test)
        print(
            f"seed {seed}: {args.samples} samples ({_misread(base, split.taught)} misread before; {learnt} learnt), "
            f"{epochs:.2f} epochs; of {len(split.others)} other photos {before} -> {after} "
            f"misread, and on {len(split.lost)} not one mark is found; of {len(test)} test images "
            f"{mnist} -> {mnist_after} wrong",
            flush=True,
        )
        sums += (before, after, mnist, mnist_after, len(test))
    before, after, mnist, mnist_after, count = sums.tolist()
    print(
        f"{printable(args.writer)}, {args.seeds} nights of {3600 * args.hours:.0f} s: errors {before} -> {after}"
        f"{f' ({after / before - 1:+.0%})' if before else ''}, "
        f"MNIST {1 - mnist / count:.3%} -> {1 - mnist_after / count:.3%} ({100 * (mnist - mnist_after) / count:+.3f} "
        "points)"
    )
    return 0


def _photos(folder: Path, writer: str) -> list[Photo]:
    pictures = [
        p
        for p in labelled_pictures(folder)
        if p.writer == writer and not p.problem and len(p.digits) == len(p.label) == 1
    ]
    if not pictures:
        raise DatasetError(f"{folder}: there is no photo of a single digit by a writer {printable(writer)}")
    every_s = 0.1 if sys.stderr.isatty() else 60
    return [
        Photo(find_glyphs(find_ink(read_picture(p.path).luma)), p.digits)
        for p in tqdm(pictures, "reading", mininterval=every_s, leave=False)
    ]


def are_right(network: Network, photos: Sequence[Photo]) -> list[bool]:
    """Which photos are read as exactly what is written: one refused is not."""
    reader = Reader(network)
    return [is_right(photo.digit, signs(reader.classify(photo.found).marks)) for photo in photos]


def split_photos(photos: Sequence[Photo], right: Sequence[bool], samples: int, seed: int, misread_first: bool) -> Split:
    """Half of the photos, drawn by the seed, judge; of the rest so many are taught.

    misread_first: as an owner does, who corrects what was read wrong: these come first, and then any. Whatever judges
    is drawn without a look at it. Raises UsageError for too few photos.
    """
    order = np.random.default_rng(seed).permutation(len(photos)).tolist()
    half = len(order) // 2
    there = [i for i in order[:half] if photos[i].is_one_mark]
    if len(there) < samples:
        raise UsageError(
            f"--samples {samples}: in half of the writer's {len(photos)} photos {len(there)} can be taught"
        )
    if misread_first:
        there.sort(key=lambda i: right[i])
    rest = [photos[i] for i in order[half:]]
    others, lost = ([photo for photo in rest if photo.is_one_mark is one] for one in (True, False))
    return Split([photos[i] for i in there[:samples]], others, lost)


def _night(
    learn: Images, base: Network, taught: Sequence[Photo], hours: float, seed: int, judged: bool
) -> tuple[Network, float, int]:
    """The network after a night that goes on from `base`, the epochs it took, and how many samples it learnt."""
    glyphs = np.stack([quantised(photo.found.lines[0][0].pixels) for photo in taught])
    samples = Sampled(glyphs, np.array([int(photo.digit) for photo in taught], np.uint8))
    with (
        TemporaryDirectory() as folder,
        Reporter(StatusFile(Path(folder))) as reporter,
        Checkpoints(Path(folder), reporter.tell) as checkpoints,
    ):
        training = Night(learn, "further", Hours(3600 * hours), seed, judged, base, samples=samples)
        Session(training, checkpoints, {}, 3600 * hours, reporter).run()
        return training.result(), training.done, len(training.samples)


def _misread(network: Network, photos: Sequence[Photo]) -> int:
    return are_right(network, photos).count(False)


def _wrong(network: Network, images: Images) -> int:
    return round((1 - evaluate(network, images)) * len(images))

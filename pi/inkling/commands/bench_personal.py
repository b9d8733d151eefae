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
from ..promotion import judge, of_a_night
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


@dataclass(frozen=True)
class Split:
    """What is taught, and the others, which judge."""

    taught: list[Photo]
    others: list[Photo]


def run(args: argparse.Namespace) -> int:
    """Prints a line for each night, and one for all of a writer's; returns the exit status."""
    if args.data.is_file():
        raise UsageError(f"--data {args.data} is a file: give a folder that holds training and test images")
    learn, test = load_images(args.data, "train"), load_images(args.data, "test")
    base = load_model(args.model)
    wrong = _wrong(base, test)
    for writer in args.writers:
        _nights(args, writer, base, wrong, learn, test)
    return 0


def _nights(args: argparse.Namespace, writer: str, base: Network, wrong: int, learn: Images, test: Images) -> None:
    """The nights with one writer's digits; wrong: how many of the test images the network misreads before."""
    photos = _photos(args.directory, writer)
    last = taught_last(base, photos, args.choose)
    before = after = wrong_after = promoted = 0
    for seed in range(args.seeds):
        split = split_photos(photos, last, args.samples, seed)
        taught = samples_of(split.taught)
        learnt, own = (taught, taught.part(np.arange(0))) if args.all else taught.hold_back()
        network, epochs = _night(learn, base, learnt, args.hours, seed, not args.all)
        was, now, wrong_now = _misread(base, split.others), _misread(network, split.others), _wrong(network, test)
        before, after, wrong_after = before + was, after + now, wrong_after + wrong_now
        line = (
            f"{printable(writer)}, seed {seed}: {len(taught)} samples ({_misread(base, split.taught)} misread before; "
            f"{len(learnt)} learnt), {epochs:.2f} epochs; of {len(split.others)} other photos {was} -> {now} misread, "
            f"of {len(test)} test images {wrong} -> {wrong_now} wrong"
        )
        if not args.all:
            verdict = judge(base, network, of_a_night(test, own))
            promoted += verdict.promoted
            line += f"; {'' if verdict.promoted else 'not '}promoted, as {verdict.reason}"
        print(line, flush=True)
    change = f" ({after / before - 1:+.0%})" if before else ""
    share, share_after = wrong / len(test), wrong_after / (args.seeds * len(test))
    print(
        f"{printable(writer)}, {args.seeds} nights of {3600 * args.hours:.0f} s: errors {before} -> {after}{change}, "
        f"MNIST {1 - share:.3%} -> {1 - share_after:.3%} ({100 * (share - share_after):+.3f} points)"
        f"{'' if args.all else f', {promoted} of {args.seeds} promoted'}",
        flush=True,
    )


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
    return [is_right(photo.digit, signs(reader.classify(photo.found))) for photo in photos]


def taught_last(network: Network, photos: Sequence[Photo], choose: str) -> list[float]:
    """A number for each photo, 0 to 1: those with the least are taught first, and of equals any.

    choose: "misread" is as an owner does who corrects what is read wrong, and then teaches what comes; "unsure" as one
    who then goes on with what is read right and least surely, as the percentage beside each answer tells: what is
    known by heart teaches little (Lewis and Gale 1994, "A sequential algorithm for training text classifiers").
    "any" looks at nothing.
    """
    reader, last = Reader(network), []
    for photo in photos:
        reading = reader.classify(photo.found)
        right = choose != "any" and is_right(photo.digit, signs(reading))
        last.append((reading.marks[0].confidence if choose == "unsure" else 1.0) if right else 0.0)
    return last


def split_photos(photos: Sequence[Photo], last: Sequence[float], samples: int, seed: int) -> Split:
    """Half of the photos, drawn by the seed, judge; of the rest so many are taught, those first whose `last` is least.

    Whatever judges is drawn without a look at it. Raises UsageError for too few photos.
    """
    order = np.random.default_rng(seed).permutation(len(photos)).tolist()
    half = len(order) // 2
    there = [i for i in order[:half] if photos[i].found.one]
    if len(there) < samples:
        raise UsageError(
            f"--samples {samples}: in half of the writer's {len(photos)} photos {len(there)} can be taught"
        )
    there.sort(key=lambda i: last[i])
    return Split([photos[i] for i in there[:samples]], [photos[i] for i in order[half:]])


def samples_of(photos: Sequence[Photo]) -> Sampled:
    """The glyphs of photos, as the owner's samples are kept, with the digits that are written."""
    glyphs = [quantised(glyph.pixels) for photo in photos if (glyph := photo.found.one)]
    return Sampled(np.stack(glyphs), np.array([int(photo.digit) for photo in photos], np.uint8))


def _night(
    learn: Images, base: Network, samples: Sampled, hours: float, seed: int, judged: bool
) -> tuple[Network, float]:
    """The network after a night that goes on from `base`, and the epochs it took."""
    with (
        TemporaryDirectory() as folder,
        Reporter(StatusFile(Path(folder))) as reporter,
        Checkpoints(Path(folder), reporter.tell) as checkpoints,
    ):
        training = Night(learn, "further", Hours(3600 * hours), seed, judged, base, samples=samples)
        Session(training, checkpoints, {}, 3600 * hours, reporter).run()
        return training.result(), training.done


def _misread(network: Network, photos: Sequence[Photo]) -> int:
    return are_right(network, photos).count(False)


def _wrong(network: Network, images: Images) -> int:
    return round((1 - evaluate(network, images)) * len(images))

"""`inkling peek`: what a network dreams of for a digit, and which ink of a photo made it say so."""

import argparse
from pathlib import Path

from tqdm import tqdm

from inknet import Network
from inknet.modelfile import write_durably

from .. import peek
from ..console import print_glyphs
from ..errors import PictureError, UsageError
from ..models import load_model
from ..pictures import read_picture
from ..reader import Reader
from ..terminal import percent
from .outputs import check_png

DIGITS = "0123456789"


def run(args: argparse.Namespace) -> int:
    """Writes the picture to args.out, or shows it on stdout; returns the exit status."""
    digits = _asked(args)
    if args.out is not None:
        check_png("--out", args.out, [args.photo] if args.photo else [])
    network = load_model(args.model)
    if args.photo is None:
        _dream(network, digits, args.seed, args.out)
    else:
        _explain(network, args.photo, args.out)
    return 0


def _asked(args: argparse.Namespace) -> list[int]:
    """The digits to dream of, each once; none for a photo."""
    if (bool(args.digits), args.all, args.photo is not None).count(True) != 1:
        raise UsageError("give one of these: digits from 0 to 9, --all, or --photo FILE")
    if unknown := [text for text in args.digits if text not in DIGITS or len(text) != 1]:
        raise UsageError(f"{unknown[0]!r} is no digit: give digits from 0 to 9, apart by spaces")
    return list(dict.fromkeys(map(int, DIGITS if args.all else args.digits)))


def _dream(network: Network, digits: list[int], seed: int, out: Path | None) -> None:
    total = len(digits) * peek.ticks(network)
    with tqdm(desc="dreaming", total=total, unit="step", leave=False, disable=not total) as bar:
        dreams = [peek.dream(network, digit, seed, bar.update) for digit in digits]
    if out is not None:
        write_durably(out, peek.dream_sheet(dreams))
    for dream in dreams:
        if out is None:
            print_glyphs([dream.pixels])
        print(f"{dream.digit}: it is {percent(dream.confidence)} sure of its dream")


def _explain(network: Network, photo: Path, out: Path | None) -> None:
    luma = read_picture(photo).luma
    marks = Reader(network).read(luma).marks
    if not marks:
        raise PictureError(f"{photo}: nothing is written on it, so there is nothing to explain")
    said = peek.contributions(network, marks)
    if out is not None:
        write_durably(out, peek.mark_sheet(luma, marks, said))
    for mark, shares in zip(marks, said, strict=True):
        if out is None:
            print_glyphs([mark.glyph, peek.strengths(shares)])
        print(f"{peek.described(mark)}{'' if out else '; on the right, the ink that made it say so'}")

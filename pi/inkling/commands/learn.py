"""`inkling learn`: teaches it the owner's digits, from photos, from a labelled folder, or held before the camera."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from inknet.arrays import as_ink

from ..asking import REMOVE, SKIP, Said, ask, ask_label, checked_signs, said_of, said_of_all
from ..cameras import open_camera, shot_of
from ..console import print_glyphs
from ..database import could_be_database
from ..errors import PictureError, UsageError
from ..exchange import is_glyph, read_glyph
from ..glyphs import GLYPH_PX, Found, Glyph
from ..labelled import Labelled, labelled_pictures
from ..models import identity, load_model
from ..pictures import read_picture
from ..reader import Reader, Reading
from ..samples import NO_DIGIT, Kept, Samples, label_of, label_text, open_samples
from ..settings import Settings, load_settings
from ..steady import Steady
from ..terminal import printable

CAMERA = "camera"  # the source of what was held before one


def run(args: argparse.Namespace) -> int:
    """Learns what it is given; returns 1 if a picture of it could not be learnt, else 0."""
    if args.photos and (args.folder or args.unlabelled):
        raise UsageError("give photos, or --folder DIR, or --unlabelled")
    if not args.photos and (args.digit or args.digits):
        raise UsageError("give the photo on which that is written; without one, the camera's digits are asked for")
    label = None if args.digit is None else label_of(args.digit)
    signs = None if args.digits is None else checked_signs(args.digits)
    settings, complain = learn_settings(args), complaint(args)
    with open_samples(settings, complain) as samples:
        if args.unlabelled:
            return _ask_again(samples)
        network = load_model(settings["reading.model"])
        teacher = Teacher(samples, Reader(network, settings["reading.unsure"]), identity(network), complain)
        try:
            if args.folder:
                teacher.folder(args.folder)
            elif not args.photos:
                teacher.camera(settings, args.seed)
            for photo in args.photos:
                teacher.photo(photo, label, signs)
        except EOFError:  # whoever was asked has ended it
            print()
        return int(teacher.failed > 0)


def learn_settings(args: argparse.Namespace) -> Settings:
    """The settings, under what the command line says of them."""
    given = vars(args)
    if args.samples and args.samples.is_file() and not could_be_database(args.samples):
        raise UsageError(f"--samples {args.samples}: that is something else than samples, and stays as it is")
    options = {
        "camera.source": given.get("camera"),
        "reading.model": given["model"].absolute() if given.get("model") else None,
        "reading.unsure": given.get("unsure"),
        "samples.path": args.samples.absolute() if args.samples else None,
    }
    return load_settings(args.config, options=options)


def complaint(args: argparse.Namespace) -> Callable[[str], None]:
    """What says one line on stderr, in the name of the command."""

    def complain(text: str) -> None:
        sys.stdout.flush()
        tqdm.write(f"inkling {args.command}: {printable(text)}", file=sys.stderr)

    return complain


class Teacher:
    """Reads pictures, and keeps their glyphs with what is said of them.

    model: by which the reader's network is known. failed: how many pictures could not be learnt so far; each was told
    to `complain` in one line.
    """

    def __init__(self, samples: Samples, reader: Reader, model: str, complain: Callable[[str], None]) -> None:
        self._samples, self._reader, self._model, self._complain = samples, reader, model, complain
        self.failed = 0

    def photo(self, path: Path, label: int | None, signs: str | None) -> None:
        """Learns a photo on which a label or some signs are said to be written; without these, it asks."""
        name = printable(str(path))
        try:
            reading = self._read(path)
            if signs is not None:
                said = said_of(reading, signs)
            else:
                said = ask(reading, f"{name}: ") if label is None else said_of_all(reading, label)
        except PictureError as error:
            self._fail(path, error)
            return
        print(f"{name}: {described(said, self._keep(said, str(path.absolute())))}", flush=True)

    def folder(self, folder: Path) -> None:
        """Learns the pictures of a labelled folder on which as many marks are found as their labels have digits."""
        what: Counter[str] = Counter()
        pictures = labelled_pictures(folder)
        every_s = 0.1 if sys.stderr.isatty() else 60  # a journal takes one line a minute
        for picture in tqdm(pictures, "learning", mininterval=every_s, leave=sys.stderr.isatty()):
            try:
                for kept in self._learn(picture):
                    what["new" if kept.new else "relabelled" if kept.relabelled else "known already"] += 1
            except PictureError as error:
                self._fail(picture.path, error)
        total = ", ".join(f"{what[name]} {name}" for name in ("new", "known already", "relabelled"))
        print(f"{printable(str(folder))}: {total}; not learnt: {self.failed} of {len(pictures)} pictures")

    def camera(self, settings: Settings, seed: int) -> None:
        """Asks about each page that lies still before the camera; raises EOFError when the answers end."""
        steady = Steady()
        complain, source = self._complain, settings["camera.source"]
        with open_camera(source, None, seed, complain, shot_of(settings), complain) as camera:
            print("Hold a digit before the camera. Ctrl-C ends, and what you have said is kept.", flush=True)
            for frame in camera:
                if steady.update(self._reader.read(frame.luma), frame.name) and steady.current:
                    said = ask(steady.current)
                    print(described(said, self._keep(said, CAMERA, alike=True)), flush=True)

    def _learn(self, picture: Labelled) -> list[Kept]:
        source = str(picture.path.absolute())
        if not picture.label and is_glyph(picture.path):  # one that was exported while it waited for its label
            return self._samples.add_marks(self._read(picture.path).marks, None, source, self._model, alike=False)
        if picture.problem:
            raise PictureError(picture.problem)
        reading = self._read(picture.path)
        said = said_of(reading, picture.digits) if picture.digits else said_of_all(reading, NO_DIGIT)
        return self._keep(said, source)

    def _read(self, path: Path) -> Reading:
        """What is read on a photo, or on a glyph, which is taken as it is."""
        if is_glyph(path):
            pixels = as_ink(read_glyph(path))
            return self._reader.classify(Found([[Glyph(pixels, (0, 0, GLYPH_PX, GLYPH_PX))]], []))
        reading = self._reader.read(read_picture(path).luma)
        if not reading.marks:
            raise PictureError("nothing is written on it; `inkling read --explain` draws what is left out, and why")
        return reading

    def _keep(self, said: Said, source: str, alike: bool = False) -> list[Kept]:
        marks, labels = [mark for mark, _ in said], [label for _, label in said]
        return self._samples.add_marks(marks, labels, source, self._model, alike)

    def _fail(self, path: Path, error: PictureError) -> None:
        self.failed += 1
        text = str(error)
        self._complain(text if str(path) in text else f"{path}: {text}")


def described(said: Said, kept: Sequence[Kept]) -> str:
    """What became of the marks that something was said of, in words."""
    if not kept:
        return "left out"
    return ", ".join(_became(label_text(label), each) for (_, label), each in zip(said, kept, strict=True))


def _became(label: str, kept: Kept) -> str:
    if kept.new:
        return f"{label} is learnt (sample {kept.number})"
    if kept.relabelled:
        before = f", no longer {label_text(kept.before)}" if kept.before is not None else ""
        return f"sample {kept.number} is {label} now{before}"
    return f"{label} is known already (sample {kept.number})"


def _ask_again(samples: Samples) -> int:
    """Asks about each sample that waits for its label; every answer holds at once."""
    waiting = [sample for sample in samples if sample.label is None]
    print(f"{len(waiting)} samples wait for their label" if waiting else "no sample waits for its label")
    for sample in waiting:
        print_glyphs([as_ink(sample.glyph)])
        read = "" if sample.read is None else f", read as {sample.read}"
        try:
            answer = ask_label(f"sample {sample.number}{read}")
        except EOFError:
            print()
            break
        if answer == REMOVE:
            samples.remove([sample.number])
        elif answer != SKIP:
            samples.relabel([sample.number], int(answer))
    return 0

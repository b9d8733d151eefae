"""`inkling bench photos`: reads a labelled folder, and holds what was read beside what is written."""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import numpy as np
from tqdm import tqdm

from inknet.modelfile import write_durably

from ..errors import DatasetError, PictureError, UsageError
from ..explain import SMALL, explanation, stacked
from ..labelled import Labelled, labelled_pictures
from ..models import open_reader
from ..pictures import read_picture
from ..reader import Reading
from ..scores import BINS, MISSED, NO_DIGIT, Tally, calibration_error, is_right, share, signs
from ..terminal import printable
from .outputs import check_png

THRESHOLDS = (*(round(0.3 + 0.05 * i, 2) for i in range(14)), 0.97, 0.98, 0.99)
STAGES = ("decode", "page", "glyphs", "network", "reading")
ON_A_SHEET = 25  # failures: more would be a picture that few programs open
LEGEND = """\
right: a single digit that is read as exactly that, or a page whose digits are all read in order, and no other ("?" and
signs left out); in order: digits read as what they are; refused: read as "?"; missed: not found; false: digits read
where there is none; answered: pictures without a digit (blank) on which one is read"""
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What was read on a labelled picture, and the processor's seconds that each of STAGES took."""

    picture: Labelled
    reading: Reading
    seconds: tuple[float, ...]


def run(args: argparse.Namespace) -> int:
    """Reads the folder args.directory and prints the figures; returns 1 if a picture could not be read, else 0."""
    if args.directory.is_file():
        raise UsageError(f"{args.directory} is a file: give a folder that holds labelled pictures")
    if args.sheet is not None:
        check_png("--sheet", args.sheet)
    pictures = _chosen(labelled_pictures(args.directory), args.kinds, args.writers)
    if args.sheet is not None:
        check_png("--sheet", args.sheet, [picture.path for picture in pictures])
    bench = Bench(args.model, 0.0 if args.thresholds else args.unsure)
    sheet = None if args.sheet is None else Sheet(args.sheet)
    answers = []
    for answer in bench.answers(pictures):
        answers.append(answer)
        if sheet is not None and not is_right(answer.picture.digits, signs(answer.reading)):
            sheet.add(bench.explained(answer))
    if sheet is not None:
        sheet.close()
    if answers:
        if args.thresholds:
            table = thresholds(answers)
            print(json.dumps({"thresholds": table}) if args.json else _threshold_table(table))
        else:
            print(json.dumps(figures(answers)) if args.json else _report(answers))
    return int(bench.unreadable > 0)


def _chosen(pictures: Sequence[Labelled], kinds: Sequence[str] | None, writers: Sequence[str] | None) -> list[Labelled]:
    """The pictures of these kinds and writers whose labels can be used; the others of them are named on stderr."""
    for option, names, known in (
        ("kind", kinds, {picture.kind for picture in pictures}),
        ("writer", writers, {picture.writer for picture in pictures} - {""}),
    ):
        if unknown := [name for name in names or () if name not in known]:
            there = f"there are {', '.join(sorted(known))}" if known else "none is known"
            raise UsageError(f"--{option} {printable(unknown[0])}: no picture is of that {option}; {there}")
    wanted = [
        picture
        for picture in pictures
        if (kinds is None or picture.kind in kinds) and (writers is None or picture.writer in writers)
    ]
    for picture in wanted:
        if picture.problem:
            print(f"inkling bench: {printable(picture.name)} is passed over: {picture.problem}", file=sys.stderr)
    usable = [picture for picture in wanted if not picture.problem]
    if not usable:
        raise DatasetError("there is no picture to read: none of those that were asked for says what is written on it")
    return usable


class Bench:
    """Reads labelled pictures and takes the time.

    unreadable: how many could not be read so far; each was one line on stderr.
    """

    def __init__(self, model: Path | None, unsure: float | None) -> None:
        self._reader = open_reader(model, unsure)
        self.unreadable = 0

    def answers(self, pictures: Sequence[Labelled]) -> Iterator[Answer]:
        """What is read on each picture that can be read, with a progress bar."""
        every_s = 0.1 if sys.stderr.isatty() else 60  # a journal takes one line a minute
        for picture in tqdm(pictures, desc="reading", unit="picture", mininterval=every_s, leave=sys.stderr.isatty()):
            try:
                yield self._answer(picture)
            except PictureError as error:
                self.unreadable += 1
                tqdm.write(f"inkling bench: {error}", file=sys.stderr)

    def _answer(self, picture: Labelled) -> Answer:
        """Each stage is timed by itself; all but decoding are the reading of a frame."""
        stopwatch = Stopwatch()
        luma = stopwatch("decode", lambda: read_picture(picture.path).luma)
        reading = self._reader.read(luma, stopwatch)
        seconds = [stopwatch.seconds[stage] for stage in STAGES[:-1]]
        return Answer(picture, reading, (*seconds, sum(seconds[1:])))

    def explained(self, answer: Answer) -> Any:
        """The picture of how an answer came about, PIL's."""
        luma = read_picture(answer.picture.path).luma
        trace = self._reader.trace(luma)
        read = trace.reading.text or "nothing"
        title = f"{printable(answer.picture.name)}: {answer.picture.label} is read as {read}"
        return explanation(luma, trace, title, SMALL)


class Stopwatch:
    """Takes the processor's time for each stage, in `seconds`: what else runs there is not counted."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def __call__(self, stage: str, work: Callable[[], T], /) -> T:
        """Does the work, and adds the seconds it takes."""
        start = time.process_time()
        result = work()
        self.seconds[stage] += time.process_time() - start
        return result


class Sheet:
    """Explanations of failures in one picture, or in several that are numbered: why.png, why-2.png."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: list[Any] = []
        self._written: list[Path] = []
        self._count = 0

    def add(self, picture: Any) -> None:
        """Takes one explanation."""
        self._count += 1
        self._waiting.append(picture)
        if len(self._waiting) == ON_A_SHEET:
            self._write()

    def close(self) -> None:
        """Writes what is left, and says on stderr where it all is."""
        if self._waiting:
            self._write()
        where = f"see {', '.join(map(str, self._written))}" if self._written else "no sheet is written"
        print(f"{self._count} of the pictures are read wrong: {where}", file=sys.stderr)

    def _write(self) -> None:
        number = len(self._written) + 1
        path = self._path if number == 1 else self._path.with_stem(f"{self._path.stem}-{number}")
        write_durably(path, stacked(self._waiting))
        self._written.append(path)
        self._waiting = []


def tallies(answers: Sequence[Answer], name: Callable[[Labelled], str], unsure: float = 0.0) -> dict[str, Tally]:
    """Answers counted by what `name` calls their pictures, in the order of the names."""
    counted: dict[str, Tally] = {}
    for answer in answers:
        tally = counted.setdefault(name(answer.picture), Tally())
        tally.add(answer.picture.digits, signs(answer.reading, unsure))
    return dict(sorted(counted.items()))


def figures(answers: Sequence[Answer]) -> dict[str, Any]:
    """All figures, as the command's JSON has them; shares are from 0 to 1, or None of nothing."""
    return {
        "kinds": {kind: _figures(tally) for kind, tally in tallies(answers, _kind).items()},
        "writers": {writer: _figures(tally) for writer, tally in tallies(answers, _writer).items() if writer},
        "confusion": _whole(answers).confusion.tolist(),
        "calibration_error": _calibration_error(answers),
        "milliseconds": _milliseconds(answers),
    }


def _figures(tally: Tally) -> dict[str, Any]:
    return {
        "pictures": tally.pictures,
        "right": tally.right,
        "accuracy": share(tally.right, tally.pictures),
        "digits": tally.digits,
        "read": tally.read,
        "wrong": tally.wrong,
        "refused": tally.refused,
        "missed": tally.missed,
        "false": tally.false,
        "blank": tally.blank,
        "answered": tally.answered,
    }


def thresholds(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """For each of THRESHOLDS what it costs and what it keeps out; shares are from 0 to 1, or None of nothing.

    refused: by kind, the share of the written digits for which "?" is read. answered: by kind, the share of pictures
    without a digit on which one is read. accuracy: the share of digits read on the other pictures that are right.
    """
    table = []
    for unsure in THRESHOLDS:
        counted = tallies(answers, _kind, unsure)
        read, sure = (sum(f(t) for t in counted.values() if t.digits) for f in (lambda t: t.read, _sure))
        table.append(
            {
                "unsure": unsure,
                "refused": {kind: t.refused / t.digits for kind, t in counted.items() if t.digits},
                "answered": {kind: t.answered / t.blank for kind, t in counted.items() if t.blank},
                "accuracy": share(read, sure),
            }
        )
    return table


def _sure(tally: Tally) -> int:
    return tally.read + tally.wrong + tally.false


def _kind(picture: Labelled) -> str:
    return picture.kind


def _writer(picture: Labelled) -> str:
    return f"{picture.kind}/{picture.writer}" if picture.writer else ""


def _whole(answers: Sequence[Answer]) -> Tally:
    return tallies(answers, lambda picture: "")[""]


def _calibration_error(answers: Sequence[Answer]) -> float | None:
    """Over the marks of pictures with a single digit, where it is known what each mark is; None if there is none."""
    single = [(mark, int(a.picture.digits)) for a in answers if len(a.picture.digits) == 1 for mark in a.reading.marks]
    if not single:
        return None
    return calibration_error(np.array([mark.probabilities for mark, _ in single]), np.array([d for _, d in single]))


def _milliseconds(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """By kind, the median of the processor's time for each stage."""
    kinds = sorted({answer.picture.kind for answer in answers})
    taken = {kind: zip(*(a.seconds for a in answers if a.picture.kind == kind), strict=True) for kind in kinds}
    return {
        kind: {stage: 1000 * median(column) for stage, column in zip(STAGES, columns, strict=True)}
        for kind, columns in taken.items()
    }


def _report(answers: Sequence[Answer]) -> str:
    found = figures(answers)
    width = max(map(len, ("kind", *found["kinds"], *found["writers"])))
    parts = [_accuracy_table("kind", found["kinds"], width)]
    if found["writers"]:
        parts.append(_accuracy_table("writer", found["writers"], width))
    parts.append(_confusion_table(found["confusion"]))
    if (error := found["calibration_error"]) is not None:
        text = (
            f"calibration error {error:.2%}: how far confidence and accuracy of single digits lie apart ({BINS} bins)"
        )
        parts.append(text)
    head = f"{'milliseconds (medians)':{max(width, 22)}}" + "".join(f"{stage:>9}" for stage in STAGES)
    rows = [
        f"{printable(kind):{max(width, 22)}}" + "".join(f"{row[stage]:9.1f}" for stage in STAGES)
        for kind, row in found["milliseconds"].items()
    ]
    parts += ["\n".join([head, *rows]), LEGEND]
    return "\n\n".join(parts)


def _accuracy_table(title: str, rows: dict[str, dict[str, Any]], width: int) -> str:
    """Counts and shares: of pictures read exactly, of digits by their fate, and of pictures without a digit."""
    fates = f"{'digits':>6} {'in order':>8} {'wrong':>7} {'refused':>7} {'missed':>7} {'false':>5}"
    lines = [f"{title:{width}} {'pictures':>8} {'right':>6} {'':>7} | {fates} | {'blank':>5} {'answered':>8}"]
    for name, row in rows.items():
        some = row["digits"]
        counts = f"{row['pictures']:8} {row['right']:6} {_percent(row['right'], row['pictures']):>7}"
        fates = " ".join(f"{_percent(row[fate], some):>7}" for fate in ("read", "wrong", "refused", "missed"))
        with_digits = f"{counts} | {some:6}  {fates} {row['false']:5}" if some else f"{'':23} | {'':6}  {'':31} {'':5}"
        blank = f"{row['blank']:5} {_percent(row['answered'], row['blank']):>8}" if row["blank"] else ""
        lines.append(f"{printable(name):{width}} {with_digits} | {blank}".rstrip(" |"))
    return "\n".join(lines)


def _confusion_table(confusion: list[list[int]]) -> str:
    """How often what is written (rows) was read as what (columns)."""
    lines = ["written   " + "".join(f"{sign:>7}" for sign in (*range(10), "?", "missed")) + "   <- read as"]
    for number, row in enumerate(confusion):
        cells = [str(count) if count else "." for count in row]
        if number == NO_DIGIT:
            cells[MISSED] = ""
        lines.append(f"{'no digit' if number == NO_DIGIT else number:<10}" + "".join(f"{cell:>7}" for cell in cells))
    return "\n".join(line.rstrip() for line in lines)


def _threshold_table(table: Sequence[dict[str, Any]]) -> str:
    refused, answered = list(table[0]["refused"]), list(table[0]["answered"])
    widths = {name: max(7, len(printable(name))) for name in (*refused, *answered)}

    def part(row: dict[str, float], names: Sequence[str]) -> str:
        return " ".join(f"{row[name]:{widths[name]}.2%}" for name in names)

    def heads(names: Sequence[str]) -> str:
        return " ".join(f"{printable(name):>{widths[name]}}" for name in names)

    columns = [
        ("refused", heads(refused), [part(row["refused"], refused) for row in table]),
        ("answered", heads(answered), [part(row["answered"], answered) for row in table]),
        ("right", "if sure", ["" if row["accuracy"] is None else f"{row['accuracy']:.2%}" for row in table]),
    ]
    shown = [(title, head, cells, max(len(title), len(head), 7)) for title, head, cells in columns if head]
    lines = [
        "        | " + " | ".join(f"{title:{width}}" for title, _, _, width in shown),
        "unsure  | " + " | ".join(f"{head:>{width}}" for _, head, _, width in shown),
    ]
    for number, row in enumerate(table):
        cells = " | ".join(f"{column[number]:>{width}}" for _, _, column, width in shown)
        lines.append(f"{row['unsure']:6.2f}  | {cells}")
    return "\n".join(line.rstrip() for line in lines)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"

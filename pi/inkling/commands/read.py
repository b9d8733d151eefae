"""`inkling read`: the digits on photos, as text or JSON; a file that cannot be read does not stop the others."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..displays import described
from ..errors import PictureError
from ..frames import Luma
from ..models import open_reader
from ..pictures import read_picture
from ..reader import Reader, Reading
from ..terminal import printable
from .outputs import check_png

if TYPE_CHECKING:
    from PIL import Image


def run(args: argparse.Namespace) -> int:
    """Reads every photo of args.photos; returns 1 if one of them could not be read, else 0."""
    if args.explain is not None:
        check_png("--explain", args.explain, args.photos)
    reader = open_reader(args.model, args.unsure)
    failed = False
    explained = []
    for photo in args.photos:
        try:
            luma, scale = read_picture(photo)
        except PictureError as error:
            failed = True
            _show_error(photo, str(error), args.json)
            continue
        if args.explain is None:
            reading = reader.read(luma)
        else:
            reading, picture = _explain(reader, luma, photo)
            explained.append(picture)
        _show(photo, reading, scale, args.json, args.preview)
    if explained:
        _write(args.explain, explained)
    return int(failed)


def _explain(reader: Reader, luma: Luma, photo: Path) -> tuple[Reading, "Image.Image"]:
    """What is read on a photo, and the picture of why."""
    from ..explain import explanation

    trace = reader.trace(luma)
    return trace.reading, explanation(luma, trace, f"{printable(str(photo))}: {described(trace.reading)}")


def _write(path: Path, explained: list["Image.Image"]) -> None:
    from inknet.modelfile import write_durably

    from ..explain import stacked

    write_durably(path, stacked(explained))


def _show(photo: Path, reading: Reading, scale: float, as_json: bool, preview: bool) -> None:
    if as_json:
        print(json.dumps({"file": str(photo), **reading.as_json(scale)}), flush=True)
    else:
        print(f"{printable(str(photo))}: {described(reading)}", flush=True)
    if preview and reading.marks:
        from ..console import print_glyphs

        print_glyphs([mark.glyph for mark in reading.marks], sys.stderr if as_json else sys.stdout)


def _show_error(photo: Path, message: str, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"file": str(photo), "error": message}), flush=True)
    else:
        sys.stdout.flush()
        print(f"inkling read: {message}", file=sys.stderr)

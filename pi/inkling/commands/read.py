"""`inkling read`: the digits on photos, as text or JSON; a file that cannot be read does not stop the others."""

import argparse
import json
import sys
from pathlib import Path

from ..displays import described
from ..errors import PictureError
from ..models import load_model
from ..pictures import read_picture
from ..reader import Reader, Reading
from ..terminal import printable


def run(args: argparse.Namespace) -> int:
    """Reads every photo of args.photos; returns 1 if one of them could not be read, else 0."""
    reader = Reader(load_model(args.model))
    failed = False
    for photo in args.photos:
        try:
            luma, scale = read_picture(photo)
            reading = reader.read(luma)
        except PictureError as error:
            failed = True
            _show_error(photo, str(error), args.json)
        else:
            _show(photo, reading, scale, args.json, args.preview)
    return int(failed)


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

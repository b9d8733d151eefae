"""`inkling bench simulated`: the share of digits read right under each condition of the paper simulator."""

import argparse
import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UsageError
from ..models import load_model
from ..reader import Reader
from ..simulation.conditions import CONDITIONS
from ..simulation.layout import Digits
from ..simulation.scenes import Scene
from ..simulation.scoring import Score, scenes, score
from ..training import load_images

COLUMNS = ("file", "label", "writer", "source", "licence", "size", "remark", "boxes")
"""Of INDEX.csv. boxes: x, y, width and height of every sign, in reading order, apart by semicolons."""


def run(args: argparse.Namespace) -> int:
    """Reads so many pictures of each condition, prints a line for each, and keeps them where asked to; returns 0."""
    digits = None
    if args.data:
        images = load_images(args.data, "test")
        digits = Digits(images.images, images.labels)
    reader = Reader(load_model(args.model))
    writer = "given" if digits else "simulated"
    if args.out and args.out.is_file():
        raise UsageError(f"--out {args.out} is a file: give a folder")
    if args.out and (args.out / "INDEX.csv").exists():
        raise UsageError(f"--out {args.out} holds pictures already: give a new folder")
    with _index(args.out) as index:
        if not args.json:
            print(f"{'condition':20} {'digits':>6} {'right':>7} {'false':>6}   {'share':>6}")
        for name in args.conditions or CONDITIONS:
            total = Score()
            for number, scene in enumerate(scenes(name, args.count, args.seed, digits)):
                total += score(scene.text, reader.read(scene.luma).text)
                if index:
                    index.writerow(_keep(scene, args.out, name, number, args.seed, writer))
            _show(name, total, args.json)
    return 0


def _show(name: str, total: Score, as_json: bool) -> None:
    if as_json:
        fields = {"pictures": total.pictures, "digits": total.digits, "right": total.right, "false": total.false}
        print(json.dumps({"condition": name, **fields, "share": round(total.share, 4)}), flush=True)
    else:
        counted = "" if total.digits else " of the pictures without a sure digit"
        print(f"{name:20} {total.digits:6} {total.right:7} {total.false:6}  {total.share:7.1%}{counted}", flush=True)


@contextmanager
def _index(folder: Path | None) -> Iterator["csv.DictWriter[str] | None"]:
    """The table of the pictures in a folder; None where none are kept."""
    if folder is None:
        yield None
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "INDEX.csv").open("x", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        yield table


def _keep(scene: Scene, folder: Path, condition: str, number: int, seed: int, writer: str) -> dict[str, str]:
    """Writes a picture; returns its row of the table."""
    from PIL import Image

    digits = any(placed.digit is not None for line in scene.lines for placed in line)
    label = scene.text if digits else f"none-{condition}"
    named = label.translate({ord(" "): "-", ord("?"): "x"})
    path = folder / condition / f"{condition}__{seed}-{number:04}__{named}.png"
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(scene.luma).save(path)
    height, width = scene.luma.shape
    boxes = ";".join(" ".join(map(str, placed.box)) for line in scene.lines for placed in line)
    about = CONDITIONS[condition].about
    values = (path.relative_to(folder).as_posix(), label, writer, "inkling", "MIT", f"{width}x{height}", about, boxes)
    return dict(zip(COLUMNS, values, strict=True))

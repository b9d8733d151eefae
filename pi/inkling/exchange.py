"""Samples as files: a folder of 28x28 pictures with an INDEX.csv, or the talk's CSV; out, and in again.

The pictures are PNG, ink white on black as in MNIST, so every level of grey comes back as it was; a note in each says
that it is a glyph, by which it is told from a small photo wherever it is copied to.
"""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from inknet.modelfile import write_durably

from .datasets import read_csv
from .errors import PictureError, SamplesError
from .glyphs import GLYPH_PX
from .labelled import INDEX, Labelled, labelled_pictures
from .lettering import font
from .pictures import read_picture
from .samples import NO_DIGIT, Glyph, Sample, label_of, label_text

NOTE = "inkling"  # the key of the note in a PNG
CAPTION_PX = 13  # of a line below a glyph on a sheet
GLYPH_NOTE = "glyph"
COLUMNS = ("file", "label", "time", "source", "read", "confidence", "model")


def export_folder(samples: Iterable[Sample], folder: Path) -> int:
    """Writes each sample as a PNG, and last the INDEX.csv that names them all; returns how many they are.

    Raises SamplesError if there is something in the folder, OSError if it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SamplesError(f"{folder} is there already and not empty; give the name of a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    index = io.StringIO()
    rows = csv.writer(index, lineterminator="\n")
    rows.writerow(COLUMNS)
    count = 0
    for sample in samples:
        name = f"{sample.number:06}_{label_text(sample.label) or 'unlabelled'}.png"
        (folder / name).write_bytes(png(sample.glyph))
        confidence = "" if sample.confidence is None else repr(sample.confidence)
        time = sample.taken.isoformat()
        known = (time, sample.source, label_text(sample.read), confidence, sample.model)
        rows.writerow((name, label_text(sample.label), *known))
        count += 1
    os.sync()  # the pictures first, and then what promises that they are there
    write_durably(folder / INDEX, index.getvalue().encode())
    return count


def export_csv(samples: Iterable[Sample], file: Path) -> int:
    """Writes the digits with a label as the talk's CSV, a row of label and 784 pixels; returns how many they are."""
    digits = [sample for sample in samples if sample.label not in (None, NO_DIGIT)]
    rows = (",".join(map(str, (sample.label, *sample.glyph.reshape(-1).tolist()))) for sample in digits)
    write_durably(file, "".join(f"{row}\n" for row in rows).encode())
    return len(digits)


def imported(source: Path) -> list[Sample]:
    """The samples in a folder of 28x28 pictures, or in the talk's CSV.

    A folder has an INDEX.csv, as `export_folder` writes it, or at least its columns file and label, or names that end
    with their label; a picture without a label is kept without. Raises SamplesError, DatasetError or PictureError that
    names what is wrong, and OSError.
    """
    if source.is_dir():
        return [_sample(picture) for picture in labelled_pictures(source)]
    images, labels = read_csv(source)
    name = str(source.absolute())
    return [Sample(image, int(label), name) for image, label in zip(images, labels, strict=True)]


def png(glyph: Glyph) -> bytes:
    """A glyph as a PNG, with the note that it is one."""
    from PIL import Image, PngImagePlugin

    note = PngImagePlugin.PngInfo()
    note.add_text(NOTE, GLYPH_NOTE)
    data = io.BytesIO()
    Image.fromarray(glyph).save(data, "PNG", pnginfo=note)
    return data.getvalue()


def sheet(samples: Sequence[Sample]) -> bytes:
    """A PNG of samples side by side, twice their size, each with its number and its label below it."""
    from PIL import Image, ImageDraw

    columns = min(max(8, round(len(samples) ** 0.5)), len(samples))
    size, cell = 2 * GLYPH_PX, 2 * GLYPH_PX + 8
    picture = Image.new("L", (columns * cell, -(-len(samples) // columns) * (cell + CAPTION_PX)), 255)
    draw, letters = ImageDraw.Draw(picture), font(CAPTION_PX - 2)
    for place, sample in enumerate(samples):
        x, y = 4 + place % columns * cell, 4 + place // columns * (cell + CAPTION_PX)
        picture.paste(Image.fromarray(sample.glyph).resize((size, size), Image.Resampling.NEAREST), (x, y))
        draw.text((x, y + size), f"{sample.number}: {label_text(sample.label) or '?'}", fill=0, font=letters)
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def is_glyph(path: Path) -> bool:
    """Whether a file is a glyph that `png` wrote, and no photo that has to be read."""
    from PIL import Image

    if path.suffix.lower() != ".png":
        return False
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            return picture.size == (GLYPH_PX, GLYPH_PX) and picture.info.get(NOTE) == GLYPH_NOTE
    except Exception:  # damaged: whoever reads it says so
        return False


def read_glyph(path: Path) -> Glyph:
    """The glyph in a picture of 28x28 pixels, ink white on black; raises PictureError for any other."""
    luma = read_picture(path).luma
    if luma.shape != (GLYPH_PX, GLYPH_PX):
        height, width = luma.shape
        raise PictureError(f"{path} has {width}x{height} pixels, not 28x28: photos are learnt with `inkling learn`")
    if np.median(luma) > 127 and not is_glyph(path):
        raise PictureError(f"{path} is dark on light, and a glyph white on black: learn it with `inkling learn`")
    return luma


def _sample(picture: Labelled) -> Sample:
    """A picture of a folder; what its index says of it besides file and label is taken over."""
    row = picture.row
    try:
        if "label" not in row and picture.label == "unlabelled":
            label = None
        else:
            label = label_of(picture.label) if picture.label else None
        read = int(row["read"]) if row.get("read") else None
        confidence = float(row["confidence"]) if row.get("confidence") else None
        time_s = datetime.fromisoformat(row["time"]).timestamp() if row.get("time") else 0.0
        if read not in (None, *range(10)) or not 0 <= (confidence or 0.0) <= 1:
            raise ValueError(f"read goes from 0 to 9 and confidence from 0 to 1, not {read} and {confidence}")
    except ValueError as error:
        raise SamplesError(f"{picture.path.parent / INDEX}, {picture.name}: {error}") from error
    source = row.get("source") or str(picture.path.absolute())
    return Sample(read_glyph(picture.path), label, source, read, confidence, row.get("model") or "", time_s)

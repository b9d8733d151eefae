"""Readers for the two forms in which MNIST travels: IDX files, and the talk's CSV.

Both give uint8 arrays and refuse what is malformed, naming the file, the line or byte, and the reason.
"""

import gzip
import os
import struct
import zlib
from math import prod
from pathlib import Path
from typing import IO

import numpy as np

from inknet.arrays import Array

from .errors import DatasetError

LARGEST = 1 << 30  # bytes in one IDX file; a damaged header may claim any number


def read_idx(path: str | os.PathLike[str]) -> Array:
    """The array of an IDX file of unsigned bytes (yann.lecun.com/exdb/mnist), unpacked or gzip-compressed.

    Returns uint8 of the shape the file states: (n,) for labels, (n, height, width) for images. Raises DatasetError
    if it is malformed, OSError if it cannot be opened.
    """
    path = Path(path)
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        try:
            return _idx(gzip.GzipFile(fileobj=raw) if packed else raw)
        except (DatasetError, gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DatasetError(f"{path}: {error}. Fetch the file again.") from error


def _idx(file: IO[bytes] | gzip.GzipFile) -> Array:
    magic = file.read(4)
    if len(magic) < 4 or magic[:3] != b"\0\0\x08" or not 1 <= magic[3] <= 4:
        raise DatasetError(f"no IDX file of unsigned bytes: it begins with {magic.hex(' ') or 'nothing'}")
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise DatasetError(f"the header ends after {4 + len(sizes)} bytes")
    shape = struct.unpack(f">{magic[3]}I", sizes)
    if prod(shape) > LARGEST:
        raise DatasetError(f"the header claims an array of {shape}, larger than any data set for this machine")
    data = file.read(prod(shape) + 1)
    if len(data) != prod(shape):
        seen = "more" if len(data) > prod(shape) else f"only {len(data)}"
        raise DatasetError(f"an array of {shape} takes {prod(shape)} bytes of data; there are {seen}")
    return np.frombuffer(data, np.uint8).reshape(shape)


def read_csv(path: str | os.PathLike[str], height: int = 28, width: int = 28) -> tuple[Array, Array]:
    """Images and labels of the talk's CSV: a row is the label and then height * width numbers from 0 to 255.

    Returns uint8 of shape (n, height, width) and uint8 of shape (n,). Blank lines are passed over. Raises
    DatasetError with file, line and reason if a row is malformed, OSError if the file cannot be opened.
    """
    rows = []
    with Path(path).open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    rows.append(_row(line, height * width))
                except ValueError as error:
                    raise DatasetError(f"{path}, line {number}: {error}") from None
    if not rows:
        raise DatasetError(f"{path}: there is no row in it")
    table = np.stack(rows)
    return table[:, 1:].reshape(-1, height, width), table[:, 0].copy()


def _row(line: bytes, pixels: int) -> Array:
    fields = line.split(b",")
    if len(fields) != pixels + 1:
        raise ValueError(f"a label and {pixels} pixels are needed; there are {len(fields)} fields")
    try:
        label, *values = map(int, fields)
        if b"_" in line:  # which Python takes in a number, and no other reader of CSV does
            raise ValueError
    except ValueError:
        wrong = next((f for f in fields if not f.strip().removeprefix(b"-").isdigit()), max(fields, key=len))
        raise ValueError(f"{wrong[:20].decode(errors='replace')!r} is no whole number") from None
    if not (0 <= label <= 9 and 0 <= min(values) <= max(values) <= 255):
        raise ValueError(
            f"labels go from 0 to 9 and pixels from 0 to 255; seen: label {label}, "
            f"pixels {min(values)} to {max(values)}"
        )
    return np.array([label, *values], np.uint8)

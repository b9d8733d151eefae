"""Reads any picture file as luma: upright, 8 bits deep, and no larger than reading digits needs.

A picture comes from a camera, a scanner, a drawing program or a stranger. Pillow answers a hostile file with
almost any exception there is; here each of them becomes a `PictureError` of one line.
"""

import logging
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkling.errors import PictureError
from inkling.frames import Luma

if TYPE_CHECKING:
    from PIL import Image

MIN_SIDE_PX = 8
MAX_PIXELS = 64_000_000
MAX_BYTES = 80_000_000  # as Pillow unpacks it; several copies of it have to fit a board of 512 MB

# The most common come first: at the sixth, Pillow imports all of its plugins, which takes a Pi Zero long.
# That the list is closed keeps out the formats that Pillow hands to another program (EPS goes to Ghostscript).
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "PPM", "TIFF", "WEBP", "JPEG2000", "AVIF")
_WIDE_MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")
_ORIENTATION_TAG = 0x0112
_SILENCE = logging.NullHandler()


class Picture(NamedTuple):
    """What a file shows: luma, uint8 of shape (height, width), and how many of the file's pixels make one of it."""

    luma: Luma
    scale: float


def read_picture(path: Path, max_side_px: int = 1600) -> Picture:
    """Return the picture in file `path`, with luma 0 for black and 255 for white.

    It is turned upright as its EXIF data ask. Of an animation the first picture is taken. Where the picture is
    transparent, a ground is put behind it that its ink stands out from. If its larger side is more than
    `max_side_px` pixels, it is reduced to that; it is never enlarged.

    Raises PictureError if there is no such file, or it is not a whole picture in a known format, or has a side
    below MIN_SIDE_PX or more than MAX_PIXELS pixels.
    """
    from PIL import Image, UnidentifiedImageError

    logging.getLogger("PIL").addHandler(_SILENCE)  # what no handler takes, Python prints on stderr
    try:
        with warnings.catch_warnings(), _open(path) as file:
            warnings.simplefilter("ignore")
            with Image.open(file, formats=_FORMATS) as picture:
                _check_size(picture, path)
                longer_px = max(picture.size)
                luma = _read(picture, max_side_px)
                return Picture(luma, longer_px / max(luma.shape))
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(path) from error
    except (UnidentifiedImageError, KeyError) as error:  # KeyError: a Pillow that is older than the last format
        known = ", ".join(_FORMATS)
        raise _error(path, "it is not a picture in a known format", f"save it as one of {known}") from error
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise _error(path, f"it is damaged or incomplete ({_escape(reason)})", "save or copy it again") from error


def read_luma(path: Path, max_side_px: int = 1600) -> Luma:
    """Return the luma of `read_picture`."""
    return read_picture(path, max_side_px).luma


def _open(path: Path) -> BinaryIO:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise _error(path, "it is a directory", "name a picture in it")
        if not stat.S_ISREG(status.st_mode):  # to open a pipe would be to wait for its writer
            raise _error(path, "it is a pipe, a socket or a device", "name a file")
        if status.st_size == 0:
            raise _error(path, "it is empty", "save or copy it again")
        return path.open("rb")
    except FileNotFoundError as error:
        raise _error(path, "there is no such file", "check its name") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _error(path, f"the system says: {reason}", "check its name and permissions") from error


def _check_size(picture: "Image.Image", path: Path) -> None:
    width, height = picture.size
    depth_bytes = 4 if picture.mode in _WIDE_MODES else 1
    reducible = picture.format == "JPEG"  # while it is decoded
    unpacked_bytes = width * height * depth_bytes * len(picture.getbands())
    if width * height > MAX_PIXELS or (unpacked_bytes > MAX_BYTES and not reducible):
        raise _too_large(path)
    if min(width, height) < MIN_SIDE_PX:
        seen = f"it is {width} x {height} pixels, too small to hold a digit"
        raise _error(path, seen, f"give one of at least {MIN_SIDE_PX} x {MIN_SIDE_PX}")


def _read(picture: "Image.Image", max_side_px: int) -> Luma:
    # Lets a JPEG be decoded at 1/2, 1/4 or 1/8 of its size, and only its luma.
    picture.draft("L", _within(max_side_px, picture.size))
    with _libtiff_silenced() if picture.format == "TIFF" else nullcontext():
        picture.load()
    return _upright(_luma(picture, _within(max_side_px, picture.size)), _orientation(picture))


@contextmanager
def _libtiff_silenced() -> Iterator[None]:
    """Keep libtiff, which prints what it finds wrong from C, away from stderr; Pillow has no switch for it."""
    try:
        stderr = os.dup(2)
    except OSError:  # a service may have none
        yield
        return
    try:
        with Path(os.devnull).open("wb") as null:
            os.dup2(null.fileno(), 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def _within(max_side_px: int, size: tuple[int, int]) -> tuple[int, int]:
    width, height = size
    scale = min(1.0, max_side_px / max(size))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _luma(picture: "Image.Image", size: tuple[int, int]) -> Luma:
    """Return `picture` in luma, reduced to `size`, which is (width, height)."""
    if picture.mode in _WIDE_MODES:
        return _narrowed(np.array(_reduced(picture.convert("F"), size)))
    if "A" in picture.getbands() or "transparency" in picture.info:
        if picture.mode != "RGBA":  # since to convert is to copy
            picture = picture.convert("RGBA")
        luma_alpha = np.asarray(_reduced(picture, size).convert("LA"))
        return _on_ground(luma_alpha[..., 0], luma_alpha[..., 1])
    if picture.mode == "LAB":
        return np.asarray(_reduced(picture.getchannel("L"), size))
    return np.asarray(_reduced(picture.convert("L"), size))


def _reduced(picture: "Image.Image", size: tuple[int, int]) -> "Image.Image":
    from PIL import Image

    if picture.size == size:
        return picture
    return picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _narrowed(values: NDArray[np.float32]) -> Luma:
    """Return `values` of any range as 8 bits.

    The file does not say what white is: 1.0, or all the bits of the sensor, which may be fewer than the file's.
    It is taken to be the least of those that clips nothing.
    """
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    black = min(low, 0.0)
    whites = (1.0, *(2.0**bits - 1.0 for bits in (8, 10, 12, 14, 16)), high)
    white = next(white for white in whites if white >= high)
    scale = 255.0 / (white - black)
    scaled = (np.nan_to_num(values, nan=black, posinf=white, neginf=black) - black) * scale
    narrow: Luma = np.rint(scaled).astype(np.uint8)
    return narrow


def _on_ground(luma: Luma, alpha: Luma) -> Luma:
    """Return `luma` laid with its `alpha` over a plain ground that keeps the ink visible."""
    seen = luma[alpha >= max(1, int(alpha.max()) // 2)]
    if seen.size == 0:
        return np.full_like(luma, 255)
    dark, middle, bright = np.percentile(seen, (0.5, 50, 99.5))
    only_ink = bright - dark <= 128
    contrast = 255 if middle < 128 else 0
    ground = contrast if only_ink else int(middle)  # where the paper is there too, it goes on
    opacity = alpha.astype(np.uint32)
    mixed: Luma = ((luma * opacity + ground * (255 - opacity) + 127) // 255).astype(np.uint8)
    return mixed


def _orientation(picture: "Image.Image") -> int:
    """Return the EXIF orientation, 1 to 8; it is 1, upright, where the EXIF data are missing or broken."""
    if picture.format == "TIFF":  # Pillow has turned it
        return 1
    try:
        value = picture.getexif().get(_ORIENTATION_TAG)
    except Exception:  # the picture itself is whole, and worth more than its EXIF data
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(luma: Luma, orientation: int) -> Luma:
    """Return `luma` turned upright from `orientation`, the Orientation tag (274) of TIFF 6.0."""
    if orientation >= 5:
        luma = luma.T
    if orientation in (2, 3, 6, 7):
        luma = luma[:, ::-1]
    if orientation in (3, 4, 7, 8):
        luma = luma[::-1]
    return np.ascontiguousarray(luma)


def _too_large(path: Path) -> PictureError:
    limits = f"{MAX_PIXELS // 1_000_000} million pixels, or {MAX_BYTES // 1_000_000} million bytes of them"
    seen = f"it has more than {limits}"
    return _error(path, seen, "save a smaller copy of it")


def _error(path: Path, seen: str, advice: str) -> PictureError:
    return PictureError(f"cannot read {str(path)!r}: {seen}; {advice}")


def _escape(text: str) -> str:
    return repr(text)[1:-1]

import os
import random
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from inkling.errors import InklingError, PictureError
from inkling.frames import Luma
from inkling.pictures import MAX_PIXELS, read_luma

ORIENTATION = 0x0112
INK, PAPER = 40, 215


def page(height: int = 48, width: int = 64) -> Luma:
    """A light page with a dark square near its top left corner, so that every way of turning it shows."""
    luma = np.full((height, width), PAPER, np.uint8)
    luma[8:16, 8:24] = INK
    return luma


def picture(mode: str = "L") -> Image.Image:
    return Image.fromarray(page()).convert(mode)


def saved(image: Image.Image, path: Path, **options: Any) -> Path:
    image.save(path, **options)
    return path


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_bytes(width: int, height: int, *extra: bytes, depth: int = 8) -> bytes:
    """A grey PNG that claims to be as large as it is told to be, with hardly any data in it."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))
    data = png_chunk(b"IDAT", zlib.compress(bytes(64)))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + data + png_chunk(b"IEND", b"")


def assert_one_line(error: pytest.ExceptionInfo[PictureError], *seen: str) -> None:
    message = str(error.value)
    assert message.isprintable()
    for text in seen:
        assert text in message


# What can be read.


@pytest.mark.parametrize(
    ("mode", "name", "options"),
    [
        ("L", "a.png", {}),
        ("L", "a.bmp", {}),
        ("L", "a.pgm", {}),
        ("L", "a.gif", {}),
        ("L", "a.tif", {}),
        ("L", "a.tif", {"compression": "tiff_lzw"}),
        ("L", "a.jpg", {"quality": 95}),
        ("L", "a.jp2", {}),
        ("RGB", "a.png", {}),
        ("RGB", "a.bmp", {}),
        ("RGB", "a.ppm", {}),
        ("RGB", "a.jpg", {"quality": 95}),
        ("RGB", "a.jpg", {"quality": 95, "progressive": True}),
        ("RGB", "a.webp", {"lossless": True}),
        ("RGBA", "a.webp", {"lossless": True}),
        ("YCbCr", "a.tif", {"compression": "tiff_lzw"}),
        ("LAB", "a.tif", {}),
        ("CMYK", "a.jpg", {"quality": 95}),
        ("CMYK", "a.tif", {}),
        ("P", "a.png", {}),
        ("P", "a.gif", {}),
        ("LA", "a.png", {}),
        ("RGBA", "a.png", {}),
        ("RGBA", "a.tif", {}),
    ],
)
def test_a_grey_page_has_its_luma_in_every_mode_and_format(
    tmp_path: Path, mode: str, name: str, options: dict[str, Any]
) -> None:
    image = picture() if mode != "LAB" else Image.merge("LAB", [picture(), *[Image.new("L", (64, 48), 128)] * 2])
    luma = read_luma(saved(image.convert(mode), tmp_path / name, **options))
    assert luma.dtype == np.uint8
    assert luma.flags.c_contiguous
    np.testing.assert_allclose(luma.astype(int), page(), atol=6)


def test_colours_count_as_bright_as_the_eye_sees_them(tmp_path: Path) -> None:
    for colour, expected in (("red", 76), ("lime", 150), ("blue", 29), ("white", 255), ("black", 0)):
        for mode in ("RGB", "CMYK", "P"):
            image = Image.new("RGB", (16, 16), colour).convert(mode)
            luma = read_luma(saved(image, tmp_path / "colour.tif"))
            np.testing.assert_allclose(luma, expected, atol=2, err_msg=f"{colour} as {mode}")


@pytest.mark.parametrize("transform", [0, 2], ids=["CMYK", "YCCK"])
def test_the_inverted_inks_of_adobe_jpegs_are_put_right(tmp_path: Path, transform: int) -> None:
    black = Image.fromarray(255 - page())
    none, neutral, full = (Image.new("L", (64, 48), grey) for grey in (0, 128, 255))
    planes = [none, none, none, black] if transform == 0 else [full, neutral, neutral, black]
    data = bytearray(saved(Image.merge("CMYK", planes), tmp_path / "a.jpg", quality=95).read_bytes())
    transform_at = data.index(b"Adobe") + 11
    assert data[transform_at] == 0, "Pillow inverts the planes, but writes no YCCK"
    data[transform_at] = transform
    (tmp_path / "a.jpg").write_bytes(data)
    np.testing.assert_allclose(read_luma(tmp_path / "a.jpg").astype(int), page(), atol=6)


@pytest.mark.parametrize("name", ["fax.png", "fax.tif", "fax.pbm", "fax.bmp", "fax.gif"])
def test_one_bit_is_black_and_white(tmp_path: Path, name: str) -> None:
    black_and_white = np.where(page() == INK, 0, 255).astype(np.uint8)
    luma = read_luma(saved(Image.fromarray(black_and_white).convert("1"), tmp_path / name))
    np.testing.assert_array_equal(luma, black_and_white)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (page().astype(np.uint16) * 257, "16.png"),
        (page().astype(np.uint16) * 257, "16.tif"),
        (page().astype(">u2") * 257, "16-big-endian.tif"),
        (page().astype(np.uint16) * 257, "16.pgm"),
        (page().astype(np.uint16) * 16, "sensor-of-12-bits.png"),
        (page().astype(np.int32) * 257, "32.tif"),
        (page().astype(np.float32) / 255, "unit.tif"),
        (page().astype(np.float32), "float.tif"),
        (page().astype(np.float32) * 257, "wide-float.tif"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wide_pixels_are_scaled_and_not_clipped(tmp_path: Path, values: NDArray[Any], name: str) -> None:
    path = tmp_path / name
    if name == "16.pgm":
        path.write_bytes(b"P5 64 48 65535 " + values.astype(">u2").tobytes())
    else:
        saved(Image.fromarray(values), path)
    np.testing.assert_allclose(read_luma(path).astype(int), page(), atol=1)


def test_infinite_and_undefined_pixels_are_white_and_black(tmp_path: Path) -> None:
    values = page().astype(np.float32) / 255
    values[40, 40:43] = np.nan, np.inf, -np.inf
    luma = read_luma(saved(Image.fromarray(values), tmp_path / "strange.tif"))
    assert luma[40, 40:43].tolist() == [0, 255, 0]
    np.testing.assert_allclose(luma[:40].astype(int), page()[:40], atol=1)


def ink_on_nothing(ink: int) -> NDArray[np.uint8]:
    """Luma and alpha of a stroke on nothing; half of its alpha at its edge; the hidden colour is the ink's."""
    luma_alpha = np.zeros((48, 64, 2), np.uint8)
    luma_alpha[..., 0] = ink
    luma_alpha[8:16, 8:24, 1] = 255
    luma_alpha[16, 8:24, 1] = 128
    return luma_alpha


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (60, 255), (255, 0), (200, 0)])
@pytest.mark.parametrize("mode", ["LA", "RGBA", "PA"])
def test_ink_on_a_transparent_ground_stays_visible(tmp_path: Path, mode: str, ink: int, ground: int) -> None:
    image = Image.fromarray(ink_on_nothing(ink)).convert("RGBA" if mode == "PA" else mode)
    if mode == "PA":
        image = image.quantize(8)  # a palette with alpha
    luma = read_luma(saved(image, tmp_path / "ink.png"))
    np.testing.assert_allclose(luma[8:16, 8:24].astype(int), ink, atol=3)
    np.testing.assert_allclose(luma[20:].astype(int), ground, atol=3)
    np.testing.assert_allclose(luma[16, 8:24].astype(int), (ink + ground) / 2, atol=8)


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (255, 0)])
@pytest.mark.parametrize("name", ["ink.gif", "ink.png"])
def test_one_transparent_colour_of_a_palette_is_the_ground(tmp_path: Path, name: str, ink: int, ground: int) -> None:
    indices = np.where(page() == INK, 1, 0).astype(np.uint8)
    image = Image.fromarray(indices)
    image.putpalette([ink, ink, ink, ink, ink, ink])  # its mode is P from now on
    luma = read_luma(saved(image, tmp_path / name, transparency=0))
    np.testing.assert_array_equal(luma, np.where(page() == INK, ink, ground))


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_transparent_grey_of_a_png_is_the_ground(tmp_path: Path, mode: str) -> None:
    transparent = PAPER if mode == "L" else (PAPER, PAPER, PAPER)
    luma = read_luma(saved(picture(mode), tmp_path / "ink.png", transparency=transparent))
    np.testing.assert_allclose(luma, np.where(page() == INK, INK, 255), atol=1)


@pytest.mark.parametrize("negative", [False, True])
def test_paper_with_transparent_margins_goes_on_in_them(tmp_path: Path, negative: bool) -> None:
    luma = 255 - page() if negative else page()
    alpha = np.zeros_like(luma)
    alpha[4:40, 4:60] = 255
    image = Image.fromarray(np.dstack([luma, alpha]))
    np.testing.assert_allclose(read_luma(saved(image, tmp_path / "sticker.png")), luma, atol=1)


def test_a_wholly_transparent_picture_is_an_empty_page(tmp_path: Path) -> None:
    image = Image.new("RGBA", (20, 10), (0, 0, 0, 0))
    assert read_luma(saved(image, tmp_path / "nothing.png")).tolist() == [[255] * 20] * 10


# Where the camera's top left corner is found in an upright page, for orientations 1 to 8 (TIFF 6.0): a function
# from the upright page to what the camera stored.
STORED: dict[int, Callable[[Luma], Luma]] = {
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(upright, 2).T,
    8: lambda upright: np.rot90(upright, -1),
}


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "lzw.tif", "a.webp"])
@pytest.mark.parametrize("orientation", STORED)
def test_exif_orientation_turns_the_page_upright(tmp_path: Path, name: str, orientation: int) -> None:
    image = Image.fromarray(np.ascontiguousarray(STORED[orientation](page())))
    options: dict[str, Any] = {"compression": "tiff_lzw"} if name == "lzw.tif" else {}
    if name.endswith(".tif"):
        options["tiffinfo"] = {ORIENTATION: orientation}
    else:
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        options["exif"] = exif
    luma = read_luma(saved(image, tmp_path / name, **options))
    assert luma.shape == (48, 64)
    np.testing.assert_allclose(luma[10:14, 10:22].astype(int), INK, atol=12)
    np.testing.assert_allclose(luma[20:].astype(int), PAPER, atol=12)
    reduced = read_luma(tmp_path / name, max_side_px=32)
    assert reduced.shape == (24, 32)
    np.testing.assert_allclose(reduced[5:7, 5:11].astype(int), INK, atol=20)


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0nonsense", b"Exif\0\0II*\0\xff\xff\xff\xff"])
def test_broken_exif_leaves_the_picture_as_it_stands(tmp_path: Path, exif: bytes) -> None:
    path = saved(picture(), tmp_path / "a.jpg", exif=exif, quality=95)
    np.testing.assert_allclose(read_luma(path).astype(int), page(), atol=6)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_ignored(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    np.testing.assert_array_equal(read_luma(saved(picture(), tmp_path / "a.png", exif=exif)), page())


def test_the_first_picture_of_an_animation_is_taken(tmp_path: Path) -> None:
    later = [Image.new("L", (64, 48), grey) for grey in (0, 99)]
    path = saved(picture(), tmp_path / "moving.gif", save_all=True, append_images=later)
    np.testing.assert_allclose(read_luma(path).astype(int), page(), atol=1)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA", "CMYK", "I;16", "F"])
def test_a_large_picture_is_reduced_to_the_limit(tmp_path: Path, mode: str) -> None:
    large = Image.fromarray(page(480, 640)).resize((640, 480))
    large = large.convert("I").convert(mode) if mode == "I;16" else large.convert(mode)
    luma = read_luma(saved(large, tmp_path / "large.tif"), max_side_px=100)
    assert luma.shape == (75, 100)
    assert luma[40:].mean() > 150


def test_a_reduced_photo_keeps_its_content_in_its_place(tmp_path: Path) -> None:
    large = np.kron(page(), np.ones((20, 20), np.uint8))
    for name in ("large.jpg", "large.png"):
        luma = read_luma(saved(Image.fromarray(large).convert("RGB"), tmp_path / name), max_side_px=64)
        assert luma.shape == (48, 64)
        np.testing.assert_allclose(luma[9:15, 9:23].astype(int), INK, atol=6)
        np.testing.assert_allclose(luma[18:].astype(int), PAPER, atol=6)


def test_a_small_picture_is_not_enlarged_and_a_strip_keeps_a_pixel(tmp_path: Path) -> None:
    assert read_luma(saved(Image.new("L", (8, 8)), tmp_path / "small.png")).shape == (8, 8)
    assert read_luma(saved(Image.new("L", (8000, 8)), tmp_path / "strip.png"), max_side_px=100).shape == (1, 100)


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from Linux's /proc")
def test_a_photo_of_12_megapixels_takes_little_memory(tmp_path: Path) -> None:
    photo = saved(Image.new("RGB", (4000, 3000), "white"), tmp_path / "photo.jpg")
    script = """
import sys
from pathlib import Path
from PIL import Image, JpegImagePlugin
from inkling.pictures import read_luma

def peak_kb():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])

before_kb = peak_kb()
read_luma(Path(sys.argv[1]))
print(peak_kb() - before_kb)
"""
    result = subprocess.run([sys.executable, "-c", script, photo], capture_output=True, text=True, check=True)
    assert int(result.stdout) < 24_000, "kB; whole and in colour it would be 48,000"


def test_a_name_may_have_any_bytes(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9\n\x1b[31m.png")
    saved(picture(), tmp_path / "a.png").rename(path)
    np.testing.assert_array_equal(read_luma(path), page())
    path.write_bytes(b"nonsense")
    with pytest.raises(PictureError) as error:
        read_luma(path)
    assert_one_line(error, r"caf\udce9\n\x1b[31m.png")


# What cannot be read.


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InklingError) as error:
        read_luma(tmp_path / "no-such.png")
    assert str(error.value) == f"cannot read '{tmp_path}/no-such.png': there is no such file; check its name"
    with pytest.raises(PictureError, match="cannot read"):
        read_luma(Path("a\0b"))
    with pytest.raises(PictureError, match="cannot read"):
        read_luma(tmp_path / ("x" * 5000))


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for path, seen in ((tmp_path, "directory"), (tmp_path / "pipe.png", "pipe"), (Path("/dev/zero"), "device")):
        with pytest.raises(PictureError) as error:
            read_luma(path)
        assert_one_line(error, str(path), seen)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    path = saved(picture(), tmp_path / "secret.png")
    path.chmod(0)
    with pytest.raises(PictureError) as error:
        read_luma(path)
    assert_one_line(error, "secret.png", "Permission denied")


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        (b"", "empty"),
        (b"Dear diary,\nno digits today.\n", "known format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "known format"),
        (b"\x89PNG\r\n\x1a\n", "cannot read"),
        (b"\xff\xd8\xff", "cannot read"),
        (png_bytes(0, 0), "cannot read"),
        (png_bytes(1, 1), "1 x 1"),
        (png_bytes(7, 900), "7 x 900"),
        (png_bytes(9000, 9000), f"{MAX_PIXELS // 10**6} million pixels"),
        (png_bytes(12_000, 12_000), "million pixels"),
        (png_bytes(50_000, 50_000), "million pixels"),
        (png_bytes(2**31 - 1, 2**31 - 1), "million pixels"),
        (png_bytes(16, 16, png_chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(2**26)))), "cannot read"),
        (b"P5 20 20 255 " + bytes(100), "damaged"),
        (b"P2 20 20 255 " + b"1 2 three", "damaged"),
        (b"GIF89a" + struct.pack("<HHBBB", 10, 10, 0, 0, 0) + b";", "cannot read"),
        (
            b"GIF89a" + struct.pack("<HHBBBBHHHHB", 9, 9, 0, 0, 0, 44, 0, 0, 60000, 60000, 0) + b"\x08\x01\0\0;",
            "million pixels",
        ),
    ],
)
def test_a_hostile_file_is_an_error_of_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], data: bytes, seen: str
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    with pytest.raises(PictureError) as error:
        read_luma(path)
    assert_one_line(error, "photo.jpg", seen)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.png", {}),
        ("a.jpg", {}),
        ("a.jpg", {"progressive": True}),
        ("a.gif", {}),
        ("a.bmp", {}),
        ("a.ppm", {}),
        ("a.tif", {}),
        ("a.tif", {"compression": "tiff_lzw"}),
        ("a.webp", {}),
    ],
)
def test_a_truncated_picture_is_an_error(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)
    path = saved(Image.fromarray(noise), tmp_path / name, **options)
    data = path.read_bytes()
    for share in (0.1, 0.5, 0.9):
        path.write_bytes(data[: int(share * len(data))])
        with pytest.raises(PictureError) as error:
            read_luma(path)
        assert_one_line(error, name)


def test_a_program_without_logging_stays_silent(tmp_path: Path) -> None:
    """Pillow logs a TIFF of too many samples as an error; Python prints that on stderr unless it is handled."""
    path = saved(picture("RGB"), tmp_path / "a.tif")
    data = bytearray(path.read_bytes())
    at = data.index(struct.pack("<HHI", 277, 3, 1)) + 8  # SamplesPerPixel
    data[at : at + 2] = struct.pack("<H", 60_000)
    path.write_bytes(data)
    script = """
import sys
from pathlib import Path
from inkling.errors import PictureError
from inkling.pictures import read_luma

try:
    read_luma(Path(sys.argv[1]))
except PictureError:
    print("error")
"""
    result = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == ("error\n", "")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.tif", "lzw.tif", "a.bmp", "a.webp"])
def test_damaged_bytes_give_a_picture_or_a_picture_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    mode = "RGB" if name in ("a.jpg", "a.bmp", "a.webp") else "P"
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "digits", zip=True)
    all_options: dict[str, dict[str, Any]] = {
        "a.png": {"exif": exif, "pnginfo": info, "transparency": 0},
        "a.jpg": {"exif": exif},
        "a.gif": {"transparency": 0},
        "lzw.tif": {"compression": "tiff_lzw"},
    }
    options = all_options.get(name, {})
    path = saved(picture(mode), tmp_path / name, **options)
    whole = path.read_bytes()
    chance = random.Random(name)
    outcomes, messages = set(), []
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 8))):
            at = min(chance.randrange(len(data)), chance.randrange(len(data)))  # rather in the header
            data[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        if chance.random() < 0.2:
            del data[chance.randrange(len(data)) :]
        path.write_bytes(data)
        try:
            luma = read_luma(path)
            assert luma.ndim == 2
            assert luma.dtype == np.uint8
            outcomes.add("read")
        except PictureError as error:
            messages.append(str(error))
            outcomes.add("error")
    assert outcomes == {"read", "error"}
    assert all(message.isprintable() for message in messages)
    assert capfd.readouterr() == ("", "")

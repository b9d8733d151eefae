"""Samples as files: what goes out comes in again, to the bit, and what is no sample is refused."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.datasets import read_csv
from inkling.errors import DatasetError, InklingError, PictureError, SamplesError
from inkling.exchange import export_csv, export_folder, imported, is_glyph, read_glyph, sheet
from inkling.samples import NO_DIGIT, Sample

RNG = np.random.default_rng(0)
GLYPHS = (RNG.random((4, 28, 28)) * RNG.integers(0, 256, (4, 28, 28)) * 0.9).astype(np.uint8)
SAMPLES = [
    Sample(GLYPHS[0], 7, "camera", 1, 0.1 + 0.2, "abc", 1763712000.25, 3),
    Sample(GLYPHS[1], NO_DIGIT, "/a, b.png", 8, 1.0, "abc", 1.5, 4),
    Sample(GLYPHS[2], None, "camera", None, 0.3, "ä", 2.0, 12),
    Sample(GLYPHS[3], 0, "", None, None, "", 3.0, 1234567),
]


def write(folder: Path, name: str, pixels: np.ndarray) -> Path:
    folder.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(folder / name)
    return folder / name


def test_a_folder_comes_back_as_it_went(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "mine"
    assert export_folder(SAMPLES, folder) == 4
    back = imported(folder)
    np.testing.assert_array_equal([sample.glyph for sample in back], GLYPHS)
    for sample, before in zip(back, SAMPLES, strict=True):
        assert (sample.label, sample.read, sample.confidence) == (before.label, before.read, before.confidence)
        assert (sample.model, sample.time_s) == (before.model, before.time_s)
    assert [sample.source for sample in back[:3]] == ["camera", "/a, b.png", "camera"]
    assert back[3].source.endswith("1234567_0.png")


def test_what_is_kept_comes_back_however_much_ink_it_has(tmp_path: Path) -> None:
    export_folder([Sample(255 - GLYPHS[0], NO_DIGIT, number=1)], tmp_path / "out")
    np.testing.assert_array_equal(imported(tmp_path / "out")[0].glyph, 255 - GLYPHS[0])


@pytest.mark.parametrize("time_s", [-1e9, -62135600000.0, 253402343999.0, 1e300])
def test_a_sample_of_a_wrong_clock_goes_out_too(tmp_path: Path, time_s: float) -> None:
    export_folder([Sample(GLYPHS[0], 7, time_s=time_s, number=1)], tmp_path / "out")
    assert imported(tmp_path / "out")[0].label == 7


def test_the_index_is_one_that_people_and_other_programs_read(tmp_path: Path) -> None:
    export_folder(SAMPLES[:3], tmp_path / "out")
    with (tmp_path / "out" / "INDEX.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["file"], row["label"]) for row in rows] == [
        ("000003_7.png", "7"),
        ("000004_none.png", "none"),
        ("000012_unlabelled.png", ""),
    ]
    assert rows[0]["time"] == "2025-11-21T08:00:00.250000+00:00"


def test_without_its_index_a_folder_still_says_what_is_what(tmp_path: Path) -> None:
    export_folder(SAMPLES, tmp_path / "out")
    (tmp_path / "out" / "INDEX.csv").unlink()
    back = imported(tmp_path / "out")
    assert [sample.label for sample in back] == [7, NO_DIGIT, None, 0]
    np.testing.assert_array_equal([sample.glyph for sample in back], GLYPHS)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(SamplesError, match="not empty"):
        export_folder(SAMPLES, tmp_path)
    with pytest.raises(SamplesError, match="not empty"):
        export_folder(SAMPLES, tmp_path / "a")


def test_the_talks_csv_has_the_digits_with_a_label(tmp_path: Path) -> None:
    assert export_csv(SAMPLES, tmp_path / "x.csv") == 2
    images, labels = read_csv(tmp_path / "x.csv")
    np.testing.assert_array_equal(images, GLYPHS[[0, 3]])
    assert labels.tolist() == [7, 0]
    back = imported(tmp_path / "x.csv")
    assert [sample.label for sample in back] == [7, 0]
    np.testing.assert_array_equal(back[1].glyph, GLYPHS[3])


def test_glyphs_are_known_wherever_they_are_copied(tmp_path: Path) -> None:
    export_folder(SAMPLES[:1], tmp_path / "out")
    (glyph,) = (tmp_path / "out").glob("*.png")
    assert is_glyph(glyph.rename(tmp_path / "any.png"))
    assert not is_glyph(write(tmp_path, "photo.png", GLYPHS[0]))
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n")
    assert not is_glyph(tmp_path / "broken.png")


def test_glyphs_made_elsewhere_are_taken_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    np.testing.assert_array_equal(read_glyph(write(folder, "mine_5.png", GLYPHS[0])), GLYPHS[0])
    (sample,) = imported(folder)
    assert (sample.label, sample.read, sample.time_s) == (5, None, 0.0)


@pytest.mark.parametrize(
    ("name", "pixels", "index", "said"),
    [
        ("a_5.png", np.zeros((28, 29), np.uint8), None, "29x28 pixels"),
        ("a_5.png", 255 - GLYPHS[0], None, "dark on light"),
        ("a_42.png", GLYPHS[0], None, "'42' is no label"),
        ("a.png", GLYPHS[0], "file,label,read\na.png,1,11\n", "0 to 9"),
        ("a.png", GLYPHS[0], "file,label,confidence\na.png,1,nan\n", "0 to 1"),
        ("a.png", GLYPHS[0], "file,label,time\na.png,1,noon\n", r"INDEX\.csv, a\.png: .*'noon'"),
        ("a.png", GLYPHS[0], "file,label\nb.png,1\n", "no such file"),
        ("a.txt", None, None, "no picture"),
    ],
)
def test_what_is_no_sample_is_refused(
    tmp_path: Path, name: str, pixels: np.ndarray | None, index: str | None, said: str
) -> None:
    if pixels is not None:
        write(tmp_path, name, pixels)
    if index is not None:
        (tmp_path / "INDEX.csv").write_text(index)
    with pytest.raises((SamplesError, PictureError, DatasetError), match=said) as caught:
        imported(tmp_path)
    assert isinstance(caught.value, InklingError)


def test_a_sheet_shows_every_glyph(tmp_path: Path) -> None:
    (tmp_path / "sheet.png").write_bytes(sheet([SAMPLES[0]] * 11))
    with Image.open(tmp_path / "sheet.png") as picture:
        pixels = np.asarray(picture)
    large = GLYPHS[0].repeat(2, 0).repeat(2, 1)
    at = [
        (y, x)
        for y in range(pixels.shape[0] - 55)
        for x in range(pixels.shape[1] - 55)
        if pixels[y, x] == large[0, 0] and np.array_equal(pixels[y : y + 56 : 2, x : x + 56 : 2], GLYPHS[0])
    ]
    assert len({(y // 60, x // 60) for y, x in at}) == 11

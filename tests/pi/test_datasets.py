"""Readers of IDX and CSV: what is well-formed comes back, what is not is refused with file, place and reason."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from inkling.datasets import read_csv, read_idx
from inkling.errors import DatasetError


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


@pytest.mark.parametrize("shape", [(5,), (2, 3, 4), (0, 28, 28)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["unpacked", "gzip"])
def test_idx_files_come_back_as_their_array(tmp_path: Path, shape: tuple[int, ...], pack) -> None:  # type: ignore[no-untyped-def]
    array = np.random.default_rng(0).integers(0, 256, shape)
    (tmp_path / "a").write_bytes(pack(idx(array)))
    np.testing.assert_array_equal(read_idx(tmp_path / "a"), array)
    assert read_idx(tmp_path / "a").dtype == np.uint8


GOOD = idx(np.arange(24).reshape(2, 3, 4))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "begins with nothing"),
        (b"\0\0", "begins with 00 00"),
        (b"P5 28 28", "begins with 50 35"),
        (b"\0\0\x0d\x01" + GOOD[4:], "unsigned bytes"),
        (GOOD[:10], "header ends after 10 bytes"),
        (GOOD[:-1], r"takes 24 bytes.*only 23"),
        (GOOD + b"x", r"takes 24 bytes.*more"),
        (struct.pack(">HBBIII", 0, 8, 3, 2**31, 2**31, 2**31), "claims"),
        (gzip.compress(GOOD)[:-12], "end"),
        (gzip.compress(GOOD)[:20] + b"xxxx" + gzip.compress(GOOD)[24:], "Fetch"),
        (gzip.compress(GOOD[:-1]), "only 23"),
        (gzip.compress(GOOD) + b"rubbish", "gzip"),
    ],
)
def test_malformed_idx_files_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "images-idx3-ubyte"
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "missing")
    with pytest.raises(FileNotFoundError):
        read_csv(tmp_path / "missing")


def test_csv_rows_are_a_label_and_the_pixels(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("7,0,255,3,4\n\n0, 1,2 ,3,4\r\n9,0,0,0,0")
    images, labels = read_csv(tmp_path / "a.csv", 2, 2)
    assert labels.tolist() == [7, 0, 9]
    assert images.tolist() == [[[0, 255], [3, 4]], [[1, 2], [3, 4]], [[0, 0], [0, 0]]]
    assert images.dtype == labels.dtype == np.uint8


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,2,3,4", "there are 4 fields"),
        ("1,2,3,4,5,6", "there are 6 fields"),
        ("1,2,x,4,5", "'x' is no whole number"),
        ("1,2,,4,5", "'' is no whole number"),
        ("1,2,3.5,4,5", "'3.5' is no whole number"),
        ("1,2,256,4,5", "pixels 2 to 256"),
        ("1,2,-3,4,5", "pixels -3 to 5"),
        ("10,2,3,4,5", "label 10"),
        ("label,1x1,1x2,2x1,2x2", "'label' is no whole number"),
        ("1,2,--3,4,5", "'--3' is no whole number"),
        ("1,2,1_0,4,5", "'1_0' is no whole number"),
        ("1,2,3,4," + "9" * 5000, "'99999999999999999999' is no whole number"),
        ("1,2,3,4," + "9" * 30, "pixels 2 to 9999"),
    ],
)
def test_malformed_csv_rows_are_refused_with_their_line(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"1,2,3,4,5\n\n{line}\n")
    with pytest.raises(DatasetError, match=message) as caught:
        read_csv(path, 2, 2)
    assert f"{path}, line 3" in str(caught.value)


def test_an_empty_csv_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\n\n")
    with pytest.raises(DatasetError, match="no row"):
        read_csv(tmp_path / "a.csv")

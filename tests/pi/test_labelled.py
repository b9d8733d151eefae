"""Labelled folders: what is written on each picture, from an index or from the names."""

from pathlib import Path

import pytest

from inkling.errors import DatasetError
from inkling.labelled import Labelled, labelled_pictures


def labelled(label: str) -> Labelled:
    return Labelled(Path("a.png"), "a.png", "a", "", label)


def index(folder: Path, text: str) -> Path:
    (folder / "INDEX.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("label", "digits"),
    [
        ("7", "7"),
        ("042", "042"),
        ("2*(3+41)/5", "23415"),
        ("12345/67890", "1234567890"),
        ("3x4 = 12", "3412"),
        ("none", ""),
        ("None-hand-2", ""),
    ],
)
def test_a_label_tells_the_digits(label: str, digits: str) -> None:
    assert labelled(label).problem is None
    assert labelled(label).digits == digits


@pytest.mark.parametrize("label", ["", "seven", "0,4,7 repeated", "+-", "٣"])
def test_a_label_that_does_not_say_what_is_written_has_a_problem(label: str) -> None:
    problem = labelled(label).problem
    assert problem is not None
    assert "none" in problem


def test_an_index_gives_files_labels_and_writers_in_its_order(tmp_path: Path) -> None:
    index(tmp_path, 'label,remark,file,writer\n 42 ,"a, b",pages/x.jpg,Ann\nnone,,y.png,\n')
    first, second = labelled_pictures(tmp_path)
    assert first == Labelled(tmp_path / "pages" / "x.jpg", "pages/x.jpg", "pages", "Ann", "42")
    assert second == Labelled(tmp_path / "y.png", "y.png", tmp_path.name, "", "none")


def test_an_index_needs_no_writers(tmp_path: Path) -> None:
    [picture] = labelled_pictures(index(tmp_path, "file,label\na.png,3\n"))
    assert (picture.writer, picture.digits) == ("", "3")


def test_an_index_may_begin_with_the_mark_that_spreadsheets_write(tmp_path: Path) -> None:
    assert len(labelled_pictures(index(tmp_path, "\ufefffile,label\na.png,3\n"))) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,label\na.png,3\n", "'file'"),
        ("", "'file'"),
        ("file,label\na.png\n", "line 2"),
        ("file,label\na.png,3\n,4\n", "line 3"),
        ('file,label\n"a.png,3\n', "INDEX.csv"),
        ("file,label\n", "no picture"),
    ],
)
def test_a_malformed_index_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        labelled_pictures(index(tmp_path, text))


def test_an_index_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "INDEX.csv").write_bytes(b"file,label\n\xff\xfe,3\n")
    with pytest.raises(DatasetError, match=r"INDEX\.csv"):
        labelled_pictures(tmp_path)


def test_without_an_index_names_end_with_their_labels(tmp_path: Path) -> None:
    for name in ("photo_42.jpg", "page/my_page_2+3.PNG", "page/b_none.webp", "a.png", "notes_7.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = {p.name: (p.kind, p.label) for p in labelled_pictures(tmp_path)}
    assert found == {
        "a.png": (tmp_path.name, ""),
        "page/b_none.webp": ("page", "none"),
        "page/my_page_2+3.PNG": ("page", "2+3"),
        "photo_42.jpg": (tmp_path.name, "42"),
    }


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"photo_42\.jpg"):
        labelled_pictures(tmp_path)

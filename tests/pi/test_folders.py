"""Folders are made all the way, each for whom the one around it belongs to; that they last, the power cuts show."""

import os
import stat
from pathlib import Path

import pytest

from inkling.folders import make_folder


def test_a_folder_is_made_with_those_it_lies_in_and_stays_as_it_is(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    (tmp_path / "a" / "b" / "file").write_text("kept")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b" / "file").read_text() == "kept"


@pytest.mark.parametrize("name", ["file", "file/folder"])
def test_where_a_file_is_there_is_no_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(OSError, match="file"):
        make_folder(tmp_path / name)
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.parametrize(("around", "made"), [(0o2775, 0o775), (0o755, 0o700), (0o1777, 0o700)])
def test_what_is_made_in_a_folder_that_a_group_shares_is_the_groups_too(tmp_path: Path, around: int, made: int) -> None:
    tmp_path.chmod(around)
    before = os.umask(0o077)
    try:
        make_folder(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    for folder in (tmp_path / "a", tmp_path / "a" / "b"):
        assert stat.S_IMODE(folder.stat().st_mode) & 0o777 == made


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_what_root_makes_belongs_to_whom_the_folder_around_it_belongs(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    os.chown(tmp_path / "state", 4711, 4712)
    make_folder(tmp_path / "state" / "a" / "b")
    for folder in (tmp_path / "state" / "a", tmp_path / "state" / "a" / "b"):
        assert (folder.stat().st_uid, folder.stat().st_gid) == (4711, 4712)

"""The database file: whose it is, what happens when it is damaged, and what is said where it cannot be written."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from inkling import database, salvage
from inkling.errors import SamplesError
from inkling.samples import Sample, Samples

PAGE = 4096
COUNT = 100


def filled(folder: Path, count: int = COUNT) -> Path:
    """A closed database of random samples, their labels 0 to 9 in turn."""
    rng = np.random.default_rng(0)
    path = folder / "samples.db"
    with Samples(path) as samples:
        samples.add_all(Sample(rng.integers(0, 256, (28, 28), dtype=np.uint8), i % 10, "camera") for i in range(count))
    return path


def content(path: Path, report: Callable[[str], None] = pytest.fail) -> dict[int, tuple[bytes, int | None]]:
    with Samples(path, report=report) as samples:
        return {sample.number: (sample.glyph.tobytes(), sample.label) for sample in samples}


def change(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def everything(path: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in path.parent.iterdir()}


@pytest.mark.parametrize(
    ("begin", "pages"),
    [
        pytest.param(0, 1, id="the first page"),
        pytest.param(1, 1, id="the page above all rows"),
        pytest.param(10, 3, id="pages with rows"),
        pytest.param(0, 12, id="an erase block at the beginning"),
    ],
)
@pytest.mark.parametrize("filling", [b"\0", b"\xff", b"\x5a\x0d\x00\x01"])
def test_a_damaged_file_is_set_aside_and_what_is_left_of_it_is_saved(
    tmp_path: Path, begin: int, pages: int, filling: bytes
) -> None:
    path = filled(tmp_path)
    before = content(path)
    change(path, begin * PAGE, filling * (pages * PAGE // len(filling)))
    damaged, said = path.read_bytes(), list[str]()
    after = content(path, said.append)
    assert after.items() <= before.items()
    assert len(after) >= COUNT - 4 * pages  # four samples lie on a page
    assert len(said) == 1
    aside = re.search(r"kept as (samples\.db\.damaged-\S+); saved from it: (\d+)$", said[0])
    assert aside is not None
    assert int(aside[2]) == len(after)
    assert (tmp_path / aside[1]).read_bytes() == damaged
    assert content(path) == after


def test_a_truncated_file_is_damaged(tmp_path: Path) -> None:
    path, said = filled(tmp_path), list[str]()
    os.truncate(path, 10 * PAGE + 17)
    assert 10 < len(content(path, said.append)) < COUNT
    assert len(said) == 1


def test_one_bit_of_a_glyph_is_missed(tmp_path: Path) -> None:
    path, said = filled(tmp_path), list[str]()
    glyph, _ = content(path)[50]
    change(path, path.read_bytes().index(glyph) + 300, bytes([glyph[300] ^ 4]))
    after = content(path, said.append)
    assert set(range(1, COUNT + 1)) - set(after) == {50}
    assert len(said) == 1


def test_what_was_removed_is_not_saved_from_the_damage(tmp_path: Path) -> None:
    path = filled(tmp_path)
    before = content(path)
    with Samples(path) as samples:
        samples.remove(range(20, 60))
    assert not any(before[number][0] in path.read_bytes() for number in range(20, 60))
    change(path, 0, bytes(PAGE))
    assert not set(content(path, lambda _: None)) & set(range(20, 60))


@pytest.mark.parametrize("filling", [b"\0", b"\xff"])
@pytest.mark.parametrize("page", [0, 3])
def test_what_stands_in_the_log_only_is_saved_too(tmp_path: Path, page: int, filling: bytes) -> None:
    path, said = filled(tmp_path), list[str]()
    (tmp_path / "cut").mkdir()
    with Samples(path) as samples:
        samples.relabel(range(51, 101), 10)
        cut = Path(shutil.copy(path, tmp_path / "cut"))
        shutil.copy(f"{path}-wal", tmp_path / "cut")
        expected = {sample.number: (sample.glyph.tobytes(), sample.label) for sample in samples}
    change(cut, page * PAGE, filling * PAGE)
    after = content(cut, said.append)
    assert len(said) == 1
    assert after.items() <= expected.items()
    assert len(after) > 90
    assert len([label for _, label in after.values() if label == 10]) == 50


@pytest.mark.parametrize("left", [0, 1, 99, 100, PAGE])
def test_a_file_of_which_only_the_log_is_left_is_saved_from_that(tmp_path: Path, left: int) -> None:
    path, said = tmp_path / "samples.db", list[str]()
    (tmp_path / "cut").mkdir()
    with Samples(path) as samples:
        samples.add(np.eye(28), 1)
        cut = Path(shutil.copy(path, tmp_path / "cut"))
        shutil.copy(f"{path}-wal", tmp_path / "cut")
    before = content(path)
    os.truncate(cut, left)
    assert content(cut, said.append) == before
    assert len(said) == (left < 100)


def test_a_file_that_is_something_else_is_set_aside_unharmed(tmp_path: Path) -> None:
    path, said = tmp_path / "samples.db", list[str]()
    path.write_bytes(b"my shopping list" * 100)
    assert content(path, said.append) == {}
    (aside,) = tmp_path.glob("*.damaged-*")
    assert aside.read_bytes() == b"my shopping list" * 100
    assert "saved from it: 0" in said[0]


def test_the_log_is_saved_also_while_another_process_holds_it(tmp_path: Path) -> None:
    path, said = filled(tmp_path), list[str]()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("UPDATE samples SET label = 10 WHERE id > 50")
    change(path, 3 * PAGE, b"\xff" * PAGE)
    after = content(path, said.append)
    other.close()
    assert len(said) == 1
    assert len(after) > COUNT - 4
    assert len([label for _, label in after.values() if label == 10]) == 50
    assert content(path) == after


def test_damage_after_damage_keeps_each_file(tmp_path: Path) -> None:
    path = tmp_path / "samples.db"
    for _ in range(3):
        path.write_bytes(b"x" * PAGE)
        assert content(path, lambda _: None) == {}
    assert len(list(tmp_path.glob("*.damaged-*"))) == 3


def test_a_cut_while_the_new_file_takes_its_place_is_made_good(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    new = filled(tmp_path / "other", 7)
    expected = content(new)
    path = filled(tmp_path)
    with Samples(path) as samples:
        samples.relabel([1], 9)
        log = path.with_name("samples.db-wal").read_bytes()
    path.with_name("samples.db-wal").write_bytes(log)
    change(path, 0, bytes(PAGE))
    new.rename(tmp_path / ".samples.db.healed")
    assert content(path) == expected
    assert not (tmp_path / ".samples.db.healed").exists()


def test_a_database_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = filled(tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    before = everything(path)
    with pytest.raises(SamplesError, match=r"later version of inkling .*version 2, this one knows 1.*update inkling"):
        Samples(path)
    assert everything(path) == before


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "samples.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (name)")
    connection.close()
    before = everything(path)
    with pytest.raises(SamplesError, match="another program"):
        Samples(path)
    assert everything(path) == before


def test_an_empty_file_is_an_empty_database(tmp_path: Path) -> None:
    (tmp_path / "samples.db").touch()
    assert content(tmp_path / "samples.db") == {}


def test_who_waits_too_long_for_another_process_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_S", 0.05)
    path = filled(tmp_path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Samples(path) as samples:
        assert len(samples) == COUNT  # reading goes on
        with pytest.raises(SamplesError, match=r"another program has been writing .* 0\.05 s"):
            samples.remove([1])
        other.execute("ROLLBACK")
        samples.remove([1])
        assert len(samples) == COUNT - 1
    other.close()


def test_a_file_that_was_set_aside_by_another_process_is_not_written_any_more(tmp_path: Path) -> None:
    path = filled(tmp_path, 3)
    with Samples(path) as samples:
        for each in tmp_path.iterdir():
            each.rename(each.with_name(each.name.replace("samples.db", "aside")))
        samples.add(np.eye(28, dtype=np.float32), 1)
        assert len(samples) == 1
    assert len(content(path)) == 1


BECOME_NOBODY = """
import os
from pathlib import Path
from inkling.samples import *
if os.geteuid() == 0:  # who may do all
    os.setgroups([])
    os.setegid(65534)
    os.seteuid(65534)
"""


def run_as_nobody(code: str) -> str:
    """What a program prints for a user who owns nothing."""
    command = [sys.executable, "-c", BECOME_NOBODY + code]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that everyone may look into, unlike those of pytest."""
    with tempfile.TemporaryDirectory(prefix="inkling-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


ADDS = """
before = len(samples)
try:
    samples.add(np.eye(28, dtype=np.float32), 1)
except SamplesError as error:
    print(error)
assert len(samples) == before
"""


def test_who_may_only_read_reads_and_is_told_so_when_writing(open_to_all: Path) -> None:
    path = filled(open_to_all, 5)
    try:
        path.chmod(0o444)
        open_to_all.chmod(0o555)
        told = run_as_nobody(f"samples = Samples(Path({str(path)!r}))\nprint(len(samples))\n{ADDS}")
        count, error = told.splitlines()
        assert count == "5"
        assert re.search(r"cannot be .*this user may not write there, or the card is read-only; nothing", error)
        assert [each.name for each in open_to_all.iterdir()] == ["samples.db"]
        told = run_as_nobody(f"samples = Samples(Path({str(path.with_name('new.db'))!r}))\n{ADDS}")
        assert "may not write there" in told
    finally:
        open_to_all.chmod(0o755)


def test_who_may_not_set_a_damaged_file_aside_is_told_that_it_is_damaged(open_to_all: Path) -> None:
    path = filled(open_to_all, 5)
    change(path, 0, bytes(PAGE))
    before = everything(path)
    open_to_all.chmod(0o555)
    try:
        told = run_as_nobody(
            f"try:\n    Samples(Path({str(path)!r}))\nexcept SamplesError as error:\n    print(error)\n"
        )
    finally:
        open_to_all.chmod(0o755)
    assert "it is damaged: this user may not write there" in told
    assert everything(path) == before


def test_who_may_only_read_sees_what_is_in_the_log_of_a_box_that_was_cut(open_to_all: Path) -> None:
    path = filled(open_to_all, 5)
    cut = open_to_all / "cut"
    cut.mkdir()
    with Samples(path) as samples:
        samples.remove([1])
        for each in (path, path.with_name("samples.db-wal")):
            shutil.copy(each, cut)
    cut.chmod(0o555)
    assert run_as_nobody(f"print(len(Samples(Path({str(cut / 'samples.db')!r}))))") == "4"
    cut.chmod(0o755)


def mounted(size: str, then: str) -> subprocess.CompletedProcess[str]:
    """Runs a program with a file system of its own at /mnt; the test is skipped where none can be mounted."""
    mount = f"mount -t tmpfs -o size={size} tmpfs /mnt"
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "sh", "-c", mount]).returncode:
        pytest.skip("no file system can be mounted here (unshare -rm)")
    script = f'{mount} && exec "$0" -c "$1"'
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, sys.executable, then], capture_output=True, text=True, check=True
    )


FILLS = """
import numpy as np
from pathlib import Path
from inkling.samples import *
rng = np.random.default_rng(0)
kept, told = [], ""
samples = Samples(Path("/mnt/samples.db"))
try:
    while len(kept) < 1000:
        kept.append(samples.add(rng.integers(0, 256, (28, 28), dtype=np.uint8), 1).number)
except SamplesError as error:
    told = str(error)
assert len(kept) > 5 and [sample.number for sample in samples] == kept, len(kept)
assert [sample.number for sample in samples] == kept
samples.close()
try:
    Path("/mnt/more").write_bytes(bytes(1000000))
except OSError:
    pass  # now there is no byte left
with Samples(Path("/mnt/samples.db")) as samples:
    assert [sample.number for sample in samples] == kept
    try:
        samples.remove(kept[:1])
    except SamplesError as error:
        print(error)
    assert [sample.number for sample in samples] == kept
print(told)
"""


def test_on_a_full_card_nothing_is_kept_by_halves() -> None:
    told = mounted("300k", FILLS).stdout.splitlines()
    assert len(told) == 2
    assert all("the card is full, and nothing of this was kept" in line for line in told)


def test_salvage_reads_all_that_sqlite_writes(tmp_path: Path) -> None:
    values = [None, 0, 1, -1, 127, -129, 2**20, -(2**30), 2**40, -(2**60), 0.5, -1e300, "", "ä" * 40, b"", bytes(700)]
    path = tmp_path / "any.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, value)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [(10**i if i else -5, v) for i, v in enumerate(values)])
    expected = dict(connection.execute("SELECT id, value FROM t"))
    connection.commit()
    connection.close()
    found = {number: row[1] for number, row in salvage.rows(path) if len(row) == 2}
    found = {n - 2**64 if n >= 2**63 else n: value for n, value in found.items()}
    assert found == expected

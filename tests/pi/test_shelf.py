"""The shelf: which model reads, what is kept, what happens to spoiled files, and who may write."""

import fcntl
import hashlib
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inkling import places, shelf as shelf_module
from inkling.errors import ShelfError
from inkling.listing import KEPT, LARGEST_ABOUT, SHIPPED, Listing
from inkling.models import current_model, load_model, open_reader, shipped_model
from inkling.settings import load_settings
from inkling.shelf import LISTS, Shelf, open_shelf
from inknet import Dense, Network, SoftmaxCrossEntropy


def network(seed: int) -> Network:
    made = Network([Dense(10)], SoftmaxCrossEntropy(), rng=np.random.default_rng(seed))
    made.about = {"mine": seed}
    return made


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "state" / "models")


def reads(shelf: Shelf) -> tuple[int | None, list[str]]:
    """The number of the network that reads, None for the shipped one, and what was told meanwhile."""
    lines: list[str] = []
    return current_model(Shelf(shelf.folder), lines.append).about.get("mine"), lines


def files(shelf: Shelf) -> list[str]:
    return sorted(path.name for path in shelf.folder.iterdir())


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_without_a_shelf_the_shipped_model_reads(shelf: Shelf) -> None:
    lines: list[str] = []
    found = current_model(shelf, lines.append)
    np.testing.assert_array_equal(found.state, shipped_model().state)
    assert lines == []
    assert shelf.listing() == Listing({})
    assert not shelf.folder.exists()


def test_a_promoted_model_reads_and_one_beside_does_not(shelf: Shelf) -> None:
    first = shelf.add(network(1), "better", promote=True)
    second = shelf.add(network(2), "not surely better")
    assert (first.number, second.number) == (1, 2)
    assert reads(shelf) == (1, [])
    listing = shelf.listing()
    assert listing.chain == (1, SHIPPED)
    assert listing.entries[2].verdict == "not surely better"
    assert listing.entries[2].about == {"mine": 2}
    assert listing.entries[1].sha256 == hashlib.sha256((shelf.folder / "0001.npz").read_bytes()).hexdigest()


def test_going_back_leads_from_one_to_the_one_before_and_in_the_end_to_the_shipped_one(shelf: Shelf) -> None:
    for seed in (1, 2, 3):
        shelf.add(network(seed), "better", promote=True)
    shelf.promote(1)
    assert shelf.listing().chain == (1, 3, 2, SHIPPED)
    assert [shelf.rollback() for _ in range(3)] == [(1, 3), (3, 2), (2, SHIPPED)]
    assert reads(shelf) == (None, [])
    assert [str(entry) for entry in shelf.listing().entries.values()] == ["better; gone back from by hand"] * 3
    with pytest.raises(ShelfError, match="nothing to go back to"):
        shelf.rollback()


def test_the_shipped_model_can_be_promoted_and_gone_back_from(shelf: Shelf) -> None:
    shelf.add(network(1), "better", promote=True)
    shelf.promote(SHIPPED)
    assert reads(shelf) == (None, [])
    assert shelf.listing().chain == (SHIPPED,)
    assert shelf.rollback() == (SHIPPED, 1)
    assert reads(shelf) == (1, [])
    shelf.promote(SHIPPED)
    shelf.remove(1)
    with pytest.raises(ShelfError, match="nothing to go back to"):
        shelf.rollback()


def test_the_last_few_are_kept_of_those_promoted_and_of_those_beside(shelf: Shelf) -> None:
    for seed in range(1, 20):
        shelf.add(network(seed), "", promote=seed % 2 == 1)
    promoted, beside = list(range(11, 20, 2)), list(range(10, 19, 2))
    assert len(promoted) == len(beside) == KEPT
    assert list(shelf.listing().chain) == [*promoted[::-1], SHIPPED]
    assert files(shelf) == sorted([*(f"{n:04}.npz" for n in promoted + beside), *LISTS])


def test_a_number_is_never_given_again(shelf: Shelf) -> None:
    shelf.add(network(1), "")
    shelf.add(network(2), "")
    shelf.remove(2)
    assert shelf.add(network(3), "").number == 3


def test_what_cannot_be_done_is_refused_and_changes_nothing(shelf: Shelf) -> None:
    shelf.add(network(1), "better", promote=True)
    shelf.add(network(2), "")
    spoil(shelf.folder / "0002.npz")
    before = (shelf.folder / LISTS[0]).read_bytes()
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: shelf.promote(1), "reads already"),
        (lambda: shelf.promote(2), "spoiled"),
        (lambda: shelf.promote(7), "no model 7"),
        (lambda: shelf.remove(1), "the one that reads"),
        (lambda: shelf.remove(7), "no model 7"),
        (lambda: shelf.remove(SHIPPED), "no model 0"),
        (lambda: shelf.file(2), "spoiled"),
        (lambda: shelf.file(7), "no model 7"),
    ]
    for action, message in refused:
        with pytest.raises(ShelfError, match=message):
            action()
    assert (shelf.folder / LISTS[0]).read_bytes() == before
    shelf.remove(2)
    assert files(shelf) == ["0001.npz", *LISTS]


def test_a_comparison_with_a_model_that_no_longer_reads_promotes_nothing(shelf: Shelf) -> None:
    shelf.add(network(1), "better", promote=True, against=SHIPPED)
    assert reads(shelf) == (1, [])
    shelf.add(network(2), "better", promote=True, against=SHIPPED)
    assert reads(shelf) == (1, [])
    assert shelf.entry(2).verdict == "compared with the package's own model, but model 1 reads by now: better"
    shelf.add(network(3), "better", promote=True, against=1)
    assert reads(shelf) == (3, [])


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (spoil, "spoiled"),
        (Path.unlink, "No such file"),
        (lambda path: path.write_bytes(b""), "spoiled"),
    ],
)
def test_of_a_bad_model_the_one_before_reads_and_one_line_says_so(
    shelf: Shelf, damage: Callable[[Path], object], reason: str
) -> None:
    for seed in (1, 2):
        shelf.add(network(seed), "better", promote=True)
    damage(shelf.folder / "0002.npz")
    mine, [line] = reads(shelf)
    assert mine == 1
    assert line.startswith("model 1 reads instead of model 2: ")
    assert reason in line
    assert str(shelf.folder / "0002.npz") in line
    damage(shelf.folder / "0001.npz")
    mine, lines = reads(shelf)
    assert mine is None
    assert [line.split(":")[0] for line in lines] == [
        "model 1 reads instead of model 2",
        "the package's own model reads instead of model 1",
    ]


def test_a_model_that_answers_with_no_numbers_is_gone_back_from(shelf: Shelf) -> None:
    shelf.add(network(1), "better", promote=True)
    heavy = network(2)
    heavy.parameters[:] = 3e38
    shelf.add(heavy, "better", promote=True)
    mine, [line] = reads(shelf)
    assert mine == 1
    assert "NaN" in line


def test_a_spoiled_list_costs_nothing_because_there_is_a_copy(shelf: Shelf) -> None:
    shelf.add(network(1), "better", promote=True)
    for damage in (spoil, Path.unlink):
        damage(shelf.folder / LISTS[0])
        mine, lines = reads(shelf)
        assert mine == 1
        assert len(lines) == (damage is spoil)
        assert all("shelf.json is spoiled" in line and LISTS[1] in line for line in lines)
        shelf.add(network(2), "")
        assert reads(shelf) == (1, [])


def test_of_a_shelf_without_a_list_the_shipped_model_reads_until_somebody_chooses(shelf: Shelf) -> None:
    for seed in (1, 2):
        shelf.add(network(seed), "better", promote=True)
    for name in LISTS:
        (shelf.folder / name).write_text("{}")
    mine, [line] = reads(shelf)
    assert mine is None
    assert line.startswith("the package's own model reads, because ")
    shelf.promote(1)
    assert reads(shelf) == (1, [])
    assert shelf.listing().chain == (1, SHIPPED)
    assert "found again" in shelf.entry(2).verdict
    assert shelf.add(network(3), "").number == 3


def test_what_a_cut_left_half_done_is_put_in_order(shelf: Shelf) -> None:
    shelf.add(network(1), "better", promote=True)
    before = {path.name: path.read_bytes() for path in shelf.folder.iterdir()}
    (shelf.folder / LISTS[1]).unlink()
    (shelf.folder / f".{LISTS[1]}.4711.part").write_bytes(b"half")
    (shelf.folder / "0002.npz").write_bytes(b"half")
    assert list(shelf.settle(pytest.fail).entries) == [1]
    assert {path.name: path.read_bytes() for path in shelf.folder.iterdir()} == before
    assert list(Shelf(shelf.folder.parent / "another").settle(pytest.fail).entries) == []


def test_a_list_of_a_later_version_is_left_alone(shelf: Shelf) -> None:
    shelf.add(network(1), "better", promote=True)
    path = shelf.folder / LISTS[0]
    later = json.dumps(json.loads(path.read_bytes()) | {"format": 2})
    path.write_text(later)
    mine, [line] = reads(shelf)
    assert mine is None
    assert "later version" in line
    with pytest.raises(ShelfError, match="later version"):
        shelf.add(network(2), "")
    assert path.read_text() == later


@pytest.mark.parametrize("text", ["", "[]", "null", '{"format": "x"}', '{"format": 1, "shelf": {}}', "\udcff"])
def test_a_list_may_hold_anything(shelf: Shelf, text: str) -> None:
    shelf.folder.mkdir(parents=True)
    (shelf.folder / LISTS[0]).write_text(text, errors="surrogateescape")
    with pytest.raises(ShelfError, match="spoiled"):
        shelf.listing()


def test_change_is_seen_when_another_model_is_to_read_and_only_then(shelf: Shelf) -> None:
    watching = Shelf(shelf.folder)
    watching.chain(print)
    assert not watching.changed()
    shelf.add(network(1), "")
    assert not watching.changed()
    shelf.promote(1)
    assert watching.changed()
    open_reader(shelf=watching)
    assert not watching.changed()
    shelf.add(network(2), "")
    assert not watching.changed()
    shelf.add(network(3), "", promote=True)
    shelf.rollback()
    assert not watching.changed()
    shelf.rollback()
    assert watching.changed()


def test_a_list_that_is_spoiled_while_a_program_runs_changes_nothing_for_it(shelf: Shelf) -> None:
    shelf.add(network(1), "", promote=True)
    watching = Shelf(shelf.folder)
    watching.chain(print)
    for name in LISTS:
        (shelf.folder / name).write_text("x")
    assert not watching.changed()


def test_looking_for_a_change_is_one_stat(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.add(network(1), "", promote=True)
    shelf.chain(print)
    calls: list[Path] = []
    real = Path.stat

    def recorded(path: Path) -> os.stat_result:
        calls.append(path)
        return real(path)

    monkeypatch.setattr(Path, "stat", recorded)
    monkeypatch.setattr(Path, "open", None)
    assert not shelf.changed()
    assert calls == [shelf.folder / LISTS[0]]


def test_a_program_that_runs_takes_up_what_is_promoted_and_leaves_what_is_spoiled(shelf: Shelf) -> None:
    watching = Shelf(shelf.folder)
    before = current_model(watching)
    shelf.add(network(1), "", promote=True)
    assert watching.changed()
    assert current_model(watching).about == {"mine": 1} != before.about
    shelf.add(network(2), "", promote=True)
    spoil(shelf.folder / "0002.npz")
    lines: list[str] = []
    assert watching.changed()
    assert current_model(watching, lines.append).about == {"mine": 1}
    assert len(lines) == 1
    assert not watching.changed()  # it is told once


def test_two_writers_wait_for_each_other_but_not_for_ever(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.add(network(1), "", promote=True)
    other = os.open(shelf.folder, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    monkeypatch.setattr(shelf_module, "LOCK_WAIT_S", 0.0)
    with pytest.raises(ShelfError, match="another program is writing"):
        shelf.add(network(2), "")
    assert reads(shelf) == (1, [])
    monkeypatch.setattr(shelf_module, "LOCK_WAIT_S", 60.0)
    monkeypatch.setattr("inkling.shelf.time.sleep", lambda seconds: os.close(other))
    assert shelf.add(network(2), "").number == 2


def test_whoever_may_use_the_machine_may_read_what_a_service_with_a_strict_umask_wrote(shelf: Shelf) -> None:
    before = os.umask(0o077)
    try:
        shelf.add(network(1), "")
    finally:
        os.umask(before)
    assert stat.S_IMODE(shelf.folder.stat().st_mode) == 0o755
    assert {stat.S_IMODE(path.stat().st_mode) for path in shelf.folder.iterdir()} == {0o644}


def test_in_a_folder_that_a_group_shares_the_whole_group_may_promote(shelf: Shelf) -> None:
    shelf.folder.parent.mkdir()
    shelf.folder.parent.chmod(0o2775)
    before = os.umask(0o077)
    try:
        shelf.add(network(1), "")
    finally:
        os.umask(before)
    assert stat.S_IMODE(shelf.folder.stat().st_mode) & 0o777 == 0o775
    assert shelf.folder.stat().st_gid == shelf.folder.parent.stat().st_gid


def test_who_may_not_change_the_boxs_shelf_is_told_how_to_be_let(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(shelf_module, "make_folder", refuses)  # root is refused nothing
    with pytest.raises(ShelfError, match=f"{shelf.folder}: Permission denied: it is not this user's to change$"):
        shelf.add(network(1), "")
    monkeypatch.setattr(places, "SYSTEM_FOLDER", shelf.folder.parent)
    with pytest.raises(ShelfError, match=r"to change \(sudo usermod -aG inkling \$USER, then log in again\)$"):
        shelf.add(network(1), "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_shelf_that_root_makes_belongs_to_whom_the_folder_around_it_belongs(tmp_path: Path) -> None:
    state = tmp_path / "inkling"
    state.mkdir()
    os.chown(state, 4711, 4712)
    shelf = Shelf(state / "models")
    shelf.add(network(1), "")
    assert (shelf.folder.stat().st_uid, shelf.folder.stat().st_gid) == (4711, 4712)


def test_a_strangers_long_story_stays_in_the_model(shelf: Shelf) -> None:
    talkative = network(1)
    talkative.about = {"story": "x" * LARGEST_ABOUT}
    entry = shelf.add(talkative, "")
    assert len(json.dumps(entry.about)) < 100
    assert load_model(shelf.file(1)).about == talkative.about


def test_the_shelf_lies_where_the_settings_say_else_with_the_package_else_with_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert open_shelf(load_settings(None, {"INKLING_SHELF_PATH": "/a/b"})).folder == Path("/a/b")
    unset = load_settings(None, {})
    monkeypatch.setattr(places, "SYSTEM_FOLDER", tmp_path / "inkling")
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert open_shelf(unset).folder == Path("/state/inkling/models")
    monkeypatch.setenv("XDG_STATE_HOME", "relative, which the standard says to ignore")
    assert open_shelf(unset).folder == Path("/home/me/.local/state/inkling/models")
    (tmp_path / "inkling").mkdir()
    assert open_shelf(unset).folder == tmp_path / "inkling" / "models"


def test_the_default_model_is_the_settings_then_the_shelfs_then_the_shipped_one(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_SHELF_PATH", str(shelf.folder))

    assert load_model().about["recipe"] == "further"
    shelf.add(network(1), "", promote=True)
    shelf.add(network(2), "")
    assert load_model().about == {"mine": 1}
    monkeypatch.setenv("INKLING_READING_MODEL", str(shelf.file(2)))
    assert load_model().about == {"mine": 2}
    assert load_model(shelf.file(1)).about == {"mine": 1}

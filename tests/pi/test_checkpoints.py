"""Checkpoints of a training: two generations, one owner, and a card that fails."""

import errno
import json
import os
import stat
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling import checkpoints as checkpoints_module, places
from inkling.checkpoints import Checkpoints
from inkling.errors import BusyError, DeviceError
from inkling.recipes import mlp
from inkling.talk import TalkTrainer
from inknet import ModelError
from support import patterns


@pytest.fixture
def told() -> list[str]:
    return []


def stepped(seed: int = 0) -> Any:
    trainer = mlp(np.random.default_rng(seed))
    list(trainer.run(*patterns(40, 0), epochs=1))
    return trainer


def test_the_newest_is_found_and_after_it_the_one_before(tmp_path: Path, told: list[str]) -> None:
    folder = tmp_path / "a" / "b"
    trainer = stepped()
    with Checkpoints(folder, told.append) as checkpoints:
        assert checkpoints.newest() is None
        for number in range(5):
            assert checkpoints.save(trainer, {"at": number})
        assert len(list(folder.iterdir())) == 2
    with Checkpoints(folder, told.append) as checkpoints:
        newest = checkpoints.newest()
        assert newest is not None
        assert newest.about["at"] == 4
        assert checkpoints.save(trainer, {"at": 5})
        newest.path.write_bytes(newest.path.read_bytes()[:-7])
        trainer.restore(checkpoints.newest().path)  # type: ignore[union-attr]
    assert len(told) == 1
    assert str(newest.path) in told[0]
    told.clear()
    with Checkpoints(folder, told.append) as checkpoints:
        other = checkpoints.newest()
        assert other is not None
        assert other.about["at"] == 5
        # what is written next goes over the spoilt one
        assert checkpoints.save(trainer, {"at": 6})
        assert json.dumps(checkpoints.newest().about) == '{"at": 6, "number": 6}'  # type: ignore[union-attr]
        assert other.path.exists()


def test_if_both_are_spoilt_that_is_said_and_nothing_is_found(tmp_path: Path, told: list[str]) -> None:
    with Checkpoints(tmp_path, told.append) as checkpoints:
        for number in range(2):
            checkpoints.save(stepped(), {"at": number})
        for path in tmp_path.glob("*.npz"):
            path.write_bytes(b"rubbish")
        assert checkpoints.newest() is None
    assert len(told) == 2


def test_a_second_training_is_refused_in_one_line_until_the_first_has_ended(tmp_path: Path, told: list[str]) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom inkling.checkpoints import Checkpoints\n"
        "Checkpoints(Path(sys.argv[1]), print)\nprint('mine', flush=True)\nsys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "it")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "mine\n"
        with pytest.raises(BusyError, match="another training is under way") as caught:
            Checkpoints(tmp_path / "it", told.append)
        assert "\n" not in str(caught.value)
        other.kill()
    Checkpoints(tmp_path / "it", told.append).close()


def test_a_card_that_is_full_is_told_of_once_and_loses_nothing(
    tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = stepped()
    with Checkpoints(tmp_path, told.append) as checkpoints:
        assert checkpoints.save(trainer, {"at": 0})
        with monkeypatch.context() as full:

            def fsync(descriptor: int) -> None:
                raise OSError(errno.ENOSPC, "No space left on device")

            full.setattr("os.fsync", fsync)
            assert not checkpoints.save(trainer, {"at": 1})
            assert not checkpoints.save(trainer, {"at": 2})
        assert len(told) == 1
        assert "No space left on device" in told[0]
        newest = checkpoints.newest()
        assert newest is not None
        assert newest.about["at"] == 0
        assert checkpoints.save(trainer, {"at": 3})
        assert checkpoints.newest().about["at"] == 3  # type: ignore[union-attr]
    assert list(tmp_path.glob(".*")) == []


def test_who_may_not_train_on_the_box_is_told_how_to_be_let(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(checkpoints_module, "make_folder", refuses)  # root is refused nothing
    monkeypatch.setattr(places, "SYSTEM_FOLDER", tmp_path)
    with pytest.raises(PermissionError, match=r"Permission denied \(sudo usermod -aG inkling"):
        Checkpoints(tmp_path / "training", print)


def test_the_group_sees_what_a_service_with_a_strict_umask_kept(tmp_path: Path, told: list[str]) -> None:
    before = os.umask(0o077)
    try:
        with Checkpoints(tmp_path / "training", told.append) as checkpoints:
            assert checkpoints.save(mlp(np.random.default_rng(0)), {})
    finally:
        os.umask(before)
    (kept,) = (tmp_path / "training").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o644


def test_on_a_card_that_was_filled_the_older_gives_its_place(
    tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer, room = stepped(), 2
    real = trainer.checkpoint

    def checkpoint(path: Path, about: dict[str, Any]) -> None:
        if len(list(tmp_path.glob("checkpoint-?.npz"))) >= room:  # what is written lies beside them until it is whole
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        real(path, about)

    monkeypatch.setattr(trainer, "checkpoint", checkpoint)
    with Checkpoints(tmp_path, told.append) as checkpoints:
        assert checkpoints.missing == 2
        for number in range(5):
            assert checkpoints.save(trainer, {"at": number})
            assert checkpoints.newest().about["at"] == number  # type: ignore[union-attr]
        assert checkpoints.missing == 0
        checkpoints.make_room()
        assert checkpoints.missing == 1
        assert checkpoints.newest().about["at"] == 4  # type: ignore[union-attr]
        room = 1
        assert not checkpoints.save(trainer, {"at": 5})
        checkpoints.make_room()  # what there is of the training is not given away
        assert checkpoints.newest().about["at"] == 4  # type: ignore[union-attr]
    assert len(told) == 1


def test_too_little_room_is_said_at_the_start(tmp_path: Path, told: list[str]) -> None:
    network = stepped().result()
    disk = os.statvfs(tmp_path)
    fits = (disk.f_bavail * disk.f_frsize) // 8
    with Checkpoints(tmp_path, told.append) as checkpoints:
        checkpoints.check_room(network, fits // 2)
        with pytest.raises(DeviceError, match=r"MB are free, and .* MB are needed; make room there"):
            checkpoints.check_room(network, 2 * fits)


def test_what_a_power_cut_left_of_a_file_is_cleared_away(tmp_path: Path, told: list[str]) -> None:
    (tmp_path / ".checkpoint-0.npz.77.part").write_bytes(b"half")
    with Checkpoints(tmp_path, told.append):
        assert list(tmp_path.iterdir()) == []


def test_when_all_is_done_nothing_is_left(tmp_path: Path, told: list[str]) -> None:
    with Checkpoints(tmp_path / "it", told.append) as checkpoints:
        for number in range(3):
            checkpoints.save(stepped(), {"at": number})
        checkpoints.clear()
        assert checkpoints.newest() is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stop", range(9))
def test_the_talks_training_goes_on_to_the_bit(tmp_path: Path, stop: int) -> None:
    images, labels = patterns(130, seed=0)
    turns = (0.0, 10.0)
    whole = TalkTrainer(np.random.default_rng(0), turns=turns)
    steps = list(whole.run(images, labels, 3))
    assert len(steps) == 8
    first = TalkTrainer(np.random.default_rng(0), turns=turns)
    seen = list(islice(first.run(images, labels, 3), stop))
    first.checkpoint(tmp_path / "a.npz", {"it": 1})
    second = TalkTrainer(np.random.default_rng(9), turns=turns)
    second.restore(tmp_path / "a.npz")
    assert seen + list(second.run(images, labels, 3)) == steps
    assert second.result().state.tobytes() == whole.result().state.tobytes()


def test_the_talks_training_refuses_what_is_not_its_own(tmp_path: Path) -> None:
    stepped().checkpoint(tmp_path / "a.npz")
    trainer = TalkTrainer(np.random.default_rng(0))
    before = trainer.result().state.tobytes()
    with pytest.raises(ModelError, match=r"a\.npz"):
        trainer.restore(tmp_path / "a.npz")
    TalkTrainer(np.random.default_rng(0), turns=(0.0, 5.0)).checkpoint(tmp_path / "b.npz")
    with pytest.raises(ModelError, match="another network"):
        trainer.restore(tmp_path / "b.npz")
    assert trainer.result().state.tobytes() == before

"""The camera `picamera2` as far as none is needed; `deploy/libcamera/test.sh` tries the rest on libcamera itself."""

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from inkling import picamera
from inkling.cameras import Shot, open_camera
from inkling.cli import main
from inkling.errors import CameraError
from inkling.picamera import DRIFT, SETTLE_S, Exposure, view

PICTURE = np.arange(48, dtype=np.uint8).reshape(6, 8)


def test_without_picamera2_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(picamera, "find_spec", lambda name: None)
    assert main(["watch", "--camera", "picamera2"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "apt install" in line
    assert "python3-picamera2" in line


@pytest.mark.skipif(importlib.util.find_spec("picamera2") is not None, reason="there is a picamera2 here")
def test_what_is_missing_is_missed_before_anything_is_opened() -> None:
    with pytest.raises(CameraError, match="python3-picamera2"):
        open_camera("picamera2", None, 0, print)


@pytest.mark.parametrize(
    ("shot", "expected"),
    [
        (Shot(), PICTURE),
        (Shot(flip="horizontal"), PICTURE[:, ::-1]),
        (Shot(flip="vertical"), PICTURE[::-1]),
        (Shot(rotation=180), PICTURE[::-1, ::-1]),
        (Shot(zone=(0.25, 0.5, 0.5, 0.5)), PICTURE[3:6, 2:6]),
        (Shot(zone=(0.5, 0.0, 0.5, 1.0), flip="horizontal"), PICTURE[:, :3:-1]),
    ],
)
def test_a_picture_is_cut_then_flipped_then_turned(shot: Shot, expected: np.ndarray) -> None:
    assert np.array_equal(view(PICTURE, shot), expected)


def test_it_is_turned_clockwise() -> None:
    arrow_up = np.zeros((5, 3), np.uint8)
    arrow_up[0, 1] = 1
    right, down, left = (view(arrow_up, Shot(rotation=angle)) for angle in (90, 180, 270))
    assert right.shape == left.shape == (3, 5)
    assert right[1, 4] == down[4, 1] == left[1, 0] == 1


def test_a_view_copies_nothing() -> None:
    shot = Shot(zone=(0.1, 0.1, 0.8, 0.8), flip="vertical", rotation=270)
    assert np.shares_memory(view(PICTURE, shot), PICTURE)


def exposures(levels: Sequence[float]) -> str:
    """What comes of pictures half a second apart: "a" for automatic, "f" for fixed, "-" for as it was."""
    exposure = Exposure(0.0)
    changes = [exposure.update(level, 0.5 * (number + 1)) for number, level in enumerate(levels)]
    return "".join({None: "-", True: "a", False: "f"}[change] for change in changes)


def test_the_exposure_settles_and_is_fixed_until_the_light_changes() -> None:
    assert SETTLE_S == 2.0
    assert exposures([40, 80, 100, 110] + [110] * 8) == "---f--------"
    assert exposures([110] * 6 + [200] * 12) == "---f--a-------f---"
    slightly = 110 * (1 + 0.9 * DRIFT)
    assert exposures([110] * 5 + [slightly, 110, slightly, 110]) == "---f-----"
    assert exposures([110] * 5 + [110 * (1 - 1.2 * DRIFT)]) == "---f-a"


def test_in_the_dark_the_exposure_does_not_move_for_a_grey_level() -> None:
    assert exposures([1] * 5 + [2, 1, 2, 1]) == "---f-----"


def broken(*errors: BaseException) -> type:
    """A class Picamera2 that has a camera and fails to open it, each error for the sake of the next."""

    class Broken:
        @staticmethod
        def global_camera_info() -> list[dict[str, str]]:
            return [{"Model": "imx219"}]

        def __init__(self) -> None:
            cause: BaseException | None = None
            for error in reversed(errors):
                error.__cause__, cause = cause, error
            raise errors[0]

    return Broken


@pytest.mark.parametrize(
    ("errors", "message"),
    [
        (
            [RuntimeError("Camera __init__ sequence did not complete."), RuntimeError("Device or resource busy")],
            "in use by another program.*systemctl stop inkling",
        ),
        (
            [RuntimeError("Camera __init__ sequence did not complete."), OSError(5, "Input/output error")],
            "output error",
        ),
        ([IndexError("list index out of range")], "cannot be opened: list index"),
    ],
)
def test_what_keeps_the_camera_from_opening_is_one_line(
    monkeypatch: pytest.MonkeyPatch, errors: list[BaseException], message: str
) -> None:
    monkeypatch.setattr(picamera, "_forbidden", lambda: False)
    with pytest.raises(CameraError, match=message) as caught:
        picamera._opened(broken(*errors))
    assert "\n" not in str(caught.value)


def test_a_user_without_the_group_is_told_which(monkeypatch: pytest.MonkeyPatch) -> None:
    class Empty:
        @staticmethod
        def global_camera_info() -> list[dict[str, str]]:
            return []

    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter(()))
    with pytest.raises(CameraError, match="rpicam-hello") as caught:
        picamera._opened(Empty)
    assert "usermod" not in str(caught.value)
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter([Path("/dev/video0")]))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(CameraError, match="usermod -aG video"):
        picamera._opened(Empty)
    with pytest.raises(CameraError, match="usermod -aG video"):
        picamera._opened(broken(RuntimeError("no heap")))

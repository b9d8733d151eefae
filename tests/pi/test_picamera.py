"""The camera `picamera2` as far as none is needed; `deploy/libcamera/test.sh` tries the rest on libcamera itself."""

import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from inkling import picamera
from inkling.cameras import Shot, open_camera
from inkling.cli import main
from inkling.errors import CameraError
from inkling.picamera import DRIFT, SETTLE_S, Exposure, PiCamera, view

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


class Clock:
    """Stands for the module `time`, and keeps what is slept; announced: after how long the process is to be ended."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.slept: list[float] = []
        self.announced: list[float] = []

    def time(self) -> float:
        return self.now_s

    monotonic = time

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        self.slept.append(seconds)


class Board:
    """A board whose camera can be made to fail; it keeps what picamera2 is asked for.

    failures: at each opening what goes wrong: "opening", "mapping", or "pictures", of which none comes after the fourth
    that is shown. A picture takes half a second.
    """

    def __init__(self, clock: Clock, failures: Sequence[str]) -> None:
        self.clock, self.failures = clock, iter(failures)
        self.controls: dict[str, tuple[int, int, int]] = {"AeEnable": (0, 1, 1), "FrameDurationLimits": (1, 250_000, 1)}
        self.said: list[str] = []
        self.asked: dict[str, Any] = {}
        self.set: list[dict[str, Any]] = []
        self.waits: list[float] = []
        self.announced: list[float] = []  # when the camera was closed
        self.opened = self.closed = self.captured = self.released = 0

    def module(self) -> ModuleType:
        board = self

        class Picamera2:
            sensor_resolution = 3280, 2464
            camera_controls = board.controls

            @staticmethod
            def global_camera_info() -> list[dict[str, str]]:
                return [{"Model": "imx219"}]

            def __init__(self) -> None:
                board.opened += 1
                self.failure = next(board.failures)
                if self.failure == "opening":
                    raise RuntimeError("Failed to acquire camera")
                self.left = 4 + 3  # those with which the exposure settles, the last of them is shown, and three more

            def create_preview_configuration(self, **asked: Any) -> dict[str, Any]:
                board.asked = asked
                return asked

            def configure(self, asked: dict[str, Any]) -> None:
                pass

            def camera_configuration(self) -> dict[str, Any]:
                return board.asked

            def set_controls(self, controls: dict[str, Any]) -> None:
                assert set(controls) <= set(board.controls)
                board.set.append(controls)

            def start(self) -> None:
                pass

            def capture_request(self, wait: float) -> "Request":
                board.waits.append(wait)
                board.clock.now_s += 0.5
                self.left -= 1
                if self.left < 0 and self.failure == "pictures":
                    raise TimeoutError
                board.captured += 1
                return Request(self.failure)

            def cancel_all_and_flush(self) -> None:
                board.said.append("flushed")

            def close(self) -> None:
                assert board.said.pop() == "flushed"
                board.announced = list(board.clock.announced)
                board.closed += 1

        class Request:
            def __init__(self, failure: str) -> None:
                self.failure = failure

            def release(self) -> None:
                board.released += 1

        class MappedArray:
            def __init__(self, request: Request, stream: str) -> None:
                self.failure = request.failure

            def __enter__(self) -> "MappedArray":
                if self.failure == "mapping":
                    raise RuntimeError("mmap failed")
                self.array = np.full((360, 384), 200, np.uint8)  # rows are padded, and chroma follows
                self.array[:240, :320] = 100
                return self

            def __exit__(self, *error: object) -> None:
                pass

        module = ModuleType("picamera2")
        module.__spec__ = ModuleSpec("picamera2", None)
        vars(module).update(Picamera2=Picamera2, MappedArray=MappedArray)
        return module


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(picamera, "time", clock)
    monkeypatch.setattr(picamera, "_forbidden", lambda: False)
    # a process that hangs is ended for good: here it is seen that this is announced, and taken back
    monkeypatch.setattr(picamera, "end_process_in", clock.announced.append)
    monkeypatch.setattr(picamera, "keep_process", clock.announced.clear)
    return clock


def board_with(monkeypatch: pytest.MonkeyPatch, clock: Clock, *failures: str) -> Board:
    board = Board(clock, failures)
    monkeypatch.setitem(sys.modules, "picamera2", board.module())
    return board


def pauses(clock: Clock) -> list[float]:
    return [seconds for seconds in clock.slept if seconds >= 1]


def test_a_camera_that_fails_is_opened_again_after_longer_and_longer_pauses(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    board = board_with(monkeypatch, clock, "pictures", *["opening"] * 8, "pictures", "pictures", "")
    told: list[str] = []
    with PiCamera(Shot(), told.append) as camera:
        frames = list(islice(camera, 13))
        assert board.announced == [picamera.STOP_S]  # to be closed, a camera that has failed may take so long
    assert clock.announced == []
    assert [frame.number for frame in frames] == list(range(13))
    assert {frame.luma.shape for frame in frames} == {(240, 320)}
    assert {int(frame.luma.max()) for frame in frames} == {100}
    assert pauses(clock) == [1, 2, 4, 8, 16, 32, 60, 60, 60, 1, 1]
    silent, cannot = "camera picamera2 has given no picture for 5 s", "camera picamera2 cannot be opened: Failed"
    assert [line.partition(":")[0] for line in told] == [silent, cannot.partition(":")[0], silent, silent]
    assert all(line.endswith("; it is tried again until pictures come") for line in told)
    assert board.opened == 12
    assert board.closed == 4  # of those that could be opened, each
    assert board.released == board.captured
    assert set(board.waits) == {5 + 1 / 3}


def test_a_camera_that_has_never_given_a_picture_is_an_error_unless_one_is_patient(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    told: list[str] = []
    board_with(monkeypatch, clock, "opening")
    with pytest.raises(CameraError, match="cannot be opened: Failed to acquire"):
        next(iter(PiCamera(Shot(), told.append)))
    assert (told, pauses(clock)) == ([], [])
    board_with(monkeypatch, clock, "opening", "opening", "")
    frames: Iterator[Any] = iter(PiCamera(Shot(patient=True), told.append))
    assert next(frames).number == 0
    assert (len(told), pauses(clock)) == (1, [1, 2])


def test_a_picture_that_cannot_be_had_is_given_back(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    board = board_with(monkeypatch, clock, "mapping")
    with pytest.raises(CameraError, match="has failed: mmap failed"):
        next(iter(PiCamera(Shot(), print)))
    assert board.released == board.captured == 1


def test_the_camera_is_asked_for_what_the_shot_says_as_far_as_it_can(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    board = board_with(monkeypatch, clock, "")
    frames = iter(PiCamera(Shot(rate=2), print))
    next(frames)
    began_s = clock.now_s
    assert board.asked["main"] == {"format": "YUV420", "size": (320, 240)}
    assert board.asked["sensor"] == {"output_size": (1640, 1232)}
    settling, fixed = board.set
    assert settling == {"AeEnable": True, "FrameDurationLimits": picamera.SETTLING_US}
    assert fixed == {"AeEnable": False, "FrameDurationLimits": (250_000, 250_000)}  # the slowest that it can
    next(frames)
    assert clock.now_s - began_s == pytest.approx(0.5)
    board = board_with(monkeypatch, clock, "")
    next(iter(PiCamera(Shot(zone=(0.25, 0.25, 0.5, 0.5)), print)))
    assert board.asked["main"]["size"] == (640, 480)  # so that the zone is as wide as the shot

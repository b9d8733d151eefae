"""The camera `picamera2` on libcamera's virtual camera; `test.sh` makes the system in which this runs, and runs it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from picamera2 import Picamera2
from PIL import Image
from stand_ins import Memory, Sensor, install

from inkling import picamera
from inkling.cameras import Shot, open_camera
from inkling.errors import CameraError
from inkling.frames import Frame
from inkling.picamera import PiCamera
from inkling.simulation.paper import Light, draw_page, photograph

VIRTUAL = Path("/usr/share/libcamera/pipeline/virtual/virtual.yaml")
CAMERA = """%YAML 1.1
---
"Virtual":
  supported_formats:
  - width: 320
    height: 240
    frame_rates:
    - 30
  frames:
    path: "{}"
  location: "CameraLocationFront"
  model: "Virtual"
"""
BITS = 6  # of the number in a picture's corner
PICTURES = 2**BITS
SHOWN = 4  # frames for which the virtual camera shows each
WATCH = "import stand_ins; stand_ins.install(); from inkling.cli import main; raise SystemExit(main({!r}))"
FAST = Shot(rate=30, timeout_s=1)


@pytest.fixture(scope="session", autouse=True)
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    """What the camera sees: a page that says 7, under noise, with the picture's number in a corner, bit by bit."""
    folder = tmp_path_factory.mktemp("frames")
    rng = np.random.default_rng(3)
    sheet, seen = draw_page("7", rng), []
    for number in range(PICTURES):
        luma = photograph(sheet, Light(), rng)
        for bit in range(BITS):
            luma[:8, 8 * bit : 8 * bit + 8] = 250 if number >> bit & 1 else 160
        Image.fromarray(luma).convert("RGB").save(folder / f"{number:03}.jpg", quality=95)
        seen.append(luma)
    VIRTUAL.write_text(CAMERA.format(folder))
    install()
    return seen


@pytest.fixture(autouse=True)
def _alive() -> Iterator[None]:
    yield
    Sensor.dead = False
    Memory.padding = 0


def unexpected(message: str) -> None:
    raise AssertionError(message)


def number_of(luma: np.ndarray) -> int:
    return sum(int(luma[2:6, 8 * bit + 2 : 8 * bit + 6].mean() > 205) << bit for bit in range(BITS))


def watch(*options: str, dead: bool = False) -> subprocess.Popen[str]:
    script = WATCH.format(["watch", "--camera", "picamera2", *options])
    if dead:
        script = "from stand_ins import Sensor; Sensor.dead = True; " + script
    return subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )


def ours(stderr: str) -> list[str]:
    """The lines that Inkling says itself."""
    return [line for line in stderr.splitlines() if "libcamera" not in line and "DmaBufAllocator" not in line]


def test_the_digit_before_the_camera_is_announced() -> None:
    process = watch("--display", "json", "--frames", "8", "--rate", "20")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert [json.loads(line)["text"] for line in out.splitlines()] == ["7"]
    assert ours(err) == []


def test_a_frame_is_the_luma_that_was_sent_in_memory_of_its_own(pictures: list[np.ndarray]) -> None:
    with PiCamera(FAST, unexpected) as camera:
        frames = list(islice(camera, 5))
    assert [frame.number for frame in frames] == list(range(5))
    for frame in frames:
        assert frame.luma.flags.owndata
        assert frame.luma.flags.c_contiguous
        assert frame.luma.dtype == np.uint8
        sent = pictures[number_of(frame.luma)]
        assert frame.luma.shape == sent.shape == (240, 320)
        # the camera sends JPEG's full range as the narrow one of video
        narrow = 16 + sent.astype(float) * 219 / 255
        closest = min(np.abs(frame.luma - sent.astype(float)).mean(), np.abs(frame.luma - narrow).mean())
        assert closest < 3


def test_the_padding_of_rows_is_cut_off() -> None:
    with PiCamera(FAST, unexpected) as camera:
        frames = iter(camera)
        plain = next(frames).luma
        device = camera._camera
        device.allocator.padding = 32
        device.camera_config["main"] |= {"format": "YUV420", "stride": 352, "framesize": 352 * 360}
        for frame in islice(frames, 3):
            padded = frame.luma
        assert padded.shape == plain.shape
        assert np.abs(padded[16:].astype(int) - plain[16:]).mean() < 4
        assert padded.mean() < 250


def test_what_is_captured_is_what_the_camera_sees_now() -> None:
    with PiCamera(Shot(rate=1000, timeout_s=1), unexpected) as camera:
        frames = iter(camera)
        before, given_before = number_of(next(frames).luma), camera._camera.frames
        while camera._camera.frames < given_before + PICTURES:
            time.sleep(0.01)  # the loop is busy, and the camera goes on
        given = camera._camera.frames
        after = number_of(next(frames).luma)
    assert (after - before) % PICTURES >= (given - given_before) // SHOWN - 1


@pytest.mark.parametrize("rate", [5, 10])
def test_pictures_come_no_faster_than_asked_by_much(rate: float) -> None:
    with PiCamera(Shot(rate=rate, timeout_s=1), unexpected) as camera:
        frames = iter(camera)
        next(frames)
        started = time.monotonic()
        list(islice(frames, 6))
        assert 0.65 * 6 / rate < time.monotonic() - started < 1.2 * 6 / rate


def test_zone_flip_and_rotation(pictures: list[np.ndarray]) -> None:
    shot = Shot(rate=30, zone=(0, 0, 0.5, 0.25), width=160, flip="horizontal", rotation=90)
    with PiCamera(shot, unexpected) as camera:
        luma = next(iter(camera)).luma
    assert luma.shape == (160, 60)
    assert number_of(np.rot90(luma)[:, ::-1]) in range(PICTURES)
    corner = np.rot90(luma)[:, ::-1][12:, :60]
    assert np.abs(corner.astype(int) - pictures[0][12:60, :60]).mean() < 25


class Clock:
    """Time as the camera's file knows it, in which pauses are not waited for: after some, the sensor revives."""

    monotonic, time = staticmethod(time.monotonic), staticmethod(time.time)

    def __init__(self, pauses: int) -> None:
        self.left, self.pauses = pauses, list[float]()

    def sleep(self, seconds: float) -> None:
        if seconds >= picamera.FIRST_PAUSE_S:
            self.pauses.append(seconds)
            self.left -= 1
            Sensor.dead = self.left > 0


def after_loss(frames: Iterator[Frame], said: list[str]) -> Frame:
    """The first frame that comes after the sensor died: some were on their way."""
    Sensor.dead = True
    return next(frame for frame in frames if said)


def test_a_dead_sensor_is_noticed_said_once_and_the_camera_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(pauses=3)
    monkeypatch.setattr(picamera, "time", clock)
    said: list[str] = []
    with PiCamera(FAST, said.append) as camera:
        frames = iter(camera)
        before = next(frames).number
        after = after_loss(frames, said).number
    assert before < after < before + 5
    [message] = said
    assert "no picture for 1 s" in message
    assert clock.pauses == [1.0, 2.0, 4.0]


def test_opening_again_and_again_leaks_no_descriptor_and_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picamera, "SETTLE_S", 0.05)
    counts = []
    said: list[str] = []
    with PiCamera(Shot(rate=30, timeout_s=1, patient=True), said.append) as camera:
        frames = iter(camera)
        for _ in range(8):
            monkeypatch.setattr(picamera, "time", Clock(pauses=1))
            said.clear()
            after_loss(frames, said)
            counts.append((entries("fd"), entries("task")))
    assert max(counts[2:]) == counts[2]


def entries(folder: str) -> int:
    return len(list(Path("/proc/self", folder).iterdir()))


def test_sigterm_ends_a_watch_whose_capture_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_CAMERA_TIMEOUT", "30")  # it waits when it is told to end, on a fast machine, too
    process = watch("--display", "json", dead=True)
    time.sleep(6)  # long enough to have opened the camera, and to wait for a picture
    assert process.poll() is None
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=10)
    assert time.monotonic() - started < 2
    assert process.returncode == 0, err


def test_no_camera_is_one_line_that_says_what_to_do() -> None:
    hidden = VIRTUAL.rename(VIRTUAL.with_suffix(".hidden"))
    try:
        _, err = (process := watch()).communicate(timeout=60)
    finally:
        hidden.rename(VIRTUAL)
    assert process.returncode == 1
    [line] = ours(err)
    assert "no camera is found" in line
    assert "rpicam-hello" in line


def test_a_camera_in_use_is_one_line_that_says_what_to_do() -> None:
    holder = Picamera2()
    try:
        with pytest.raises(CameraError, match=r"in use by another program.*systemctl stop inkling"):
            next(iter(open_camera("picamera2", None, 0, unexpected, FAST, unexpected)))
    finally:
        holder.close()


def test_a_patient_camera_waits_for_one_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    holder = Picamera2()
    said: list[str] = []
    clock = Clock(pauses=1)
    monkeypatch.setattr(clock, "sleep", lambda seconds: holder.close())
    monkeypatch.setattr(picamera, "time", clock)
    with PiCamera(Shot(rate=30, patient=True), said.append) as camera:
        frame: Frame = next(iter(camera))
    assert frame.number == 0
    assert ["in use" in line for line in said] == [True]

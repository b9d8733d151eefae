"""A Raspberry Pi's camera, through picamera2: small pictures, the freshest, luma only, and a way back if none come.

picamera2 is imported when the camera is opened. What is asked of it and why:

- one stream, YUV420, no raw one and two buffers: a Pi Zero has little memory for cameras. Luma comes first in it, so
  its rows are cut out, without their padding, and copied once.
- the sensor's mode of half its size: pixels are added up, and nothing of the view is lost as in smaller modes.
- no queue of finished pictures: what is captured is what the camera sees now.
"""

import gc
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from .cameras import Camera, Shot
from .closing import end_process_in, keep_process
from .errors import CameraError
from .frames import Frame, Luma

BUFFERS = 2
LUMA_FIRST = ("YUV420", "YVU420", "NV12", "NV21")  # formats that begin with the rows of the luma
SETTLING_US = (33_333, 100_000)  # between two pictures while the exposure settles: it does so picture by picture
SETTLE_S = 2.0
EARLY = 0.7  # of the time between two pictures: the next one is asked for then
DRIFT = 0.15  # of the picture's mean: when the light has changed by more, exposure may settle anew
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0  # before the camera is opened again
STOP_S = 10.0  # that a camera may take to be stopped; then nothing but the end of the process helps


class PiCamera(Camera):
    """The first camera that libcamera finds. It never ends; when it fails it is closed and opened again.

    lost: told in one line why no pictures come, once for each reason until one comes. A camera that has not given any
    picture yet raises CameraError instead, unless the shot is patient. Raises CameraError if there is no picamera2.
    """

    def __init__(self, shot: Shot, lost: Callable[[str], None]) -> None:
        if find_spec("picamera2") is None:
            raise CameraError(
                "camera picamera2: this Python has no picamera2; on Raspberry Pi OS, sudo apt install "
                "--no-install-recommends python3-picamera2 (elsewhere, take --camera simulated or folder:DIR)"
            )
        self._shot, self._lost = shot, lost
        self._camera: Any = None

    def __iter__(self) -> Iterator[Frame]:
        maker = _picamera2()
        pause_s, said = FIRST_PAUSE_S, ""
        numbers = count()
        seen = self._shot.patient
        while True:
            try:
                self._camera = _opened(maker)
                for luma in self._pictures():
                    yield Frame(luma, time.time(), next(numbers))
                    pause_s, said, seen = FIRST_PAUSE_S, "", True
            except CameraError as error:
                if not seen:
                    raise
                if str(error) != said:
                    said = str(error)
                    self._lost(f"{error}; it is tried again until pictures come")
                self._give_up()
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def close(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.cancel_all_and_flush()  # a capture that is still awaited would keep the camera from stopping
            camera.close()

    def _give_up(self) -> None:
        """Closes a camera that has failed, and what it leaves open until it is collected."""
        end_process_in(STOP_S)
        with suppress(RuntimeError, OSError):  # it has failed already
            self.close()
        keep_process()  # not if SIGTERM has come meanwhile: then a shorter time runs
        gc.collect()

    def _pictures(self) -> Iterator[Luma]:
        """Configures and starts the camera; yields what it sees, once the exposure has settled.

        Raises CameraError if it fails or lets a picture wait for longer than the shot allows.
        """
        shot, camera = self._shot, self._camera
        try:
            size = _configure(camera, shot)
            camera.start()
            exposure = Exposure(time.monotonic())
            settled = False
            while True:
                asked_s = time.monotonic()
                luma = self._capture(size)
                automatic = exposure.update(float(luma[::8, ::8].mean()), time.monotonic())
                if automatic is not None:
                    between_us = _between_us(camera, shot.rate)
                    _control(camera, AeEnable=automatic, AwbEnable=automatic, FrameDurationLimits=between_us)
                    settled = True
                if settled:
                    yield luma
                    # not every camera can be slowed down; of one that can, the next picture is not due yet
                    time.sleep(max(0.0, asked_s + EARLY / shot.rate - time.monotonic()))
        except TimeoutError:
            raise CameraError(
                f"camera picamera2 has given no picture for {shot.timeout_s:g} s: check its cable; it is closed"
            ) from None
        except (RuntimeError, OSError) as error:
            if isinstance(error, CameraError):
                raise
            raise CameraError(f"camera picamera2 has failed: {_chain(error)}") from error

    def _capture(self, size: tuple[int, int]) -> Luma:
        """The next picture that the camera completes, cut, flipped and turned, in memory of its own."""
        from picamera2 import MappedArray

        request = self._camera.capture_request(wait=self._shot.timeout_s + 1 / self._shot.rate)
        try:
            with MappedArray(request, "main") as mapped:
                width, height = size
                return np.array(view(mapped.array[:height, :width], self._shot), order="C")
        finally:
            request.release()


class Exposure:
    """Says when the exposure may move: until it has settled, and again when the light has changed.

    A camera that goes on adjusting makes the page flicker; one that never does is blind by evening.
    """

    def __init__(self, now_s: float) -> None:
        self._settled_s = now_s + SETTLE_S
        self._level: float | None = None  # the mean of the picture with which it was fixed

    def update(self, level: float, now_s: float) -> bool | None:
        """Takes a picture's mean, 0 to 255, and when it came; returns what is new: automatic or not, or None."""
        if self._level is None:
            if now_s < self._settled_s:
                return None
            self._level = level
            return False
        if abs(level - self._level) <= DRIFT * self._level + 1:
            return None
        self._level, self._settled_s = None, now_s + 2 * SETTLE_S  # pictures come slowly now, so it takes longer
        return True


def view(luma: Luma, shot: Shot) -> Luma:
    """The zone of a picture, flipped and turned as the shot has it; nothing is copied."""
    height, width = luma.shape
    x, y, across, down = shot.zone
    luma = luma[round(y * height) : round((y + down) * height), round(x * width) : round((x + across) * width)]
    if shot.flip == "horizontal":
        luma = luma[:, ::-1]
    if shot.flip == "vertical":
        luma = luma[::-1]
    return np.rot90(luma, -shot.rotation // 90)  # rot90 counts anticlockwise


def _picamera2() -> Any:
    """The class Picamera2, and what it and libcamera say cut down to errors. Raises CameraError if it is broken."""
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:ERROR")
    try:
        from picamera2 import Picamera2
    except (ImportError, ValueError) as error:  # ValueError: built for another NumPy
        raise CameraError(
            f"camera picamera2: picamera2 cannot be imported ({_chain(error)}); take it and NumPy from apt, "
            "not from pip"
        ) from error
    logging.getLogger("picamera2").setLevel(logging.CRITICAL)
    if not hasattr(Picamera2, "cancel_all_and_flush"):
        raise CameraError("camera picamera2: this picamera2 is older than 0.3.19: sudo apt full-upgrade")
    return Picamera2


def _opened(maker: Any) -> Any:
    """The first camera, opened. Raises CameraError with what a person can do about it."""
    try:
        if not maker.global_camera_info():
            raise CameraError(_no_camera())
        return maker()
    except (RuntimeError, OSError, IndexError) as error:
        if isinstance(error, CameraError):
            raise
        reason = _chain(error)
        if "busy" in reason.lower():
            raise CameraError(
                "camera picamera2 is in use by another program: end that one (if it is Inkling's own service: "
                "sudo systemctl stop inkling)"
            ) from error
        if _forbidden():
            raise CameraError(_no_group()) from error
        raise CameraError(f"camera picamera2 cannot be opened: {reason}") from error


def _configure(camera: Any, shot: Shot) -> tuple[int, int]:
    """Configures the camera for the shot; returns the width and height of the luma in its stream."""
    whole_width, whole_height = camera.sensor_resolution
    width = min(round(shot.width / shot.zone[2]), whole_width // 2)
    height = round(width * whole_height / whole_width)
    configuration = camera.create_preview_configuration(
        main={"format": "YUV420", "size": (width & ~1, height & ~1)},
        raw=None,
        buffer_count=BUFFERS,
        queue=False,
        display=None,
        encode=None,
        sensor={"output_size": (whole_width // 2, whole_height // 2)},
    )
    camera.configure(configuration)
    main = camera.camera_configuration()["main"]
    if main["format"] not in LUMA_FIRST:
        raise CameraError(
            f"camera picamera2 gives pictures as {main['format']} and cannot give YUV420: take a camera for the Pi's "
            "camera connector"
        )
    _control(camera, AeEnable=True, AwbEnable=True, FrameDurationLimits=SETTLING_US, AfMode=2)  # 2: continuous
    return main["size"][0], main["size"][1]


def _between_us(camera: Any, rate: float) -> tuple[int, int]:
    """The time between two pictures at a rate, twice, as far as the camera can."""
    wanted = round(1e6 / rate)
    least, most = camera.camera_controls.get("FrameDurationLimits", (wanted, wanted))[:2]
    between = int(min(max(wanted, least), most))
    return between, between


def _control(camera: Any, **controls: Any) -> None:
    """Sets those of the controls that the camera has: a lens that cannot be moved has no AfMode."""
    camera.set_controls({name: value for name, value in controls.items() if name in camera.camera_controls})


def _no_camera() -> str:
    if _forbidden():
        return _no_group()
    return (
        "camera picamera2: no camera is found; switch off, push its cable in straight at both ends, and see what "
        "rpicam-hello --list-cameras says"
    )


def _no_group() -> str:
    return (
        "camera picamera2: this user may not use the camera; sudo usermod -aG video $USER, then log in again "
        "(a service: SupplementaryGroups=video)"
    )


def _forbidden() -> bool:
    """Whether there are camera devices that this user may not open."""
    devices = [path for pattern in ("media*", "video*", "dma_heap/*") for path in Path("/dev").glob(pattern)]
    return any(not os.access(device, os.R_OK | os.W_OK) for device in devices)


def _chain(error: BaseException) -> str:
    """What an error and those behind it say, in one line: picamera2's own say little."""
    texts = []
    step: BaseException | None = error
    while step is not None:
        texts.append(" ".join(str(step).split()) or type(step).__name__)
        step = step.__cause__
    return ": ".join(texts)

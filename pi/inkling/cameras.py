"""Cameras give frames. They are chosen by name, and one that cannot be had is an error, never another one instead."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np

from .closing import Closing
from .errors import CameraError, PictureError, UsageError
from .frames import Frame
from .settings import Settings
from .simulation import paper
from .steady import AGREEING, WINDOW

PICTURES = {
    *(".jpg", ".jpeg", ".jfif", ".png", ".gif", ".bmp", ".webp"),
    *(".ppm", ".pgm", ".pnm", ".tif", ".tiff", ".jp2", ".avif"),
}


@dataclass(frozen=True)
class Shot:
    """How the camera `picamera2` takes its pictures; the other cameras' are what they are.

    width: of the whole picture in pixels, before it is turned; the height follows from the zone's shape.
    zone: x, y, width, height of the part of the picture that is looked at, as shares of the whole.
    flip: none, horizontal or vertical. rotation: degrees clockwise, 0, 90, 180 or 270, after the flip.
    rate: pictures a second; 3 is what a Pi Zero can read. timeout_s: how long a picture may be awaited.
    patient: whether a camera that is missing from the start is waited for, too.
    """

    width: int = 320
    zone: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    flip: str = "none"
    rotation: int = 0
    rate: float = 3.0
    timeout_s: float = 5.0
    patient: bool = False


def shot_of(settings: Settings, patient: bool = False) -> Shot:
    """How the settings have the camera `picamera2` take its pictures."""
    return Shot(
        width=settings["camera.width"],
        zone=settings["camera.zone"],
        flip=settings["camera.flip"],
        rotation=settings["camera.rotation"],
        rate=settings["camera.rate"] or Shot.rate,
        timeout_s=settings["camera.timeout"],
        patient=patient,
    )


class Camera(Closing):
    """What every camera is: an iterator of frames, a context manager, and `close`, which may be called twice."""

    def __iter__(self) -> Iterator[Frame]:
        raise TypeError(f"{type(self).__name__} gives no frames")


class FolderCamera(Camera):
    """The pictures of a folder in the order of their names, each held for some frames; then it ends.

    report: told of a picture that cannot be read; the others follow all the same. Raises CameraError if there is
    no such folder or no picture in it.
    """

    def __init__(self, folder: Path, hold: int = AGREEING, report: Callable[[str], None] = print) -> None:
        if not folder.is_dir():
            raise CameraError(f"camera folder:{folder}: there is no such folder")
        self._pictures = sorted(p for p in folder.iterdir() if p.suffix.lower() in PICTURES and p.name[0] != ".")
        if not self._pictures:
            raise CameraError(f"camera folder:{folder}: no picture in it ({', '.join(sorted(PICTURES))})")
        self._hold, self._report = hold, report

    def __iter__(self) -> Iterator[Frame]:
        from .pictures import read_picture

        number = count()
        for picture in self._pictures:
            try:
                luma, scale = read_picture(picture)
            except PictureError as error:
                self._report(str(error))
                continue
            for _ in range(self._hold):
                yield Frame(luma, time.time(), next(number), str(picture), scale)


class SimulatedCamera(Camera):
    """Paper with handwritten digits under changing light, drawn by the program itself; it never ends.

    seed: the same seed gives the same frames. hold: frames for which each page lies there.
    """

    def __init__(self, seed: int = 0, hold: int = 30) -> None:
        self._frames = paper.frames(np.random.default_rng(seed), hold=hold, blank=WINDOW)

    def __iter__(self) -> Iterator[Frame]:
        for number, (luma, text) in enumerate(self._frames):
            yield Frame(luma, time.time(), number, truth=text)


def open_camera(
    name: str,
    hold: int | None,
    seed: int,
    report: Callable[[str], None],
    shot: Shot = Shot(),
    lost: Callable[[str], None] = print,
) -> Camera:
    """The camera of a name: `picamera2`, `folder:DIR` or `simulated`.

    report: told of a picture that cannot be read. lost: told, in one line, that a camera gives no frames at the moment.
    Raises UsageError for any other name, CameraError if it fails.
    """
    kind, _, rest = name.partition(":")
    if kind == "folder" and rest:
        return FolderCamera(Path(rest), hold or AGREEING, report)
    if name == "simulated":
        return SimulatedCamera(seed, hold or 30)
    if name == "picamera2":
        from .picamera import PiCamera

        return PiCamera(shot, lost)
    raise UsageError(f"there is no camera {name!r}: give picamera2, folder:DIR (a folder of pictures) or simulated")

"""Checkpoints of a training under way: two generations, in a folder that one training has to itself.

They are written in turn, each durably, so at any instant a whole one is there, also when a power cut or a worn card has
spoilt the other. The place that both take from the start is enough for all that follows, whoever fills the card.
"""

import errno
import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inknet import ModelError, Network
from inknet.modelfile import read

from .closing import Closing
from .errors import BusyError, DeviceError
from .folders import make_folder, sync
from .places import who_may
from .recipes import Trains

FULL = (errno.ENOSPC, errno.EDQUOT)
STATES = 4  # of a network are in a checkpoint: its weights, their average, and two that the optimizer remembers


@dataclass(frozen=True)
class Checkpoint:
    """One that is whole: its file, and the plain data that was kept with it."""

    path: Path
    about: dict[str, Any]


class Checkpoints(Closing):
    """The checkpoints in a folder, which is made if need be, and locked until `close`.

    tell: is given each thing that a person should know, as one line. Raises BusyError if another process has the
    folder, OSError if it cannot be made.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        self.folder, self._tell, self._trouble = folder, tell, ""
        self._files = [folder / f"checkpoint-{number}.npz" for number in range(2)]
        try:
            make_folder(folder)
        except PermissionError as error:
            raise PermissionError(error.errno, f"{error.strerror}{who_may(folder)}", str(folder)) from error
        self._lock: int | None = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise BusyError(
                f"another training is under way in {folder}: `inkling train --status` says how far it is; wait for it, "
                "or give this one another --out"
            ) from None
        for part in folder.glob(".*.part"):  # what a power cut left of a file
            part.unlink()
        self._saved = 0

    def newest(self) -> Checkpoint | None:
        """The newest that is whole, if there is one; what is spoilt is told, and passed over."""
        found = []
        for path in self._files:
            try:
                header, _ = read(path)
                found.append(Checkpoint(path, dict(header["about"])))
            except FileNotFoundError:
                continue
            except (ModelError, OSError, KeyError, TypeError, ValueError) as error:
                self._tell(f"{path} is spoilt, and the one before it is taken, if there is one ({error})")
        whole = [each for each in found if isinstance(each.about.get("number"), int)]
        newest = max(whole, key=lambda each: int(each.about["number"]), default=None)
        if newest is not None:
            self._saved = int(newest.about["number"]) + 1
        return newest

    def check_room(self, network: Network, images: int) -> None:
        """Raises DeviceError if two checkpoints of a training of this network on so many images do not fit here."""
        needed = 2 * (STATES * network.state.nbytes + 4 * images)  # 4 bytes an image: their order
        disk = os.statvfs(self.folder)
        free = disk.f_bavail * disk.f_frsize + sum(path.stat().st_size for path in self._files if path.exists())
        if free < needed:
            raise DeviceError(
                f"{self.folder}: {free / 1e6:.1f} MB are free, and {needed / 1e6:.1f} MB are needed; make room there"
            )

    @property
    def missing(self) -> int:
        """How many of the two are not there, and have no place on the card yet."""
        return sum(not path.exists() for path in self._files)

    def save(self, trainer: Trains, about: dict[str, Any]) -> bool:
        """Keeps where the training is, over the older of the two; returns whether it could.

        If not (the card has turned read-only, or was full from the start), that is told once, and the training can go
        on. On a card that was filled since, the older gives its place.
        """
        path, about = self._files[self._saved % 2], {**about, "number": self._saved}
        try:
            try:
                trainer.checkpoint(path, about)
            except OSError as error:
                if error.errno not in FULL or not path.exists():
                    raise
                path.unlink()
                trainer.checkpoint(path, about)
            path.chmod(0o644)  # whoever of the group trains next has to know of it, whatever the service's umask
        except OSError as error:
            if self._trouble != (trouble := error.strerror or str(error)):
                self._trouble = trouble
                self._tell(
                    f"no checkpoint can be written to {self.folder} ({trouble}): training goes on, but what is learnt "
                    "is lost if the power is cut; make room there"
                )
            return False
        self._trouble = ""
        self._saved += 1
        return True

    def make_room(self) -> None:
        """Gives the place of the older, which is larger than any model, to what the training has come to.

        If the last could not be kept, both stay: nothing else is left of the training.
        """
        if not self._trouble:
            self._files[self._saved % 2].unlink(missing_ok=True)

    def clear(self) -> None:
        """Removes them, the older first, so that no power cut leaves that one alone: what they were for is done."""
        for number in (self._saved, self._saved + 1):
            self._files[number % 2].unlink(missing_ok=True)
            sync(self.folder)

    def close(self) -> None:
        """Lets another training have the folder, which goes if nothing is left in it."""
        if self._lock is not None:
            with suppress(OSError):
                self.folder.rmdir()
            os.close(self._lock)
            self._lock = None

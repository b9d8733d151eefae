"""What a check has to go by, and what it says: how bad it is, what was seen, what to do."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from pathlib import Path

from ..device import Machine
from ..errors import UsageError
from ..places import SYSTEM_FOLDER, state_folder
from ..settings import SYSTEM_FILE, Settings, load_settings

SERVICE = "inkling.service"
SERVICE_USER = "inkling"
STATE = str(SYSTEM_FOLDER.relative_to("/"))


class Status(IntEnum):
    """How bad it is; the larger, the worse."""

    OK = 0
    NOTE = 1  # worth knowing; nothing has to be done
    WARNING = 2  # it works, but not as well as it could, or not for long
    FAILURE = 3  # it does not work


@dataclass(frozen=True)
class Finding:
    """What a check says: how bad it is, what was seen, and what to do, where there is something to do."""

    status: Status
    seen: str
    advice: str = ""


@dataclass(frozen=True)
class Patient:
    """What is looked at: a machine, and the settings by which it reads.

    config: a file instead of the system's.
    """

    machine: Machine
    config: Path | None = None

    @cached_property
    def settings(self) -> Settings | UsageError:
        """The settings that hold, or what is wrong with them."""
        system = self.machine.path(str(SYSTEM_FILE.relative_to("/")))
        file = self.config or (system if os.path.lexists(system) else Path(os.devnull))
        try:
            return load_settings(file, self.machine.environment)
        except UsageError as error:
            return error

    @cached_property
    def usable(self) -> Settings:
        """The settings that hold; the defaults where these are wrong, so that the other checks go on."""
        return load_settings(Path(os.devnull), {}) if isinstance(self.settings, UsageError) else self.settings

    @property
    def state_folder(self) -> Path:
        """Where samples and models are kept, unless the settings say otherwise."""
        return state_folder(self.machine.environment, self.machine.root)

    @property
    def wants_camera(self) -> bool:
        """Whether the settings ask for the board's camera."""
        return bool(self.usable["camera.source"] == "picamera2")

    @property
    def serves(self) -> bool:
        """Whether the service is installed here: its user is there."""
        return SERVICE_USER in self.machine.users


Check = Callable[[Patient], Finding]


def ok(seen: str) -> Finding:
    """All is well."""
    return Finding(Status.OK, seen)


def note(seen: str, advice: str = "") -> Finding:
    """Worth knowing."""
    return Finding(Status.NOTE, seen, advice)


def warning(seen: str, advice: str) -> Finding:
    """Not as well as it could be."""
    return Finding(Status.WARNING, seen, advice)


def failure(seen: str, advice: str) -> Finding:
    """It does not work."""
    return Finding(Status.FAILURE, seen, advice)

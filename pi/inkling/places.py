"""Where things are kept that outlast a command: the box's own folder, or, on a laptop, one of the user's."""

import os
from collections.abc import Mapping
from pathlib import Path

SYSTEM_FOLDER = Path("/var/lib/inkling")  # made by the package, for the service and the members of its group


def state_folder(environment: Mapping[str, str] = os.environ, root: Path = Path("/")) -> Path:
    """SYSTEM_FOLDER where it is there, else the user's `$XDG_STATE_HOME/inkling`, by default `~/.local/state/inkling`.

    On a box, everyone so means the one collection that the night learns from, and who may not write there is told so.
    root: the folder that is taken for /.
    """
    system = root / SYSTEM_FOLDER.relative_to("/")
    if system.is_dir():
        return system
    chosen = Path(environment.get("XDG_STATE_HOME", ""))  # which has to be absolute, says its specification
    return (chosen if chosen.is_absolute() else Path.home() / ".local" / "state") / "inkling"


def who_may(path: Path) -> str:
    """How to be let to change what is on the box, in brackets; empty where that is nobody's to say."""
    return " (sudo usermod -aG inkling $USER, then log in again)" if SYSTEM_FOLDER in path.parents else ""


def lent(folder: Path) -> bool:
    """Whether what is made in a folder is the whole group's to change, as it is in SYSTEM_FOLDER, but not in /tmp."""
    return folder.stat().st_mode & 0o022 == 0o020

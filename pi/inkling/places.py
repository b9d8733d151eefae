"""Where things are kept that outlast a command: the box's own folder, or, on a laptop, one of the user's."""

import os
from collections.abc import Mapping
from pathlib import Path

SYSTEM_FOLDER = Path("/var/lib/inkling")  # made by the package, for the service and the members of its group


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """SYSTEM_FOLDER where it is there, else the user's `$XDG_STATE_HOME/inkling`, by default `~/.local/state/inkling`.

    On a box, everyone so means the one collection that the night learns from, and who may not write there is told so.
    """
    if SYSTEM_FOLDER.is_dir():
        return SYSTEM_FOLDER
    chosen = Path(environment.get("XDG_STATE_HOME", ""))  # which has to be absolute, says its specification
    return (chosen if chosen.is_absolute() else Path.home() / ".local" / "state") / "inkling"

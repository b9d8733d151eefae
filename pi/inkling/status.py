"""How far a training is, for whoever asks: a small file in memory, not on the card, for as long as it runs."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from .closing import Closing

SYSTEM_FOLDER = Path("/run/inkling-train")  # the service's; systemd makes it, and removes it with all that is in it


def runtime_folders(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Where a training's file may be, the first being that of one which is started here."""
    given = environment.get("RUNTIME_DIRECTORY", "").split(":")[0]
    user = environment.get("XDG_RUNTIME_DIR", "")
    own = Path(user) / "inkling" if user else Path(tempfile.gettempdir()) / f"inkling-{os.getuid()}"
    return list(dict.fromkeys([*([Path(given)] if given else []), own, SYSTEM_FOLDER]))


class StatusFile(Closing):
    """The file of this process's training; where it cannot be written, there is none, and the training goes on."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"train-{os.getpid()}.json"
        self._is_ours = False  # whoever else may make a folder in /tmp, and links in it to what is to be overwritten
        with suppress(OSError):
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            self._is_ours = folder.stat().st_uid == os.geteuid()

    def write(self, status: Mapping[str, Any]) -> None:
        """Puts this in place of what was there; whoever reads it sees the one or the other."""
        if not self._is_ours:
            return
        part = self._path.with_suffix(".part")
        with suppress(OSError):
            part.write_text(json.dumps({"pid": os.getpid(), **status}))
            part.chmod(0o644)  # for everyone on the box, whatever the service's umask
            part.replace(self._path)

    def close(self) -> None:
        """Removes the file."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def running(folders: list[Path]) -> Iterator[dict[str, Any]]:
    """What each training that runs has written last; what one that was killed has left behind is passed over."""
    for path in sorted(path for folder in folders for path in folder.glob("train-*.json")):
        try:
            status = json.loads(path.read_text())
            number = int(status["pid"])
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            continue
        try:
            os.kill(number, 0)
        except (ProcessLookupError, OverflowError):
            continue
        except OSError:
            pass  # it runs, as another user
        yield status


def in_words(status: Mapping[str, Any]) -> str:
    """A status as one line for people, what is not known yet left out."""
    parts = [f"{100 * status.get('progress', 0):.0f}%"]
    if (left_s := status.get("left_s")) is not None:  # first, as a narrow terminal shows the beginning
        parts.append(f"{duration(left_s)} left")
    if (epoch := status.get("epoch")) is not None:
        parts.append(f"epoch {epoch:.2f}, loss {status['loss']:.3f}")
    if (accuracy := status.get("accuracy")) is not None:
        parts.append(f"{accuracy:.2%} of the held-back images read right")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """A time as people say it: 45 s, 12 min, 4 h 12 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"

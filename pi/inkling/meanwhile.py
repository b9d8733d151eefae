"""What goes on in the box beside reading: a supply that is too weak, or a training."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from .device import Machine
from .states import State
from .status import running, runtime_folders

EVERY_S = 5.0  # a look takes some file reads, which are not for every frame


class Meanwhile:
    """Looks now and then at what else goes on; folders: where trainings say how far they are."""

    def __init__(
        self,
        machine: Machine | None = None,
        folders: Sequence[Path] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._machine = machine or Machine()
        self._folders = list(runtime_folders() if folders is None else folders)
        self._clock = clock
        self._seen: State | None = None
        self._due_s = -float("inf")

    def __call__(self) -> State | None:
        """UNDERVOLTAGE, else TRAINING, else None: what the last look found, which is EVERY_S old at the most."""
        if self._clock() >= self._due_s:
            self._due_s = self._clock() + EVERY_S
            self._seen = self._look()
        return self._seen

    def _look(self) -> State | None:
        if self._machine.undervoltage:
            return State.UNDERVOLTAGE
        return State.TRAINING if next(running(self._folders), None) else None

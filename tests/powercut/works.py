"""What is cut: programs that write files and say when something is done, and what has to hold wherever they are cut.

A program prints a line whenever what it has done is promised to last: what would be read from then on, in short. In
every state that is what the last line says or, as the next step may be done and not said yet, the one after it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import models, night, samples, shelf

GOING_ON = 17

Check = Callable[[Path], str]


@dataclass(frozen=True)
class Work:
    """A program to be cut.

    prepare: fills the folder before. program: Python; its argument is the folder. check: what is read from the folder.
    goes_on: what comes next has to go well, too; as this takes its time, it is tried where all that was done so far has
    lasted, and else in one state of GOING_ON.
    """

    prepare: Callable[[Path], None]
    program: str
    check: Check
    goes_on: Callable[[Path], None] | None = None


def _nothing(folder: Path) -> None:
    """The folder is empty at first."""


WORKS = {
    "learning": Work(_nothing, samples.LEARNS, samples.shown),
    "healing": Work(samples.damaged, samples.HEALS, samples.shown_after_healing),
    "taking along": Work(_nothing, samples.EXPORTS, samples.shown_elsewhere),
    "models": Work(_nothing, models.SAVES, models.shown),
    "shelf": Work(_nothing, shelf.LIVES, shelf.shown, shelf.goes_on),
    "night": Work(_nothing, night.SPENDS, night.found, night.goes_on),
}

"""Cuts a work in every state that a recording of it allows, and looks whether what was promised is there."""

import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .disk import Tree, numbered, read, states, write
from .recording import record
from .works import GOING_ON, Work

MEMORY = Path("/dev/shm")


@dataclass
class Result:
    """operations: how many were recorded. states: in so many all was looked at. wrong: what was wrong, in words."""

    operations: int = 0
    promises: int = 0
    states: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counts = f"{self.operations} file operations, {self.promises} promises, {self.states} states"
        return f"{counts}, {len(self.wrong)} wrong" + "".join(f"\n    {text}" for text in self.wrong[:5])


def cut(
    work: Work,
    folder: Path,
    torn: int,
    seed: int = 0,
    progress: Callable[[Iterable[Any]], Iterable[Any]] = iter,
    keep: Path | None = None,
) -> Result:
    """Runs a work in an empty folder, and cuts it; keep: where the first state that is wrong is left."""
    work.prepare(folder)
    before = read(folder)
    operations = record(work.program, folder, numbered(before))
    said = b"".join(op.data for op in operations if op.kind == "say").decode().splitlines()
    with tempfile.TemporaryDirectory() as scratch:
        untouched = Path(scratch)
        write(before, untouched)
        promises = [work.check(untouched), *said]
    result = Result(len(operations), len(said))
    for tree, count, is_whole in progress(states(before, operations, torn, seed)):
        goes_on = is_whole or result.states % GOING_ON == 0
        result.states += 1
        if problem := _problem(work, tree, promises[count : count + 2], goes_on):
            result.wrong.append(f"after {count} promises: {problem}")
            if keep is not None and len(result.wrong) == 1:
                shutil.rmtree(keep, ignore_errors=True)
                keep.mkdir(parents=True)
                write(tree, keep)
    return result


def _problem(work: Work, tree: Tree, allowed: list[str], goes_on: bool) -> str | None:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as scratch:
        folder = Path(scratch)
        write(tree, folder)
        try:
            shown = work.check(folder)
            if goes_on and work.goes_on is not None and shown in allowed:
                work.goes_on(folder)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return None if shown in allowed else f"{shown} is read, and not one of {allowed}"

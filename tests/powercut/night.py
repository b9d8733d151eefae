"""A small night under power cuts: no checkpoint is lost, and it goes on from it to its end, a model on the shelf."""

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np

from inkling import places
from inkling.checkpoints import Checkpoints
from inkling.cli import main
from inkling.commands import train
from inkling.listing import SHIPPED
from inkling.models import current_model, identity
from inkling.night import Hours
from inkling.recipes import RECIPES
from inkling.session import Reporter, Session
from inkling.shelf import Shelf
from inkling.status import running
from inkling.training import Images
from inknet import AdamW, Dense, Network, SoftmaxCrossEntropy, Trainer
from inknet.modelfile import read
from inknet.schedules import one_cycle
from support import patterns

CHECKPOINTS, SHELF, STATUS = "state/inkling/training", "state/inkling/models", "run/inkling"
LOOKS = 160  # at the clock: so long is the night
EVERY = 40  # of these a checkpoint is written

SPENDS = """
import sys
from pathlib import Path
from powercut.night import promise, spend
spend(Path(sys.argv[1]), promise)
"""


def promise(folder: Path) -> None:
    """Says what would be found from now on, past all that is redirected."""
    os.write(1, f"{found(folder)}\n".encode())


def spend(folder: Path, kept: Callable[[Path], None] = lambda folder: None) -> str:
    """Spends a night, or what is left of one, by `inkling train`; returns what it told.

    kept: called when a checkpoint, or the model on the shelf, is to last from now on.
    """
    ticks = count()

    def clock() -> float:
        return float(next(ticks))

    class Telling(Checkpoints):
        def save(self, *args: Any) -> bool:
            saved = super().save(*args)
            if saved:
                kept(folder)
            return saved

    def to_shelf(*args: Any) -> str:
        said = real_to_shelf(*args)
        kept(folder)
        return said

    real_to_shelf = train._to_shelf
    told = {
        "Hours": lambda total_s, used_s=0.0, _=None: Hours(total_s, used_s, clock),
        "Session": partial(Session, clock=clock, wall=lambda: 0.0),
        "Reporter": partial(Reporter, clock=clock),
        "time": SimpleNamespace(time=lambda: 0.0),
        "load_images": lambda _, part: Images(*patterns(*{"train": (120, 0), "test": (50, 1)}[part])),
        "Checkpoints": Telling,
        "_to_shelf": to_shelf,
        "_at_idle_priority": lambda: None,
        "_draw": lambda *args: None,  # a picture is not promised
    }
    lines = io.StringIO()
    with _at(folder), ExitStack() as stack, redirect_stderr(lines), redirect_stdout(lines):
        for name, instead in told.items():
            stack.enter_context(patch.object(train, name, instead))
        stack.enter_context(patch.dict(RECIPES, mlp=replace(RECIPES["mlp"], trainer=_trainer)))
        status = main(["train", "--data", "made on the spot", "--recipe", "mlp", "--hours", str(LOOKS / 3600)])
    assert status == 0, lines.getvalue()
    kept(folder)
    return lines.getvalue()


def found(folder: Path) -> str:
    """The newest checkpoint and the model that reads, each in short; neither is part of one, nor spoiled."""
    newest, complaints = "no checkpoint", list[str]()
    if (folder / CHECKPOINTS).is_dir():
        kept = {int(read(path)[0]["about"]["number"]): path for path in (folder / CHECKPOINTS).glob("check*.npz")}
        if kept:
            newest = f"checkpoint {max(kept)} {hashlib.sha256(kept[max(kept)].read_bytes()).hexdigest()[:12]}"
    shelf = Shelf(folder / SHELF)
    reads = "the shipped model"
    if shelf.chain(complaints.append) != [SHIPPED]:
        reads = identity(current_model(shelf, complaints.append))
    assert complaints == []
    return f"{newest}, {reads} reads"


def goes_on(folder: Path) -> None:
    """After a cut the night goes on from the newest checkpoint to its end; then nothing is left over."""
    was = found(folder)
    list(running([folder / STATUS]))  # a status is no promise, but nobody may stumble over what is left of one
    shelf = Shelf(folder / SHELF)
    before = shelf.listing().entries
    said = spend(folder)
    assert ("going on with what was cut off" in said) == was.startswith("checkpoint"), said
    listing = shelf.listing()
    # one that had come there before the cut, and is learnt again to the bit, is not put there twice
    assert len(listing.entries) == len(before) + ("is on the shelf already" not in said)
    assert listing.current in listing.entries, said
    assert all(shelf.file(number).exists() for number in listing.entries)
    assert found(folder).startswith("no checkpoint")
    assert sorted((folder / "state").rglob("*.part")) == []


def _trainer(rng: np.random.Generator) -> Trainer:
    """Of a network so small that thousands of nights can be spent."""
    network = Network([Dense(10)], SoftmaxCrossEntropy(), rng=rng)
    return Trainer(network, AdamW(), rng, rate=0.01, batch_size=32, schedule=one_cycle(), averaging=8)


@contextmanager
def _at(folder: Path) -> Iterator[None]:
    """The box's state, and its memory, are in this folder."""
    chosen = {
        "XDG_STATE_HOME": folder / "state",
        "XDG_RUNTIME_DIR": folder / "run",
        "INKLING_SHELF_PATH": folder / SHELF,
        "INKLING_TRAINING_CHECKPOINT_MINUTES": EVERY / 60,
    }
    with (
        patch.dict(os.environ, {name: str(value) for name, value in chosen.items()}),
        patch.object(places, "SYSTEM_FOLDER", folder / "none"),
    ):
        os.environ.pop("RUNTIME_DIRECTORY", None)
        yield

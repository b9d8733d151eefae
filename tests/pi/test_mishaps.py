"""What goes wrong on a box: each mishap is refused or made good, with one line that says what, and reading goes on.

The commands run for real, on a card that is really full or read-only.
"""

import fcntl
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.checkpoints import Checkpoints
from inkling.recipes import mlp
from inkling.samples import Sample, Samples
from inkling.shelf import Shelf
from inkling.simulation import paper
from inknet import Dense, Network, SoftmaxCrossEntropy, modelfile, save
from support import patterns

ANSWER = "472"

# runs a command and then reads, and tells status, output and errors of both
COMMANDS = """
import contextlib, io, json, sys
from pathlib import Path
from inkling import places
from inkling.cli import main
places.SYSTEM_FOLDER = Path("/nowhere")
def run(*arguments):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(list(arguments))
    return status, out.getvalue(), err.getvalue()
print(json.dumps([run(*sys.argv[2:]), run("read", sys.argv[1])]))
"""
# a card on which there is just room enough, until a training has taken its place: then another program fills it
FILLED = """
import os
from inkling.checkpoints import Checkpoints
save = Checkpoints.save
def filling(self, *arguments):
    saved = save(self, *arguments)
    if not self.missing:
        with open(os.environ["STATE"] + "/filled", "ab", 0) as file:
            while True:
                try:
                    file.write(bytes(4096))
                except OSError:
                    break
    return saved
Checkpoints.save = filling
"""
READ_ONLY = "mount --bind $STATE $STATE && mount -o remount,bind,ro $STATE"
FULL = (
    "cp -a $STATE $STATE.copy && mount -t tmpfs -o size=400k tmpfs $STATE && cp -a $STATE.copy/. $STATE"
    " && { head -c 1000000 /dev/zero > $STATE/full; true; } 2>/dev/null"
)
SMALL = "cp -a $STATE $STATE.copy && mount -t tmpfs -o size=10m tmpfs $STATE && cp -a $STATE.copy/. $STATE"


def network(mine: int) -> Network:
    return Network([Dense(10)], SoftmaxCrossEntropy(), rng=np.random.default_rng(mine))


@dataclass(frozen=True)
class Box:
    """A folder with what is on the card, and beside it what is given to the commands."""

    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / "state" / "inkling"

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.state / "models")

    @property
    def database(self) -> Path:
        return self.state / "samples.db"

    def meets(self, command: str, mount: str = "", before: str = "") -> list[tuple[int, str, str]]:
        """Status, output and errors of a command, and of reading after it. mount: on a card that is made like this.

        before: Python that runs first.
        """
        own = {name: value for name, value in os.environ.items() if not name.startswith("INKLING_")}
        own |= {"STATE": str(self.folder / "state"), "XDG_STATE_HOME": str(self.folder / "state")}
        own |= {"XDG_RUNTIME_DIR": str(self.folder / "run"), "INKLING_TRAINING_CHECKPOINT_MINUTES": "0"}
        arguments = [str(self.folder / "page.png"), *command.format(box=self.folder).split()]
        line = [sys.executable, "-c", before + COMMANDS, *arguments]
        if mount:
            if (
                not shutil.which("unshare")
                or subprocess.run(["unshare", "-rm", "sh", "-c", READ_ONLY], env=own).returncode
            ):
                pytest.skip("no file system can be mounted here (unshare -rm)")
            line = ["unshare", "-rm", "sh", "-c", f'{mount} && exec "$@"', "sh", *line]
        done = subprocess.run(line, capture_output=True, text=True, env=own)
        assert done.returncode == 0, done.stderr
        return [(status, out, err) for status, out, err in json.loads(done.stdout)]


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A box that has learnt a few digits and one model, which stands beside; its data teach nothing better."""
    rng = np.random.default_rng(5)
    (tmp_path / "data").mkdir()
    for name, images in (("train", rng.integers(0, 256, (120, 784))), ("test", patterns(120, 1)[0].reshape(120, 784))):
        np.savetxt(tmp_path / "data" / f"{name}.csv", np.column_stack([np.arange(120) % 10, images]), "%d", ",")
    page = paper.draw_page(ANSWER, rng, (240, 320))
    Image.fromarray(paper.photograph(page, paper.Light(), rng)).save(tmp_path / "page.png")
    page = paper.draw_page("7", rng, (240, 320))
    Image.fromarray(paper.photograph(page, paper.Light(), rng)).save(tmp_path / "seven.png")
    save(network(1), tmp_path / "one.npz")
    box = Box(tmp_path)
    with Samples(box.database) as samples:
        samples.add_all(Sample(glyph, int(label)) for glyph, label in zip(*patterns(10, seed=3), strict=True))
    box.shelf.add(network(2), "not surely better")
    return box


def nothing(box: Box) -> None:
    """All is well but for the card."""


def spoil_database(box: Box) -> None:
    box.database.write_bytes(bytes(4096) + box.database.read_bytes()[4096:])


def spoil_checkpoints(box: Box) -> None:
    with Checkpoints(box.state / "training", print) as checkpoints:
        for _ in range(2):
            checkpoints.save(mlp(np.random.default_rng(0)), {})
    for path in (box.state / "training").iterdir():
        path.write_bytes(path.read_bytes()[:-100])


def later_model(box: Box) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(modelfile, "FORMAT", modelfile.FORMAT + 1)
        box.shelf.add(network(3), "better", promote=True)
        save(network(3), box.folder / "later.npz")


def later_database(box: Box) -> None:
    with closing(sqlite3.connect(box.database)) as connection:
        connection.execute("PRAGMA user_version = 1000")


def no_numbers(box: Box) -> None:
    broken = network(3)
    broken.parameters[:] = np.nan
    box.shelf.add(broken, "better", promote=True)
    save(broken, box.folder / "nan.npz")


def spoil_lists(box: Box) -> None:
    for path in box.shelf.folder.glob("*.json"):
        path.write_text("{}")


def another_training(box: Box) -> None:
    """It holds the lock until this process ends."""
    (box.state / "training").mkdir()
    fcntl.flock(os.open(box.state / "training", os.O_RDONLY), fcntl.LOCK_EX)


LEARN = "learn {box}/seven.png --digit 7"
IMPORT = "model import {box}/one.npz"
TRAIN = "train --data {box}/data --recipe mlp --epochs 1"
READ = "read {box}/page.png"
INSTEAD = r"the package's own model reads instead of model 2: .*"


@pytest.mark.parametrize(
    ("harm", "mount", "command", "status", "told"),
    [
        pytest.param(nothing, FULL, LEARN, 1, "the card is full, and nothing of this was kept", id="full: learn"),
        pytest.param(nothing, FULL, IMPORT, 1, "No space left on device", id="full: import"),
        pytest.param(
            nothing,
            FULL,
            TRAIN,
            1,
            r"training: 0\.0 MB are free",
            id="full: train",
        ),
        pytest.param(nothing, READ_ONLY, LEARN, 1, "the card is read-only", id="read-only: learn"),
        pytest.param(nothing, READ_ONLY, IMPORT, 1, "Read-only file system", id="read-only: import"),
        pytest.param(nothing, READ_ONLY, TRAIN, 1, "Read-only file system", id="read-only: train"),
        pytest.param(spoil_database, "", LEARN, 0, "was damaged: it is kept as", id="database spoilt: learn"),
        pytest.param(spoil_database, "", TRAIN, 0, "was damaged: it is kept as", id="database spoilt: train"),
        pytest.param(spoil_checkpoints, "", TRAIN, 0, r"checkpoint-0\.npz is spoilt", id="checkpoints spoilt: train"),
        pytest.param(later_database, "", LEARN, 1, "later version", id="database of a later version: learn"),
        pytest.param(later_model, "", READ, 0, INSTEAD + "format 3", id="model of a later version: read"),
        pytest.param(later_model, "", TRAIN, 0, INSTEAD + "format 3", id="model of a later version: train"),
        pytest.param(later_model, "", "model import {box}/later.npz", 1, "format 3", id="of a later version: import"),
        pytest.param(no_numbers, "", READ, 0, INSTEAD + "finite", id="model of no numbers: read"),
        pytest.param(no_numbers, "", TRAIN, 0, INSTEAD + "finite", id="model of no numbers: train"),
        pytest.param(no_numbers, "", "model promote 2", 1, "finite|already", id="model of no numbers: promote"),
        pytest.param(no_numbers, "", "model import {box}/nan.npz", 1, "finite", id="model of no numbers: import"),
        pytest.param(spoil_lists, "", TRAIN, 0, r"shelf\.json is spoiled", id="lists spoilt: train"),
        pytest.param(another_training, "", TRAIN, 1, "another training is under way", id="two trainers"),
    ],
)
def test_a_mishap_is_one_line_and_reading_goes_on(
    box: Box, harm: Callable[[Box], None], mount: str, command: str, status: int, told: str
) -> None:
    harm(box)
    (ended, _, err), (read, text, complaint) = box.meets(command, mount)
    lines = err.splitlines()
    assert ended == status, err
    assert len([line for line in lines if re.search(told, line)]) == 1, err
    assert "Traceback" not in err
    if status:
        assert lines[-1].startswith(f"inkling {command.split()[0]}: "), err
    assert read == 0, complaint
    assert text.split()[1] == ANSWER
    assert len(complaint.splitlines()) <= 1


def test_a_card_that_is_filled_overnight_costs_nothing(box: Box) -> None:
    (ended, out, err), (read, text, _) = box.meets(TRAIN, SMALL, FILLED)
    assert ended == 0, err
    assert "model 2, it " in out
    assert "no checkpoint" not in err
    assert (read, text.split()[1]) == (0, ANSWER)

"""The shelf under power cuts: the model that reads is one that was promoted, whole, and none that is kept is lost."""

import io
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np

from inkling.cli import main
from inkling.listing import KEPT, SHIPPED
from inkling.models import current_model
from inkling.shelf import Shelf
from inknet import Dense, Network, SoftmaxCrossEntropy, save

FOLDER = "state/inkling/models"

LIVES = """
from pathlib import Path
import sys
from powercut.shelf import live
live(Path(sys.argv[1]))
"""


def network(mine: int) -> Network:
    """One that is known by its weights."""
    made = Network([Dense(10)], SoftmaxCrossEntropy())
    made.parameters[:200] = np.random.default_rng(mine).random(200)  # the rest is zero, for a small file
    made.about = {"mine": mine}
    return made


def live(folder: Path) -> None:
    """All that is done to a shelf; says after each step what reads, and what is kept, from now on."""
    shelf = Shelf(folder / FOLDER)

    def add(mine: int, promote: bool = False) -> None:
        shelf.add(network(mine), f"network {mine}", promote)

    steps: list[Callable[[], object]] = [
        partial(add, 1),
        partial(add, 2, promote=True),
        partial(add, 3, promote=True),
        partial(_import, folder, 4),
        partial(shelf.promote, 1),
        shelf.rollback,
        partial(shelf.remove, 1),
        partial(shelf.promote, SHIPPED),
        shelf.rollback,
        # until old ones are removed
        *(partial(add, mine, promote=True) for mine in range(5, 5 + KEPT)),
        *(partial(add, mine) for mine in range(5 + KEPT, 6 + 2 * KEPT)),
        shelf.rollback,
    ]
    for step in steps:
        step()
        print(shown(folder), flush=True)


def shown(folder: Path) -> str:
    """What reads, after a look at all its weights, and what else there is, each file with its checksum."""
    shelf, complaints = Shelf(folder / FOLDER), list[str]()
    reads = "the shipped model"
    if shelf.chain(complaints.append) != [SHIPPED]:
        found = current_model(shelf, complaints.append)
        reads = f"network {found.about['mine']}"
        np.testing.assert_array_equal(found.state, network(found.about["mine"]).state)
    assert complaints == []  # a cut is nothing that is told about
    listing = shelf.listing()
    assert all(shelf.file(number).exists() for number in listing.entries)
    kept = [f"{number} ({entry})" for number, entry in listing.entries.items()]
    return f"{reads} reads; {', '.join(kept)}; promoted were {listing.promoted}, the next is {listing.following}"


def goes_on(folder: Path) -> None:
    """The next model is added and reads, none is lost to it, and nothing that is half done is left over."""
    shelf = Shelf(folder / FOLDER)
    before = shelf.listing()
    entry = shelf.add(network(99), "the next", promote=True)
    assert entry.number not in before.entries
    assert shown(folder).startswith("network 99 reads")
    listing = shelf.listing()
    assert len(list(shelf.folder.iterdir())) == len(listing.entries) + 2


def _import(folder: Path, mine: int) -> None:
    with tempfile.TemporaryDirectory() as elsewhere, redirect_stdout(io.StringIO()):
        save(network(mine), Path(elsewhere, "a.npz"))
        with patch.dict(os.environ, INKLING_SHELF_PATH=str(folder / FOLDER)):
            if main(["model", "import", str(Path(elsewhere, "a.npz"))]):
                sys.exit("the model was not taken in")

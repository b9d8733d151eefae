"""The shelf when the plug is pulled: whatever a cut leaves behind opens, and a model that was promoted reads, whole."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inkling.listing import KEPT, SHIPPED
from inkling.models import current_model
from inkling.shelf import Shelf
from inknet import Dense, Network, SoftmaxCrossEntropy, save
from rehearsal import Recorder, Tree, restore

Step = tuple[Callable[[Shelf], object], int | None]  # what is done, and which network reads after it


def network(mine: int) -> Network:
    made = Network([Dense(10)], SoftmaxCrossEntropy())
    made.parameters[:200] = np.random.default_rng(mine).random(200)  # the rest is zero, for a small file
    made.about = {"mine": mine}
    return made


def add(mine: int, promote: bool = False) -> Callable[[Shelf], object]:
    return lambda shelf: shelf.add(network(mine), f"network {mine}", promote)


LIFE: list[Step] = [
    (add(1), None),
    (add(2, promote=True), 2),
    (add(3, promote=True), 3),
    (add(4), 3),
    (lambda shelf: shelf.promote(1), 1),
    (lambda shelf: shelf.rollback(), 3),
    (lambda shelf: shelf.remove(1), 3),
    (lambda shelf: shelf.promote(SHIPPED), None),
    (lambda shelf: shelf.rollback(), 3),
    # until old ones are removed
    *((add(mine, promote=True), mine) for mine in range(5, 5 + KEPT)),
    *((add(mine), 4 + KEPT) for mine in range(5 + KEPT, 6 + 2 * KEPT)),
    (lambda shelf: shelf.rollback(), 3 + KEPT),
]


def test_the_model_that_reads_after_a_cut_is_one_that_was_promoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "card"
    root.mkdir()
    shelf = Shelf(root / "inkling" / "models")
    recorder = Recorder(root)
    checks: list[tuple[list[Tree], set[int | None]]] = []
    with monkeypatch.context() as patch:
        recorder.install(patch)
        before: int | None = None
        for action, after in LIFE:
            action(shelf)
            checks.append((recorder.mark(), {before, after}))
            before = after
    # from here on nothing is cut off
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    weights = {mine: network(mine).state for mine in range(1, 100)}
    different = 0
    for trees, allowed in checks:
        for i, tree in enumerate(trees):
            different += 1
            place = tmp_path / "after"
            place.mkdir()
            restore(tree, place)
            found = _reads(Shelf(place / "inkling" / "models"), weights)
            assert found in allowed, f"{found} reads, not one of {allowed}, with {sorted(tree)}"
            if i % 13 == 0:
                _goes_on(Shelf(place / "inkling" / "models"), weights)
            shutil.rmtree(place)
    print(f"{recorder.states} states, {different} of them different")
    assert recorder.states > 2000
    assert different > 1000


def test_what_was_done_is_not_undone_by_a_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "card"
    root.mkdir()
    shelf = Shelf(root / "inkling" / "models")
    weights = {mine: network(mine).state for mine in range(1, 100)}
    recorder = Recorder(root)
    left: list[tuple[list[Tree], int | None, set[int]]] = []
    with monkeypatch.context() as patch:
        recorder.install(patch)
        for action, after in LIFE:
            action(shelf)
            recorder.mark()  # from now on a cut finds the step done
            left.append((list(recorder.cuts), after, set(shelf.listing().entries)))
    for number, (trees, after, entries) in enumerate(left):
        for i, tree in enumerate(trees):
            place = tmp_path / f"{number} {i}"
            place.mkdir()
            restore(tree, place)
            found = Shelf(place / "inkling" / "models")
            assert _reads(found, weights) == after
            assert set(found.listing().entries) == entries
            assert all(found.file(each).exists() for each in entries)


def _reads(shelf: Shelf, weights: dict[int, np.ndarray]) -> int | None:
    """The number of the network that reads, after a look at all its weights; a cut is nothing that is told about."""
    lines: list[str] = []
    found = current_model(shelf, lines.append)
    assert lines == []
    mine: int | None = found.about.get("mine")
    if mine is not None:
        np.testing.assert_array_equal(found.state, weights[mine])
    return mine


def _goes_on(shelf: Shelf, weights: dict[int, np.ndarray]) -> None:
    """Life goes on: the next model is added and reads, none is lost, and nothing that is half done is left over."""
    before = shelf.listing()
    entry = shelf.add(network(99), "the next", promote=True)
    assert _reads(shelf, weights) == 99
    assert entry.number not in before.entries
    assert all(shelf.file(number).exists() for number in shelf.listing().entries)
    assert len(list(shelf.folder.iterdir())) == len(shelf.listing().entries) + 2


def test_the_rehearsal_finds_what_is_left_to_luck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file that is written carelessly, a cut can leave the old one, the new one, half of it, or none."""
    root = tmp_path / "card"
    root.mkdir()
    recorder = Recorder(root)
    with monkeypatch.context() as patch:
        recorder.install(patch)
        save(network(1), root / "a.npz")
        whole = (root / "a.npz").read_bytes()
        recorder.mark()
        assert [tree["a.npz"] for tree in recorder.cuts] == [whole]
        with (root / "a.npz").open("wb") as file:
            file.write(b"careless")
        found = {tree.get("a.npz") for tree in recorder.mark()}
    assert {whole, b"", b"care", b"careless"} <= found

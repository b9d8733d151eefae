"""Power cuts: what is done to files is recorded, and then every state is made that a cut could have left behind.

The rules are those on which careful programs rely (Pillai et al., "All file systems are not created equal", OSDI 2014):
data is safe once its file was synced, a name once its folder was. Before that, the data may be there, or in part, or as
zeros, or not at all, and of the changes of names any may have come to the card and any not, but each as a whole.
"""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest

Tree = dict[str, bytes]  # the files under a folder by their names; a folder's ends with / and holds nothing
TEARS = 12  # places at which what was written is torn
LARGEST = 6  # so many changes of names that nobody synced are taken in all combinations; of more, a few


@dataclass(eq=False)
class Node:
    """A file or a folder: what was written to it, and how much of that is safe."""

    folder: bool = False
    data: bytes = b""
    safe: bytes | None = None

    def possible(self) -> list[bytes]:
        """What it may hold after a cut."""
        if self.folder or self.safe == self.data:
            return [self.data]
        torn = [self.data[: len(self.data) * part // TEARS] for part in range(TEARS)] + [self.data[:-1]]
        zeros = [part.ljust(len(self.data), b"\0") for part in torn]
        return list(dict.fromkeys([self.data, *torn, *zeros, self.safe or b""]))


@dataclass
class Card:
    """A card in the middle of work: the names that are safe, and the changes of names that are not, in their order."""

    nodes: dict[str, Node] = field(default_factory=dict)  # as programs see them
    safe: dict[str, Node] = field(default_factory=dict)
    changes: list[dict[str, Node | None]] = field(default_factory=list)

    def take(self, change: dict[str, Node | None]) -> None:
        for name, node in change.items():
            self.nodes.pop(name, None)
            if node is not None:
                self.nodes[name] = node
        self.changes.append(change)

    def sync_folder(self, folder: str) -> None:
        left = []
        for change in self.changes:
            if all(_parent(name) == folder for name in change):
                _apply(self.safe, change)
            else:
                left.append(change)
        self.changes = left

    def trees(self) -> Iterator[Tree]:
        """All that a cut at this instant could leave behind."""
        count = len(self.changes)
        several = range(count + 1) if count <= LARGEST else (0, 1, count - 1, count)
        for chosen in chain.from_iterable(combinations(range(count), size) for size in several):
            names = dict(self.safe)
            for i in chosen:
                _apply(names, self.changes[i])
            there = {name: node for name, node in sorted(names.items()) if _has_parents(name, names)}
            unsafe = list(dict.fromkeys(node for node in there.values() if len(node.possible()) > 1))
            # one file at a time: of careless programs there would be no end of combinations
            for data in [{}, *({node: held} for node in unsafe for held in node.possible())]:
                yield {name + "/" * node.folder: data.get(node, node.data) for name, node in there.items()}


class Recorder:
    """While it is on, changes under a folder are done as ever, and kept on a Card. `cuts` grows with each of them.

    Only fsync is not done: on the Card it counts, and the real one costs time.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.card = root, Card()
        self.cuts: list[Tree] = []
        self.states = 0
        self._seen: set[int] = set()
        self._open: dict[int, str] = {}

    def mark(self) -> list[Tree]:
        """The different trees that cuts since the last mark could have left."""
        found, self.cuts, self._seen = self.cuts, [], set()
        self.cut()
        return found

    def cut(self) -> None:
        for tree in self.card.trees():
            self.states += 1
            key = hash(tuple(tree.items()))
            if key not in self._seen:
                self._seen.add(key)
                self.cuts.append(tree)

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Puts itself in the place of what programs change files with."""
        real_io_open, real_open = io.open, os.open
        real_replace, real_unlink, real_mkdir = os.replace, os.unlink, os.mkdir

        def io_open(file: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
            opened = real_io_open(file, mode, *args, **options)
            name = self._name(file)
            if name is None or mode == "rb":
                return opened
            assert mode == "wb", f"{file} is opened in the mode {mode}, which is not recorded"
            node = self.card.nodes.get(name)
            if node is None:
                self._change({name: Node()})
            else:
                node.data = b""
            self._open[opened.fileno()] = name
            return _Written(opened, lambda data: self._write(name, data))

        def os_open(path: Any, flags: int, *args: Any, **options: Any) -> int:
            descriptor = real_open(path, flags, *args, **options)
            name = self._name(path)
            if name is not None:
                assert flags & os.O_ACCMODE == os.O_RDONLY, f"{path} is opened for writing, which is not recorded"
                self._open[descriptor] = name
            return descriptor

        def fsync(descriptor: int) -> None:
            name = self._open.get(descriptor)
            if name is not None:
                node = self.card.nodes.get(name)
                if name == "" or (node is not None and node.folder):
                    self.card.sync_folder(name)
                elif node is not None:
                    node.safe = node.data
                self.cut()

        def replace(source: Any, target: Any, **options: Any) -> None:
            real_replace(source, target, **options)
            old, new = self._name(source), self._name(target)
            if old is not None and new is not None:
                self._change({old: None, new: self.card.nodes[old]})

        def unlink(path: Any, **options: Any) -> None:
            real_unlink(path, **options)
            if (name := self._name(path)) is not None:
                self._change({name: None})

        def mkdir(path: Any, *args: Any, **options: Any) -> None:
            real_mkdir(path, *args, **options)
            if (name := self._name(path)) is not None:
                self._change({name: Node(folder=True)})

        patch.setattr(io, "open", io_open)
        for name, function in (("open", os_open), ("fsync", fsync), ("unlink", unlink), ("mkdir", mkdir)):
            patch.setattr(os, name, function)
        patch.setattr(os, "replace", replace)
        patch.setattr(os, "rename", replace)
        self.cut()

    def _name(self, path: Any) -> str | None:
        """The name of a path under the root, "" for the root itself; None for one elsewhere."""
        if isinstance(path, int):
            return None
        whole = Path(path)
        return str(whole.relative_to(self.root)).strip(".") if whole.is_relative_to(self.root) else None

    def _change(self, change: dict[str, Node | None]) -> None:
        self.card.take(change)
        self.cut()

    def _write(self, name: str, data: bytes) -> None:
        self.card.nodes[name].data += data
        self.cut()


class _Written:
    """A file whose writes are told."""

    def __init__(self, file: Any, tell: Any) -> None:
        self._file, self._tell = file, tell

    def write(self, data: Any) -> int:
        count: int = self._file.write(data)
        self._tell(bytes(data))
        return count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> "_Written":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()


def restore(tree: Tree, root: Path) -> None:
    """Makes the files of a tree under a folder that is empty."""
    for name, data in tree.items():
        path = root / name
        if name.endswith("/"):
            path.mkdir()
        else:
            path.write_bytes(data)


def _apply(names: dict[str, Node], change: dict[str, Node | None]) -> None:
    for name, node in change.items():
        names.pop(name, None)
        if node is not None:
            names[name] = node


def _parent(name: str) -> str:
    return str(Path(name).parent).strip(".")


def _has_parents(name: str, names: dict[str, Node]) -> bool:
    parent = _parent(name)
    return parent == "" or (parent in names and _has_parents(parent, names))

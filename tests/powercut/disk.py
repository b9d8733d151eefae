"""What a disk may hold after a cut: all that was synced, and of the rest any part, some of it torn.

Of the names that changed in a folder since it was last synced, the first so many are there, as a journalling file
system has it, or any of them, as others do; each change is there as a whole or not at all. What was written into a file
since it was last synced is there or not, sector by sector, in any order; a file may have grown without what was written
there, and hold anything instead.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from .recording import Operation

SECTOR_BYTES = 512
NAMING = ("create", "mkdir", "unlink", "link", "rename")

Tree = dict[str, bytes | None]  # content by name; None is a folder


@dataclass
class Disk:
    """A folder's names and files as the program sees them, and since when they are not synced."""

    names: dict[str, int | None] = field(default_factory=dict)  # file by name; None is a folder
    synced: dict[int, bytes] = field(default_factory=dict)
    pending: dict[int, list[Operation]] = field(default_factory=dict)
    renaming: list[Operation] = field(default_factory=list)  # names that were changed and not synced, in order
    lines: int = 0  # that the program has printed

    def do(self, operation: Operation) -> None:
        if operation.kind in NAMING:
            self.renaming.append(operation)
            if operation.kind == "create":
                self.synced[operation.file] = b""
        elif operation.kind in ("write", "truncate"):
            self.pending.setdefault(operation.file, []).append(operation)
        elif operation.kind == "sync":
            self._sync(operation.file)
        elif operation.kind == "syncdir":
            self._sync_names(operation.name)
        elif operation.kind == "syncall":
            for file in list(self.pending):
                self._sync(file)
            self._sync_names(None)
        else:
            self.lines += operation.data.count(b"\n")

    def _sync(self, file: int) -> None:
        self.synced[file] = _applied(self.synced[file], self.pending.pop(file, []))

    def _sync_names(self, folder: str | None) -> None:
        """Changes of a folder's names are durable, None being all; one that is of two folders too is not counted on."""
        left = []
        for operation in self.renaming:
            folders = {_folder(name) for name in (operation.name, operation.other) if name}
            if folder is None or folders == {folder}:
                _rename(self.names, operation)
            else:
                left.append(operation)
        self.renaming = left

    def after_cut(self, rng: np.random.Generator | None, named: float) -> Tree:
        """What is left: with a rng any part of what is not synced, and without one all or nothing of it.

        named: how much of the changes of names, from 0 to 1; without a rng, 1 also keeps what was written.
        """
        names = dict(self.names)
        renaming = self.renaming[: round(named * len(self.renaming))]
        if rng is not None and rng.random() < 0.5:
            renaming = [operation for operation in self.renaming if rng.random() < named]
        for operation in renaming:
            _rename(names, operation)
        tree: Tree = {}
        for name, file in names.items():
            if file is None:
                tree[name] = None
                continue
            pending = self.pending.get(file, [])
            if rng is not None:
                tree[name] = _torn(self.synced[file], pending, rng)
            else:
                tree[name] = _applied(self.synced[file], pending)
        return {name: content for name, content in tree.items() if _is_reachable(name, tree)}

    def without_data(self, named: float) -> Tree:
        """What is left if nothing is there that was not synced, other than names."""
        kept, self.pending = self.pending, {}
        try:
            return self.after_cut(None, named)
        finally:
            self.pending = kept


def states(before: Tree, operations: Sequence[Operation], torn: int, seed: int = 0) -> Iterator[tuple[Tree, int, bool]]:
    """Every state in which a cut may leave the disk, how many lines the program had printed by then, and whether all
    that it had done has lasted.

    before: what was there. torn: for each instant, so many states with a random part of what was not synced, beside the
    three with all of it, with nothing of it, and with the names only. A state that has come already is left out.
    """
    rng = np.random.default_rng(seed)
    disk, seen = Disk(), set[int]()
    for name, number in numbered(before).items():
        content = before[name]
        disk.names[name] = None if content is None else number
        if content is not None:
            disk.synced[number] = content
    for operation in [None, *operations]:
        if operation is not None:
            disk.do(operation)
        trees = [disk.after_cut(None, 1.0), disk.without_data(0.0), disk.without_data(1.0)]
        trees += [disk.after_cut(rng, rng.random()) for _ in range(torn if disk.pending or disk.renaming else 0)]
        for number, tree in enumerate(trees):
            key = hash((disk.lines, tuple(sorted(tree.items()))))
            if key not in seen:
                seen.add(key)
                yield tree, disk.lines, number == 0


def numbered(tree: Tree) -> dict[str, int]:
    """A number for each file of a tree, by name."""
    return {name: number for number, name in enumerate(tree, 1)}


def read(folder: Path) -> Tree:
    """What a folder holds."""
    return {
        path.relative_to(folder).as_posix(): None if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
    }


def write(tree: Tree, folder: Path) -> None:
    """Makes a folder hold a tree; it has to be empty."""
    for name, content in sorted(tree.items()):
        if content is None:
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(content)


def _folder(name: str) -> str:
    return str(PurePosixPath(name).parent)


def _is_reachable(name: str, tree: Tree) -> bool:
    folder = _folder(name)
    return folder == "." or (tree.get(folder, b"") is None and _is_reachable(folder, tree))


def _rename(names: dict[str, int | None], operation: Operation) -> None:
    if operation.kind in ("create", "mkdir"):
        names[operation.name] = operation.file or None
    elif operation.kind in ("link", "rename"):
        if operation.kind == "rename":
            names.pop(operation.name, None)
        names[operation.other] = operation.file
    else:
        names.pop(operation.name, None)  # an index in memory is not followed


def _applied(content: bytes, operations: Sequence[Operation]) -> bytes:
    data = bytearray(content)
    for operation in operations:
        _apply(data, operation, 0, len(operation.data))
    return bytes(data)


def _apply(data: bytearray, operation: Operation, begin: int, end: int) -> None:
    """A truncation, or the bytes of a write from begin to end."""
    if operation.kind == "truncate":
        data[operation.at :] = bytes(max(0, operation.at - len(data)))
        return
    at = operation.at + begin
    data.extend(bytes(max(0, at - len(data))))
    data[at : at + end - begin] = operation.data[begin:end]


def _torn(content: bytes, operations: Sequence[Operation], rng: np.random.Generator) -> bytes:
    """A file of whose changes some have reached the disk, sector by sector."""
    data, share = bytearray(content), rng.choice([0.0, 0.1, 0.5, 0.9, 1.0])
    stop = int(rng.integers(0, len(operations) + 1)) if rng.random() < 0.5 else len(operations)
    for operation in operations[:stop]:
        if operation.kind == "truncate":
            if rng.random() < share:
                _apply(data, operation, 0, 0)
            continue
        begin = 0
        while begin < len(operation.data):
            end = min(len(operation.data), begin + SECTOR_BYTES - (operation.at + begin) % SECTOR_BYTES)
            if rng.random() < share:
                _apply(data, operation, begin, end)
            begin = end
    if rng.random() < 0.3:  # the size is there, and the data are not: zeros, or what somebody else has left there
        grown = max(0, len(_applied(content, operations)) - len(data))
        data.extend(bytes(grown) if rng.random() < 0.5 else rng.bytes(grown))
    return bytes(data)

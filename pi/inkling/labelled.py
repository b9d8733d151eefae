"""Labelled folders: pictures of which it is known what is written on them, from an INDEX.csv or from their names."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import DatasetError

INDEX = "INDEX.csv"
NONE = "none"  # how the label of a picture begins that has no digit on it: none, none-hand
SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".pgm", ".ppm", ".tif", ".tiff", ".webp", ".jp2", ".avif")


@dataclass(frozen=True)
class Labelled:
    """A picture and what is written on it.

    name: the file's path below the folder, by which it is called. kind: the first folder of that path, or the folder's
    own name. writer: "" where it is not known. digits: the label's digits in reading order, "" if there is none on it.
    row: all that an index says of it, by column; empty without an index.
    """

    path: Path
    name: str
    kind: str
    writer: str
    label: str
    row: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def digits(self) -> str:
        """The digits in reading order, without the signs between them; "" for a picture without any."""
        return "" if self.label.lower().startswith(NONE) else "".join(c for c in self.label if c in "0123456789")

    @property
    def problem(self) -> str | None:
        """Why the label does not say what is written, as a sentence; None if it does.

        It does if it begins with `none`, or has digits, and signs that are no letters (x is a sign): 2*(3+41).
        """
        if not self.label:
            return f"it has no label; where there is no digit, that is {NONE!r}"
        if self.label.lower().startswith(NONE):
            return None
        if not self.digits or any(c.isalpha() and c not in "xX" for c in self.label):
            return f"its label {self.label!r} is neither digits and signs nor {NONE!r}"
        return None


def labelled_pictures(folder: Path) -> list[Labelled]:
    """The pictures of a labelled folder, in the order of its index or of their names.

    With an INDEX.csv, its columns file, label, and, if there, writer. Without one, every picture in it and below it
    whose name has its label after the last `_`: photo_42.jpg; names without `_` have an empty label.
    Raises DatasetError if the index is malformed or there is no picture; OSError if the folder cannot be read.
    """
    index = folder / INDEX
    found = list(_indexed(folder, index) if index.is_file() else _named(folder))
    if not found:
        raise DatasetError(f"{folder}: there is no {INDEX} in it, and no picture with a name such as photo_42.jpg")
    return found


def _indexed(folder: Path, index: Path) -> Iterator[Labelled]:
    with index.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file, strict=True)
        try:
            if missing := [name for name in ("file", "label") if name not in (rows.fieldnames or ())]:
                raise DatasetError(f"{index}: its first line does not name the column {missing[0]!r}")
            for row in rows:
                if not row["file"] or row["label"] is None:
                    raise DatasetError(f"{index}, line {rows.line_num}: a file and a label are needed")
                yield _labelled(folder, Path(row["file"]), row["label"].strip(), (row.get("writer") or "").strip(), row)
        except (csv.Error, UnicodeDecodeError) as error:
            raise DatasetError(f"{index}, after line {rows.line_num}: {error}") from error


def _named(folder: Path) -> Iterator[Labelled]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            _, mark, label = path.stem.rpartition("_")
            yield _labelled(folder, path.relative_to(folder), label if mark else "", "")


def _labelled(folder: Path, name: Path, label: str, writer: str, row: Mapping[str, str] | None = None) -> Labelled:
    kind = name.parts[0] if len(name.parts) > 1 else folder.resolve().name
    return Labelled(folder / name, name.as_posix(), kind, writer, label, row or {})

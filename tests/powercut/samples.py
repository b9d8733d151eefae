"""The owner's samples under power cuts: learning, and the saving of what a damaged database holds."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from inkling import salvage
from inkling.exchange import imported
from inkling.labelled import INDEX
from inkling.samples import Sample, Samples

FILE = "state/inkling/samples.db"

# every kind of change, the making of folders, the closing (which moves the log into the file), and a full collection
LEARNS = """
import sys
from pathlib import Path
import numpy as np
from inkling.samples import Sample, Samples
from powercut.samples import FILE, digest
rng = np.random.default_rng(0)
def glyph():
    return rng.integers(0, 256, (28, 28), dtype=np.uint8)
def say():
    print(digest(samples), flush=True)
for session in range(3):
    with Samples(Path(sys.argv[1], FILE), most=60, report=lambda text: None) as samples:
        say()
        first = glyph()
        number = samples.add(first, 7).number
        say()
        for label in (None, 3, 10, None):
            samples.add(glyph(), label)
            say()
        samples.add(first, 1)
        say()
        samples.relabel([number], 4)
        say()
        samples.add_all(Sample(glyph(), label) for label in (*range(10), *[None] * 12))
        say()
        samples.remove([number])
        say()
"""

HEALS = """
import sys
from pathlib import Path
from powercut.samples import FILE, digest
from inkling.samples import Samples
with Samples(Path(sys.argv[1], FILE), report=lambda text: None) as samples:
    print(digest(samples), flush=True)
"""


# who has taken them along may remove them
EXPORTS = """
import sys
from pathlib import Path
from inkling.exchange import export_csv, export_folder
from powercut.samples import shown_elsewhere, some
folder = Path(sys.argv[1])
for write, name in ((export_folder, "folder"), (export_csv, "file.csv")):
    write(some(), folder / name)
    print(shown_elsewhere(folder), flush=True)
"""


def some() -> list[Sample]:
    rng = np.random.default_rng(2)
    glyphs = (rng.random((6, 28, 28)) * 128).astype(np.uint8)
    return [Sample(glyph, number, number=number) for number, glyph in enumerate(glyphs)]


def shown_elsewhere(folder: Path) -> str:
    """What was written for elsewhere, and can be taken in from there; a folder without its index is not finished."""
    finished = [path for path in (folder / "folder", folder / "file.csv") if path.is_file() or (path / INDEX).is_file()]
    taken = [[(sample.label, sample.glyph.tobytes()) for sample in imported(path)] for path in finished]
    return f"{[path.name for path in finished]} {hashlib.sha256(repr(taken).encode()).hexdigest()}"


def digest(samples: Samples) -> str:
    """All that is kept, in short."""
    kept = [(s.number, s.label, s.time_s, s.glyph.tobytes()) for s in samples]
    return f"{len(kept)} {hashlib.sha256(repr(kept).encode()).hexdigest()}"


def shown(folder: Path) -> str:
    """What is read after a cut, which is no damage: nothing may be set aside."""
    return _shown(folder, _refuse)


def shown_after_healing(folder: Path) -> str:
    """What is read after a cut in the middle of healing; all of it still has to be found in the file set aside, too."""
    text = _shown(folder, lambda text: None)
    with Samples(folder / FILE) as samples:
        kept = {sample.number: sample.label for sample in samples}
    found = [
        {number: row[3] for number, row in salvage.rows(path) if len(row) == 9}
        for path in (folder / FILE).parent.iterdir()
        if re.search(r"\.damaged-[0-9T]+(-\d+)?$", path.name)
    ]
    assert kept in found, "the damaged file is lost"
    return text


def damaged(folder: Path) -> None:
    """A database with changes that stand in its log only, and then its first page lost."""
    path = folder / FILE
    rng = np.random.default_rng(1)
    glyphs = rng.integers(0, 256, (20, 28, 28), dtype=np.uint8)
    with Samples(path) as samples:
        samples.add_all(Sample(glyph, 1, time_s=1.0) for glyph in glyphs)
    with Samples(path) as samples:
        samples.relabel([2, 3], 9)
        data, log = path.read_bytes(), path.with_name("samples.db-wal").read_bytes()
    path.write_bytes(bytes(4096) + data[4096:])
    path.with_name("samples.db-wal").write_bytes(log)


def _refuse(text: str) -> None:
    raise AssertionError(text)


def _shown(folder: Path, report: Callable[[str], None]) -> str:
    with Samples(folder / FILE, report=report) as samples:
        return digest(samples)

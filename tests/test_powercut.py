"""Power cuts: nothing promised is lost, and what cuts the power finds it where something is."""

import shutil
from pathlib import Path

import pytest

from powercut.cutting import cut
from powercut.works import WORKS, Work

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed: apt install strace")


@pytest.mark.parametrize("name", WORKS)
def test_nothing_that_was_promised_is_lost(name: str, tmp_path: Path) -> None:
    result = cut(WORKS[name], tmp_path, torn=2)
    assert result.states > 3 * result.promises
    assert result.wrong == []


WRITES = """
import os, sys
from pathlib import Path
folder = Path(sys.argv[1])
for text in ("one", "two"):
    with (folder / "part").open("w") as file:
        file.write(1000 * text)
        file.flush()
        os.fsync(file.fileno())
    (folder / "part").replace(folder / "whole")
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
    print(text, flush=True)
"""


def whole(folder: Path) -> str:
    path = folder / "whole"
    if not path.exists():
        return "nothing"
    text = path.read_text()
    return next((each for each in ("one", "two") if text == 1000 * each), "a part")


@pytest.mark.parametrize(
    ("forgotten", "instead", "seen"),
    [
        pytest.param("", "", "", id="nothing is forgotten"),
        pytest.param("os.fsync(file.fileno())", "pass", "a part is read", id="the file is not synced"),
        pytest.param("os.fsync(handle)", "pass", "nothing is read", id="the folder is not synced"),
        pytest.param(' / "part"', ' / "whole"', "a part is read", id="it is written in its place"),
        pytest.param("print(text", "print('three'", "is read", id="something else is promised"),
    ],
)
def test_what_is_forgotten_is_found(tmp_path: Path, forgotten: str, instead: str, seen: str) -> None:
    program = WRITES.replace(forgotten, instead).replace('(folder / "whole").replace(folder / "whole")', "pass")
    result = cut(Work(lambda folder: None, program, whole), tmp_path, torn=5)
    assert result.promises == 2
    assert bool(result.wrong) == bool(forgotten)
    assert all(seen in text for text in result.wrong[:1])

"""Fixtures that several tests share."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from support import patterns, real_data


@pytest.fixture(scope="session", autouse=True)
def _shelf_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The shipped model reads, whatever is on this machine's shelf."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INKLING_SHELF_PATH", str(tmp_path_factory.mktemp("shelf") / "models"))
        yield


@pytest.fixture
def analyze() -> str:
    """The command that looks at units without starting them."""
    command = shutil.which("systemd-analyze")
    if command is None:
        pytest.skip("systemd-analyze is not here: apt install systemd")
    return command


@pytest.fixture
def mnist() -> Path:
    return real_data("mnist")


@pytest.fixture
def photos() -> Path:
    return real_data("photos")


@pytest.fixture
def csv_data(tmp_path: Path) -> Path:
    """A folder with a training and a test file like the talk's."""
    folder = tmp_path / "csv"
    folder.mkdir()
    for name, count, seed in (("train_240", 240, 0), ("test_50", 50, 1)):
        images, labels = patterns(count, seed)
        table = np.column_stack([labels, images.reshape(count, -1)])
        np.savetxt(folder / f"digits_{name}.csv", table, "%d", ",")
    return folder


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    """Commands that run inside a test may set what SIGTERM does."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)

"""How much memory training and reading take at their highest: each command in a process of its own, as a user runs it.

A process starts with the highest memory of the one that starts it (Linux hands it on), so this one has to be small:
it imports nothing that is large, and is used before anything large is imported.
"""

import gzip
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PAGE = Path(__file__).parents[2] / "deploy" / "pictures" / "page.jpg"
IMAGES, BYTES = 60_000, 28 * 28  # as many as MNIST has, and of that size
EPOCHS = 0.1  # 43 batches; then the images that are held back are read, which is when most memory is needed

ABOVE_NUMPY = "memory: read page.jpg, above NumPy"
GOALS_MB = {
    "memory: train cnn on 60,000 images": 180,
    "memory: train night on 60,000 images": 180,
    "memory: read page.jpg": 60,
    ABOVE_NUMPY: 25,
    "memory: watch 400 frames": 90,
}


def report(data: Path | None, only: str) -> list[bool]:
    """Prints a line for each command whose name has `only` in it; returns for each whether it misses its goal."""
    missed = []
    commands: dict[str, Callable[[Path], list[str]]] = {
        "memory: train cnn on 60,000 images": lambda folder: _training("cnn", data, folder),
        "memory: train night on 60,000 images": lambda folder: _training("night", data, folder),
        "memory: read page.jpg": lambda folder: ["read", str(PAGE)],
        ABOVE_NUMPY: lambda folder: ["read", str(PAGE)],
        "memory: watch 400 frames": lambda folder: [
            *("watch", "--camera", "simulated", "--display", "json", "--frames", "400"),
        ],
    }
    chosen = {title: arguments for title, arguments in commands.items() if only in title}
    if chosen:
        print(f"{'highest resident memory':36} {'MB':>8} {'goal':>6}")
    for title, arguments in chosen.items():
        with tempfile.TemporaryDirectory() as folder:
            peak = peak_mb([sys.executable, "-m", "inkling.cli", *arguments(Path(folder))])
            if title == ABOVE_NUMPY:
                peak -= peak_mb([sys.executable, "-c", "import numpy"])
        is_missed = peak > GOALS_MB[title]
        missed.append(is_missed)
        print(f"{title:36} {peak:8.1f} {GOALS_MB[title]:6}{'  missed' * is_missed}")
    return missed


def _training(recipe: str, data: Path | None, folder: Path) -> list[str]:
    return [
        *("train", "--recipe", recipe, "--epochs", str(EPOCHS)),
        *("--data", str(data or random_mnist(folder)), "--out", str(folder / "model.npz")),
    ]


def peak_mb(command: list[str]) -> float:
    """The highest resident memory of a command, in MB of 1024 * 1024 bytes; raises CalledProcessError if it fails."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            print(said.read().decode(errors="replace"), file=sys.stderr)
            raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_maxrss / 1024  # Linux counts it in kB


def random_mnist(folder: Path) -> Path:
    """Makes files as MNIST's training images and labels in the folder, full of noise; returns the folder."""
    with idx(folder / "train-images-idx3-ubyte.gz", IMAGES, 28, 28) as write:
        for _ in range(0, IMAGES, 1000):
            write(os.urandom(1000 * BYTES))
    with idx(folder / "train-labels-idx1-ubyte.gz", IMAGES) as write:
        write(bytes(range(10)) * (IMAGES // 10))
    return folder


@contextmanager
def idx(path: Path, *shape: int) -> Iterator[Callable[[bytes], int]]:
    """An IDX file of unsigned bytes, packed as `inkling data fetch` leaves it; yields what writes its numbers."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(bytes([0, 0, 8, len(shape)]) + b"".join(size.to_bytes(4, "big") for size in shape))
        yield file.write

"""What several tests share: where things are, and pictures that are made on the spot."""

import os
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("INKLING_DATA", ROOT.parent / "shared" / "data"))


def real_data(name: str) -> Path:
    """A folder of real data, `mnist` or `photos`; the test is skipped where it is absent."""
    if not (DATA / name).is_dir():
        pytest.skip(f"there is no {name} here: set INKLING_DATA to a folder that holds {name}/")
    return DATA / name


def patterns(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures uint8 (count, 28, 28) of ten noisy patterns that anything can learn, and their labels."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 10
    images = rng.integers(0, 60, (count, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        top, left = 2 + 5 * (label // 2), 2 + 14 * (label % 2)
        image[top : top + 4, left : left + 10] += 180
    return images, labels

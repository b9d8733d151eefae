"""Hardening: a share of each batch is corrupted, each picture in its own way, and the rest stays clean."""

import numpy as np
import pytest

from inkling.elastic import Elastic
from inkling.hardening import WAYS, Hardening
from inknet import Affine, InputError


def pictures(count: int) -> np.ndarray:
    images = np.zeros((count, 28, 28), np.float32)
    images[:, 6:22, 8:20] = 0.9
    images[:, 10:18, 12:16] = 0.1
    return images


def test_the_shares_are_kept_and_the_rest_stays_clean() -> None:
    images = pictures(200)
    Hardening(share=0.3, elastic=Elastic(Affine(share=0.2)))(images, np.random.default_rng(0))
    changed = (images != pictures(200)).any(axis=(1, 2))
    assert changed[:40].all()
    assert changed[40:100].mean() > 0.9  # a line may miss the picture, noise of no strength be drawn
    assert not changed[100:].any()
    assert images.dtype == np.float32
    assert 0 <= images.min() <= images.max() <= 1


@pytest.mark.parametrize("count", [0, 1, 3, 20])
def test_batches_of_any_size_will_do(count: int) -> None:
    images = pictures(count)
    Hardening()(images, np.random.default_rng(0))
    assert np.isfinite(images).all()


def test_the_same_seed_changes_them_alike() -> None:
    results = []
    for seed in (1, 1, 2):
        images = pictures(60)
        Hardening()(images, np.random.default_rng(seed))
        results.append(images.tobytes())
    assert results[0] == results[1] != results[2]


def test_where_there_are_fewer_pictures_than_ways_each_way_has_its_turn() -> None:
    seen = np.zeros(len(WAYS), int)
    for seed in range(200):
        seen[np.random.default_rng(seed).permutation(len(WAYS))[:1]] += 1
    assert seen.min() > 0
    first = [pictures(4) for _ in range(40)]
    for seed, images in enumerate(first):
        Hardening(share=0.25, elastic=Elastic(Affine(share=0)))(images, np.random.default_rng(seed))
    assert len({images[0].tobytes() for images in first}) > 30


@pytest.mark.parametrize("number", range(len(WAYS)))
def test_every_way_changes_pictures_by_severities_of_their_own(number: int) -> None:
    images = pictures(40)
    changed = WAYS[number](images, np.random.default_rng(0))
    np.testing.assert_array_equal(images, pictures(40))
    assert changed.shape == images.shape
    assert np.isfinite(changed).all()
    differences = np.abs(np.clip(changed, 0, 1) - images).mean(axis=(1, 2))
    assert differences.max() > 0.02
    assert differences.max() > 1.5 * differences.min()


def test_other_sizes_are_refused() -> None:
    with pytest.raises(InputError, match=r"\(2, 14, 14\)"):
        Hardening()(np.zeros((2, 14, 14), np.float32), np.random.default_rng(0))

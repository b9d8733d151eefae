"""Elastic deformation: smooth, as strong as it says, and exactly the affine map where nothing sways."""

import numpy as np
import pytest

from inkling.elastic import Elastic, sampled
from inknet import Affine, InputError
from inknet.deform import warp

STILL = Affine(share=1, rotation=0, scale=0, shear=0, shift=0)


def ramps(count: int) -> np.ndarray:
    """Pictures float32 (count, 28, 28) whose ink says the row: 0 at the top, 1 at the bottom."""
    return np.repeat(np.linspace(0, 1, 28, dtype=np.float32)[None, :, None], 28, axis=2).repeat(count, axis=0)


def test_without_sway_it_is_the_affine_map() -> None:
    images = np.random.default_rng(0).random((6, 28, 28), np.float32)
    wanted = warp(images, Affine().draw(6, np.random.default_rng(1)))
    Elastic(Affine(share=1), sway_px=0)(images, np.random.default_rng(1))
    np.testing.assert_allclose(images, wanted, atol=1e-4)


def test_pixels_are_displaced_smoothly_and_as_far_as_asked() -> None:
    images = ramps(300)
    Elastic(STILL, sway_px=1.5)(images, np.random.default_rng(0))
    # in the middle, where no displacement leads out of the picture, ink tells the row that was read
    moved = 27 * images[:, 9:19, 9:19] - np.arange(9, 19, dtype=np.float32)[:, None]
    assert moved.std() == pytest.approx(1.5, abs=0.1)
    assert abs(moved.mean()) < 0.1
    # neighbours have the correlation exp(-1 / (4 sigma**2)) = 0.984, so they differ by sqrt(2 - 2 * 0.984) = 0.18 of it
    assert np.diff(moved, axis=2).std() == pytest.approx(0.18 * 1.5, rel=0.15)
    assert len(np.unique(moved.reshape(300, -1), axis=0)) == 300


def test_only_the_share_is_bent() -> None:
    images = np.random.default_rng(0).random((40, 28, 28), np.float32)
    before = images.copy()
    Elastic(Affine(share=0.25))(images, np.random.default_rng(1))
    changed = (images != before).any(axis=(1, 2))
    assert changed.tolist() == [True] * 10 + [False] * 30
    assert images.dtype == np.float32
    assert 0 <= images.min() <= images.max() <= 1
    Elastic(Affine(share=0))(images[:0], np.random.default_rng(1))


def test_sampling_reads_between_pixels_and_paper_beside_the_picture() -> None:
    image = np.array([[[1.0, 3.0], [5.0, 7.0]]], np.float32)
    places = np.array([[[[0.5, 0.0], [1.0, 1.0]], [[0.5, 1.0], [0.25, 1.5]]]], np.float32)
    np.testing.assert_allclose(sampled(image, places), [[[4.0, 3.0], [5.5, 3.5]]])
    far = np.array([[[[-5.0, 40.0], [0.0, 0.0]], [[0.0, 0.0], [-5.0, 40.0]]]], np.float32)
    np.testing.assert_array_equal(sampled(image, far), 0)


def test_other_sizes_are_refused() -> None:
    with pytest.raises(InputError, match=r"\(2, 9, 9\)"):
        Elastic()(np.zeros((2, 9, 9), np.float32), np.random.default_rng(0))

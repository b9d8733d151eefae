"""Affine deformation: maps do what they say, and leave the other part of the batch alone."""

import numpy as np
import pytest

from inknet import Affine, InputError
from inknet.deform import warp


def picture() -> np.ndarray:
    return np.random.default_rng(0).random((1, 9, 7))


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([[1, 0, 0], [0, 1, 0]], lambda p: p),
        ([[-1, 0, 0], [0, -1, 0]], lambda p: p[::-1, ::-1]),
        ([[1, 0, 2], [0, 1, 0]], lambda p: np.vstack([p[2:], np.zeros((2, 7))])),
        ([[1, 0, 0], [0, 1, -1]], lambda p: np.hstack([np.zeros((9, 1)), p[:, :-1]])),
        ([[1, 0, 0.5], [0, 1, 0]], lambda p: (p + np.vstack([p[1:], np.zeros((1, 7))])) / 2),
        ([[1, 0, 100], [0, 1, 0]], np.zeros_like),
        ([[1, 0, 0], [0, 1, -100]], np.zeros_like),
    ],
    ids=["as it is", "half a turn", "up", "right", "half a pixel", "out below", "out at the left"],
)
def test_warp_reads_each_pixel_where_the_map_says(rows: list[list[float]], wanted) -> None:  # type: ignore[no-untyped-def]
    image = picture()
    np.testing.assert_allclose(warp(image, np.array([rows], float))[0], wanted(image[0]), atol=1e-9)


def test_a_quarter_turn_of_a_square_is_exact() -> None:
    image = np.random.default_rng(0).random((1, 8, 8))
    np.testing.assert_allclose(warp(image, np.array([[[0, 1, 0], [-1, 0, 0.0]]]))[0], np.rot90(image[0]), atol=1e-9)


def test_only_the_share_is_deformed_and_the_rest_is_untouched() -> None:
    images = np.random.default_rng(0).random((40, 28, 28), np.float32)
    before = images.copy()
    Affine(share=0.25)(images, np.random.default_rng(1))
    changed = (images != before).any(axis=(1, 2))
    assert changed.tolist() == [True] * 10 + [False] * 30
    assert images.dtype == np.float32
    assert 0 <= images.min() <= images.max() <= 1


def test_deformations_stay_within_their_limits() -> None:
    rng = np.random.default_rng(0)
    turned = Affine(rotation=10, scale=0, shear=0, shift=2).draw(2000, rng)
    angles = np.degrees(np.arctan2(turned[:, 0, 1], turned[:, 0, 0]))
    assert 9 < np.abs(angles).max() <= 10
    assert abs(angles.mean()) < 1
    assert 1.9 < np.abs(turned[:, :, 2]).max() <= 2
    resized = Affine(rotation=0, scale=0.1, shear=0, shift=0).draw(2000, rng)
    assert 1.09 < resized[:, 0, 0].max() <= 1.1
    assert 0.9 <= resized[:, 1, 1].min() < 0.91
    np.testing.assert_array_equal(resized[:, [0, 1], [1, 0]], 0)


def test_each_parameter_moves_the_entries_it_should() -> None:
    still = {"rotation": 0.0, "scale": 0.0, "shear": 0.0, "shift": 0.0}
    moved = {}
    for name, value in (("rotation", 10.0), ("scale", 0.1), ("shear", 0.2), ("shift", 3.0)):
        maps = Affine(**{**still, name: value}).draw(50, np.random.default_rng(0))
        moved[name] = (np.abs(maps - [[1, 0, 0], [0, 1, 0]]).max(axis=0) > 1e-9).astype(int).tolist()
        if name == "rotation":
            np.testing.assert_allclose(np.linalg.det(maps[:, :, :2]), 1)
            np.testing.assert_allclose(maps[:, 0, 1], -maps[:, 1, 0])
    assert moved == {
        "rotation": [[1, 1, 0], [1, 1, 0]],
        "scale": [[1, 0, 0], [0, 1, 0]],
        "shear": [[0, 0, 0], [1, 0, 0]],  # x depends on y as well
        "shift": [[0, 0, 1], [0, 0, 1]],
    }


def test_pictures_with_channels_are_refused() -> None:
    with pytest.raises(InputError, match="2, 8, 8, 3"):
        Affine()(np.zeros((2, 8, 8, 3)), np.random.default_rng(0))


def test_float32_stays_float32() -> None:
    assert warp(np.zeros((1, 5, 5), np.float32), np.eye(2, 3)[None]).dtype == np.float32


def test_nothing_to_deform_is_no_error() -> None:
    images = np.zeros((3, 28, 28), np.float32)
    Affine(share=0)(images, np.random.default_rng(0))
    assert not images.any()

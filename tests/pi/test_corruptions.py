"""Corruptions: each does what its name says, as strongly as it says, and the same each time."""

import numpy as np
import pytest

from inkling.corruptions import CORRUPTIONS, Floats, blurred, clouds, corrupt, dragged, moved, spattered, struck
from support import patterns


def ink(*places: tuple[int, int], count: int = 1) -> np.ndarray:
    """Pictures uint8 (count, 28, 28) with full ink at these (row, column), all alike."""
    images = np.zeros((count, 28, 28), np.uint8)
    for row, column in places:
        images[:, row, column] = 255
    return images


def square(count: int = 1) -> np.ndarray:
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 9:19, 9:19] = 255
    return images


def centres(images: np.ndarray) -> np.ndarray:
    """Where each picture's ink has its centre of mass, (n, 2), from the picture's centre: down, right."""
    weights = images / images.sum(axis=(1, 2), keepdims=True, dtype=float)
    at = np.arange(28) - 13.5
    return np.stack([weights.sum(axis=2) @ at, weights.sum(axis=1) @ at], axis=1)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_is_the_same_each_time_and_leaves_the_images_as_they_are(name: str) -> None:
    images, _ = patterns(600, seed=0)
    before = images.copy()
    once = corrupt(name, images)
    assert once.dtype == np.uint8
    assert once.shape == images.shape
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(corrupt(name, images), once)
    assert (once != images).any(axis=(1, 2)).all()
    assert len(corrupt(name, images[:0])) == 0


CERTAIN = {"scale", "thick", "thin", "blur", "brightness", "stripe"}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_pictures_that_are_alike_are_corrupted_each_in_its_way(name: str) -> None:
    corrupted = corrupt(name, square(20))
    kinds = len(np.unique(corrupted.reshape(20, -1), axis=0))
    assert kinds == 1 if name in CERTAIN else kinds > 1


def test_a_shift_goes_three_pixels_both_ways() -> None:
    rows, columns = np.nonzero(corrupt("shift", ink((14, 14), count=50)).max(axis=0))
    assert sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == [(11, 11), (11, 17), (17, 11), (17, 17)]


def test_a_rotation_is_by_30_degrees_about_the_centre() -> None:
    turned = centres(corrupt("rotation", ink((13, 24), (14, 24), count=50)))
    angles = np.degrees(np.arctan2(turned[:, 0], turned[:, 1]))
    np.testing.assert_allclose(np.abs(angles), 30, atol=2)
    assert (angles > 0).any()
    assert (angles < 0).any()
    np.testing.assert_allclose(np.hypot(*turned.T), 10.5, atol=0.2)


def test_scale_makes_a_digit_seven_tenths_as_large() -> None:
    scaled = corrupt("scale", square())
    np.testing.assert_allclose(centres(scaled), 0, atol=0.05)
    assert scaled.sum() / square().sum() == pytest.approx(0.49, abs=0.03)


def test_shear_moves_each_row_by_four_tenths_of_its_height() -> None:
    sheared = corrupt("shear", square(30)).astype(float)
    (rows,) = np.nonzero(sheared[0].sum(axis=1))
    assert (rows[0], rows[-1]) == (9, 18)
    middles = (sheared[:, 9:19] @ np.arange(28)) / sheared[:, 9:19].sum(axis=2)
    np.testing.assert_allclose(np.abs(np.diff(middles, axis=1)), 0.4, atol=0.05)


def test_moving_follows_size_and_direction() -> None:
    picture = ink((14, 14)).astype(np.float32)
    np.testing.assert_allclose(centres(moved(picture, by=np.array([[2, -5]]))), [[2.5, -4.5]], atol=1e-5)
    assert moved(square().astype(np.float32), size=1.5).sum() > 2 * square().sum()


def test_pens_are_a_pixel_wider_on_all_sides_or_a_pixel_narrower() -> None:
    assert corrupt("thick", ink((5, 0))).sum() == 6 * 255
    thick = corrupt("thick", ink((5, 8)))[0]
    assert thick[4:7, 7:10].min() == 255
    assert thick.sum() == 9 * 255
    assert corrupt("thin", square()).sum() == 81 * 255
    assert corrupt("thin", ink((5, 8), (5, 9), (5, 10))).sum() == 0


def test_shot_noise_counts_ink_in_thirds_and_leaves_paper_alone() -> None:
    images = np.zeros((200, 28, 28), np.uint8)
    images[:, 14:] = 85
    noisy = corrupt("shot noise", images)
    assert not noisy[:, :14].any()
    assert set(np.unique(noisy)) == {0, 85, 170, 255}
    # Poisson with mean 3 * 85 / 255 = 1: exp(-1) of the pixels count no photon, as many one
    assert (noisy[:, 14:] == 0).mean() == pytest.approx(np.exp(-1), abs=0.01)
    assert (noisy[:, 14:] == 85).mean() == pytest.approx(np.exp(-1), abs=0.01)


def test_impulse_noise_makes_17_percent_black_or_white() -> None:
    noisy = corrupt("impulse noise", np.full((200, 28, 28), 100, np.uint8))
    assert (noisy == 255).mean() == pytest.approx(0.085, abs=0.005)
    assert (noisy == 0).mean() == pytest.approx(0.085, abs=0.005)
    assert set(np.unique(noisy)) == {0, 100, 255}


def test_blur_spreads_a_point_as_a_gaussian_and_loses_no_ink() -> None:
    point = ink((14, 14)).astype(np.float32) / np.float32(255)
    spread = blurred(point, 2.0)[0]
    assert spread.sum() == pytest.approx(1, abs=1e-3)
    assert (spread.sum(axis=1) @ (np.arange(28) - 14) ** 2) == pytest.approx(4, abs=0.02)
    each = blurred(np.repeat(point, 2, axis=0), np.array([1.0, 2.0]).reshape(2, 1, 1))
    np.testing.assert_allclose(each[1], spread, atol=1e-6)
    assert each[0].max() > 3 * each[1].max()


def test_motion_leaves_a_trail_in_one_direction() -> None:
    point = ink((14, 14)).astype(np.float32) / np.float32(255)
    trail = dragged(point, np.array([0.0]), 3.0)[0]
    assert trail.sum() == pytest.approx(1, abs=1e-5)
    assert trail[14, 14] == trail.max()
    assert not trail[:, :14].any()
    assert not trail[:14].any()
    # a Gaussian of 3 pixels cut in half: at 6 pixels exp(-2) as strong as at none
    assert trail[14, 20] / trail[14, 14] == pytest.approx(np.exp(-2), rel=0.01)
    down = dragged(point, np.array([np.pi / 2]), 3.0)[0]
    np.testing.assert_allclose(down.T, trail, atol=1e-5)


def test_brightness_and_stripe_are_what_they_say() -> None:
    images, _ = patterns(10, seed=0)
    np.testing.assert_allclose(corrupt("brightness", images), np.minimum(images + 127.5, 255), atol=0.6)
    stripe = corrupt("stripe", images)
    np.testing.assert_array_equal(stripe[:, :, 7:21], images[:, :, 7:21])
    np.testing.assert_array_equal(stripe[:, :, :7], 255 - images[:, :, :7])
    np.testing.assert_array_equal(stripe[:, :, 21:], 255 - images[:, :, 21:])


def test_fog_leaves_a_quarter_of_the_contrast() -> None:
    clear = corrupt("fog", np.zeros((50, 28, 28), np.uint8)).astype(int)
    np.testing.assert_allclose(corrupt("fog", square(50)) - clear, square(50) / 4, atol=1)
    assert clear.max() == pytest.approx(0.75 * 255, abs=1)
    assert clear.min() == 0


def test_clouds_are_smooth_and_go_from_0_to_1() -> None:
    sky = clouds(50, np.random.default_rng(0))
    np.testing.assert_allclose(sky.min(axis=(1, 2)), 0)
    np.testing.assert_allclose(sky.max(axis=(1, 2)), 1)
    assert np.abs(np.diff(sky, axis=2)).mean() < 0.1 < sky.std(axis=(1, 2)).min()


def blank(count: int = 1) -> Floats:
    return np.zeros((count, 28, 28), np.float32)


def test_a_line_goes_through_its_start_at_its_angle_and_width() -> None:
    line = struck(blank(), (10, 0), 0.0, width_px=3)[0]
    np.testing.assert_array_equal(line[:, 5], [0.0] * 9 + [1.0] * 3 + [0.0] * 16)
    rows, columns = np.nonzero(struck(blank(), (0, 0), np.pi / 4, width_px=1)[0] > 0.9)
    np.testing.assert_array_equal(rows, columns)
    assert len(rows) == 28


def test_a_dotted_line_has_gaps_and_a_zigzag_goes_to_both_sides() -> None:
    dotted = struck(blank(), (10, 0), 0.0, dash_px=2)[0]
    np.testing.assert_array_equal(dotted[10], [0.0, 0.0, 1.0, 1.0] * 7)
    zigzag = struck(blank(), (14, 0), 0.0, swing_px=3, period_px=8)[0]
    crests = zigzag.argmax(axis=0)[[0, 4, 8, 12]] - 14
    assert np.abs(crests).min() >= 2
    assert (np.sign(crests) == [-1, 1, -1, 1]).all()
    assert (zigzag.max(axis=0) > 0.5).all()
    covered = struck(np.ones((1, 28, 28), np.float32), (14, 0), 0.0, dash_px=2)
    assert covered.min() == 1  # nothing is rubbed out in the gaps


def test_lines_of_the_set_cross_the_picture() -> None:
    for name in ("dotted line", "zigzag"):
        lines = corrupt(name, np.zeros((200, 28, 28), np.uint8))
        inked = (lines.max(axis=1) > 0).sum(axis=1)
        assert inked.min() >= 10, name
        assert 0.02 < (lines > 127).mean() < 0.15, name


def test_spatter_hides_about_the_share_it_should() -> None:
    for share in (0.05, 0.2):
        wet = spattered(blank(300), np.random.default_rng(0), share, ink=0.25)
        assert (wet > 0.125).mean() == pytest.approx(share, abs=0.02)
        assert wet.max() == pytest.approx(0.25)
    black = spattered(np.ones((300, 28, 28), np.float32), np.random.default_rng(0), 0.2, ink=0.25)
    assert black.min() == pytest.approx(0.25)

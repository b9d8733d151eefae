from itertools import groupby, islice

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from inkling.errors import UsageError
from inkling.simulation.paper import Light, Sheet, draw_page, drifting_light, frames, photograph


def ink(page: Sheet) -> NDArray[np.bool_]:
    return page.reflectance < 0.75


def inside(page: Sheet, box: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    x, y, width, height = box
    mask = np.zeros(page.reflectance.shape, np.bool_)
    mask[y : y + height, x : x + width] = True
    return mask


@pytest.mark.parametrize("digits", ["0", "1", "8", "42", "907", "0123456789"])
@pytest.mark.parametrize("seed", range(5))
def test_the_boxes_hold_all_the_ink_and_hold_it_tightly(digits: str, seed: int) -> None:
    page = draw_page(digits, np.random.default_rng(seed))
    everywhere = ink(page)
    for placed in page.digits:
        box = inside(page, placed.box)
        ys, xs = np.nonzero(everywhere & box)
        x, y, width, height = placed.box
        assert xs.min() - x <= 4
        assert x + width - 1 - xs.max() <= 4
        assert ys.min() - y <= 4
        assert y + height - 1 - ys.max() <= 4
        everywhere &= ~box
    assert not everywhere.any()


@settings(deadline=None, max_examples=40)
@given(
    digits=st.text("0123456789", max_size=3),
    size=st.tuples(st.integers(96, 200), st.integers(96, 200)),
    seed=st.integers(0, 2**32),
)
def test_up_to_three_digits_fit_on_any_page_in_reading_order_and_apart(
    digits: str, size: tuple[int, int], seed: int
) -> None:
    page = draw_page(digits, np.random.default_rng(seed), size)
    assert page.reflectance.shape == size
    assert page.reflectance.dtype == np.float32
    assert page.text == digits
    assert [str(placed.digit) for placed in page.digits] == list(digits)
    right_of_last = 0
    for placed in page.digits:
        x, y, width, height = placed.box
        assert x >= right_of_last
        assert y >= 0
        assert height >= 10
        assert y + height <= size[0]
        right_of_last = x + width
    assert right_of_last <= size[1]


def test_one_digit_is_between_a_third_and_three_quarters_of_the_page_high() -> None:
    rng = np.random.default_rng(1)
    heights = [draw_page("8", rng).digits[0].box[3] for _ in range(60)]
    assert min(heights) > 0.28 * 240
    assert max(heights) < 0.9 * 240
    assert max(heights) > 1.7 * min(heights)


def test_an_empty_page_has_no_ink_and_no_digits() -> None:
    page = draw_page("", np.random.default_rng(2))
    assert page.digits == ()
    assert not ink(page).any()


def test_a_picture_is_reflectance_times_light_but_for_the_noise() -> None:
    rng = np.random.default_rng(3)
    page = draw_page("5", rng)
    for light in Light(brightness=60, shadow=0.4), Light(brightness=230, direction=2.5):
        luma = photograph(page, light, rng)
        assert luma.dtype == np.uint8
        assert luma.shape == (240, 320)
        residue = luma - page.reflectance * light.field(240, 320)
        assert abs(residue.mean()) < 0.1
        assert 1 < residue.std() < 2


def test_light_falls_off_away_from_where_it_comes_from() -> None:
    from_the_right = Light(brightness=200, direction=0, falloff=0.5, vignette=0).field(64, 100)
    assert np.all(np.diff(from_the_right, axis=1) > 0)
    assert np.allclose(from_the_right, from_the_right[0])
    from_below = Light(brightness=200, direction=np.pi / 2, falloff=0.5, vignette=0).field(64, 100)
    assert np.all(np.diff(from_below, axis=0) > 0)


def test_full_light_without_losses_is_the_brightness_everywhere() -> None:
    assert np.all(Light(brightness=200, falloff=0, vignette=0).field(64, 100) == 200)


def test_a_shadow_takes_its_share_in_a_band_with_soft_edges() -> None:
    shadow = Light(brightness=100, direction=0, falloff=0, vignette=0, shadow=0.5, shadow_at=0).field(64, 201)
    assert shadow[32, 100] == pytest.approx(50)
    assert shadow[32, [0, 200]] == pytest.approx(100)
    assert np.abs(np.diff(shadow[32])).max() < 3


@pytest.mark.parametrize("shadow_at", [-1.5, 1.5])
def test_a_shadow_off_the_page_takes_nothing(shadow_at: float) -> None:
    corner_to_corner = np.arctan2(1, 1)
    light = Light(brightness=100, direction=corner_to_corner, shadow=0.5, shadow_at=shadow_at)
    assert np.allclose(light.field(64, 64), Light(brightness=100, direction=corner_to_corner).field(64, 64))


def test_the_light_drifts_slowly_from_dim_to_bright_and_a_shadow_passes() -> None:
    lights = list(islice(drifting_light(np.random.default_rng(4)), 240))
    brightness = np.array([light.brightness for light in lights])
    assert brightness.min() == pytest.approx(40, abs=1)
    assert brightness.max() == pytest.approx(230, abs=1)
    assert np.abs(np.diff(brightness)).max() < 3
    assert any(abs(light.shadow_at) < 0.1 for light in lights)
    assert any(abs(light.shadow_at) > 1.5 for light in lights)


def test_each_page_is_held_and_then_comes_an_empty_one() -> None:
    shown = islice(frames(np.random.default_rng(5), (96, 96), hold=4, blank=2), 60 * 6)
    runs = [(text, len(list(run))) for text, run in groupby(text for _, text in shown)]
    pages, blanks = runs[::2], runs[1::2]
    assert blanks == [("", 2)] * 60
    assert {length for _, length in pages} == {4}
    assert {len(text) for text, _ in pages} == {1, 2, 3}
    assert {digit for text, _ in pages for digit in text} == set("0123456789")
    assert np.mean([len(text) == 1 for text, _ in pages]) > 0.5


def test_while_a_page_is_held_only_the_light_changes() -> None:
    held = [luma for luma, _ in islice(frames(np.random.default_rng(6), hold=12), 12)]
    means = [luma.mean() for luma in held]
    assert abs(means[-1] - means[0]) > 3
    # Neighbouring pixels share their light, so where one is far darker than the other is a matter of ink.
    edges = [luma[:, 4:] < 0.75 * luma[:, :-4] for luma in held]
    assert edges[0].sum() > 100
    assert (edges[0] ^ edges[-1]).sum() < 0.1 * edges[0].sum()


def test_an_empty_page_shows_no_ink_in_its_frames() -> None:
    luma, text = next(islice(frames(np.random.default_rng(7), hold=1, blank=1), 1, None))
    assert text == ""
    assert luma.min() > 0.5 * np.median(luma)


def test_the_same_seed_gives_the_same_frames_and_another_seed_others() -> None:
    def first_bytes(seed: int) -> list[tuple[bytes, str]]:
        run = frames(np.random.default_rng(seed), hold=2, blank=1)
        return [(luma.tobytes(), text) for luma, text in islice(run, 7)]

    assert first_bytes(8) == first_bytes(8)
    assert not {luma for luma, _ in first_bytes(8)} & {luma for luma, _ in first_bytes(9)}


@pytest.mark.parametrize("digits", ["x", "4a", "1 2", "-1", "²"])
def test_only_digits_are_written_on_a_page(digits: str) -> None:
    with pytest.raises(UsageError, match="write one of 0 1 2 3 4 5 6 7 8 9"):
        draw_page(digits, np.random.default_rng(0))


@pytest.mark.parametrize("size", [(95, 320), (240, 10), (0, 0), (-1, 100)])
def test_a_page_too_small_to_write_on_is_refused_at_once(size: tuple[int, int]) -> None:
    too_small = f"{size[1]}x{size[0]} pixels is too small to write on: take at least 96x96"
    with pytest.raises(UsageError, match=too_small):
        draw_page("1", np.random.default_rng(0), size)
    with pytest.raises(UsageError, match=too_small):
        frames(np.random.default_rng(0), size)


def test_more_digits_than_fit_on_a_page_are_refused() -> None:
    with pytest.raises(UsageError, match="40 digits in a row on a page of 320x240 pixels would be less than 12"):
        draw_page("8" * 40, np.random.default_rng(0))


@pytest.mark.parametrize(("hold", "blank"), [(0, 3), (-1, 3), (30, -1)])
def test_a_number_of_frames_that_cannot_be_is_refused_at_once(hold: int, blank: int) -> None:
    with pytest.raises(UsageError, match=f"{hold} frames and an empty one for {blank}"):
        frames(np.random.default_rng(0), hold=hold, blank=blank)

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from PIL import Image

from inkling.frames import Luma
from inkling.page import Page, box_mean, find_ink, highest
from inkling.pieces import FAINTEST
from inkling.simulation.paper import Light, Sheet, draw_page, photograph

EVEN = Light(brightness=200, falloff=0, vignette=0)


def overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """The share of two masks' pixels that is in both."""
    return float((one & other).sum() / (one | other).sum())


def bar_on(paper: float, bar: float, sigma: float = 0.0, shape: tuple[int, int] = (240, 320)) -> Luma:
    """A picture of even light with an upright bar in its middle, of 8 by 80 pixels, and the noise of a sensor."""
    luma = np.full(shape, paper, np.float64)
    luma[80:160, 150:158] = bar
    luma += np.random.default_rng(0).normal(0, sigma, shape)
    return np.rint(np.clip(luma, 0, 255)).astype(np.uint8)


@pytest.mark.parametrize(("paper", "bar"), [(250, 100), (200, 80), (100, 40), (50, 20)])
def test_ink_is_how_much_darker_than_its_paper_a_pixel_is(paper: int, bar: int) -> None:
    page = find_ink(bar_on(paper, bar))
    assert np.allclose(page.ink[82:158, 152:156], 0.6, atol=0.03)
    assert page.ink[:70].max() < 0.03
    assert not page.inverted


@pytest.mark.parametrize(
    "light",
    [
        pytest.param(Light(), id="a lamp aside"),
        pytest.param(Light(brightness=230, direction=2.5, falloff=0.4), id="a bright lamp at one side"),
        pytest.param(Light(brightness=120, direction=4.0, vignette=0.4), id="a dim lens"),
        pytest.param(Light(brightness=60), id="a dim lamp"),
        pytest.param(Light(direction=1.0, shadow=0.4, shadow_at=0.2), id="a shadow"),
        pytest.param(Light(brightness=150, direction=1.0, shadow=0.4, shadow_at=-0.5), id="a shadow at the far corner"),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_ink_does_not_depend_on_the_light(light: Light, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sheet = draw_page("38", rng)
    expected = find_ink(photograph(sheet, EVEN, rng))
    page = find_ink(photograph(sheet, light, rng))
    assert np.abs(page.ink - expected.ink).mean() < 0.03
    assert overlap(page.ink > 0.3, expected.ink > 0.3) > 0.85


@pytest.mark.parametrize("brightness", [40, 80, 150, 230])
@pytest.mark.parametrize("seed", range(3))
def test_a_blank_page_has_no_ink_but_noise(brightness: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    page = find_ink(photograph(draw_page("", rng), Light(brightness), rng))
    assert (page.ink > max(FAINTEST[1], 6 * page.noise)).mean() < 0.002
    assert page.ink.max() < 0.35


@pytest.mark.parametrize(("paper", "sigma"), [(100, 2.0), (100, 4.0), (180, 2.0), (180, 4.0), (180, 8.0)])
def test_noise_is_that_of_the_sensor_in_parts_of_the_paper(paper: int, sigma: float) -> None:
    page = find_ink(bar_on(paper, paper / 3, sigma))
    assert page.noise == pytest.approx(sigma / paper, rel=0.3)


def test_the_grain_of_a_dark_picture_is_smoothed_and_its_strokes_stay() -> None:
    page = find_ink(bar_on(60, 30, sigma=6))
    assert page.noise < 0.5 * 6 / 60
    assert page.ink[82:158, 152:156].mean() == pytest.approx(0.5, abs=0.05)
    assert page.ink[:70].std() < 0.5 * 6 / 60


def test_coarse_grain_is_smoothed_more_and_a_clean_picture_is_left_as_it_is() -> None:
    page = find_ink(bar_on(120, 40, sigma=16))
    assert page.noise < 0.05
    assert page.ink[84:156, 153:155].mean() == pytest.approx(0.66, abs=0.06)
    edge = find_ink(bar_on(120, 40, sigma=1)).ink[120, 145:165]
    assert (edge < 0.1).sum() == 12
    assert (edge > 0.6).sum() == 8


@pytest.mark.parametrize(("width", "inverted"), [(20, True), (200, False)], ids=["a stroke of chalk", "a sheet"])
def test_chalk_covers_little_and_a_sheet_much(width: int, inverted: bool) -> None:
    luma = np.full((240, 320), 50, np.uint8)
    luma[40:200, 60 : 60 + width] = 200
    assert find_ink(luma).inverted == inverted


@pytest.mark.parametrize(("sigma", "kept"), [(1.5, True), (10, False)], ids=["a shadow", "a rough desk"])
def test_a_rough_desk_is_left_out_with_all_that_lies_on_it_and_a_shadow_is_not(sigma: float, kept: bool) -> None:
    luma = bar_on(200, 120, sigma=2).astype(np.float64)
    luma[:, 170:] = 80 + np.random.default_rng(1).normal(0, sigma, (240, 150))
    luma[80:160, 240:248] = 30
    page = find_ink(np.rint(np.clip(luma, 0, 255)).astype(np.uint8))
    assert page.ink[84:156, 152:156].mean() == pytest.approx(0.4, abs=0.05)
    assert (page.ink[84:156, 242:246].mean() > 0.4) == kept
    assert page.noise < 0.03


def shaded(luma: Luma, part: NDArray[np.bool_], light: float) -> Luma:
    """A picture of which a part gets only this share of the light."""
    return np.rint(np.where(part, light * luma, luma)).astype(np.uint8)


Y, X = np.mgrid[:240, :320]
BAND = (Y - 0.4 * X > 45) & (Y - 0.4 * X < 100)


@pytest.mark.parametrize("light", [0.5, 0.7])
@pytest.mark.parametrize(
    "part",
    [
        pytest.param(BAND, id="a band that crosses the stroke"),
        pytest.param(BAND & (X > 100), id="a band that ends"),
        pytest.param((X > 60) & (np.abs(Y - 120) < X - 60), id="a corner"),
    ],
)
def test_a_shadow_that_is_narrow_is_no_ink(part: NDArray[np.bool_], light: float) -> None:
    page = find_ink(shaded(bar_on(200, 70), part, light))
    # at a hard edge the paper is the darker side's or the lighter one's: look a little inside
    stroke = np.zeros((240, 320), bool)
    stroke[75:165, 145:163] = True
    assert np.mean(page.ink[~stroke] > FAINTEST[1]) < 0.01
    inside = part[84:156, 152:156]
    assert np.median(page.ink[84:156, 152:156][inside]) == pytest.approx(0.65, abs=0.08)


@pytest.mark.parametrize("light", [0.5, 0.7])
def test_the_corner_of_a_telephones_shadow_is_no_ink(light: float) -> None:
    along, across = ((X - 200) * np.cos(0.5) + (Y - 60) * np.sin(0.5), (Y - 60) * np.cos(0.5) - (X - 200) * np.sin(0.5))
    page = find_ink(shaded(np.full((240, 320), 200, np.uint8), (along < 0) & (across > 0), light))
    assert np.mean(page.ink > FAINTEST[1]) < 0.001  # twice as much where corners are filled with the light beside them


def test_a_dash_that_is_as_dark_as_no_shadow_beside_it_is_ink() -> None:
    luma = shaded(np.full((240, 320), 200, np.uint8), X > 160, 0.5)
    luma[104:130, 118:146] = 40
    assert find_ink(luma).ink[107:127, 121:143].min() > 0.7


def test_a_broad_pencil_that_ends_at_a_shadow_as_dark_as_it_is_ink_and_no_corner_of_it() -> None:
    luma = shaded(np.full((240, 320), 200, np.uint8), X > 160, 0.5)
    luma[108:132, 40:161] = 100
    assert find_ink(luma).ink[112:128, 50:140].min() > 0.4


@settings(deadline=None, max_examples=50)
@given(
    shape=st.tuples(st.sampled_from([1, 7, 63, 64, 65, 130]), st.integers(1, 12)),
    reach=st.integers(0, 15),
    seed=st.integers(0, 2**32),
)
def test_the_mean_of_each_square_is_found(shape: tuple[int, int], reach: int, seed: int) -> None:
    a = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    size = 2 * reach + 1
    squares = np.lib.stride_tricks.sliding_window_view(np.pad(a, reach, mode="edge"), (size, size))
    assert np.allclose(box_mean(a, reach), squares.mean(axis=(2, 3)), atol=1e-5)


def test_light_that_falls_off_to_the_corners_is_no_ink() -> None:
    y, x = np.ogrid[-1:1:240j, -1:1:320j]
    luma = bar_on(200, 50) * (1 - 0.25 * (x**2 + y**2))
    ink = find_ink(np.rint(luma).astype(np.uint8)).ink
    assert ink[80:160, 151:157].min() > 0.7
    ink[75:165, 145:163] = 0
    assert np.mean(ink > FAINTEST[1]) < 0.03  # a fifth if the paper were level at the border


def test_a_wide_stroke_of_a_marker_that_runs_out_of_the_picture_is_ink() -> None:
    luma = bar_on(200, 200)
    luma[60:, 140:170] = 40
    assert find_ink(luma).ink[70:230, 145:165].min() > 0.7


def test_a_dark_strip_along_the_border_is_ink_that_lies_there() -> None:
    luma = bar_on(200, 200)
    luma[:, :30] = 110
    assert np.median(find_ink(luma).ink[20:220, 2:24]) > 0.3


@pytest.mark.parametrize("seed", range(4))
def test_light_strokes_on_a_dark_ground_are_the_same_ink(seed: int) -> None:
    rng = np.random.default_rng(seed)
    luma = photograph(draw_page("52", rng), Light(), rng)
    page, negative = find_ink(luma), find_ink(255 - luma)
    assert not page.inverted
    assert negative.inverted
    assert np.allclose(page.ink, negative.ink, atol=0.02)  # the paper is rounded to a count, as it is averaged


@pytest.mark.parametrize("seed", range(4))
def test_chalk_on_a_slate_is_light_on_dark_also_in_the_light_of_a_lamp(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sheet = draw_page("52", rng)
    slate = Sheet(1 - sheet.reflectance, sheet.digits)
    page = find_ink(photograph(slate, Light(), rng))
    assert page.inverted
    boxes = np.zeros(page.ink.shape, np.bool_)
    for x, y, width, height in (placed.box for placed in sheet.digits):
        boxes[y : y + height, x : x + width] = True
    assert page.ink[boxes].mean() > 5 * page.ink[~boxes].mean()


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (2, 2), (8, 8), (1, 3000), (3000, 1), (8, 5000), (999, 33)])
@pytest.mark.parametrize("picture", ["even", "white", "noise", "left half black", "black frame", "white frame"])
def test_a_picture_of_any_shape_gives_a_page_of_that_shape(shape: tuple[int, int], picture: str) -> None:
    page = find_ink(odd_picture(picture, shape))
    assert_is_page_of(page, shape)
    if picture in ("even", "white"):
        assert page.ink.max() == 0


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (240, 320)])
def test_a_black_picture_as_with_the_lens_covered_has_no_ink(shape: tuple[int, int]) -> None:
    page = find_ink(np.zeros(shape, np.uint8))
    assert_is_page_of(page, shape)
    assert page.ink.max() == 0


def test_a_picture_that_is_mostly_black_gives_a_page() -> None:
    luma = np.zeros((1601, 33), np.uint8)
    luma[:, 19:] = 200
    assert_is_page_of(find_ink(luma), luma.shape)


@pytest.mark.parametrize("size", [(40, 30), (1600, 1200), (3000, 700)])
def test_ink_lies_where_it_lies_in_the_picture(size: tuple[int, int]) -> None:
    luma = np.array(Image.fromarray(bar_on(200, 50)).resize(size, Image.Resampling.BOX))
    page = find_ink(luma)
    height, width = page.ink.shape
    ys, xs = np.nonzero(page.ink > 0.3)
    tolerance_px = 1.5 + max(page.ink.shape) / max(size)  # a pixel of the page or of the picture, the larger of them
    assert abs(xs.min() - width * 150 / 320) <= tolerance_px
    assert abs(xs.max() + 1 - width * 158 / 320) <= tolerance_px
    assert abs(ys.min() - height * 80 / 240) <= tolerance_px
    assert abs(ys.max() + 1 - height * 160 / 240) <= tolerance_px


@pytest.mark.parametrize(("shape", "has_margin"), [((32, 20), True), ((33, 20), False), ((20, 33), False)])
def test_a_picture_that_is_as_small_as_a_digit_that_was_cut_out_has_paper_put_around_it(
    shape: tuple[int, int], has_margin: bool
) -> None:
    luma = np.full(shape, 200, np.uint8)
    luma[:, 8:11] = 50  # from border to border
    page = find_ink(luma)
    assert (page.margin > 0) == has_margin
    assert page.evened.shape == page.within(page.ink).shape
    if has_margin:
        assert page.within(page.ink)[4:-4, int(9.5 * page.evened.shape[1] / shape[1])].min() > 0.6
        assert page.ink[: page.margin - 4].max() < 0.05


def test_the_picture_is_left_as_it_is() -> None:
    luma = bar_on(200, 50)
    luma.setflags(write=False)
    find_ink(luma)
    assert np.array_equal(luma, bar_on(200, 50))


@settings(deadline=None, max_examples=100)
@given(
    shape=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    reach=st.integers(0, 15),
    seed=st.integers(0, 2**32),
)
def test_the_highest_of_each_square_is_found(shape: tuple[int, int], reach: int, seed: int) -> None:
    a = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    expected = np.empty_like(a)
    for y, x in np.ndindex(shape):
        expected[y, x] = a[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1].max()
    assert np.array_equal(highest(a, reach), expected)
    assert np.array_equal(highest(a > 1, reach), expected > 1)  # of a mask: where any of it is near


def odd_picture(kind: str, shape: tuple[int, int]) -> Luma:
    height, width = shape
    inner = np.s_[height // 3 : 2 * height // 3 + 1, width // 3 : 2 * width // 3 + 1]
    luma = np.full(shape, 255 if kind in ("white", "white frame") else 128, np.uint8)
    if kind == "noise":
        luma = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    elif kind == "left half black":
        luma[:, : width // 2] = 0
    elif kind == "black frame":
        luma[:] = 1
        luma[inner] = 200
    elif kind == "white frame":
        luma[inner] = 1
    return luma


def assert_is_page_of(page: Page, shape: tuple[int, ...]) -> None:
    assert page.ink.dtype == np.float32
    assert page.picture == shape
    shown = page.within(page.ink).shape
    scale = max(shown) / max(shape)
    assert np.abs(np.subtract(shown, [max(1, side * scale) for side in shape])).max() < (2 if page.margin else 1)
    assert page.ink.min() >= 0  # which NaN is not
    assert page.ink.max() <= 1
    assert page.noise >= 0
    assert np.isfinite(page.noise)

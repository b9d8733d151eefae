import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from inkling.errors import UsageError
from inkling.simulation.conditions import CONDITIONS, Condition
from inkling.simulation.layout import Digits
from inkling.simulation.scenes import Scene, draw_scene
from inkling.simulation.writing import LUMA, PENS

SIZE = (240, 320)
# nothing but a digit: no light, no noise, no blur, so that its pixels can be told from the paper's
BARE = Condition(
    "bare",
    signs=(1, 1),
    tilt=(0, 0),
    perspective=(0, 0),
    brightness=(200, 200),
    falloff=(0, 0),
    vignette=(0, 0),
    blur=(0, 0),
    noise=(0, 0),
    pens=("marker",),
)


def bare(**changes: object) -> Condition:
    return dataclasses.replace(BARE, **changes)  # type: ignore[arg-type]


def seen(condition: str | Condition, seed: int = 0, digits: Digits | None = None) -> Scene:
    return draw_scene(condition, np.random.default_rng(seed), digits, SIZE)


def squares() -> Digits:
    """Two "digits": a filled square called 3, and an upright bar called 8."""
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 4:24, 4:24], images[1, 4:24, 12:16] = 255, 255
    return Digits(images, np.array([3, 8], np.uint8))


def ink(scene: Scene) -> NDArray[np.bool_]:
    dark: NDArray[np.bool_] = scene.luma < 0.6 * np.median(scene.luma)
    return dark


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_can_be_asked_for_and_the_same_seed_draws_the_same(name: str) -> None:
    one, same, other = seen(name), seen(name), seen(name, 1)
    assert one.luma.shape == SIZE
    assert one.luma.dtype == np.uint8
    assert np.array_equal(one.luma, same.luma)
    assert one.lines == same.lines
    assert not np.array_equal(one.luma, other.luma)


@pytest.mark.parametrize("name", CONDITIONS)
def test_what_is_written_lies_within_the_picture_as_often_as_the_condition_says(name: str) -> None:
    condition = CONDITIONS[name]
    for seed in range(4):
        scene = seen(name, seed)
        if condition.signs[1]:
            assert condition.lines[0] <= len(scene.lines) <= condition.lines[1]
        for line in scene.lines:
            assert condition.signs[0] <= len(line) <= condition.signs[1]
            for placed in line:
                x, y, width, height = placed.box
                assert min(x, y) >= 0
                assert min(width, height) >= 1
                assert x + width <= SIZE[1]
                assert y + height <= SIZE[0]
                assert (placed.digit is None) == (placed.sign not in "0123456789")


@pytest.mark.parametrize("seed", range(10))
def test_the_boxes_hold_all_the_ink_and_hold_it_tightly(seed: int) -> None:
    scene = seen(bare(signs=(2, 3)), seed)
    everywhere = ink(scene)
    for line in scene.lines:
        for placed in line:
            x, y, width, height = placed.box
            ys, xs = np.nonzero(everywhere[y : y + height, x : x + width])
            assert max(xs.min(), ys.min(), width - 1 - xs.max(), height - 1 - ys.max()) <= 2
            everywhere[max(0, y - 2) : y + height + 2, max(0, x - 2) : x + width + 2] = False
    assert not everywhere.any()


@pytest.mark.parametrize(("name", "low", "high"), [("small", 1 / 12, 1 / 9), ("large", 0.7, 0.9)])
def test_a_digit_is_as_high_as_the_condition_says(name: str, low: float, high: float) -> None:
    condition = dataclasses.replace(CONDITIONS[name], perspective=(0.0, 0.0), tilt=(0.0, 0.0), signs=(1, 1))
    heights = [seen(condition, seed).lines[0][0].box[3] / SIZE[0] for seed in range(10)]
    # a hand is not exact, and the pen has a width
    assert min(heights) > 0.85 * low
    assert max(heights) < min(1.35 * high, 1)


def test_the_text_has_lines_apart_by_one_space_and_a_question_mark_for_what_is_no_digit() -> None:
    texts = [seen("letters-and-signs", seed).text for seed in range(20)]
    assert all(set(text) <= set("0123456789?") for text in texts)
    assert any("?" in text for text in texts)
    assert all(any(sign.isdigit() for sign in text) for text in texts)
    scene = seen("lines")
    assert scene.text.split(" ") == ["".join(placed.sign for placed in line) for line in scene.lines]
    assert len(scene.lines) >= 2


@pytest.mark.parametrize("name", ["no-digits", "empty"])
def test_there_are_pages_without_a_digit(name: str) -> None:
    texts = [seen(name, seed).text for seed in range(10)]
    assert {sign for text in texts for sign in text} <= {"?", " "}
    assert all(texts) == (name == "no-digits")


def test_the_boxes_are_in_reading_order() -> None:
    for seed in range(5):
        scene = seen(dataclasses.replace(CONDITIONS["lines"], tilt=(0.0, 0.0), perspective=(0.0, 0.0)), seed)
        for line in scene.lines:
            assert np.all(np.diff([placed.box[0] for placed in line]) > 0)
        tops = [np.mean([placed.box[1] for placed in line]) for line in scene.lines]
        assert np.all(np.diff(tops) > 0)


def test_given_pictures_are_put_on_paper_in_place_of_own_digits() -> None:
    signs = set()
    for seed in range(8):
        scene = seen(bare(), seed, squares())
        [[placed]] = scene.lines
        x, y, width, height = placed.box
        dark = ink(scene)[y : y + height, x : x + width]
        signs.add(placed.sign)
        assert width / height == pytest.approx({"3": 1, "8": 0.2}[placed.sign], abs=0.05)
        assert dark[2:-2, 2:-2].all()
    assert signs == {"3", "8"}


def test_a_tilted_picture_of_a_square_stands_on_its_corner() -> None:
    scene = draw_scene(bare(tilt=(45, 45)), np.random.default_rng(0), Digits(*_only_square()), SIZE)
    [[placed]] = scene.lines
    x, y, width, height = placed.box
    dark = ink(scene)[y : y + height, x : x + width]
    # a square on its corner covers half of its box
    assert dark.mean() == pytest.approx(0.5, abs=0.03)
    assert dark[:, width // 2].mean() > 0.95


def _only_square() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    given = squares()
    return given.images[:1], given.labels[:1]


@pytest.mark.parametrize("pen", ["marker", "pencil", "red", "faint pencil"])
def test_ink_takes_its_share_of_the_papers_light(pen: str) -> None:
    scene = draw_scene(bare(pens=(pen,)), np.random.default_rng(1), Digits(*_only_square()), SIZE)
    [[placed]] = scene.lines
    x, y, width, height = placed.box
    inside = scene.luma[y + 3 : y + height - 3, x + 3 : x + width - 3].mean()
    cover = 1 - PENS[pen].grain / 2  # the grain leaves half of itself away, on the average
    expected = 1 - cover * (1 - float(np.dot(LUMA, PENS[pen].ink)))
    assert inside / np.median(scene.luma) == pytest.approx(expected, abs=0.03)


def test_chalk_is_lighter_than_the_board_it_is_on() -> None:
    for seed in range(5):
        scene = seen("blackboard", seed)
        for line in scene.lines:
            for placed in line:
                x, y, width, height = placed.box
                assert scene.luma[y : y + height, x : x + width].max() > 1.5 * np.median(scene.luma)


def test_a_dark_room_is_dark_and_noisy() -> None:
    dark, plain = seen("dark-room"), seen(bare(noise=(1, 1)))
    assert np.median(dark.luma) < 90
    assert np.median(plain.luma) > 150

    def noise(scene: Scene) -> float:
        """In parts of the light; between neighbours, as these have the same light."""
        difference = np.abs(np.diff(scene.luma.astype(float), axis=1))
        return float(np.median(difference) / np.median(scene.luma))

    assert noise(dark) > 3 * noise(plain)


def test_a_hard_shadow_is_darker_by_a_quarter_and_more_across_a_few_pixels() -> None:
    darker = []
    for seed in range(10):
        luma = seen(bare(shadow=True, signs=(0, 0)), seed).luma.astype(float)
        darker.append(np.percentile(luma, 2) / np.percentile(luma, 98))
    assert sum(share < 0.78 for share in darker) >= 7  # some fall beside the picture
    assert min(darker) > 0.3


def test_squares_cross_the_page_in_both_directions() -> None:
    plain, ruled = (seen(bare(signs=(0, 0), ruling=ruling), 3).luma.astype(float) for ruling in ("", "squared"))
    for axis in (0, 1):
        assert np.ptp(plain.mean(axis=axis)) < 8
        profile = ruled.mean(axis=axis)
        assert np.median(profile) - profile.min() > 8


@pytest.mark.parametrize("size", [(199, 400), (0, 0)])
def test_a_picture_too_small_for_a_scene_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="too small for a scene: take at least 200x200"):
        draw_scene("plain", np.random.default_rng(0), size=size)


def test_an_unknown_condition_is_an_error_that_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="no condition 'fog': take one of plain, "):
        draw_scene("fog", np.random.default_rng(0))


@pytest.mark.parametrize(("shape", "labels"), [((0, 28, 28), 0), ((2, 28, 28), 3), ((2, 20, 20), 2)])
def test_given_pictures_have_to_be_28x28_with_a_label_each(shape: tuple[int, ...], labels: int) -> None:
    with pytest.raises(UsageError, match="one label for each"):
        Digits(np.zeros(shape, np.uint8), np.zeros(labels, np.uint8))

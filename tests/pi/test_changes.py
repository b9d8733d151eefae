"""Which frames are read: noise and light do not count as a change, anything that can be read does."""

from itertools import islice

import numpy as np
import pytest
from PIL import Image

from inkling.changes import REFRESH, Changes
from inkling.frames import Luma
from inkling.models import open_reader
from inkling.reader import Reader
from inkling.simulation import paper
from inkling.simulation.paper import Light, Sheet, draw_page, photograph
from inkling.steady import AGREEING


@pytest.fixture(scope="module")
def reader() -> Reader:
    return open_reader()


def reads(frames: list[Luma], texts: str, changes: Changes | None = None) -> str:
    """Which frames are read: "r" for one that is, "-" for one that is not; each says its sign of texts."""
    changes = changes or Changes()
    signs = []
    for luma, text in zip(frames, texts, strict=True):
        to_be_read = changes.to_be_read(luma)
        if to_be_read:
            changes.was_read(text)
        signs.append("r" if to_be_read else "-")
    return "".join(signs)


def seen(text: str, count: int, seed: int = 0, brightness: float = 200) -> list[Luma]:
    """A page as a camera sees it, time and again."""
    rng = np.random.default_rng(seed)
    page = draw_page(text, rng)
    return [photograph(page, Light(brightness), rng) for _ in range(count)]


def test_a_page_is_read_until_frames_agree_and_then_no_more() -> None:
    assert AGREEING == 3
    assert reads(seen("4", 10), "4" * 10) == "rrr-------"


def test_a_page_that_is_read_now_so_now_so_is_read_on() -> None:
    assert reads(seen("4", 10), "4749444444") == "rrrrrrr---"


def test_what_changes_is_read_at_once_and_until_frames_agree_again() -> None:
    assert reads(seen("4", 6) + seen("7", 6, seed=1), "444444777777") == "rrr---rrr---"
    assert reads(seen("4", 4) + seen("7", 1, seed=1) + seen("4", 5), "4444744444") == "rrr-rrrr--"


def test_now_and_then_a_frame_is_read_all_the_same() -> None:
    count = 2 * REFRESH + 10
    expected = "rrr" + "-" * REFRESH + "r" + "-" * REFRESH
    assert reads(seen("4", count), "4" * count).startswith(expected)
    assert reads(seen("4", count), "4" * (REFRESH + 3) + "7" * (count - REFRESH - 3)).startswith(
        "rrr" + "-" * REFRESH + "rrr-"
    )


def test_a_picture_of_another_size_is_another_one() -> None:
    page = seen("4", 4)
    assert reads([*page, page[0][:120]], "44444") == "rrr-r"


def test_pictures_smaller_than_a_square_are_always_read() -> None:
    assert reads([np.full((4, 4), 200, np.uint8)] * 5, "     ") == "rrrrr"


@pytest.mark.parametrize("noise", [0.0, 0.5, 1.5, 3.0])
def test_noise_is_no_change(monkeypatch: pytest.MonkeyPatch, noise: float) -> None:
    monkeypatch.setattr(paper, "_SENSOR_NOISE", noise)
    frames = seen("4", 100, seed=2)
    assert reads(frames, "4" * 100).count("r") <= 20  # 3, and one in REFRESH; now and then noise passes for a change


def test_a_little_more_light_on_everything_is_no_change() -> None:
    still = seen("4", 1, brightness=150)[0]
    assert reads([np.clip(still + level, 0, 255).astype(np.uint8) for level in (0, 1, 2, 3, 2, 1)], "4" * 6) == "rrr---"
    assert reads([still, still, still, still, (still + 20).astype(np.uint8)], "44444") == "rrr-r"


def test_a_faint_stroke_is_a_change_also_if_it_comes_with_a_little_more_light() -> None:
    rng = np.random.default_rng(0)
    frames = [rng.normal(150, 1.5, (120, 160)).round().astype(np.uint8) for _ in range(5)]
    frames[4] += 3
    assert reads(frames, "    4") == "rrr--"
    frames[4][40:48, 40:48] -= 3
    assert reads(frames, "    4") == "rrr-r"


@pytest.mark.parametrize("noise", [1.5, 3.0])
def test_a_digit_that_can_be_read_is_a_change_however_small_and_faint(
    monkeypatch: pytest.MonkeyPatch, reader: Reader, noise: float
) -> None:
    monkeypatch.setattr(paper, "_SENSOR_NOISE", noise)
    rng = np.random.default_rng(11)
    read = 0
    for _ in range(60):
        light, text = Light(rng.uniform(40, 230), rng.uniform(0, 6.3)), str(rng.integers(10))
        blank, written = a_small_digit(text, rng)
        page = photograph(written, light, rng)
        if reader.read(page).text == text:
            read += 1
            empty = [photograph(blank, light, rng) for _ in range(3)]
            assert reads([*empty, page], "   " + text)[-1] == "r"
            assert reads([page, page, page, empty[0]], text * 3 + " ")[-1] == "r"
    assert read > 20


def a_small_digit(text: str, rng: np.random.Generator) -> tuple[Sheet, Sheet]:
    """An empty sheet, and the same one with a digit, 9 to 40 pixels high, in ink that may be faint."""
    large = draw_page(text, rng)
    x, y, width, height = large.digits[0].box
    tall = int(rng.integers(9, 40))
    wide = max(3, round(width * tall / height))
    ink = large.reflectance[y : y + height, x : x + width] / np.median(large.reflectance)
    small = np.asarray(Image.fromarray(ink).resize((wide, tall), Image.Resampling.BOX)).clip(0, 1)
    blank = draw_page("", rng).reflectance
    written = blank.copy()
    left, top = int(rng.integers(8, 300 - wide)), int(rng.integers(8, 220 - tall))
    written[top : top + tall, left : left + wide] *= 1 - (1 - small) * rng.uniform(0.1, 1)
    return Sheet(blank, ()), Sheet(written, ())


def test_under_drifting_light_what_is_passed_over_says_what_was_read_last(reader: Reader) -> None:
    changes, last, passed = Changes(), "", 0
    for luma, text in islice(paper.frames(np.random.default_rng(4), hold=15, blank=5), 80):
        if changes.to_be_read(luma):
            last = reader.read(luma).text
            last_truth = text
            changes.was_read(last)
        else:
            passed += 1
            assert text == last_truth
    assert passed > 5

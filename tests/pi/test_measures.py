"""Measures of a machine: what they count, in which process, and that their promises are those of the README."""

import itertools
import re

import pytest

from inkling import measures
from inkling.errors import DeviceError
from inkling.measures import EPOCH, NIGHT_S, REACHED, SIZES, STAGES, WORTH_A_NIGHT
from inkling.recipes import RECIPES
from inknet.trainer import Step
from support import ROOT


def steps(per_step: float) -> list[Step]:
    return [Step(0.0, per_step * number, 1.0) for number in range(1, 101)]


def test_the_pace_is_that_after_the_warming_up() -> None:
    # the clock is read at the start and after each step; the first two steps are slow: 3 s each, then 1 s each
    times = itertools.accumulate(itertools.chain([100.0, 3.0, 3.0], itertools.repeat(1.0)))
    assert measures.pace(steps(0.5), 20.0, lambda: next(times)) == pytest.approx(0.5)
    assert next(times) == 121.0  # it was watched for 20 s and no longer


def test_a_step_longer_than_the_time_is_measured_all_the_same() -> None:
    times = itertools.count(0.0, 60.0)
    assert measures.pace(steps(0.25), 10.0, lambda: next(times)) == pytest.approx(0.25 / 60)
    assert next(times) == 180.0  # one step to warm up, one that counts


@pytest.mark.parametrize("recipe", WORTH_A_NIGHT)
def test_training_counts_images_and_what_a_night_makes_of_them(recipe: str) -> None:
    found = measures.training_apart(recipe, 0.2)
    assert found["images_per_second"] > 0
    assert found["epochs_a_night"] == pytest.approx(found["images_per_second"] * NIGHT_S / EPOCH, rel=0.02)
    assert found["memory_mb"] > EPOCH * 28 * 28 / 1e6  # the images alone


@pytest.mark.parametrize("size", SIZES.values())
def test_reading_times_each_stage_of_frames_that_hold_digits(size: tuple[int, int]) -> None:
    found = measures.reading(size, 0.0)
    assert found["frames"] == 8
    assert list(found["milliseconds"]) == list(STAGES)
    assert min(found["milliseconds"].values()) > 0
    assert found["frames_per_second"] == pytest.approx(1000 / found["milliseconds"]["whole"], rel=0.02)


def test_watching_reads_a_page() -> None:
    found = measures.watching()
    assert found["first_reading_s"] > 0
    assert found["memory_mb"] is None or found["memory_mb"] > 10


def test_watching_that_reads_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "_TO_A_READING", 2)  # frames, of which three have to agree
    with pytest.raises(DeviceError, match="read nothing"):
        measures.watching()


@pytest.mark.parametrize(
    ("script", "message"), [("raise ValueError('so it is')", "ValueError: so it is"), ("exit(3)", "status=3")]
)
def test_a_fresh_python_that_fails_says_why(script: str, message: str) -> None:
    with pytest.raises(DeviceError, match=message):
        measures.starting(script)


def test_the_peak_of_memory_is_the_processs_own_and_stays() -> None:
    script = """
from inkling.measures import peak_memory, starting, _fresh
before = peak_memory()
large = bytearray(100_000_000)
assert peak_memory() - before > 95, (before, peak_memory())
del large
assert peak_memory() - before > 95
inside = "from inkling.measures import peak_memory; print(peak_memory())"
assert float(_fresh(inside)[0].out) < 95  # and not that of whoever has started it
print(before)
"""
    if measures.peak_memory() is None:
        pytest.skip("this kernel does not say it")
    measures.starting(script)


def test_what_a_recipe_reaches_is_what_the_readme_says() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \|.*?\| ([\d.]+)(?: \(.*?\))? \|.*\| ([\d.]+) % \|", (ROOT / "README.md").read_text(), re.M
    )
    said = {name: (float(epochs), float(percent)) for name, epochs, percent in rows}
    for recipe, (epochs, share) in REACHED.items():
        assert said[recipe][0] == epochs == RECIPES[recipe].epochs
        assert said[recipe][1] == pytest.approx(100 * share)

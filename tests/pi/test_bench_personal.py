"""`inkling bench personal`: which photos are taught and which judge, and what the command prints."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.cli import main
from inkling.commands.bench_personal import Photo, samples_of, split_photos, taught_last
from inkling.errors import UsageError
from inkling.glyphs import Found, Glyph, Whole
from inkling.simulation import paper
from inknet import Dense, Network, SoftmaxCrossEntropy


def photo(pixels: np.ndarray | None = None, digit: str = "7", marks: int = 1) -> Photo:
    pixels = np.zeros((28, 28), np.float32) if pixels is None else pixels
    return Photo(Found([[Glyph(pixels, (0, 0, 9, 9))] * marks], []), digit)


def test_what_is_taught_never_judges_and_what_needs_it_most_is_taught_first() -> None:
    photos = [photo() for _ in range(40)]
    last = [0.1 * (number % 4) for number in range(40)]
    split = split_photos(photos, last, 8, seed=3)
    numbers = {id(photo): number for number, photo in enumerate(photos)}
    taught, others = ([numbers[id(photo)] for photo in part] for part in (split.taught, split.others))
    assert (len(taught), len(others)) == (8, 20)
    assert not set(taught) & set(others)
    there = sorted(last[number] for number in range(40) if number not in others)
    assert [last[number] for number in taught] == there[:8]
    by_chance = split_photos(photos, [0.0] * 40, 8, seed=3)
    assert by_chance.others == split.others
    assert by_chance.taught == split_photos(photos, [1.0] * 40, 8, seed=3).taught


def test_misread_photos_are_taught_first_and_then_the_least_sure() -> None:
    network = Network([Dense(10, bias=False)], SoftmaxCrossEntropy())
    for pixel, evidence in enumerate((20, 6, 1, 4.5)):  # for a 7, by as many pixels; the third is refused
        network.layers[0].values["weight"][7, pixel] = evidence
    photos = [photo(np.eye(784, dtype=np.float32)[pixel].reshape(28, 28)) for pixel in range(4)]
    photos.append(photo(photos[0].found.lines[0][0].pixels, "3"))
    sure, less, refused, least, misread = taught_last(network, photos, "unsure")
    assert refused == misread == 0 < least < less < sure <= 1
    assert least == pytest.approx(np.exp(4.5) / (np.exp(4.5) + 9))
    assert taught_last(network, photos, "misread") == [1, 1, 0, 1, 0]
    assert taught_last(network, photos, "any") == [0] * 5


def test_a_photo_on_which_more_than_a_digit_is_found_does_not_teach_but_judges() -> None:
    photos = [photo(marks=2) for _ in range(4)] + [photo() for _ in range(6)]
    for seed in range(5):
        with pytest.raises(UsageError, match=r"--samples 6: in half of the writer's 10 photos [0-5] can be taught"):
            split_photos(photos, [1.0] * 10, 6, seed)
        split = split_photos(photos, [1.0] * 10, 1, seed)
        assert all(each.found.one for each in split.taught)
        assert len(split.others) == 5
    assert any(each.found.one is None for each in split.others)


def test_a_digit_of_two_strokes_is_taught_as_one() -> None:
    left, right, both = (Glyph(np.full((28, 28), grey, np.float32), (0, 0, 9, 9)) for grey in (0.2, 0.4, 0.6))
    apart = Photo(Found([[left, right]], [], [Whole((0, 1), both)]), "4")
    samples = samples_of([apart, photo()])
    assert samples.labels.tolist() == [4, 7]
    assert np.all(samples.images[0] == 153)


def test_each_night_is_a_line_and_all_of_them_are_one(
    csv_data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "INDEX.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "label", "writer"])
        for number in range(8):
            rng = np.random.default_rng(number)
            page = paper.photograph(paper.draw_page(str(number), rng), paper.Light(), rng)
            Image.fromarray(page).save(tmp_path / f"{number}.png")
            # the writer calls a 0 a 1, a 1 a 2, and so on: none is read right
            writer.writerow([f"{number}.png", str((number + 1) % 10), "Ann"])
    arguments = ["bench", "personal", str(tmp_path), "--data", str(csv_data), "--samples", "2", "--hours", "0.0003"]
    assert main([*arguments, "--writer", "Ann", "--seeds", "2"]) == 0
    *nights, whole = capfd.readouterr().out.splitlines()
    line = (
        r"Ann, seed \d: 2 samples \(2 misread before; {} learnt\), \d+\.\d\d epochs; "
        r"of 4 other photos 4 -> (\d) misread, of 50 test images (\d+) -> (\d+) wrong{}"
    )
    found = [re.fullmatch(line.format("[012]", "; (not )?promoted, as it .*"), night) for night in nights]
    assert len(found) == 2
    assert all(found)
    after = sum(int(match[1]) for match in found if match)
    assert whole.startswith(f"Ann, 2 nights of 1 s: errors 8 -> {after} (")
    promoted = sum(match[4] is None for match in found if match)
    assert whole.endswith(f" points), {promoted} of 2 promoted")
    assert main([*arguments, "--writer", "Ann", "--seeds", "1", "--all"]) == 0
    night, whole = capfd.readouterr().out.splitlines()
    assert re.fullmatch(line.format("2", ""), night)
    assert whole.endswith(" points)")
    assert main([*arguments, "--writer", "Bob"]) == 1
    assert "no photo of a single digit by a writer Bob" in capfd.readouterr().err

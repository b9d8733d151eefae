"""`inkling bench personal`: which photos are taught and which judge, and what the command prints."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.cli import main
from inkling.commands.bench_personal import Photo, split_photos
from inkling.errors import UsageError
from inkling.glyphs import Found, Glyph
from inkling.simulation import paper


def photo(marks: int = 1) -> Photo:
    return Photo(Found([[Glyph(np.zeros((28, 28), np.float32), (0, 0, 9, 9))] * marks], []), "7")


def test_what_is_taught_never_judges_and_what_was_misread_is_taught_first() -> None:
    photos = [photo() for _ in range(40)]
    right = [number % 4 > 0 for number in range(40)]
    split = split_photos(photos, right, 8, seed=3, misread_first=True)
    numbers = {id(photo): number for number, photo in enumerate(photos)}
    taught, others = ([numbers[id(photo)] for photo in part] for part in (split.taught, split.others))
    assert (len(taught), len(others)) == (8, 20)
    assert not set(taught) & set(others)
    misread_there = 10 - sum(not right[number] for number in others)
    assert sum(not right[number] for number in taught) == min(8, misread_there)
    by_chance = split_photos(photos, right, 8, seed=3, misread_first=False)
    assert by_chance.others == split.others
    assert by_chance.taught == split_photos(photos, [True] * 40, 8, seed=3, misread_first=True).taught


def test_a_photo_on_which_more_than_a_digit_is_found_neither_teaches_nor_judges() -> None:
    photos = [photo(marks=2) for _ in range(4)] + [photo() for _ in range(6)]
    for seed in range(5):
        with pytest.raises(UsageError, match=r"--samples 6: in half of the writer's 10 photos [0-5] can be taught"):
            split_photos(photos, [True] * 10, 6, seed, misread_first=True)
        split = split_photos(photos, [True] * 10, 1, seed, misread_first=True)
        assert all(each.is_one_mark for each in (*split.taught, *split.others))
        assert not any(each.is_one_mark for each in split.lost)
        assert len(split.others) + len(split.lost) == 5


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
        r"of 4 other photos 4 -> (\d) misread, and on 0 not one mark is found; "
        r"of 50 test images (\d+) -> (\d+) wrong{}"
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

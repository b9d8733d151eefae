import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.cli import main
from inkling.simulation.conditions import CONDITIONS
from inkling.simulation.scenes import draw_scene


def bench(*arguments: str | Path) -> int:
    return main(["bench", "simulated", *map(str, arguments)])


def test_each_condition_gets_a_line_with_the_share_that_was_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench("--condition", "plain", "no-digits", "--count", "3") == 0
    header, plain, none = capsys.readouterr().out.splitlines()
    assert header.split() == ["condition", "digits", "right", "false", "share"]
    name, digits, right, _, share = plain.split()
    assert name == "plain"
    assert 3 <= int(digits) <= 12
    assert share == f"{int(right) / int(digits):.1%}"
    assert none.startswith("no-digits")
    assert none.endswith("of the pictures without a sure digit")


def test_as_json_it_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench("--condition", "plain", "--count", "4", "--json") == 0
    [line] = capsys.readouterr().out.splitlines()
    result = json.loads(line)
    assert list(result) == ["condition", "pictures", "digits", "right", "false", "share"]
    assert (result["condition"], result["pictures"]) == ("plain", 4)
    assert result["right"] >= 0.9 * result["digits"] > 0


def test_the_pictures_are_kept_with_their_labels_and_boxes(tmp_path: Path) -> None:
    out = tmp_path / "new" / "pictures"
    assert bench("--condition", "lines", "empty", "--count", "2", "--seed", "7", "--out", out) == 0
    with (out / "INDEX.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"].split("/")[0] for row in rows] == ["lines", "lines", "empty", "empty"]
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png")) == sorted(r["file"] for r in rows)
    for number, row in enumerate(rows[:2]):
        scene = draw_scene("lines", np.random.default_rng([7, *b"lines", number]))
        with Image.open(out / row["file"]) as picture:
            assert np.array_equal(np.asarray(picture), scene.luma)
        assert row["label"] == scene.text
        assert row["remark"] == CONDITIONS["lines"].about
        boxes = [tuple(map(int, box.split())) for box in row["boxes"].split(";")]
        assert boxes == [placed.box for line in scene.lines for placed in line]
    assert {row["label"] for row in rows[2:]} == {"none-empty"}


def test_pictures_that_were_kept_are_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench("--condition", "plain", "--count", "1", "--out", tmp_path) == 0
    before = (tmp_path / "INDEX.csv").read_bytes()
    assert bench("--condition", "plain", "--count", "2", "--out", tmp_path) == 2
    assert "holds pictures already: give a new folder" in capsys.readouterr().err
    assert (tmp_path / "INDEX.csv").read_bytes() == before


def test_the_digits_of_a_data_set_can_be_put_on_paper(csv_data: Path, tmp_path: Path) -> None:
    assert bench("--condition", "plain", "--count", "2", "--data", csv_data, "--out", tmp_path) == 0
    with (tmp_path / "INDEX.csv").open(newline="") as file:
        assert {row["writer"] for row in csv.DictReader(file)} == {"given"}


def test_a_condition_that_is_unknown_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        bench("--condition", "fog")
    assert caught.value.code == 2
    assert "hard-shadow" in capsys.readouterr().err

"""`inkling bench photos`, as a person meets it, on small folders that are drawn on the spot."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkling.cli import main
from inkling.commands import bench_photos
from inkling.explain import WIDTH_PX
from inkling.simulation import paper


def draw(path: Path, digits: str, seed: int = 3) -> None:
    rng = np.random.default_rng(seed)
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(paper.photograph(paper.draw_page(digits, rng), paper.Light(), rng)).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six pictures that are read as they are drawn; the labels of two say otherwise."""
    rows = [
        ("single/a.png", "7", "7", "Ann"),
        ("single/b.png", "4", "4", "Ann"),
        ("single/c.png", "3", "8", "Bob"),  # read wrong
        ("pages/d.png", "472", "4-7=2", "Bob"),
        ("blank/e.png", "", "none-page", "Bob"),
        ("blank/f.png", "5", "none-letter", "Bob"),  # answered
    ]
    with (tmp_path / "INDEX.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "label", "writer"])
        for name, digits, label, who in rows:
            draw(tmp_path / name, digits)
            writer.writerow([name, label, who])
    return tmp_path


def bench(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> tuple[str, str]:
    assert main(["bench", "photos", *map(str, arguments)]) == status
    captured = capsys.readouterr()
    return captured.out, captured.err


def test_json_holds_every_figure(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = bench(capsys, folder, "--json")
    found = json.loads(out)
    assert list(found) == ["kinds", "writers", "confusion", "calibration_error", "milliseconds"]
    assert list(found["kinds"]) == ["blank", "pages", "single"]
    single, pages, blank = (found["kinds"][kind] for kind in ("single", "pages", "blank"))
    assert (single["pictures"], single["right"], single["accuracy"]) == (3, 2, pytest.approx(2 / 3))
    assert (single["digits"], single["read"], single["wrong"], single["refused"]) == (3, 2, 1, 0)
    assert (pages["pictures"], pages["right"], pages["digits"], pages["read"]) == (1, 1, 3, 3)
    assert (blank["pictures"], blank["accuracy"], blank["blank"], blank["answered"]) == (0, None, 2, 1)
    assert list(found["writers"]) == ["blank/Bob", "pages/Bob", "single/Ann", "single/Bob"]
    assert found["writers"]["single/Ann"]["right"] == 2
    confusion = np.array(found["confusion"])
    assert confusion.shape == (11, 12)
    assert confusion[8, 3] == confusion[2, 2] == confusion[10, 5] == 1
    assert confusion[7, 7] == confusion[4, 4] == 2
    assert confusion.sum() == 7
    assert 0.2 < found["calibration_error"] < 0.4  # sure of all three, and right in two
    assert list(found["milliseconds"]["pages"]) == ["decode", "page", "glyphs", "network", "reading"]
    assert min(ms for row in found["milliseconds"].values() for ms in row.values()) >= 0
    assert "reading" in err


def test_the_report_has_kinds_writers_confusions_calibration_and_times(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = bench(capsys, folder)
    assert re.search(r"^single +3 +2 +66\.7 % \| +3 +66\.7 % +33\.3 % +0\.0 % +0\.0 % +0$", out, re.M)
    assert re.search(r"^pages +1 +1 100\.0 % \| +3 +100\.0 %", out, re.M)
    assert re.search(r"^blank[ |]+2 +50\.0 %$", out, re.M)
    assert re.search(r"^single/Ann +2 +2 100\.0 %", out, re.M)
    assert re.search(r"^8( +\.){3} +1( +\.){8}$", out, re.M)
    assert re.search(r"^no digit( +\.){5} +1( +\.){5}$", out, re.M)
    assert re.search(r"^calibration error \d+\.\d\d%", out, re.M)
    assert re.search(r"^milliseconds \(medians\) +decode +page +glyphs +network +reading$", out, re.M)
    assert max(map(len, out.splitlines())) <= 120


def test_kinds_and_writers_can_be_chosen(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = bench(capsys, folder, "--kind", "single", "pages", "--writer", "Bob", "--json")
    found = json.loads(out)
    assert {kind: row["pictures"] for kind, row in found["kinds"].items()} == {"single": 1, "pages": 1}


@pytest.mark.parametrize(("option", "there"), [("--kind", "blank, pages, single"), ("--writer", "Ann, Bob")])
def test_an_unknown_kind_or_writer_is_wrong_usage(
    folder: Path, option: str, there: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = bench(capsys, folder, option, "doubles", status=2)
    assert out == ""
    assert err.startswith(f"inkling bench: {option} doubles")
    assert there in err
    assert err.count("\n") == 1


def test_without_an_index_the_names_are_the_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw(tmp_path / "photo_472.png", "472")
    out, _ = bench(capsys, tmp_path)
    assert re.search(rf"^{re.escape(tmp_path.name)} +1 +1 100\.0 %", out, re.M)
    assert "writer" not in out


def test_a_file_that_cannot_be_read_is_one_line_and_status_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "single" / "a.png").write_text("no picture")
    (folder / "single" / "b.png").unlink()
    out, err = bench(capsys, folder, "--json", status=1)
    assert json.loads(out)["kinds"]["single"]["pictures"] == 1
    lines = [line for line in err.splitlines() if line.startswith("inkling bench: cannot read")]
    assert ["a.png" in line for line in lines] == [True, False]


def test_if_none_can_be_read_there_are_no_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "photo_4.png").touch()
    out, err = bench(capsys, tmp_path, status=1)
    assert out == ""
    assert "it is empty" in err


def test_labels_that_do_not_say_what_is_written_are_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw(tmp_path / "photo_7.png", "7")
    draw(tmp_path / "photo_seven.png", "7")
    out, err = bench(capsys, tmp_path, "--json")
    assert json.loads(out)["kinds"][tmp_path.name]["pictures"] == 1
    assert "photo_seven.png is passed over" in err
    (tmp_path / "photo_7.png").unlink()
    assert "no picture to read" in bench(capsys, tmp_path, status=1)[1]


def test_a_file_is_no_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "give a folder" in bench(capsys, folder / "INDEX.csv", status=2)[1]
    assert "photo_42.jpg" in bench(capsys, folder / "nowhere", status=1)[1]


def test_unsure_refuses_more(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = bench(capsys, folder, "--json", "--unsure", "1")
    found = json.loads(out)["kinds"]
    assert found["single"]["refused"] + found["pages"]["refused"] == 6
    assert found["blank"]["answered"] == 0


def test_thresholds_show_what_is_lost_and_what_is_false(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = json.loads(bench(capsys, folder, "--thresholds", "--json")[0])["thresholds"]
    assert [row["unsure"] for row in table] == list(bench_photos.THRESHOLDS)
    assert table[0]["unsure"] == 0.3
    assert table[-1]["unsure"] == 0.99
    assert table[0] == {
        "unsure": 0.3,
        "refused": {"pages": 0, "single": 0},
        "answered": {"blank": 0.5},
        "accuracy": pytest.approx(5 / 6),
    }
    for kind in ("pages", "single"):
        lost = [row["refused"][kind] for row in table]
        assert lost == sorted(lost)
    false = [row["answered"]["blank"] for row in table]
    assert false == sorted(false, reverse=True)
    out, _ = bench(capsys, folder, "--thresholds")
    assert re.search(r"^unsure +\| +pages +single \| +blank \| +if sure$", out, re.M)
    assert re.search(r"^ +0\.30 +\| +0\.00% +0\.00% \| +50\.00% \| +83\.33%$", out, re.M)
    assert len(out.splitlines()) == 2 + len(table)


def test_thresholds_count_from_readings_that_refuse_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scribble on which the network is at odds is refused at the highest threshold, and not at the lowest."""
    picture = Image.new("L", (200, 200), 230)
    ImageDraw.Draw(picture).line([(60, 60), (140, 140), (140, 60), (60, 140), (60, 100), (150, 100)], 40, 7)
    picture.save(tmp_path / "scribble_none.png")
    monkeypatch.setattr(bench_photos, "THRESHOLDS", (0.0, 1.0))
    table = json.loads(bench(capsys, tmp_path, "--thresholds", "--json")[0])["thresholds"]
    assert [row["answered"][tmp_path.name] for row in table] == [1, 0]
    assert [row["accuracy"] for row in table] == [None, None]


def test_a_sheet_shows_every_failure_and_nothing_else(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = tmp_path / "why.png"
    _, err = bench(capsys, folder, "--sheet", sheet)
    assert f"2 of the pictures are read wrong: see {sheet}\n" in err
    with Image.open(sheet) as both:
        assert both.width == WIDTH_PX
        height = both.height
    monkeypatch.setattr(bench_photos, "ON_A_SHEET", 1)
    _, err = bench(capsys, folder, "--sheet", sheet)
    assert f"see {sheet}, {tmp_path / 'why-2.png'}\n" in err
    heights = []
    for path in (sheet, tmp_path / "why-2.png"):
        with Image.open(path) as picture:
            heights.append(picture.height)
    assert sum(heights) == height


def test_without_failures_there_is_no_sheet(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, err = bench(capsys, folder, "--kind", "pages", "--sheet", tmp_path / "why.png")
    assert "0 of the pictures are read wrong: no sheet is written" in err
    assert not (tmp_path / "why.png").exists()


@pytest.mark.parametrize("name", ["why.jpg", "nowhere/why.png", "single/a.png"])
def test_a_sheet_that_cannot_be_or_would_overwrite_a_picture_is_wrong_usage(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / "single" / "a.png").read_bytes()
    out, err = bench(capsys, folder, "--sheet", folder / name, status=2)
    assert out == ""
    assert err.startswith("inkling bench: --sheet")
    assert (folder / "single" / "a.png").read_bytes() == before

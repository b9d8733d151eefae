"""`inkling learn` as its owner meets it: photos, folders, the camera, and what was taught put right."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkling import picamera
from inkling.cameras import Camera, Shot, SimulatedCamera
from inkling.cli import main
from inkling.samples import NO_DIGIT, Sample, Samples
from inkling.simulation import paper

Learn = Callable[..., int]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "samples.db"


@pytest.fixture
def learn(database: Path, monkeypatch: pytest.MonkeyPatch) -> Learn:
    """Runs `inkling learn` on a database of the test's own, with lines that are typed."""
    monkeypatch.setenv("INKLING_SAMPLES_PATH", str(database))

    def run(*arguments: object, typed: str = "") -> int:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        return main(["learn", *map(str, arguments)])

    return run


def photo(folder: Path, text: str, name: str = "", seed: int = 5) -> Path:
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(seed)
    path = folder / (name or f"page_{text}.png")
    page = paper.draw_page(text, rng, (240, 320))
    Image.fromarray(paper.photograph(page, paper.Light(), rng)).save(path)
    return path


def labels(database: Path) -> list[int | None]:
    with Samples(database) as samples:
        return [sample.label for sample in samples]


def test_the_one_digit_on_a_photo_is_learnt(
    learn: Learn, database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = photo(tmp_path / "p", "4")
    assert learn(path, "--digit", "7") == 0
    assert "7 is learnt (sample 1)" in capsys.readouterr().out
    with Samples(database) as samples:
        sample = samples[1]
    assert (sample.label, sample.read, sample.source) == (7, 4, str(path))
    assert sample.confidence is not None
    assert 0.5 < sample.confidence <= 1
    assert len(sample.model) == 12
    assert learn(path, "--digit", "7") == 0
    assert learn(path, "--digit", "4") == 0
    out = capsys.readouterr().out
    assert "7 is known already (sample 1)" in out
    assert "sample 1 is 4 now, no longer 7" in out
    assert labels(database) == [4]


def test_several_marks_have_to_be_said(
    learn: Learn, database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = photo(tmp_path / "p", "472")
    assert learn(path, "--digit", "4") == 1
    assert "there are 3 marks on it, read as 472: say what all of them are, such as --digits 472" in (
        capsys.readouterr().err
    )
    assert learn(path, "--digits", "47") == 1
    assert "there are 3 marks on it, read as 472, and 2 said" in capsys.readouterr().err
    assert not database.exists()
    assert learn(path, "--digits", "9 ?n") == 0
    assert labels(database) == [9, NO_DIGIT]
    assert learn(path, "--digit", "none") == 0
    assert labels(database) == [NO_DIGIT] * 3


def test_two_strokes_are_learnt_as_one_if_one_digit_is_said(
    learn: Learn, database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = Image.new("L", (320, 240), 220)
    for stroke in ((135, 60, 110, 120), (155, 94, 115, 180)):
        ImageDraw.Draw(page).line(stroke, 30, 7)
    page.save(tmp_path / "strokes.png")
    assert learn(tmp_path / "strokes.png", "--digits", "123") == 1
    assert "there are 2 marks on it, read as 11, and 3 said" in capsys.readouterr().err
    assert learn(tmp_path / "strokes.png", "--digits", "5") == 0
    assert labels(database) == [5]
    assert learn(tmp_path / "strokes.png", "--digit", "4") == 0
    assert learn(tmp_path / "strokes.png", "--digits", "1?") == 0
    assert learn(tmp_path / "strokes.png", "--digit", "none") == 0
    with Samples(database) as samples:
        glyphs = [(sample.label, np.ptp(np.flatnonzero(sample.glyph.max(axis=0)))) for sample in samples]
    assert [label for label, _ in glyphs] == [4, NO_DIGIT, NO_DIGIT]
    assert [wide > 13 for _, wide in glyphs] == [False, False, False]


def test_a_photo_that_cannot_be_learnt_does_not_stop_the_others(
    learn: Learn, database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("L", (100, 80), 230).save(tmp_path / "blank.png")
    good = photo(tmp_path / "p", "4")
    assert learn(tmp_path / "none.png", tmp_path / "blank.png", good, "--digit", "4") == 1
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert "no such file" in errors[0]
    assert "blank.png: nothing is written on it" in errors[1]
    assert labels(database) == [4]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.png", "--digit", "11"], "no label"),
        (["a.png", "--digits", "4x"], "'x' says nothing"),
        (["--digit", "4"], "give the photo"),
        (["a.png", "--folder", "x"], "give photos, or --folder"),
        (["relabel", "1", "--digit", "ten"], "no label"),
        (["list", "--label", "ten"], "no label"),
        (["show", "1", "--label", "1"], "not both"),
        (["show", "--sheet", "x.jpg"], r".png"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    learn: Learn, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert learn(*arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_labelled_folder_is_learnt_where_its_labels_fit(
    learn: Learn, database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "folder"
    photo(folder, "42")
    photo(folder, "7", "sign_none.png", seed=6)
    photo(folder, "3", "two_35.png", seed=7)
    photo(folder, "3", "unnamed.png", seed=8)
    assert learn("--folder", folder) == 1
    out, err = capsys.readouterr()
    assert "3 new, 0 known already, 0 relabelled; not learnt: 2 of 4 pictures" in out
    assert "two_35.png: there is one mark on it, read as 3, and 2 said" in err
    assert "unnamed.png: it has no label" in err
    assert labels(database) == [4, 2, NO_DIGIT]


def test_the_camera_shows_and_asks(
    learn: Learn, database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "camera"
    for name, text in (("a.png", "4"), ("b.png", "72"), ("c.png", "5"), ("d.png", "3"), ("e.png", "8")):
        photo(folder, text, name)
    assert learn("--camera", f"folder:{folder}", typed="\n7x\n7\n1?\ns\nn\nq\n5\n") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "read as 72 (" in out
    assert "'x' says nothing of a mark" in out
    assert "there are 2 marks there" in out
    assert "@" in out
    with Samples(database) as samples:
        assert [(s.label, s.read, s.source) for s in samples] == [
            (4, 4, "camera"),
            (1, 7, "camera"),
            (NO_DIGIT, 3, "camera"),
        ]


def test_an_unsure_mark_is_not_learnt_by_enter(learn: Learn, database: Path, tmp_path: Path) -> None:
    photo(tmp_path / "c", "4")
    assert learn("--camera", f"folder:{tmp_path / 'c'}", "--unsure", "1", typed="\n") == 0
    assert not database.exists()
    assert learn("--camera", f"folder:{tmp_path / 'c'}", "--unsure", "1", typed="4\n") == 0
    assert labels(database) == [4]


def test_without_a_camera_there_is_one_line(learn: Learn, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert learn("--camera", f"folder:{tmp_path / 'none'}") == 1
    out, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert "no such folder" in err
    assert out == ""


def test_the_boards_camera_takes_its_pictures_as_the_settings_have_it(
    learn: Learn, database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shots = []

    def camera(shot: Shot, lost: Callable[[str], None]) -> Camera:
        shots.append(shot)
        lost("no picture for a while")
        return SimulatedCamera(3)

    monkeypatch.setattr(picamera, "PiCamera", camera)
    monkeypatch.setenv("INKLING_CAMERA_ROTATION", "180")
    monkeypatch.setenv("INKLING_CAMERA_WIDTH", "480")
    assert learn("--camera", "picamera2", typed="\n") == 0
    assert shots == [Shot(width=480, rotation=180)]
    assert len(labels(database)) >= 1
    assert capsys.readouterr().err == "inkling learn: no picture for a while\n"


def test_what_waits_for_its_label_is_asked_for(
    learn: Learn, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    glyphs = np.random.default_rng(0).integers(0, 256, (6, 28, 28), dtype=np.uint8)
    with Samples(database) as samples:
        samples.add_all(Sample(glyph, label, read=3) for glyph, label in zip(glyphs, (1, *[None] * 5), strict=True))
    assert learn("--unlabelled", typed="8\nr\n\n42\nnone\nq\n") == 0
    out = capsys.readouterr().out
    assert "5 samples wait for their label" in out
    assert "sample 2, read as 3" in out
    with Samples(database) as samples:
        assert {sample.number: sample.label for sample in samples} == {1: 1, 2: 8, 4: None, 5: NO_DIGIT, 6: None}


@pytest.fixture
def taught(database: Path) -> np.ndarray:
    """Five glyphs that are kept: 3, 3, 5, no digit, and one without a label."""
    glyphs = np.random.default_rng(0).integers(0, 120, (5, 28, 28), dtype=np.uint8)
    with Samples(database) as samples:
        samples.add_all(
            Sample(glyph, label, "camera", 3, 0.5, "abc")
            for glyph, label in zip(glyphs, (3, 3, 5, NO_DIGIT, None), strict=True)
        )
    return glyphs


@pytest.mark.usefixtures("taught")
def test_list_tells_what_there_is(learn: Learn, database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert learn("list") == 0
    *lines, total = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["1", "3"],
        ["2", "3"],
        ["3", "5"],
        ["4", "none"],
        ["5", "unlabelled"],
    ]
    assert total == f"5 samples in {database}: 2 x 3, 1 x 5, 1 x none, 1 unlabelled"
    assert learn("list", "--label", "none", "--json") == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["sample"], row["label"], row["read"], row["confidence"], row["model"]) == (4, "none", 3, 0.5, "abc")
    assert learn("list", "--label", "unlabelled", "--json") == 0
    assert json.loads(capsys.readouterr().out)["label"] is None


@pytest.mark.usefixtures("taught")
def test_show_draws_the_glyphs(learn: Learn, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert learn("show", "2-3") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2 * (14 + 1)
    assert learn("show", "--label", "3", "--sheet", tmp_path / "sheet.png") == 0
    assert capsys.readouterr().out == f"{tmp_path / 'sheet.png'}: 2 samples\n"
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.format == "PNG"
    assert learn("show", "--label", "9") == 1
    assert "no sample that is 9" in capsys.readouterr().err


@pytest.mark.usefixtures("taught")
def test_relabel_and_remove(learn: Learn, database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert learn("relabel", "1", "3-5", "1", "--digit", "none") == 0
    assert labels(database) == [NO_DIGIT, 3, NO_DIGIT, NO_DIGIT, NO_DIGIT]
    assert learn("remove", "1-6") == 1
    assert "no sample 6" in capsys.readouterr().err
    assert len(labels(database)) == 5
    assert learn("remove", "1-2", "5") == 0
    assert labels(database) == [NO_DIGIT, NO_DIGIT]


def test_what_is_exported_is_taken_back_to_the_bit(
    learn: Learn, database: Path, taught: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert learn("export", out) == 0
    for number, command in enumerate((["import", out], ["--folder", out])):
        other = tmp_path / f"{number}.db"
        assert learn(*command, "--samples", other) == 0
        assert "5 new" in capsys.readouterr().out
        assert learn(*command, "--samples", other) == 0
        assert "0 new, 5 known already" in capsys.readouterr().out
        with Samples(other) as samples:
            np.testing.assert_array_equal([sample.glyph for sample in samples], taught)
        assert labels(other) == labels(database)


@pytest.mark.usefixtures("taught")
def test_the_talks_csv_says_what_it_leaves_out(
    learn: Learn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "out.csv"
    assert learn("export", table) == 0
    assert capsys.readouterr().out == f"{table}: 3 digits; left out, as the format has 0 to 9 only: 2\n"
    assert learn("export", table) == 2
    assert "is there already" in capsys.readouterr().err
    assert learn("import", table, "--samples", tmp_path / "new.db") == 0
    assert labels(tmp_path / "new.db") == [3, 3, 5]


def test_an_import_with_one_wrong_picture_takes_in_nothing(
    learn: Learn, database: Path, taught: np.ndarray, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert learn("export", out) == 0
    (out / "000003_5.png").write_bytes(b"no picture")
    assert learn("import", out, "--samples", tmp_path / "new.db") == 1
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize("action", [[], ["list"]])
def test_a_file_that_is_something_else_is_never_taken_for_damaged_samples(
    learn: Learn, tmp_path: Path, action: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = photo(tmp_path / "p", "4")
    before = path.read_bytes()
    assert learn(*action, "--samples", path) == 2
    assert "something else than samples" in capsys.readouterr().err
    assert [each.read_bytes() for each in path.parent.iterdir()] == [before]


def test_samples_that_are_damaged_at_their_beginning_are_saved_all_the_same(
    learn: Learn, database: Path, taught: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    data = database.read_bytes()
    database.write_bytes(bytes(512) + data[512:])
    assert learn("list", "--samples", database) == 0
    assert f"saved from it: {len(taught)}" in capsys.readouterr().err


def test_what_was_answered_is_kept_even_if_the_process_is_killed(database: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "inkling.cli", "learn", "--camera", "simulated", "--samples", str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        line = next(line for line in process.stdout if "is learnt" in line)
        process.kill()
    assert "(sample 1)" in line
    assert len(labels(database)) >= 1

"""The command line as a person meets it: results, exit statuses, one-line errors, Ctrl-C, terminals and pipes."""

import io
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.cli import main
from inkling.corruptions import CORRUPTIONS
from inkling.simulation import paper
from inknet import load

ANSWER = "472"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    page = paper.draw_page(ANSWER, rng, (240, 320))
    path = tmp_path / "page.png"
    Image.fromarray(paper.photograph(page, paper.Light(), rng)).save(path)
    return path


def inkling(*arguments: object, **options: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "inkling.cli", *map(str, arguments)]
    usual = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "preexec_fn": hear_ctrl_c}
    return subprocess.Popen(command, **{**usual, **options})  # type: ignore[call-overload,no-any-return]


def hear_ctrl_c() -> None:
    """A shell that starts the tests in the background has them ignore SIGINT, and a child would inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_read_prints_the_digits_of_each_photo(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(photo), str(photo)]) == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(rf"({re.escape(str(photo))}: {ANSWER}  \(at least 9\d % sure\)\n){{2}}", out)
    assert err == ""


def test_read_json_keeps_the_contract(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", "--json", str(photo)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert list(result) == ["file", "text", "digits"]
    assert result["file"] == str(photo)
    assert result["text"] == ANSWER
    assert [mark["digit"] for mark in result["digits"]] == [4, 7, 2]
    for mark in result["digits"]:
        assert list(mark) == ["digit", "confidence", "box"]
        assert 0.5 < mark["confidence"] <= 1
        x, y, width, height = mark["box"]
        assert 0 <= x < x + width <= 320
        assert 0 <= y < y + height <= 240


def test_boxes_are_in_the_pixels_of_the_file_however_large_it_is(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    large = photo.with_name("large.png")
    with Image.open(photo) as picture:
        picture.resize((3200, 2400), Image.Resampling.BICUBIC).save(large)
    assert main(["read", "--json", str(photo), str(large)]) == 0
    small_marks, large_marks = (json.loads(line)["digits"] for line in capsys.readouterr().out.splitlines())
    for small, of_large in zip(small_marks, large_marks, strict=True):
        np.testing.assert_allclose(of_large["box"], 10 * np.array(small["box"]), atol=30)


def test_an_empty_page_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "blank.png"
    Image.new("L", (100, 80), 230).save(path)
    assert main(["read", "--json", str(path)]) == 0
    assert json.loads(capsys.readouterr().out) == {"file": str(path), "text": "", "digits": []}
    assert main(["read", str(path)]) == 0
    assert "nothing is written on it" in capsys.readouterr().out


@pytest.mark.parametrize(("columns", "rows"), [(88, 1), (87, 2), (20, 3)])
def test_preview_shows_the_glyphs_side_by_side_as_far_as_they_fit(
    photo: Path, columns: int, rows: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["read", "--preview", str(photo)]) == 0
    _, *lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 14 * rows
    assert max(map(len, lines)) == {1: 88, 2: 58, 3: 28}[rows]
    assert any("@" in line for line in lines)


def test_explain_draws_the_stages_of_every_photo_and_reads_as_ever(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["read", "--json", str(photo), str(photo)]) == 0
    expected = capsys.readouterr().out
    heights = []
    for photos in ([photo], [photo, photo]):
        assert main(["read", "--json", "--explain", str(tmp_path / "why.png"), *map(str, photos)]) == 0
        with Image.open(tmp_path / "why.png") as why:
            assert why.format == "PNG"
            heights.append(why.height)
    assert capsys.readouterr().out == expected.splitlines(keepends=True)[0] + expected
    assert heights[1] == 2 * heights[0]


def test_explain_draws_what_could_be_read(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    why = tmp_path / "why.png"
    assert main(["read", "--explain", str(why), str(tmp_path / "nowhere.png")]) == 1
    assert not why.exists()
    assert main(["read", "--explain", str(why), str(tmp_path / "nowhere.png"), str(photo)]) == 1
    assert why.exists()
    assert ANSWER in capsys.readouterr().out


@pytest.mark.parametrize("name", ["why.jpg", "nowhere/why.png", "page.png"])
def test_explain_never_overwrites_a_photo(photo: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = photo.read_bytes()
    assert main(["read", "--explain", str(photo.parent / name), str(photo)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"inkling read: --explain [^\n]+\n", err)
    assert photo.read_bytes() == before


@pytest.mark.parametrize(("unsure", "text"), [("0", ANSWER), ("1", "???")])
def test_unsure_is_the_confidence_below_which_a_mark_is_refused(
    photo: Path, unsure: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["read", "--json", "--unsure", unsure, str(photo)]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == text
    watch = ["watch", "--camera", f"folder:{photo.parent}", "--display", "json", "--frames", "5", "--unsure", unsure]
    assert main(watch) == 0
    assert json.loads(capsys.readouterr().out)["text"] == text


def bomb() -> bytes:
    """A PNG of a few hundred bytes that claims to be 60,000 pixels square."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(60001)))
        + chunk(b"IEND", b"")
    )


def tiny_gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0,\0\0\0\0\0\0\0\0\0\x02\0;"


def one_pixel() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (1, 1)).save(file, "PNG")
    return file.getvalue()


BAD_FILES: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "empty": lambda path: path.write_bytes(b""),
    "truncated": lambda path: path.write_bytes((path.parent / "page.png").read_bytes()[:-900]),
    "a text named .jpg": lambda path: path.write_text("dear diary"),
    "a directory": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
    "a decompression bomb": lambda path: path.write_bytes(bomb()),
    "0x0": lambda path: path.write_bytes(tiny_gif(0, 0)),
    "1x1": lambda path: path.write_bytes(one_pixel()),
}


@pytest.mark.parametrize("make", BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_bad_picture_is_one_line_and_the_others_are_read(
    photo: Path, make: Callable[[Path], object], capfd: pytest.CaptureFixture[str]
) -> None:
    bad = photo.parent / "bad.jpg"
    make(bad)
    assert main(["read", str(bad), str(photo)]) == 1
    out, err = capfd.readouterr()
    assert out.startswith(f"{photo}: {ANSWER} ")
    assert err.startswith("inkling read: ")
    assert err.count("\n") == 1
    assert str(bad) in err

    assert main(["read", "--json", str(bad), str(photo)]) == 1
    out, err = capfd.readouterr()
    first, second = map(json.loads, out.splitlines())
    assert list(first) == ["file", "error"]
    assert first["file"] == str(bad)
    assert second["text"] == ANSWER
    assert err == ""


def test_names_that_are_no_text_are_printed_all_the_same(photo: Path, capfd: pytest.CaptureFixture[str]) -> None:
    strange = photo.with_name("new\nline \udcff.png")
    photo.rename(strange)
    assert main(["read", str(strange)]) == 0
    assert main(["read", "--json", str(strange)]) == 0
    text, as_json = capfd.readouterr().out.splitlines()
    assert text.startswith(f"{photo.parent}/new\\nline \\udcff.png: {ANSWER}")
    assert json.loads(as_json)["file"] == str(strange)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["read", "--model", "missing.npz", "page.png"], "missing.npz: No such file"),
        (["read", "--model", "page.png", "page.png"], "cannot be used"),
        (["watch", "--camera", "folder:missing"], "no such folder"),
        (["watch", "--camera", "folder:empty"], "no picture in it"),
        (["model", "evaluate", "--data", "empty"], "inkling data fetch"),
        (["model", "evaluate", "--data", "missing"], "inkling data fetch"),
        (["model", "evaluate", "--data", "page.png"], "line 1"),
        (["train", "--data", "empty", "--out", "a.npz"], "inkling data fetch"),
        (["data", "fetch", "empty", "--mirror", "http://127.0.0.1:9/"], "train-images"),
    ],
)
def test_every_failure_is_one_line_and_status_1(
    photo: Path,
    arguments: list[str],
    message: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(photo.parent)
    Path("empty").mkdir()
    assert main(arguments) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert message in err
    assert re.fullmatch(rf"inkling {arguments[0]}: [^\n]+\n", err)
    assert not Path("a.npz").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["watch", "--camera", "polaroid"],
            "camera.source is 'polaroid'; it takes one of picamera2, simulated, folder:…",
        ),
        (["train", "--data", "csv", "--out", "missing/a.npz"], "folder that exists"),
        (["train", "--data", "csv", "--out", "csv"], "folder that exists"),
        (["train", "--data", "csv", "--out", "/dev/null"], "name of a file"),
        (["train", "--data", "csv", "--out", "/proc/a.npz"], "nothing can be written there"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(
    csv_data: Path,
    arguments: list[str],
    message: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(csv_data.parent)
    assert main(arguments) == 2
    assert message in capfd.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["read"],
        ["demo", "--frames", "0"],
        ["demo", "--frames", "x"],
        ["demo", "--frames", "99999999999999999999"],
        ["demo", "--rate", "1e-300"],
        ["demo", "--rate", "-1"],
        ["demo", "--seed", "-1"],
        ["read", "--unsure", "1.01", "page.png"],
        ["read", "--unsure", "nan", "page.png"],
        ["watch", "--camera", "simulated", "--unsure", "-0.1"],
        ["bench"],
        ["bench", "photos"],
        ["bench", "photos", ".", "--unsure", "half"],
        ["bench", "photos", ".", "--thresholds", "--sheet", "a.png"],
        ["train", "--data", "csv", "--epochs", "nan", "--out", "a.npz"],
        ["train", "--data", "csv", "--recipe", "lasagne", "--out", "a.npz"],
        ["bench", "recipes", "--data", "csv", "--recipe", "lasagne"],
        ["bench", "recipes", "--data", "csv", "--seeds", "0"],
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "usage: inkling" in capfd.readouterr().err


def test_debug_shows_the_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(FileNotFoundError):
        main(["read", "--debug", "--model", "missing.npz", "page.png"])


def test_a_folder_is_watched_picture_by_picture(photo: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (photo.parent / "again.png").write_bytes(photo.read_bytes())
    (photo.parent / "zz broken.jpg").write_text("no picture")
    assert main(["watch", "--camera", f"folder:{photo.parent}", "--display", "json"]) == 1
    out, err = capfd.readouterr()
    first, second = map(json.loads, out.splitlines())
    assert list(first) == ["file", "text", "digits", "time", "frame"]
    assert [first["file"], second["file"]] == [str(photo.parent / "again.png"), str(photo)]
    assert first["text"] == second["text"] == ANSWER
    assert first["frame"] < second["frame"]
    assert datetime.fromisoformat(first["time"]).tzinfo is not None
    assert "zz broken.jpg" in err
    assert err.count("\n") == 1


def test_pictures_held_too_shortly_are_not_announced(photo: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["watch", "--camera", f"folder:{photo.parent}", "--display", "json", "--hold"]
    assert main([*arguments, "2"]) == 0
    assert capfd.readouterr().out == ""
    assert main([*arguments, "3"]) == 0
    assert capfd.readouterr().out.count("\n") == 1


def test_the_demo_reads_what_it_wrote_and_keeps_the_score(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--frames", "215", "--seed", "3"]) == 0
    *lines, score = capfd.readouterr().out.splitlines()
    assert len(lines) >= 6
    assert all(re.fullmatch(r"frame \d+: \d{1,3}  \((at least )?\d+ % sure\)", line) for line in lines)
    assert score == "7 pages shown, 7 read right"


def test_watching_the_simulated_camera_gives_the_same_for_the_same_seed(capfd: pytest.CaptureFixture[str]) -> None:
    texts = []
    for seed in ("1", "1", "2"):
        arguments = ["watch", "--camera", "simulated", "--display", "json", "--frames", "150", "--seed", seed]
        assert main(arguments) == 0
        readings = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
        texts.append([(reading["frame"], reading["text"]) for reading in readings])
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_the_demo_ends_in_order_when_it_is_told_to(number: int, status: int) -> None:
    with inkling("demo") as demo:
        assert demo.stdout
        assert demo.stdout.readline().startswith("frame ")
        demo.send_signal(number)
        _, err = demo.communicate(timeout=60)
    assert demo.returncode == status
    assert err == ""


def test_a_pipe_that_closes_ends_it_quietly() -> None:
    with inkling("demo") as demo:
        assert demo.stdout
        assert demo.stderr
        demo.stdout.readline()
        demo.stdout.close()
        assert demo.wait(timeout=60) == 0
        assert demo.stderr.read() == ""


def in_a_terminal(*arguments: str) -> tuple[int, str]:
    """Runs inkling on a terminal of 100x30; its exit status and all that was written on the terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "LINES": "30", "COLORTERM": "truecolor", "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    process = inkling(*arguments, stdout=theirs, stderr=theirs, env={**environment, "PYTHONUTF8": "1"})
    os.close(theirs)
    written = b""
    try:
        while data := os.read(ours, 65536):
            written += data
    except OSError:  # the other end was closed
        pass
    os.close(ours)
    return process.wait(), written.decode()


def test_in_a_terminal_the_demo_is_redrawn_in_place() -> None:
    status, written = in_a_terminal("demo", "--frames", "6", "--rate", "1000")
    assert status == 0
    assert written.count("▀") > 6 * 1000  # the picture and the glyph
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 1  # the cursor goes and comes back
    frames = re.findall(r"frame (\d)", written)
    assert frames == list("012345")
    heights = {int(n) for n in re.findall(r"\x1b\[(\d+)A", written)}
    assert len(heights) == 1
    assert heights.pop() <= 29


def test_training_evaluating_and_reading_with_the_result(
    csv_data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "a.npz"
    for recipe, epochs in (("classic", "3"), ("mlp", "20"), ("cnn", "6")):
        arguments = ["train", "--data", str(csv_data), "--recipe", recipe, "--epochs", epochs, "--out", str(model)]
        assert main(arguments) == 0
        out, err = capfd.readouterr()
        assert f"{model}: {recipe}, {epochs} epochs" in out
        assert "100%" in err
        assert main(["model", "evaluate", str(model), "--data", str(csv_data), "--json"]) == 0
        result = json.loads(capfd.readouterr().out)
        assert list(result) == ["images", "correct", "accuracy"]
        assert result["images"] == 50
        assert result["correct"] >= 49
        assert result["accuracy"] == result["correct"] / 50
    assert main(["model", "evaluate", str(model), "--data", str(csv_data)]) == 0
    assert "of 50 images read right" in capfd.readouterr().out


def test_all_images_are_learnt_from_on_demand(
    csv_data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "a.npz"
    arguments = ["train", "--data", str(csv_data), "--recipe", "mlp", "--epochs", "2", "--out", str(model)]
    assert main([*arguments, "--all"]) == 0
    assert capfd.readouterr().out == f"{model}: mlp, 2 epochs\n"
    assert load(model).about["images"] == 240


def test_corruptions_are_evaluated_one_by_one(csv_data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["model", "evaluate", "--data", str(csv_data), "--corruptions"]
    assert main([*arguments, "--json"]) == 0
    out, err = capfd.readouterr()
    assert "100%" in err
    result = json.loads(out)
    assert list(result) == [
        "images",
        "correct",
        "accuracy",
        "calibration_error",
        "corruptions",
        "mean_corruption_error",
    ]
    assert list(result["corruptions"]) == list(CORRUPTIONS)
    assert result["mean_corruption_error"] == pytest.approx(sum(result["corruptions"].values()) / len(CORRUPTIONS))
    assert 0 < result["calibration_error"] < 1
    assert main(arguments) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == f"{result['correct']} of 50 images read right: {result['accuracy']:.2%}"
    assert f"{result['calibration_error']:.2%}" in lines[1]
    for line, (name, error) in zip(lines[2:-1], result["corruptions"].items(), strict=True):
        assert re.fullmatch(rf"{name} +{error:.2%} read wrong", line)
    assert re.fullmatch(rf"mean +{result['mean_corruption_error']:.2%} read wrong", lines[-1])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_training_that_is_told_to_stop_saves_what_was_learnt(csv_data: Path, tmp_path: Path, number: int) -> None:
    model = tmp_path / "a.npz"
    arguments = ("train", "--data", csv_data, "--recipe", "classic", "--epochs", "100000", "--out", model)
    with inkling(*arguments) as train:
        assert train.stderr
        while "epoch" not in train.stderr.read(40):
            pass
        train.send_signal(number)
        _, err = train.communicate(timeout=60)
    assert train.returncode == 130
    assert re.search(r"stopping: saving what was learnt in \S+ epochs to ", err)
    assert "Traceback" not in err
    assert main(["model", "evaluate", str(model), "--data", str(csv_data)]) == 0


@pytest.mark.parametrize("module", ["argparse", "inkling.grammar.reading", "inkling.errors", "inkling.commands.read"])
def test_ctrl_c_is_quiet_from_the_first_import(module: str) -> None:
    script = f"""
import importlib.abc, signal, sys
class CtrlC(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, CtrlC())
from inkling.cli import main
sys.exit(main(["read", "missing.jpg"]))
"""
    options: dict[str, object] = {"capture_output": True, "text": True, "preexec_fn": hear_ctrl_c}
    result = subprocess.run([sys.executable, "-c", script], **options)  # type: ignore[call-overload]
    assert (result.returncode, result.stdout, result.stderr) == (130, "", "")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_stream_that_is_closed_is_done_without(photo: Path, stream: str) -> None:
    closed = {"stdout": ">&-", "stderr": "2>&-"}[stream]
    command = ["sh", "-c", f'exec "$0" -m inkling.cli read "$@" {closed}', sys.executable, str(photo), "missing.jpg"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1
    assert "Error" not in result.stdout + result.stderr
    assert (ANSWER in result.stdout) == (stream == "stderr")
    assert ("missing.jpg" in result.stderr) == (stream == "stdout")
    assert "missing.jpg" not in result.stdout


def test_without_stdin_nobody_answers(tmp_path: Path) -> None:
    command = ["sh", "-c", 'exec "$0" -m inkling.cli learn --camera simulated --samples "$1" <&-', sys.executable]
    result = subprocess.run([*command, str(tmp_path / "a.db")], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["demo"], 1, "inkling doctor` says what is missing"),
        (["model", "remove", "3"], 1, "no model 3 on the shelf"),
        (["watch", "--config", "nowhere.toml"], 1, "inkling doctor` says what is missing"),
        (["config", "show", "--config", "nowhere.toml"], 2, "there is no such file"),
    ],
)
def test_without_numpy_a_failure_is_one_line_all_the_same(arguments: list[str], status: int, message: str) -> None:
    script = "import sys; sys.modules['numpy'] = None; from inkling.cli import main; sys.exit(main(sys.argv[1:]))"
    result = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True)
    assert result.returncode == status
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("data check page.png", "page.png is a file: give the folder"),
        ("data fetch page.png", "page.png is a file: give the folder"),
        ("config init nowhere/a.toml", "there is no folder nowhere"),
        ("bench simulated --out page.png", "page.png is a file: give a folder"),
        ("model export --out a.onnx", "take --onnx alone"),
        ("model export --out a --onnx a", "give it another name"),
    ],
)
def test_a_place_that_cannot_be_taken_is_said_before_the_work(
    photo: Path, line: str, message: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photo.parent)
    assert main(line.split()) == 2
    out, err = capfd.readouterr()
    assert message in err
    assert (out, err.count("\n")) == ("", 1)
    assert [path.name for path in photo.parent.iterdir()] == ["page.png"]


def test_data_check_says_what_is_missing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(b"rubbish")
    assert main(["data", "check", str(tmp_path)]) == 1
    out = capfd.readouterr().out
    assert len(re.findall(r"^missing +t", out, re.MULTILINE)) == 3
    assert re.search(r"^wrong +train-labels", out, re.MULTILINE)
    assert f"inkling data fetch {tmp_path}" in out

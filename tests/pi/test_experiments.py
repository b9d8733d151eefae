"""The experiments: results that are right and the same every time, and runs that are cut off and go on."""

import csv
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkling.cli import main
from inkling.experiments import EXPERIMENTS, Row, Run, cut, perform, runs, taught
from inkling.talk import turned
from inkling.training import Images, evaluate
from inknet.classic import ThreeLayers
from support import patterns

COLUMNS = ["experiment", "value", "seed", "images", "epochs", "accuracy"]


@pytest.fixture(scope="module")
def learn() -> Images:
    return Images(*patterns(60, seed=0))


@pytest.fixture(scope="module")
def unseen() -> Images:
    return Images(*patterns(100, seed=1))


def command(data: Path, name: str, *options: str) -> list[str]:
    return ["experiment", name, "--data", str(data), "--out", str(data.parent / "out"), *options]


def table(path: Path) -> list[list[str]]:
    """The rows of a CSV file, with its header, without seconds and checksum."""
    with path.open(newline="") as file:
        return [row[:-2] for row in csv.reader(file)]


def without_time(rows: Sequence[Row]) -> list[Row]:
    return [replace(row, seconds=0) for row in rows]


@pytest.mark.parametrize(
    ("name", "values", "epochs"),
    [
        ("hidden", "20,5", ["5", "5"]),
        ("rate", "0.05,0.3", ["5", "5"]),
        ("epochs", "1,3", ["1", "3"]),
        ("rotation", "0,12.5", ["3", "3"]),
        ("damage", "0,90", ["5", "5"]),
    ],
)
def test_an_experiment_gives_a_row_for_each_value_and_seed_and_a_plot(
    name: str, values: str, epochs: list[str], csv_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install '.[plots]'")
    assert main(command(csv_data, name, "--values", values, "--seeds", "2", "--images", "50")) == 0
    out, err = capsys.readouterr()
    header, *rows = table(csv_data.parent / "out" / f"{name}.csv")
    assert header == COLUMNS
    low, high = sorted(values.split(","), key=float)
    wanted = [[name, value, seed, "50", n] for value, n in zip((low, high), epochs, strict=True) for seed in "01"]
    assert sorted((row[:-1] for row in rows), key=lambda row: (float(row[1]), row[2])) == wanted
    assert all(0.05 <= float(row[-1]) <= 1 for row in rows)
    picture = csv_data.parent / "out" / f"{name}.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert re.search(rf"^{name} {re.escape(low)}: \d+\.\d\d%  \(", out, re.MULTILINE)
    assert str(picture) in out
    count = 2 if EXPERIMENTS[name].together else 4
    assert f"{name}: {count} runs of 50 images" in err
    assert f"{count} of {count} runs" in err


def test_one_training_serves_all_the_epochs_and_one_all_the_damage() -> None:
    wanted = [(value, seed) for value in (1, 2) for seed in (0, 1)]
    assert runs("rate", wanted) == [Run("rate", seed, (value,)) for value, seed in wanted]
    for name in ("epochs", "damage"):
        assert runs(name, wanted) == [Run(name, 0, (1, 2)), Run(name, 1, (1, 2))]


def test_the_same_seed_gives_the_same_and_another_seed_another_network(learn: Images) -> None:
    teaching = EXPERIMENTS["rotation"].teaching(10)
    weights = []
    for seed in (3, 3, 4):
        *_, network = taught(teaching, learn, np.random.default_rng(seed))
        weights.append(network.wih.tobytes())
    assert weights[0] == weights[1] != weights[2]


@pytest.mark.parametrize("name", ["epochs", "damage"])
def test_a_result_does_not_depend_on_what_else_is_asked_for(name: str, learn: Images, unseen: Images) -> None:
    together = perform(Run(name, 1, (2, 9)), learn, unseen)
    alone = [row for value in (2, 9) for row in perform(Run(name, 1, (value,)), learn, unseen)]
    assert without_time(together) == without_time(alone)


def test_the_network_learns_and_what_is_measured_is_its_accuracy(learn: Images, unseen: Images) -> None:
    (row,) = perform(Run("hidden", 0, (30,)), learn, unseen)
    *_, network = taught(EXPERIMENTS["hidden"].teaching(30), learn, np.random.default_rng(0))
    assert network.wih.shape == (30, 784)
    assert row.accuracy == evaluate(network.as_network(28, 28), unseen) > 0.9
    assert row.seconds > 0


def test_an_undamaged_network_reads_as_well_as_before_and_one_without_links_guesses(
    learn: Images, unseen: Images
) -> None:
    (undamaged,) = perform(Run("hidden", 5, (200,)), learn, unseen)
    accuracy = [row.accuracy for row in perform(Run("damage", 5, (0, 30, 100)), learn, unseen)]
    assert accuracy[0] == undamaged.accuracy
    assert accuracy[2] == 0.1
    assert accuracy[0] >= accuracy[1] > 0.5


def test_the_share_of_links_is_cut_that_was_asked_for_and_the_others_are_as_they_were() -> None:
    network = ThreeLayers(6, 5, 4, 0.1, np.random.default_rng(0))
    wih, order = network.wih.copy(), np.random.default_rng(1).permutation(50)
    damaged = cut(network, order, 0.3)
    assert sum(np.count_nonzero(links == 0) for links in (damaged.wih, damaged.who)) == 15
    np.testing.assert_array_equal(network.wih, wih)
    np.testing.assert_array_equal(damaged.wih[damaged.wih != 0], wih[damaged.wih != 0])


def test_images_are_turned_anticlockwise_about_their_centres() -> None:
    images = patterns(3, seed=0)[0]
    np.testing.assert_allclose(turned(images, 0), images, atol=0.01)
    np.testing.assert_allclose(turned(images, 90), np.rot90(images, axes=(1, 2)), atol=0.01)


def test_what_was_cut_off_is_continued_and_gives_the_same(csv_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = csv_data.parent / "out" / "damage.csv"
    arguments = command(csv_data, "damage", "--values", "60,80,90", "--seeds", "2", "--images", "40")
    main(arguments)
    whole, content = path.read_bytes(), table(path)
    assert len(content) == 7
    assert len({row[-1] for row in content}) > 3
    for length, finished in ((0, 0), (30, 0), (whole.index(b"damage,90,0") + 12, 0), (len(whole) - 4, 1)):
        path.write_bytes(whole[:length])
        capsys.readouterr()
        main(arguments)
        assert table(path) == content
        kept = whole[:length].rpartition(b"\n")[0]
        assert path.read_bytes().startswith(kept)
        assert (f"{finished} of them finished before" in capsys.readouterr().err) == bool(finished)


def test_what_is_finished_is_not_computed_again(csv_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = csv_data.parent / "out" / "rate.csv"
    main(command(csv_data, "rate", "--values", "0.1234567", "--seeds", "1"))
    before = path.read_bytes()
    main(command(csv_data, "rate", "--values", "0.1234567", "--seeds", "1"))
    assert path.read_bytes() == before
    capsys.readouterr()
    main(command(csv_data, "rate", "--values", "0.1234567,0.2", "--seeds", "1"))
    assert path.read_bytes().startswith(before)
    assert path.read_bytes().count(b"\n") == 3
    assert "2 runs of 240 images, 1 of them finished before" in capsys.readouterr().err


def test_two_processes_give_the_same_rows_as_one(csv_data: Path) -> None:
    contents = []
    for jobs in ("1", "2"):
        main(command(csv_data, "hidden", "--values", "5,8", "--seeds", "2", "--images", "40", "--jobs", jobs))
        path = csv_data.parent / "out" / "hidden.csv"
        contents.append(sorted(table(path)))
        path.unlink()
    assert contents[0] == contents[1]
    assert len({row[-1] for row in contents[0]}) > 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"experiment,value,seed,images,epochs,accuracy,seconds,data\nrate,0.1,0,50,5,0.9,1.0,a\n", "with 50 images"),
        (b"experiment,value,seed,images,epochs,accuracy,seconds,data\nrate,0.1,0,240,6,0.9,1.0,a\n", "6 epochs"),
        (
            b"experiment,value,seed,images,epochs,accuracy,seconds,data\nhidden,5,0,240,5,0.9,1.0,a\n",
            "experiment hidden",
        ),
        (b"experiment,value,seed,images,epochs,accuracy,seconds,data\nrate,nan,0,240,5,0.9,1.0,a\n", "line 2"),
        (b"experiment,value,seed,images,epochs,accuracy,seconds,data\nrate,0.1,0,240\n", "line 2"),
        (b"name,age\nAda,36\n", "columns name,age"),
        (b"Dear diary", "something else"),
        (b"\xff\xfe\n\0", "something else"),
        (b"\n", "columns"),
    ],
)
def test_a_file_that_holds_something_else_is_refused_and_left_alone(
    content: bytes, message: str, csv_data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = csv_data.parent / "out" / "rate.csv"
    path.parent.mkdir()
    path.write_bytes(content)
    assert main(command(csv_data, "rate", "--values", "0.1")) == 1
    err = capfd.readouterr().err
    assert message in err
    assert re.fullmatch(r"inkling experiment: [^\n]+\n", err)
    assert path.read_bytes() == content


def test_results_on_other_images_are_not_mixed(csv_data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    options = ("hidden", "--values", "5", "--seeds", "1", "--images", "40")
    main(command(csv_data, *options))
    path = csv_data.parent / "out" / "hidden.csv"
    before = path.read_bytes()
    (data,) = {line.rpartition(b",")[2] for line in before.splitlines()[1:]}
    assert re.fullmatch(rb"[0-9a-f]{12}", data)
    for name in ("digits_train_240.csv", "digits_test_50.csv"):
        file = csv_data / name
        content = file.read_text()
        file.write_text(content.replace("0,", "1,", 1))
        assert main(command(csv_data, *options)) == 1
        assert f"results on other images (checksum {data.decode()}, not " in capfd.readouterr().err
        assert path.read_bytes() == before
        file.write_text(content)
    moved = csv_data.rename(csv_data.with_name("moved"))
    main(command(moved, *options))  # the same images in another folder
    assert "1 run of 40 images, 1 of them finished before" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["hidden", "--values", "2.5"], 2, "whole numbers from 1 to 5000"),
        (["rate", "--values", "0.1,11"], 2, "rate takes numbers"),
        (["damage", "--values", "101"], 2, "from 0 to 100"),
        (["rate", "--images", "241"], 2, "has 240 training images"),
        (["rate", "--data", "csv/digits_test_50.csv"], 2, "is a file: give a folder"),
        (["rate", "--out", "csv/digits_test_50.csv"], 2, "is a file: give a folder"),
        (["rate", "--data", "missing"], 1, "inkling data fetch"),
    ],
)
def test_every_failure_is_one_line(
    options: list[str],
    status: int,
    message: str,
    csv_data: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(csv_data.parent)
    assert main(["experiment", "--data", "csv", "--out", "out", *options]) == status
    out, err = capfd.readouterr()
    assert out == ""
    assert message in err
    assert re.fullmatch(r"inkling experiment: [^\n]+\n", err)


@pytest.mark.parametrize(
    "options", [["coffee"], ["rate", "--values", "a,b"], ["rate", "--values", ""], ["rate", "--values", "0.1,nan"]]
)
def test_arguments_that_make_no_sense_are_refused(options: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["experiment", "--data", "csv", "--out", "out", *options])
    assert "usage: inkling experiment" in capfd.readouterr().err


def test_without_matplotlib_the_results_are_kept_and_one_line_says_what_to_install(
    csv_data: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)  # importing it fails, as if it were not there
    assert main(command(csv_data, "damage", "--values", "50", "--seeds", "1")) == 1
    out, err = capfd.readouterr()
    assert re.fullmatch(r"damage 50: \d+\.\d\d%\n[^\n]+damage\.csv\n", out)
    assert "pip install 'inkling[plots]'" in err.splitlines()[-1]
    assert err.splitlines()[-1].endswith(f"the same command then draws what is in {out.splitlines()[-1]}")
    assert len(table(csv_data.parent / "out" / "damage.csv")) == 2
    assert not (csv_data.parent / "out" / "damage.png").exists()


def hear_ctrl_c() -> None:
    """A shell that starts the tests in the background has them ignore SIGINT, and a child would inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("end", ["Ctrl-C in a terminal", "SIGINT", "SIGKILL"])
def test_however_it_is_ended_what_is_finished_is_kept_and_no_process_stays(end: str, csv_data: Path) -> None:
    path = csv_data.parent / "out" / "hidden.csv"
    # one worker is soon idle, the others are at work for long
    arguments = command(csv_data, "hidden", "--values", "5,4970,4980,4990,5000", "--seeds", "1", "--jobs", "5")
    with subprocess.Popen(
        [sys.executable, "-m", "inkling.cli", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_ctrl_c,
    ) as process:
        while process.poll() is None and not (path.exists() and path.read_bytes().count(b"\n") == 2):
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        if end == "SIGKILL":
            process.kill()
        elif end == "SIGINT":
            process.send_signal(signal.SIGINT)
        else:
            os.killpg(process.pid, signal.SIGINT)
        # the workers hold the other end of stderr, too: that it is closed shows that they have ended
        _, err = process.communicate(timeout=20)
    assert "Traceback" not in err
    assert [row[:3] for row in table(path)[1:]] == [["hidden", "5", "0"]]
    if end == "SIGKILL":
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 130
        assert err.splitlines()[-1].startswith("stopped early: ")

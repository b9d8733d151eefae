"""`inkling model` as a person meets it: models go on the shelf, read, go back and leave, each in one line."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inkling.cli import main
from inkling.models import load_model
from inkling.shelf import open_shelf
from inknet import Dense, Network, SoftmaxCrossEntropy, load, save


def network(mine: int, outputs: int = 10) -> Network:
    made = Network([Dense(outputs)], SoftmaxCrossEntropy(), rng=np.random.default_rng(mine))
    made.about = {"mine": mine, "recipe": "by \x1b[31mhand"}
    return made


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty shelf, and two models in files."""
    monkeypatch.setenv("INKLING_SHELF_PATH", str(tmp_path / "shelf"))
    save(network(1), tmp_path / "one.npz")
    save(network(2), tmp_path / "two.npz")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> str:
    """What a command prints: its results, or on failure the one line on stderr."""
    assert main(["model", *map(str, arguments)]) == status
    out, err = capsys.readouterr()
    if status == 0:
        assert err == ""
        return out
    assert re.fullmatch(r"inkling model: [^\n]+\n", err)
    return err


def test_a_model_comes_in_reads_and_goes_back(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert re.fullmatch(r" +0  reads +comes with the package\n", said(capsys, "list"))
    assert "model 1; `inkling model promote 1`" in said(capsys, "import", folder / "one.npz")
    said(capsys, "import", folder / "two.npz")
    assert "recipe" in load_model().about
    assert "mine" not in load_model().about
    assert said(capsys, "promote", 1) == "model 1 reads from now on\n"
    assert load_model().about["mine"] == 1
    said(capsys, "promote", 2)
    lines = said(capsys, "list").splitlines()
    assert [line.split()[:2] for line in lines] == [["2", "reads"], ["1", "to"], ["0", "to"]]
    assert lines[0].endswith("imported from two.npz; promoted by hand")
    assert said(capsys, "rollback") == "model 1 reads from now on, instead of model 2\n"
    assert said(capsys, "remove", 2) == "model 2 is removed\n"
    assert said(capsys, "rollback") == "the package's own model reads from now on, instead of model 1\n"
    assert "nothing to go back to" in said(capsys, "rollback", status=1)


def test_list_and_show_in_json_keep_their_keys(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "import", folder / "one.npz")
    said(capsys, "promote", 1)
    first, second = map(json.loads, said(capsys, "list", "--json").splitlines())
    assert list(first) == ["model", "state", "added", "verdict", "note", "sha256", "about"]
    assert (first["model"], first["state"], first["about"]["mine"]) == (1, "reads", 1)
    assert second == {"model": 0, "state": "to go back to"}
    assert json.loads(said(capsys, "show", "--json")) == first
    assert json.loads(said(capsys, "show", 0, "--json"))["about"]["recipe"] == "further"


def test_show_says_where_a_model_comes_from_and_hides_no_tricks(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "import", folder / "one.npz")
    shown = said(capsys, "show", 1)
    assert re.search(r"^verdict +imported from one.npz$", shown, re.M)
    assert re.search(r"^mine +1$", shown, re.M)
    assert r"by \x1b[31mhand" in shown
    assert "epochs" in said(capsys, "show")


def test_a_spoiled_model_is_listed_as_such_and_not_promoted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "import", folder / "one.npz")
    path = folder / "shelf" / "0001.npz"
    path.write_bytes(path.read_bytes()[:-1])
    assert main(["model", "list"]) == 1
    assert "0001.npz is spoiled" in capsys.readouterr().out
    assert "spoiled" in said(capsys, "promote", 1, status=1)
    path.unlink()
    assert main(["model", "list", "--json"]) == 1
    assert "No such file" in json.loads(capsys.readouterr().out.splitlines()[0])["problem"]


def test_what_is_no_model_for_digits_does_not_come_in(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(network(3, outputs=3), folder / "three.npz")
    heavy = network(4)
    heavy.parameters[:] = 3e38
    save(heavy, folder / "heavy.npz")
    later = dict(np.load(folder / "one.npz"))
    later["header"] = np.frombuffer(later["header"].tobytes().replace(b'"format": 2', b'"format": 9'), np.uint8)
    whole = later["header"].tobytes() + later["state"].tobytes()
    later["sha256"] = np.frombuffer(hashlib.sha256(whole).digest(), np.uint8)
    np.savez(folder / "later.npz", **later)
    deep = network(5)
    deep.about = json.loads(f'{{"a": {"[" * 600}{"]" * 600}}}')
    save(deep, folder / "deep.npz")
    (folder / "torn.npz").write_bytes((folder / "one.npz").read_bytes()[:-100])
    (folder / "diary.onnx").write_text("dear diary")
    for name, message in (
        ("three.npz", "28x28 pixels and 3 answers"),
        ("heavy.npz", "NaN"),
        ("later.npz", "format 9"),
        ("deep.npz", "lists within lists"),
        ("torn.npz", "cannot be used"),
        ("diary.onnx", "onnx|ONNX"),
        ("nowhere.npz", "No such file"),
        ("nowhere.onnx", "No such file|onnx"),
    ):
        assert re.search(message, said(capsys, "import", folder / name, status=1)), name
    assert not (folder / "shelf").exists()


def test_a_model_leaves_as_a_file_that_comes_in_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "import", folder / "one.npz")
    out = folder / "out.npz"
    said(capsys, "export", 1, "--out", out)
    assert load(out).about == network(1).about
    np.testing.assert_array_equal(load(out).state, network(1).state)
    said(capsys, "export", "--out", out)
    assert load(out).about["recipe"] == "further"
    said(capsys, "export", folder / "two.npz", "--out", out)
    assert load(out).about["mine"] == 2


def test_export_spoils_neither_what_it_reads_nor_what_is_no_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / "one.npz").read_bytes()
    for arguments, message in (
        (("--out", folder / "one.npz"), "the model itself"),
        (("--onnx", folder / "one.npz"), "the model itself"),
        (("--out", folder), "in a folder that exists"),
        (("--onnx", folder / "nowhere" / "a.onnx"), "in a folder that exists"),
        ((), "--out"),
    ):
        assert message in said(capsys, "export", folder / "one.npz", *arguments, status=2)
    assert (folder / "one.npz").read_bytes() == before


def test_onnx_goes_out_and_comes_in(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed: pip install 'inkling[onnx]'")
    assert '"ink", float32 (n, 28, 28)' in said(capsys, "export", folder / "one.npz", "--onnx", folder / "one.onnx")
    said(capsys, "import", folder / "one.onnx")
    images = np.random.default_rng(0).random((5, 28, 28), np.float32)
    back = load_model(open_shelf().file(1))
    np.testing.assert_allclose(back.predict(images), network(1).predict(images), atol=1e-5)
    assert back.about["mine"] == 1
    said(capsys, "import", folder / "one.onnx", "--normalised", 0.1307, 0.3081)
    taken_off = load_model(open_shelf().file(2)).predict((images * 0.3 + 0.1).astype(np.float32))
    assert np.abs(taken_off - back.predict((images * 0.3 + 0.1).astype(np.float32))).max() > 1e-3


def test_models_are_named_by_number_or_by_file(
    folder: Path, csv_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "import", folder / "one.npz")
    by_number = said(capsys, "evaluate", 1, "--data", csv_data, "--json")
    assert by_number == said(capsys, "evaluate", folder / "one.npz", "--data", csv_data, "--json")
    assert by_number != said(capsys, "evaluate", "--data", csv_data, "--json")
    assert "no model 7" in said(capsys, "evaluate", 7, "--data", csv_data, status=1)
    assert "no model 7" in said(capsys, "show", 7, status=1)


def test_a_folder_that_is_not_ones_own_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").write_text("")
    monkeypatch.setenv("INKLING_SHELF_PATH", str(folder / "file" / "shelf"))
    assert str(folder / "file") in said(capsys, "import", folder / "one.npz", status=1)
    assert "reads" in said(capsys, "list")


def test_looking_at_the_shelf_does_not_wait_for_numpy(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "import", folder / "one.npz")
    script = "import sys; from inkling.cli import main; main(['model', 'list']); print('numpy' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "False"

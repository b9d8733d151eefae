"""`inkling peek`: dreams that are read as what was dreamt of, ink that answers for itself, and pictures of both."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling import peek
from inkling.cli import main
from inkling.console import glyph_cells
from inkling.models import load_model
from inkling.reader import Mark, Reader
from inkling.simulation import paper
from inkling.terminal import Style
from inknet import Network, save
from inknet.classic import ThreeLayers, targets_for
from support import patterns


@pytest.fixture(scope="module")
def shipped() -> Network:
    return load_model()


@pytest.fixture(scope="module")
def dreams(shipped: Network) -> list[peek.Dream]:
    return [peek.dream(shipped, digit) for digit in range(10)]


@pytest.fixture
def classic(tmp_path: Path) -> Path:
    """The file of a small classic network that has learnt ten patterns."""
    network = ThreeLayers(784, 20, 10, 0.3, np.random.default_rng(0))
    images, labels = patterns(200, 0)
    for image, label in zip(images, labels, strict=True):
        network.train(image.ravel() / 255 * 0.99 + 0.01, targets_for(label))
    save(network.as_network(28, 28), tmp_path / "classic.npz")
    return tmp_path / "classic.npz"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    page = paper.draw_page("47", rng, (240, 320))
    path = tmp_path / "page.png"
    Image.fromarray(paper.photograph(page, paper.Light(), rng)).save(path)
    return path


def marks_of(network: Network, photo: Path) -> tuple[np.ndarray, tuple[Mark, ...]]:
    with Image.open(photo) as picture:
        luma = np.array(picture)
    return luma, Reader(network).read(luma).marks


def pixels_of(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.format == "PNG"
        return np.array(picture)


def test_the_dream_of_a_digit_is_read_as_that_digit(shipped: Network, dreams: list[peek.Dream]) -> None:
    p = shipped.predict(np.stack([dream.pixels for dream in dreams]))
    np.testing.assert_allclose([dream.confidence for dream in dreams], p.diagonal(), atol=1e-4)
    assert p.diagonal().min() >= 0.9


def test_a_dream_looks_drawn(dreams: list[peek.Dream]) -> None:
    """The measures are MNIST's, with some room: ink on a tenth of the paper, a margin, black and white apart."""
    for dream in dreams:
        assert dream.pixels.shape == (28, 28)
        assert dream.pixels.dtype == np.float32
        assert dream.pixels.min() == 0
        assert dream.pixels.max() == 1
        assert 0.03 < dream.pixels.mean() < 0.25
        inner = dream.pixels[3:-3, 3:-3]
        assert inner.sum() == pytest.approx(dream.pixels.sum())
        assert ((inner > 0.2) & (inner < 0.8)).mean() < 0.25


def test_the_same_seed_gives_the_same_dream(shipped: Network, dreams: list[peek.Dream]) -> None:
    state = shipped.state.copy()
    again, other = peek.dream(shipped, 7), peek.dream(shipped, 7, seed=1)
    np.testing.assert_array_equal(again.pixels, dreams[7].pixels)
    assert not np.array_equal(other.pixels, again.pixels)
    np.testing.assert_array_equal(shipped.state, state)


def test_what_the_ink_said_adds_up_to_how_far_the_answer_is_ahead(shipped: Network, photo: Path) -> None:
    _, marks = marks_of(shipped, photo)
    assert [mark.digit for mark in marks] == [4, 7]
    for mark, said in zip(marks, peek.contributions(shipped, marks), strict=True):
        scores = shipped.scores(np.stack([mark.glyph, np.zeros_like(mark.glyph)]))
        ahead = scores[:, mark.digit] - scores[:, :10].mean(1)
        assert said.sum() == pytest.approx(ahead[0] - ahead[1], rel=0.02)
        assert said.sum() > 0
        assert not said[:2].any()  # no ink, no say


def test_the_hook_of_a_seven_is_what_made_it_no_one(shipped: Network) -> None:
    glyph = np.zeros((28, 28), np.float32)
    glyph[5:8, 8:20] = glyph[8:24, 17:20] = 1
    p = shipped.predict(glyph[None])[0]
    assert p.argmax() == 7
    marks = [Mark(digit, 1.0, (0, 0, 1, 1), glyph, np.eye(10, dtype=np.float32)[digit]) for digit in (7, 1)]
    for_seven, for_one = peek.contributions(shipped, marks)[:, 4:9, 7:17].sum(axis=(1, 2))
    assert for_one < -0.5 < 0.5 < for_seven


def test_sheets_hold_every_picture(shipped: Network, dreams: list[peek.Dream], photo: Path) -> None:
    tile, cell_px = 28 * peek.SCALE, (28 * peek.SCALE + 24, 28 * peek.SCALE + 56)
    for count, columns, rows in ((1, 1, 1), (5, 5, 1), (7, 5, 2), (10, 5, 2)):
        sheet = pixels_of(peek.dream_sheet(dreams[:count]))
        assert sheet.shape == (rows * cell_px[1], columns * cell_px[0], 3)
        first = sheet[12 : 12 + tile : peek.SCALE, 12 : 12 + tile : peek.SCALE, 0]
        np.testing.assert_allclose(first, 255 * (1 - dreams[0].pixels), atol=1)

    luma, marks = marks_of(shipped, photo)
    for count, columns, rows in ((1, 1, 1), (6, 1, 6), (7, 2, 4)):
        many = [marks[0]] * count
        said = np.zeros((count, 28, 28), np.float32)
        assert pixels_of(peek.mark_sheet(luma, many, said)).shape == (
            rows * cell_px[1],
            columns * (3 * tile + 2 * 12 + 24),
            3,
        )


def test_ink_that_speaks_for_the_answer_is_red_and_against_it_blue(shipped: Network, photo: Path) -> None:
    luma, marks = marks_of(shipped, photo)
    said = np.zeros((28, 28), np.float32)
    said[:14, 10:14], said[14:, 10:14] = 1, -1
    sheet = pixels_of(peek.mark_sheet(luma, marks[:1], said[None])).astype(int)
    left = 12 + 2 * (28 * peek.SCALE + 12)
    coloured = sheet[12 : 12 + 28 * peek.SCALE : peek.SCALE, left : left + 28 * peek.SCALE : peek.SCALE]
    redness = coloured[..., 0] - coloured[..., 2]
    assert (redness[:14, 10:14] > 100).all()
    assert (redness[14:, 10:14] < -100).all()
    assert (redness[:, :10] == 0).all()


def test_peek_writes_the_dreams_that_are_asked_for(
    classic: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "dreams.png"
    for asked, digits in ((["3"], "3"), (["7", "0", "7"], "70"), (["--all"], "0123456789")):
        assert main(["peek", *asked, "--model", str(classic), "--out", str(out)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line[:2] for line in lines] == [f"{digit}:" for digit in digits]
        assert all(line.endswith(" % sure of its dream") for line in lines)
        assert pixels_of(out.read_bytes()).shape[1] == min(5, len(digits)) * (28 * peek.SCALE + 24)


def test_peek_explains_a_photo(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "why.png"
    assert main(["peek", "--photo", str(photo), "--out", str(out)]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["4", "7"]
    assert pixels_of(out.read_bytes()).shape[0] == 2 * (28 * peek.SCALE + 56)


def test_without_out_it_is_shown_in_characters(classic: Path, photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["peek", "0", "1", "--model", str(classic)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [len(line) for line in lines[:14]] == [28] * 14
    assert len(lines) == 30
    assert "".join(lines).isascii()
    for digit, start in ((0, 0), (1, 15)):
        dream = peek.dream(load_model(classic), digit)
        assert lines[start : start + 14] == glyph_cells(dream.pixels, Style.PLAIN)
        assert lines[start + 14].startswith(f"{digit}: ")

    assert main(["peek", "--photo", str(photo)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [len(line) for line in lines[:14]] == [58] * 14
    assert lines[14].startswith("4 ")
    assert len(lines) == 30


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["12"], 2, "'12' is no digit"),
        (["x"], 2, "'x' is no digit"),
        ([""], 2, "'' is no digit"),
        (["٣"], 2, "is no digit"),
        ([], 2, "give one of these"),
        (["1", "--all"], 2, "give one of these"),
        (["1", "--photo", "x.png"], 2, "give one of these"),
        (["--all", "--photo", "x.png"], 2, "give one of these"),
        (["1", "--out", "missing/x.png"], 2, "in a folder that exists"),
        (["1", "--out", "x.jpg"], 2, "ends in .png"),
        (["--photo", "missing.png"], 1, "missing.png"),
        (["1", "--model", "missing.npz"], 1, "missing.npz: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    arguments: list[str],
    status: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["peek", *arguments]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("inkling peek: ")
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_named(
    classic: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "folder.png"
    folder.mkdir()
    assert main(["peek", "1", "--model", str(classic), "--out", str(folder)]) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"inkling peek: {folder}: ")
    assert err.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"folder.png", "classic.npz"}


def test_a_blank_page_has_nothing_to_explain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("L", (100, 80), 230).save(tmp_path / "blank.png")
    assert main(["peek", "--photo", str(tmp_path / "blank.png")]) == 1
    assert "blank.png: nothing is written on it" in capsys.readouterr().err

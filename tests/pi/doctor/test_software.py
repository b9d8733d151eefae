"""Checks of what is installed."""

import json

import numpy as np
import pytest

from boards import APT_NUMPY, Board
from inkling.device import Output
from inkling.doctor import software
from inkling.doctor.findings import Check, Status, ok
from inkling.listing import named
from inkling.models import identity, load_model, shipped_model
from inkling.samples import Samples
from inkling.shelf import Shelf
from inknet import save


def numpy_with(board: Board, **changes: object) -> None:
    board.python["numpy.ones"] = Output(0, json.dumps({**APT_NUMPY, **changes}))


@pytest.mark.parametrize(
    ("version", "in_environment", "status"),
    [((3, 10, 9), False, Status.FAILURE), ((3, 11, 2), False, Status.OK), ((3, 13, 5), True, Status.NOTE)],
)
def test_python(board: Board, version: tuple[int, ...], in_environment: bool, status: Status) -> None:
    finding = software.python(board.patient(python=version, in_environment=in_environment))
    assert finding.status is status
    assert ".".join(map(str, version)) in finding.seen


def test_a_laptop_may_use_a_virtual_environment(board: Board) -> None:
    (board.root / "proc/device-tree/model").unlink()
    assert software.python(board.patient(in_environment=True)).status is Status.OK


def test_a_numpy_from_pip_is_a_warning_on_a_pi_only(board: Board) -> None:
    assert software.numpy(board.patient()).status is Status.OK
    numpy_with(board, file="/usr/local/lib/python3.11/dist-packages/numpy/__init__.py")
    finding = software.numpy(board.patient())
    assert finding.status is Status.WARNING
    assert "/usr/local/lib" in finding.seen
    assert "pip uninstall numpy" in finding.advice
    (board.root / "proc/device-tree/model").unlink()
    assert software.numpy(board.patient()).status is Status.OK


def test_a_numpy_that_ends_its_process_is_a_failure_and_what_needs_it_is_not_looked_at(board: Board) -> None:
    board.python["numpy.ones"] = Output(-4, "")
    finding = software.numpy(board.patient())
    assert finding.status is Status.FAILURE
    assert "illegal instruction" in finding.seen
    assert "apt install --reinstall python3-numpy" in finding.advice
    for check in (software.blas, software.model, software.samples):
        assert check(board.patient()).status is Status.NOTE
        assert "NumPy does not load" in check(board.patient()).seen


@pytest.mark.parametrize(
    ("libraries", "status", "words"),
    [
        (APT_NUMPY["libraries"], Status.OK, "OpenBLAS (libopenblasp-r0.3.21.so), 0.27 GFLOP/s"),
        (["/usr/lib/x/blas/libblas.so.3.11.0"], Status.WARNING, "reference BLAS (/usr/lib/x/blas/libblas.so.3.11.0)"),
        (["/usr/lib/x/libc.so.6"], Status.WARNING, "without a BLAS"),
        ([], Status.NOTE, "cannot be seen"),
    ],
)
def test_the_blas_that_is_loaded(board: Board, libraries: list[str], status: Status, words: str) -> None:
    numpy_with(board, libraries=libraries)
    finding = software.blas(board.patient())
    assert finding.status is status
    assert words in finding.seen
    assert ("sudo apt install libopenblas0-pthread" in finding.advice) == (status is Status.WARNING)


def test_settings_that_hold_are_named_with_their_source(board: Board) -> None:
    assert software.settings(board.patient()).seen == "all as shipped"
    file = board.write("etc/inkling/inkling.toml", "[reading]\nunsure = 0.6\n")
    finding = software.settings(board.patient(environment={"INKLING_DISPLAY_KIND": "json"}))
    assert finding.status is Status.OK
    assert f"reading.unsure = 0.6 ({file})" in finding.seen
    assert "display.kind = json ($INKLING_DISPLAY_KIND)" in finding.seen
    assert software.settings(board.patient(environment={"INKLING_CAMERA_ZONE": "0,0,1,0.5"})).seen.count("0.5") == 1


def test_all_problems_of_the_settings_are_told(board: Board) -> None:
    board.write("etc/inkling/inkling.toml", "[reading]\nunsure = 6\nunsur = 1\n")
    finding = software.settings(board.patient())
    assert finding.status is Status.FAILURE
    assert "reading.unsure is 6" in finding.seen
    assert "did you mean reading.unsure?" in finding.seen


def test_settings_that_are_a_broken_link_or_a_folder_are_a_failure(board: Board) -> None:
    link = board.root / "etc/inkling/inkling.toml"
    link.parent.mkdir()
    link.symlink_to("nowhere")
    assert software.settings(board.patient()).status is Status.FAILURE
    link.unlink()
    link.mkdir()
    assert "cannot be read" in software.settings(board.patient()).seen


def test_the_shipped_model_is_whole(board: Board) -> None:
    finding = software.model(board.patient())
    assert finding.status is Status.OK
    assert finding.seen.startswith(f"the package's own model, {identity(shipped_model())}: recipe further")


def test_a_model_of_ones_own_tells_of_itself_or_what_is_wrong_with_it(board: Board) -> None:
    network = load_model()
    network.about = {"recipe": "night", "held_back_accuracy": 0.99514}
    file = board.root / "mine.npz"
    save(network, file)
    board.write("etc/inkling/inkling.toml", f'[reading]\nmodel = "{file}"\n')
    seen = software.model(board.patient()).seen
    assert seen == f"mine.npz, {identity(network)}: recipe night, 99.51% of held-back images read right"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    finding = software.model(board.patient())
    assert finding.status is Status.FAILURE
    assert str(file) in finding.seen
    file.unlink()
    finding = software.model(board.patient())
    assert finding.seen == f"{file}: No such file or directory"
    assert "without reading.model in the settings" in finding.advice


def test_the_model_on_the_shelf_is_named_by_its_number(board: Board) -> None:
    shelf = Shelf(board.root / "var/lib/inkling/models")
    shelf.add(load_model(), "beside")
    number = shelf.add(load_model(), "better", promote=True).number
    finding = software.model(board.patient())
    assert (finding.status, finding.seen.partition(",")[0]) == (Status.OK, named(number))
    shelf.file(number).write_bytes(b"")
    finding = software.model(board.patient())
    assert finding.status is Status.WARNING
    assert f"{named(0)} reads instead of {named(number)}" in finding.seen
    other = board.root / "other"
    Shelf(other).add(load_model(), "better", promote=True)
    board.write("etc/inkling/inkling.toml", f'[shelf]\npath = "{other}"\n')
    assert software.model(board.patient()).seen.startswith(named(1))


def test_the_samples_are_counted(board: Board) -> None:
    file = board.root / "var/lib/inkling/samples.db"
    assert software.samples(board.patient()) == ok(f"none yet ({file})")
    assert not file.exists()
    with Samples(file) as kept:
        kept.add(np.zeros((28, 28), np.uint8), 3)
        kept.add(np.eye(28, dtype=np.float32))
    assert software.samples(board.patient()) == ok(f"2 in {file}, 1 of them without a label")
    other = board.root / "other.db"
    board.write("etc/inkling/inkling.toml", f'[samples]\npath = "{other}"\n')
    assert software.samples(board.patient()) == ok(f"none yet ({other})")


@pytest.mark.parametrize("damage", [b"no database", None], ids=["header", "glyph"])
def test_damaged_samples_are_a_failure_and_stay_as_they_are(board: Board, damage: bytes | None) -> None:
    file = board.root / "var/lib/inkling/samples.db"
    glyph = np.full((28, 28), 77, np.uint8)
    with Samples(file) as kept:
        kept.add(glyph, 3)
    data = file.read_bytes()
    file.write_bytes(damage or data.replace(glyph.tobytes(), np.full((28, 28), 78, np.uint8).tobytes()))
    before = {path: path.read_bytes() for path in file.parent.iterdir() if path.is_file()}
    finding = software.samples(board.patient())
    assert finding.status is Status.FAILURE
    assert "damaged" in finding.seen
    assert {path: path.read_bytes() for path in file.parent.iterdir() if path.is_file()} == before


@pytest.mark.parametrize("check", [software.model, software.settings])
def test_wrong_settings_do_not_stop_the_other_checks(board: Board, check: Check) -> None:
    board.write("etc/inkling/inkling.toml", "[[[")
    expected = Status.FAILURE if check is software.settings else Status.OK
    assert check(board.patient()).status is expected

"""Checks of what is installed."""

import json

import pytest

from boards import APT_NUMPY, Board
from inkling.device import Output
from inkling.doctor import software
from inkling.doctor.findings import Check, Status
from inkling.models import SHIPPED, load_model
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
    for check in (software.blas, software.model):
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
    assert SHIPPED in finding.seen
    assert "recipe robust" in finding.seen


def test_a_model_of_ones_own_tells_of_itself_or_what_is_wrong_with_it(board: Board) -> None:
    network = load_model()
    network.about = {"recipe": "night", "held_back_accuracy": 0.99514}
    file = board.root / "mine.npz"
    save(network, file)
    board.write("etc/inkling/inkling.toml", f'[reading]\nmodel = "{file}"\n')
    assert "mine.npz: recipe night, 99.51% of held-back images" in software.model(board.patient()).seen
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    finding = software.model(board.patient())
    assert finding.status is Status.FAILURE
    assert str(file) in finding.seen
    file.unlink()
    assert "No such file" in software.model(board.patient()).seen


@pytest.mark.parametrize("check", [software.model, software.settings])
def test_wrong_settings_do_not_stop_the_other_checks(board: Board, check: Check) -> None:
    board.write("etc/inkling/inkling.toml", "[[[")
    expected = Status.FAILURE if check is software.settings else Status.OK
    assert check(board.patient()).status is expected

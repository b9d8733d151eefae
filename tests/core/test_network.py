"""The network as a whole: its door, its flat state, folding, and its files."""

import json
import os
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from inknet import (
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
    InputError,
    MaxPool,
    ModelError,
    Network,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
    SquaredError,
    load,
    modelfile,
    save,
)


def small_network(seed: int = 0) -> Network:
    layers = [Convolution(3, bias=False), BatchNorm(), ReLU(), MaxPool(), Dense(8, bias=False), BatchNorm(), Dense(4)]
    network = Network(layers, SoftmaxCrossEntropy(0.05, temperature=1.5), (9, 9), np.random.default_rng(seed))
    rng = np.random.default_rng(seed + 1)
    for _ in range(3):  # running averages that differ from where they started
        network.gradients(rng.random((16, 9, 9)), rng.integers(0, 4, 16), rng)
    return network


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 9, 8), np.float32), r"\(n, 9, 9\).*\(2, 9, 8\)"),
        (np.zeros((9, 9), np.float32), r"\(9, 9\)"),
        (np.zeros((0, 9, 9), np.float32), r"\(0, 9, 9\)"),
        (np.zeros((1, 9, 9), np.int64), "int64"),
        (np.full((1, 9, 9), np.nan), "seen: nan"),
        (np.full((1, 9, 9), 255.0), "seen: 255.0"),
        (np.full((1, 9, 9), np.inf, np.float32), "seen: inf"),
        (np.array([["seven"]]), r"\(1, 1\)"),
    ],
)
def test_wrong_images_are_refused_with_what_was_seen(images: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        small_network().predict(images)


@pytest.mark.parametrize(
    ("labels", "message"),
    [([0, 4], "0 to 4"), ([-1, 0], "-1 to 0"), ([0], r"\(1,\)"), ([0.0, 1.0], "float64"), ([[0], [1]], r"\(2, 1\)")],
)
def test_wrong_labels_are_refused_with_what_was_seen(labels: list[object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        small_network().gradients(np.zeros((2, 9, 9)), np.array(labels), np.random.default_rng(0))


def test_layers_that_do_not_fit_the_picture_are_refused() -> None:
    with pytest.raises(InputError, match="needs"):
        Network([Convolution(2, size=11)], SquaredError(), (9, 9))
    with pytest.raises(InputError, match="needs"):
        Network([Dense(4), MaxPool()], SquaredError(), (9, 9))


def test_layers_belong_to_one_place_in_one_network() -> None:
    relu = ReLU()
    with pytest.raises(InputError, match="of its own"):
        Network([Dense(4), relu, Dense(4), relu], SquaredError())
    layers = [Dense(4)]
    Network(layers, SquaredError())
    with pytest.raises(InputError, match="of its own"):
        Network(layers, SquaredError())
    with pytest.raises(InputError, match="needs layers"):
        Network([], SquaredError())
    with pytest.raises(InputError, match="input_shape"):
        Network([Dense(4)], SquaredError(), (6,))


def test_several_threads_may_read_with_one_network() -> None:
    network = small_network().folded()
    images = np.random.default_rng(0).random((40, 9, 9), np.float32)
    alone = network.predict(images, batch_size=3)
    with ThreadPoolExecutor(4) as threads:
        for together in threads.map(lambda _: network.predict(images, batch_size=3), range(60)):
            np.testing.assert_array_equal(together, alone)


def test_accuracy_is_the_share_read_right() -> None:
    network = small_network()
    images = np.random.default_rng(0).random((10, 9, 9), np.float32)
    labels = network.predict(images).argmax(axis=1)
    labels[:3] = (labels[:3] + 1) % 4
    assert network.accuracy(images, labels) == pytest.approx(0.7)


def test_a_link_is_followed_and_what_is_no_file_is_left_alone(tmp_path: Path) -> None:
    real, link, pipe = (tmp_path / name for name in ("real.npz", "link.npz", "pipe"))
    link.symlink_to(real)
    save(small_network(), link)
    assert link.is_symlink()
    assert load(real).about == {}
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="something else than a file"):
        save(small_network(), pipe)
    assert pipe.is_fifo()


def test_bytes_and_floats_of_the_same_picture_are_read_the_same() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 9, 9), dtype=np.uint8)
    network = small_network()
    np.testing.assert_allclose(network.predict(images), network.predict(images / 255), rtol=1e-6)


def test_predictions_are_probabilities_and_do_not_depend_on_the_batches() -> None:
    images = np.random.default_rng(0).random((7, 9, 9), np.float32)
    network = small_network()
    p = network.predict(images)
    assert p.shape == (7, 4)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(network.predict(images, batch_size=2), p, rtol=1e-5)


def test_folding_leaves_no_batch_norm_and_the_same_answers() -> None:
    images = np.random.default_rng(3).random((20, 9, 9), np.float32)
    network = small_network()
    before = network.state.copy()
    folded = network.folded()
    assert [type(layer).__name__ for layer in folded.layers] == ["Convolution", "ReLU", "MaxPool", "Dense", "Dense"]
    np.testing.assert_allclose(folded.scores(images), network.scores(images), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(network.state, before)


def test_a_batch_norm_with_no_linear_layer_before_it_stays() -> None:
    network = Network([BatchNorm(), Dense(3)], SquaredError(), (2, 2), np.random.default_rng(0))
    assert [type(layer).__name__ for layer in network.folded().layers] == ["BatchNorm", "Dense"]


def test_a_copy_shares_nothing() -> None:
    network = small_network()
    network.about = {"made": {"by": "hand"}}
    twin = network.copy()
    twin.state += 1
    twin.about["made"]["by"] = "twin"
    assert not np.allclose(network.state, twin.state)
    assert network.about == {"made": {"by": "hand"}}
    folded = network.folded()
    assert folded.about == network.about
    assert folded.about["made"] is not network.about["made"]


def test_weights_come_first_so_that_decay_reaches_them_alone() -> None:
    network = small_network()
    weights = [layer.values["weight"] for layer in network.layers if "weight" in layer.values]
    assert network.decayed == sum(w.size for w in weights)
    network.state[: network.decayed] = 0
    assert not any(w.any() for w in weights)


def test_a_saved_network_comes_back_as_it_was(tmp_path: Path) -> None:
    network = small_network()
    network.about = {"recipe": "small", "epochs": 1.5, "accuracy": None}
    save(network, tmp_path / "a.npz")
    again = load(tmp_path / "a.npz")
    np.testing.assert_array_equal(again.state, network.state)
    assert again.about == network.about
    assert again.loss == network.loss
    assert modelfile.describe(again.layers[0]) == modelfile.describe(network.layers[0])
    images = np.random.default_rng(0).random((5, 9, 9), np.float32)
    np.testing.assert_array_equal(again.predict(images), network.predict(images))


def test_every_kind_of_layer_and_loss_can_be_saved(tmp_path: Path) -> None:
    for loss in (SquaredError(0.1, 0.9), SoftmaxCrossEntropy()):
        layers = [Convolution(2, 3, 2, 1), Sigmoid(), MaxPool(2), Dropout(0.1), Dense(3, gain=1.0), ReLU(), BatchNorm()]
        network = Network(layers, loss, (8, 8, 2), np.random.default_rng(0))
        save(network, tmp_path / "a.npz")
        again = load(tmp_path / "a.npz")
        assert [modelfile.describe(layer) for layer in again.layers] == [modelfile.describe(layer) for layer in layers]
        assert again.loss == loss


def test_the_same_network_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(small_network(), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_nothing_is_left_beside_the_file_and_a_failed_write_keeps_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    save(small_network(0), path)
    old = path.read_bytes()
    network = small_network(1)
    network.about = {"not": {1, 2}}  # no JSON
    with pytest.raises(TypeError):
        save(network, path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]
    missing = tmp_path / "missing" / "a.npz"
    with pytest.raises(FileNotFoundError) as caught:
        save(small_network(), missing)
    assert caught.value.filename == str(missing)


def rewritten(path: Path, change: Callable[[dict[str, np.ndarray]], None]) -> None:
    """Changes entries of a model file and gives it the right checksum: only their meaning is wrong."""
    with np.load(path) as entries:
        content = {name: entries[name] for name in entries.files}
    change(content)
    del content["sha256"]
    content["sha256"] = modelfile.digest(*content.values())
    with path.open("wb") as file:
        np.savez(file, **content)


def header_with(**changes: object) -> Callable[[dict[str, np.ndarray]], None]:
    def change(content: dict[str, np.ndarray]) -> None:
        header = json.loads(content["header"].tobytes())
        content["header"] = np.frombuffer(json.dumps({**header, **changes}).encode(), np.uint8)

    return change


def state_as(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[dict[str, np.ndarray]], None]:
    def change(content: dict[str, np.ndarray]) -> None:
        content["state"] = function(content["state"])

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (header_with(format=3), "format 3"),
        (header_with(layers=[{"kind": "Oracle"}]), "Oracle"),
        (header_with(layers=[{"kind": "Dense", "outputs": 4, "colour": 1}]), "colour"),
        (header_with(layers=[]), "needs layers"),
        (header_with(loss=None), "cannot be used"),
        (header_with(input_shape=[28, 28]), "needed"),
        (state_as(lambda state: state[:-1]), "needed"),
        (state_as(lambda state: np.where(np.arange(state.size) == 5, np.nan, state)), "finite"),
        (state_as(lambda state: state.astype(object)), "cannot be used"),
        (lambda content: content.pop("state"), "state"),
    ],
)
def test_a_file_that_means_nothing_is_refused(
    tmp_path: Path, change: Callable[[dict[str, np.ndarray]], None], message: str
) -> None:
    path = tmp_path / "a.npz"
    save(small_network(), path)
    rewritten(path, change)
    with pytest.raises(ModelError, match=message) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_every_damaged_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    network = small_network()
    save(network, path)
    good = path.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for position in rng.integers(0, len(good), 300):
        damaged = bytearray(good)
        damaged[position] ^= int(rng.integers(1, 256))
        path.write_bytes(damaged)
        try:
            np.testing.assert_array_equal(load(path).state, network.state)  # a byte that means nothing
        except ModelError:
            refused += 1
    assert refused > 200
    for length in range(0, len(good), 97):
        path.write_bytes(good[:length])
        with pytest.raises(ModelError):
            load(path)


def test_a_file_is_on_the_card_before_it_takes_the_old_ones_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, rename = os.fsync, Path.replace

    def record_fsync(fd: int) -> None:
        done.append("fsync " + ("folder" if Path(f"/proc/self/fd/{fd}").is_dir() else "file"))
        fsync(fd)

    def record_rename(self: Path, target: Path) -> Path:
        done.append("rename")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(Path, "replace", record_rename)
    save(small_network(), tmp_path / "a.npz")
    assert done == ["fsync file", "rename", "fsync folder"]


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_text("a text")
    with pytest.raises(ModelError, match="not a zip"):
        load(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.npy", bytes(modelfile.LARGEST + 1))
    with pytest.raises(ModelError, match="more than any model"):
        load(path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing.npz")

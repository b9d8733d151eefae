"""ONNX: other programs answer as we do, what comes in answers as it did, and what is not understood is refused."""

import copy
import io
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.errors import OnnxError
from inkling.models import checked, shipped_model
from inkling.onnxfile import CONTRACT, as_onnx, need, save_onnx
from inkling.onnxreading import load_onnx
from inknet import (
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
    Layer,
    MaxPool,
    ModelError,
    Network,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
    SquaredError,
)
from inknet.arrays import Array
from inknet.errors import InputError

IMAGES = np.random.default_rng(7).random((20, 28, 28), np.float32)
NETWORKS: dict[str, Callable[[], tuple[list[Layer], Any]]] = {
    "of the talk": lambda: ([Dense(20, bias=False), Sigmoid(), Dense(10, bias=False), Sigmoid()], SquaredError()),
    "dense": lambda: (
        [Dense(30, bias=False), BatchNorm(), ReLU(), Dropout(), Dense(10)],
        SoftmaxCrossEntropy(0.1, 0.6),
    ),
    "convolutions": lambda: (
        [
            *[Convolution(4, 5, 2, 2, bias=False), BatchNorm(), ReLU(), Convolution(6, 3, 1, 1), Sigmoid(), MaxPool(3)],
            *[Convolution(5, 2), ReLU(), Dense(11)],
        ],
        SoftmaxCrossEntropy(temperature=1.7),
    ),
    "batch norm that nothing takes in": lambda: (
        [BatchNorm(), Convolution(3, 7, 3), ReLU(), BatchNorm(), MaxPool(), Dense(10), Sigmoid(), BatchNorm()],
        SoftmaxCrossEntropy(),
    ),
}


def network(name: str) -> Network:
    layers, loss = NETWORKS[name]()
    rng = np.random.default_rng(3)
    made = Network(layers, loss, rng=rng)
    for layer in made.layers:
        for value in layer.values.values():
            value += 0.1 * rng.random(value.shape, np.float32)
    made.about = {"recipe": name, "epochs": 3.5}
    return made


def runtime(model: bytes) -> Callable[[Array], Array]:
    """What ONNX Runtime answers."""
    onnxruntime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed: pip install onnxruntime")
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return lambda images: np.asarray(session.run(["probabilities"], {"ink": images})[0])


@pytest.fixture(autouse=True)
def _onnx(request: pytest.FixtureRequest) -> None:
    if "without" not in request.node.name:
        pytest.importorskip("onnx", reason="onnx is not installed: pip install 'inkling[onnx]'")


@pytest.mark.parametrize("name", NETWORKS)
def test_onnx_runtime_answers_as_we_do(name: str) -> None:
    made = network(name)
    answer = runtime(as_onnx(made))
    for images in (IMAGES, IMAGES[:1], np.zeros((2, 28, 28), np.float32), np.ones((2, 28, 28), np.float32)):
        np.testing.assert_allclose(answer(images), made.predict(images), rtol=0, atol=1e-5)
        np.testing.assert_allclose(answer(images).sum(axis=1), 1, atol=1e-5)


def test_onnx_runtime_answers_as_the_shipped_model_does_on_real_digits(mnist: Path) -> None:
    from inkling.training import load_images

    images = load_images(mnist, "test").images[:500]
    answers = runtime(as_onnx(shipped_model()))(images.astype(np.float32) / 255)
    np.testing.assert_allclose(answers, shipped_model().predict(images), rtol=0, atol=1e-5)


def test_the_file_says_what_goes_in_and_what_comes_out(tmp_path: Path) -> None:
    onnx = need("onnx")
    save_onnx(network("dense"), tmp_path / "a.onnx")
    model = onnx.load(tmp_path / "a.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert model.doc_string.startswith(CONTRACT)
    [ink], [probabilities] = model.graph.input, model.graph.output
    assert (ink.name, probabilities.name) == ("ink", "probabilities")
    shapes = [[d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in (ink, probabilities)]
    assert shapes == [["n", 28, 28], ["n", 10]]
    assert json.loads(model.metadata_props[0].value) == {"recipe": "dense", "epochs": 3.5}


def test_scores_can_be_had_instead() -> None:
    onnxruntime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed: pip install onnxruntime")
    made = network("convolutions")
    session = onnxruntime.InferenceSession(as_onnx(made, 1, probabilities=False), providers=["CPUExecutionProvider"])
    [scores] = session.run(["scores"], {"ink": IMAGES[:1]})
    np.testing.assert_allclose(scores, made.scores(IMAGES[:1]), rtol=1e-4, atol=1e-5)


def test_coloured_pictures_are_not_for_it() -> None:
    with pytest.raises(InputError, match="grey pictures"):
        as_onnx(Network([Dense(10)], SoftmaxCrossEntropy(), (28, 28, 3)))


@pytest.mark.parametrize("name", NETWORKS)
def test_what_we_wrote_comes_back(name: str, tmp_path: Path) -> None:
    made = network(name)
    save_onnx(made, tmp_path / "a.onnx")
    back = checked(load_onnx(tmp_path / "a.onnx"), tmp_path)
    np.testing.assert_allclose(back.predict(IMAGES), made.predict(IMAGES), rtol=0, atol=1e-5)
    assert [type(layer) for layer in back.layers] == [
        type(layer) for layer in made.folded().layers if not isinstance(layer, Dropout)
    ]
    if isinstance(made.loss, SoftmaxCrossEntropy):
        assert isinstance(back.loss, SoftmaxCrossEntropy)
        assert back.loss.temperature == pytest.approx(made.loss.temperature)
    assert back.about | made.about == back.about
    back.gradients(IMAGES, np.arange(20) % 10, np.random.default_rng(0))  # and can go on learning


def test_without_the_package_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(OnnxError, match=r"pip install 'inkling\[onnx\]'"):
        as_onnx(network("dense"))
    with pytest.raises(OnnxError, match=r"pip install 'inkling\[onnx\]'"):
        load_onnx(tmp_path / "a.onnx")


# what PyTorch writes


def torch_file(
    module: Any, path: Path, shape: tuple[int, ...] = (1, 1, 28, 28), fixed: bool = False, **options: Any
) -> Path:
    """A module as PyTorch's exporter writes it; for any number of pictures unless fixed."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: sh tests/bench/run.sh installs it")
    data = io.BytesIO()
    axes = None if fixed else {"ink": {0: "n"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            torch.zeros(shape),
            data,
            dynamo=False,
            input_names=["pictures"],
            dynamic_axes=axes,
            **options,
        )
    path.write_bytes(data.getvalue())
    return path


@pytest.fixture
def modules() -> dict[str, Any]:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: sh tests/bench/run.sh installs it")
    from torch import nn

    torch.manual_seed(0)

    class Lesson(nn.Module):  # type: ignore[misc]
        """A network as lessons write it: what has no numbers stands in `forward`."""

        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 6, 5, padding=2)
            self.hidden = nn.Linear(6 * 14 * 14, 30, bias=False)
            self.last = nn.Linear(30, 10)

        def forward(self, x: Any) -> Any:
            x = (x - 0.1307) / 0.3081
            x = torch.max_pool2d(torch.relu(self.conv(x)), 2)
            x = torch.relu(self.hidden(x.view(x.size(0), -1)))
            return torch.log_softmax(self.last(x), dim=1)

    norm = nn.BatchNorm2d(8)
    norm.running_mean.uniform_(-1, 1)
    norm.running_var.uniform_(0.5, 2)
    vector = nn.BatchNorm1d(20)
    vector.running_mean.uniform_(-1, 1)
    return {
        "lesson": Lesson(),
        "layers": nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1), norm, nn.ReLU(), nn.Conv2d(8, 9, 4), nn.Sigmoid(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Dropout(), nn.Linear(225, 20), vector, nn.ReLU(), nn.Linear(20, 11),
        ),
        "sigmoids": nn.Sequential(nn.Flatten(), nn.Linear(784, 20), nn.Sigmoid(), nn.Linear(20, 10), nn.Sigmoid()),
        "softmax": nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.Softmax(1)),
    }  # fmt: skip


@pytest.mark.parametrize("folding", [True, False])
@pytest.mark.parametrize("fixed", [True, False])
@pytest.mark.parametrize("name", ["lesson", "layers", "sigmoids", "softmax"])
def test_a_network_of_pytorchs_comes_in(
    name: str, fixed: bool, folding: bool, modules: dict[str, Any], tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch")
    module = modules[name]
    path = torch_file(module, tmp_path / "a.onnx", fixed=fixed, do_constant_folding=folding)
    found = checked(load_onnx(path), path)
    with torch.no_grad():
        theirs = module(torch.from_numpy(IMAGES[:, None])).numpy()
    if name == "sigmoids":
        expected = theirs / theirs.sum(axis=1, keepdims=True)
    else:
        powers = theirs if name == "softmax" else np.exp(theirs)
        expected = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.predict(IMAGES), expected, rtol=0, atol=1e-5)
    assert isinstance(found.loss, SquaredError) == (name == "sigmoids")


def test_what_was_taken_off_the_pictures_before_is_taken_off_here(modules: dict[str, Any], tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    module = modules["layers"]
    found = load_onnx(torch_file(module, tmp_path / "a.onnx"), normalised=(0.1307, 0.3081))
    with torch.no_grad():
        theirs = module(torch.from_numpy((IMAGES[:, None] - 0.1307) / 0.3081)).softmax(1).numpy()
    np.testing.assert_allclose(found.predict(IMAGES), theirs, rtol=0, atol=1e-5)
    np.testing.assert_allclose(found.folded().predict(IMAGES), theirs, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda nn: [nn.Conv2d(1, 4, 3, dilation=2), nn.Flatten(), nn.Linear(2304, 10)], "dilations"),
        (lambda nn: [nn.Conv2d(1, 4, (3, 5), padding=(1, 2)), nn.Flatten(), nn.Linear(3136, 10)], "kernel, pads"),
        (lambda nn: [nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3, groups=2), nn.Flatten(), nn.Linear(2304, 10)], "group"),
        (lambda nn: [nn.Conv2d(1, 4, 3, stride=(1, 2)), nn.Flatten(), nn.Linear(1352, 10)], "strides"),
        (lambda nn: [nn.MaxPool2d(3, 2), nn.Flatten(), nn.Linear(169, 10)], "side by side"),
        (lambda nn: [nn.MaxPool2d(3, ceil_mode=True), nn.Flatten(), nn.Linear(100, 10)], "edge"),
        (lambda nn: [nn.Flatten(), nn.Linear(784, 10), nn.GELU()], "it has (Erf|Gelu)"),
        (lambda nn: [nn.Flatten(), nn.Linear(784, 10), nn.ReLU6()], "Clip"),
        (lambda nn: [nn.AvgPool2d(2), nn.LeakyReLU(), nn.Flatten(), nn.Linear(196, 10)], "AveragePool, LeakyRelu"),
        (lambda nn: [nn.Linear(28, 10), nn.Flatten(), nn.Linear(280, 10)], "MatMul .* no layer of weights"),
        (lambda nn: [nn.Flatten(2), nn.Linear(784, 10), nn.Softmax(2)], "no layer of weights"),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_said_in_one_line(
    make: Callable[[Any], list[Any]], message: str, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: sh tests/bench/run.sh installs it")
    path = torch_file(torch.nn.Sequential(*make(torch.nn)), tmp_path / "a.onnx")
    with pytest.raises(ModelError, match=message) as caught:
        load_onnx(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_way_that_branches_is_refused(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: sh tests/bench/run.sh installs it")
    from torch import nn

    class Residual(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.last = nn.Conv2d(1, 1, 3, padding=1), nn.Linear(784, 10)

        def forward(self, x: Any) -> Any:
            return self.last(torch.flatten(torch.relu(self.conv(x)) + x, 1))

    with pytest.raises(ModelError, match="branches at Add"):
        load_onnx(torch_file(Residual(), tmp_path / "a.onnx"))


def test_pictures_of_another_size_or_colour_are_refused(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: sh tests/bench/run.sh installs it")
    for shape in ((1, 3, 28, 28), (1, 1, 32, 32)):
        module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(int(np.prod(shape)), 10))
        with pytest.raises(ModelError, match="28x28 pixels is needed"):
            load_onnx(torch_file(module, tmp_path / "a.onnx", shape))
    flat: tuple[int, ...]
    for flat in ((1, 28, 28), (1, 784)):
        module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10))
        assert load_onnx(torch_file(module, tmp_path / "a.onnx", flat)).classes == 10


# files that are none, and graphs put together by hand


def changed(change: Callable[[Any], object], path: Path) -> Path:
    """Our own network as a file, with something changed in its graph."""
    onnx = need("onnx")
    model = onnx.load_from_string(as_onnx(network("convolutions")))
    change(model)
    path.write_bytes(model.SerializeToString())
    return path


def two_outputs(model: Any) -> None:
    model.graph.output.append(copy.deepcopy(model.graph.output[0]))


def cut_weight(model: Any) -> None:
    weight = next(t for t in model.graph.initializer if t.name == "weight0")
    weight.raw_data = weight.raw_data[:-8]


def no_numbers(model: Any) -> None:
    for tensor in model.graph.initializer:
        if tensor.name == "bias0":
            tensor.raw_data = np.full(4, np.nan, np.float32).tobytes()


def wrong_axis(model: Any) -> None:
    model.graph.node[-1].attribute[0].i = 0


def another_order(model: Any) -> None:
    helper = need("onnx").helper
    turned = helper.make_node("Transpose", ["x0"], ["turned"], perm=[0, 1, 3, 2])
    model.graph.node.insert(1, turned)
    model.graph.node[2].input[0] = "turned"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (two_outputs, "2 outputs"),
        (cut_weight, "cannot be taken in"),
        (no_numbers, "different"),
        (wrong_axis, "does not go over the answers"),
        (another_order, "another order"),
    ],
)
def test_a_graph_that_is_not_understood_is_refused(
    change: Callable[[Any], object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        load_onnx(changed(change, tmp_path / "a.onnx"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"dear diary", bytes(range(256))])
def test_a_file_that_is_no_onnx_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(data)
    with pytest.raises(ModelError, match="cannot be taken in from ONNX") as caught:
        load_onnx(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(FileNotFoundError):
        load_onnx(tmp_path / "nowhere.onnx")


def test_a_torn_file_is_refused_wherever_it_was_torn(tmp_path: Path) -> None:
    whole = as_onnx(network("dense"))
    path = tmp_path / "a.onnx"
    for size in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:size])
        with pytest.raises(ModelError, match="cannot be taken in"):
            load_onnx(path)

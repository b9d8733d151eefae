"""ONNX out: a network as a file that other programs read (onnx.ai), with what goes in and what comes out."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from inknet import BatchNorm, Convolution, Dense, Dropout, Layer, MaxPool, Network, ReLU, Sigmoid, SoftmaxCrossEntropy
from inknet.arrays import Array
from inknet.errors import InputError
from inknet.modelfile import write_durably

from . import __version__
from .errors import OnnxError

INPUT, OUTPUT = "ink", "probabilities"
CONTRACT = (
    f'"{INPUT}", float32 (n, 28, 28), 0.0 paper to 1.0 ink, gives "{OUTPUT}", float32 (n, 10) or, with one more for '
    "what is no digit, (n, 11)"
)
GLYPH = (
    "A picture is one mark, made as MNIST's are: scaled with its aspect kept to fit 20x20 pixels, grey at the edges, "
    "its centre of mass in the middle of 28x28. Bytes from 0 to 255 are divided by 255; nothing is taken off."
)
OPSET, IR = 17, 8  # of 2022, which every runtime of today reads
SMALLEST = 1e-30  # what a sum of answers is kept above, as `inknet.SquaredError` does


def save_onnx(network: Network, path: Path) -> None:
    """Writes a network to an ONNX file, durably. Raises OnnxError if the package onnx is not there, OSError."""
    write_durably(path, as_onnx(network))


def as_onnx(network: Network, batch: int | str = "n", probabilities: bool = True) -> bytes:
    """A network of grey pictures, folded, as an ONNX model; see CONTRACT.

    batch: the number of images at a time, or a name for any number. probabilities: otherwise the model ends with what
    `Network.scores` gives. Raises OnnxError without the package onnx.
    """
    onnx = need("onnx")
    helper, numpy_helper = onnx.helper, need("onnx.numpy_helper")
    network = network.folded()
    if len(network.input_shape) != 2:
        raise InputError(f"grey pictures (height, width) go into an ONNX model, not {network.input_shape}")
    constants: dict[str, Array] = {"picture": np.array([0, 1, *network.input_shape])}
    nodes = [helper.make_node("Reshape", [INPUT, "picture"], ["x0"])]

    def add(kind: str, *extra: str, **attributes: Any) -> None:
        nodes.append(helper.make_node(kind, [f"x{len(nodes) - 1}", *extra], [f"x{len(nodes)}"], **attributes))

    for i, layer in enumerate(network.layers):
        if isinstance(layer, Dropout):  # of no effect in reading
            continue
        values = _in_order(layer)
        constants |= {f"{name}{i}": np.ascontiguousarray(value, np.float32) for name, value in values.items()}
        names = [f"{name}{i}" for name in values]
        match layer:
            case Dense():
                add("Flatten")
                add("Gemm", *names, transB=1)
            case Convolution():
                add("Conv", *names, strides=[layer.stride] * 2, pads=[layer.padding] * 4)
            case BatchNorm():  # one that follows no linear layer
                add("BatchNormalization", *names, epsilon=layer.epsilon)
            case MaxPool():
                add("MaxPool", kernel_shape=[layer.size] * 2, strides=[layer.size] * 2)
            case ReLU():
                add("Relu")
            case Sigmoid():
                add("Sigmoid")
            case _:
                raise InputError(f"ONNX has no {layer} here")
    add("Flatten")
    if probabilities and isinstance(network.loss, SoftmaxCrossEntropy):
        constants["temperature"] = np.array(network.loss.temperature, np.float32)
        add("Div", "temperature")
        add("Softmax", axis=1)
    elif probabilities:
        constants["smallest"] = np.array(SMALLEST, np.float32)
        add("Clip", "smallest")
        add("LpNormalization", p=1, axis=1)
    nodes[-1].output[0] = OUTPUT if probabilities else "scores"

    def shaped(name: str, *shape: int) -> Any:
        return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [batch, *shape])

    graph = helper.make_graph(
        nodes,
        "inkling",
        [shaped(INPUT, *network.input_shape)],
        [shaped(nodes[-1].output[0], network.classes)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    model.producer_name, model.producer_version = "inkling", __version__
    model.doc_string = f"{CONTRACT}. {GLYPH}"
    helper.set_model_props(model, {"about": json.dumps(network.about)})
    data: bytes = model.SerializeToString()
    return data


def need(module: str) -> Any:
    """A module of the package onnx."""
    try:
        return import_module(module)
    except ImportError as error:
        raise OnnxError(
            "for ONNX files the package onnx, 1.17 or later, is needed, here or on another machine, as models of "
            "Inkling's own go everywhere: pip install 'inkling[onnx]'"
        ) from error


def _in_order(layer: Layer) -> dict[str, Array]:
    """A layer's values in the order of ONNX's inputs; filters as (filters, channels, rows, columns)."""
    values = dict(layer.values)
    if isinstance(layer, Convolution):
        weight = values["weight"]
        channels = weight.shape[0] // layer.size**2
        values["weight"] = weight.reshape(layer.size, layer.size, channels, layer.filters).transpose(3, 2, 0, 1)
    return values

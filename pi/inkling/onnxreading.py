"""ONNX in: a network that was trained elsewhere, taken over number by number, and compared with what it was.

The file is run once by ONNX's own reference implementation. From there come the values of all that the graph computes
beside the picture's way through it, such as shapes, and the answers that the network made of it has to give, too.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from inknet import (
    BatchNorm,
    Convolution,
    Dense,
    Layer,
    Loss,
    MaxPool,
    ModelError,
    Network,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
    SquaredError,
)
from inknet.arrays import Array, Shape
from inknet.modelfile import LARGEST

from .glyphs import GLYPH_PX
from .onnxfile import SMALLEST, need

IMAGES = 3  # read by both, where the file does not say how many at a time
TOLERANCE = 1e-4  # between two orders of summing in float32, as a part of the largest score
SUPPORTED = (
    "Conv, Gemm, MatMul, Add, Sub, Mul, Div, BatchNormalization, Relu, Sigmoid, MaxPool, Dropout, Flatten, Reshape "
    "and, at the end, Softmax"
)


def load_onnx(path: Path, normalised: tuple[float, float] | None = None) -> Network:
    """The network of an ONNX file that reads pictures of 28x28 pixels, ink 1.0 and paper 0.0.

    normalised: mean and standard deviation, if it learnt pictures from which the one was taken off and which were then
    divided by the other. Raises inknet's ModelError, saying what of it is not supported, OnnxError without the package
    onnx, OSError.
    """
    onnx, reference = need("onnx"), need("onnx.reference")
    if (size := path.stat().st_size) > LARGEST:
        raise ModelError(f"{path} has {size} bytes, more than any network for this")
    try:
        with np.errstate(all="ignore"):
            return _Taken(onnx.load(path), reference, normalised or (0.0, 1.0)).network()
    except OSError:
        raise
    except Exception as error:  # a stranger's file may hold anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ModelError(f"{path} cannot be taken in from ONNX: {reason}") from error


class _Taken:
    """One graph on its way to a network: the layers so far, and the values that the reference computed."""

    def __init__(self, model: Any, reference: Any, normalised: tuple[float, float]) -> None:
        graph = model.graph
        constants = [initializer.name for initializer in graph.initializer]
        inputs = [value for value in graph.input if value.name not in constants]
        if len(inputs) != 1 or len(graph.output) != 1:
            raise ModelError(f"it has {len(inputs)} inputs and {len(graph.output)} outputs; one of each is needed")
        self.nodes, self.last, self.end = list(graph.node), inputs[0].name, graph.output[0].name
        if unknown := sorted({node.op_type for node in self.nodes} - set(_OPERATIONS) - _BESIDE):
            raise ModelError(f"it has {', '.join(unknown)}; supported are {SUPPORTED}")
        shape, (mean, deviation) = _input_shape(inputs[0]), normalised
        self.images = np.random.default_rng(0).random((shape[0], GLYPH_PX, GLYPH_PX), np.float32)
        feed = {self.last: ((self.images - np.float32(mean)) / np.float32(deviation)).reshape(shape)}
        names = [self.last, *constants, *(name for node in self.nodes for name in node.output[:1])]
        values = reference.ReferenceEvaluator(model).run(names, feed)
        self.values: dict[str, Array] = dict(zip(names, values, strict=True))
        self.layers: list[Layer] = []
        self.filled: list[dict[str, Array]] = []
        self.shape: Shape = (1, GLYPH_PX, GLYPH_PX)
        self.loss: Loss = SoftmaxCrossEntropy()
        self.scaled = 0, "", 1.0  # after so many layers all scores were divided: where, and by what
        self.scores = ""  # what the last layer gives, once the operations that are no layers have begun
        self.closing = ""  # the last of these
        self.about = {"from": "ONNX", "producer": f"{model.producer_name} {model.producer_version}".strip()}
        for entry in model.metadata_props:
            if entry.key == "about":
                self.about |= dict(json.loads(entry.value))
        if normalised != (0.0, 1.0):
            self.push(*_affine(np.array([1 / deviation]), np.array([-mean / deviation])))

    def network(self) -> Network:
        """The network, which answers as the graph does."""
        past: set[str] = set()  # what the picture was, on its way
        for node in self.nodes:
            if past.intersection(node.input) and node.op_type != "Shape":
                raise ModelError(f"its way branches at {node.op_type} {node.name}; it may have layers in a row only")
            if self.last not in node.input or node.op_type == "Shape":
                continue  # what it computes is known already
            if list(node.input).count(self.last) > 1 or self.closing not in ("", "Clip"):
                raise ModelError(f"{node.op_type} {node.name} stands where it is not supported")
            _OPERATIONS[node.op_type](self, node, _attributes(node))
            past.add(self.last)
            self.last = node.output[0]
        if self.last != self.end or self.closing == "Clip":
            raise ModelError(f"its output {self.end} does not come from its picture by layers in a row")
        if not self.closing and self.layers and isinstance(self.layers[-1], Sigmoid):
            self.loss = SquaredError()
        network = Network(self.layers, self.loss, (GLYPH_PX, GLYPH_PX))
        for layer, values in zip(network.layers, self.filled, strict=True):
            for name, value in values.items():
                layer.values[name][...] = value
        self.compare(network)
        network.about = self.about
        return network

    def compare(self, network: Network) -> None:
        """Raises ModelError unless the network answers as the graph did."""
        pairs = [(network.scores(self.images), self.values[self.scores or self.end])]
        if self.closing in ("Softmax", "LpNormalization"):
            pairs.append((network.predict(self.images), self.values[self.end]))
        for ours, theirs in pairs:
            theirs = theirs.reshape(ours.shape)
            off = float(np.abs(ours - theirs).max() / max(1.0, np.abs(theirs).max()))
            if not off <= TOLERANCE:
                raise ModelError(f"its answers came out different, by {off:.2g}: something in it is not understood")

    def push(self, layer: Layer, values: dict[str, Array] | None = None) -> None:
        """Takes one layer, with its arrays, which have to fit."""
        self.shape, values = layer.build(self.shape), values or {}
        for name, shape in (layer.weights | layer.biases | layer.buffers).items():
            if values[name].shape != shape:
                raise ModelError(f"{layer} takes a {name} of {shape}, not {values[name].shape}")
        self.layers.append(layer)
        self.filled.append(values)

    def picture(self, node: Any, layer: Layer, values: dict[str, Array] | None = None) -> None:
        """Takes a layer that works channel by channel."""
        if self.seen() != self.shape:
            raise ModelError(f"{node.op_type} {node.name} takes {self.seen()}; the layer before it gives {self.shape}")
        self.push(layer, values)
        if self.values[node.output[0]].shape[1:] != self.shape:
            raise ModelError(f"{node.op_type} {node.name} handles the edge in a way that is not supported")

    def seen(self) -> Shape:
        """The shape of what comes now, without the batch, as the graph has it."""
        return tuple(self.values[self.last].shape[1:])

    def constant(self, node: Any, index: int) -> Array:
        """The value of one of a node's inputs, float32."""
        value: Array = np.asarray(self.values[node.input[index]], np.float32)
        return value

    def gemm(self, node: Any, attributes: dict[str, Any]) -> None:
        weight = self.constant(node, 1) * attributes.get("alpha", 1.0)
        weight = weight if attributes.get("transB") else weight.T
        biased = len(node.input) > 2 and bool(node.input[2])
        bias = self.constant(node, 2) * attributes.get("beta", 1.0) if biased else np.zeros(())
        self.dense(node, weight, np.broadcast_to(bias, len(weight)) if biased else None)

    def matmul(self, node: Any, attributes: dict[str, Any]) -> None:
        self.dense(node, self.constant(node, 1).T, None)

    def dense(self, node: Any, weight: Array, bias: Array | None) -> None:
        if node.input[0] != self.last or len(self.seen()) != 1 or weight.ndim != 2:
            raise ModelError(f"{node.op_type} {node.name} is no layer of weights on one vector a picture")
        self.push(Dense(len(weight), bias is not None), {"weight": weight, **_named(bias=bias)})

    def convolution(self, node: Any, attributes: dict[str, Any]) -> None:
        weight, bias = self.constant(node, 1), self.constant(node, 2) if len(node.input) > 2 else None
        filters, _, size, _ = weight.shape
        stride, pads = attributes.get("strides", [1, 1]), attributes.get("pads", [0] * 4)
        padding = pads[0]
        if attributes.get("auto_pad", b"NOTSET") in (b"SAME_UPPER", b"SAME_LOWER") and stride == [1, 1] and size % 2:
            pads = [padding := size // 2] * 4
        wanted = {
            "kernel": weight.shape[2:] == (size, size),
            "strides": stride == stride[:1] * 2,
            "pads": pads == [padding] * 4,
            "dilations": attributes.get("dilations", [1, 1]) == [1, 1],
            "group": attributes.get("group", 1) == 1,
        }
        if odd := [name for name, fits in wanted.items() if not fits]:
            raise ModelError(
                f"Conv {node.name} has {', '.join(odd)} of a kind that is not supported; "
                "square kernels, the same stride and padding on all sides, no dilation and no groups are"
            )
        columns = weight.transpose(2, 3, 1, 0).reshape(-1, filters)
        layer = Convolution(filters, size, stride[0], padding, bias is not None)
        self.picture(node, layer, {"weight": columns, **_named(bias=bias)})

    def normalisation(self, node: Any, attributes: dict[str, Any]) -> None:
        values = {name: self.constant(node, i) for i, name in enumerate(("scale", "shift", "mean", "variance"), 1)}
        self.picture(node, BatchNorm(epsilon=attributes.get("epsilon", 1e-5)), values)

    def pool(self, node: Any, attributes: dict[str, Any]) -> None:
        size = attributes["kernel_shape"]
        strides, pads = attributes.get("strides", [1] * len(size)), attributes.get("pads", [0])
        if size != size[:1] * 2 or strides != size or any(pads) or set(attributes.get("dilations", [1])) != {1}:
            raise ModelError(f"MaxPool {node.name} is supported for square blocks side by side, without padding")
        self.picture(node, MaxPool(size[0]))

    def reshaping(self, node: Any, attributes: dict[str, Any]) -> None:
        """Shapes may change as they like, as long as all numbers stay in order: it is layers that ask for one."""
        before, after = (self.values[name].shape for name in (self.last, node.output[0]))
        order = attributes.get("perm", range(len(before)))
        moved = [axis for axis in order if before[axis] > 1]
        if before[0] != after[0] or moved != sorted(moved):
            raise ModelError(f"{node.op_type} {node.name} puts numbers in another order")

    def arithmetic(self, node: Any, attributes: dict[str, Any]) -> None:
        """A number for all, or one for each channel, is added, taken off, multiplied by, or divided by."""
        first = node.input[0] == self.last
        value, seen = self.constant(node, 1 if first else 0).astype(float), self.seen()
        channel = value.ndim >= len(seen) and value.size == seen[0] == value.shape[-len(seen)] and seen == self.shape
        if not (value.size == 1 or channel) or (node.op_type == "Div" and not first):
            raise ModelError(f"{node.op_type} {node.name} with an array of {value.shape} is not supported")
        value = value.reshape(-1)
        match node.op_type:
            case "Add":
                factor, offset = 1 + 0 * value, value
            case "Sub":
                factor, offset = (1 + 0 * value, -value) if first else (-1 + 0 * value, value)
            case "Mul":
                factor, offset = value, 0 * value
            case _:
                factor, offset = 1 / value, 0 * value
        factor, offset = (np.broadcast_to(a, self.shape[0]) for a in (factor, offset))
        before = self.layers[-1] if self.layers else None
        if (factor == 1).all() and not offset.any():
            return
        if isinstance(before, Dense | Convolution) and not before.bias and (factor == 1).all():
            self.layers[-1] = replace(before, bias=True)
            self.filled[-1]["bias"] = offset
            return
        self.push(*_affine(factor, offset))
        if value.size == 1 and factor[0] > 0 and not offset.any():
            self.scaled = len(self.layers), self.last, float(1 / factor[0])

    def softmax(self, node: Any, attributes: dict[str, Any]) -> None:
        """The end; one number by which all scores were divided just before is the temperature."""
        layers, scores, temperature = self.scaled
        if layers == len(self.layers):
            del self.layers[-1], self.filled[-1]
            self.scores, self.loss = scores, SoftmaxCrossEntropy(temperature=temperature)
        self.close(node, attributes)

    def shares(self, node: Any, attributes: dict[str, Any]) -> None:
        """The end of a network with squared error: the answers as parts of their sum, none of them below SMALLEST."""
        if node.op_type == "Clip":
            low = self.constant(node, 1).item() if len(node.input) > 1 and node.input[1] else -np.inf
            fits = -np.inf < low <= 2 * SMALLEST and len(node.input) < 3
        else:
            fits = attributes.get("p", 2) == 1
        if not fits:
            raise ModelError(f"{node.op_type} {node.name} is supported only to make the answers parts of their sum")
        self.loss = SquaredError()
        self.close(node, attributes)

    def close(self, node: Any, attributes: dict[str, Any]) -> None:
        """An operation that is no layer, over the answers of each picture."""
        if attributes.get("axis", -1) not in (-1, 1) or len(self.seen()) != 1:
            raise ModelError(f"{node.op_type} {node.name} does not go over the answers")
        self.scores, self.closing = self.scores or self.last, node.op_type


_OPERATIONS: dict[str, Callable[[_Taken, Any, dict[str, Any]], None]] = {
    **dict.fromkeys(("Add", "Sub", "Mul", "Div"), _Taken.arithmetic),
    **dict.fromkeys(("Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose"), _Taken.reshaping),
    **dict.fromkeys(("Identity", "Dropout", "Cast"), _Taken.reshaping),
    **dict.fromkeys(("Clip", "LpNormalization"), _Taken.shares),
    **dict.fromkeys(("Softmax", "LogSoftmax"), _Taken.softmax),
    "Gemm": _Taken.gemm,
    "MatMul": _Taken.matmul,
    "Conv": _Taken.convolution,
    "BatchNormalization": _Taken.normalisation,
    "MaxPool": _Taken.pool,
    "Relu": lambda taken, node, attributes: taken.push(ReLU()),
    "Sigmoid": lambda taken, node, attributes: taken.push(Sigmoid()),
}
_BESIDE = {"Constant", "ConstantOfShape", "Shape", "Gather", "Concat", "Slice"}  # these compute shapes


def _attributes(node: Any) -> dict[str, Any]:
    """A node's attributes as plain numbers, lists and bytes."""
    from onnx.helper import get_attribute_value

    return {attribute.name: get_attribute_value(attribute) for attribute in node.attribute}


def _input_shape(value: Any) -> Shape:
    """The shape, with the batch, in which a graph takes pictures; raises ModelError if that is of another size."""
    kind = value.type.tensor_type
    batch, *rest = [dimension.dim_value for dimension in kind.shape.dim] or [0, 0, 0, 0]
    if len(rest) == 3 and not any(rest):
        rest = [1, GLYPH_PX, GLYPH_PX]
    side = [size for size in rest if size != 1]
    if kind.elem_type != 1 or side not in ([GLYPH_PX, GLYPH_PX], [GLYPH_PX**2]) or batch > 1024:
        seen = "x".join(str(size or "n") for size in [batch, *rest])
        raise ModelError(f"it takes {seen}; float32 of n grey pictures of {GLYPH_PX}x{GLYPH_PX} pixels is needed")
    return (batch or IMAGES, *rest)


def _affine(factor: Array, offset: Array) -> tuple[BatchNorm, dict[str, Array]]:
    """A layer for y = factor * x + offset, and its arrays."""
    ones = np.ones(len(factor))
    return BatchNorm(epsilon=0.0), {"scale": factor, "shift": offset, "mean": 0 * ones, "variance": ones}


def _named(**arrays: Array | None) -> dict[str, Array]:
    """Those of the arrays that are there."""
    return {name: array for name, array in arrays.items() if array is not None}

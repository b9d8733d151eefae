"""How fast inknet trains and reads beside PyTorch and ONNX Runtime: one thread, contenders taking turns, medians.

`sh tests/bench/run.sh` makes an environment with the contenders and runs this. Every figure is a ratio of times in one
process, so that a noisy machine does both alike; above 1 inknet is the faster. `--seconds S` is the time for each line.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median

import numpy as np
import onnx.numpy_helper
import onnxruntime
import torch
from onnx import TensorProto, helper
from torch import nn

from inknet import (
    SGD,
    AdamW,
    BatchNorm,
    Convolution,
    Dense,
    Layer,
    MaxPool,
    Network,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
    SquaredError,
    Trainer,
)
from inknet.arrays import Array

Step = Callable[[], object]


def block(filters: int, size: int = 3, stride: int = 1, padding: int = 0) -> list[Layer]:
    """A convolution, its batch norm, and a ReLU."""
    return [Convolution(filters, size, stride, padding, bias=False), BatchNorm(), ReLU()]


NETWORKS: dict[str, Callable[[], list[Layer]]] = {
    "784-200-10": lambda: [Dense(200, bias=False), Sigmoid(), Dense(10, bias=False), Sigmoid()],
    "0.5 MMAC": lambda: [*block(12, 5, 2, 2), *block(24), MaxPool(), *block(32), Dense(10)],
    "4.9 MMAC": lambda: [
        *block(32, 5, 2),
        *block(40, padding=1),
        *block(40, padding=1),
        MaxPool(),
        *block(96),
        *block(96),
        Dense(10),
    ],
}


def network(name: str) -> Network:
    """One of NETWORKS with random weights; the talk's with its loss, the others with cross-entropy."""
    loss = SquaredError() if name == "784-200-10" else SoftmaxCrossEntropy()
    return Network(NETWORKS[name](), loss, rng=np.random.default_rng(0))


def macs(net: Network) -> int:
    """Multiply-accumulates for one image."""
    total, shape = 0, (1, 28, 28)
    for layer in net.layers:
        shape = layer.build(shape) or shape  # type: ignore[assignment]
        if isinstance(layer, Convolution | Dense):
            total += layer.values["weight"].size * int(np.prod(shape[1:]))
    return total


def train_inknet(net: Network, images: Array, labels: Array) -> Step:
    """A step of training on a batch that is already there, as PyTorch's."""
    optimizer = SGD() if isinstance(net.loss, SquaredError) else AdamW()
    trainer = Trainer(net, optimizer, np.random.default_rng(0), rate=1e-4, batch_size=len(images))
    return lambda: trainer.step(images, labels, 0.5)


def as_torch(net: Network) -> nn.Module:
    """The same layers in PyTorch."""
    modules: list[nn.Module] = []
    shape, flat = (1, 28, 28), False
    for layer in net.layers:
        if isinstance(layer, Convolution):
            modules.append(nn.Conv2d(shape[0], layer.filters, layer.size, layer.stride, layer.padding, bias=layer.bias))
        elif isinstance(layer, Dense):
            if not flat:
                modules.append(nn.Flatten())
            flat = True
            modules.append(nn.Linear(int(np.prod(shape)), layer.outputs, bias=layer.bias))
        elif isinstance(layer, BatchNorm):
            modules.append(nn.BatchNorm2d(shape[0]))
        else:
            modules.append({ReLU: nn.ReLU, Sigmoid: nn.Sigmoid, MaxPool: lambda: nn.MaxPool2d(2)}[type(layer)]())
        shape = layer.build(shape)  # type: ignore[assignment]
    return nn.Sequential(*modules)


def train_torch(net: Network, images: Array, labels: Array, channels_last: bool) -> Step:
    """The same step in PyTorch."""
    module = as_torch(net)
    x, y = torch.from_numpy(images[:, None].copy()), torch.from_numpy(labels)
    if channels_last:
        module, x = module.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    if isinstance(net.loss, SquaredError):
        targets = torch.nn.functional.one_hot(y, 10) * 0.98 + 0.01
        optimizer: torch.optim.Optimizer = torch.optim.SGD(module.parameters(), lr=1e-4)

        def loss(outputs: torch.Tensor) -> torch.Tensor:
            return ((outputs - targets) ** 2).sum() / (2 * len(y))
    else:
        optimizer = torch.optim.AdamW(module.parameters(), lr=1e-4, foreach=True)

        def loss(outputs: torch.Tensor) -> torch.Tensor:
            return nn.functional.cross_entropy(outputs, y)

    def step() -> None:
        optimizer.zero_grad()
        loss(module(x)).backward()
        optimizer.step()

    return step


def read_onnx(net: Network, image: Array) -> Step:
    """Reading one image with ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(as_onnx(net), options, providers=["CPUExecutionProvider"])
    feed = {"x": np.ascontiguousarray(image[:, None])}
    np.testing.assert_allclose(session.run(None, feed)[0], net.scores(image), rtol=1e-3, atol=1e-4)
    return lambda: session.run(None, feed)


def as_onnx(net: Network) -> bytes:
    """A folded network as an ONNX model."""
    nodes, weights, last, shape = [], [], "x", (1, 28, 28)
    for i, layer in enumerate(net.layers):
        inputs, kind = [last], type(layer).__name__
        attributes: dict[str, object] = {}
        names = {"ReLU": "Relu", "Dense": "Gemm", "Convolution": "Conv"}
        if isinstance(layer, Dense):
            nodes.append(helper.make_node("Flatten", [last], [f"f{i}"]))
            inputs, attributes = [f"f{i}"], {"transB": 1}
        elif isinstance(layer, Convolution):
            attributes = {"strides": [layer.stride] * 2, "pads": [layer.padding] * 4}
        elif isinstance(layer, MaxPool):
            attributes = {"kernel_shape": [2, 2], "strides": [2, 2]}
        for key, value in layer.values.items():
            if isinstance(layer, Convolution) and key == "weight":
                value = value.reshape(layer.size, layer.size, shape[0], layer.filters).transpose(3, 2, 0, 1)
            weights.append(onnx.numpy_helper.from_array(value.astype(np.float32), f"{key}{i}"))
            inputs.append(f"{key}{i}")
        last = f"y{i}"
        nodes.append(helper.make_node(names.get(kind, kind), inputs, [last], **attributes))
        shape = layer.build(shape)  # type: ignore[assignment]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 28, 28])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, 10])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    data: bytes = model.SerializeToString()
    return data


def take_turns(contenders: Sequence[Step], seconds: float) -> list[float]:
    """The median time of each contender, seconds, all taking turns for that long."""
    times: list[list[float]] = [[] for _ in contenders]
    for contender in contenders:
        for _ in range(3):
            contender()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for contender, taken in zip(contenders, times, strict=True):
            start = time.perf_counter()
            contender()
            taken.append(time.perf_counter() - start)
    return [median(taken) for taken in times]


def matmul_peak() -> Step:
    """A matrix product that is as fast as this machine can: 2 * 1024**3 operations."""
    a, b = np.ones((2, 1024, 1024), np.float32)
    out = np.empty_like(a)
    return lambda: np.matmul(a, b, out=out)


def main() -> None:
    """Prints one line for each work."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--only", default="", help="a part of the line's name")
    args = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    print(f"numpy {np.__version__}, torch {torch.__version__}, onnxruntime {onnxruntime.__version__}; one thread")
    for name in NETWORKS:
        for batch in (1, 32, 128) if name == "784-200-10" else (32, 128):
            title = f"train {name}, batch {batch}"
            if args.only not in title:
                continue
            net = network(name)
            images, labels = rng.random((batch, 28, 28), np.float32), rng.integers(0, 10, batch)
            layouts = [False] if name == "784-200-10" else [False, True]
            contenders = [train_inknet(net, images, labels), matmul_peak()]
            contenders += [train_torch(net, images, labels, last) for last in layouts]
            ours, peak, *theirs = take_turns(contenders, args.seconds)
            share = 3 * 2 * batch * macs(net) / ours / (2 * 1024**3 / peak)
            print(
                f"{title:32} {1e3 * ours:8.3f} ms   PyTorch {' '.join(f'{1e3 * t:.3f}' for t in theirs)} ms"
                f"   {min(theirs) / ours:5.2f}x   {share:4.0%} of the matmul peak"
            )
    for name in NETWORKS:
        title = f"read {name}"
        if args.only not in title:
            continue
        net = network(name).folded()
        image = rng.random((1, 28, 28), np.float32)
        inknet_s, onnx_s = take_turns([partial(net.scores, image), read_onnx(net, image)], args.seconds)
        ratio = onnx_s / inknet_s
        print(f"{title:32} {1e6 * inknet_s:8.1f} us   ONNX Runtime {1e6 * onnx_s:.1f} us   {ratio:5.2f}x")


if __name__ == "__main__":
    main()

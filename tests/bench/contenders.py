"""The same work for everyone: a step of training on one batch that is already there, or reading one image."""

from collections.abc import Callable

import numpy as np
import onnxruntime
import torch
from sklearn.neural_network import MLPClassifier

from inkling.onnxfile import as_onnx
from inknet import SGD, AdamW, Dense, Network, SquaredError, Trainer
from inknet.arrays import Array

from .pytorch import as_input, as_loss, as_torch

Step = Callable[[], object]
RATE = 1e-4


def train_inknet(net: Network, images: Array, labels: Array) -> Step:
    """The talk's network with plain gradient descent, the others with AdamW."""
    optimizer = SGD() if isinstance(net.loss, SquaredError) else AdamW()
    trainer = Trainer(net, optimizer, np.random.default_rng(0), rate=RATE, batch_size=len(images))
    return lambda: trainer.step(images, labels, 0.5)


def train_torch(net: Network, images: Array, labels: Array, channels_last: bool = False) -> Step:
    """The same in PyTorch; `channels_last` is the other of its two layouts of a picture."""
    module, x = as_torch(net), as_input(images)
    if channels_last:
        module, x = module.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    loss = as_loss(net, labels)
    optimizer: torch.optim.Optimizer
    if isinstance(net.loss, SquaredError):
        optimizer = torch.optim.SGD(module.parameters(), lr=RATE)
    else:
        optimizer = torch.optim.AdamW(module.parameters(), lr=RATE, foreach=True)

    def step() -> None:
        optimizer.zero_grad()
        loss(module(x)).backward()
        optimizer.step()

    return step


def train_sklearn(net: Network, images: Array, labels: Array) -> Step:
    """The talk's network as scikit-learn has it: with biases, and cross-entropy for a loss."""
    first = net.layers[0]
    assert isinstance(first, Dense)
    classifier = MLPClassifier(
        (first.outputs,),
        activation="logistic",
        solver="sgd",
        alpha=0,
        batch_size=len(images),
        learning_rate_init=RATE,
        momentum=0,
        shuffle=False,
        random_state=0,
    )
    x = images.reshape(len(images), -1)
    classifier.partial_fit(x, labels, classes=np.arange(net.classes))
    return lambda: classifier.partial_fit(x, labels)


def read_inknet(net: Network, image: Array) -> Step:
    """Reading one image; the network is folded."""
    return lambda: net.scores(image)


def read_onnx(net: Network, image: Array) -> Step:
    """The same with ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    model = as_onnx(net, batch=1, probabilities=False)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feed = {"ink": image}
    np.testing.assert_allclose(session.run(None, feed)[0], net.scores(image), rtol=1e-3, atol=1e-4)
    return lambda: session.run(None, feed)


PEAK_OPERATIONS = 2 * 1024**3


def matmul_peak() -> Step:
    """A matrix product that is as fast as this machine can, of PEAK_OPERATIONS."""
    a, b = np.ones((2, 1024, 1024), np.float32)
    out = np.empty_like(a)
    return lambda: np.matmul(a, b, out=out)

"""inknet's networks in PyTorch, with the same numbers in them."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn

from inknet import (
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
    Layer,
    MaxPool,
    Network,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
    SquaredError,
)
from inknet.arrays import Array, Shape

from .networks import shapes

# what PyTorch calls the values of a layer
NAMES = {
    "weight": "weight",
    "bias": "bias",
    "scale": "weight",
    "shift": "bias",
    "mean": "running_mean",
    "variance": "running_var",
}
DTYPES = {np.dtype(np.float32): torch.float32, np.dtype(np.float64): torch.float64}


def as_torch(net: Network) -> nn.Sequential:
    """The same network in PyTorch, in training mode: one module for each layer that has values, in the same order."""
    modules: list[nn.Module] = []
    for layer, shape in zip(net.layers, shapes(net)[:-1], strict=True):
        if isinstance(layer, Dense) and len(shape) > 1:
            modules.append(nn.Flatten())
        modules.append(counterpart(layer, shape))
    whole = nn.Sequential(*modules).to(DTYPES[net.state.dtype])
    with torch.no_grad():
        for _, _, ours, theirs in pairs(net, whole):
            theirs.copy_(torch.from_numpy(np.ascontiguousarray(ours)).reshape(theirs.shape))
    return whole


def counterpart(layer: Layer, shape: Shape) -> nn.Module:
    """The module that does what the layer does to an input of this shape."""
    match layer:
        case Dense():
            return nn.Linear(int(np.prod(shape)), layer.outputs, bias=layer.bias)
        case Convolution():
            return nn.Conv2d(shape[0], layer.filters, layer.size, layer.stride, layer.padding, bias=layer.bias)
        case BatchNorm():
            norm = nn.BatchNorm1d if len(shape) == 1 else nn.BatchNorm2d
            return norm(shape[0], layer.epsilon, layer.momentum)
        case MaxPool():
            return nn.MaxPool2d(layer.size)
        case ReLU():
            return nn.ReLU()
        case Sigmoid():
            return nn.Sigmoid()
        case Dropout():
            return nn.Dropout(layer.rate)
    raise TypeError(f"PyTorch has no {layer} here")


def pairs(net: Network, module: nn.Sequential) -> Iterator[tuple[Layer, str, Array, torch.Tensor]]:
    """Each layer and name of a value, what inknet has there, and what PyTorch has, which may be of another shape."""
    full = [layer for layer in net.layers if layer.values]
    theirs = [child for child in module.children() if child.state_dict()]
    for layer, child in zip(full, theirs, strict=True):
        for name, value in layer.values.items():
            yield layer, name, in_order(layer, value), getattr(child, NAMES[name])


def in_order(layer: Layer, value: Array) -> Array:
    """One of a layer's values with its axes in PyTorch's order, a view: (filters, channels, rows, columns)."""
    if not isinstance(layer, Convolution) or value.ndim == 1:
        return value
    return value.reshape(layer.size, layer.size, -1, layer.filters).transpose(3, 2, 0, 1)


def as_input(images: Array) -> torch.Tensor:
    """Images (n, height, width[, channels]) as PyTorch takes them: (n, channels, height, width)."""
    pictures = images.reshape(*images.shape[:3], -1)
    return torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))


def as_loss(net: Network, labels: Array) -> Callable[[torch.Tensor], torch.Tensor]:
    """The network's loss for outputs (n, classes) with these labels."""
    wanted, loss = torch.from_numpy(labels), net.loss
    if isinstance(loss, SoftmaxCrossEntropy):
        smoothing = loss.smoothing
        return lambda outputs: nn.functional.cross_entropy(outputs, wanted, label_smoothing=smoothing)
    assert isinstance(loss, SquaredError)
    targets = torch.full((len(labels), net.classes), loss.low, dtype=DTYPES[net.state.dtype])
    targets[torch.arange(len(labels)), wanted] = loss.high
    return lambda outputs: ((outputs - targets) ** 2).sum() / (2 * len(targets))

"""A network is layers in a row that share one flat array of parameters, and a loss that judges them."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from .arrays import Array, Shape, as_ink, as_numpy, check_labels, namespace, permute, reshape
from .convolution import Convolution
from .errors import InputError
from .layers import BatchNorm, Dense, Generator, Layer, Push, per_channel, vectors
from .losses import Loss


class Network:
    """Layers in a row.

    input_shape: (height, width) or (height, width, channels) of one image.
    state: flat array of all that is saved: first the weights, which weight decay shrinks, then the other trained
        parameters, then the buffers. `parameters` is the view of it that is trained.
    gradient: flat array that matches `parameters`, written by `gradients`.
    about: plain data that is saved with the network (how it was trained, with what result).

    rng draws what training starts from; without it all is zero, to be filled by the caller. `like` is an array of the
    kind, device and dtype that the network's own are to be. Raises InputError if a layer cannot take the shape that the
    layer before it gives, or is part of a network already.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        loss: Loss,
        input_shape: Shape = (28, 28),
        rng: "Generator | None" = None,
        dtype: Any = np.float32,
        like: Array | None = None,
    ) -> None:
        self.layers, self.loss, self.input_shape = list(layers), loss, tuple(input_shape)
        own = {id(layer) for layer in self.layers if not hasattr(layer, "values")}
        if not len(self.layers) == len(own) > 0:
            raise InputError("a network needs layers of its own: make a new one for each place in each network")
        if len(self.input_shape) not in (2, 3):
            raise InputError(f"input_shape is (height, width) or (height, width, channels), not {self.input_shape}")
        self.about: dict[str, Any] = {}
        shape: Shape = (*self.input_shape, 1)[2:3] + self.input_shape[:2]
        for layer in self.layers:
            shape = layer.build(shape)
        self.classes = prod(shape)
        kinds = ("weights", "biases", "buffers")
        sizes = [sum(prod(s) for layer in self.layers for s in getattr(layer, k).values()) for k in kinds]
        self.decayed, trained = sizes[0], sizes[0] + sizes[1]
        like = np.empty(0, dtype) if like is None else like
        self.state, self.gradient = (namespace(like).zeros(n, dtype=like.dtype) for n in (sum(sizes), trained))
        self.parameters = self.state[:trained]
        self._lend(kinds)
        if rng is not None:
            for layer in self.layers:
                layer.initialise(rng)

    def _lend(self, kinds: Sequence[str]) -> None:
        """Gives each layer its views of the flat arrays."""
        for layer in self.layers:
            layer.values, layer.gradients, layer.xp = {}, {}, namespace(self.state)
        start = 0
        for kind in kinds:
            for layer in self.layers:
                for name, shape in getattr(layer, kind).items():
                    part = slice(start, start := start + prod(shape))
                    layer.values[name] = reshape(self.state[part], shape)
                    if kind != "buffers":
                        layer.gradients[name] = reshape(self.gradient[part], shape)

    def scores(self, images: Array, batch_size: int = 16) -> Array:
        """What the last layer says of each image, before it is read as probabilities.

        images: uint8, or floats with ink 1.0 and paper 0.0, of shape (n, height, width) or
        (n, height, width, channels). Returns floats of shape (n, classes). Raises InputError for anything else.
        batch_size: so few at a time that the processor's cache holds what the layers leave to each other.
        """
        count = self._check(images)
        scores: Array = namespace(self.state).empty((count, self.classes), dtype=self.state.dtype)
        for start in range(0, count, batch_size):
            part = slice(start, min(start + batch_size, count)), ...
            x = self._ink(images[part])
            for layer in self.layers:
                x = layer.predict(x)
            scores[part] = vectors(x)
        return scores

    def predict(self, images: Array, batch_size: int = 16) -> Array:
        """The probability of each class, (n, classes); images and errors as for `scores`."""
        p: Array = self.loss.probabilities(self.scores(images, batch_size).T).T
        return p

    def accuracy(self, images: Array, labels: Array) -> float:
        """The share, 0 to 1, of images whose likeliest class is their label; arguments as for `gradients`."""
        labels = check_labels(labels, self._check(images), self.classes)
        return float((as_numpy(self.scores(images)).argmax(axis=1) == labels).mean())

    def gradients(self, images: Array, labels: Array, rng: Generator) -> float:
        """The mean loss of a batch in training; its gradient by the parameters is written to `gradient`.

        images as for `scores`; labels: integers of shape (n,). rng serves the layers that need chance.
        """
        labels = check_labels(labels, self._check(images), self.classes)
        x = permute(self._ink(images), (3, 1, 2, 0))
        way_back: list[Push] = []
        for layer in self.layers:
            x, push = layer.forward(x, rng)
            way_back.append(push)
        value, dy = self.loss(reshape(x, (self.classes, -1)), labels)
        dy = reshape(dy, x.shape)
        while way_back:
            step = way_back.pop()(dy, bool(way_back))
            if step is not None:
                dy = step
        return value

    def copy(self, state: Array | None = None) -> "Network":
        """A network of the same layers with its own arrays, holding `state` or what this one holds.

        It computes with arrays of the kind of `state`, on the device where that is.
        """
        state = self.state if state is None else state
        layers = [replace(layer) for layer in self.layers]  # type: ignore[type-var]
        twin = Network(layers, self.loss, self.input_shape, like=state)
        twin.state[...] = state
        twin.about = deepcopy(self.about)
        return twin

    def folded(self) -> "Network":
        """The same function for reading, with every batch norm folded into the linear layer before it."""
        layers: list[Layer] = []
        filled: list[dict[str, Array]] = []
        for layer in self.layers:
            values = dict(layer.values)
            before = layers[-1] if layers else None
            if isinstance(layer, BatchNorm) and isinstance(before, Dense | Convolution):
                factor, offset = layer.linear()
                weight, bias = filled[-1]["weight"], filled[-1].get("bias", 0)
                row = factor if isinstance(before, Convolution) else per_channel(factor, weight)
                filled[-1] = {"weight": weight * row, "bias": bias * factor + offset}
                layers[-1] = replace(before, bias=True)
            else:
                layers.append(replace(layer))  # type: ignore[type-var]
                filled.append(values)
        reader = Network(layers, self.loss, self.input_shape, like=self.state)
        for layer, values in zip(reader.layers, filled, strict=True):
            for name, value in values.items():
                layer.values[name][...] = value
        reader.about = deepcopy(self.about)
        return reader

    def _check(self, images: Array) -> int:
        """How many images these are; raises InputError if they are none, or of another shape."""
        count, *shape = np.shape(images) or (0,)
        if tuple(shape) != self.input_shape or not count or not hasattr(images, "dtype"):
            wanted = ", ".join(map(str, ("n", *self.input_shape)))
            raise InputError(f"an array of shape ({wanted}) is needed, not a {type(images)} of {np.shape(images)}")
        return int(count)

    def _ink(self, images: Array) -> Array:
        """The batch as floats (batch, height, width, channels)."""
        return reshape(as_ink(images, self.state), (images.shape[0], *self.input_shape[:2], -1))

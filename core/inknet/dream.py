"""A dream leads a network's answer back to its pixels: what it would like to see, and what it looked at.

The talk's network is run backwards, link by link; any network is asked for its gradient by the picture, as it is when
it reads: without chance, and with batch norm's running averages. The network itself stays as it is.
"""

import numpy as np

from .arrays import Array, as_ink, permute
from .classic import run_backwards
from .errors import InputError
from .layers import BatchNorm, Dense, Dropout, Layer, Push, Sigmoid, per_channel
from .network import Network


def runs_backwards(network: Network) -> bool:
    """Whether `backquery` can be asked: the layers are Dense and Sigmoid in turn, like the talk's."""
    return [type(layer) for layer in network.layers] == [Dense, Sigmoid] * (len(network.layers) // 2)


def backquery(network: Network, targets: Array) -> Array:
    """The pictures that such answers call up, (n, *input_shape), each stretched to ink from 0.01 to 0.99.

    Each step back is as in `ThreeLayers.backquery`. Biases are left out: the talk has none, and its network in the
    library's form only keeps the scaling of the pixels in them. targets: (n, classes), between 0 and 1, exclusive.
    Raises InputError for other targets, and for a network that does not run backwards.
    """
    targets = np.asarray(targets, float)
    if not runs_backwards(network):
        raise InputError("this network does not run backwards: that takes Dense and Sigmoid layers in turn")
    if targets.shape[1:] != (network.classes,) or not ((targets > 0) & (targets < 1)).all():
        raise InputError(f"targets are (n, {network.classes}) numbers between 0 and 1, not {targets.shape}: {targets}")
    weights = [layer.values["weight"] for layer in network.layers[-2::-2]]
    return _at_the_door(np.hstack([run_backwards(weights, column[:, None]) for column in targets]), network)


def input_gradient(network: Network, images: Array, weights: Array) -> Array:
    """The gradient of sum(weights * scores) by each pixel, in the shape of images.

    images: as for `Network.scores`. weights: (n, classes), or (classes,) for all images alike.
    """
    reader = network.folded()  # a copy, whose gradients may be written
    reader._check(images)
    x, way_back = permute(reader._ink(images), (3, 1, 2, 0)), list[Push]()
    for layer in reader.layers:
        x, push = _reading(layer, x)
        way_back.append(push)
    dy: Array | None = np.array(np.broadcast_to(weights, (len(images), network.classes)).T, x.dtype).reshape(x.shape)
    while way_back and dy is not None:
        dy = way_back.pop()(dy, True)
    return _at_the_door(np.asarray(dy), network)


def integrated_gradients(network: Network, images: Array, weights: Array, steps: int = 256) -> Array:
    """What each pixel's ink has added to sum(weights * scores) on the straight way from bare paper to the image.

    Arguments as for `input_gradient`. The pixels of an image add up to what sets its sum apart from that of bare
    paper, the more exactly the more steps the way is cut into (Sundararajan et al. 2017, arXiv:1703.01365).
    """
    ink = as_ink(images, network.state)
    slopes = (input_gradient(network, ink * ((step + 0.5) / steps), weights) for step in range(steps))
    gradients: Array = ink * sum(slopes) / steps
    return gradients


def _reading(layer: Layer, x: Array) -> tuple[Array, Push]:
    """A layer's way there and back as it is when reading."""
    if isinstance(layer, Dropout):
        return x, lambda dy, wanted: dy
    if isinstance(layer, BatchNorm):
        factor, offset = (per_channel(a, x) for a in layer.linear())
        return x * factor + offset, lambda dy, wanted: dy * factor
    return layer.forward(x, np.random.default_rng(0))


def _at_the_door(x: Array, network: Network) -> Array:
    """From the order inside, (channels, height, width, n) or flat, to (n, *input_shape)."""
    x = x.reshape(-1, *network.input_shape[:2], x.shape[-1])
    return np.ascontiguousarray(x.transpose(3, 1, 2, 0)).reshape(-1, *network.input_shape)

"""inknet is a small neural-network library in NumPy: layers in a row, trained by backpropagation.

Read it in this order: `classic` (the three-layer network of the talk, all in one place), `layers` and
`convolution`, `losses`, `optimizers`, `schedules`, `network`, `trainer`; then `deform`, `datasets`,
`modelfile`, and `gradcheck`, which proves the calculus.
"""

from .convolution import Convolution, MaxPool
from .deform import Affine
from .errors import DatasetError, InknetError, InputError, ModelError
from .layers import BatchNorm, Dense, Dropout, Layer, ReLU, Sigmoid
from .losses import Loss, SoftmaxCrossEntropy, SquaredError
from .modelfile import load, save
from .network import Network
from .optimizers import SGD, AdamW, Optimizer
from .trainer import Trainer

__all__ = [
    "SGD",
    "AdamW",
    "Affine",
    "BatchNorm",
    "Convolution",
    "DatasetError",
    "Dense",
    "Dropout",
    "InknetError",
    "InputError",
    "Layer",
    "Loss",
    "MaxPool",
    "ModelError",
    "Network",
    "Optimizer",
    "ReLU",
    "Sigmoid",
    "SoftmaxCrossEntropy",
    "SquaredError",
    "Trainer",
    "load",
    "save",
]

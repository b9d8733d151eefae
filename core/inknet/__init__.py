"""inknet is a small neural-network library in NumPy: layers in a row, trained by backpropagation.

Read it in this order: `classic` (the three-layer network of the talk, all in one place), `layers` and
`convolution`, `losses`, `optimizers`, `schedules`, `network`, `trainer`; then `deform`, `modelfile`, `dream`, and
`gradcheck`, which proves the calculus. `arrays` lets another library's arrays stand in for NumPy's.
"""

from .convolution import Convolution as Convolution, MaxPool as MaxPool
from .deform import Affine as Affine
from .errors import InknetError as InknetError, InputError as InputError, ModelError as ModelError
from .layers import (
    BatchNorm as BatchNorm,
    Dense as Dense,
    Dropout as Dropout,
    Layer as Layer,
    ReLU as ReLU,
    Sigmoid as Sigmoid,
)
from .losses import Loss as Loss, SoftmaxCrossEntropy as SoftmaxCrossEntropy, SquaredError as SquaredError
from .modelfile import load as load, save as save
from .network import Network as Network
from .optimizers import SGD as SGD, AdamW as AdamW, Optimizer as Optimizer
from .trainer import Trainer as Trainer

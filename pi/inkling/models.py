"""The model that reads: the one that is shipped with the package, or one from a file."""

from importlib.resources import as_file, files
from pathlib import Path

from inknet import Network, load

SHIPPED = "digits.npz"


def load_model(path: Path | None = None) -> Network:
    """The network in a model file, by default the shipped one.

    Raises inknet's ModelError if it is damaged, OSError if it cannot be opened.
    """
    if path is not None:
        return load(path)
    with as_file(files(__package__) / SHIPPED) as shipped:
        return load(shipped)

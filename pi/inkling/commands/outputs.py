"""Pictures that commands write: their names are checked before the work, which may be long."""

from collections.abc import Sequence
from pathlib import Path

from ..errors import UsageError


def check_png(option: str, path: Path, inputs: Sequence[Path] = ()) -> None:
    """Raises UsageError unless a PNG can be written to `path`, as an option asks, without loss of one of the inputs."""
    if path.suffix.lower() != ".png" or not path.parent.is_dir():
        raise UsageError(f"{option} {path}: give a file name that ends in .png, in a folder that exists")
    if any(path.resolve() == each.resolve() for each in inputs):
        raise UsageError(f"{option} {path}: this would overwrite what is read; give another name")

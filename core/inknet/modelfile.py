"""A model file is an .npz with one flat array, a JSON header that says what it means, and a checksum.

It holds no pickle, so reading a stranger's file runs none of its code. It is written so that after a power cut
there is either the old file or the new one.
"""

import errno
import hashlib
import io
import json
import os
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from .arrays import Array, as_numpy
from .errors import ModelError
from .layers import Layer
from .losses import Loss
from .network import Network

FORMAT = 2
LARGEST = 64 << 20  # bytes unpacked; no network for the board comes near


def save(network: Network, path: str | os.PathLike[str]) -> None:
    """Writes the network to a file, durably: the whole of it or nothing. Raises OSError."""
    header = {
        "input_shape": network.input_shape,
        "layers": [describe(layer) for layer in network.layers],
        "loss": describe(network.loss),
        "about": network.about,
    }
    write(path, header, {"state": as_numpy(network.state).astype("<f4")})


def load(path: str | os.PathLike[str]) -> Network:
    """The network of a model file, its parameters float32.

    Raises ModelError for a file that is damaged, of a later format or no model, OSError if it cannot be opened.
    """
    header, arrays = read(path)
    try:
        layers = [make(Layer, description) for description in header["layers"]]
        network = Network(layers, make(Loss, header["loss"]), tuple(header["input_shape"]))
        if arrays["state"].shape != network.state.shape or not np.isfinite(arrays["state"]).all():
            seen = arrays["state"].shape
            raise ModelError(f"{network.state.size} finite numbers are needed, not an array of {seen}")
        network.state[...] = arrays["state"]
        network.about = dict(header["about"])
    except Exception as error:  # a header may hold anything
        raise unusable(path, error) from error
    return network


def describe(thing: Layer | Loss) -> dict[str, Any]:
    """A layer or a loss as plain data, from which `make` makes it again."""
    return {"kind": type(thing).__name__, **asdict(thing)}  # type: ignore[call-overload]


def make(root: type[Any], description: dict[str, Any]) -> Any:
    """The layer or loss described: of a class that is derived from root, without its arrays."""
    kinds = {kind.__name__: kind for kind in root.__subclasses__()}
    rest = dict(description)
    return kinds[rest.pop("kind")](**rest)


def write(path: str | os.PathLike[str], header: dict[str, Any], arrays: dict[str, Array]) -> None:
    """Writes a header, which JSON can hold, and arrays to a file, durably. Raises OSError."""
    text = np.frombuffer(json.dumps({"format": FORMAT, **header}, indent=1).encode(), np.uint8)
    data = io.BytesIO()
    entries = {"header": text, **arrays, "sha256": digest(text, *arrays.values())}
    np.savez_compressed(data, **entries)  # type: ignore[arg-type]
    write_durably(Path(path), data.getvalue())


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Array]]:
    """The header and the arrays of a file made by `write`; raises ModelError as `load` does, and OSError."""
    with Path(path).open("rb") as file:
        data = file.read(LARGEST)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if (size := sum(entry.file_size for entry in archive.infolist())) > LARGEST:
                raise ModelError(f"it unpacks to {size} bytes, more than any model")
        with np.load(io.BytesIO(data), allow_pickle=False) as entries:
            arrays = {name: entries[name] for name in entries.files}
        text, sha256 = arrays.pop("header"), arrays.pop("sha256")
        if not np.array_equal(digest(text, *arrays.values()), sha256):
            raise ModelError("its checksum is not that of what it holds")
        header = json.loads(text.tobytes())
        if header["format"] != FORMAT:
            raise ModelError(f"it has format {header['format']}; this version of inknet reads format {FORMAT}")
    except Exception as error:  # damaged bytes make zipfile, zlib, json and NumPy raise almost anything
        raise unusable(path, error) from error
    return header, arrays


def unusable(path: str | os.PathLike[str], error: Exception) -> ModelError:
    """The error for a file that cannot be used, with the reason."""
    reason = str(error) or type(error).__name__
    return ModelError(f"{path} cannot be used as a model or checkpoint: {reason}. Take another copy of it.")


def digest(*arrays: Array) -> Array:
    """SHA-256 over the arrays' bytes, as 32 uint8."""
    return np.frombuffer(hashlib.sha256(b"".join(array.tobytes() for array in arrays)).digest(), np.uint8)


def write_durably(path: Path, data: bytes, mode: int | None = None) -> None:
    """Writes a file so that a power cut at any instant leaves the old one or the new one, whole.

    mode: its permissions, which it has from the first instant on; by default as the process makes files. A link is
    followed. Raises OSError, also if there is something else than a file in its place, such as a device.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        raise FileExistsError(errno.EEXIST, "There is something else than a file", str(path))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with part.open("wb") as file:
                if mode is not None:
                    os.fchmod(file.fileno(), mode)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)  # the rename itself
        finally:
            os.close(folder)
    except OSError as error:  # which names a file that is there for an instant only
        raise OSError(error.errno, error.strerror, str(path)) from error

"""A model file is an .npz with one flat array, a JSON header that says what it means, and a checksum.

It holds no pickle, so reading a stranger's file runs none of its code. It is written so that after a power cut
there is either the old file or the new one.
"""

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from .arrays import Array
from .errors import ModelError
from .layers import Layer
from .losses import Loss
from .network import Network

FORMAT = 1
LARGEST = 64 << 20  # bytes unpacked; no network for the board comes near


def save(network: Network, path: str | os.PathLike[str]) -> None:
    """Writes the network to a file, durably: the whole of it or nothing. Raises OSError."""
    header = {
        "format": FORMAT,
        "input_shape": network.input_shape,
        "layers": [layer.describe() for layer in network.layers],
        "loss": network.loss.describe(),
        "about": network.about,
    }
    text = np.frombuffer(json.dumps(header, indent=1).encode(), np.uint8)
    state = network.state.astype("<f4")
    data = io.BytesIO()
    np.savez_compressed(data, header=text, state=state, sha256=digest(text, state))
    write_durably(Path(path), data.getvalue())


def load(path: str | os.PathLike[str]) -> Network:
    """The network of a model file, its parameters float32.

    Raises ModelError for a file that is damaged, of a later format or no model, OSError if it cannot be opened.
    """
    with Path(path).open("rb") as file:
        data = file.read(LARGEST)
    try:
        header, state = _unpack(data)
        layers = [Layer.kinds[d.pop("kind")](**d) for d in header["layers"]]
        loss = Loss.kinds[header["loss"].pop("kind")](**header["loss"])
        network = Network(layers, loss, tuple(header["input_shape"]))
        if state.shape != network.state.shape or not np.isfinite(state).all():
            raise ModelError(f"{network.state.size} finite numbers are needed, not an array of {state.shape}")
    except Exception as error:  # damaged bytes make zipfile, zlib, json and NumPy raise almost anything
        reason = str(error) or type(error).__name__
        raise ModelError(f"{path} is no model that can be used: {reason}. Take another copy of it.") from error
    network.state[...] = state
    network.about = dict(header["about"])
    return network


def _unpack(data: bytes) -> tuple[dict[str, Any], Array]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if (size := sum(entry.file_size for entry in archive.infolist())) > LARGEST:
            raise ModelError(f"it unpacks to {size} bytes, more than any model")
    with np.load(io.BytesIO(data), allow_pickle=False) as entries:
        text, state, sha256 = entries["header"], entries["state"], entries["sha256"]
    if not np.array_equal(digest(text, state), sha256):
        raise ModelError("its checksum is not that of what it holds")
    header = json.loads(text.tobytes())
    if header["format"] != FORMAT:
        raise ModelError(f"it has format {header['format']}; this version of inknet reads format {FORMAT}")
    return header, state


def digest(*arrays: Array) -> Array:
    """SHA-256 over the arrays' bytes, as 32 uint8."""
    sha256 = hashlib.sha256()
    for array in arrays:
        sha256.update(array.tobytes())
    return np.frombuffer(sha256.digest(), np.uint8)


def write_durably(path: Path, data: bytes) -> None:
    """Writes a file so that a power cut at any instant leaves the old one or the new one, whole."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
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

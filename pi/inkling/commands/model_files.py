"""`inkling model export|import`: models leave the shelf as files, and come in from files, also as ONNX."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..listing import named
from ..models import checked, load_model
from ..shelf import open_shelf
from .model_shelf import model_file

if TYPE_CHECKING:
    from inknet import Network


def run(args: argparse.Namespace) -> int:
    """Writes or takes in a model; returns the exit status."""
    return _import(args) if args.action == "import" else _export(args)


def _export(args: argparse.Namespace) -> int:
    if args.out is None and args.onnx is None:
        raise UsageError("give the file to write: --out FILE.npz, --onnx FILE.onnx, or both")
    if args.out is not None and (args.out.suffix == ".onnx" or args.out == args.onnx):
        raise UsageError(
            f"--out {args.out} writes a model of Inkling's own: give it another name, or take --onnx alone"
        )
    source = model_file(args.model)
    for out in (args.out, args.onnx):
        if out is not None and (out.is_dir() or not out.parent.is_dir()):
            raise UsageError(f"{out}: give the name of a file, in a folder that exists")
        if out is not None and source is not None and out.exists() and out.samefile(source):
            raise UsageError(f"{out} is the model itself; give another name")
    network = load_model(source)
    if args.out is not None:
        from inknet import save

        save(network, args.out)
        print(f"{args.out}: `inkling model import` takes it in elsewhere")
    if args.onnx is not None:
        from ..onnxfile import CONTRACT, save_onnx

        save_onnx(network, args.onnx)
        print(f"{args.onnx}: {CONTRACT}")
    return 0


def _import(args: argparse.Namespace) -> int:
    network = _foreign(args) if args.file.suffix == ".onnx" else load_model(args.file)
    entry = open_shelf().add(network, f"imported from {args.file.name}")
    print(f"{args.file} is {named(entry.number)}; `inkling model promote {entry.number}` lets it read")
    return 0


def _foreign(args: argparse.Namespace) -> "Network":
    """The network of an ONNX file."""
    from ..onnxreading import load_onnx

    return checked(load_onnx(args.file, args.normalised), Path(args.file))

"""Models: `inkling model` and what is below it, and `peek`, which looks into one."""

from argparse import ArgumentParser
from pathlib import Path

from . import options, values
from .commands import Commands

COMMANDS = Commands()

CHOSEN = "one on the shelf, by its number, or a file (default: the one that reads)"

MODEL = COMMANDS.group("model", "look at the models that were learnt, choose which reads, take them in and out")


@MODEL.command("evaluate", "model", "count how many test images a model reads right")
def _evaluate(evaluate: ArgumentParser) -> None:
    evaluate.add_argument("model", nargs="?", metavar="MODEL", help=CHOSEN)
    options.data(evaluate)
    evaluate.add_argument(
        "--corruptions", action="store_true", help="also how honest its confidence is, and how it reads poor pictures"
    )
    evaluate.add_argument("--json", action="store_true", help="the figures as one JSON object")


@MODEL.command("list", "model_shelf", "list the models on the shelf, the latest first, and say which one reads")
def _list(listed: ArgumentParser) -> None:
    listed.add_argument("--json", action="store_true", help="one JSON object a line for each model")


@MODEL.command("show", "model_shelf", "say what a model was trained on, by which code, with what result")
def _show(show: ArgumentParser) -> None:
    show.add_argument("number", nargs="?", type=values.whole, metavar="N", help="(default: the one that reads)")
    show.add_argument("--json", action="store_true", help="one JSON object")


@MODEL.command("promote", "model_shelf", "let a model read from now on, also in what is running")
def _promote(promote: ArgumentParser) -> None:
    promote.add_argument("number", type=values.whole, metavar="N", help="its number; 0 is the package's own model")


@MODEL.command("rollback", "model_shelf", "let the model before this one read again")
def _rollback(rollback: ArgumentParser) -> None:
    pass


@MODEL.command("remove", "model_shelf", "take models off the shelf for good")
def _remove(remove: ArgumentParser) -> None:
    remove.add_argument("numbers", nargs="+", type=values.whole, metavar="N")


@MODEL.command("export", "model_files", "write a model to a file, for another machine or another program")
def _export(export: ArgumentParser) -> None:
    export.add_argument("model", nargs="?", metavar="MODEL", help=CHOSEN)
    export.add_argument("--out", type=Path, metavar="FILE", help="as a model of Inkling's own (.npz)")
    export.add_argument("--onnx", type=Path, metavar="FILE", help="as ONNX, which other programs read (.onnx)")


@MODEL.command("import", "model_files", "put a model from a file on the shelf, beside the one that reads")
def _import(taken: ArgumentParser) -> None:
    taken.add_argument("file", type=Path, metavar="FILE", help="a model of Inkling's own (.npz), or ONNX (.onnx)")
    taken.add_argument(
        "--normalised",
        nargs=2,
        type=values.positive,
        metavar=("MEAN", "STD"),
        help="an ONNX network learnt pictures of which MEAN was taken off and which were divided by STD",
    )


@COMMANDS.command("peek", "peek", "see what the network dreams of for a digit, or which ink made it say so")
def _peek(peek: ArgumentParser) -> None:
    peek.add_argument("digits", metavar="DIGIT", nargs="*", help="0 to 9: the picture it dreams of")
    peek.add_argument("--all", action="store_true", help="all ten dreams")
    peek.add_argument("--photo", type=Path, metavar="FILE", help="explain what is read on a photo instead")
    peek.add_argument("--out", type=Path, metavar="FILE", help="write the picture (.png) instead of showing it here")
    peek.add_argument(
        "--seed", type=values.whole, default=0, metavar="N", help="another seed, another dream (default 0)"
    )
    options.model(peek)

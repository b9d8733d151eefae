"""Teaching: `inkling learn`, and what can be done with what it was taught."""

from argparse import ArgumentParser
from pathlib import Path

from . import options, values
from .commands import Commands

COMMANDS = Commands()

ACTIONS = ("list", "show", "relabel", "remove", "export", "import")


@COMMANDS.command("learn", "learn", "teach it your digits: from photos, or held before the camera")
def _learn(learn: ArgumentParser) -> None:
    learn.usage = "inkling learn [options] [PHOTO ...]\n       inkling learn " + "|".join(ACTIONS) + " ..."
    learn.epilog = "What it was taught: " + ", ".join(f"`inkling learn {name}`" for name in ACTIONS) + "."
    learn.add_argument("photos", metavar="PHOTO", nargs="*", type=Path, help="(default: what the camera sees)")
    said = learn.add_mutually_exclusive_group()
    said.add_argument("--digit", metavar="D", help="what is written on each photo: 0 to 9, or none")
    text = "all that is written on the photo, in reading order; n is a mark that is no digit, ? one that is left out"
    said.add_argument("--digits", metavar="TEXT", help=text)
    said.add_argument("--folder", type=Path, metavar="DIR", help="learn labelled photos: names as a_42.jpg, INDEX.csv")
    said.add_argument("--unlabelled", action="store_true", help="say what those are that wait for their label")
    options.camera(learn)
    options.model(learn)
    options.unsure(learn)
    _samples(learn)


# `learn list` and the like are commands of their own: argparse cannot have `learn PHOTO` beside commands below it


@COMMANDS.command(
    "learn list",
    "learn_samples",
    "list the samples: number, label, when and whence each came, and what was read",
    listed=False,
)
def _list(command: ArgumentParser) -> None:
    _label(command)
    command.add_argument("--json", action="store_true", help="one JSON object a line for each")
    _samples(command)


@COMMANDS.command("learn show", "learn_samples", "draw samples, as the network is taught them", listed=False)
def _show(command: ArgumentParser) -> None:
    _label(command)
    _numbers(command, "*")
    command.add_argument("--sheet", type=Path, metavar="FILE", help="draw them side by side here (.png)")
    _samples(command)


@COMMANDS.command("learn relabel", "learn_samples", "say anew what samples are", listed=False)
def _relabel(command: ArgumentParser) -> None:
    _numbers(command, "+")
    command.add_argument("--digit", metavar="D", required=True, help="0 to 9, or none")
    _samples(command)


@COMMANDS.command("learn remove", "learn_samples", "remove samples for good", listed=False)
def _remove(command: ArgumentParser) -> None:
    _numbers(command, "+")
    _samples(command)


@COMMANDS.command(
    "learn export",
    "learn_samples",
    "write samples as a folder of 28x28 pictures with an INDEX.csv, or as the talk's CSV",
    listed=False,
)
def _export(command: ArgumentParser) -> None:
    _label(command)
    command.add_argument("place", type=Path, metavar="PLACE", help="a new folder, or a file that ends in .csv")
    _samples(command)


@COMMANDS.command(
    "learn import",
    "learn_samples",
    "take in what `export` has written, or 28x28 pictures and CSV files made elsewhere",
    listed=False,
)
def _import(command: ArgumentParser) -> None:
    command.add_argument("places", type=Path, nargs="+", metavar="PLACE", help="a folder, or a CSV file")
    _samples(command)


def _label(command: ArgumentParser) -> None:
    command.add_argument("--label", metavar="D", help="only those that are D: 0 to 9, none, or unlabelled")


def _numbers(command: ArgumentParser, many: str) -> None:
    command.add_argument("numbers", metavar="N", nargs=many, type=values.span, help="numbers, and spans such as 3-17")


def _samples(command: ArgumentParser) -> None:
    command.add_argument("--samples", type=Path, metavar="FILE", help="another database than the settings name")
    options.config(command)

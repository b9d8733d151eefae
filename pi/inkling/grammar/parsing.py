"""The command line as it is typed becomes what is asked for."""

import argparse
from collections.abc import Sequence

from .. import __version__
from . import benchmarks, models, reading, teaching, training, upkeep
from .commands import Commands

COMMANDS = Commands(
    *(topic.COMMANDS for topic in (reading, teaching, training, models, benchmarks, upkeep))  # as --help lists them
)


def parsed(argv: Sequence[str]) -> argparse.Namespace:
    """What is asked for: `module` of `inkling.commands` does it, `command` and its other attributes say what it is.

    Ends the program, as argparse does, after --help, --version, and what is no command (exit status 2).
    """
    first_two = " ".join(argv[:2])
    if first_two in COMMANDS:  # `learn list`: argparse cannot have `learn FILE` beside commands below it
        argv = [first_two, *argv[2:]]
    top = argparse.ArgumentParser(
        prog="inkling", description="Reads handwritten digits off paper, and learns overnight, on the device."
    )
    top.add_argument("--version", action="version", version=f"inkling {__version__}")
    COMMANDS.add_to(top, [word for word in argv if not word.startswith("-")])
    return top.parse_args(argv)

"""Upkeep: `inkling config` and `inkling doctor`."""

from argparse import ArgumentParser
from pathlib import Path

from . import options
from .commands import Commands

COMMANDS = Commands()

CONFIG = COMMANDS.group("config", "see the settings that hold, or begin a file of your own")


@CONFIG.command("show", "config", "print every setting, and where it comes from: the default, a file, the environment")
def _show(show: ArgumentParser) -> None:
    options.config(show)


@CONFIG.command("init", "config", "print or write a file with every setting, each explained and commented out")
def _init(init: ArgumentParser) -> None:
    init.add_argument("file", nargs="?", type=Path, metavar="FILE", help="(default: on the screen)")


@COMMANDS.command("doctor", "doctor", "look at everything Inkling needs, and say what is wrong and what to do")
def _doctor(doctor: ArgumentParser) -> None:
    options.config(doctor)
    doctor.add_argument("--json", action="store_true", help="all results as one JSON object")
    text = "show the result on the board's own LED: one light of 3 s if all is well; otherwise the check's number, "
    text += "its tens as long flashes and its ones as short ones, after a flutter if it is a failure"
    doctor.add_argument("--blink", action="store_true", help=text)

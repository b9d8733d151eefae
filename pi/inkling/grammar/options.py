"""Options that several commands have alike."""

from argparse import ArgumentParser
from pathlib import Path

from . import values


def model(command: ArgumentParser) -> None:
    """Adds --model."""
    command.add_argument("--model", type=Path, metavar="FILE", help="the model that reads (default: the shelf's)")


def unsure(command: ArgumentParser) -> None:
    """Adds --unsure."""
    text = (
        'the confidence, 0 to 1, below which a mark is "?"; `inkling bench photos DIR --thresholds` says what it costs'
    )
    command.add_argument("--unsure", type=values.share, metavar="X", help=text)


def config(command: ArgumentParser) -> None:
    """Adds --config."""
    command.add_argument("--config", type=Path, metavar="FILE", help="settings instead of /etc/inkling/inkling.toml")


def data(command: ArgumentParser) -> None:
    """Adds --data, without which the command cannot do."""
    text = "MNIST's files, or the talk's CSV"
    command.add_argument("--data", type=Path, required=True, metavar="DIR", help=text)


def seeds(command: ArgumentParser, default: int) -> None:
    """Adds --seeds."""
    text = f"repetitions, with seeds 0 to N-1 (default {default})"
    command.add_argument("--seeds", type=values.count, default=default, metavar="N", help=text)


def camera(command: ArgumentParser) -> None:
    """Adds --camera, and --seed for the simulated one."""
    command.add_argument("--camera", metavar="NAME", help="picamera2, folder:DIR (its pictures in order) or simulated")
    command.add_argument(
        "--seed", type=values.whole, default=0, metavar="N", help="of the simulated camera (default 0)"
    )

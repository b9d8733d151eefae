"""Training: `inkling train`, the talk's experiments, and the data for both."""

from argparse import ArgumentParser
from pathlib import Path

from . import options, values
from .commands import Commands

COMMANDS = Commands()

RECIPES = ("classic", "turned", "mlp", "night", "cnn", "robust")  # in `recipes`, which imports too much for --help


@COMMANDS.command(
    "train",
    "train",
    "train a network, for some epochs or until a time; what was cut off is gone on with by the same command",
)
def _train(train: ArgumentParser) -> None:
    train.add_argument("--data", type=Path, metavar="DIR", help="MNIST's four files, or the talk's CSV")
    which = train.add_mutually_exclusive_group()
    which.add_argument("--recipe", choices=RECIPES, help="(default cnn; for a time night, sized to fit)")
    which.add_argument(
        "--from", type=Path, dest="base", metavar="FILE", help="go on from a model (default without --out: what reads)"
    )
    length = train.add_mutually_exclusive_group()
    length.add_argument("--epochs", type=values.positive, metavar="N", help="how often every image is seen")
    length.add_argument(
        "--hours", type=values.hours, metavar="H", help="train so long, at idle priority, judging included"
    )
    length.add_argument("--until", type=values.time_of_day, metavar="HH:MM", help="the same until the clock says so")
    train.add_argument(
        "--all", action="store_true", help="hold no image back; with --out no digit of one's own, either"
    )
    train.add_argument("--seed", type=values.whole, default=0, metavar="N", help="the same seed gives the same network")
    train.add_argument("--out", type=Path, metavar="FILE", help="where the model is written (default: to the shelf)")
    train.add_argument("--status", action="store_true", help="say how far a training is that is under way, and end")
    train.add_argument("--json", action="store_true", help="with --status: one JSON object a line for each training")
    options.config(train)


@COMMANDS.command("experiment", "experiment", "run one of the talk's experiments: a CSV file and a plot")
def _experiment(experiment: ArgumentParser) -> None:
    experiment.add_argument("name", choices=("hidden", "rate", "epochs", "rotation", "damage"))
    options.data(experiment)
    experiment.add_argument("--out", type=Path, required=True, metavar="DIR", help="where NAME.csv and NAME.png go")
    options.seeds(experiment, 3)
    experiment.add_argument("--images", type=values.count, metavar="N", help="learn from so many only (default: all)")
    text = "try these values instead of the usual"
    experiment.add_argument("--values", type=values.numbers, metavar="A,B,…", help=text)
    experiment.add_argument("--jobs", type=values.count, default=1, metavar="N", help="processes at a time (default 1)")


DATA = COMMANDS.group("data", "get MNIST, or check what is there")


@DATA.command("fetch", "data", "download what is missing or wrong")
def _fetch(fetch: ArgumentParser) -> None:
    fetch.add_argument("directory", type=Path, metavar="DIR")
    text = "a folder on the web to take it from (may be repeated)"
    fetch.add_argument("--mirror", action="append", metavar="URL", help=text)


@DATA.command("check", "data", "say what is there")
def _check(check: ArgumentParser) -> None:
    check.add_argument("directory", type=Path, metavar="DIR")

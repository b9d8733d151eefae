"""Measuring: `inkling bench` and what is below it."""

from argparse import ArgumentParser
from pathlib import Path

from . import options, values
from .commands import Commands
from .training import RECIPES

COMMANDS = Commands()

BENCH = COMMANDS.group("bench", "measure, over and over, what the README promises")


@BENCH.command(
    "recipes",
    "bench_recipes",
    "train each recipe on all training images, with several seeds, and judge it by the test images",
)
def _recipes(recipes: ArgumentParser) -> None:
    options.data(recipes)
    recipes.add_argument(
        "--recipe", choices=RECIPES, nargs="+", default=RECIPES, dest="recipes", help="(default: all of them)"
    )
    options.seeds(recipes, 3)


@BENCH.command(
    "night",
    "bench_night",
    "train for a small part of a night, alone and disturbed, and as many epochs without a deadline",
)
def _night(night: ArgumentParser) -> None:
    options.data(night)
    night.add_argument("--hours", type=values.hours, default=0.24, metavar="H", help="the small night (default 0.24)")
    options.seeds(night, 1)


@BENCH.command(
    "personal",
    "bench_personal",
    "go on from a model for a short night with some digits of one writer, and judge it by that writer's others",
)
def _personal(personal: ArgumentParser) -> None:
    text = "labelled photos: an INDEX.csv with writers"
    personal.add_argument("directory", type=Path, metavar="DIR", help=text)
    options.data(personal)
    text = "whose digits; `inkling bench photos DIR` says who is read worst"
    personal.add_argument("--writer", nargs="+", required=True, metavar="W", dest="writers", help=text)
    personal.add_argument(
        "--samples", type=values.count, default=30, metavar="N", help="so many are taught (default 30)"
    )
    text = "of half of the photos: those read wrong, then the least sure (default); read wrong, then any; or any"
    personal.add_argument("--choose", choices=("unsure", "misread", "any"), default="unsure", help=text)
    text = "hold nothing back, of the images and of the samples, so that no promotion can be judged"
    personal.add_argument("--all", action="store_true", help=text)
    personal.add_argument("--hours", type=values.hours, default=0.03, metavar="H", help="the night (default 0.03)")
    options.seeds(personal, 3)
    options.model(personal)


@BENCH.command(
    "photos", "bench_photos", "read a folder of labelled pictures, and hold what is read beside what is written"
)
def _photos(photos: ArgumentParser) -> None:
    photos.add_argument("directory", type=Path, metavar="DIR", help="with an INDEX.csv, or names such as photo_42.jpg")
    photos.add_argument(
        "--kind", nargs="+", action="extend", metavar="K", dest="kinds", help="only these: the first folder of a name"
    )
    photos.add_argument(
        "--writer", nargs="+", action="extend", metavar="W", dest="writers", help="only these writers' pictures"
    )
    photos.add_argument("--json", action="store_true", help="the figures as one JSON object")
    shown = photos.add_mutually_exclusive_group()
    shown.add_argument("--sheet", type=Path, metavar="FILE", help="draw every failure with its stages (.png)")
    shown.add_argument("--thresholds", action="store_true", help="the table for --unsure: what is lost, what is false")
    options.model(photos)
    options.unsure(photos)


@BENCH.command(
    "simulated",
    "bench_simulated",
    "draw pages under all conditions of light, paper and hand, and count the digits read right",
)
def _simulated(simulated: ArgumentParser) -> None:
    from ..simulation.conditions import CONDITIONS

    simulated.add_argument(
        "--condition",
        choices=CONDITIONS,
        nargs="+",
        dest="conditions",
        metavar="NAME",
        help=f"of these: {', '.join(CONDITIONS)} (default: all of them)",
    )
    simulated.add_argument(
        "--count", type=values.count, default=100, metavar="N", help="pictures for each (default 100)"
    )
    text = "another seed, other pictures (default 0)"
    simulated.add_argument("--seed", type=values.whole, default=0, metavar="N", help=text)
    text = "write with the test digits of MNIST or the talk's CSV"
    simulated.add_argument("--data", type=Path, metavar="DIR", help=text)
    simulated.add_argument("--out", type=Path, metavar="DIR", help="keep the pictures here, with INDEX.csv")
    simulated.add_argument("--json", action="store_true", help="one JSON object a line for each condition")
    options.model(simulated)


@BENCH.command(
    "device",
    "bench_device",
    "measure how fast this machine reads, starts and learns, and how much memory it takes for that",
)
def _device(device: ArgumentParser) -> None:
    text = "measure for about so long, Python's own start not counted (default 30; a slow board takes longer)"
    device.add_argument("--seconds", type=values.seconds, default=30.0, metavar="S", help=text)
    device.add_argument("--json", action="store_true", help="the figures as one JSON object, to send in")

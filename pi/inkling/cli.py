"""The command line: what can be asked for. Each command's work is in `commands`, imported when it is asked for."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from . import __version__
from .errors import InklingError, UsageError, told
from .lights import alphabet
from .simulation.conditions import CONDITIONS

RECIPES = ("classic", "turned", "mlp", "night", "cnn", "robust")  # in `recipes`, which imports too much for --help
LEARN_ACTIONS = {
    "list": "list the samples: number, label, when and whence each came, and what was read",
    "show": "draw samples, as the network is taught them",
    "relabel": "say anew what samples are",
    "remove": "remove samples for good",
    "export": "write samples as a folder of 28x28 pictures with an INDEX.csv, or as the talk's CSV",
    "import": "take in what `export` has written, or 28x28 pictures and CSV files made elsewhere",
}
INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit status. Any failure is one line on stderr, a traceback only on --debug."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started us; what is written there is lost, as they want
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    try:
        args = parser().parse_args(joined(sys.argv[1:] if argv is None else argv))
        run: Callable[[argparse.Namespace], int] = import_module(f".commands.{args.module}", __package__).run
        status = run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has enough of it; the interpreter must not try to flush the rest at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if args.debug:
            raise
        print(f"inkling {args.command}: {explain(error)}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    return status


def joined(argv: Sequence[str]) -> list[str]:
    """The arguments, with `learn list` as one command: argparse cannot have `learn FILE` beside commands below it."""
    first, then, rest = argv[:1], argv[1:2], argv[2:]
    return [f"learn {then[0]}", *rest] if first == ["learn"] and then and then[0] in LEARN_ACTIONS else list(argv)


def explain(error: Exception) -> str:
    """An error as one line for the person at the keyboard."""
    inknet = sys.modules.get("inknet.errors")  # where NumPy is missing, it cannot be imported
    if isinstance(error, (InklingError, *([inknet.InknetError] if inknet else []))):
        return told(error)
    if isinstance(error, OSError) and error.strerror:
        return told(error)
    if isinstance(error, MemoryError):
        return "not enough memory; close other programs, or give it less at a time"
    if isinstance(error, ImportError):
        return f"{told(error)}; `inkling doctor` says what is missing, and how to get it"
    return f"unexpected {type(error).__name__}: {told(error)}. Run it again with --debug and report what it prints."


def parser() -> argparse.ArgumentParser:
    """The grammar of the command line; it imports nothing that a command needs."""
    top = argparse.ArgumentParser(
        prog="inkling", description="Reads handwritten digits off paper, and learns overnight, on the device."
    )
    top.add_argument("--version", action="version", version=f"inkling {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, module: str, text: str, listed: bool = True) -> argparse.ArgumentParser:
        listing: dict[str, Any] = {"help": text} if listed else {}
        command = commands.add_parser(name, description=text, parents=[common], **listing)
        command.set_defaults(module=module)
        return command

    read = add("read", "read", "read the digits on photos")
    read.add_argument("photos", metavar="PHOTO", nargs="+", type=Path)
    read.add_argument("--json", action="store_true", help="one JSON object a line for each photo")
    read.add_argument("--preview", action="store_true", help="show each glyph as the network sees it")
    read.add_argument("--explain", type=Path, metavar="FILE", help="draw every stage of the reading (.png)")
    _model(read)
    _unsure(read)

    demo = add("demo", "watch", "watch a simulated camera write digits, and read them: no camera, no data needed")
    demo.add_argument("--frames", type=_count, metavar="N", help="end after N frames (default: at Ctrl-C)")
    demo.add_argument("--seed", type=_whole, default=0, metavar="N", help="the digits that are written (default 0)")
    demo.add_argument("--rate", type=_positive, metavar="F", help="frames a second at most (in a terminal 8)")
    _model(demo)
    _unsure(demo)
    demo.set_defaults(camera="simulated", display="console", pins=None, hold=None)

    watch = add("watch", "watch", "read what a camera sees, and announce each digit once")
    watch.add_argument("--camera", metavar="NAME", help="picamera2, folder:DIR (its pictures in order) or simulated")
    watch.add_argument(
        "--display",
        metavar="NAME,…",
        help="console, json, act (the board's own light), or lights on pins: leds, binary, segments, blink",
    )
    watch.add_argument(
        "--pins",
        metavar="NAME",
        help="what drives the pins, by gpiozero's name (default: $GPIOZERO_PIN_FACTORY, or lgpio); mock: none, and "
        "each change of the lights is a line of text",
    )
    _config(watch)
    watch.add_argument("--hold", type=_count, metavar="N", help="frames for which a folder's picture is held")
    watch.add_argument("--frames", type=_count, metavar="N", help="end after N frames (default: no end)")
    watch.add_argument("--seed", type=_whole, default=0, metavar="N", help="of the simulated camera (default 0)")
    watch.add_argument("--rate", type=_positive, metavar="F", help="frames a second at most (of picamera2: 3)")
    _model(watch)
    _unsure(watch)
    watch.formatter_class = argparse.RawDescriptionHelpFormatter
    watch.epilog = f"the alphabet of lights:\n{alphabet()}"

    text = "train a network, for some epochs or until a time; what was cut off is gone on with by the same command"
    train = add("train", "train", text)
    train.add_argument("--data", type=Path, metavar="DIR", help="MNIST's four files, or the talk's CSV")
    which = train.add_mutually_exclusive_group()
    which.add_argument("--recipe", choices=RECIPES, help="(default cnn; for a time night, sized to fit)")
    which.add_argument(
        "--from", type=Path, dest="base", metavar="FILE", help="go on from a model (default without --out: what reads)"
    )
    length = train.add_mutually_exclusive_group()
    length.add_argument("--epochs", type=_positive, metavar="N", help="how often every image is seen")
    length.add_argument("--hours", type=_hours, metavar="H", help="train so long, at idle priority, judging included")
    length.add_argument("--until", type=_time_of_day, metavar="HH:MM", help="the same until the clock says so")
    train.add_argument(
        "--all", action="store_true", help="hold no image back; with --out no digit of one's own, either"
    )
    train.add_argument("--seed", type=_whole, default=0, metavar="N", help="the same seed gives the same network")
    train.add_argument("--out", type=Path, metavar="FILE", help="where the model is written (default: to the shelf)")
    train.add_argument("--status", action="store_true", help="say how far a training is that is under way, and end")
    train.add_argument("--json", action="store_true", help="with --status: one JSON object a line for each training")
    _config(train)

    learn = add("learn", "learn", "teach it your digits: from photos, or held before the camera")
    learn.usage = "inkling learn [options] [PHOTO ...]\n       inkling learn " + "|".join(LEARN_ACTIONS) + " ..."
    learn.epilog = "What it was taught: " + ", ".join(f"`inkling learn {name}`" for name in LEARN_ACTIONS) + "."
    learn.add_argument("photos", metavar="PHOTO", nargs="*", type=Path, help="(default: what the camera sees)")
    said = learn.add_mutually_exclusive_group()
    said.add_argument("--digit", metavar="D", help="what is written on each photo: 0 to 9, or none")
    text = "all that is written on the photo, in reading order; n is a mark that is no digit, ? one that is left out"
    said.add_argument("--digits", metavar="TEXT", help=text)
    said.add_argument("--folder", type=Path, metavar="DIR", help="learn labelled photos: names as a_42.jpg, INDEX.csv")
    said.add_argument("--unlabelled", action="store_true", help="say what those are that wait for their label")
    learn.add_argument("--camera", metavar="NAME", help="picamera2, folder:DIR (its pictures in order) or simulated")
    learn.add_argument("--seed", type=_whole, default=0, metavar="N", help="of the simulated camera (default 0)")
    _model(learn)
    _unsure(learn)
    for name, text in LEARN_ACTIONS.items():
        _learn_action(add(f"learn {name}", "learn_samples", text, listed=False), name)
    _samples(learn)

    experiment = add("experiment", "experiment", "run one of the talk's experiments: a CSV file and a plot")
    experiment.add_argument("name", choices=("hidden", "rate", "epochs", "rotation", "damage"))
    experiment.add_argument("--data", type=Path, required=True, metavar="DIR", help="MNIST's files, or the talk's CSV")
    experiment.add_argument("--out", type=Path, required=True, metavar="DIR", help="where NAME.csv and NAME.png go")
    experiment.add_argument("--seeds", type=_count, default=3, metavar="N", help="repetitions (default 3)")
    experiment.add_argument("--images", type=_count, metavar="N", help="learn from so many only (default: all)")
    experiment.add_argument("--values", type=_numbers, metavar="A,B,…", help="try these values instead of the usual")
    experiment.add_argument("--jobs", type=_count, default=1, metavar="N", help="processes at a time (default 1)")

    peek = add("peek", "peek", "see what the network dreams of for a digit, or which ink made it say so")
    peek.add_argument("digits", metavar="DIGIT", nargs="*", help="0 to 9: the picture it dreams of")
    peek.add_argument("--all", action="store_true", help="all ten dreams")
    peek.add_argument("--photo", type=Path, metavar="FILE", help="explain what is read on a photo instead")
    peek.add_argument("--out", type=Path, metavar="FILE", help="write the picture (.png) instead of showing it here")
    peek.add_argument("--seed", type=_whole, default=0, metavar="N", help="another seed, another dream (default 0)")
    _model(peek)

    model = add("model", "model", "look at the models that were learnt, choose which reads, take them in and out")
    actions = model.add_subparsers(dest="action", metavar="ACTION", required=True)

    def act(name: str, module: str, text: str) -> argparse.ArgumentParser:
        action = actions.add_parser(name, help=text, description=text, parents=[common])
        action.set_defaults(module=module)
        return action

    chosen = "one on the shelf, by its number, or a file (default: the one that reads)"
    evaluate = act("evaluate", "model", "count how many test images a model reads right")
    evaluate.add_argument("model", nargs="?", metavar="MODEL", help=chosen)
    evaluate.add_argument("--data", type=Path, required=True, metavar="DIR", help="MNIST's files, or the talk's CSV")
    evaluate.add_argument(
        "--corruptions", action="store_true", help="also how honest its confidence is, and how it reads poor pictures"
    )
    evaluate.add_argument("--json", action="store_true", help="the figures as one JSON object")
    listed = act("list", "model_shelf", "list the models on the shelf, the latest first, and say which one reads")
    listed.add_argument("--json", action="store_true", help="one JSON object a line for each model")
    show = act("show", "model_shelf", "say what a model was trained on, by which code, with what result")
    show.add_argument("number", nargs="?", type=_whole, metavar="N", help="(default: the one that reads)")
    show.add_argument("--json", action="store_true", help="one JSON object")
    promote = act("promote", "model_shelf", "let a model read from now on, also in what is running")
    promote.add_argument("number", type=_whole, metavar="N", help="its number; 0 is the package's own model")
    act("rollback", "model_shelf", "let the model before this one read again")
    remove = act("remove", "model_shelf", "take models off the shelf for good")
    remove.add_argument("numbers", nargs="+", type=_whole, metavar="N")
    export = act("export", "model_files", "write a model to a file, for another machine or another program")
    export.add_argument("model", nargs="?", metavar="MODEL", help=chosen)
    export.add_argument("--out", type=Path, metavar="FILE", help="as a model of Inkling's own (.npz)")
    export.add_argument("--onnx", type=Path, metavar="FILE", help="as ONNX, which other programs read (.onnx)")
    taken = act("import", "model_files", "put a model from a file on the shelf, beside the one that reads")
    taken.add_argument("file", type=Path, metavar="FILE", help="a model of Inkling's own (.npz), or ONNX (.onnx)")
    taken.add_argument(
        "--normalised",
        nargs=2,
        type=_positive,
        metavar=("MEAN", "STD"),
        help="an ONNX network learnt pictures of which MEAN was taken off and which were divided by STD",
    )

    bench = add("bench", "bench_recipes", "measure, over and over, what the README promises")
    actions = bench.add_subparsers(dest="action", metavar="ACTION", required=True)
    text = "train each recipe on all training images, with several seeds, and judge it by the test images"
    recipes = actions.add_parser("recipes", help=text, description=text, parents=[common])
    recipes.add_argument("--data", type=Path, required=True, metavar="DIR", help="MNIST's files, or the talk's CSV")
    recipes.add_argument(
        "--recipe", choices=RECIPES, nargs="+", default=RECIPES, dest="recipes", help="(default: all of them)"
    )
    recipes.add_argument("--seeds", type=_count, default=3, metavar="N", help="seeds 0 to N-1 (default 3)")
    text = "train for a small part of a night, alone and disturbed, and as many epochs without a deadline"
    nights = actions.add_parser("night", help=text, description=text, parents=[common])
    nights.set_defaults(module="bench_night")
    nights.add_argument("--data", type=Path, required=True, metavar="DIR", help="MNIST's files, or the talk's CSV")
    nights.add_argument("--hours", type=_hours, default=0.24, metavar="H", help="the small night (default 0.24)")
    nights.add_argument("--seeds", type=_count, default=1, metavar="N", help="seeds 0 to N-1 (default 1)")
    text = "go on from a model for a short night with some digits of one writer, and judge it by that writer's others"
    personal = actions.add_parser("personal", help=text, description=text, parents=[common])
    personal.set_defaults(module="bench_personal")
    text = "labelled photos: an INDEX.csv with writers"
    personal.add_argument("directory", type=Path, metavar="DIR", help=text)
    personal.add_argument("--data", type=Path, required=True, metavar="DIR", help="MNIST's files, or the talk's CSV")
    text = "whose digits; `inkling bench photos DIR` says who is read worst"
    personal.add_argument("--writer", nargs="+", required=True, metavar="W", dest="writers", help=text)
    personal.add_argument("--samples", type=_count, default=30, metavar="N", help="so many are taught (default 30)")
    text = "which of half of the photos: those read wrong first, as an owner corrects them, or any (default misread)"
    personal.add_argument("--choose", choices=("misread", "any"), default="misread", help=text)
    text = "hold nothing back, of the images and of the samples, so that no promotion can be judged"
    personal.add_argument("--all", action="store_true", help=text)
    personal.add_argument("--hours", type=_hours, default=0.03, metavar="H", help="the night (default 0.03)")
    personal.add_argument("--seeds", type=_count, default=3, metavar="N", help="seeds 0 to N-1 (default 3)")
    _model(personal)
    text = "read a folder of labelled pictures, and hold what is read beside what is written"
    photos = actions.add_parser("photos", help=text, description=text, parents=[common])
    photos.set_defaults(module="bench_photos")
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
    _model(photos)
    _unsure(photos)
    text = "draw pages under all conditions of light, paper and hand, and count the digits read right"
    simulated = actions.add_parser("simulated", help=text, description=text, parents=[common])
    simulated.set_defaults(module="bench_simulated")
    simulated.add_argument(
        "--condition",
        choices=CONDITIONS,
        nargs="+",
        dest="conditions",
        metavar="NAME",
        help=f"of these: {', '.join(CONDITIONS)} (default: all of them)",
    )
    simulated.add_argument("--count", type=_count, default=100, metavar="N", help="pictures for each (default 100)")
    simulated.add_argument(
        "--seed", type=_whole, default=0, metavar="N", help="another seed, other pictures (default 0)"
    )
    simulated.add_argument(
        "--data", type=Path, metavar="DIR", help="write with the test digits of MNIST or the talk's CSV"
    )
    simulated.add_argument("--out", type=Path, metavar="DIR", help="keep the pictures here, with INDEX.csv")
    simulated.add_argument("--json", action="store_true", help="one JSON object a line for each condition")
    _model(simulated)

    text = "measure how fast this machine reads, starts and learns, and how much memory it takes for that"
    device = actions.add_parser("device", help=text, description=text, parents=[common])
    device.set_defaults(module="bench_device")
    text = "measure for about so long, Python's own start not counted (default 30; a slow board takes longer)"
    device.add_argument("--seconds", type=_seconds, default=30.0, metavar="S", help=text)
    device.add_argument("--json", action="store_true", help="the figures as one JSON object, to send in")

    config = add("config", "config", "see the settings that hold, or begin a file of your own")
    actions = config.add_subparsers(dest="action", metavar="ACTION", required=True)
    text = "print every setting, and where it comes from: the default, a file, the environment"
    show = actions.add_parser("show", help=text, description=text, parents=[common])
    _config(show)
    text = "print or write a file with every setting, each explained and commented out"
    init = actions.add_parser("init", help=text, description=text, parents=[common])
    init.add_argument("file", nargs="?", type=Path, metavar="FILE", help="(default: on the screen)")

    doctor = add("doctor", "doctor", "look at everything Inkling needs, and say what is wrong and what to do")
    _config(doctor)
    doctor.add_argument("--json", action="store_true", help="all results as one JSON object")
    text = "show the result on the board's own LED: one light of 3 s if all is well; otherwise the check's number, "
    text += "its tens as long flashes and its ones as short ones, after a flutter if it is a failure"
    doctor.add_argument("--blink", action="store_true", help=text)

    data = add("data", "data", "get MNIST, or check what is there")
    actions = data.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, text in (("fetch", "download what is missing or wrong"), ("check", "say what is there")):
        action = actions.add_parser(name, help=text, description=text, parents=[common])
        action.add_argument("directory", type=Path, metavar="DIR")
        if name == "fetch":
            action.add_argument(
                "--mirror", action="append", metavar="URL", help="a folder on the web to take it from (may be repeated)"
            )
    return top


def _learn_action(command: argparse.ArgumentParser, name: str) -> None:
    if name in ("list", "show", "export"):
        command.add_argument("--label", metavar="D", help="only those that are D: 0 to 9, none, or unlabelled")
    if name == "list":
        command.add_argument("--json", action="store_true", help="one JSON object a line for each")
    if name in ("show", "relabel", "remove"):
        many = "*" if name == "show" else "+"
        command.add_argument("numbers", metavar="N", nargs=many, type=_span, help="numbers, and spans such as 3-17")
    if name == "show":
        command.add_argument("--sheet", type=Path, metavar="FILE", help="draw them side by side here (.png)")
    if name == "relabel":
        command.add_argument("--digit", metavar="D", required=True, help="0 to 9, or none")
    if name == "export":
        command.add_argument("place", type=Path, metavar="PLACE", help="a new folder, or a file that ends in .csv")
    if name == "import":
        command.add_argument("places", type=Path, nargs="+", metavar="PLACE", help="a folder, or a CSV file")
    _samples(command)


def _samples(command: argparse.ArgumentParser) -> None:
    command.add_argument("--samples", type=Path, metavar="FILE", help="another database than the settings name")
    _config(command)


def _model(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", type=Path, metavar="FILE", help="the model that reads (default: the shelf's)")


def _unsure(command: argparse.ArgumentParser) -> None:
    text = (
        'the confidence, 0 to 1, below which a mark is "?"; `inkling bench photos DIR --thresholds` says what it costs'
    )
    command.add_argument("--unsure", type=_share, metavar="X", help=text)


def _config(command: argparse.ArgumentParser) -> None:
    command.add_argument("--config", type=Path, metavar="FILE", help="settings instead of /etc/inkling/inkling.toml")


def _count(text: str) -> int:
    return int(_number(text, 1, 10**9, whole=True))


def _whole(text: str) -> int:
    return int(_number(text, 0, 2**63 - 1, whole=True))


def _span(text: str) -> range:
    first, _, last = text.partition("-")
    low = int(_number(first, 1, 2**63 - 1, whole=True))
    return range(low, 1 + (int(_number(last, low, low + 10**6, whole=True)) if last else low))


def _positive(text: str) -> float:
    return _number(text, 1e-6, 10**6)


def _seconds(text: str) -> float:
    return _number(text, 1, 3600)


def _hours(text: str) -> float:
    return _number(text, 1e-4, 1000)


def _time_of_day(text: str) -> tuple[int, int]:
    """The hour and the minute."""
    hour, colon, minute = text.partition(":")
    if (
        not (colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2)
        or int(hour) > 23
        or int(minute) > 59
    ):
        raise argparse.ArgumentTypeError(f"{text!r} is no time of day, such as 06:30")
    return int(hour), int(minute)


def _share(text: str) -> float:
    return _number(text, 0, 1)


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(_number(part, 0, 10**6) for part in text.split(","))


def _number(text: str, low: float, high: float, whole: bool = False) -> float:
    """The number that is meant, from low to high; argparse shows the error to the user."""
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no {'whole ' * whole}number") from None
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{text} is not from {low:g} to {high:g}")
    return value


if __name__ == "__main__":
    sys.exit(main())

"""Reading: `inkling read`, `demo` and `watch`."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

from . import options, values
from .commands import Commands

COMMANDS = Commands()


@COMMANDS.command("read", "read", "read the digits on photos")
def _read(read: ArgumentParser) -> None:
    read.add_argument("photos", metavar="PHOTO", nargs="+", type=Path)
    read.add_argument("--json", action="store_true", help="one JSON object a line for each photo")
    read.add_argument("--preview", action="store_true", help="show each glyph as the network sees it")
    read.add_argument("--explain", type=Path, metavar="FILE", help="draw every stage of the reading (.png)")
    options.model(read)
    options.unsure(read)


@COMMANDS.command("demo", "watch", "watch a simulated camera write digits, and read them: no camera, no data needed")
def _demo(demo: ArgumentParser) -> None:
    demo.add_argument("--frames", type=values.count, metavar="N", help="end after N frames (default: at Ctrl-C)")
    demo.add_argument(
        "--seed", type=values.whole, default=0, metavar="N", help="the digits that are written (default 0)"
    )
    demo.add_argument("--rate", type=values.positive, metavar="F", help="frames a second at most (in a terminal 8)")
    options.model(demo)
    options.unsure(demo)
    demo.set_defaults(camera="simulated", display="console", pins=None, hold=None)


@COMMANDS.command("watch", "watch", "read what a camera sees, and announce each digit once")
def _watch(watch: ArgumentParser) -> None:
    from ..lights import alphabet

    options.camera(watch)
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
    options.config(watch)
    watch.add_argument("--hold", type=values.count, metavar="N", help="frames for which a folder's picture is held")
    watch.add_argument("--frames", type=values.count, metavar="N", help="end after N frames (default: no end)")
    watch.add_argument("--rate", type=values.positive, metavar="F", help="frames a second at most (of picamera2: 3)")
    options.model(watch)
    options.unsure(watch)
    watch.formatter_class = RawDescriptionHelpFormatter
    watch.epilog = f"the alphabet of lights:\n{alphabet()}"

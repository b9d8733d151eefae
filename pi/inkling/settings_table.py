"""The table of settings. It is short on purpose: what nobody has to decide is no setting."""

from dataclasses import dataclass
from typing import Any

from .settings_checks import LONGEST_S, Check, choice, flag, number, pace, path, pin, pins, quarters, several, zone

PREFIX = "INKLING_"


@dataclass(frozen=True)
class Setting:
    """One setting: its name, `section.key`, its value where nobody says otherwise, its unit, its check and its meaning.

    check: see `settings_checks`.
    """

    name: str
    default: Any
    check: Check
    help: str
    unit: str = ""

    @property
    def variable(self) -> str:
        """The environment's name for it."""
        return PREFIX + self.name.replace(".", "_").upper()


ON_PINS = ("leds", "binary", "segments", "blink")
# The pins' defaults share none, so every display and every button can be wired at once; each display's lie in one row.
SETTINGS = (
    Setting(
        "camera.source",
        "simulated",
        choice("picamera2", "simulated", followed_by=["folder"]),
        "where the pictures come from: a Raspberry Pi's camera, one drawn by the program, or folder:DIR, its pictures "
        "in order",
    ),
    Setting(
        "camera.rate",
        0.0,
        pace,
        "how many pictures are looked at; 0 is 3 of picamera2, and of the others as many as can be",
        unit="a second",
    ),
    Setting(
        "camera.width",
        320,
        number(160, 1280, whole=True),
        "width of picamera2's picture; more reads smaller digits, and takes longer",
        unit="pixels",
    ),
    Setting(
        "camera.zone",
        (0.0, 0.0, 1.0, 1.0),
        zone,
        "the part of picamera2's picture that is looked at, before it is turned: x, y, width, height",
        unit="shares",
    ),
    Setting(
        "camera.flip",
        "none",
        choice("none", "horizontal", "vertical"),
        "whether picamera2's picture is mirrored, before it is turned",
    ),
    Setting(
        "camera.rotation",
        0,
        quarters,
        "how picamera2's picture is turned clockwise: 0, 90, 180 or 270",
        unit="degrees",
    ),
    Setting(
        "camera.timeout",
        5.0,
        number(1, LONGEST_S),
        "how long picamera2 may take for a picture before it is closed and opened again",
        unit="seconds",
    ),
    Setting(
        "display.kind",
        ("console",),
        several("console", "json", *ON_PINS, "act"),
        "what shows the readings: console, json, act (the board's own light), or lights on pins: ten leds, four in "
        "binary, seven segments, one that blinks",
    ),
    Setting(
        "display.leds",
        (18, 23, 24, 25, 8, 7, 12, 16, 20, 21),
        pins(10),
        "the pins of ten LEDs, for 0 to 9",
        unit="GPIO numbers",
    ),
    Setting(
        "display.binary", (6, 13, 19, 26), pins(4), "the pins of the eights, fours, twos and ones", unit="GPIO numbers"
    ),
    Setting(
        "display.segments", (17, 27, 22, 10, 9, 11, 5), pins(7), "the pins of segments a to g", unit="GPIO numbers"
    ),
    Setting("display.blink", (4,), pins(1), "the pin of the one LED", unit="GPIO number"),
    Setting(
        "display.active_low",
        False,
        flag,
        "whether lamps hang between 3.3 V and their pins, as in seven segments with a common anode, and not from their "
        "pins to ground",
    ),
    Setting("display.dim", False, flag, "the surer a digit, the brighter its lamps; this costs some processor time"),
    Setting("buttons.read", "", pin, "the pin of a button to ground: read again, now", unit="GPIO number or nothing"),
    Setting("buttons.wrong", "", pin, "the same: that was wrong", unit="GPIO number or nothing"),
    Setting("buttons.shutdown", "", pin, "the same: shut down, held for 2 s", unit="GPIO number or nothing"),
    Setting("reading.model", "", path, "the model that reads; without one, that of the shelf"),
    Setting(
        "reading.unsure",
        0.5,
        number(0, 1),
        'a mark whose likeliest digit is less probable than this is "?"; higher means fewer wrong digits and more "?"',
        unit="probability",
    ),
    Setting(
        "samples.path",
        "",
        path,
        "where the digits you have taught it are kept; without it samples.db in /var/lib/inkling, or, on a machine "
        "without that folder, in ~/.local/state/inkling",
    ),
    Setting(
        "samples.most",
        10_000,
        number(1, 1_000_000, whole=True),
        "so many are kept, of 1 kB each; then the oldest without a label go, and those with a label never",
        unit="samples",
    ),
    Setting(
        "shelf.path",
        "",
        path,
        "the folder of the models that were learnt; without one, models, in the same place as samples.db",
    ),
    Setting(
        "training.pauses_reading",
        False,
        flag,
        "whether nothing is read while a training is under way, so that it has the processor to itself; otherwise "
        "reading goes on, and goes first",
    ),
    Setting(
        "training.checkpoint_minutes",
        10,
        number(0, 240),
        "how much training a power cut may cost; a checkpoint is 1.4 to 3 MB, so every 10 minutes of 8 hours wears the "
        "card by 66 to 146 MB, every 30 by a third of that; 0 is after every step",
        unit="minutes",
    ),
)

"""The settings: one table, and what fills it. File, environment and command line each lie over the one before.

What is written in a file is TOML, `[camera]` and below it `source = "simulated"`; in the environment the same is
`INKLING_CAMERA_SOURCE=simulated`. The table is short on purpose: what nobody has to decide is no setting.
"""

import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from .errors import UsageError

SYSTEM_FILE = Path("/etc/inkling/inkling.toml")
PREFIX = "INKLING_"
DEFAULT = "default"

Check = Callable[[Any], Any]


@dataclass(frozen=True)
class Setting:
    """One setting: its name, `section.key`, its value where nobody says otherwise, its unit, its check and its meaning.

    check takes what TOML gives or a text, and returns the value as the program takes it, or raises ValueError with what
    is wanted ("a number from 0 to 1").
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


def number(low: float, high: float, whole: bool = False) -> Check:
    """A check for numbers from low to high."""
    wanted = f"a {'whole ' * whole}number from {low:g} to {high:g}"

    def check(value: Any) -> Any:
        if isinstance(value, str):
            try:
                value = int(value) if whole else float(value)
            except ValueError:
                raise ValueError(wanted) from None
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not low <= value <= high:
            raise ValueError(wanted)
        return value if whole else float(value)

    return check


def choice(*names: str, followed_by: Iterable[str] = ()) -> Check:
    """A check for one of some names; after one of `followed_by` comes a colon and more text, as in folder:DIR."""
    shown = [*names, *(f"{name}:…" for name in followed_by)]

    def check(value: Any) -> str:
        if not isinstance(value, str) or not (
            value in names or any(value.startswith(f"{name}:") and value != f"{name}:" for name in followed_by)
        ):
            raise ValueError(f"one of {', '.join(shown)}")
        return value

    return check


def pace(value: Any) -> float:
    """A check for a rate: 0, or pictures that come often enough."""
    rate = float(number(0, 1000)(value))
    if 0 < rate < SLOWEST:
        raise ValueError(f"0, or a number from {SLOWEST:g} to 1000")
    return rate


def quarters(value: Any) -> int:
    """A check for an angle of 0, 90, 180 or 270 degrees."""
    if isinstance(value, bool) or str(value) not in ("0", "90", "180", "270"):
        raise ValueError("0, 90, 180 or 270")
    return int(value)


def zone(value: Any) -> tuple[float, ...]:
    """A check for a part of the picture: four numbers, or a text of them with commas between."""
    try:
        x, y, width, height = (float(v) for v in (value.split(",") if isinstance(value, str) else value))
    except (TypeError, ValueError):
        x = y = width = height = -1.0
    if not (0 <= x < 1 and 0 <= y < 1 and 0 < width <= 1.0001 - x and 0 < height <= 1.0001 - y):
        raise ValueError("x,y,width,height as shares of the picture, 0 to 1, and all of it within the picture")
    return x, y, width, height


def path(value: Any) -> Path | None:
    """A check for the absolute path of a file; the empty text is none."""
    if not isinstance(value, str | Path) or (str(value) and not Path(value).is_absolute()):
        raise ValueError("an absolute path, beginning with /, or nothing")
    return Path(value) if str(value) else None


def several(*names: str) -> Check:
    """A check for one or more of some names, each once: a list, or a text with commas; a tuple of them."""
    wanted = f"one or more of {', '.join(names)}, each once"

    def check(value: Any) -> tuple[str, ...]:
        chosen = _listed(value)
        if not chosen or not all(name in names for name in chosen) or len(set(chosen)) < len(chosen):
            raise ValueError(wanted)
        return tuple(chosen)

    return check


def flag(value: Any) -> bool:
    """A check for true or false."""
    texts = {"true": True, "false": False}
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value not in texts:
        raise ValueError("true or false")
    return texts[value]


def pins(count: int) -> Check:
    """A check for so many pins by their GPIO numbers: a list, or a text with commas; a tuple of them."""
    one = number(*GPIO, whole=True)
    wanted = f"{count} GPIO number{'s' * (count > 1)} from {GPIO[0]} to {GPIO[1]}"

    def check(value: Any) -> tuple[int, ...]:
        listed = _listed(value)
        try:
            if len(listed) == count:
                return tuple(one(pin) for pin in listed)
        except ValueError:
            pass
        raise ValueError(wanted)

    return check


def pin(value: Any) -> int | None:
    """A check for one pin by its GPIO number; the empty text is none."""
    return None if value == "" else int(pins(1)(value)[0])


def _listed(value: Any) -> list[Any]:
    """A list's items, or those of a text between commas; anything else is one item."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",")]
    return list(value) if isinstance(value, list | tuple) else [value]


SLOWEST, LONGEST_S = 0.1, 30.0  # pictures a second, seconds for one: the service's watchdog waits a minute
GPIO = (2, 27)  # 0 and 1 are for boards that say what they are
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
        0.7,
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


@dataclass(frozen=True)
class Effective:
    """A setting's value that holds, and where it comes from: "default", a file, a variable, an option."""

    value: Any
    source: str


class Settings:
    """The values that hold, by name: `settings["camera.source"]`."""

    def __init__(self, effective: Mapping[str, Effective]) -> None:
        self.effective = dict(effective)

    def __getitem__(self, name: str) -> Any:
        return self.effective[name].value

    @property
    def pins(self) -> dict[str, tuple[int, ...]]:
        """The pins in use, by the settings that say so: those of the displays that are chosen, and of buttons."""
        values = {name: effective.value for name, effective in self.effective.items()}
        used = {f"display.{kind}" for kind in values.get("display.kind", ())}
        lamps = {name: value for name, value in values.items() if name in used}
        buttons = {name: (value,) for name, value in values.items() if name.startswith("buttons.") and value}
        return {**lamps, **buttons}


def load_settings(
    file: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    options: Mapping[str, Any] | None = None,
    table: Iterable[Setting] = SETTINGS,
) -> Settings:
    """The settings that hold: defaults, under the file, under the environment, under the command line's options.

    file: given by the user, and then it has to be there; without it SYSTEM_FILE, if that is there. options: by the
    setting's name; None is one that was not given. Raises UsageError with all problems at once, each with its place.
    """
    known = {setting.name: setting for setting in table}
    problems: list[str] = []
    effective = {name: Effective(setting.check(setting.default), DEFAULT) for name, setting in known.items()}
    layers = [
        _from_file(file, problems),
        _from_environment(environment, known.values(), problems),
        [(name, value, "the command line") for name, value in (options or {}).items() if value is not None],
    ]
    for name, value, source in (entry for layer in layers for entry in layer):
        if name not in known:
            problems.append(f"{source}: there is no setting {name}{_nearest(name, known)}")
            continue
        try:
            effective[name] = Effective(known[name].check(value), source)
        except ValueError as wanted:
            problems.append(f"{source}: {name} is {value!r}; it takes {wanted}")
    settings = Settings(effective)
    problems += used_twice(settings.pins)
    if problems:
        raise UsageError("; ".join(problems))
    return settings


def used_twice(used: Mapping[str, Iterable[int]]) -> list[str]:
    """Says of every pin that has two uses or more what they are."""
    uses: dict[int, list[str]] = {}
    for name, numbers in used.items():
        for gpio in numbers:
            uses.setdefault(gpio, []).append(name)
    return [
        f"GPIO {gpio} is used more than once, by {' and '.join(names)}"
        for gpio, names in sorted(uses.items())
        if len(names) > 1
    ]


def _from_file(file: Path | None, problems: list[str]) -> list[tuple[str, Any, str]]:
    """What a file says: names, values, and the file itself as their source."""
    chosen = SYSTEM_FILE if file is None else file
    try:
        sections = tomllib.loads(chosen.read_text("utf-8"))
    except FileNotFoundError:
        if file is not None:
            problems.append(f"{file}: there is no such file")
        return []
    except OSError as error:
        problems.append(f"{chosen}: it cannot be read: {error.strerror}")
        return []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{chosen}: it is no TOML: {error}")
        return []
    entries: list[tuple[str, Any, str]] = []
    for section, content in sections.items():
        if isinstance(content, dict):
            entries += [(f"{section}.{key}", value, str(chosen)) for key, value in content.items()]
        else:
            entries.append((section, content, str(chosen)))
    return entries


def _from_environment(
    environment: Mapping[str, str], table: Iterable[Setting], problems: list[str]
) -> list[tuple[str, Any, str]]:
    """What variables say. One that begins as a section's and is no setting is a mistake, and is said to be one."""
    names = {setting.variable: setting.name for setting in table}
    sections = tuple({variable[: len(PREFIX) + name.index(".") + 1] for variable, name in names.items()})
    unknown = [name for name in environment if name.startswith(sections) and name not in names]
    problems += [f"the environment: there is no setting {name}{_nearest(name, names)}" for name in sorted(unknown)]
    return [(names[key], value, f"${key}") for key, value in environment.items() if key in names]


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""


def as_toml(table: Iterable[Setting] = SETTINGS, values: Mapping[str, Effective] | None = None) -> str:
    """The table as a file: every setting with what it means, commented out at its default.

    values: what to write instead of the defaults, each with its source.
    """
    lines: list[str] = []
    section = ""
    for setting in table:
        head, _, key = setting.name.partition(".")
        if head != section:
            lines += ["", f"[{head}]"] if lines else [f"[{head}]"]
            section = head
        if values is None:
            unit = f" ({setting.unit})" if setting.unit else ""
            lines += [f"# {setting.help}{unit}", f"# {key} = {_literal(setting.default)}"]
        else:
            effective = values[setting.name]
            lines.append(f"{key} = {_literal(effective.value)}  # {effective.source}")
    return "\n".join(lines) + "\n"


def _literal(value: Any) -> str:
    """A value as TOML writes it: JSON's texts and numbers are TOML's, too."""
    import json

    return json.dumps("" if value is None else str(value) if isinstance(value, Path) else value, ensure_ascii=False)

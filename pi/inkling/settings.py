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


def path(value: Any) -> Path | None:
    """A check for the absolute path of a file; the empty text is none."""
    if not isinstance(value, str | Path) or (str(value) and not Path(value).is_absolute()):
        raise ValueError("an absolute path, beginning with /, or nothing")
    return Path(value) if str(value) else None


SETTINGS = (
    Setting(
        "camera.source",
        "simulated",
        choice("simulated", followed_by=["folder"]),
        "where the pictures come from: a camera drawn by the program, or folder:DIR, its pictures in order",
    ),
    Setting("display.kind", "console", choice("console", "json"), "what shows the readings"),
    Setting("reading.model", "", path, "the model that reads; without one, that of the package"),
    Setting(
        "reading.unsure",
        0.5,
        number(0, 1),
        'a mark whose likeliest digit is less probable than this is "?"; higher means fewer wrong digits and more "?"',
        unit="probability",
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
    if problems:
        raise UsageError("; ".join(problems))
    return Settings(effective)


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

"""The settings that hold: file, environment and command line, each over the one before, fill the table.

What is written in a file is TOML, `[camera]` and below it `source = "simulated"`; in the environment the same is
`INKLING_CAMERA_SOURCE=simulated`.
"""

import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from .errors import UsageError
from .settings_table import PREFIX, SETTINGS, Setting

SYSTEM_FILE = Path("/etc/inkling/inkling.toml")
DEFAULT = "default"


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

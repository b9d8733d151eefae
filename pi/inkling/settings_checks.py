"""Checks: what a setting may be. Each takes what TOML gives, or a text, and returns the value as the program takes it.

What is no such value raises ValueError with what is wanted: "a number from 0 to 1".
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Check = Callable[[Any], Any]

SLOWEST, LONGEST_S = 0.1, 30.0  # pictures a second, seconds for one: the service's watchdog waits a minute
GPIO = (2, 27)  # 0 and 1 are for boards that say what they are


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

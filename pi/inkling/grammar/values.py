"""What an argument can be: each function takes the text that was typed, and argparse shows its error to the user."""

from argparse import ArgumentTypeError


def count(text: str) -> int:
    """A whole number of at least 1."""
    return int(_number(text, 1, 10**9, whole=True))


def whole(text: str) -> int:
    """A whole number of at least 0."""
    return int(_number(text, 0, 2**63 - 1, whole=True))


def span(text: str) -> range:
    """A whole number of at least 1, or all of them from one to another, as in 3-17."""
    first, _, last = text.partition("-")
    low = int(_number(first, 1, 2**63 - 1, whole=True))
    return range(low, 1 + (int(_number(last, low, low + 10**6, whole=True)) if last else low))


def positive(text: str) -> float:
    """A number above 0."""
    return _number(text, 1e-6, 10**6)


def seconds(text: str) -> float:
    """A time that one waits for."""
    return _number(text, 1, 3600)


def hours(text: str) -> float:
    """A time that a training may take."""
    return _number(text, 1e-4, 1000)


def time_of_day(text: str) -> tuple[int, int]:
    """The hour and the minute."""
    hour, colon, minute = text.partition(":")
    if (
        not (colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2)
        or int(hour) > 23
        or int(minute) > 59
    ):
        raise ArgumentTypeError(f"{text!r} is no time of day, such as 06:30")
    return int(hour), int(minute)


def share(text: str) -> float:
    """A number from 0 to 1."""
    return _number(text, 0, 1)


def numbers(text: str) -> tuple[float, ...]:
    """Numbers with commas between."""
    return tuple(_number(part, 0, 10**6) for part in text.split(","))


def _number(text: str, low: float, high: float, whole: bool = False) -> float:
    """The number that is meant, from low to high."""
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no {'whole ' * whole}number") from None
    if not low <= value <= high:
        as_read = "d" if whole else "g"
        raise ArgumentTypeError(f"{text} is not from {low:{as_read}} to {high:{as_read}}")
    return value

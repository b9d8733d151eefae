"""What a person says of marks: a sign for each in reading order, given beforehand or asked for at a terminal."""

from .console import print_glyphs
from .errors import PictureError, UsageError
from .reader import Mark, Reading
from .samples import NO_DIGIT, label_of
from .terminal import percent

NO, LEAVE_OUT, REMOVE, SKIP, QUIT = "n", "?", "r", "s", "q"
HINT = f"0 to 9, {NO} no digit, {LEAVE_OUT} left out, {SKIP} skip, {QUIT} end"

Said = list[tuple[Mark, int]]  # the marks that are learnt, and their labels


def checked_signs(text: str) -> str:
    """Signs as they are meant, without blanks; raises UsageError if one of them says nothing of a mark."""
    signs = "".join(text.lower().split())
    if strange := [sign for sign in signs if sign not in "0123456789" + NO + LEAVE_OUT]:
        raise UsageError(
            f"{strange[0]!r} says nothing of a mark: give 0 to 9, {NO} (no digit) or {LEAVE_OUT} (left out)"
        )
    return signs


def said_of(reading: Reading, signs: str) -> Said:
    """The marks and what signs, one for each, say of them; one sign says it of all strokes that may be one digit.

    Raises PictureError if they are not as many.
    """
    marks = (reading.one,) if len(signs) == 1 and reading.one else reading.marks
    if len(signs) != len(marks):
        raise PictureError(
            f"{_marks(len(marks))} on it, read as {reading.text}, and {len(signs)} said: give --digits with a "
            f"sign for each, {LEAVE_OUT} for one to leave out"
        )
    return [
        (mark, NO_DIGIT if sign == NO else int(sign))
        for mark, sign in zip(marks, signs, strict=True)
        if sign != LEAVE_OUT
    ]


def said_of_all(reading: Reading, label: int) -> Said:
    """What one label says: that all there is, one mark or strokes that may be, is this digit, or that no mark is one.

    Raises PictureError if there are more marks than a digit has.
    """
    if label == NO_DIGIT:
        return [(mark, label) for mark in reading.marks]
    if reading.one is None:
        raise PictureError(
            f"{_marks(len(reading.marks))} on it, read as {reading.text}: say what all of them are, such as --digits "
            f"{reading.text.replace(' ', '')}, with {LEAVE_OUT} for one to leave out"
        )
    return [(reading.one, label)]


def ask(reading: Reading, name: str = "") -> Said:
    """Shows what was read and asks what it is; what is skipped is left out. Raises EOFError when the answers end."""
    print_glyphs([mark.glyph for mark in reading.marks])
    sure = percent(min(mark.confidence for mark in reading.marks))
    print(f"{name}read as {reading.text} ({sure} sure)")
    while True:
        answer = _answer(f"what is it? Enter if that is right, {HINT}: ")
        if answer == SKIP:
            return []
        try:
            return said_of(reading, checked_signs(answer or reading.text))
        except UsageError as error:
            print(error)
        except PictureError:
            print(f"{_marks(len(reading.marks))} there: a sign for each, please")


def ask_label(question: str) -> int | str:
    """A label for one glyph, or SKIP or REMOVE. Raises EOFError when the answers end."""
    while True:
        answer = _answer(
            f"{question}; what is it? 0 to 9, {NO} no digit, {REMOVE} remove it, {SKIP} skip, {QUIT} end: "
        )
        if answer in ("", SKIP, REMOVE):
            return answer or SKIP
        try:
            return NO_DIGIT if answer == NO else label_of(answer)
        except UsageError as error:
            print(error)


def _answer(prompt: str) -> str:
    answer = input(prompt).strip().lower()
    if answer == QUIT:
        raise EOFError
    return answer


def _marks(count: int) -> str:
    return "there is no mark" if count == 0 else "there is one mark" if count == 1 else f"there are {count} marks"

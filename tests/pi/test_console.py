import contextlib
import io
import os
import re
import subprocess
import sys
import unicodedata
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from inkling.console import View, bars, glyph_cells, picture_cells, screen
from inkling.terminal import Style, Terminal, style_of

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
GREEN = "2;40;200;80"


def plain(lines: list[str]) -> list[str]:
    return [ESCAPE.sub("", line) for line in lines]


def width(line: str) -> int:
    shown = [character for character in ESCAPE.sub("", line) if not unicodedata.combining(character)]
    return len(shown) + sum(unicodedata.east_asian_width(character) in "WF" for character in shown)


def view(**changes: Any) -> View:
    luma = np.full((480, 640), 200, np.uint8)
    luma[100:200, 300:350] = 20
    glyph = np.zeros((28, 28), np.float32)
    glyph[4:24, 12:16] = 1.0
    everything: dict[str, Any] = {
        "luma": luma,
        "boxes": ((300, 100, 50, 100, "1"),),
        "glyph": glyph,
        "probabilities": np.array([0, 0.95, 0, 0, 0, 0, 0, 0.05, 0, 0]),
        "text": "17",
        "confidence": 0.95,
        "status": "frame 12  8.0 frames/s",
    }
    return View(**everything | changes)


class Screen:
    """The least terminal that can tell whether frames are drawn in place."""

    def __init__(self, columns: int, lines: int) -> None:
        self.cells = [[" "] * columns for _ in range(lines)]
        self.row = self.column = self.scrolled = 0
        self.modes: dict[str, bool] = {}
        self.coloured = False

    def feed(self, text: str) -> None:
        for private, number, command, other in re.findall(r"\x1b\[(\??)([\d;]*)([A-Za-z])|([^\x1b])", text):
            if other == "\n":
                self.column = 0
                self.row += 1
                if self.row == len(self.cells):
                    self.cells = [*self.cells[1:], [" "] * len(self.cells[0])]
                    self.row, self.scrolled = self.row - 1, self.scrolled + 1
            elif other == "\r":
                self.column = 0
            elif other:
                assert self.column < len(self.cells[0]), "a line is wider than the terminal"
                self.cells[self.row][self.column] = other
                self.column += 1
            elif private:
                self.modes[number] = command == "h"
            elif command == "A":
                self.row -= int(number)
                assert self.row >= 0
            elif command == "H":
                self.row = self.column = 0
            elif command == "J":
                self.cells = [[" "] * len(row) for row in self.cells]
            elif command == "K":
                at = min(self.column, len(self.cells[0]) - 1)  # after a full line, still on its last character
                self.cells[self.row][at:] = [" "] * (len(self.cells[0]) - at)
            else:
                assert command == "m"
                self.coloured = number not in ("", "0")

    def text(self) -> list[str]:
        return ["".join(row).rstrip() for row in self.cells]


@pytest.fixture
def forty_by_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LINES", "10")


# The parts of the screen.


def test_a_character_is_two_pixels_one_above_the_other() -> None:
    luma = np.array([[10, 200], [30, 200], [50, 60], [50, 60]], np.uint8)
    assert picture_cells(luma, 2, 2) == [
        "\x1b[38;2;10;10;10;48;2;30;30;30m▀\x1b[38;2;200;200;200;48;2;200;200;200m▀\x1b[0m",
        "\x1b[38;2;50;50;50;48;2;50;50;50m▀\x1b[38;2;60;60;60;48;2;60;60;60m▀\x1b[0m",
    ]


def test_characters_of_one_colour_share_one_escape_sequence() -> None:
    (line,) = picture_cells(np.full((2, 50), 7, np.uint8), 50, 1)
    assert line == "\x1b[38;2;7;7;7;48;2;7;7;7m" + "▀" * 50 + "\x1b[0m"


def test_a_pixel_shown_is_the_mean_of_its_area() -> None:
    luma = np.random.default_rng(1).integers(0, 256, (60, 80), np.uint8)
    lines = picture_cells(luma, 8, 3)
    shown = [[int(grey) for grey in re.findall(r"48;2;(\d+)", line)] for line in lines]
    lower = luma.reshape(6, 10, 8, 10).mean(axis=(1, 3))[1::2]
    np.testing.assert_allclose(shown, lower, atol=1)


@pytest.mark.parametrize(("grey", "colour"), [(0, 16), (10, 232), (128, 244), (244, 255), (255, 231)])
def test_without_24_bits_the_nearest_of_the_26_greys_is_shown(grey: int, colour: int) -> None:
    (line,) = picture_cells(np.full((2, 1), grey, np.uint8), 1, 1, Style.GREY)
    assert line == f"\x1b[38;5;{colour};48;5;{colour}m▀\x1b[0m"


@pytest.mark.parametrize(("ink", "paper"), [(40, 200), (220, 30)])
def test_without_colours_ink_is_dense_and_paper_is_blank(ink: int, paper: int) -> None:
    luma = np.full((4, 5), paper, np.uint8)
    luma[1:3, 2] = ink
    assert picture_cells(luma, 5, 4, Style.PLAIN) == ["     ", "  @  ", "  @  ", "     "]
    noise = paper + np.random.default_rng(1).integers(-3, 4, (4, 5))
    assert picture_cells(noise.astype(np.uint8), 5, 4, Style.PLAIN) == ["     "] * 4


def test_a_box_frames_its_digit_and_bears_its_label() -> None:
    luma = np.full((100, 100), 200, np.uint8)
    luma[40:60, 40:60] = 0
    box = ((40, 40, 20, 20, "7"),)
    assert picture_cells(luma, 10, 10, Style.PLAIN, box) == [
        "          ",
        "          ",
        "   7      ",
        "   ||||   ",
        "   |@@|   ",
        "   |@@|   ",
        "   ||||   ",
        "          ",
        "          ",
        "          ",
    ]
    lines = picture_cells(luma, 20, 10, Style.COLOUR, box)
    assert [GREEN in line for line in lines] == [False] * 2 + [True] * 5 + [False] * 3
    assert f"\x1b[38;2;0;0;0;48;{GREEN}m7" in lines[2]


def test_a_box_at_the_edge_of_the_picture_stays_inside() -> None:
    luma = np.full((100, 100), 200, np.uint8)
    boxes = ((0, 0, 10, 10, "1"), (85, 85, 15, 15, "23"), (0, 95, 100, 5, "?"))
    for style in Style:
        lines = plain(picture_cells(luma, 20, 10, style, boxes))
        assert [len(line) for line in lines] == [20] * 10
        assert all(label in "".join(lines) for label in "12?")


def test_a_glyph_is_bright_ink_or_dense_ink() -> None:
    glyph = np.zeros((28, 28), np.float32)
    glyph[:, 0] = 1.0
    for style, first in ((Style.COLOUR, "38;2;255;255;255"), (Style.GREY, "38;5;231"), (Style.PLAIN, "@" + " " * 27)):
        lines = glyph_cells(glyph, style)
        assert [width(line) for line in lines] == [28] * 14
        assert all(first in line for line in lines)


def test_a_glyph_of_strange_values_or_none_is_still_drawn() -> None:
    assert glyph_cells(np.full((28, 28), np.nan, np.float32)) == glyph_cells(None)
    assert glyph_cells(np.full((28, 28), 9.0, np.float32)) == glyph_cells(np.ones((28, 28), np.float32))


def test_bars_are_as_long_as_they_are_likely() -> None:
    probabilities = np.array([0.5, 0, 0.25, 0.0625, 0, 0, 0, 0, 0, 1.0])
    lines = plain(bars(probabilities, 16))
    assert [lines[digit] for digit in (0, 1, 2, 3, 9)] == [
        "0 ████      50 %",
        "1            0 %",
        "2 ██        25 %",
        "3 ▌          6 %",
        "9 ████████  99 %",
    ]
    assert bars(probabilities, 16, Style.PLAIN)[0] == "0 ####      50 %"


def test_only_the_likeliest_bar_stands_out() -> None:
    lines = bars([0.1] * 7 + [0.2, 0.1, 0.0], 20)
    assert [line.startswith("\x1b[1;32m") for line in lines] == [digit == 7 for digit in range(10)]
    assert not any("1;32" in line for line in bars(None, 20))
    assert plain(bars(None, 20)) == [f"{digit}".ljust(20) for digit in range(10)]


@given(
    st.lists(st.floats(width=32), min_size=10, max_size=10),
    st.integers(9, 60),
    st.sampled_from(Style),
)
def test_bars_keep_their_width_whatever_the_numbers(shares: list[float], columns: int, style: Style) -> None:
    assert [len(line) for line in plain(bars(shares, columns, style))] == [columns] * 10


# The whole screen.


@pytest.mark.parametrize("style", Style)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"text": "", "boxes": (), "glyph": None, "probabilities": None, "confidence": None, "status": ""},
        {"text": "1234567890 12345? 99", "status": "a status that is long " * 20},
        {"text": "3", "status": "図面 1\n\x1b[2J\t\udce9 e\u0301 " * 9, "luma": np.zeros((700, 90), np.uint8)},
        {"luma": np.zeros((20, 1600), np.uint8)},
    ],
    ids=["all", "nothing", "long", "strange and upright", "strip"],
)
def test_no_line_is_wider_and_no_frame_higher_than_the_terminal(style: Style, changes: dict[str, Any]) -> None:
    shown = view(**changes)
    for columns in (1, 2, 5, 10, *range(20, 200, 7), 200):
        for rows in (1, 2, 6, 7, 8, 13, 14, 19, 24, 25, 60):
            lines = screen(shown, (columns, rows), style)
            assert max(map(width, lines)) <= columns, f"at {columns} x {rows}"
            assert len(lines) <= rows
            assert all(character.isprintable() for line in plain(lines) for character in line)
            if style is Style.PLAIN:
                assert all(line.isascii() and line.isprintable() for line in lines)


def test_a_usual_terminal_has_room_for_everything() -> None:
    lines = plain(screen(view(), (80, 24)))
    left, right = [line[:50] for line in lines], [line[52:] for line in lines]
    picture, below = [[line.rstrip() for line in part] for part in (left[:16], left[16:])]
    assert [len(line) for line in picture] == [43] * 16, "as wide as 32 pixels of height make it"
    assert sorted("".join(picture)) == ["1", *"▀" * (43 * 16 - 1)], "the label of the box stands in it"
    assert below == [
        "",
        "  ██    ██████",
        "████        ██",
        "  ██      ██    95 %",
        "  ██      ██",
        "██████    ██",
        "",
        "frame 12  8.0 frames/s",
    ]
    assert right[:14] == ["▀" * 28] * 14
    assert right[14:] == plain(bars(view().probabilities, 28))


@pytest.mark.parametrize(
    ("size", "parts"),
    [
        ((80, 24), {"picture", "glyph", "bars", "large answer", "status"}),
        ((80, 18), {"picture", "glyph", "bars", "large answer", "status"}),
        ((48, 18), {"picture", "bars", "large answer", "status"}),
        ((40, 24), {"picture", "large answer", "status"}),
        ((80, 8), {"large answer", "status"}),
        ((22, 24), {"large answer", "status"}),
        ((12, 24), {"status"}),
        ((80, 2), {"status"}),
        ((80, 1), set()),
    ],
)
def test_what_has_no_room_is_left_out_and_the_answer_last(size: tuple[int, int], parts: set[str]) -> None:
    lines = plain(screen(view(glyph=None), size))
    whole_screen = "\n".join(lines)
    found = {
        "picture": any(line.startswith("▀") for line in lines),
        "glyph": re.search("(?<!▀)▀{28}(?!▀)", whole_screen) is not None,
        "bars": "1 ██" in whole_screen,
        "large answer": "██    ██████" in whole_screen,
        "status": "frame 12" in whole_screen,
    }
    assert {part for part, there in found.items() if there} == parts
    assert "large answer" in parts or "17" in whole_screen


def test_an_unsure_answer_looks_unsure_and_an_empty_page_says_so() -> None:
    assert any("\x1b[1;32m" in line for line in screen(view(probabilities=None), (80, 24)))
    unsure = screen(view(text="1?", probabilities=None), (80, 24))
    assert any("\x1b[1;33m" in line for line in unsure)
    assert not any("\x1b[1;32m" in line for line in unsure)
    assert any("no digit in sight" in line for line in screen(view(text=""), (80, 24)))


def test_every_digit_is_drawn_differently() -> None:
    drawings = {tuple(plain(screen(view(text=digit), (40, 7)))[:5]) for digit in "0123456789?"}
    assert len(drawings) == 11


# The terminal.


def stream(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


@pytest.mark.parametrize(
    ("encoding", "environ", "style"),
    [
        ("utf-8", {"COLORTERM": "truecolor"}, Style.COLOUR),
        ("utf-8", {"COLORTERM": "24bit"}, Style.COLOUR),
        ("utf-8", {"TERM": "xterm-256color"}, Style.GREY),
        ("utf-8", {"COLORTERM": "truecolor", "NO_COLOR": "1"}, Style.PLAIN),
        ("utf-8", {"COLORTERM": "truecolor", "NO_COLOR": ""}, Style.COLOUR),
        ("utf-8", {"TERM": "dumb"}, Style.PLAIN),
        ("ascii", {"COLORTERM": "truecolor"}, Style.PLAIN),
        ("latin-1", {"COLORTERM": "truecolor"}, Style.PLAIN),
    ],
)
def test_the_style_follows_encoding_and_environment(encoding: str, environ: dict[str, str], style: Style) -> None:
    with stream(encoding) as terminal:
        assert style_of(terminal, environ) is style


@pytest.mark.usefixtures("forty_by_ten")
def test_frames_are_drawn_in_place() -> None:
    output, terminal_screen = io.StringIO(), Screen(40, 10)
    terminal_screen.feed("$ inkling demo\n")
    with Terminal(output) as terminal:
        terminal.show(["first", "x" * 40, "end"])
        terminal.show(["second", "y" * 40])
        terminal.show(["third", "", "z" * 40, "more"])
        terminal.show(["fourth"])
    terminal_screen.feed(output.getvalue())
    assert terminal_screen.text() == ["$ inkling demo", "fourth", *[""] * 8]
    assert terminal_screen.row == 5, "the prompt comes below the frame"
    assert terminal_screen.scrolled == 0


@pytest.mark.usefixtures("forty_by_ten")
def test_a_frame_as_large_as_the_terminal_keeps_its_place() -> None:
    output, terminal_screen = io.StringIO(), Screen(40, 10)
    terminal_screen.feed("\n" * 9)
    with Terminal(output) as terminal:
        for number in range(5):
            terminal.show([str(number) * 40] * 12)
        before_end = len(output.getvalue())
    terminal_screen.feed(output.getvalue()[:before_end])
    assert terminal_screen.text() == ["4" * 40] * 10
    assert terminal_screen.scrolled == 9, "only the first frame makes room for itself"


@pytest.mark.usefixtures("forty_by_ten")
def test_after_a_resize_nothing_old_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    output, terminal_screen = io.StringIO(), Screen(40, 10)
    with Terminal(output) as terminal:
        terminal.show(["old"] * 9)
        monkeypatch.setenv("COLUMNS", "30")
        assert terminal.size.columns == 30
        terminal.show(["new"])
        terminal.show(["newer"])
    terminal_screen.feed(output.getvalue())
    assert terminal_screen.text() == ["newer", *[""] * 9]


@pytest.mark.usefixtures("forty_by_ten")
@pytest.mark.parametrize("error", [None, RuntimeError, KeyboardInterrupt])
def test_cursor_wrapping_and_colours_are_restored_even_after_an_error(error: type[BaseException] | None) -> None:
    output, terminal_screen = io.StringIO(), Screen(40, 10)
    terminal = Terminal(output)
    terminal_screen.feed(output.getvalue())
    assert terminal_screen.modes == {"25": False, "7": False}
    with contextlib.suppress(RuntimeError, KeyboardInterrupt), terminal:
        terminal.show(["\x1b[1;32mgreen"])
        if error:
            raise error
    whole = output.getvalue()
    terminal.close()
    assert output.getvalue() == whole, "to close twice is to close once"
    terminal_screen.feed(whole)
    assert terminal_screen.modes == {"25": True, "7": True, "2026": False}
    assert not terminal_screen.coloured


@pytest.mark.usefixtures("forty_by_ten")
def test_each_frame_is_one_write() -> None:
    class Counting(io.StringIO):
        writes = 0

        def write(self, text: str) -> int:
            self.writes += 1
            return super().write(text)

    output = Counting()
    with Terminal(output) as terminal:
        before = output.writes
        terminal.show(screen(view(), terminal.size, terminal.style))
        assert output.writes == before + 1


def test_a_terminal_that_is_gone_does_not_hide_the_error() -> None:
    output = io.StringIO()
    with pytest.raises(KeyError), Terminal(output):  # noqa: PT012
        output.close()
        raise KeyError


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_every_frame_can_be_encoded(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    with stream(encoding) as output, Terminal(output) as terminal:
        terminal.show(screen(view(status="é ▀ \udce9"), terminal.size, terminal.style))


def test_it_is_imported_without_numpy() -> None:
    script = "import sys, inkling.console; sys.exit('numpy' in sys.modules or 'PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], env=os.environ, check=False).returncode == 0

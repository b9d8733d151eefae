"""Text on pictures, in the font that Pillow brings along."""

from typing import Any


def font(size_px: int) -> Any:
    """Pillow's own font, of so many pixels; before Pillow 10.1 it comes in one size, of 11."""
    from PIL import ImageFont

    try:
        return ImageFont.load_default(size_px)
    except TypeError:
        return ImageFont.load_default()


def plain(text: str) -> str:
    """A text in the signs that every version of that font has: ASCII, with "?" for all others."""
    return text.encode("ascii", "replace").decode()


def fitted(text: str, size_px: int, width_px: float) -> str:
    """A text that is no wider than asked: its beginning is cut off, as the end of a path tells more."""
    letters = font(size_px)
    if letters.getlength(text) <= width_px:
        return text
    while text and letters.getlength("..." + text) > width_px:
        text = text[1:]
    return "..." + text

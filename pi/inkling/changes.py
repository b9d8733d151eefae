"""Changes tells the frames that have to be read from those that show what was read already: the processor can sleep."""

import numpy as np
from numpy.typing import NDArray

from .frames import Luma
from .steady import AGREEING

BLOCK_PX = 8  # frames are compared by the sums of such squares: noise averages out, a thin stroke still counts
# A square has changed if it departs by more than DEVIATIONS standard deviations of the noise, but at least LEAST and at
# most MOST grey levels. Of 5504 digits, 9 to 39 pixels high, in faint ink, dim light and noise, that the reader could
# read, each was a change; of pairs of frames of the same page, 0.7 % were, which costs a reading.
DEVIATIONS = 4.5
LEAST, MOST = 1.0, 4.0
REFRESH = 30  # frames, after which one is read all the same


class Changes:
    """Compares frames with the one that was read last.

    A page is read until AGREEING frames in a row said the same, so that the votes about it are not one frame's; then
    frames are passed over until one differs, or REFRESH of them have been.
    """

    def __init__(self) -> None:
        self._reference: NDArray[np.int16] | None = None
        self._text = ""
        self._agreed = 0  # frames in a row that were read to be the same
        self._passed = 0  # frames since the last one that was read

    def to_be_read(self, luma: Luma) -> bool:
        """Whether a frame, uint8 (height, width), has to be read; after a yes, `was_read` has to follow."""
        squares = _squares(luma)
        changed = self._reference is None or differs(squares, self._reference)
        if changed:
            self._agreed = 0
        elif self._agreed >= AGREEING and self._passed < REFRESH:
            self._passed += 1
            return False
        self._reference, self._passed = squares, 0
        return True

    def was_read(self, text: str) -> None:
        """Takes what the frame said that had to be read."""
        self._agreed = self._agreed + 1 if text == self._text else 1
        self._text = text


def differs(squares: NDArray[np.int16], others: NDArray[np.int16]) -> bool:
    """Whether two frames' squares show different things.

    What all squares have in common is the light's doing; how far they scatter is the noise's.
    """
    if squares.shape != others.shape:
        return True
    if not squares.size:
        return True
    grey = BLOCK_PX * BLOCK_PX  # in the sums, one grey level
    difference = squares - others
    light = np.median(difference)
    away = np.abs(difference - light)
    noise = 1.4826 * np.median(away)  # the standard deviation, as if the noise were normal; what changed hardly counts
    return bool(abs(light) > MOST * grey or away.max() > np.clip(DEVIATIONS * noise, LEAST * grey, MOST * grey))


def _squares(luma: Luma) -> NDArray[np.int16]:
    """The sums of a picture's squares; what is left over at its right and lower edge is left out."""
    rows, columns = (side // BLOCK_PX for side in luma.shape)
    whole = luma[: rows * BLOCK_PX, : columns * BLOCK_PX]
    across = whole.reshape(rows, BLOCK_PX, columns * BLOCK_PX).sum(axis=1, dtype=np.int16)
    squares: NDArray[np.int16] = across.reshape(rows, columns, BLOCK_PX).sum(axis=2, dtype=np.int16)
    return squares

"""A frame is what a camera gives: one picture's luma, when it was taken, and its number."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture from a camera.

    luma: uint8 of shape (height, width), 0 black and 255 white.
    time_s: POSIX time in seconds at which it was taken.
    number: counts up from 0 in the order in which the camera gave the frames.
    name: where it comes from, where that has a name (a file of the `folder` camera).
    scale: pixels of the picture it comes from for each of its own; above 1 where that was reduced.
    truth: what is written on it, where the camera knows (it drew it).
    """

    luma: Luma
    time_s: float
    number: int
    name: str = ""
    scale: float = 1.0
    truth: str | None = None

"""A schedule says which part of the peak learning rate holds, as a function of progress from 0 to 1.

Progress may count epochs or the hours until dawn: the same recipe ends well either way.
"""

from collections.abc import Callable
from math import cos, pi

Schedule = Callable[[float], float]


def constant(progress: float) -> float:
    """The peak rate throughout, as in the talk."""
    return 1.0


def one_cycle(warmup: float = 0.15, start: float = 0.04, end: float = 0.001) -> Schedule:
    """Up from `start` within the share `warmup` of the time, then down to `end`, each on half a cosine.

    After Smith and Topin 2017, arXiv:1708.07120.
    """

    def schedule(progress: float) -> float:
        if progress < warmup:
            return start + (1 - start) * (1 - cos(pi * progress / warmup)) / 2
        return end + (1 - end) * (1 + cos(pi * min(1.0, (progress - warmup) / (1 - warmup)))) / 2

    return schedule

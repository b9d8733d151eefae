"""The player plays scores on displays: one thread for all of them, which sleeps until the next lights are due."""

import threading
import time
from collections.abc import Callable
from math import inf

from .closing import Closing
from .lights import Lights, Score

Show = Callable[[Lights], None]
PATIENCE_S = 1.0  # for the thread to end


class Player(Closing):
    """Plays one score for each display, over and over, until another takes its place.

    The first lights of a score are shown before `play` returns. The thread is started by the first score that has more.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._playing: dict[Show, tuple[Score, int, float]] = {}  # the score, its step, and when that ends
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._error: Exception | None = None

    def play(self, show: Show, score: Score) -> None:
        """Plays a score on a display in place of the one before; raises what a display raised in the meantime."""
        with self._changed:
            self.check()
            self._step(show, score, 0)
            if len(score) > 1 and self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="lights", daemon=True)
                self._thread.start()
            self._changed.notify()

    def stop(self, show: Show) -> None:
        """Plays nothing more on a display; what is lit stays."""
        with self._changed:
            self._playing.pop(show, None)

    def check(self) -> None:
        """Raises what a display raised while the thread played on it."""
        if self._error:
            raise self._error

    def tick(self) -> float:
        """Shows what is due; returns the seconds until something is."""
        now_s = self._clock()
        for show, (score, step, due_s) in list(self._playing.items()):
            if due_s <= now_s:
                self._step(show, score, (step + 1) % len(score))
        return min((due_s for _, _, due_s in self._playing.values()), default=inf) - now_s

    def _step(self, show: Show, score: Score, step: int) -> None:
        lights, seconds = score[step]
        self._playing[show] = score, step, self._clock() + seconds
        show(lights)

    def _run(self) -> None:
        with self._changed:
            while not self._closed:
                try:
                    rest_s = self.tick()
                except Exception as error:  # told to whoever plays next; nobody waits for this thread
                    self._error = error
                    return
                self._changed.wait(None if rest_s == inf else rest_s)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._playing.clear()
            self._changed.notify()
        if self._thread:
            self._thread.join(PATIENCE_S)

"""Steady decides when a reading holds: several frames have to agree, so a hand in the picture says nothing."""

from collections import deque

from .reader import Reading

WINDOW = 5  # frames that vote
AGREEING = 3  # of them announce a reading; with one or none left it is taken back, so that a wavering one stays


class Steady:
    """Votes over the last frames. It is told every reading and holds the one that was announced last.

    current: what lies before the camera, None while that is nothing or not settled yet.
    """

    def __init__(self) -> None:
        self.current: Reading | None = None
        self._votes: deque[str] = deque(maxlen=WINDOW)
        self._page = ""

    def update(self, reading: Reading, page: str = "") -> bool:
        """Takes the reading of one frame; returns whether `current` has changed by it.

        page: names the page where the camera knows it (a file). Another page is read anew, even if it says the same.
        A text that is announced is not announced again while it lies there; it is withdrawn when it is gone.
        """
        before = self.current
        if page != self._page:
            self._page = page
            self._votes.clear()
            self.current = None
        self._votes.append(reading.text)
        if self.current and self._votes.count(self.current.text) <= 1 and len(self._votes) == WINDOW:
            self.current = None
        if self.current is None and reading.text and self._votes.count(reading.text) >= AGREEING:
            self.current = reading
        return self.current is not before

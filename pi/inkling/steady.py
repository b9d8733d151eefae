"""Steady decides when a reading holds: several frames have to agree, so a hand in the picture says nothing."""

from collections import Counter, deque

from .reader import Reading

AGREEING = 3  # so many frames out of WINDOW have to read the same
WINDOW = 5


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
        A text that is announced already is not announced again while it lies there; an empty text withdraws it.
        """
        if page != self._page:
            self._page = page
            self._votes.clear()
            self.current = None
        self._votes.append(reading.text)
        text, votes = Counter(self._votes).most_common(1)[0]
        if votes < AGREEING or text != reading.text or text == (self.current.text if self.current else ""):
            return False
        self.current = reading if text else None
        return True

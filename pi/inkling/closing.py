"""Things that hold something until they are closed: in a `with` block, they close at its end."""

from types import TracebackType
from typing import Self


class Closing:
    """A context manager that closes itself; `close` may be called twice."""

    def close(self) -> None:
        """Lets go of what is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

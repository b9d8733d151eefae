"""Things that hold something until they are closed: in a `with` block, they close at its end."""

import faulthandler
import os
from pathlib import Path
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


def end_process_in(seconds: float) -> None:
    """Ends the process with status 1 after so many seconds, unless `keep_process` is called before.

    It ends, too, where a driver hangs and no Python code can run any more, no signal handler either.
    """
    nowhere = Path(os.devnull).open("w")  # noqa: SIM115 (it has to stay open)
    faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)


def keep_process() -> None:
    """Takes back what `end_process_in` announced."""
    faulthandler.cancel_dump_traceback_later()

"""`inkling data`: fetches MNIST from public mirrors, or says what of it is in a directory."""

import argparse
from typing import Any

from tqdm import tqdm

from .. import mnist
from ..closing import Closing
from ..errors import UsageError


def run(args: argparse.Namespace) -> int:
    """`fetch` or `check`; `check` returns 1 unless all four files are there and right."""
    if args.directory.is_file():
        raise UsageError(f"{args.directory} is a file: give the folder of MNIST's four files")
    if args.action == "fetch":
        with Bars() as bars:
            results = mnist.fetch(args.directory, args.mirror or mnist.MIRRORS, bars.show)
    else:
        results = mnist.check(args.directory)
    for result in results:
        print(f"{result.state:8}{result.name}: {result.detail}")
    if any(result.state != "ok" for result in results):
        print(f"`inkling data fetch {args.directory}` downloads what is missing or wrong.")
        return 1
    return 0


class Bars(Closing):
    """A progress bar for each file that is downloaded, one after the other."""

    def __init__(self) -> None:
        self._bars: dict[str, tqdm[Any]] = {}

    def show(self, name: str, done_bytes: int, total_bytes: int | None) -> None:
        """Sets a file's bar; done_bytes may fall back when a download starts over."""
        if name not in self._bars:
            self.close()
            self._bars[name] = tqdm(desc=name, unit="B", unit_scale=True)
        bar = self._bars[name]
        bar.total, bar.n = total_bytes, done_bytes
        bar.refresh()

    def close(self) -> None:
        """Ends the last bar; may be called twice."""
        for bar in self._bars.values():
            bar.close()

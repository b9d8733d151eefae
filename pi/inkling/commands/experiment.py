"""`inkling experiment`: runs one of the talk's experiments over several processes, and keeps what is finished.

The results stand in a CSV file, to which each finished run is added at once and for good, so that the same command
continues what was cut off; the plot is drawn from that file.
"""

import argparse
import csv
import hashlib
import io
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..errors import DataError, InklingError, PlotError, UsageError
from ..experiments import EXPERIMENTS, Row, Run, perform, runs
from ..plots import by_value, plot
from ..training import Images, load_images

HEADER = [*(field.name for field in fields(Row)), "data"]
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def run(args: argparse.Namespace) -> int:
    """Computes what is missing in DIR/NAME.csv, then draws DIR/NAME.png; returns the exit status."""
    values = _values(args.name, args.values)
    learn, test, data = _images(args.data, args.images)
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise UsageError(f"--out {args.out} is a file: give a folder") from None
    except OSError as error:
        raise DataError(f"--out {args.out} cannot be made: {error.strerror}; give another folder") from error
    results = Results(args.out / f"{args.name}.csv", args.name, len(learn), data)
    wanted = [(value, seed) for seed in range(args.seeds) for value in values]
    todo = runs(args.name, [each for each in wanted if each not in results.rows])
    done = len(runs(args.name, wanted)) - len(todo)
    count, had = len(todo) + done, f", {done} of them finished before" if done else ""
    print(f"{args.name}: {count} run{'s' * (count > 1)} of {len(learn):,} images{had}", file=sys.stderr)
    try:
        _perform_all(todo, args.jobs, learn, test, results)
    except KeyboardInterrupt:
        print(f"stopped early: what is finished is in {results.path}; the same command continues", file=sys.stderr)
        return 130
    rows = list(results.rows.values())
    for value, found in by_value(rows).items():
        spread = f"  ({min(found):.2%} to {max(found):.2%})" if len(found) > 1 else ""
        print(f"{args.name} {value:g}: {np.mean(found):.2%}{spread}")
    print(results.path)
    try:
        plot(rows, picture := results.path.with_suffix(".png"))
    except PlotError as error:
        raise PlotError(f"{error}; the same command then draws what is in {results.path}") from error
    print(picture)
    return 0


def _values(name: str, asked: Sequence[float] | None) -> list[float]:
    """The values to try, ascending, each once; UsageError if one is impossible."""
    experiment = EXPERIMENTS[name]
    for value in asked or ():
        if not experiment.low <= value <= experiment.high or (experiment.whole and value % 1):
            kind = "whole numbers" if experiment.whole else "numbers"
            raise UsageError(
                f"--values {value:g}: {name} takes {kind} from {experiment.low:g} to {experiment.high:g} "
                f"({experiment.axis})"
            )
    return sorted(set(asked or experiment.values))


def _images(data: Path, count: int | None) -> tuple[Images, Images, str]:
    """The images to learn from, the first `count` in an order that is always the same, the test images, and a checksum.

    That is of all of them, however they are packed: two folders of the same images have the same.
    """
    if data.is_file():
        raise UsageError(f"--data {data} is a file: give a folder that holds training and test images")
    learn, test = load_images(data, "train"), load_images(data, "test")
    if count is not None and count > len(learn):
        raise UsageError(f"--images {count}: {data} has {len(learn)} training images")
    checksum = hashlib.sha256()
    for array in (learn.images, learn.labels, test.images, test.labels):
        checksum.update(np.ascontiguousarray(array, np.uint8).data)
    return learn.part(np.random.default_rng(0).permutation(len(learn))[:count]), test, checksum.hexdigest()[:12]


class Results:
    """The finished rows of one experiment, by value and seed, and the CSV file they are kept in.

    data: the images' checksum. Raises DataError if the file holds something else, or was made with other settings.
    """

    def __init__(self, path: Path, experiment: str, images: int, data: str) -> None:
        self.path, self._data = path, data
        content = path.read_bytes() if path.exists() else b""
        whole = content.rpartition(b"\n")[0] + b"\n" if b"\n" in content else b""
        self._is_begun = bool(whole)
        self.rows: dict[tuple[float, int], Row] = {}
        for row, made_of in self._parse(whole or _lines(HEADER)):
            wanted = (experiment, images, EXPERIMENTS[experiment].teaching(row.value).epochs)
            if (row.experiment, row.images, row.epochs) != wanted:
                raise self._refusal(
                    f"experiment {row.experiment} with {row.images} images and {row.epochs} epochs, and {wanted[0]} "
                    f"with {wanted[1]} images and {wanted[2]} epochs was asked for"
                )
            if made_of != data:
                raise self._refusal(f"results on other images (checksum {made_of[:12]}, not {data})")
            self.rows[row.value, row.seed] = row
        if not self._is_begun and not _lines(HEADER).startswith(content):
            raise self._refusal("something else")
        if len(whole) < len(content):
            os.truncate(path, len(whole))  # the last line was cut off while it was written

    def add(self, rows: Sequence[Row]) -> None:
        """Keeps the rows of a run, for good when this returns."""
        with self.path.open("ab") as file:
            file.write(
                (b"" if self._is_begun else _lines(HEADER)) + _lines(*([*_texts(row), self._data] for row in rows))
            )
            file.flush()
            os.fsync(file.fileno())
        if not self._is_begun:
            directory = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        self._is_begun = True
        self.rows |= {(row.value, row.seed): row for row in rows}

    def _parse(self, content: bytes) -> Iterator[tuple[Row, str]]:
        try:
            header, *lines = csv.reader(content.decode().splitlines())
        except (UnicodeDecodeError, csv.Error) as error:
            raise self._refusal("something else") from error
        if header != HEADER:
            raise self._refusal(f"the columns {','.join(header)[:80]} instead of {','.join(HEADER)}")
        for number, line in enumerate(lines, 2):
            try:
                name, value, seed, images, epochs, accuracy, seconds, data = line
                row = Row(name, float(value), int(seed), int(images), int(epochs), float(accuracy), float(seconds))
                if not (EXPERIMENTS[name].low <= row.value <= EXPERIMENTS[name].high and 0 <= row.accuracy <= 1):
                    raise ValueError
                yield row, data
            except (ValueError, KeyError):
                raise self._refusal(f"no result in line {number}: {','.join(line)[:80]}") from None

    def _refusal(self, seen: str) -> DataError:
        return DataError(f"{self.path} holds {seen}; move it away, or give another --out")


def _texts(row: Row) -> list[str]:
    name, value, seed, images, epochs, accuracy, seconds = astuple(row)
    return [
        name,
        repr(value).removesuffix(".0"),
        str(seed),
        str(images),
        str(epochs),
        repr(round(accuracy, 6)),
        f"{seconds:.2f}",
    ]


def _lines(*rows: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _perform_all(todo: Sequence[Run], jobs: int, learn: Images, test: Images, results: Results) -> None:
    """Performs the runs in worker processes; each is kept as soon as it is finished."""
    if not todo:
        return
    workers = ProcessPoolExecutor(
        min(jobs, len(todo)), multiprocessing.get_context("spawn"), initializer=_begin, initargs=(learn, test)
    )
    bar = tqdm(
        total=sum(run.cost for run in todo),
        bar_format="{l_bar}{bar}| {elapsed}<{remaining}{postfix}",
        postfix=f"0 of {len(todo)} runs",
        smoothing=0,
        miniters=0,
        mininterval=1 if sys.stderr.isatty() else 60,
    )
    with workers, bar:
        try:
            with _environment(ONE_THREAD), _ctrl_c_held_back():
                pending = {workers.submit(_perform, run): run for run in todo}
            while pending:
                wait(pending, timeout=1, return_when=FIRST_COMPLETED)
                for future in [each for each in pending if each.done()]:
                    results.add(future.result())
                    bar.set_postfix_str(f"{len(todo) - len(pending) + 1} of {len(todo)} runs", refresh=False)
                    bar.update(pending.pop(future).cost)
                bar.update(0)  # the clock goes on
        except BaseException as error:
            for process in multiprocessing.active_children():
                process.terminate()
            if isinstance(error, BrokenProcessPool):
                raise InklingError(
                    f"a worker process was ended from outside, often for want of memory; what is finished is in "
                    f"{results.path}, and the same command continues (fewer --jobs take less memory)"
                ) from error
            raise


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Sets environment variables, which processes inherit that are started meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Processes that are started meanwhile never see Ctrl-C, which a terminal sends to all; this one sees it after."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


# what a worker process has been given
_data: tuple[Images, Images]


def _begin(learn: Images, test: Images) -> None:
    """Begins a worker process: it ends when the process that started it does, however that ends."""
    global _data
    _data = learn, test
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _perform(run: Run) -> list[Row]:
    return perform(run, *_data)

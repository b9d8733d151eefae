"""`inkling doctor`: looks at everything Inkling needs, and says in plain words what is wrong and what to do."""

import argparse
import json
import shutil
import signal
import sys
import textwrap
from types import FrameType
from typing import TextIO

from .. import __version__
from ..actled import LEDS
from ..device import Machine
from ..doctor.blinking import blink
from ..doctor.examination import CHECKS, Result, examine, worst
from ..doctor.findings import Patient, Status
from ..errors import told
from ..terminal import RESET, Style, printable, style_of

_COLOURS = {Status.OK: "32", Status.NOTE: "36", Status.WARNING: "33", Status.FAILURE: "1;31"}
_NAME = max(map(len, CHECKS))
_INDENT = len(f"{1:2}  {'':{_NAME}}  {'warning':7}  ")


def run(args: argparse.Namespace) -> int:
    """Makes all checks and shows them; returns 1 if one of them is a failure, else 0."""
    signal.signal(signal.SIGTERM, _end)  # so that the light is left as it was
    patient = Patient(Machine(), args.config)
    results = []
    for result in examine(patient):
        results.append(result)
        if not args.json:
            print("\n".join(lines(result, sys.stdout)), flush=True)
    if args.json:
        print(json.dumps(report(patient, results)))
    else:
        print(f"\n{summary(results)}", flush=True)
    failed = worst(results).finding.status is Status.FAILURE
    if args.blink:
        try:
            blink(worst(results), LEDS)
        except OSError as error:  # what was found is said already
            print(f"inkling doctor: --blink: {told(error)}", file=sys.stderr)
            failed = True
    return int(failed)


def report(patient: Patient, results: list[Result]) -> dict[str, object]:
    """All results as one object, with the facts of the machine."""
    return {
        "inkling": __version__,
        "worst": worst(results).finding.status.name.lower(),
        "machine": patient.machine.facts(),
        "checks": [result.as_json() for result in results],
    }


def lines(result: Result, stream: TextIO) -> list[str]:
    """A result as lines of text for a terminal, or for what else the stream is."""
    finding = result.finding
    width = max(60, min(shutil.get_terminal_size().columns, 120)) if stream.isatty() else 1000
    status = f"{finding.status.name.lower():7}"
    if stream.isatty() and style_of(stream) is not Style.PLAIN:
        status = f"\x1b[{_COLOURS[finding.status]}m{status}{RESET}"
    texts = [finding.seen] + ([f"-> {finding.advice}"] if finding.advice else [])
    wrapped = [part for text in texts for part in _wrapped(printable(text), width - _INDENT)]
    first = f"{result.number:2}  {result.name:{_NAME}}  {status}  {wrapped[0]}"
    return [first.rstrip(), *(" " * _INDENT + part for part in wrapped[1:])]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)


def summary(results: list[Result]) -> str:
    """How many results there are of each kind, and with which to begin."""
    counts = {status: sum(result.finding.status is status for result in results) for status in reversed(Status)}
    told = ", ".join(f"{count} {_plural(status, count)}" for status, count in counts.items() if count)
    first = worst(results)
    if first.finding.status < Status.WARNING:
        return f"{told}: nothing has to be done"
    return f"{told}: begin with {first.number}, {first.name}"


def _plural(status: Status, count: int) -> str:
    name = status.name.lower()
    return name if status is Status.OK or count == 1 else f"{name}s"


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)

"""The examination: all checks in their order, none of which can take the others down or hold them up."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import health, parts, service, software
from .findings import Check, Finding, Patient, warning

CHECKS: dict[str, Check] = {  # causes before what they cause; the light blinks their numbers, so new ones come last
    "board": parts.board,
    "python": software.python,
    "numpy": software.numpy,
    "blas": software.blas,
    "settings": software.settings,
    "model": software.model,
    "state": service.state,
    "space": health.space,
    "memory": health.memory,
    "power": health.power,
    "temperature": health.temperature,
    "throttling": health.throttling,
    "clock": health.clock,
    "picamera2": parts.picamera2,
    "camera": parts.camera,
    "pins": parts.pins,
    "groups": parts.groups,
    "service": service.service,
    "training": service.training,
    "samples": software.samples,
}
LONGEST_S = 150.0  # for one check


@dataclass(frozen=True)
class Result:
    """One check's finding, with its number, from 1, and its name."""

    number: int
    name: str
    finding: Finding

    def as_json(self) -> dict[str, Any]:
        """The result as the command line's JSON contract has it."""
        finding = self.finding
        status = finding.status.name.lower()
        return {
            "number": self.number,
            "name": self.name,
            "status": status,
            "seen": finding.seen,
            "advice": finding.advice or None,
        }


def examine(patient: Patient, checks: Mapping[str, Check] = CHECKS, longest_s: float = LONGEST_S) -> Iterator[Result]:
    """All checks in their order; each is given so many seconds."""
    for number, (name, check) in enumerate(checks.items(), start=1):
        yield Result(number, name, _finding(check, patient, longest_s))


def worst(results: list[Result]) -> Result:
    """The first of the worst results."""
    return max(results, key=lambda result: result.finding.status)


def _finding(check: Check, patient: Patient, longest_s: float) -> Finding:
    """What a check finds. One that fails itself is a warning; one that hangs is left behind, in a thread of its own."""
    found: list[Finding] = []

    def look() -> None:
        try:
            found.append(check(patient))
        except Exception as error:  # whatever it is, the other checks are wanted, too
            text = str(error) if isinstance(error, TimeoutError) else f"{type(error).__name__}: {error}"
            found.append(warning(f"it could not be looked at: {text}", "look again; if it stays, please report it"))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(longest_s)
    late = warning(f"it has not been answered within {longest_s:g} s", "look again when the machine has less to do")
    return found[0] if found else late

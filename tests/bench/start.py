"""How soon `watch` has a reading: the processor's time of whole processes, from the first instruction to the last."""

import os
import subprocess
import sys

TITLE = "start: watch to first reading, above NumPy"
GOAL_S = 0.7
TRIES = 7
FIRST_READING = "4"  # frames, by when the simulated camera's first page has been announced


def report(only: str) -> list[bool]:
    """Prints the line, if `only` is in its name; returns for it whether it misses its goal."""
    if only not in TITLE:
        return []
    watch = ["-m", "inkling.cli", "watch", "--camera", "simulated", "--display", "json", "--frames", FIRST_READING]
    took_s = min(cpu_s(watch) for _ in range(TRIES)) - min(cpu_s(["-c", "import numpy"]) for _ in range(TRIES))
    is_missed = took_s > GOAL_S
    print(f"\n{TITLE:44} {took_s:6.2f} s {GOAL_S:5.1f} s{'  missed' * is_missed}")
    return [is_missed]


def cpu_s(arguments: list[str]) -> float:
    """The processor's time that a Python takes, seconds; raises CalledProcessError if it fails."""
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, arguments)
    return usage.ru_utime + usage.ru_stime

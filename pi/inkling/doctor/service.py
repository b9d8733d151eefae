"""Checks of what runs by itself: where it keeps what it learns, the reading service, the training at night."""

import os
import re

from ..device import COMMAND_S, Machine, User
from .findings import SERVICE, SERVICE_USER, STATE, Finding, Patient, failure, note, ok, warning

TRAINING, TIMER = "inkling-train.service", "inkling-train.timer"
PROPERTIES = (
    *("LoadState", "ActiveState", "SubState", "Result", "ExecMainStatus", "NRestarts", "StatusText", "UnitFileState"),
    "SupplementaryGroups",
)
RESULTS = {
    "watchdog": "it hung, and the watchdog ended it",
    "oom-kill": "there was not enough memory for it",
    "signal": "a signal ended it",
    "core-dump": "it crashed",
    "timeout": "it did not start or stop in time",
    "start-limit-hit": "it failed too often, and is not started again",
}


def state(patient: Patient) -> Finding:
    """The state directory: there, of the service's user, on a disk that keeps what is written."""
    machine = patient.machine
    folder = machine.path(STATE)
    if not folder.is_dir():
        if patient.serves:
            return warning(f"there is no /{STATE}", f"the service makes it: sudo systemctl restart {SERVICE}")
        return note(f"there is no /{STATE}; it comes with the service")
    kind, writable = _file_system(machine, f"/{STATE}")
    if not writable:
        return failure(
            f"/{STATE} is on a disk that is read-only: nothing that is learnt is kept",
            "the card may be damaged: see `dmesg`; on a read-only system, keep it on a partition that can be written",
        )
    if kind in ("overlay", "tmpfs") and machine.is_pi:
        return warning(
            f"/{STATE} is in memory: what is learnt is lost with the power",
            "sudo raspi-config, Performance Options, Overlay File System: No; or overlayroot=tmpfs:recurse=0 and a "
            "partition of its own",
        )
    status = folder.stat()
    if patient.serves:
        user = machine.users[SERVICE_USER]
        names = [STATE, *(f"{STATE}/{name}" for name in _entries(folder))]
        if others := [name for name in names if not _may_write(user, machine.path(name).lstat(), machine)]:
            return failure(
                f"/{others[0]} is not the user {user.name}'s, who cannot write it",
                f"sudo chown -R {user.name}: /{STATE}",
            )
    if not status.st_mode & 0o200:
        return failure(f"/{STATE} is closed to its own user", f"sudo chmod u+rwx /{STATE}")
    return ok(f"/{STATE} can be written")


def service(patient: Patient) -> Finding:
    """The service that reads: whether it runs, and what it said when it last failed."""
    machine = patient.machine
    unit = properties(machine, SERVICE)
    if not unit:
        return note("there is no systemd here: nothing is started by itself")
    if unit.get("LoadState") != "loaded":
        return note("it is not installed; the .deb package brings it")
    active, sub = unit.get("ActiveState", ""), unit.get("SubState", "")
    again = f"sudo systemctl restart {SERVICE}; see: journalctl -u {SERVICE}"
    if active == "failed" or sub == "auto-restart":
        wrong = "wrong settings are not tried again; correct them, then " if unit.get("ExecMainStatus") == "2" else ""
        return failure(f"it has failed: {_reason(unit)}{_last_words(machine, SERVICE)}", f"{wrong}{again}")
    if active == "active":
        restarts = unit.get("NRestarts", "0")
        if restarts not in ("", "0"):
            seen = f"it runs, started again {restarts} times{_last_words(machine, SERVICE)}"
            return warning(seen, f"see: journalctl -u {SERVICE}")
        status = unit.get("StatusText")
        return ok(f"it runs: {status}" if status else "it runs")
    if active in ("activating", "reloading"):
        return note("it is starting", "look again in a minute")
    if unit.get("UnitFileState") == "disabled":
        return warning("it is stopped, and does not start with the machine", f"sudo systemctl enable --now {SERVICE}")
    return warning("it is stopped", f"sudo systemctl start {SERVICE}")


def training(patient: Patient) -> Finding:
    """The training at night: whether it will start, and how it ended last."""
    machine = patient.machine
    unit, timer = properties(machine, TRAINING), properties(machine, TIMER)
    if unit.get("LoadState") != "loaded":
        return note("it is not installed")
    if unit.get("ActiveState") == "failed":
        said = _last_words(machine, TRAINING)
        return failure(f"the last one has failed: {_reason(unit)}{said}", f"see: journalctl -u {TRAINING}")
    if unit.get("ActiveState") in ("active", "activating"):
        return ok("it is training now")
    if timer.get("ActiveState") != "active":
        return note("no night is set for it", f"sudo systemctl enable --now {TIMER}")
    return ok("it starts at night")


def properties(machine: Machine, unit: str) -> dict[str, str]:
    """What systemd says of a unit; empty where there is no systemd."""
    output = machine.run(["systemctl", "show", unit, f"--property={','.join(PROPERTIES)}"], COMMAND_S)
    if output is None or output.status:
        return {}
    return dict(line.split("=", 1) for line in output.out.splitlines() if "=" in line)


def _reason(unit: dict[str, str]) -> str:
    result = unit.get("Result", "")
    return RESULTS.get(result) or f"exit status {unit.get('ExecMainStatus', '?')}"


def _last_words(machine: Machine, unit: str) -> str:
    """The last thing that the unit said itself, where it may be seen; errors begin with the program's name."""
    match = ["journalctl", "--quiet", "--no-pager", "--output=cat", "--lines=30", f"_SYSTEMD_UNIT={unit}"]
    output = machine.run(match, COMMAND_S)
    lines = [line.strip() for line in (output.out if output else "").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("inkling ")]
    last = (errors or lines or [""])[-1]
    return f'; it said: "{last}"' if last else ""


def _entries(folder: os.PathLike[str]) -> list[str]:
    """What is in a folder, as far as it may be seen."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208  # names, not paths
    except PermissionError:
        return []


def _may_write(user: User, status: os.stat_result, machine: Machine) -> bool:
    """Whether a file is a user's, or lent to one of its groups, as the samples are that somebody else has begun."""
    lent = {number for name, (number, _) in machine.groups.items() if name in user.groups}
    return status.st_uid == user.uid or bool(status.st_mode & 0o020 and status.st_gid in lent)


def _file_system(machine: Machine, path: str) -> tuple[str, bool]:
    """The kind of the file system under a path, and whether it can be written.

    What counts is the file system's own flag: a service that is closed in sees all mounts read-only.
    """
    found = ("", True, "")
    for line in (machine.read("proc/self/mountinfo") or "").splitlines():
        parts = re.fullmatch(r"\d+ \d+ \S+ \S+ (\S+) \S+ .*?- (\S+) \S+ (\S+)", line)
        if parts and (path + "/").startswith(parts[1].rstrip("/") + "/") and len(parts[1]) >= len(found[2]):
            found = (parts[2], "ro" not in parts[3].split(","), parts[1])  # a later mount lies over an earlier one
    return found[0], found[1]

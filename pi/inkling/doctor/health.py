"""Checks of how the machine fares: power, heat, memory, space, clock."""

import time
from pathlib import Path

from ..device import CAPPED, COMMAND_S, SINCE_BOOT, SOFT_LIMIT, THROTTLED, UNDERVOLTAGE, Machine
from .findings import STATE, Finding, Patient, failure, note, ok, warning

HOT = 75.0  # degrees Celsius; from 80 on the firmware slows the processor down, and at 85 it does so by much
LEAST_MEMORY = 150e6  # bytes: training takes 136 MB at its peak, reading 53 (`inkling bench device`, x86-64)
LEAST_SPACE, NO_SPACE = 100e6, 10e6  # bytes: the training set takes 55 MB, a model half of one
DAY_S = 86400
WRITTEN = ("usr/lib/os-release", "var/lib/dpkg/status", "var/lib/systemd/timesync/clock")  # by clocks that were right
SUPPLY = "take a supply of 5 V and 2.5 A with a short, thick cable"


def power(patient: Patient) -> Finding:
    """Whether the supply is strong enough, now and since the start."""
    machine = patient.machine
    bits, alarm = machine.throttled, machine.undervoltage
    if bits is None and alarm is None:
        return _unseen(machine)
    if alarm or (bits or 0) & UNDERVOLTAGE:
        return failure("the supply is too weak, now: the card may be damaged, and pictures lost", SUPPLY)
    if bits is None:
        return ok("strong enough now (before now: not known)")
    if bits & UNDERVOLTAGE << SINCE_BOOT:
        return warning("the supply is strong enough now, but was too weak since the start", SUPPLY)
    return ok("strong enough, now and since the start")


def throttling(patient: Patient) -> Finding:
    """Whether the firmware slows the processor down."""
    bits = patient.machine.throttled
    if bits is None:
        return _unseen(patient.machine)
    slow = CAPPED | THROTTLED | SOFT_LIMIT
    if bits & slow:
        return warning(f"the processor is slowed down ({bits:#x})", "give it air, and look at power")
    if bits & slow << SINCE_BOOT:
        return note(f"at full speed now, but was slowed down since the start ({bits:#x})", "give it air, look at power")
    return ok("at full speed, now and since the start")


def temperature(patient: Patient) -> Finding:
    """How hot the processor is."""
    celsius = patient.machine.temperature
    if celsius is None:
        return note("it cannot be measured here")
    if celsius >= HOT:
        return warning(f"{celsius:.0f} °C; above 80 °C the processor is slowed down", "give it air, or a heat sink")
    return ok(f"{celsius:.0f} °C")


def memory(patient: Patient) -> Finding:
    """Whether there is memory for reading and training."""
    found = patient.machine.memory()
    if "MemAvailable" not in found:
        return note("it cannot be seen here")
    seen = f"{found['MemAvailable'] / 1e6:.0f} MB of {found['MemTotal'] / 1e6:.0f} MB are available"
    if found["MemAvailable"] < LEAST_MEMORY:
        return warning(seen, "end other programs (`top`), or use Raspberry Pi OS Lite, which has no desktop")
    return ok(seen)


def space(patient: Patient) -> Finding:
    """Whether there is room for what is learnt."""
    folder: Path = patient.machine.path(STATE)
    while not folder.exists():
        folder = folder.parent
    free = patient.machine.free_bytes(folder)
    seen = f"{free / 1e6:.0f} MB are free" if free < 10e9 else f"{free / 1e9:.0f} GB are free"
    advice = "make room: sudo apt clean, or take a larger card"
    if free < NO_SPACE:
        return failure(seen, advice)
    return warning(f"{seen}; 100 MB are good to have", advice) if free < LEAST_SPACE else ok(seen)


def clock(patient: Patient) -> Finding:
    """Whether the clock can be right: a Pi has none that goes on without power."""
    machine = patient.machine
    now = machine.now_s()
    shown = time.strftime("%Y-%m-%d %H:%M", time.localtime(now))
    files = [machine.path(name) for name in WRITTEN]
    latest = max((path.stat().st_mtime for path in files if path.exists()), default=0.0)
    network = "connect it to a network, or set it: sudo date -s '2030-12-31 23:59'"
    if now < latest - DAY_S:
        then = time.strftime("%Y-%m-%d", time.localtime(latest))
        return warning(f"{shown}, which is wrong: it was {then} already", network)
    synchronised = _synchronised(machine)
    if synchronised is None:
        return note(f"{shown}; whether that was compared with a network's cannot be seen")
    if not synchronised:
        return note(f"{shown}; no network has set it since the start: the hours of the night may be wrong", network)
    return ok(f"{shown}, set by the network")


def _synchronised(machine: Machine) -> bool | None:
    output = machine.run(["timedatectl", "show", "--property=NTPSynchronized", "--value"], COMMAND_S)
    answer = output.out.strip() if output and not output.status else ""
    if answer in ("yes", "no"):
        return answer == "yes"
    return True if machine.path("run/systemd/timesync/synchronized").exists() else None


def _unseen(machine: Machine) -> Finding:
    if machine.is_pi:
        return note("the firmware does not say", "as root it may: sudo inkling doctor")
    return note("no Raspberry Pi here")

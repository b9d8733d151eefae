"""Checks of what is connected: the board, its camera, its pins, and who may use them."""

import json
import os
import re

from ..device import Machine, last_line
from .findings import SERVICE, SERVICE_USER, Finding, Patient, failure, note, ok, warning
from .service import properties

GROUPS = ("video", "gpio")
LENSES = ("dw9807", "dw9714", "ad5398")  # motors that focus, which look like sensors from outside
NO_BOARD = "no Raspberry Pi here"
_PINS = """
import json, importlib.util as util, importlib.metadata as metadata
def version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "?"
print(json.dumps({name: version(name) if util.find_spec(name) else None for name in ("gpiozero", "lgpio")}))
"""
_PICAMERA2 = "import importlib.metadata as metadata, picamera2; print(metadata.version('picamera2'))"


def board(patient: Patient) -> Finding:
    """Which board this is."""
    machine = patient.machine
    if machine.is_pi:
        return ok(machine.board or "")
    return note(f"{machine.board or NO_BOARD}: what only a Raspberry Pi has is not missed")


def picamera2(patient: Patient) -> Finding:
    """The camera's library; importing it opens no camera, and shows whether it fits to NumPy."""
    output = patient.machine.ask_python(_PICAMERA2)
    if not output.status:
        return ok(f"picamera2 {last_line(output.out)}")
    error = last_line(output.err)
    if "No module named 'picamera2'" not in error:
        return _missing(
            patient.wants_camera or patient.machine.is_pi,
            f"picamera2 does not load: {error or f'exit status {output.status}'}",
            "sudo apt install --reinstall python3-picamera2 python3-numpy; python3 -m pip uninstall numpy simplejpeg",
        )
    advice = "sudo apt install python3-picamera2" if patient.machine.is_pi else ""
    return _missing(patient.wants_camera, "picamera2 is not installed", advice)


def camera(patient: Patient) -> Finding:
    """The camera as the kernel lists it, and who holds it; it is not opened, since the service may be reading."""
    machine = patient.machine
    names = [machine.read(f"{device}/name") or "" for device in machine.listed("sys/class/video4linux/*")]
    sensors = [name.split()[0] for name in names if re.fullmatch(r"\w+ \d+-[0-9a-f]{4}", name)]
    sensors = [name for name in sensors if name not in LENSES]
    if not sensors:
        if not machine.is_pi:
            return _missing(patient.wants_camera, "no camera here; the simulated one needs none", "")
        if any(name.startswith("mmal service") for name in names):
            return failure(
                "the camera is run by the old system, which picamera2 cannot use",
                "take start_x=1 out of /boot/firmware/config.txt, put camera_auto_detect=1 in, and restart",
            )
        config = machine.read("boot/firmware/config.txt") or machine.read("boot/config.txt")
        if config is not None and not re.search(r"^(camera_auto_detect=1|dtoverlay=(imx|ov|arducam))", config, re.M):
            return _missing(
                patient.wants_camera,
                "no camera is found, and config.txt does not look for one",
                "put camera_auto_detect=1 into /boot/firmware/config.txt, and restart",
            )
        return _missing(
            patient.wants_camera,
            "no camera is found",
            "cut the power and push the ribbon in straight, contacts towards the board; a camera that is not Raspberry "
            "Pi's needs its dtoverlay= in /boot/firmware/config.txt",
        )
    seen = ", ".join(sensors)
    holder = _camera_holder(machine)
    if holder is None:
        return ok(f"{seen}, free")
    pid, command, unit = holder
    if unit == SERVICE:
        return ok(f"{seen}, in use by {SERVICE}")
    stop = f"sudo systemctl stop {unit}" if unit else f"end it, or: sudo kill {pid}"
    seen = f"{seen}, in use by {command or 'another program'} (process {pid})"
    return failure(seen, stop) if patient.wants_camera else warning(seen, stop)


def pins(patient: Patient) -> Finding:
    """What drives LEDs and buttons: gpiozero, lgpio under it, and the chip."""
    machine = patient.machine
    wanted = bool(patient.usable.pins)
    found = json.loads(last_line(machine.ask_python(_PINS).out))
    if missing := [name for name, version in found.items() if version is None]:
        packages = " ".join(f"python3-{name}" for name in missing)
        advice = f"sudo apt install {packages}" if machine.is_pi else ""
        return _missing(wanted, f"{' and '.join(missing)} not installed", advice)
    seen = ", ".join(f"{name} {version}" for name, version in found.items())
    if not machine.listed("dev/gpiochip*"):
        return _missing(wanted and machine.is_pi, f"{seen}; there is no /dev/gpiochip0", "use Raspberry Pi OS's kernel")
    factory = machine.environment.get("GPIOZERO_PIN_FACTORY", "")
    if factory not in ("", "lgpio"):
        return note(f"{seen}; GPIOZERO_PIN_FACTORY asks for {factory} pins", "unset it, unless that is meant")
    return ok(seen)


def groups(patient: Patient) -> Finding:
    """Whether the service, or where there is none the one who asks, may use camera and pins."""
    machine = patient.machine
    if not machine.is_pi:
        return note(NO_BOARD)
    users = machine.users
    if patient.serves:
        lent = properties(machine, SERVICE).get("SupplementaryGroups", "").split()
        if lacks := [name for name in GROUPS if name not in users[SERVICE_USER].groups and name not in lent]:
            return failure(
                f"the user {SERVICE_USER} is not in {' and '.join(lacks)}",
                f"sudo usermod -aG {','.join(lacks)} {SERVICE_USER}; sudo systemctl restart {SERVICE}",
            )
    if machine.uid == 0:
        return ok("root may use camera and pins")
    me = next((user for user in users.values() if user.uid == machine.uid), None)
    if me is None:
        return note(f"the user {machine.uid} is not in /etc/passwd: its groups are not known")
    if lacks := [name for name in GROUPS if name not in me.groups]:
        seen = f"{me.name} is not in {' and '.join(lacks)}"
        advice = f"sudo usermod -aG {','.join(lacks)} {me.name}; then log in again"
        if patient.serves:
            return note(f"{SERVICE_USER} may use camera and pins; {seen}", f"to use them by hand, too: {advice}")
        return warning(seen, advice)
    return ok(f"{me.name} may use camera and pins")


def _missing(wanted: bool, seen: str, advice: str) -> Finding:
    """What is not there: a failure if the settings ask for it, otherwise a note."""
    if wanted:
        return failure(seen, advice or "take another camera or display in the settings, or install it")
    return note(seen, advice)


def _camera_holder(machine: Machine) -> tuple[int, str, str] | None:
    """Process, command and unit of whoever has the camera: libcamera locks the media devices that it uses (lockf).

    /proc/locks shows this to everybody; command and unit are empty where they may not be seen.
    """
    media = set()
    for device in machine.listed("dev/media*"):
        status = machine.path(device).stat()
        media.add(f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}")
    for line in (machine.read("proc/locks") or "").splitlines():
        found = re.search(r" POSIX .* (\d+) (\w+:\w+:\d+) ", line)
        if found and found[2] in media:
            unit = re.search(r"([^/]+\.service)\b", machine.read(f"proc/{found[1]}/cgroup") or "")
            return int(found[1]), machine.read(f"proc/{found[1]}/comm") or "", unit[1] if unit else ""
    return None

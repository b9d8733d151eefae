"""The machine this runs on, seen through its files, its commands and a fresh Python: facts for doctor and bench."""

import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .errors import DeviceError

COMMAND_S = 10.0  # for a command of the system; on a busy Pi Zero, systemctl takes one or two
PYTHON_S = 120.0  # for a fresh Python that imports NumPy or picamera2: ten seconds on a Pi Zero, more from a bad card

UNDERVOLTAGE, CAPPED, THROTTLED, SOFT_LIMIT = (1 << bit for bit in range(4))  # of the firmware's get_throttled
SINCE_BOOT = 16  # the same bits so much higher: it was so since the start

# NumPy is asked in a Python of its own: one that was built for another processor ends the process with SIGILL, and
# what it links to is not what it was built with (np.show_config) but what the system has put in that place.
_NUMPY = """
import json, time, numpy
a = numpy.ones((192, 192), numpy.float32)
b = a @ a
took = []
for _ in range(3):
    start = time.perf_counter()
    numpy.matmul(a, a, out=b)
    took.append(time.perf_counter() - start)
try:
    with open("/proc/self/maps") as maps:
        libraries = sorted({line[line.index("/"):].strip() for line in maps if "/" in line})
except OSError:
    libraries = []
gflops = 2 * 192**3 / min(took) / 1e9
print(json.dumps({"version": numpy.__version__, "file": numpy.__file__, "gflops": gflops, "libraries": libraries}))
"""
_BLAS = {
    "openblas": "OpenBLAS",
    "mkl": "MKL",
    "blis": "BLIS",
    "atlas": "ATLAS",
    "armpl": "Arm Performance Libraries",
    "libblas": "reference BLAS",  # the last: Debian's OpenBLAS is openblas-pthread/libblas.so.3
}
REFERENCE = _BLAS["libblas"]
NO_BLAS = "none"


@dataclass(frozen=True)
class Output:
    """What a command has left: its exit status (negative: the signal that ended it), stdout and stderr."""

    status: int
    out: str
    err: str = ""


def run_command(command: Sequence[str], timeout_s: float) -> Output | None:
    """Runs a command to its end; None if there is none of that name. Raises TimeoutError."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            text=True,
            errors="replace",
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except FileNotFoundError:
        return None
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"{Path(command[0]).name} has not answered within {timeout_s:g} s") from None
    return Output(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class NumPy:
    """A NumPy that works. gflops: billions of floating-point operations a second, in a product of float32 matrices.

    blas: the name of the library that multiplies for it, NO_BLAS for its own loops, None where that cannot be seen.
    """

    version: str
    file: str
    blas: str | None
    library: str
    gflops: float


@dataclass(frozen=True)
class User:
    """A user of the system, and the names of the groups it is in."""

    name: str
    uid: int
    groups: frozenset[str]


@dataclass(frozen=True)
class Machine:
    """Where facts come from; a test gives a folder with files of its own as root, and its own commands.

    root: the folder that is taken for /. free_bytes: what is free for everybody on the disk of a folder.
    uid: who asks. now_s: POSIX time.
    """

    root: Path = Path("/")
    run: Callable[[Sequence[str], float], Output | None] = run_command
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    uid: int = field(default_factory=os.geteuid)
    now_s: Callable[[], float] = time.time
    python: tuple[int, ...] = sys.version_info[:3]
    in_environment: bool = sys.prefix != sys.base_prefix

    def path(self, name: str) -> Path:
        """A file or folder, named from the root without its first slash."""
        return self.root / name

    def read(self, name: str) -> str | None:
        """What is in a file, without blanks and zeros at its ends; None if it cannot be read, whatever the reason."""
        try:
            return self.path(name).read_text("utf-8", errors="replace").strip("\0 \n")
        except OSError:
            return None

    def listed(self, pattern: str) -> list[str]:
        """The names, from the root, that match a pattern, in order."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.glob(pattern))

    def ask_python(self, script: str) -> Output:
        """Runs a script in a fresh Python like this one, away from what lies in the working directory."""
        output = self.run([sys.executable, "-P", "-c", script], PYTHON_S)
        if output is None:
            raise DeviceError(f"{sys.executable}, this very Python, is not there")
        return output

    @property
    def board(self) -> str | None:
        """The model of a board with a device tree ("Raspberry Pi Zero W Rev 1.1"); None on a PC."""
        return self.read("proc/device-tree/model") or None

    @property
    def is_pi(self) -> bool:
        return (self.board or "").startswith("Raspberry Pi")

    @cached_property
    def numpy(self) -> NumPy:
        """The NumPy that a fresh Python gets. Raises DeviceError with what it did instead."""
        output = self.ask_python(_NUMPY)
        if output.status == -signal.SIGILL:
            raise DeviceError("NumPy or its BLAS is built for another processor: illegal instruction")
        if output.status:
            raise DeviceError(f"NumPy does not load: {last_line(output.err) or f'exit status {output.status}'}")
        seen = json.loads(last_line(output.out))
        blas, library = blas_among(seen["libraries"])
        return NumPy(seen["version"], seen["file"], blas, library, seen["gflops"])

    @cached_property
    def groups(self) -> dict[str, tuple[int, list[str]]]:
        """The number and the members of each group, as /etc/group has them."""
        lines = [line.split(":") for line in (self.read("etc/group") or "").splitlines() if line.count(":") == 3]
        return {name: (int(number), members.split(",")) for name, _, number, members in lines}

    @cached_property
    def users(self) -> dict[str, User]:
        """The users and their groups, as /etc/passwd and /etc/group have them."""
        users = {}
        for line in (self.read("etc/passwd") or "").splitlines():
            if line.count(":") == 6:
                name, _, uid, gid, *_ = line.split(":")
                within = {g for g, (number, members) in self.groups.items() if number == int(gid) or name in members}
                users[name] = User(name, int(uid), frozenset(within))
        return users

    @property
    def temperature(self) -> float | None:
        """Of the processor, degrees Celsius."""
        for zone in self.listed("sys/class/thermal/thermal_zone*"):
            if re.search(r"cpu|soc|pkg", self.read(f"{zone}/type") or ""):
                value = self.read(f"{zone}/temp") or ""
                return int(value) / 1000 if value.lstrip("-").isdigit() else None
        return None

    @cached_property
    def throttled(self) -> int | None:
        """The bits of the firmware's get_throttled; None where there is none, or it may not be asked."""
        output = self.run(["vcgencmd", "get_throttled"], COMMAND_S)
        text = output.out if output else ""
        if found := re.search(r"throttled=(0x[0-9a-fA-F]+)", text):
            return int(found[1], 16)
        file = self.read("sys/devices/platform/soc/soc:firmware/get_throttled")
        return int(file, 16) if file and re.fullmatch(r"(0x)?[0-9a-fA-F]+", file) else None

    @property
    def undervoltage(self) -> bool | None:
        """Whether the kernel finds the supply too weak, now; None where it does not watch it."""
        for monitor in self.listed("sys/class/hwmon/hwmon*"):
            if self.read(f"{monitor}/name") == "rpi_volt" and (alarm := self.read(f"{monitor}/in0_lcrit_alarm")):
                return alarm == "1"
        return None

    def memory(self) -> dict[str, int]:
        """What /proc/meminfo says, in bytes, by its names."""
        lines = re.findall(r"^(\w+):\s+(\d+) kB$", self.read("proc/meminfo") or "", re.MULTILINE)
        return {name: int(kilobytes) * 1024 for name, kilobytes in lines}

    def facts(self) -> dict[str, Any]:
        """The machine for a report, as plain data; what cannot be had is None."""
        cpu = re.search(r"^model name\s*: (.+)$", self.read("proc/cpuinfo") or "", re.MULTILINE)
        system = re.search(r'^PRETTY_NAME="?([^"\n]+)', self.read("etc/os-release") or "", re.MULTILINE)
        memory = self.memory().get("MemTotal")
        try:
            numpy = self.numpy
        except (DeviceError, TimeoutError):
            numpy = None
        return {
            "board": self.board,
            "cpu": cpu[1] if cpu else platform.machine(),
            "architecture": platform.machine(),
            "cores": os.cpu_count(),
            "memory_mb": memory and round(memory / 1e6),
            "system": system and system[1],
            "kernel": self.read("proc/sys/kernel/osrelease"),
            "python": ".".join(map(str, self.python)),
            "numpy": numpy and numpy.version,
            "blas": numpy and numpy.blas,
            "blas_library": numpy and numpy.library,
            "gflops": numpy and float(f"{numpy.gflops:.3g}"),
        }


def blas_among(libraries: Sequence[str]) -> tuple[str | None, str]:
    """The BLAS among the paths of the libraries that a process has loaded, and its path.

    Only a library's name and its folder's tell: a home directory may be called anything. None where no library is seen.
    """
    if not libraries:
        return None, ""
    tails = {"/".join(Path(library).parts[-2:]).lower(): library for library in libraries if ".so" in library}
    for part, name in _BLAS.items():
        for tail, library in tails.items():
            if part in tail:
                named = [path for path in tails.values() if part in Path(path).name.lower()]
                return name, [*named, library][0]  # the library itself, rather than what stands for it
    return NO_BLAS, ""


def last_line(text: str) -> str:
    """The last line that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")

"""A Raspberry Pi Zero in a folder, for tests of what looks at machines: real files, and what its commands answer."""

import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inkling.device import Machine, Output, run_command
from inkling.doctor.findings import Patient

APT_NUMPY = {
    "version": "1.24.2",
    "file": "/usr/lib/python3/dist-packages/numpy/__init__.py",
    "gflops": 0.27,
    "libraries": [
        "/usr/lib/arm-linux-gnueabihf/libc.so.6",
        "/usr/lib/arm-linux-gnueabihf/openblas-pthread/libblas.so.3",
        "/usr/lib/arm-linux-gnueabihf/openblas-pthread/libopenblasp-r0.3.21.so",
    ],
}
SERVICE = {
    "LoadState": "loaded",
    "ActiveState": "active",
    "SubState": "running",
    "Result": "success",
    "ExecMainStatus": "0",
    "NRestarts": "0",
    "StatusText": "reading",
    "UnitFileState": "enabled",
    "SupplementaryGroups": "",
}
NOW_S = 2_000_000_000.0  # in May 2033


def shown(properties: dict[str, str]) -> Output:
    """What `systemctl show` prints."""
    return Output(0, "".join(f"{key}={value}\n" for key, value in properties.items()))


class Board:
    """A Pi with which all is well, until a test changes its files or the answers of its commands.

    answers: by the beginning of the command line; python: by a word in the script that a fresh Python is given.
    Scripts that are not named there are really run. What belongs to the user `inkling` is owned by who runs the test.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.answers: dict[str, Output | Exception | None] = {
            "vcgencmd get_throttled": Output(0, "throttled=0x0\n"),
            "timedatectl show": Output(0, "yes\n"),
            "systemctl show inkling.service": shown(SERVICE),
            "systemctl show inkling-train.service": shown({**SERVICE, "ActiveState": "inactive"}),
            "systemctl show inkling-train.timer": shown({**SERVICE, "StatusText": ""}),
            "journalctl": Output(0, ""),
        }
        self.python: dict[str, Output] = {
            "numpy.ones": Output(0, json.dumps(APT_NUMPY)),
            "picamera2": Output(0, "0.3.31\n"),
            "lgpio": Output(0, json.dumps({"gpiozero": "2.0.1", "lgpio": "0.2.2.0"})),
        }
        for name, text in {
            "proc/device-tree/model": "Raspberry Pi Zero W Rev 1.1\0",
            "proc/cpuinfo": "processor\t: 0\nmodel name\t: ARMv6-compatible processor rev 7 (v6l)\n",
            "proc/meminfo": "MemTotal:         440000 kB\nMemFree:          100000 kB\nMemAvailable:     300000 kB\n",
            "proc/locks": "",
            "proc/self/mountinfo": "22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw\n",
            "proc/sys/kernel/osrelease": "6.12.34+rpt-rpi-v6\n",
            "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
            "sys/class/thermal/thermal_zone0/temp": "41160\n",
            "sys/class/hwmon/hwmon0/name": "cpu_thermal\n",
            "sys/class/hwmon/hwmon1/name": "rpi_volt\n",
            "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "0\n",
            "sys/class/video4linux/v4l-subdev0/name": "imx219 10-0010\n",
            "sys/class/video4linux/video0/name": "unicam-image\n",
            "sys/class/leds/ACT/brightness": "0\n",
            "sys/class/leds/ACT/max_brightness": "255\n",
            "sys/class/leds/ACT/trigger": "none kbd-scrolllock [mmc0] timer heartbeat\n",
            "dev/gpiochip0": "",
            "dev/media0": "",
            "boot/firmware/config.txt": "camera_auto_detect=1\n",
            "etc/passwd": f"root:x:0:0::/root:/bin/sh\ninkling:x:{os.getuid()}:998::/var/lib/inkling:/bin/false\n"
            f"pi:x:{self.pi}:1000::/home/pi:/bin/bash\n",
            "etc/group": "root:x:0:\nvideo:x:44:pi,inkling\ngpio:x:993:inkling,pi\ninkling:x:998:\npi:x:1000:\n",
            "etc/os-release": 'PRETTY_NAME="Raspbian GNU/Linux 13 (trixie)"\nID=raspbian\n',
            "usr/lib/os-release": "",
            "var/lib/inkling/models/1.npz": "",
        }.items():
            self.write(name, text)
        os.utime(root / "usr/lib/os-release", (NOW_S - 1e7, NOW_S - 1e7))

    @property
    def pi(self) -> int:
        """The number of the user `pi`, who asks."""
        return os.getuid() + 1

    def write(self, name: str, text: str) -> Path:
        """Writes a file, named from the root, with the folders it is in."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def run(self, command: Sequence[str], timeout_s: float) -> Output | None:
        """Answers a command."""
        if command[0] == sys.executable:
            named = [output for word, output in self.python.items() if word in command[-1]]
            return named[0] if named else run_command(command, timeout_s)
        answer = next((a for start, a in self.answers.items() if " ".join(command).startswith(start)), None)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def machine(self, **changes: Any) -> Machine:
        """The machine as `inkling doctor` is given it."""
        machine = Machine(
            root=self.root,
            run=self.run,
            free_bytes=lambda path: 5 * 10**9,
            environment={},
            uid=self.pi,
            now_s=lambda: NOW_S,
            python=(3, 13, 5),
            in_environment=False,
        )
        return dataclasses.replace(machine, **changes)

    def patient(self, **changes: Any) -> Patient:
        """The machine with the settings that it has."""
        return Patient(self.machine(**changes))

"""An emulated Raspberry Pi Zero: QEMU's raspi0 with a card, a serial console, and a look at its registers.

Its 512 MB, its ARM1176 and its GPIO registers are those of the board; its speed is not. Killing it is a power cut: what
the system had not yet written to the card is gone. Cards that tear a page while they write it are not modelled.
"""

import itertools
import json
import re
import socket
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

GPFSEL0, GPLEV0 = 0x20200000, 0x20200034  # BCM2835 ARM Peripherals, page 90: function of each pin, level of each pin
OUTPUT = 1
PATIENCE_S = 600  # for anything to happen: the machine below may have other work to do
# Power domains and I2C of the chip are not emulated, and their drivers would wait for them. USB is not needed.
ARGUMENTS = (
    "console=ttyAMA0,115200 root=/dev/mmcblk0p2 rw rootwait panic=-1 quiet systemd.show_status=no initcall_blacklist="
    "bcm2835_power_driver_init,bcm2835_i2c_driver_init,dwc2_platform_driver_init"
)


class Machine:
    """A board that boots from a card when it is made, and whose power is cut by `cut`, which may be called twice.

    boot: the folder with vmlinuz, initrd.gz and zero.dtb. card: the image, which is written to. Raises TimeoutError for
    what does not happen, with the end of what the console has shown; RuntimeError if QEMU does not run.
    """

    def __init__(self, boot: Path, card: Path) -> None:
        self._folder = card.parent
        self._numbers = itertools.count()
        self._shown = b""  # by the console since it was last looked at
        self._news = threading.Condition()
        console, monitor = (self._folder / name for name in ("console.sock", "monitor.sock"))
        for path in (console, monitor):
            path.unlink(missing_ok=True)
        command: list[str | Path] = ["qemu-system-arm", "-M", "raspi0", "-display", "none", "-monitor", "none"]
        command += ["-kernel", boot / "vmlinuz", "-initrd", boot / "initrd.gz", "-dtb", boot / "zero.dtb"]
        command += ["-append", ARGUMENTS, "-drive", f"if=sd,file={card},format=raw,cache=writeback"]
        # time goes by instructions, or a busy host would make the guest miss a timer, and sleep for an hour
        command += ["-icount", "shift=1"]
        command += ["-chardev", f"socket,id=console,path={console},server=on,wait=on", "-serial", "chardev:console"]
        command += ["-qmp", f"unix:{monitor},server=on,wait=off"]
        with (self._folder / "qemu.log").open("wb") as log:
            self._process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stderr=log)
        self._console = self._connected(console)
        threading.Thread(target=self._listen, daemon=True).start()
        self._monitor = self._connected(monitor).makefile("rwb")
        self._monitor.readline()  # its greeting
        self._ask("qmp_capabilities")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.cut()

    def cut(self) -> None:
        """Cuts the power: the guest writes nothing more."""
        self._process.kill()
        self._process.wait()

    # -- the console

    def expect(self, pattern: str, timeout_s: float = PATIENCE_S) -> re.Match[bytes]:
        """Waits until the console shows a pattern; what came before it is forgotten."""
        end = time.monotonic() + timeout_s
        with self._news:
            while not (match := re.search(pattern.encode(), self._shown)):
                if not self._news.wait(end - time.monotonic()) or time.monotonic() > end:
                    last = self._shown[-2000:].decode(errors="replace")
                    raise TimeoutError(f"the console does not show {pattern!r}, but at its end:\n{last}")
            self._shown = self._shown[match.end() :]
        return match

    def log_in(self) -> None:
        """Waits for the root shell that the card gives to the console, and makes it quiet."""
        self.expect(r"root@\S+[#$] ")
        # the words that are waited for are not those that are typed: the console shows these, too
        self._type("stty -echo cols 500; PS1=; PS2=; dmesg -n 1; bind 'set enable-bracketed-paste off'; echo RE''ADY")
        self.expect("READY\r?\n")

    def run(self, command: str) -> tuple[int, str]:
        """Runs a command in the shell; returns its exit status and what it printed."""
        number = next(self._numbers)
        self._type(f"printf '%s' BEGIN''{number}; {{ {command}\n}} 2>&1; echo END''{number}:$?;")
        match = self.expect(rf"(?s)BEGIN{number}(.*?)END{number}:(\d+)\r?\n")
        return int(match[2]), match[1].decode(errors="replace").replace("\r\n", "\n").strip()

    def say(self, command: str) -> None:
        """Types a command and does not wait for its end."""
        self._type(command)

    def _type(self, line: str) -> None:
        self._console.sendall(line.encode() + b"\n")

    def _listen(self) -> None:
        with (self._folder / "console.log").open("ab") as log:
            while True:
                try:
                    news = self._console.recv(65536)
                except OSError:
                    news = b""
                if not news:
                    return
                log.write(news)
                log.flush()
                with self._news:
                    self._shown += news
                    self._news.notify_all()

    # -- the registers; nothing may ask for them before the console has shown that the system is up

    def lit(self, pins: list[int]) -> set[int]:
        """Which of these pins are outputs and high."""
        return {pin for pin in pins if self.function(pin) == OUTPUT and self.level(pin)}

    def level(self, pin: int) -> int:
        """The level of a pin, 0 or 1, as GPLEV has it."""
        return self._register(GPLEV0 + 4 * (pin // 32)) >> (pin % 32) & 1

    def function(self, pin: int) -> int:
        """What a pin is, as GPFSEL has it: 0 an input, 1 an output."""
        return self._register(GPFSEL0 + 4 * (pin // 10)) >> 3 * (pin % 10) & 7

    def written(self) -> int:
        """The bytes that were written to the card since power-on."""
        (card,) = (drive for drive in self._ask("query-blockstats") if drive["device"] == "sd0")
        count: int = card["stats"]["wr_bytes"]
        return count

    def _register(self, address: int) -> int:
        answer = self._ask("human-monitor-command", **{"command-line": f"xp /1wx {address:#x}"})
        return int(answer.split(":")[1], 16)

    def _ask(self, command: str, **arguments: object) -> Any:
        self._monitor.write(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        self._monitor.flush()
        while True:
            answer = json.loads(self._monitor.readline())
            if "error" in answer:
                raise RuntimeError(f"QEMU's monitor does not take {command}: {answer['error']}")
            if "return" in answer:
                return answer["return"]

    def _connected(self, path: Path) -> socket.socket:
        """A connection to a socket that QEMU opens as it starts."""
        end = time.monotonic() + 10
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(str(path))
                return connection
            except OSError:
                connection.close()
                if self._process.poll() is not None or time.monotonic() > end:
                    log = (self._folder / "qemu.log").read_text(errors="replace")
                    raise RuntimeError(f"QEMU does not run: {log}") from None
                time.sleep(0.05)

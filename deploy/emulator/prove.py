"""What the appliance promises, shown on an emulated Pi Zero: lamps are read from the registers of its GPIO pins.

It proves the package, the units, the rights, the lamps' program and the file system's way through power cuts. It says
nothing of a camera, of speed, or of cards that tear what they write.
"""

import argparse
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from deploy.emulator.machine import PATIENCE_S, Machine

from inkling.cameras import SimulatedCamera
from inkling.models import open_reader
from inkling.settings import load_settings
from inkling.steady import Steady

BUILD = Path(__file__).parents[2] / "build" / "emulator"
HOLD = 4  # frames for which each page lies there, as on the card
LEDS: list[int] = list(load_settings(Path("/dev/null"), {})["display.leds"])
ACT = 47  # the pin of the board's own light
SECOND = 139264 * 512  # where the card's second partition begins, in bytes
COUNT = "/root/count"


def announcements() -> Iterator[str]:
    """What is announced of the simulated camera's pages, one after the other, as this machine reads them."""
    reader, steady = open_reader(None, 0.5), Steady()
    for frame in SimulatedCamera(hold=HOLD):
        if steady.update(reader.read(frame.luma)) and steady.current:
            yield steady.current.text


def announced(board: Machine) -> str:
    """The next text that the board announces."""
    text: bytes = board.expect(r'"text": "([^"]*)"')[1]
    return text.decode()


def within(seconds: float, what: str, holds: Callable[[], bool]) -> None:
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"it does not come about that {what}")
        time.sleep(0.05)


def lights(board: Machine, text: str) -> bool:
    """Whether an announced text is one digit; then its lamp has to be lit, and no other."""
    if len(text) != 1 or text == "?":
        return False
    within(30, f"the lamp of {text} is lit, and no other", lambda: board.lit(LEDS) == {LEDS[int(text)]})
    return True


def lights_one(board: Machine) -> str:
    """Waits for a page of one digit, whose lamp has to be lit; returns the digit."""
    while not lights(board, text := announced(board)):
        pass
    return text


def number(board: Machine, command: str) -> int:
    """The last whole number that a command prints."""
    return int(re.findall(r"\d+", board.run(command)[1])[-1])


def right_digits(board: Machine) -> str:
    """From power-on to the lit digit: what is read is what this machine reads, and the lamp of each digit is lit."""
    texts = list(islice(announcements(), 4))
    lit = 0
    for text in texts:
        assert announced(board) == text
        lit += lights(board, text)
    assert lit, texts
    return f"announced {', '.join(texts)}; {lit} lamps were the right ones"


def nothing_written(board: Machine) -> str:
    """While it reads, nothing is written to the card."""
    board.run("sync; sleep 35; sync")  # what was written before is on the card after ext4's thirty seconds
    before = board.written()
    texts = [announced(board) for _ in range(2)]
    assert board.written() == before, f"{board.written() - before} bytes were written"
    return f"{len(texts)} announcements, {board.written() - before} bytes"


def dark_after_sigterm(board: Machine) -> str:
    """SIGTERM puts the lamps out before the program ends: the pins are low, and not only let go."""
    digit = lights_one(board)
    _, times = board.run("cat /proc/uptime; systemctl stop inkling; cat /proc/uptime")
    began, ended = (float(text) for text in re.findall(r"^(\d+\.\d+) \d", times, re.MULTILINE))
    assert not any(board.level(pin) for pin in LEDS)
    assert not board.lit(LEDS)
    assert ended - began <= 2, f"it took {ended - began} s"
    assert board.run("systemctl is-failed inkling")[0] == 1
    return f"the lamp of {digit} was out {ended - began:.1f} s of the board's time later"


def revived_when_killed(board: Machine) -> str:
    """What was killed is started again."""
    assert board.run("systemctl start inkling")[0] == 0  # comes back when it is ready
    before = number(board, "systemctl show -P NRestarts inkling")
    board.run("systemctl kill --kill-whom=main --signal=KILL inkling")
    digit = lights_one(board)
    assert number(board, "systemctl show -P NRestarts inkling") == before + 1
    return f"the lamp of {digit} is lit again"


def revived_when_hung(board: Machine) -> str:
    """The watchdog ends a program that hangs, and systemd starts it again."""
    before = number(board, "systemctl show -P NRestarts inkling")
    board.run("systemctl kill --kill-whom=main --signal=STOP inkling")
    digit = lights_one(board)
    assert number(board, "journalctl -u inkling | grep -c 'Watchdog timeout'") == 1
    assert number(board, "systemctl show -P NRestarts inkling") == before + 1
    return f"the lamp of {digit} is lit again"


def error_light(board: Machine) -> str:
    """With a setting that cannot be, it gives up at once, and the board's own light blinks until that is mended."""
    board.run("echo 'kind = nonsense' >> /etc/inkling/inkling.toml; systemctl restart inkling")
    assert board.run("systemctl is-failed inkling")[0] == 0
    # until then, the card's activity lights it
    taken = "grep -F '[none]' /sys/class/leds/ACT/trigger"
    within(PATIENCE_S, "the board's light is taken", lambda: board.run(taken)[0] == 0)
    seen: set[int] = set()
    within(400, "the board's light blinks", lambda: len(seen.add(board.level(ACT)) or seen) == 2)  # type: ignore[func-returns-value]
    board.run("sed -i '$d' /etc/inkling/inkling.toml; systemctl restart inkling")
    digit = lights_one(board)
    state = board.run("systemctl is-active inkling-failed")[1]
    assert state in ("inactive", "failed"), f"what blinks is {state} still"
    return f"it blinked, and when the setting was right the lamp of {digit} was lit"


WRITER = f"""
import itertools, pathlib
from inknet.modelfile import write_durably
file = pathlib.Path("{COUNT}")
for number in itertools.count(int(file.read_text()) + 1 if file.exists() else 1):
    write_durably(file, str(number).encode())
    print(f"WRITTEN {{number}}!", flush=True)
"""


def power_cuts(card: Path, cuts: int) -> str:
    """Power is cut while it reads and while files are written; it boots again, and what was said to be written is."""
    chance = random.Random(0)
    said = 0
    for cut in range(cuts + 1):
        with Machine(BUILD, card) as board:
            board.log_in()
            found = number(board, f"cat {COUNT} || echo 0")
            assert found >= said, f"{said} was written, and after the cut it is {found}"
            digit = lights_one(board)
            print(f"  boot {cut + 1}: the lamp of {digit} is lit, {found} files were there", flush=True)
            if cut == cuts:
                break
            board.say(f"python3 -c '{WRITER}'")
            for _ in range(chance.randint(1, 20)):
                said = int(board.expect(r"WRITTEN (\d+)!")[1])
    partition = f"{card}?offset={SECOND}"
    subprocess.run(["/sbin/e2fsck", "-fp", partition], capture_output=True, check=False)  # the journal's own repair
    checked = subprocess.run(["/sbin/e2fsck", "-fn", partition], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    return f"{cuts} cuts, {cuts + 1} boots, none failed, {said} written files and none lost"


CHECKS = (
    right_digits, nothing_written, dark_after_sigterm, revived_when_killed, revived_when_hung, error_light,
)  # fmt: skip


def main() -> int:
    """Runs the checks on one boot, then the power cuts; returns 1 if one does not hold."""
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__)
    parser.add_argument("--cuts", type=int, default=10, metavar="N", help="power cuts (default 10)")
    parser.add_argument("--only-cuts", action="store_true", help="leave out what is looked at before them")
    args = parser.parse_args()
    failed = 0

    def shown(check: Callable[..., str], *arguments: object) -> None:
        nonlocal failed
        began = time.monotonic()
        try:
            told = check(*arguments)
        except (AssertionError, TimeoutError) as error:
            told, failed = f"FAILED: {error}", failed + 1
        print(f"{check.__name__.replace('_', ' ')}: {told} ({time.monotonic() - began:.0f} s)", flush=True)

    card = BUILD / "card.img"
    if not args.only_cuts:
        shutil.copyfile(BUILD / "sd.img", card)
        with Machine(BUILD, card) as board:
            board.log_in()
            for check in CHECKS:
                shown(check, board)
    if args.cuts:
        shutil.copyfile(BUILD / "sd.img", card)
        shown(power_cuts, card, args.cuts)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())

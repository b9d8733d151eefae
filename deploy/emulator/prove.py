"""What the appliance promises, shown on an emulated Pi Zero: lamps are read from the registers of its GPIO pins.

It proves the package, the units, the rights, the lamps' program and the file system's way through power cuts. It says
nothing of a camera, of speed, or of cards that tear what they write.
"""

import argparse
import random
import re
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from inkling.cameras import SimulatedCamera
from inkling.models import open_reader
from inkling.steady import Steady

from .card import BUILD, fresh, intact
from .machine import PATIENCE_S, Machine
from .seen import LEDS, Checks, announced, lights, lights_one, number, within

HOLD = 4  # frames for which each page lies there, as on the card
ACT = 47  # the pin of the board's own light
COUNT = "/root/count"


def announcements() -> Iterator[str]:
    """What is announced of the simulated camera's pages, one after the other, as this machine reads them."""
    reader, steady = open_reader(None, 0.5), Steady()
    for frame in SimulatedCamera(hold=HOLD):
        if steady.update(reader.read(frame.luma)) and steady.current:
            yield steady.current.text


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
            found = number(board, f"cat {COUNT} && echo || echo 0")
            assert found >= said, f"{said} was written, and after the cut it is {found}"
            digit = lights_one(board)
            print(f"  boot {cut + 1}: the lamp of {digit} is lit, {found} files were there", flush=True)
            if cut == cuts:
                break
            board.say(f"python3 -c '{WRITER}'")
            for _ in range(chance.randint(1, 20)):
                said = int(board.expect(r"WRITTEN (\d+)!")[1])
    intact(card)
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
    checks = Checks()
    if not args.only_cuts:
        with Machine(BUILD, fresh("proof")) as board:
            board.log_in()
            for check in CHECKS:
                checks.run(check, board)
    if args.cuts:
        checks.run(power_cuts, fresh("cuts"), args.cuts)
    return int(checks.failed)


if __name__ == "__main__":
    sys.exit(main())

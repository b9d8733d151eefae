"""The card as a file on this machine: copied, given files, looked through as after pulling it out of the board."""

import shutil
import subprocess
from pathlib import Path

BUILD = Path(__file__).parents[2] / "build" / "emulator"
SECOND = 139264 * 512  # where the card's second partition begins, in bytes


def fresh(name: str) -> Path:
    """A copy of the card as it was made, in a folder of its own; returns its path."""
    card = BUILD / name / "card.img"
    card.parent.mkdir(exist_ok=True)
    shutil.copyfile(BUILD / "sd.img", card)
    return card


def put(card: Path, source: Path, folder: str) -> None:
    """Writes the files of a folder of this machine into a new folder of the card, as root's. Raises RuntimeError."""
    files = [path for path in source.iterdir() if path.is_file()]
    orders = [f"mkdir {folder}", *(f"write {path} {folder}/{path.name}" for path in files), f"ls -l {folder}"]
    done = subprocess.run(
        ["/sbin/debugfs", "-w", "-f", "-", _partition(card)], input="\n".join(orders), capture_output=True, text=True
    )
    if missing := [path.name for path in files if f" {path.stat().st_size} " not in done.stdout]:
        raise RuntimeError(f"{', '.join(missing)} did not come onto the card: {done.stderr}")


def intact(card: Path) -> None:
    """Raises AssertionError if the file system has other faults than those that its journal mends."""
    subprocess.run(["/sbin/e2fsck", "-fp", _partition(card)], capture_output=True, check=False)
    checked = subprocess.run(["/sbin/e2fsck", "-fn", _partition(card)], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def _partition(card: Path) -> str:
    return f"{card}?offset={SECOND}"

"""`python -m powercut` in `tests`: cuts each work at every write, and says in how many states all was well."""

import argparse
import shutil
import tempfile
from pathlib import Path

from tqdm import tqdm

from .cutting import cut
from .works import WORKS


def main() -> None:
    """Prints one line for each work; ends with status 1 if a state was found in which something was lost."""
    parser = argparse.ArgumentParser(prog="python -m powercut", description=__doc__)
    parser.add_argument("works", nargs="*", metavar="WORK", help=f"of these: {', '.join(WORKS)} (default: all of them)")
    parser.add_argument(
        "--torn", type=int, default=120, metavar="N", help="random states for each instant (default 120)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another seed, other random states")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the files of the first state that is wrong here")
    args = parser.parse_args()
    if unknown := [name for name in args.works if name not in WORKS]:
        parser.error(f"there is no work {unknown[0]!r}: take {', '.join(WORKS)}")
    if not shutil.which("strace"):
        parser.error("strace is needed: apt install strace")
    failed = False
    for name in args.works or WORKS:
        with tempfile.TemporaryDirectory() as folder:
            result = cut(WORKS[name], Path(folder), args.torn, args.seed, tqdm, args.keep)
        print(f"{name}: {result}")
        failed |= bool(result.wrong)
    raise SystemExit(int(failed))


if __name__ == "__main__":
    main()

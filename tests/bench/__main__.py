"""Measures what inknet and Inkling take beside their goals; `sh tests/bench/run.sh` makes the environment for it."""

import argparse
from pathlib import Path

from . import memory, start


def main() -> None:
    """Prints one line for each work."""
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="the time for each line of speed (default 8)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only lines with this in their name")
    parser.add_argument("--data", type=Path, metavar="DIR", help="MNIST for the memory of training (default: noise)")
    args = parser.parse_args()
    missed = memory.report(args.data, args.only) + start.report(args.only)

    from . import paper, speed  # now only, because PyTorch is what `memory` means by large

    missed += speed.report(args.seconds, args.only)
    missed += paper.report(args.seconds, args.only)
    if not missed:
        parser.error(f"no line has {args.only!r} in its name")
    print(f"\n{sum(missed)} of {len(missed)} goals are missed")


if __name__ == "__main__":
    main()

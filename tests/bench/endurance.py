"""What `watch` does to the machine while it reads for a long time: memory, descriptors, files opened, bytes written.

It is run as `PYTHONPATH=tests python -m bench.endurance`, half an hour for its 200,000 frames; `--frames 5000` is a
short look. It prints one JSON object and exits with 1 if a promise is not kept.
"""

import argparse
import json
import os
import sys
import time
from itertools import islice
from pathlib import Path

from inkling.cameras import open_camera
from inkling.commands.watch import Loop, Score
from inkling.displays import JsonLines
from inkling.frames import Frame
from inkling.models import open_reader
from inkling.reader import Reading

SAMPLE = 100  # frames, after which memory is looked at; it goes up and down by a megabyte with what is on the pages
COURSE = 10_000  # frames, after which it is noted for the report
GROWTH_MB = 1.0  # of the most resident memory after the warm-up over the most during it: less than this


class Counting(JsonLines):
    """JSON lines, and a count of frames and of those that do not follow on the one before."""

    seen = lost = announced = 0

    def see(self, frame: Frame, reading: Reading, held: Reading | None, status: str) -> None:
        self.lost += frame.number != self.seen
        self.seen = frame.number + 1

    def announce(self, frame: Frame, reading: Reading) -> None:
        self.announced += 1
        super().announce(frame, reading)


def main() -> int:
    """Watches the simulated camera and prints what that did to the process; returns the exit status."""
    parser = argparse.ArgumentParser(prog="bench.endurance", description=__doc__)
    parser.add_argument("--frames", type=int, default=200_000, metavar="N", help="(default 200000)")
    parser.add_argument("--warm-up", type=int, default=20_000, metavar="N", help="of them (default 20000)")
    args = parser.parse_args()
    opened: list[str] = []
    course: list[float] = []
    watching = False
    warm_mb = most_mb = 0.0

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event == "open":
            opened.append(str(arguments[0]))

    sys.addaudithook(audit)
    score = Score()
    with Path(os.devnull).open("w") as stream, open_camera("simulated", None, 0, print) as camera:
        display = Counting(stream)
        loop = Loop(open_reader(), display, score, rate=None)
        frames = iter(camera)
        for frame in islice(frames, args.warm_up):
            loop.take(frame)
            if frame.number % SAMPLE == 0:
                warm_mb = max(warm_mb, measured()["rss"])
        before, started_s = measured(), time.process_time()
        for frame in islice(frames, args.frames - args.warm_up):
            watching = True
            loop.take(frame)
            watching = False
            if frame.number % SAMPLE == 0:
                most_mb = max(most_mb, measured()["rss"])
            if frame.number % COURSE == 0:
                course.append(round(measured()["rss"], 1))
        after, ended_s = measured(), time.process_time()
    found = {
        "frames": display.seen,
        "frames lost": display.lost,
        "announced": display.announced,
        "score": str(score),
        "rss, MB": round(most_mb, 2),
        f"rss every {COURSE} frames, MB": course,
        "rss growth, MB": round(most_mb - warm_mb, 3),
        "descriptors opened and kept": after["descriptors"] - before["descriptors"],
        "files opened": sorted(set(opened)),
        "bytes written to storage": after["written"] - before["written"],
        "processor seconds": round(ended_s - started_s),
    }
    print(json.dumps(found))
    kept = (
        display.seen == args.frames
        and not display.lost
        and most_mb - warm_mb < GROWTH_MB
        and after["descriptors"] == before["descriptors"]
        and not opened
        and after["written"] == before["written"]
    )
    return int(not kept)


def measured() -> dict[str, float]:
    """Resident memory in MB, open descriptors, and bytes that were sent to a disk or card, of this process (Linux)."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    io = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return {
        "rss": int(status["VmRSS"].split()[0]) / 1024,
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "written": int(io["write_bytes"]),
    }


if __name__ == "__main__":
    sys.exit(main())

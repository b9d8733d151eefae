"""A night with power cuts on an emulated Pi Zero: it learns, goes on after each, and promotes what it has learnt.

The package's own units train, a network that was taught too little before is what reads and what is gone on from, and
the digits are drawn by the program. Power is cut at random instants, a checkpoint being written after every step, so
often while one is. It proves that a training service goes on by itself after each cut where it was, that what was
said to be kept is, that the lights tell of it, and that the program that reads takes up the better model without being
started anew. It says nothing of how much a real night teaches, for the hours are minutes here and the network is
small; nor of cards that tear what they write.
"""

import argparse
import random
import re
import struct
import sys
import tempfile
from pathlib import Path

import numpy as np

from inkling.simulation.outliers import own_digits
from inknet import AdamW, Dense, Network, ReLU, SoftmaxCrossEntropy, Trainer, save

from .card import BUILD, fresh, intact, put
from .machine import Machine
from .seen import LEDS, Checks, announced, lights_one, number, within

HOURS = 0.12  # of the board's time, as are all seconds here but those that are waited for
LEARNT, JUDGED, FEW = 1200, 300, 100  # drawn digits: to learn from, to judge by, and those the first model has seen
SECONDS = 10, 40  # from when a training is known to go on to the cut
LOST = 0.06  # epochs: the step that it told of, and then was cut
PATIENCE_S = 3600  # for a training to go on or to end, on a machine that has other work to do
READS = "^ *2  reads .*"  # of the shelf's list
TRAINING, READY = {LEDS[2], LEDS[7]}, {LEDS[4], LEDS[5]}  # the lamps of these signs

# As an owner would write them. The simulated camera, as fast as it can be, would leave a training nothing.
SETTINGS = """
[camera]
source = "simulated"
rate = 0.2

[display]
kind = ["leds", "json"]

[training]
pauses_reading = true
checkpoint_minutes = 0
"""
DROP_IN = f"""
[Service]
ExecStart=
ExecStart=/usr/bin/inkling train --data /var/lib/inkling/mnist --hours {HOURS}
StandardOutput=journal+console
"""
PREPARE = """
cp /root/night/inkling.toml /etc/inkling/
mkdir -p /etc/systemd/system/inkling-train.service.d /var/lib/inkling/mnist
cp /root/night/train.conf /etc/systemd/system/inkling-train.service.d/
cp /root/night/*-ubyte /var/lib/inkling/mnist/
systemctl daemon-reload
systemctl restart inkling
inkling model import /root/night/first.npz && inkling model promote 1
""".strip()


def write_night(folder: Path) -> None:
    """Writes what the board is given: settings, digits in MNIST's format, and a model that was taught too little."""
    rng = np.random.default_rng(0)
    for part, count in (("train", LEARNT), ("t10k", JUDGED)):
        images, labels = own_digits(count, rng)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, *images.shape) + images.tobytes())
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, len(labels)) + labels.tobytes())
        if part == "train":
            layers = [Dense(64), ReLU(), Dense(10)]
            network = Network(layers, SoftmaxCrossEntropy(), input_shape=(28, 28), rng=rng)
            trainer = Trainer(network, AdamW(), rng, rate=0.002)
            for _ in trainer.run(images[:FEW], labels[:FEW], epochs=5):
                pass
            save(trainer.result(), folder / "first.npz")
    (folder / "inkling.toml").write_text(SETTINGS)
    (folder / "train.conf").write_text(DROP_IN)


def night_with_cuts(card: Path, cuts: int) -> str:
    """It trains and is cut, again and again; at the end what it has learnt reads, and the lamps have told of it."""
    chance, kept, ended = random.Random(0), 0.0, ""
    for boot in range(1, cuts + 2):
        with Machine(BUILD, card) as board:
            board.log_in()
            if boot == 1:
                status, told = board.run(PREPARE)
                assert status == 0, told
            text = announced(board)
            assert set(text) == {"?"}, f"what was taught too little is sure of {text}"
            begun = begin(board) if boot == 1 else goes_on(board, kept)
            shows_training(board)
            told = found(r"^further: .*", board.run("inkling train --status")[1])
            print(f"  boot {boot}: {text} is announced; as the lamps show, it learns from epoch {begun:g}", flush=True)
            print(f"    {told}", flush=True)
            if boot > cuts:
                ended = promoted(board)
                break
            # it gives way to whatever else there is, so it is left alone, and what it has told is read at the very end
            told = board.run(f"sleep {chance.uniform(*SECONDS):.3f}; cat /run/inkling-train/*.json")[1]
        kept = float(found(r'(?<="epoch": )[^,]+', told)) - LOST
        assert kept > begun, f"it was at {begun} epochs when it began, and did not come further than {kept}"
        print(f"  and cut after at least {kept:.2f} epochs were kept", flush=True)
    return f"{cuts} cuts, after each of which it went on; {ended}"


def begin(board: Machine) -> float:
    """Starts the training, as its timer does in the evening; returns after how many epochs it begins."""
    assert board.run("systemctl start inkling-train")[0] == 0
    return 0.0


def goes_on(board: Machine, kept: float) -> float:
    """Waits until the training goes on by itself where it was cut; returns after how many epochs it begins."""
    epochs = float(board.expect(r"going on with what was cut off after (\S+) epochs", PATIENCE_S)[1])
    assert epochs >= float(f"{kept:.3g}"), f"{kept} epochs were kept, and it goes on after {epochs}"
    return epochs


def shows_training(board: Machine) -> None:
    """The lamps for training, and no others, are lit, then dark, then lit again."""
    for lit in (TRAINING, set(), TRAINING):
        within(60, f"of the lamps {sorted(lit)} are lit", lambda lit=lit: board.lit(LEDS) == lit)  # type: ignore[misc]


def promoted(board: Machine) -> str:
    """The training ends and promotes; what reads goes on with the new model, and tells of no training any more."""
    running = "systemctl show -P MainPID inkling"
    before = number(board, running)
    board.expect("another model was promoted: it reads from now on", PATIENCE_S)
    within(PATIENCE_S, "the training ends", lambda: board.run("systemctl is-active -q inkling-train")[0] != 0)
    found("^success", board.run("systemctl show -P Result inkling-train")[1])
    found("^no training is under way", board.run("inkling train --status")[1])
    assert board.run("ls /var/lib/inkling/training/checkpoint-*")[0], "checkpoints are left of what is done"
    digit = lights_one(board)
    within(PATIENCE_S, "an empty page is shown as one, and no training", lambda: board.lit(LEDS) == READY)
    assert number(board, running) == before, "what reads was started anew"
    verdict = found(READS, board.run("inkling model list")[1])
    return f"then {verdict}, and the lamp of {digit} was lit by the model that was promoted"


def outlasts(card: Path) -> str:
    """After another cut, with everything done, the promoted model reads, and no training is waited for."""
    with Machine(BUILD, card) as board:
        board.log_in()
        found(READS, board.run("inkling model list")[1])
        digit = lights_one(board)
        assert board.run("systemctl is-active -q inkling-train-resume.timer")[0], "there is nothing to go on with"
    intact(card)
    return f"the lamp of {digit} is lit by the promoted model, and the file system is whole"


def found(pattern: str, told: str) -> str:
    """What of a text looks like this; the console may have shown other lines amid it."""
    match = re.search(pattern, told, re.MULTILINE)
    assert match, f"there is no {pattern!r} in {told!r}"
    return match[0]


def main() -> int:
    """Prepares a card and runs the night; returns 1 if a check does not hold."""
    parser = argparse.ArgumentParser(prog="run.sh night", description=__doc__)
    parser.add_argument("--cuts", type=int, default=5, metavar="N", help="power cuts (default 5)")
    args = parser.parse_args()
    card = fresh("night")
    with tempfile.TemporaryDirectory() as folder:
        write_night(Path(folder))
        put(card, Path(folder), "/root/night")
    checks = Checks()
    checks.run(night_with_cuts, card, args.cuts)
    if not checks.failed:
        checks.run(outlasts, card)
    return int(checks.failed)


if __name__ == "__main__":
    sys.exit(main())

"""`inkling model list|show|promote|rollback|remove`: the models that were learnt, and which of them reads."""

import argparse
import json
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..errors import ShelfError, told
from ..listing import SHIPPED, Entry, Listing, named
from ..shelf import Shelf, open_shelf
from ..terminal import printable


def run(args: argparse.Namespace) -> int:
    """Looks at the shelf, or changes which model reads; returns the exit status."""
    actions: dict[str, Callable[[argparse.Namespace, Shelf], int]] = {
        "list": _list,
        "show": _show,
        "promote": _promote,
        "rollback": _rollback,
        "remove": _remove,
    }
    return actions[args.action](args, open_shelf())


def model_file(model: str | None) -> Path | None:
    """The file that an argument means: a number is one on the shelf or the shipped one, anything else a path."""
    if model is None or not (model.isascii() and model.isdigit()):
        return None if model is None else Path(model)
    if int(model) == SHIPPED:
        return Path(str(files("inkling") / "digits.npz"))
    return open_shelf().file(int(model))


def state(listing: Listing, number: int) -> str:
    """What a model is there for."""
    if number == listing.current:
        return "reads"
    return "to go back to" if number in listing.chain else "beside"


def _list(args: argparse.Namespace, shelf: Shelf) -> int:
    listing = shelf.listing(_warn)
    failed = False
    for number in sorted({SHIPPED, *listing.entries}, reverse=True):
        entry = listing.entries.get(number)
        problem = _problem(shelf, entry)
        failed |= problem is not None
        facts = _facts(listing, number, entry) | ({"problem": problem} if problem else {})
        if args.json:
            print(json.dumps(facts))
        else:
            text = problem or (str(entry) if entry else "comes with the package")
            day = entry.added[:10] if entry else ""
            print(f"{number:>4}  {facts['state']:<13}  {day:<10}  {printable(text)}")
    return int(failed)


def _show(args: argparse.Namespace, shelf: Shelf) -> int:
    listing = shelf.listing(_warn)
    number = listing.current if args.number is None else args.number
    entry = None if number == SHIPPED else shelf.entry(number)
    facts = _facts(listing, number, entry)
    if entry is None:
        from ..models import shipped_model

        facts["about"] = shipped_model().about
    problem = _problem(shelf, entry)
    if problem:
        facts["problem"] = problem
    if args.json:
        print(json.dumps(facts))
        return int(problem is not None)
    about = facts.pop("about")
    for name, value in (facts | about).items():
        if value not in (None, ""):
            print(printable(f"{name.replace('_', ' '):<20}{value}"))
    return int(problem is not None)


def _promote(args: argparse.Namespace, shelf: Shelf) -> int:
    if args.number != SHIPPED:
        from ..models import load_model

        load_model(shelf.file(args.number))  # what cannot be read with is not promoted
    shelf.promote(args.number)
    print(f"{named(args.number)} reads from now on")
    return 0


def _rollback(args: argparse.Namespace, shelf: Shelf) -> int:
    left, current = shelf.rollback()
    print(f"{named(current)} reads from now on, instead of {named(left)}")
    return 0


def _remove(args: argparse.Namespace, shelf: Shelf) -> int:
    for number in args.numbers:
        shelf.remove(number)
        print(f"{named(number)} is removed")
    return 0


def _facts(listing: Listing, number: int, entry: Entry | None) -> dict[str, Any]:
    """What `--json` says of a model."""
    facts: dict[str, Any] = {"model": number, "state": state(listing, number)}
    if entry is not None:
        facts |= {"added": entry.added, "verdict": entry.verdict, "note": entry.note}
        facts |= {"sha256": entry.sha256, "about": entry.about}
    return facts


def _problem(shelf: Shelf, entry: Entry | None) -> str | None:
    """Why the file of a model cannot be used; None if its checksum is right."""
    if entry is None:
        return None
    try:
        shelf.file(entry.number)
    except (ShelfError, OSError) as error:
        return told(error)
    return None


def _warn(line: str) -> None:
    print(f"inkling model: {line}", file=sys.stderr)

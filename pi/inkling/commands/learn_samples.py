"""`inkling learn list|show|relabel|remove|export|import`: what it was taught, looked at and put right."""

import argparse
import json
from collections import Counter
from collections.abc import Sequence

from inknet.arrays import as_ink
from inknet.modelfile import write_durably

from ..console import print_glyphs
from ..errors import SamplesError, UsageError
from ..exchange import export_csv, export_folder, imported, sheet
from ..samples import NO_DIGIT, Sample, Samples, label_of, label_text, open_samples
from ..terminal import percent, printable
from .learn import complaint, learn_settings
from .outputs import check_png

UNLABELLED = "unlabelled"  # how a sample is called that waits for its label


def run(args: argparse.Namespace) -> int:
    """Does one of the actions; returns the exit status."""
    with open_samples(learn_settings(args), complaint(args)) as samples:
        {"list": _list, "show": _show, "relabel": _relabel, "remove": _remove, "export": _export, "import": _import}[
            args.command.removeprefix("learn ")
        ](samples, args)
    return 0


def _list(samples: Samples, args: argparse.Namespace) -> None:
    chosen = _chosen(samples, args.label)
    for sample in chosen:
        print(json.dumps(_as_json(sample)) if args.json else _line(sample))
    if not args.json:
        counts = Counter(sample.label for sample in chosen)
        labels = ", ".join(f"{counts[label]} x {label_text(label)}" for label in range(NO_DIGIT + 1) if counts[label])
        print(f"{_count(chosen)} in {samples.path}: {labels or 'none with a label'}, {counts[None]} {UNLABELLED}")


def _show(samples: Samples, args: argparse.Namespace) -> None:
    if args.sheet is not None:
        check_png("--sheet", args.sheet)
    if args.numbers and args.label:
        raise UsageError("give numbers or --label, not both")
    chosen = [samples[number] for number in _numbers(args)] if args.numbers else _some(samples, args.label)
    if args.sheet is not None:
        write_durably(args.sheet, sheet(chosen))
        print(f"{printable(str(args.sheet))}: {_count(chosen)}")
        return
    for sample in chosen:
        print_glyphs([as_ink(sample.glyph)])
        print(_line(sample))


def _relabel(samples: Samples, args: argparse.Namespace) -> None:
    label, numbers = label_of(args.digit), _numbers(args)
    samples.relabel(numbers, label)
    print(f"{_count(numbers)} now {label_text(label)}")


def _remove(samples: Samples, args: argparse.Namespace) -> None:
    numbers = _numbers(args)
    samples.remove(numbers)
    print(f"{_count(numbers)} removed")


def _export(samples: Samples, args: argparse.Namespace) -> None:
    chosen = _some(samples, args.label)
    if args.place.suffix.lower() != ".csv":
        export_folder(chosen, args.place)
        print(f"{printable(str(args.place))}: {_count(chosen)}")
        return
    if args.place.exists():
        raise UsageError(f"{args.place} is there already, and stays as it is; give another name, or remove it first")
    count = export_csv(chosen, args.place)
    left_out = "" if count == len(chosen) else f"; left out, as the format has 0 to 9 only: {len(chosen) - count}"
    print(f"{printable(str(args.place))}: {count} digits{left_out}")


def _import(samples: Samples, args: argparse.Namespace) -> None:
    for place in args.places:
        kept = samples.add_all(imported(place))
        new, relabelled = sum(each.new for each in kept), sum(each.relabelled for each in kept)
        known = len(kept) - new - relabelled
        print(f"{printable(str(place))}: {new} new, {known} known already, {relabelled} relabelled", flush=True)


def _count(things: Sequence[object]) -> str:
    return f"{len(things)} sample{'s' * (len(things) != 1)}"


def _numbers(args: argparse.Namespace) -> list[int]:
    """The numbers that are named, each once, in their order."""
    return list(dict.fromkeys(number for span in args.numbers for number in span))


def _chosen(samples: Samples, label: str | None) -> Sequence[Sample]:
    if label is None:
        return list(samples)
    wanted = None if label.lower() == UNLABELLED else label_of(label)
    return [sample for sample in samples if sample.label == wanted]


def _some(samples: Samples, label: str | None) -> Sequence[Sample]:
    """Those of a label; raises SamplesError if there is none."""
    chosen = _chosen(samples, label)
    if not chosen:
        such = "sample" if label is None else f"sample that is {label}"
        raise SamplesError(f"there is no {such} in {samples.path}; `inkling learn list` shows those there are")
    return chosen


def _line(sample: Sample) -> str:
    time = sample.taken.astimezone().strftime("%Y-%m-%d %H:%M")
    sure = "" if sample.confidence is None else f" ({percent(sample.confidence)} sure)"
    read = f"read as {'?' if sample.read is None else sample.read}{sure}, " if sample.model else ""
    return (
        f"{sample.number:6}  {label_text(sample.label) or UNLABELLED:10}  {time}  {read}from {printable(sample.source)}"
    )


def _as_json(sample: Sample) -> dict[str, object]:
    return {
        "sample": sample.number,
        "label": label_text(sample.label) if sample.label == NO_DIGIT else sample.label,
        "time": sample.taken.astimezone().isoformat(timespec="milliseconds"),
        "source": sample.source,
        "read": sample.read,
        "confidence": sample.confidence,
        "model": sample.model,
    }

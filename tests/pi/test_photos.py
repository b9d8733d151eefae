"""Real photos of real paper: the whole way, measured. It says nothing of the Pi's own camera and its light."""

import csv
from pathlib import Path

from inkling.models import load_model
from inkling.pictures import read_luma
from inkling.reader import Reader


def test_nine_of_ten_paper_photos_are_read_as_exactly_their_digit(photos: Path) -> None:
    with (photos / "INDEX.csv").open(newline="") as file:
        labels = {row["file"]: row["label"] for row in csv.DictReader(file) if row["file"].startswith("paper/")}
    reader = Reader(load_model())
    wrong = {
        name: text for name, label in labels.items() if (text := reader.read(read_luma(photos / name)).text) != label
    }
    print(f"{len(labels) - len(wrong)} of {len(labels)} read right; wrong: {wrong}")
    assert len(labels) > 150
    assert len(wrong) <= 0.1 * len(labels)

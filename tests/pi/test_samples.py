"""The owner's digits: what is kept, what counts as the same, what goes when there are too many."""

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from inkling.cameras import SimulatedCamera
from inkling.errors import SamplesError, UsageError
from inkling.models import open_reader
from inkling.samples import MOST, NO_DIGIT, SITTING, Sample, Samples, label_of, label_text, open_samples, quantised
from inkling.settings import load_settings
from inknet.arrays import as_ink
from support import patterns


def glyphs(count: int, seed: int = 0) -> np.ndarray:
    """Glyphs uint8 (count, 28, 28), no two of them alike."""
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28), dtype=np.uint8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "samples.db"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def samples(path: Path, said: list[str]) -> Iterator[Samples]:
    with Samples(path, report=said.append) as opened:
        yield opened


def test_what_is_kept_is_there_after_it_was_opened_anew(samples: Samples, path: Path) -> None:
    first, second = glyphs(2)
    kept = samples.add(first, 7, source="camera", read=1, confidence=0.25, model="abc", time_s=1e9)
    samples.add(second)
    samples.close()
    with Samples(path) as opened:
        one, two = opened
        assert (one.number, one.label, one.source, one.read, one.confidence) == (kept.number, 7, "camera", 1, 0.25)
        assert (one.model, one.time_s) == ("abc", 1e9)
        np.testing.assert_array_equal(one.glyph, first)
        np.testing.assert_array_equal(opened[two.number].glyph, second)
        assert (two.label, two.read, two.confidence) == (None, None, None)
        assert two.time_s > 1e9


def test_to_look_makes_nothing(samples: Samples, path: Path) -> None:
    assert list(samples) == []
    assert samples.training_images()[0].shape == (0, 28, 28)
    assert samples.add_all([]) == []
    assert not path.parent.exists()


def test_training_takes_those_with_a_label_in_the_order_in_which_they_came(samples: Samples) -> None:
    images = glyphs(5)
    for image, label in zip(images, (3, None, NO_DIGIT, 0, 3), strict=True):
        samples.add(image, label)
    learnt, labels = samples.training_images()
    assert learnt.dtype == labels.dtype == np.uint8
    np.testing.assert_array_equal(learnt, images[[0, 2, 3, 4]])
    assert labels.tolist() == [3, NO_DIGIT, 0, 3]


def test_a_glyph_is_rounded_to_the_nearest_grey_and_no_further() -> None:
    ink = np.linspace(0, 1, 784, dtype=np.float32).reshape(28, 28)
    assert np.abs(as_ink(quantised(ink)) - ink).max() <= 0.5 / 255 + 1e-6
    (exact,) = glyphs(1)
    np.testing.assert_array_equal(quantised(as_ink(exact)), exact)
    with pytest.raises(SamplesError, match="28x28"):
        quantised(ink[1:])


def test_the_same_glyph_is_one_sample_and_its_last_label_holds(samples: Samples) -> None:
    (glyph,) = glyphs(1)
    became = [samples.add(glyph, label) for label in (None, 4, 4, None, 9)]
    assert [kept.new for kept in became] == [True, False, False, False, False]
    assert [kept.relabelled for kept in became] == [False, True, False, False, True]
    assert [kept.before for kept in became] == [None, None, 4, 4, 4]
    assert [kept.number for kept in became] == [became[0].number] * 5
    assert [sample.label for sample in samples] == [9]


def test_another_frame_of_a_page_is_no_other_sample(samples: Samples) -> None:
    reader, frames = open_reader(), islice(SimulatedCamera(seed=3, hold=12), 60)
    readings = [(frame.truth, reader.read(frame.luma)) for frame in frames]
    pages = [(truth, r) for truth, r in readings if truth and len(r.marks) == len(truth.replace(" ", ""))]
    kept = [each for _, reading in pages for each in samples.add_marks(reading.marks, model="m")]
    shown = sum(len(truth.replace(" ", "")) for truth in dict.fromkeys(truth for truth, _ in pages))
    assert len(kept) > 8 * shown
    assert shown <= len(samples) < 2 * shown


def test_only_frames_of_one_sitting_are_taken_for_the_same(samples: Samples) -> None:
    first, *others = glyphs(1 + SITTING)
    alike = first ^ 1
    samples.add(first, 5)
    assert not samples.add(alike).new
    samples.add_all(Sample(other) for other in others)
    assert samples.add(alike).new


def test_what_is_taken_in_as_it_is_may_be_alike(samples: Samples) -> None:
    (first,) = glyphs(1)
    kept = samples.add_all([Sample(first, 5), Sample(first ^ 1, 5)])
    assert [each.new for each in kept] == [True, True]


def test_different_digits_are_different_samples(samples: Samples, mnist: Path) -> None:
    from inkling.training import load_images

    images = load_images(mnist, "test").part(np.arange(SITTING))
    kept = [samples.add(image, int(label)) for image, label in zip(images.images, images.labels, strict=True)]
    assert all(each.new for each in kept)


def test_when_it_is_full_the_oldest_without_a_label_goes(path: Path, said: list[str]) -> None:
    images = glyphs(6)
    with Samples(path, most=4, report=said.append) as samples:
        for image, label in zip(images[:4], (None, 1, None, 2), strict=True):
            samples.add(image, label)
        assert said == []
        samples.add(images[4], 3)
        assert [sample.number for sample in samples] == [2, 3, 4, 5]
        samples.add(images[5])
        assert [sample.number for sample in samples] == [2, 4, 5, 6]
    assert len(said) == 2
    assert "samples.most = 4" in said[0]


def test_when_it_is_full_of_labels_nothing_goes_and_nothing_comes(path: Path, said: list[str]) -> None:
    images = glyphs(5)
    with Samples(path, most=3, report=said.append) as samples:
        samples.add_all(Sample(image, 1) for image in images[:2])
        samples.add(images[2])
        for label in (1, None):
            with pytest.raises(SamplesError, match=r"would hold 5.*samples\.most is 3; nothing of this was kept"):
                samples.add_all([Sample(images[3], label), Sample(images[4], label)])
        assert [sample.number for sample in samples] == [1, 2, 3]
        assert not samples.add(images[0], 8).new  # one that is known needs no room
        assert samples[1].label == 8
    assert said == []


def test_relabel_and_remove_do_all_or_nothing(samples: Samples) -> None:
    samples.add_all(Sample(glyph) for glyph in glyphs(3))
    samples.relabel([1, 3], 6)
    assert [sample.label for sample in samples] == [6, None, 6]
    with pytest.raises(SamplesError, match="no sample 9"):
        samples.relabel([2, 9], 1)
    with pytest.raises(SamplesError, match="no sample 9"):
        samples.remove([1, 9])
    assert samples.counts() == {6: 2, None: 1}
    samples.remove([3, 1])
    assert [sample.number for sample in samples] == [2]
    with pytest.raises(SamplesError, match="no sample 3"):
        samples[3]


def test_a_number_is_never_given_twice(samples: Samples) -> None:
    first, second = glyphs(2)
    number = samples.add(first).number
    samples.remove([number])
    assert samples.add(second).number > number


def test_what_is_wrong_in_itself_is_not_kept(samples: Samples) -> None:
    with pytest.raises(SamplesError, match="CHECK"):
        samples.add_all([Sample(glyphs(1)[0], 1), Sample(glyphs(1, 1)[0], 11)])
    assert len(samples) == 0


def test_a_file_may_have_a_name_of_no_encoding(samples: Samples) -> None:
    number = samples.add(np.eye(28), 1, source=os.fsdecode(b"caf\xe9_1.png")).number
    assert samples[number].source == "caf?_1.png"


def test_what_is_known_already_costs_the_card_nothing(samples: Samples, path: Path) -> None:
    (glyph,) = glyphs(1)
    samples.add(glyph, 4)
    log = path.with_name("samples.db-wal").read_bytes()
    samples.add(glyph, 4)
    samples.add(glyph)
    list(samples)
    assert path.with_name("samples.db-wal").read_bytes() == log


def test_labels_in_words() -> None:
    assert [label_of(text) for text in ("0", "9", "none", "None")] == [0, 9, NO_DIGIT, NO_DIGIT]
    assert [label_text(label) for label in (0, NO_DIGIT, None)] == ["0", "none", ""]
    for text in ("", "10", "x", "²"):
        with pytest.raises(UsageError, match="from 0 to 9, or none"):
            label_of(text)


def test_the_settings_say_where_and_how_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = load_settings(None, {"INKLING_SAMPLES_PATH": str(tmp_path / "my.db"), "INKLING_SAMPLES_MOST": "1"})
    with open_samples(mine, print) as samples:
        samples.add(glyphs(1)[0], 1)
        assert samples.path == tmp_path / "my.db"
        with pytest.raises(SamplesError, match="full"):
            samples.add(glyphs(2)[1], 1)
    assert load_settings(None, {})["samples.most"] == MOST
    monkeypatch.setattr("inkling.places.SYSTEM_FOLDER", tmp_path / "none")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    with open_samples(load_settings(None, {}), print) as samples:
        assert samples.path == tmp_path / "xdg" / "inkling" / "samples.db"


KEEPS = """
import sys
import numpy as np
from pathlib import Path
from inkling.samples import Samples
rng = np.random.default_rng(int(sys.argv[2]))
with Samples(Path(sys.argv[1])) as samples:
    for step in range(int(sys.argv[3])):
        glyph = rng.integers(0, 256, (28, 28), dtype=np.uint8)
        kept = samples.add(glyph, step % 10)
        print(kept.number, glyph.tobytes().hex(), step % 10, flush=True)
        if step % 5 == 4:
            samples.relabel([kept.number], 10)
            print(kept.number, glyph.tobytes().hex(), 10, flush=True)
"""


def keeper(path: Path, seed: int, count: int) -> "subprocess.Popen[str]":
    """A process that keeps samples, and says so of each when it is kept."""
    command = [sys.executable, "-c", KEEPS, str(path), str(seed), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def acknowledged(lines: list[str]) -> dict[int, tuple[bytes, int]]:
    """What whole lines say is kept, by number."""
    fields = [line.split() for line in lines if line.endswith("\n")]
    return {int(number): (bytes.fromhex(glyph), int(label)) for number, glyph, label in fields}


def test_whatever_was_acknowledged_is_there_after_kill_9(path: Path) -> None:
    rng = np.random.default_rng(9)
    promised: dict[int, tuple[bytes, int | None]] = {}
    for seed in range(6):
        with keeper(path, seed, 10**6) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(int(rng.integers(1, 60)))]
            process.kill()
            lines += process.stdout.readlines()
        promised |= acknowledged(lines)
        with Samples(path, report=pytest.fail) as samples:
            there = {sample.number: (sample.glyph.tobytes(), sample.label) for sample in samples}
        # the last that was kept may have been relabelled, with nobody left to say so
        last = max(promised)
        assert there[last] in (promised[last], (promised[last][0], NO_DIGIT))
        assert promised.items() - {(last, promised[last])} <= there.items()
        assert len(there) <= len(promised) + 1  # and so may one more have been kept
        promised = dict(there)


def test_two_processes_keep_at_once(path: Path) -> None:
    both = [keeper(path, seed, 40) for seed in (1, 2)]
    promised = [acknowledged(process.communicate()[0].splitlines(keepends=True)) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    with Samples(path, report=pytest.fail) as samples:
        assert {s.number: (s.glyph.tobytes(), s.label) for s in samples} == promised[0] | promised[1]
        assert len(samples) == 80


def test_a_sample_is_about_a_kilobyte(samples: Samples, path: Path) -> None:
    images, labels = patterns(1000, 0)
    samples.add_all(Sample(image, int(label), "camera") for image, label in zip(images, labels, strict=True))
    samples.close()
    assert path.stat().st_size < 1100 * 1000

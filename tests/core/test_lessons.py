"""The lessons run, and print what the talk shows."""

import re
import subprocess
import sys

import pytest

from support import ROOT, real_data

LESSONS = ROOT / "core" / "lessons"


def printed_by(lesson: str, *arguments: str) -> str:
    (path,) = LESSONS.glob(f"lesson_{lesson}.py")
    result = subprocess.run([sys.executable, path, *arguments], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


@pytest.mark.parametrize(
    ("lesson", "expected"),
    [
        ("1_kilometres_to_miles", ["factor 0.6000: 100 km are  60.000 miles, the error is  +2.137", "about 0.619"]),
        ("2_garden_bugs", ["A +0.1167", "A = 0.3667 gives 0.3667", "A is 2.9000", "A = 0.3083", "A is 1.6042"]),
        ("3_and_or", ["AND: on where", "OR: on where"]),
        ("4_xor", ["the best gets 3 of 4", "A 1  B 1  OR 1  NAND 0  XOR 0"]),
        ("5_signals_forward", ["= 1.05", "[0.741 0.646]", "[0.761 0.603 0.65 ]", "[0.726 0.709 0.778]"]),
        ("6_errors_back", ["0.32 + 0.10 = 0.42", "0.48 + 0.40 = 0.88", "W' e = [2.1 4.4]"]),
        ("7_digits", ["One of the 600 examples", "Run backwards"]),
        ("8_another_device", ["before: ", "epoch 5: loss 0.0", "after: 100% right", "at home in NumPy: 100% right"]),
    ],
)
def test_each_lesson_prints_what_the_talk_shows(lesson: str, expected: list[str]) -> None:
    out = printed_by(lesson)
    assert [text for text in expected if text not in out] == []


@pytest.mark.parametrize(("lesson", "rows"), [("3_and_or", 8), ("4_xor", 4)])
def test_what_nodes_have_learnt_is_right(lesson: str, rows: int) -> None:
    answers = re.findall(r"wanted (\d)  answer (\d\.\d\d)", printed_by(lesson))
    assert len(answers) == rows
    assert all(abs(int(wanted) - float(answer)) < 0.1 for wanted, answer in answers)


def test_the_slopes_of_lesson_6_are_exact() -> None:
    (off,) = re.findall(r"off by (\S+)\.\n", printed_by("6_errors_back"))
    assert float(off) < 1e-7


def test_lesson_7_learns_to_read() -> None:
    shares = [int(share) for share in re.findall(r"(\d+)% of 100 test images", printed_by("7_digits"))]
    assert len(shares) == 5
    assert shares[-1] >= 95


def test_lesson_7_reads_the_talks_files() -> None:
    talk = real_data("talk")
    out = printed_by("7_digits", str(talk / "mnist_train_100.csv"), str(talk / "mnist_test_10.csv"))
    assert int(re.findall(r"(\d+)% of 10 test", out)[-1]) >= 50


def test_every_lesson_is_tested() -> None:
    assert len(list(LESSONS.glob("*.py"))) == 8

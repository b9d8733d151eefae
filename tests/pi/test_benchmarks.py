"""Benchmarks of recipes: costs by hand, and what the command prints."""

import re
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from inkling.benchmarks import Trial, multiply_accumulates, trial
from inkling.cli import main
from inkling.grammar import training
from inkling.recipes import RECIPES
from inkling.training import Images
from inknet import Convolution, Dense, Network, SoftmaxCrossEntropy
from support import patterns


def test_the_command_line_knows_every_recipe() -> None:
    assert set(training.RECIPES) == set(RECIPES)


@pytest.mark.parametrize(
    ("recipe", "wanted"),
    [
        ("classic", 784 * 200 + 200 * 10),
        ("mlp", 784 * 300 + 300 * 100 + 100 * 10),
        (
            "cnn",
            # filters x inputs of each x places
            32 * 25 * 144 + 40 * 288 * 100 + 40 * 360 * 100 + 96 * 360 * 25 + 96 * 864 * 9 + 10 * 864,
        ),
    ],
)
def test_multiply_accumulates_by_hand(recipe: str, wanted: int) -> None:
    assert multiply_accumulates(RECIPES[recipe].trainer(np.random.default_rng(0)).result()) == wanted


def test_channels_and_strides_count_as_they_should() -> None:
    network = Network([Convolution(4, 3, stride=2), Dense(5)], SoftmaxCrossEntropy(), input_shape=(9, 7, 2))
    assert multiply_accumulates(network) == 4 * 18 * (4 * 3) + 5 * (4 * 4 * 3)
    assert network.scores(np.zeros((1, 9, 7, 2))).shape == (1, 5)  # it is still of use


def test_recipes_keep_within_their_budgets() -> None:
    for name, budget in (("mlp", 8), ("night", 16)):
        recipe = RECIPES[name]
        cost = multiply_accumulates(recipe.trainer(np.random.default_rng(0)).result()) / 1e6 * recipe.epochs
        cost *= 1 + recipe.outliers + recipe.own
        assert 0.9 * budget < cost <= budget, name
    assert multiply_accumulates(RECIPES["robust"].trainer(np.random.default_rng(0)).result()) <= 5e6


def test_a_trial_learns_from_all_images_and_says_what_it_cost() -> None:
    learn, test = Images(*patterns(240, seed=0)), Images(*patterns(50, seed=1))
    *steps, result = trial("turned", 3, learn, test)
    assert isinstance(result, Trial)
    assert len(steps) == 22  # 240 images, 3 views, 3 epochs, reported by the hundred
    assert (result.recipe, result.seed) == ("turned", 3)
    assert result.mac_epochs == pytest.approx(0.1588 * 3 * 3 * 240 / 60_000)
    assert result.accuracy > 0.9


def test_each_training_and_each_median_is_a_line(csv_data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["bench", "recipes", "--data", str(csv_data), "--recipe", "mlp", "classic", "mlp", "--seeds", "2"]
    assert main(arguments) == 0
    out, err = capfd.readouterr()
    lines = out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "mlp seed 0",
        "mlp seed 1",
        "mlp",
        "classic seed 0",
        "classic seed 1",
        "classic",
    ]
    found = [float(line.split(": ")[1].split("%")[0]) for line in lines[:2]]
    assert re.fullmatch(r"mlp: median of 2 seeds (\d+\.\d\d)%", lines[2])
    assert float(lines[2].split()[-1].rstrip("%")) == pytest.approx(median(found), abs=0.01)
    assert re.fullmatch(r"mlp seed 0: \d+\.\d\d% of 50 test images read right, 0\.03 M MAC-epochs, \d+ s", lines[0])
    assert "classic seed 1: 100%" in err


def test_a_bench_without_its_data_is_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "recipes", "--data", str(tmp_path)]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert re.fullmatch(r"inkling bench: [^\n]+inkling data fetch[^\n]+\n", err)
    (tmp_path / "a.csv").write_text("1")
    assert main(["bench", "recipes", "--data", str(tmp_path / "a.csv")]) == 2
    assert "give a folder" in capfd.readouterr().err

"""What goes with the package: scripts and the README. The scripts themselves run in CI and by hand."""

import os
import re
import subprocess
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path

import pytest

from inkling.grammar.parsing import parsed
from support import ROOT

SCRIPTS = [
    *(
        path
        for path in sorted((ROOT / "deploy").rglob("*"))
        if path.suffix == ".sh" or "/debian/inkling.p" in str(path)
    ),
    ROOT / "tests" / "bench" / "run.sh",
    ROOT / ".ci" / "run",
]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_plain_sh(script: Path) -> None:
    result = subprocess.run(["sh", "-n", script], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_the_package_has_a_place_for_every_unit() -> None:
    rules = (ROOT / "deploy" / "debian" / "rules").read_text()
    for unit in (ROOT / "systemd").glob("*.service"):
        assert unit.name in rules or f"--name={unit.stem}" in rules


def test_the_card_that_installs_itself_is_cloud_inits() -> None:
    """What is in it, cloud-init itself checks: `sh deploy/package-test.sh`."""
    text = (ROOT / "deploy" / "cloud-init" / "user-data").read_text()
    assert text.startswith("#cloud-config\n")  # without that very line cloud-init takes no notice of it
    control = (ROOT / "deploy" / "debian" / "control").read_text()
    recommended = control[control.index("Recommends:") : control.index("Description:")].replace(",", "").split()[1:]
    assert len(recommended) >= 4
    assert [name for name in recommended if name not in text] == []


@pytest.mark.parametrize("page", sorted((ROOT / "deploy").glob("*.md")), ids=lambda path: path.name)
def test_what_the_guides_name_is_there(page: Path) -> None:
    text = page.read_text()
    named = re.findall(r"\bdeploy/[\w./-]+", text)
    assert [name for name in named if not (ROOT / name.rstrip(".")).exists()] == []
    for line in re.findall(r"^(?:sudo )?inkling (.*)$", text, re.MULTILINE):
        parsed(line.partition("#")[0].split())


def test_a_python_that_is_not_there_is_said_in_words() -> None:
    environment = {**os.environ, "PYTHON": "python-that-is-not-there"}
    result = subprocess.run(["sh", "deploy/demo.sh"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == 1
    assert "apt install python3 python3-venv" in result.stderr


def test_the_package_brings_its_model_and_its_command() -> None:
    assert files("inkling").joinpath("digits.npz").is_file()
    (command,) = entry_points(group="console_scripts", name="inkling")
    assert command.value == "inkling.cli:main"


def test_every_command_in_the_readme_is_understood() -> None:
    text = (ROOT / "README.md").read_text()
    lines = re.findall(r"^(?:\$ )?(?:\w+=\S+ )*inkling (.*)$", text, re.MULTILINE)
    assert len(lines) >= 8
    for line in lines:
        parsed(line.partition("#")[0].split())


def test_every_file_the_readme_names_is_there() -> None:
    text = (ROOT / "README.md").read_text()
    named = re.findall(r"(?:deploy|systemd|core|pi)/[\w./-]+", text)
    assert len(named) >= 6
    assert [name for name in named if not (ROOT / name).exists()] == []

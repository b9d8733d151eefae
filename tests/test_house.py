"""The rules of the house: what stands where, what imports what, how much there is of it, and that it is clean."""

import ast
import io
import subprocess
import sys
import tokenize
from pathlib import Path

import numpy as np
import pytest

from support import ROOT

CORE, PI = ROOT / "core" / "inknet", ROOT / "pi" / "inkling"


def lines_of_code(source: str) -> int:
    """Lines that hold code: not blank, no comment, no docstring."""
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {line for t in tokens if t.type not in silent for line in range(t.start[0], t.end[0] + 1)}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            docstring = node.body[0]
            lines -= set(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    return len(lines)


def test_lines_of_code_are_counted_as_they_should_be() -> None:
    assert (
        lines_of_code('"""Text\nmore."""\n\n# why\nx = (  # a\n    1,\n)\ndef f():\n    "doc"\n    return "s"\n') == 5
    )


def test_the_library_has_less_than_1000_lines_of_code() -> None:
    counts = {path.name: lines_of_code(path.read_text()) for path in sorted(CORE.rglob("*.py"))}
    print(counts, sum(counts.values()))
    assert len(counts) > 10
    assert sum(counts.values()) < 1000


def imported_by(path: Path) -> set[str]:
    """The top-level packages that a file imports, anywhere in it."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and node.level == 0}
    return {name.split(".")[0] for name in names}


def test_the_library_needs_numpy_and_the_standard_library_only() -> None:
    foreign = {
        path.name: others
        for path in CORE.rglob("*.py")
        if (others := imported_by(path) - set(sys.stdlib_module_names) - {"numpy"})
    }
    assert foreign == {}


def modules_after(code: str) -> set[str]:
    """The modules that a fresh Python has loaded after running some code."""
    script = f"import sys\ntry:\n    {code}\nexcept SystemExit:\n    pass\nprint('MODULES', *sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(result.stdout.rpartition("MODULES")[2].split())


def test_help_imports_neither_numpy_nor_pillow() -> None:
    for arguments in (
        ["--help"],
        ["--version"],
        ["read", "--help"],
        ["train", "--help"],
        ["bench", "photos", "--help"],
        ["nonsense"],
    ):
        loaded = modules_after(f"from inkling.cli import main; main({arguments})")
        assert not {"numpy", "PIL", "tqdm", "inknet"} & loaded, arguments


@pytest.mark.parametrize("path", sorted(PI.rglob("*.py")), ids=lambda path: path.relative_to(PI).as_posix())
def test_nothing_imports_what_only_a_pi_or_a_plot_needs(path: Path) -> None:
    module = ".".join(path.relative_to(PI.parent).with_suffix("").parts).removesuffix(".__init__")
    loaded = modules_after(f"import {module}")
    assert module in loaded
    assert not {"picamera2", "gpiozero", "matplotlib"} & loaded


def test_a_photo_is_read_without_what_only_pins_and_training_need() -> None:
    photo = str(ROOT / "deploy" / "pictures" / "page.jpg")
    loaded = modules_after(f"from inkling.cli import main; sys.exit(main(['read', {photo!r}]))")
    assert "PIL.JpegImagePlugin" in loaded
    assert not {"importlib.metadata", "numpy.random"} & (loaded - modules_after("import numpy"))


def test_the_top_holds_what_was_agreed() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("this is no git checkout")
    agreed = {"pi", "core", "deploy", "systemd", "tests", "README.md", "pyproject.toml", ".ci", ".gitignore", "LICENSE"}
    assert {name.split("/")[0] for name in tracked.stdout.split()} <= agreed


def test_ruff_is_content() -> None:
    for command in (["check"], ["format", "--check", "--quiet"]):
        run_tool("ruff", *command, ".")


@pytest.mark.skipif(np.__version__.startswith("1."), reason="NumPy 1 calls much Any that NumPy 2 gives a type")
def test_mypy_is_content() -> None:
    run_tool("mypy", "--no-incremental")


def run_tool(name: str, *arguments: str) -> None:
    pytest.importorskip(name, reason=f"{name} is not installed: pip install '.[test]'")
    result = subprocess.run([sys.executable, "-m", name, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr

"""`inkling config`: `show` prints the settings that hold and where each comes from, `init` a file to begin with."""

import argparse
from pathlib import Path

from ..errors import UsageError
from ..settings import as_toml, load_settings


def run(args: argparse.Namespace) -> int:
    """Prints or writes settings as TOML; returns the exit status."""
    if args.action == "show":
        print(as_toml(values=load_settings(args.config).effective), end="")
    elif args.file is None:
        print(as_toml(), end="")
    else:
        _create(args.file)
    return 0


def _create(file: Path) -> None:
    from inknet.modelfile import write_durably  # with it comes NumPy, which `show` does not need

    if file.exists():
        raise UsageError(f"{file} is there already, and stays as it is; give another name, or remove it first")
    if not file.parent.is_dir():
        raise UsageError(f"{file}: there is no folder {file.parent}; make it first, or give another name")
    write_durably(file, as_toml().encode())
    print(f"{file}: take the # away from what you change, then look at `inkling config show --config {file}`")

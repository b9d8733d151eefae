"""The command line: runs what was asked for, and says in one line what went wrong.

What can be asked for stands in `grammar`; each command's work is in `commands`, and imported when it is asked for.
Until `main` looks out for Ctrl-C, nothing is imported that takes time.
"""

import os
import sys
from collections.abc import Callable, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit status. Any failure is one line on stderr, a traceback only on --debug."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started us; what is written there is lost, as they want
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    try:
        from .grammar.parsing import parsed

        try:
            return _run(parsed(sys.argv[1:] if argv is None else argv))
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has enough of it; the interpreter must not try to flush the rest at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(args: "Namespace") -> int:
    from importlib import import_module

    from .errors import UsageError

    try:
        run: Callable[[Namespace], int] = import_module(f".commands.{args.module}", __package__).run
        return run(args)
    except BrokenPipeError:
        raise
    except Exception as error:
        if args.debug:
            raise
        print(f"inkling {args.command}: {explain(error)}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1


def explain(error: Exception) -> str:
    """An error as one line for the person at the keyboard."""
    from .errors import InklingError, told

    inknet = sys.modules.get("inknet.errors")  # where NumPy is missing, it cannot be imported
    if isinstance(error, (InklingError, *([inknet.InknetError] if inknet else []))):
        return told(error)
    if isinstance(error, OSError) and error.strerror:
        return told(error)
    if isinstance(error, MemoryError):
        return "not enough memory; close other programs, or give it less at a time"
    if isinstance(error, ImportError):
        return f"{told(error)}; `inkling doctor` says what is missing, and how to get it"
    return f"unexpected {type(error).__name__}: {told(error)}. Run it again with --debug and report what it prints."


if __name__ == "__main__":
    sys.exit(main())

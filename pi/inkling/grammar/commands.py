"""Commands that stand side by side, each with its name, what it is for, who does it, and what it can be told."""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

Arguments = Callable[[argparse.ArgumentParser], None]  # adds a command's arguments to its parser

DEBUG = argparse.ArgumentParser(add_help=False)
DEBUG.add_argument("--debug", action="store_true", help="show the traceback of an error")


class Commands:
    """The commands of `inkling`, or those of a group such as `inkling model`."""

    def __init__(self, *topics: "Commands", kind: str = "command") -> None:
        """topics: whose commands are these, to begin with.

        kind: what one of them is called in the usage, and the attribute of the parsed arguments that names it.
        """
        self._kind = kind
        self._entries: dict[str, Callable[[Any, Sequence[str]], None]] = {}
        for topic in topics:
            self._entries |= topic._entries

    def command(self, name: str, module: str, text: str, listed: bool = True) -> Callable[[Arguments], Arguments]:
        """Enters a command under its name: `@COMMANDS.command(…)` stands above the function that adds its arguments.

        module: the one of `inkling.commands` whose `run` does the work. text: what it is for. listed: by --help.
        """

        def enter(arguments: Arguments) -> Arguments:
            def add(parsers: Any, words: Sequence[str]) -> None:
                parser = _parser(parsers, name, text, listed)
                parser.set_defaults(module=module)
                if words[:1] == [name]:
                    arguments(parser)

            self._entries[name] = add
            return arguments

        return enter

    def group(self, name: str, text: str) -> "Commands":
        """Enters a group of commands under one name, and returns it: empty, to be filled."""
        below = Commands(kind="action")

        def add(parsers: Any, words: Sequence[str]) -> None:
            parser = _parser(parsers, name, text)
            if words[:1] == [name]:
                below.add_to(parser, words[1:])

        self._entries[name] = add
        return below

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def add_to(self, parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
        """Makes these the commands of a parser. Only the one that the words begin with is given its arguments.

        With those of all of them, `inkling --help` took half as many instructions again.
        """
        parsers = parser.add_subparsers(dest=self._kind, metavar=self._kind.upper(), required=True)
        for add in self._entries.values():
            add(parsers, words)


def _parser(parsers: Any, name: str, text: str, listed: bool = True) -> argparse.ArgumentParser:
    listing = {"help": text} if listed else {}
    parser: argparse.ArgumentParser = parsers.add_parser(name, description=text, parents=[DEBUG], **listing)
    return parser

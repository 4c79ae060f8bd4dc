"""Which parameters of a command name files to read, and which files to write.

What a command writes never replaces what it reads, nor another file that it writes.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import click

from fsm.errors import OutputError

__all__ = ["FILE", "INPUT", "OUTPUT", "PAGE", "InputName", "OutputFile", "refuse_overwriting"]

_CLASS = re.compile(r"([\w.]+):\w+")

Identity: TypeAlias = tuple[object, ...]


class OutputFile(click.Path):
    """A file that is written; the command says what is wrong with it.

    With ``suffixes``, its name ends in one of them, unless it is a pipe or a device.
    """

    def __init__(self, *suffixes: str) -> None:
        super().__init__(path_type=Path)
        self.name = "file"
        self.suffixes = suffixes

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; a usage error for another suffix."""
        path = Path(str(super().convert(value, param, ctx)))
        is_stream = str(path) == "-" or _identity(path) is None
        if self.suffixes and path.suffix.lower() not in self.suffixes and not is_stream:
            listed = " or ".join(self.suffixes)
            self.fail(f"{path}: its name must end in {listed}", param, ctx)
        return path


class InputName(click.types.StringParamType):
    """The name of a file that is read, a pattern of such names, or another name."""


FILE = click.Path(path_type=Path)
FILE.name = "file"
"""A file that is read; the command says what is wrong with it."""
INPUT = InputName()
OUTPUT = OutputFile()
PAGE = OutputFile(".html", ".htm")
"""An HTML page that is written."""


def refuse_overwriting(context: click.Context, params: Iterable[click.Parameter]) -> None:
    """Refuse outputs that are an input or one another, before anything is read.

    Links and other spellings of a path are the same file. Standard streams, pipes and devices
    cannot be overwritten. Raises :class:`OutputError`.
    """
    given = [(param, context.params.get(param.name or "")) for param in params]
    written: dict[Identity, tuple[str, Path]] = {}
    for param, path in given:
        if not isinstance(param.type, OutputFile) or path is None or str(path) == "-":
            continue
        identity, option = _identity(path), max(param.opts, key=len)
        if identity is None:
            continue
        if identity in written:
            other, _ = written[identity]
            raise OutputError(
                f"{path}: {other} and {option} would write the same file; name another one"
            )
        written[identity] = option, path
    for name in _names_read(given) if written else ():
        if (same := written.get(_identity(Path(name)) or ())) is not None:
            option, path = same
            raise OutputError(f"{path}: {option} would overwrite an input; name another file")


def _identity(path: Path) -> Identity | None:
    """Return what two spellings of a path have in common; None for what is no regular file."""
    try:
        facts = path.stat()
    except (OSError, ValueError):  # there is no such file, or no file can have this name
        return (os.path.realpath(path),) if "\0" not in str(path) else None
    return (facts.st_dev, facts.st_ino) if stat.S_ISREG(facts.st_mode) else None


def _names_read(given: Iterable[tuple[click.Parameter, Any]]) -> Iterator[str]:
    """Yield the names of files that parameters name, with those of a class and of a pattern."""
    from fsm.logs.storage.names import expanded_names, mails_of

    for param, value in given:
        if param.type is not FILE and not isinstance(param.type, InputName):
            continue
        for name in value if isinstance(value, tuple) else (value,):
            if name is None:
                continue
            for path in expanded_names(str(name)):
                yield from map(str, mails_of(path) or [Path(path)])
            if of_class := _CLASS.fullmatch(str(name)):
                yield f"{of_class[1].replace('.', '/')}.py"

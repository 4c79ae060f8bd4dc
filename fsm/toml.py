"""Read the TOML files that users write: within bounds, and with the line of every word.

The standard library's parser recurses where brackets are nested and takes quadratic time for
long dotted keys, so both are bounded before it sees the text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from fsm.errors import FsmError
from fsm.files import read_text

__all__ = ["MAX_BYTES", "MAX_DEPTH", "Toml", "parse_toml", "read_toml"]

MAX_BYTES = 2**20
"""Larger files are refused: nobody writes them by hand."""
MAX_DEPTH = 32
"""Brackets nested deeper, and keys with more dots, are refused."""

# A string may lack its end, so that no text is scanned twice; the parser reports it.
_PART = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""|\Z)'
    r"|'''.*?(?:'''|\Z)"
    r'|"(?:\\.|[^"\\\n])*+"?'
    r"|'[^'\n]*+'?"
    r"|\#[^\n]*"
    r"|[\[\]{}.\n]"
    r"|[\w-]++(?:[ \t]*\.[ \t]*+[\w\"'-]++)*+",
    re.DOTALL,
)
_SECTION = re.compile(r"\s*\[+\s*([^\]]*?)\s*\]+\s*(?:#.*)?")


class _Word(NamedTuple):
    """A text in quotes, or a bare key, as it stands in a file."""

    line: int
    section: str
    text: str


@dataclass(frozen=True)
class Toml:
    """A file: its name, its text, what it says."""

    name: str
    text: str
    data: dict[str, Any]

    def line(self, section: str, *texts: str) -> int:
        """Return the line of the last of some texts that stands in a section, else 1.

        Texts are compared without regard to letter case. A section stands for the whole file
        where it is empty.
        """
        wanted = {text.casefold() for text in texts}
        found = 0
        for word in self._words:
            if section in ("", word.section):
                found = found or word.line
                if word.text.casefold() in wanted:
                    found = word.line
        return found or 1

    @cached_property
    def _words(self) -> list[_Word]:
        return list(_words(self.text))


def read_toml(path: Path, refusal: type[FsmError]) -> Toml:
    """Read a TOML file; raises ``refusal`` in one line that names the file and the fault."""
    return parse_toml(read_text(path, MAX_BYTES, "a TOML file of fsm", refusal), str(path), refusal)


def parse_toml(text: str, name: str, refusal: type[FsmError]) -> Toml:
    """Return what a TOML text says, see :func:`read_toml`."""
    _check_depth(text, name, refusal)
    try:
        return Toml(name, text, tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise refusal(f"{name}: not readable as TOML: {error}") from error


def _check_depth(text: str, name: str, refusal: type[FsmError]) -> None:
    depth = dots = 0
    for found in _PART.finditer(text):
        part = found[0]
        depth = max(0, depth + (part in "[{") - (part in "]}"))
        dots = 0 if part == "\n" else dots + (part == ".")
        is_key = part[0] not in "\"'#"
        if max(depth, dots) > MAX_DEPTH or (is_key and part.count(".") > MAX_DEPTH):
            line = text.count("\n", 0, found.start()) + 1
            raise refusal(f"{name}:{line}: nested deeper than {MAX_DEPTH} levels")


def _words(text: str) -> Iterator[_Word]:
    section, line, start = "", 1, 0
    for found in _PART.finditer(text):
        part = found[0]
        if part[0] in "\"'":
            yield _Word(line, section, _text(part))
        elif part == "[" and found.start() == start and (head := _SECTION.match(text, start)):
            section = head[1]
        elif part[0] not in "#[]{}.\n":
            yield _Word(line, section, part)
        if "\n" in part:
            line, start = line + part.count("\n"), found.end()


def _text(part: str) -> str:
    try:
        return str(tomllib.loads(f"x = {part}")["x"])
    except tomllib.TOMLDecodeError:
        return part

"""Read the TOML files that users write: within bounds, and with the line of every word.

The standard library's parser recurses where brackets are nested, and takes quadratic time for long
dotted keys, so both are bounded before it sees the text. msgspec decodes TOML with that parser: its
messages have no lines, so those who read a file check the values themselves, and use
:meth:`Toml.line`.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from fsm.errors import FsmError
from fsm.files import read_text
from fsm.text import HIDDEN

__all__ = ["MAX_BYTES", "MAX_DEPTH", "Toml", "parse_toml", "read_toml", "toml_string"]

MAX_BYTES = 2**20
"""Larger files are refused: nobody writes them by hand."""
MAX_DEPTH = 32
"""Brackets nested deeper, and keys with more dots, are refused."""

# Strings, comments, brackets, line ends and dotted keys. A string may lack its end, so that no text
# is scanned twice; the parser reports it later.
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
    """A file: its name, its text and its decoded values."""

    name: str
    text: str
    data: dict[str, Any]

    def line(self, section: str, *texts: str) -> int:
        """Return the last line in a section with one of the texts.

        If none of them is there it is the first line of the section, or 1. Letter case does not
        matter. An empty section stands for the whole file.
        """
        folded = {text.casefold() for text in texts}
        lines = [word.line for word in self._words if section in ("", word.section)]
        matches = [
            word.line
            for word in self._words
            if section in ("", word.section) and word.text.casefold() in folded
        ]
        return (matches[-1:] or lines[:1] or [1])[0]

    @cached_property
    def _words(self) -> list[_Word]:
        return list(_words(self.text))


def read_toml(path: Path, refusal: type[FsmError]) -> Toml:
    """Read a TOML file; raises ``refusal``, whose message of one line names file and fault."""
    return parse_toml(read_text(path, MAX_BYTES, "a TOML file of fsm", refusal), str(path), refusal)


def parse_toml(text: str, name: str, refusal: type[FsmError]) -> Toml:
    """Decode a TOML text, see :func:`read_toml`."""
    _check_depth(text, name, refusal)
    try:
        return Toml(name, text, tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise refusal(f"{name}: not readable as TOML: {error}") from error


def toml_string(text: str) -> str:
    """Return a basic string of TOML, in which unseen characters are escapes."""
    return HIDDEN.sub(lambda match: f"\\U{ord(match[0]):08X}", json.dumps(text, ensure_ascii=False))


def _check_depth(text: str, name: str, refusal: type[FsmError]) -> None:
    depth = dots = 0
    for match in _PART.finditer(text):
        part = match[0]
        depth = max(0, depth + (part in "[{") - (part in "]}"))
        dots = 0 if part == "\n" else dots + (part == ".")  # between keys in quotes
        is_key = part[0] not in "\"'#"
        if max(depth, dots) > MAX_DEPTH or (is_key and part.count(".") > MAX_DEPTH):
            line = text.count("\n", 0, match.start()) + 1
            raise refusal(f"{name}:{line}: nested deeper than {MAX_DEPTH} levels")


def _words(text: str) -> Iterator[_Word]:
    section, line, start = "", 1, 0
    for match in _PART.finditer(text):
        part = match[0]
        if part[0] in "\"'":
            yield _Word(line, section, _text(part))
        elif part == "[" and match.start() == start and (head := _SECTION.match(text, start)):
            section = head[1]
        elif part[0] not in "#[]{}.\n":
            yield _Word(line, section, part)
        if "\n" in part:
            line, start = line + part.count("\n"), match.end()


def _text(part: str) -> str:
    """Return what a string in quotes stands for."""
    try:
        return str(tomllib.loads(f"x = {part}")["x"])
    except tomllib.TOMLDecodeError:
        return part

"""Find the generated blocks of a Markdown page and replace what is in them, and nothing else.

A block begins with a line ``<!-- fsm:KIND WORD... NAME=VALUE... -->`` and ends with
``<!-- fsm:end -->``. What stands in a fenced code block is an example, and stays.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fsm.errors import PageError

__all__ = ["Block", "find_blocks", "rewrite"]

_COMMENT = re.compile(r"[ \t>]*<!--\s*fsm:(\S+)(.*?)-->\s*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


@dataclass(frozen=True)
class Block:
    """One block: its first line (counted from 1), what it asks for, and where its content is.

    ``first`` and ``last`` are the numbers of the lines between which the content stands.
    """

    line: int
    kind: str
    words: tuple[str, ...]
    options: dict[str, str]
    first: int
    last: int


def rewrite(text: str, name: str, content: Callable[[Block], str]) -> str:
    """Return the page with the content of every block written anew.

    ``content`` returns the lines of a block; it may raise :class:`PageError` without a place.
    Raises :class:`PageError` with file and line for a block that cannot be read or written.
    """
    lines = text.split("\n")
    parts, done = [], 0
    for block in find_blocks(text, name):
        try:
            written = content(block).strip("\n")
        except PageError as error:
            raise PageError(f"{name}:{block.line}: {error}") from error
        ending = "\r" if lines[block.line - 1].endswith("\r") else ""
        indent = re.match(r"[ \t>]*", lines[block.line - 1])
        before = indent.group() if indent else ""
        body = [f"{before}{line}".rstrip() + ending for line in ["", *written.split("\n"), ""]]
        parts += [*lines[done : block.first], *body]
        done = block.last
    return "\n".join([*parts, *lines[done:]])


def find_blocks(text: str, name: str) -> Iterator[Block]:
    """Yield the blocks of a page; raises :class:`PageError` for one without an end."""
    opened: Block | None = None
    for number, kind, rest in _comments(text):
        if kind == "end":
            if opened is None:
                raise PageError(f"{name}:{number}: fsm:end without a block that it ends")
            yield Block(
                opened.line, opened.kind, opened.words, opened.options, opened.line, number - 1
            )
            opened = None
            continue
        if opened is not None:
            break
        words, options = _arguments(rest, f"{name}:{number}")
        opened = Block(number, kind, words, options, number, number)
    if opened is not None:
        raise PageError(
            f"{name}:{opened.line}: the block has no end; write <!-- fsm:end --> on a line after it"
        )


def _comments(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the lines that begin or end a block: number, kind, arguments."""
    fence = ""
    for number, line in enumerate(text.split("\n"), 1):
        marks = _FENCE.fullmatch(line.rstrip("\r"))
        if fence:
            if marks and marks[1].startswith(fence) and not marks[2].strip():
                fence = ""
        elif marks:
            fence = marks[1]
        elif "fsm:" in line and (found := _COMMENT.fullmatch(line)):
            yield number, found[1], found[2]


def _arguments(text: str, place: str) -> tuple[tuple[str, ...], dict[str, str]]:
    try:
        parts = shlex.split(text)
    except ValueError as error:
        raise PageError(f"{place}: {error}; write NAME=VALUE, with quotes in pairs") from error
    options = dict(part.split("=", 1) for part in parts if "=" in part)
    return tuple(part for part in parts if "=" not in part), options

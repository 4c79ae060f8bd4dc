"""Find the generated blocks of a Markdown page and replace their content, nothing else.

A block begins with a line ``<!-- fsm:KIND WORD... NAME=VALUE... -->`` and ends with
``<!-- fsm:end -->``. Blocks inside code or a comment are examples, and stay as they are.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest

from fsm.errors import PageError
from fsm.tables.read.comments import find_comments

__all__ = ["Block", "find_blocks", "rewrite_blocks"]

_INDENT = re.compile(r"[ \t>]*")


@dataclass(frozen=True)
class Block:
    """One block: the line it begins in (from 1), its request, and where its content is.

    The content is ``lines[first:last]`` of the page.
    """

    line: int
    kind: str
    words: tuple[str, ...]
    options: dict[str, str]
    first: int
    last: int


def rewrite_blocks(text: str, name: str, content: Callable[[Block], str]) -> str:
    """Return the page with new content in every block.

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
        body = _like(lines[block.line - 1], ["", *written.split("\n"), ""])
        parts += [*lines[done : block.first], *body]
        done = block.last
    new = "\n".join([*parts, *lines[done:]])
    _refuse_code(text, new, name)
    return new


def _like(first: str, lines: Iterable[str]) -> list[str]:
    """Return lines with the indent, the quote marks and the ending of the first line of a block."""
    ending = "\r" if first.endswith("\r") else ""
    indent = _INDENT.match(first)
    before = indent[0] if indent else ""
    return [f"{before}{line}".rstrip() + ending for line in lines]


def _refuse_code(old: str, new: str, name: str) -> None:
    """Refuse a block that would be inside code in the new page."""
    blocks = list(find_blocks(old, name))
    try:
        new_blocks = [(block.kind, block.words) for block in find_blocks(new, name)]
    except PageError:
        new_blocks = []
    for block, new_block in zip_longest(blocks, new_blocks):
        if block is not None and new_block != (block.kind, block.words):
            raise PageError(
                f"{name}:{block.line}: the content of this block would be code; begin the lines "
                "of the block further to the left"
            )


def find_blocks(text: str, name: str) -> Iterator[Block]:
    """Yield the blocks of a page, whose text has no byte order mark.

    Raises :class:`PageError` for a block without an end.
    """
    opened: Block | None = None
    for number, kind, rest in _requests(text, name):
        if kind == "end":
            if opened is None:
                raise PageError(f"{name}:{number}: fsm:end without a block before it")
            yield replace(opened, last=number - 1)
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


def _requests(text: str, name: str) -> Iterator[tuple[int, str, str]]:
    """Yield the lines that begin or end a block: line number, kind, arguments."""
    if "fsm:" not in text:
        return
    for comment in find_comments(text.replace("\r", " "), name).comments:
        request = comment.request
        if request is None or request[0] == "ignore":
            continue
        if not comment.is_alone:
            raise PageError(f"{name}:{comment.line}: fsm:{request[0]} needs a line of its own")
        yield comment.line, *request


def _arguments(text: str, place: str) -> tuple[tuple[str, ...], dict[str, str]]:
    try:
        parts = shlex.split(text)
    except ValueError as error:
        raise PageError(f"{place}: {error}; write NAME=VALUE, with quotes in pairs") from error
    options: dict[str, str] = {}
    for name, value in (part.split("=", 1) for part in parts if "=" in part):
        if name in options:
            raise PageError(f"{place}: {name}= is given twice; give it once")
        options[name] = value
    return tuple(part for part in parts if "=" not in part), options

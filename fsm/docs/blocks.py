"""Find the generated blocks of a Markdown page and replace what is in them, and nothing else.

A block begins with a line ``<!-- fsm:KIND WORD... NAME=VALUE... -->`` and ends with
``<!-- fsm:end -->``. What stands in code or in a comment is an example, and stays.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from fsm.errors import PageError
from fsm.tables.read.comments import find_comments

__all__ = ["Block", "find_blocks", "rewrite_blocks"]


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


def rewrite_blocks(text: str, name: str, content: Callable[[Block], str]) -> str:
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
    new = "\n".join([*parts, *lines[done:]])
    _check_again(text, new, name)
    return new


def _check_again(old: str, new: str, name: str) -> None:
    """Refuse a block whose content would turn it into code."""
    blocks = list(find_blocks(old, name))
    try:
        again = [(block.kind, block.words) for block in find_blocks(new, name)]
    except PageError:
        again = []
    for block, other in zip_longest(blocks, again):
        if block is not None and other != (block.kind, block.words):
            raise PageError(
                f"{name}:{block.line}: what is written here would be code; begin the lines of the "
                "block further to the left"
            )


def find_blocks(text: str, name: str) -> Iterator[Block]:
    """Yield the blocks of a page; raises :class:`PageError` for one without an end.

    The text has no byte order mark.
    """
    opened: Block | None = None
    for number, kind, rest in _comments(text, name):
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


def _comments(text: str, name: str) -> Iterator[tuple[int, str, str]]:
    """Yield the lines that begin or end a block: number, kind, arguments."""
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
    options = dict(part.split("=", 1) for part in parts if "=" in part)
    return tuple(part for part in parts if "=" not in part), options

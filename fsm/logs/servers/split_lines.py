"""Lines that a container's log splits into pieces: joined again, before anything reads them.

The runtimes of Kubernetes mark a piece with ``P`` and the last one with ``F``; Docker's json-file
driver ends only the last one with a line feed. The whole line stands where its first piece did, and
the places of the others are blank, so that numbers of lines stay true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

__all__ = ["joined_pieces"]

_CRI = re.compile(r"(\S{10,50} (stdout|stderr) )([FP]) (.*)")
_DOCKER = re.compile(r'(\{"log": ?")((?:[^"\\]|\\.)*+)(", ?"stream": ?"(\w{1,20})".*)')
_NEW = re.compile(
    r"\d{4}[-/]\d\d[-/]\d\d[T ]|[A-Z][a-z]{2} [ \d]\d |<\d|\d{10}[. ]|\S{1,100}\[\d{1,9}\]: "
)
"""Begins a line of its own, even where the one before has no end."""
_SAMPLE = 40
"""Lines of a block by which it is recognised."""
_LONGEST = 1 << 20
"""Characters of a line that is joined."""
_MOST = 10_000
"""Lines between the pieces of one."""


class _Piece(NamedTuple):
    head: str
    text: str
    tail: str
    stream: str
    is_last: bool
    is_new: bool
    """Whether it cannot belong to the pieces before it."""


class _Line:
    """The pieces of one line: their text, and where they stand in their block."""

    def __init__(self, at: int, piece: _Piece) -> None:
        self.first, self.places = piece, [at]
        self.texts, self.size = [piece.text], len(piece.text)

    def add(self, at: int, piece: _Piece) -> None:
        self.places.append(at)
        self.texts.append(piece.text)
        self.size += len(piece.text)


def joined_pieces(blocks: Iterable[list[str]]) -> Iterator[list[str]]:
    """Yield blocks of lines with split lines joined; others, and other logs, as they are."""
    held: list[str] = []  # from the first piece of a line that a block does not end
    for block in blocks:
        if not held and not any(map(_piece, block[:_SAMPLE])):
            yield block
            continue
        lines = held + block
        begins = _join(lines)
        if len(lines) - begins > _MOST:
            begins = len(lines)
        held = lines[begins:]
        yield lines[:begins]
    if held:
        yield held


def _join(lines: list[str]) -> int:
    """Join the lines that end here; return where the first one begins that does not."""
    opened: dict[str, _Line] = {}
    for at, text in enumerate(lines):
        piece = _piece(text)
        if piece is None:
            continue
        line = opened.pop(piece.stream, None)
        if line is None or piece.is_new or line.size > _LONGEST:
            line = None if piece.is_last else _Line(at, piece)
        else:
            line.add(at, piece)
            if piece.is_last:
                for place in line.places:
                    lines[place] = ""
                lines[line.places[0]] = f"{line.first.head}{''.join(line.texts)}{piece.tail}"
                line = None
        if line is not None:
            opened[piece.stream] = line
    return min((line.places[0] for line in opened.values()), default=len(lines))


def _piece(line: str) -> _Piece | None:
    """Return a line as a piece of one, or as a whole one; None where no container wrote it."""
    if line.startswith('{"log":'):
        match = _DOCKER.match(line)
        if match is None:
            return None
        head, text, tail, stream = match.groups()
        before = text.removesuffix("n")
        is_last = before != text and (len(before) - len(before.rstrip("\\"))) % 2 == 1
        return _Piece(head, text, tail, stream, is_last, _NEW.match(text) is not None)
    match = _CRI.match(line)
    if match is None:
        return None
    head, stream, kind, text = match.groups()
    return _Piece(f"{head}F ", text, "", stream, kind == "F", is_new=False)

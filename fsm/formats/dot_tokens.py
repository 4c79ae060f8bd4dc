"""The DOT language cut into tokens, in time linear in the text.

Source: the grammar of Graphviz, https://graphviz.org/doc/info/lang.html. HTML strings are kept
whole; what is between their outermost angle brackets is not looked at, except for nesting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from fsm.errors import MachineError

__all__ = ["KEYWORDS", "Token", "TokenKind", "tokenize"]

TokenKind: TypeAlias = Literal["id", "quoted", "html", "keyword", "mark", "end"]

KEYWORDS = frozenset({"strict", "graph", "digraph", "node", "edge", "subgraph"})

_SKIPPED = re.compile(
    r"""(?: [\s\ufeff]+ | //[^\n]* | /\*(?s:.*?)\*/ | (?:(?<=\n)|\A)\#[^\n]* )+""",
    re.VERBOSE,
)
_TOKEN = re.compile(
    r"""
      (?P<quoted> "[^"\\]*+(?:\\.[^"\\]*+)*+" )
    | (?P<id> [^\W\d]\w* | -?(?:\.\d+|\d+(?:\.\d*)?) )
    | (?P<mark> -> | -- | [{}\[\];,=:+] )
    """,
    re.VERBOSE | re.DOTALL,
)
_ANGLE = re.compile(r"[<>]")


class Token(NamedTuple):
    """A token, its text without the quotes or outermost angle brackets, and its line from 1."""

    kind: TokenKind
    text: str
    line: int


def tokenize(text: str, name: str) -> Iterator[Token]:
    """Yield the tokens of a DOT text, an ``end`` token last.

    Quoted strings joined by ``+`` are one token. Raises :class:`MachineError` with the line of
    a character that starts no token, or of a string or comment that never ends.
    """
    waiting: Token | None = None
    joined = False
    for token in _pieces(text, name):
        if waiting and joined and token.kind == "quoted":
            waiting = waiting._replace(text=waiting.text + token.text)
            joined = False
        elif waiting and not joined and token == ("mark", "+", token.line):
            joined = True
        else:
            if joined:
                raise MachineError(f"{name}:{token.line}: '+' joins two quoted strings only")
            if waiting:
                yield waiting
            waiting = token if token.kind == "quoted" else None
            if waiting is None:
                yield token


def _pieces(text: str, name: str) -> Iterator[Token]:
    place, line = 0, 1
    while True:
        if skipped := _SKIPPED.match(text, place):
            line += text.count("\n", place, skipped.end())
            place = skipped.end()
        if place == len(text):
            yield Token("end", "", line)
            return
        token, end = _piece(text, place, line, name)
        yield token
        line += text.count("\n", place, end)
        place = end


def _piece(text: str, place: int, line: int, name: str) -> tuple[Token, int]:
    """Return the token at a place, and the place behind it."""
    if text[place] == "<":
        end = _html_end(text, place, line, name)
        return Token("html", text[place + 1 : end - 1], line), end
    found = _TOKEN.match(text, place)
    if found is None:
        raise MachineError(f"{name}:{line}: {_unreadable(text, place)}")
    word = found.group()
    if found.lastgroup == "quoted":
        return Token("quoted", word[1:-1].replace("\\\n", ""), line), found.end()
    if found.lastgroup == "mark":
        return Token("mark", word, line), found.end()
    kind: TokenKind = "keyword" if word.lower() in KEYWORDS else "id"
    return Token(kind, word, line), found.end()


def _html_end(text: str, place: int, line: int, name: str) -> int:
    depth = 0
    for angle in _ANGLE.finditer(text, place):
        depth += 1 if angle.group() == "<" else -1
        if depth == 0:
            return angle.end()
    raise MachineError(f"{name}:{line}: an HTML string starts here and never ends")


def _unreadable(text: str, place: int) -> str:
    if text[place] == '"':
        return "a quoted string starts here and never ends"
    if text.startswith("/*", place):
        return "a comment starts here and never ends"
    return f"{text[place]!r} has no meaning in DOT here"

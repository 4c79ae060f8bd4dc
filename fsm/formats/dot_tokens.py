"""The DOT language cut into tokens, in time linear in the text.

Source: the grammar of Graphviz, https://graphviz.org/doc/info/lang.html. An HTML string is one
token, of which only the angle brackets are counted. We cut the text ourselves to name the line of
every fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from fsm.errors import MachineError

__all__ = ["KEYWORDS", "Token", "TokenKind", "tokenize"]

TokenKind: TypeAlias = Literal["id", "quoted", "html", "keyword", "mark", "end"]

KEYWORDS = frozenset({"strict", "graph", "digraph", "node", "edge", "subgraph"})

# Blanks, the three forms of comments, and a byte order mark. Possessive quantifiers below keep the
# time linear where a string never ends.
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
    quoted: Token | None = None  # a string that may go on behind a "+"
    joined = False  # whether the last token was that "+"
    for token in _single_tokens(text, name):
        if quoted and joined and token.kind == "quoted":
            quoted = quoted._replace(text=quoted.text + token.text)
            joined = False
        elif quoted and not joined and (token.kind, token.text) == ("mark", "+"):
            joined = True
        else:
            if joined:
                raise MachineError(f"{name}:{token.line}: '+' joins two quoted strings only")
            if quoted:
                yield quoted
            quoted = token if token.kind == "quoted" else None
            if quoted is None:
                yield token


def _single_tokens(text: str, name: str) -> Iterator[Token]:
    place, line = 0, 1
    while True:
        if skipped := _SKIPPED.match(text, place):
            line += text.count("\n", place, skipped.end())
            place = skipped.end()
        if place == len(text):
            yield Token("end", "", line)
            return
        token, end = _token_at(text, place, line, name)
        yield token
        line += text.count("\n", place, end)
        place = end


def _token_at(text: str, place: int, line: int, name: str) -> tuple[Token, int]:
    """Return the token at a place, and the place behind it."""
    if text[place] == "<":
        end = _html_end(text, place, line, name)
        return Token("html", text[place + 1 : end - 1], line), end
    match = _TOKEN.match(text, place)
    if match is None:
        raise MachineError(f"{name}:{line}: {_fault(text, place)}")
    word = match.group()
    if match.lastgroup == "quoted":
        # A backslash before the end of a line joins the lines.
        return Token("quoted", word[1:-1].replace("\\\n", ""), line), match.end()
    if match.lastgroup == "mark":
        return Token("mark", word, line), match.end()
    kind: TokenKind = "keyword" if word.lower() in KEYWORDS else "id"
    return Token(kind, word, line), match.end()


def _html_end(text: str, place: int, line: int, name: str) -> int:
    depth = 0
    for angle in _ANGLE.finditer(text, place):
        depth += 1 if angle.group() == "<" else -1
        if depth == 0:
            return angle.end()
    raise MachineError(f"{name}:{line}: an HTML string starts here and never ends")


def _fault(text: str, place: int) -> str:
    if text[place] == '"':
        return "a quoted string starts here and never ends"
    if text.startswith("/*", place):
        return "a comment starts here and never ends"
    return f"{text[place]!r} has no meaning in DOT here"

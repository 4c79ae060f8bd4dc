"""Find the comments of a Markdown page, and tell them from code that only shows one.

Code is what stands in a fence or an indented block at any depth, between backticks, or in one of
the HTML elements that show text as it is written. A comment ends with the first ``-->``: comments
do not nest. Without an end it hides the rest of the page.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsm.errors import PageError

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = [
    "MAX_NESTING",
    "Comment",
    "PageComments",
    "blanked",
    "find_comments",
    "parse_markdown",
    "without_front_matter",
]

MAX_NESTING = 60
"""Lists and quotes inside one another are read to this depth: a quote is one, a list two."""

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_MARK = re.compile(r"`+|<!--|<(?:pre|code|script|style|textarea|xmp)\b", re.IGNORECASE)
_BEFORE = re.compile(r"[ \t>]*")
_FSM = re.compile(r"\s*fsm:([^\s:]+)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: the offsets of its ``<!--`` and behind its ``-->``, its line and column from 1."""

    start: int
    end: int
    line: int
    column: int
    text: str
    """What stands between the marks."""
    is_alone: bool
    """Whether nothing but quote marks and blanks stands beside it, on one line."""
    is_open: bool = False
    """Whether it has no end."""

    @property
    def request(self) -> tuple[str, str] | None:
        """What it asks of fsm, ``fsm:WORD ...``: the word and the rest."""
        found = _FSM.fullmatch(self.text)
        return (found[1], found[2]) if found else None


def parse_markdown(text: str, name: str) -> list[Token]:
    """Return the structure of a page; what a line says is left as it is written.

    Raises :class:`PageError` for lists and quotes nested more deeply than they are read.
    """
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable("table")
    parser.core.ruler.disable("inline")
    tokens = parser.parse(text)
    if any(token.level >= MAX_NESTING - 1 for token in tokens):
        raise PageError(f"{name}: lists or quotes nested deeper than {MAX_NESTING} levels")
    return tokens


def blanked(text: str, ranges: Iterable[tuple[int, int]]) -> str:
    """Return the text with blanks from one offset to another, for each of some; lines stay.

    >>> blanked("abcdef", [(1, 3), (2, 4)])
    'a   ef'
    """
    parts, done = [], 0
    for start, end in sorted(ranges):
        inside = text[max(start, done) : end]
        parts += [text[done:start], *("\n" if c == "\n" else " " for c in inside)]
        done = max(done, end)
    return "".join([*parts, text[done:]])


def without_front_matter(text: str) -> str:
    """Return the page with blanks for its front matter."""
    found = _FRONT_MATTER.match(text)
    return blanked(text, [found.span()]) if found else text


@dataclass(frozen=True, slots=True)
class PageComments:
    """The comments of a page in order, and the offsets of what stands between backticks."""

    comments: tuple[Comment, ...]
    spans: tuple[tuple[int, int], ...]


def find_comments(text: str, name: str) -> PageComments:
    """Return where comments and code between backticks stand. Lines end with a line feed.

    Raises :class:`PageError` as :func:`parse_markdown` does.
    """
    if "<" not in text:
        return PageComments((), ())
    shown = without_front_matter(text)
    walk = _Walk(shown, parse_markdown(shown, name))
    walk.run()
    return PageComments(tuple(walk.comments), tuple(walk.spans))


class _Walk:
    """Walks over the marks of a page from the first to the last."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.comments: list[Comment] = []
        self.spans: list[tuple[int, int]] = []
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self.block_ends: dict[int, int] = {}
        """Line (from 0) of a paragraph, heading or row to the offset at which it ends."""
        self.text = text
        self._read(tokens)
        self.marks = list(_MARK.finditer(self.text))
        self.last_ticks = {
            (self._block_end(mark.start()), mark[0]): i
            for i, mark in enumerate(self.marks)
            if mark[0][0] == "`"
        }
        """The last run of backticks of a length in a block, by its number."""
        self.found: dict[str, int] = {}
        """Where what was looked for last stands, past the text where it does not."""

    def _read(self, tokens: list[Token]) -> None:
        """Note the blocks of text, and blank the code."""
        lines = self.text.split("\n")
        for token in tokens:
            if token.map and token.type in ("fence", "code_block"):
                for i in range(token.map[0], min(token.map[1], len(lines))):
                    lines[i] = " " * len(lines[i])
            elif token.map and token.type in ("inline", "tr_open"):
                end = self._offset(token.map[1])
                self.block_ends |= dict.fromkeys(range(*token.map), end)
        self.text = "\n".join(lines)

    def _offset(self, line: int) -> int:
        return self.starts[line] if line < len(self.starts) else self.starts[-1] + 1

    def _line(self, offset: int) -> int:
        return bisect_right(self.starts, offset) - 1

    def _block_end(self, offset: int) -> int | None:
        """Return where the text ends that an offset stands in, ``None`` in HTML."""
        return self.block_ends.get(self._line(offset))

    def run(self) -> None:
        """Take every mark that stands in nothing else for what it is."""
        done = 0
        for i, mark in enumerate(self.marks):
            start = mark.start()
            if start < done:
                continue
            block_end = self._block_end(start)
            if block_end is not None and self._is_escaped(start):
                continue
            if mark[0] == "<!--":
                done = self._behind_comment(start, block_end)
            elif mark[0][0] == "<":
                done = self._behind_element(mark[0][1:].lower(), mark.end(), block_end)
            elif block_end is not None:
                done = self._behind_ticks(i, block_end)

    def _is_escaped(self, offset: int) -> bool:
        before = self.text[max(0, offset - 99) : offset]
        return (len(before) - len(before.rstrip("\\"))) % 2 == 1

    def _behind_comment(self, start: int, block_end: int | None) -> int:
        end = self._end_of_comment(start, block_end)
        if end is None:
            return start
        self.comments.append(self._comment(start, end))
        return end

    def _end_of_comment(self, start: int, block_end: int | None) -> int | None:
        """Return the offset behind a comment, one behind the text where it never ends.

        ``None``: in a paragraph, what has no end there is text.
        """
        for empty in ("<!-->", "<!--->"):
            if self.text.startswith(empty, start):
                return start + len(empty)
        end = self._find("-->", start + 4)
        if block_end is None:
            return min(end + 3, len(self.text) + 1)
        return end + 3 if end < block_end else None

    def _behind_ticks(self, number: int, block_end: int) -> int:
        mark = self.marks[number]
        for i in range(number + 1, self.last_ticks[block_end, mark[0]] + 1):
            if self.marks[i][0] == mark[0]:
                self.spans.append((mark.start(), self.marks[i].end()))
                return self.marks[i].end()
        return mark.end()

    def _behind_element(self, name: str, start: int, block_end: int | None) -> int:
        end = self._find(f"</{name}", start)
        if end < (len(self.text) if block_end is None else block_end):
            return end + len(name) + 2
        return start if block_end is not None or name == "code" else len(self.text)

    def _find(self, what: str, start: int) -> int:
        """Return where a text stands next, past the end where it does not."""
        if self.found.get(what, -1) < start:
            found = re.compile(re.escape(what), re.IGNORECASE).search(self.text, start)
            self.found[what] = found.start() if found else len(self.text) + 1
        return self.found[what]

    def _comment(self, start: int, end: int) -> Comment:
        line = self._line(start)
        is_open = end > len(self.text)
        inner = self.text[start + 4 : end if is_open else max(start + 4, end - 3)]
        before = self.text[self.starts[line] : start]
        after = self.text[end : self._offset(line + 1)]
        alone = bool(_BEFORE.fullmatch(before)) and not after.strip() and "\n" not in inner
        place = line + 1, len(before) + 1
        return Comment(start, min(end, len(self.text)), *place, inner, alone, is_open)

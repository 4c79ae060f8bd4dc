"""Find the comments of a Markdown page, but not those that only appear in code.

Code is a fence or an indented block at any depth, text between backticks, and the content of the
HTML elements that show text as it is written. A comment ends with the first ``-->``: comments do
not nest. A comment without an end hides the rest of the page.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsm.errors import PageError
from fsm.tables.read.bounds import MAX_NESTING
from fsm.tables.read.containers import without_containers

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = [
    "Comment",
    "PageComments",
    "blanked",
    "find_comments",
    "parse_markdown",
    "without_front_matter",
]

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_MARK = re.compile(r"`+|<!--|<(?:pre|code|script|style|textarea|xmp)\b", re.IGNORECASE)
_BEFORE = re.compile(r"[ \t>]*")
_REQUEST = re.compile(r"\s*fsm:([^\s:]+)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: the offsets of its ``<!--`` and behind its ``-->``, its line and column from 1."""

    start: int
    end: int
    line: int
    column: int
    text: str
    """The text between the marks."""
    is_alone: bool
    """Whether it is one line, with nothing but quote marks and blanks beside it."""
    is_open: bool = False
    """Whether it has no end."""

    @property
    def request(self) -> tuple[str, str] | None:
        """Its request to fsm, ``fsm:WORD ...``: the word and the rest."""
        match = _REQUEST.fullmatch(self.text)
        return (match[1], match[2]) if match else None


def parse_markdown(text: str, name: str) -> list[Token]:
    """Return the blocks of a page, and of its containers; each knows its lines in the page.

    Raises :class:`PageError` for lists and quotes nested deeper than the limit.
    """
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable("table")
    parser.core.ruler.disable("inline")
    tokens = parser.parse(without_containers(text))
    if any(token.level >= MAX_NESTING - 1 for token in tokens):
        raise PageError(f"{name}: lists or quotes nested deeper than {MAX_NESTING} levels")
    return tokens


def blanked(text: str, ranges: Iterable[tuple[int, int]]) -> str:
    """Return the text with blanks in some ranges of offsets; line feeds stay.

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
    match = _FRONT_MATTER.match(text)
    return blanked(text, [match.span()]) if match else text


@dataclass(frozen=True, slots=True)
class PageComments:
    """The comments of a page in order, and the offsets of its code between backticks."""

    comments: tuple[Comment, ...]
    code_spans: tuple[tuple[int, int], ...]


def find_comments(text: str, name: str) -> PageComments:
    """Return the comments and the code spans of a page whose lines end with a line feed.

    Raises :class:`PageError` as :func:`parse_markdown` does.
    """
    if "<" not in text:
        return PageComments((), ())
    visible = without_front_matter(text)
    finder = _Finder(visible, parse_markdown(visible, name))
    finder.run()
    return PageComments(tuple(finder.comments), tuple(finder.code_spans))


class _Finder:
    """Goes through the marks of a page (comments, backticks, elements) in time linear in its size.

    So no text is searched twice: ``next_positions`` keeps the last search for each text, and
    ``last_ticks`` tells how far the closing backticks can be at most.
    """

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.comments: list[Comment] = []
        self.code_spans: list[tuple[int, int]] = []
        self.line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.block_ends: dict[int, int] = {}
        """The offset at which a paragraph, heading or row ends, by each of its lines (from 0)."""
        self.text = self._without_code(text, tokens)
        self.marks = list(_MARK.finditer(self.text))
        self.last_ticks = {
            (self._block_end(mark.start()), mark[0]): i
            for i, mark in enumerate(self.marks)
            if mark[0][0] == "`"
        }
        """The number of the last run of backticks in a block, by the block's end and the run."""
        self.next_positions: dict[str, int] = {}
        """The position of a text that was searched for, past the end where there is none."""

    def _without_code(self, text: str, tokens: list[Token]) -> str:
        """Return the text with blanks for code blocks; note where the other blocks end."""
        lines = text.split("\n")
        for token in tokens:
            if token.map and token.type in ("fence", "code_block"):
                for i in range(token.map[0], min(token.map[1], len(lines))):
                    lines[i] = " " * len(lines[i])
            elif token.map and token.type in ("inline", "tr_open"):
                end = self._offset(token.map[1])
                self.block_ends |= dict.fromkeys(range(*token.map), end)
        return "\n".join(lines)

    def _offset(self, line: int) -> int:
        starts = self.line_starts
        return starts[line] if line < len(starts) else starts[-1] + 1

    def _line(self, offset: int) -> int:
        return bisect_right(self.line_starts, offset) - 1

    def _block_end(self, offset: int) -> int | None:
        """Return the end of the block of text around an offset, ``None`` in HTML."""
        return self.block_ends.get(self._line(offset))

    def run(self) -> None:
        """Go through the marks; a mark inside a comment, code or an element is skipped."""
        done = 0
        for i, mark in enumerate(self.marks):
            start = mark.start()
            if start < done:
                continue
            block_end = self._block_end(start)
            if block_end is not None and self._is_escaped(start):
                continue
            if mark[0] == "<!--":
                done = self._after_comment(start, block_end)
            elif mark[0][0] == "<":
                done = self._after_element(mark[0][1:].lower(), mark.end(), block_end)
            elif block_end is not None:
                done = self._after_code(i, block_end)

    def _is_escaped(self, offset: int) -> bool:
        before = self.text[max(0, offset - 99) : offset]
        return (len(before) - len(before.rstrip("\\"))) % 2 == 1

    def _after_comment(self, start: int, block_end: int | None) -> int:
        """Add the comment that begins at an offset, and return the offset behind it."""
        end = self._comment_end(start, block_end)
        if end is None:
            return start
        self.comments.append(self._comment(start, end))
        return end

    def _comment_end(self, start: int, block_end: int | None) -> int | None:
        """Return the offset behind a comment, one past the text where it never ends.

        ``None``: without an end in its paragraph it is no comment but text.
        """
        for empty in ("<!-->", "<!--->"):
            if self.text.startswith(empty, start):
                return start + len(empty)
        end = self._find("-->", start + 4)
        if block_end is None:
            return min(end + 3, len(self.text) + 1)
        return end + 3 if end < block_end else None

    def _after_code(self, number: int, block_end: int) -> int:
        """Add the code span that a run of backticks begins, and return the offset behind it."""
        mark = self.marks[number]
        for i in range(number + 1, self.last_ticks[block_end, mark[0]] + 1):
            if self.marks[i][0] == mark[0]:
                self.code_spans.append((mark.start(), self.marks[i].end()))
                return self.marks[i].end()
        return mark.end()

    def _after_element(self, name: str, start: int, block_end: int | None) -> int:
        """Return the offset behind an HTML element that shows its content as it is written."""
        end = self._find(f"</{name}", start)
        if end < (len(self.text) if block_end is None else block_end):
            return end + len(name) + 2
        return start if block_end is not None or name == "code" else len(self.text)

    def _find(self, what: str, start: int) -> int:
        """Return the next position of a text, past the end where there is none."""
        if self.next_positions.get(what, -1) < start:
            match = re.compile(re.escape(what), re.IGNORECASE).search(self.text, start)
            self.next_positions[what] = match.start() if match else len(self.text) + 1
        return self.next_positions[what]

    def _comment(self, start: int, end: int) -> Comment:
        line = self._line(start)
        is_open = end > len(self.text)
        inner = self.text[start + 4 : end if is_open else max(start + 4, end - 3)]
        before = self.text[self.line_starts[line] : start]
        after = self.text[end : self._offset(line + 1)]
        is_alone = bool(_BEFORE.fullmatch(before)) and not after.strip() and "\n" not in inner
        place = line + 1, len(before) + 1
        return Comment(start, min(end, len(self.text)), *place, inner, is_alone, is_open)

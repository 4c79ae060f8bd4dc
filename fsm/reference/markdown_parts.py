"""Parts of Markdown pages: tables whose cells are Markdown, code, links to headings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from fsm.tables.write import Grid, markdown

__all__ = [
    "anchor_of",
    "code_block",
    "code_span",
    "link_to",
    "markdown_table",
    "marked_up",
    "unwrapped",
]

_MARKUP = re.compile(r"[\\*<_\[\]]")
_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; its cells are Markdown of one line."""
    cells = tuple(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)
    return markdown(Grid(tuple(header), cells), escaped=True)


def code_span(text: str) -> str:
    """Return a text as code inside of a line.

    >>> code_span("a"), code_span("a `b`"), code_span("")
    ('`a`', '`` a `b` ``', '')
    """
    if "`" in text:
        return f"`` {text} ``"
    return f"`{text}`" if text else ""


def code_block(language: str, text: str) -> str:
    """Return lines of code."""
    return f"```{language}\n{text.rstrip()}\n```\n"


def anchor_of(heading: str) -> str:
    """Return the anchor that GitHub and MyST give a heading.

    >>> anchor_of("class Machine"), anchor_of("Machine.step()"), anchor_of("fsm replay")
    ('class-machine', 'machinestep', 'fsm-replay')
    """
    return _NOT_IN_ANCHORS.sub("", heading.casefold()).replace(" ", "-")


def link_to(heading: str, text: str = "") -> str:
    """Return a link to a heading of the same page."""
    return f"[{text or heading}](#{anchor_of(heading)})"


def marked_up(text: str, pattern: re.Pattern[str], span: Callable[[re.Match[str]], str]) -> str:
    """Return a text as Markdown, with ``span(match)`` in place of each match of a pattern.

    What Markdown would not show as it is elsewhere is escaped.

    >>> marked_up("a_b <c> d", re.compile("d"), lambda match: f"`{match[0]}`")
    'a\\\\_b \\\\<c> `d`'
    """
    parts, end = [], 0
    for match in pattern.finditer(text):
        parts += [_escaped(text[end : match.start()]), span(match)]
        end = match.end()
    return "".join([*parts, _escaped(text[end:])])


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\g<0>", text)


def unwrapped(text: str) -> str:
    """Return a text in one line."""
    return " ".join(text.split())

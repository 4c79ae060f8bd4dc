"""Limits of the pages that are read: no page needs more, and a parser would take minutes."""

from __future__ import annotations

import re
from itertools import accumulate

from fsm.errors import PageError

__all__ = [
    "MAX_BYTES",
    "MAX_CELLS",
    "MAX_HTML",
    "MAX_HTML_CELLS",
    "MAX_LINES",
    "MAX_NESTING",
    "PAGE_KIND",
    "check_bounds",
    "check_markup_size",
]

PAGE_KIND = "a documentation page"
MAX_BYTES = 2 * 2**20
"""Larger pages are refused."""
MAX_LINES = 50_000
"""Pages of more lines are refused."""
MAX_CELLS = 1000
"""Rows of more cells are refused."""
MAX_MARKUP = 2**19
"""Larger pages in reStructuredText and AsciiDoc are refused."""
MAX_ROW = 20_000
"""Rows of more characters are refused."""
MAX_BRACKETS = 200
"""Lines with brackets nested deeper are refused."""
MAX_NESTING = 60
"""Lists and quotes nested deeper are refused; a quote is one level, a list two."""
MAX_HTML = 100_000
"""HTML tables of more characters are refused."""
MAX_HTML_CELLS = 20_000
"""HTML tables of more cells are refused: spans make many cells of few characters."""

_QUOTE = re.compile(r"[ \t>]*")


def check_bounds(text: str, name: str) -> None:
    """Raise :class:`PageError` for a page that exceeds a limit, before it is parsed."""
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise PageError(f"{name}: more than {MAX_LINES:,} lines, not {PAGE_KIND}")
    for number, line in enumerate(lines, 1):
        if excess := _excess(line):
            raise PageError(f"{name}:{number}: {excess}")


def check_markup_size(text: str, name: str) -> None:
    """Raise :class:`PageError` for a page that is too large to read its marks."""
    if len(text) > MAX_MARKUP:
        raise PageError(f"{name}: more than {MAX_MARKUP >> 10} KiB, not {PAGE_KIND}")


def _excess(line: str) -> str:
    """Return the limit that a line exceeds, or nothing."""
    bars = line.count("|")
    if bars > MAX_CELLS:
        return f"a row of more than {MAX_CELLS:,} cells"
    if bars and len(line) > MAX_ROW:
        return f"a row of more than {MAX_ROW:,} characters"
    quote = _QUOTE.match(line)
    if quote and quote[0].count(">") >= MAX_NESTING:
        return f"quotes nested deeper than {MAX_NESTING} levels"
    if line.count("[") > MAX_BRACKETS and _bracket_depth(line) > MAX_BRACKETS:
        return f"brackets nested deeper than {MAX_BRACKETS} levels"
    return ""


def _bracket_depth(line: str) -> int:
    depths = accumulate((c == "[") - (c == "]") for c in line)
    return max(depths, default=0)

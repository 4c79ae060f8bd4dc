"""Tables as text: aligned columns, which fit the terminal where there is one.

A cell that is too long for its column is wrapped in it. Where the terminal is too narrow for that,
each row becomes a short list.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import zip_longest

from fsm.cli.terminal import Style, styled
from fsm.text import align_columns, display_width, pad, wrapped

__all__ = ["hanging", "table_lines"]

_GAP = "  "
_LONGEST_WORD = 24


def table_lines(
    rows: Sequence[Sequence[str]], right: Iterable[int] = (), width: int | None = None
) -> list[str]:
    """Return the lines of a table whose first row is its header, at most ``width`` columns wide.

    ``right`` lists the columns that are aligned to the right. Without a width nothing is wrapped.

    >>> for line in table_lines([("event", "meaning"), ("sent", "It got through")], (), 14):
    ...     print(line)
    event  meaning
    -----  -------
    sent   It got
           through
    """
    columns = list(zip(*rows, strict=True))
    natural = [max(map(display_width, column)) for column in columns]
    if width is None or _total(natural) <= width:
        header, *rest = align_columns(rows, right, header=True)
        return [styled(header, Style.STRONG), *rest]
    words = [min(_LONGEST_WORD, max(map(_longest_word, column))) for column in columns]
    least = [min(max(word, 1), most) for word, most in zip(words, natural, strict=True)]
    if _total(least) > width:
        return list(_as_lists(rows, width))
    return list(_wrapped_lines(rows, set(right), _fitted(natural, least, width)))


def hanging(text: str, width: int | None, indent: int = 4) -> str:
    """Return a line wrapped at a width, its further lines indented; without a width, as it is.

    >>> print(hanging("missing cells: a, b, c", 20))
    missing cells: a, b,
        c
    """
    if width is None or display_width(text) <= width:
        return text
    margin = len(text) - len(text.lstrip(" "))
    blanks = " " * margin
    room, further = max(width - margin, indent + 8), " " * indent
    lines = wrapped(text.lstrip(" "), room, further=further, longest=len(text))
    return "\n".join(blanks + line for line in lines)


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _longest_word(cell: str) -> int:
    return max(map(display_width, cell.split()), default=0)


def _fitted(natural: Sequence[int], least: Sequence[int], width: int) -> list[int]:
    """Return the widths of the columns: the widest ones become narrower until all fit."""
    fitted = list(natural)
    for _ in range(_total(natural) - width):
        wide = [i for i, now in enumerate(fitted) if now > least[i]]
        fitted[max(wide, key=fitted.__getitem__)] -= 1
    return fitted


def _wrapped_lines(
    rows: Sequence[Sequence[str]], right: Collection[int], widths: Sequence[int]
) -> Iterator[str]:
    for number, row in enumerate(rows):
        cells = [wrapped(cell, max(width, 1)) for cell, width in zip(row, widths, strict=True)]
        for parts in zip_longest(*cells, fillvalue=""):
            line = _GAP.join(
                pad(part, width, right=column in right)
                for column, (part, width) in enumerate(zip(parts, widths, strict=True))
            ).rstrip()
            yield line if number else styled(line, Style.STRONG)
        if not number:
            yield _GAP.join("-" * width for width in widths)


def _as_lists(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Yield each row as a list: its first cell, below it each other cell with its header.

    A column without a header belongs to the one before it.
    """
    header, *body = rows
    for title, *cells in body:
        yield from (styled(line, Style.STRONG) for line in wrapped(title, width))
        entries: list[str] = []
        for label, cell in zip(header[1:], cells, strict=True):
            if label or not entries:
                entries.append(f"  {label}: {cell}" if cell else "")
            elif cell:
                entries[-1] += _GAP + cell
        for entry in filter(None, entries):
            yield from hanging(entry, width).split("\n")

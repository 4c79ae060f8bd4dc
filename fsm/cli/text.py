"""What commands print: plain text tables, JSON, and text that cannot harm a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from fsm.text import columns, json_text, padded

if TYPE_CHECKING:
    from fsm.compile.crosscheck import CrossCheck

__all__ = [
    "as_json",
    "counted",
    "number",
    "percentage",
    "print_crosscheck",
    "print_json",
    "shown",
    "table",
]

_LIMIT = 400


def shown(text: str, limit: int = _LIMIT) -> str:
    """Return text on one line: control and format characters are escaped, long text is cut.

    >>> shown("a\\nb")
    'a\\\\nb'
    """
    cut = text if len(text) <= limit else f"{text[:limit]}..."
    return "".join(c if _is_plain(c) else c.encode("unicode_escape").decode() for c in cut)


def _is_plain(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] != "C" and category not in ("Zl", "Zp")


def counted(count: int, noun: str) -> str:
    """Return a count with its noun.

    >>> counted(1, "page"), counted(2000, "page")
    ('1 page', '2,000 pages')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def number(value: int) -> str:
    """Return a count with thousands separated."""
    return f"{value:,}"


def percentage(value: float | None) -> str:
    """Return a percentage with two decimals, a dash where there is none."""
    return "-" if value is None else f"{value:.2f} %"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> str:
    """Return rows as aligned text. ``right`` lists the columns that are aligned to the right."""
    cells = [[shown(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(columns, column)) for column in zip(*cells, strict=True)]
    to_right = set(right)
    lines = [_line(row, widths, to_right) for row in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _line(row: Sequence[str], widths: Sequence[int], right: set[int]) -> str:
    cells = zip(row, widths, strict=True)
    return "  ".join(padded(*cell, right=i in right) for i, cell in enumerate(cells)).rstrip()


def as_json(value: object) -> str:
    """Return a value as JSON, the same bytes for the same value."""
    return json_text(value, indent=2, default=_time)


def _time(value: object) -> str:
    """Write times as RFC 3339 in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_json(value: object) -> None:
    """Print a value as JSON on standard output."""
    click.echo(as_json(value))


def print_crosscheck(found: CrossCheck | None) -> None:
    """Print what was compared with python-statemachine, on standard error."""
    said = "not compared with python-statemachine" if found is None else str(found)
    click.echo(f"fsm: {shown(said, 2000)}", err=True)

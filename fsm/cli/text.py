"""What commands print: plain text tables, JSON, and text that cannot harm a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fsm.cli.progress import progress_hidden, writing
from fsm.cli.tables import hanging, table_lines
from fsm.cli.terminal import Style, styled, terminal_width
from fsm.files import write_bytes
from fsm.schemas import schema_id
from fsm.text import json_text

if TYPE_CHECKING:
    from fsm.compile.crosscheck import CrossCheck

__all__ = [
    "format_json",
    "format_table",
    "format_times",
    "json_parts",
    "percentage",
    "print_crosscheck",
    "print_error",
    "print_json",
    "print_line",
    "print_message",
    "print_text",
    "printable",
    "write_output",
]

_LIMIT = 400
_TOGETHER = 16
"""Items of a list that are written as JSON at once."""


def printable(text: str, limit: int = _LIMIT) -> str:
    """Return text on one line: control and format characters are escaped, long text is cut.

    >>> printable("a\\nb")
    'a\\\\nb'
    """
    cut = text if len(text) <= limit else f"{text[:limit]}..."
    return "".join(c if _is_plain(c) else c.encode("unicode_escape").decode() for c in cut)


def _is_plain(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] != "C" and category not in ("Zl", "Zp")


def percentage(value: float | None) -> str:
    """Return a percentage with two decimals, a dash where there is none."""
    return "-" if value is None else f"{value:.2f} %"


def format_table(
    header: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()
) -> str:
    """Return rows as aligned text, which fits the terminal if standard output is one.

    ``right`` lists the columns that are aligned to the right.
    """
    cells = [[printable(cell) for cell in row] for row in (header, *rows)]
    return "\n".join(table_lines(cells, right, terminal_width()))


def print_text(text: str) -> None:
    """Print a text on standard output that is free of control characters but for its styles."""
    with progress_hidden():
        click.echo(text, color=True)


def print_line(text: str, limit: int = _LIMIT, style: Style | None = None) -> None:
    """Print a text in one line; on a terminal, wrapped between words, further lines indented.

    A style applies to what is before the first colon.
    """
    label, colon, rest = hanging(printable(text, limit), terminal_width()).partition(":")
    print_text(f"{styled(label, style) if style and colon else label}{colon}{rest}")


def format_json(value: object, schema: str | None = None) -> str:
    """Return a value as JSON, the same bytes for the same value.

    The first member of an object is the id of its schema, if that is given. A list has no place
    for it.
    """
    return "".join(json_parts(value, schema))


def format_times(times: Sequence[datetime | None]) -> list[str]:
    """Return times in UTC, all with as many decimals of a second as one of them needs: 0, 3 or 6.

    No time is an empty text.

    >>> format_times([datetime(2026, 1, 5, 9, tzinfo=UTC), datetime(2026, 1, 5, 9, 0, 0, 250_000)])
    ['2026-01-05 09:00:00.000', '2026-01-05 09:00:00.250']
    """
    fractions = [time.microsecond for time in times if time]
    finest = "microseconds" if any(f % 1000 for f in fractions) else "milliseconds"
    precision = finest if any(fractions) else "seconds"
    return [time.replace(tzinfo=None).isoformat(" ", precision) if time else "" for time in times]


def _time(value: object) -> str:
    """Write times as RFC 3339 in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_json(value: object, schema: str) -> None:
    """Print a value as JSON on standard output; ``schema`` is the name of its schema.

    What iterators yield in it is a list, written part by part.
    """
    for part in json_parts(value, schema):
        click.echo(part, nl=False)
    click.echo()


def json_parts(value: object, schema: str | None = None) -> Iterator[str]:
    """Yield what :func:`format_json` returns; iterators in the value are lists.

    >>> "".join(json_parts({"a": {"b": iter([1, 2])}})) == format_json({"a": {"b": [1, 2]}})
    True
    """
    if schema is not None and isinstance(value, Mapping):
        value = {"schema": schema_id(schema), **value}
    yield from _json_parts(value, "\n")


def _json_parts(value: object, line_end: str) -> Iterator[str]:
    """Yield a value as JSON; ``line_end`` has the indent of its place."""
    if isinstance(value, Iterator):
        before = "["
        while items := list(islice(value, _TOGETHER)):
            lines = json_text(items, indent=2, default=_time)[1:-2]
            yield before + lines.replace("\n", line_end)
            before = ","
        yield "[]" if before == "[" else f"{line_end}]"
    elif isinstance(value, Mapping) and _has_iterator(value):
        before = "{"
        for key, member in value.items():
            parts = _json_parts(member, f"{line_end}  ")
            yield f"{before}{line_end}  {json_text(key)}: {next(parts)}"
            yield from parts
            before = ","
        yield f"{line_end}}}"
    else:
        yield json_text(value, indent=2, default=_time).replace("\n", line_end)


def _has_iterator(value: Mapping[str, object]) -> bool:
    return any(
        isinstance(member, Iterator) or (isinstance(member, Mapping) and _has_iterator(member))
        for member in value.values()
    )


def print_message(text: str, limit: int = _LIMIT) -> None:
    """Print a message on standard error."""
    with progress_hidden():
        click.echo(f"fsm: {printable(text, limit)}", err=True)


def print_error(text: str, limit: int = _LIMIT) -> None:
    """Print the message of an error on standard error."""
    name = styled("fsm:", Style.ERROR, err=True)
    with progress_hidden():
        click.echo(f"{name} {printable(text, limit)}", err=True, color=True)


def print_crosscheck(crosscheck: CrossCheck | None) -> None:
    """Print what was compared with python-statemachine, on standard error."""
    print_message(str(crosscheck or "not compared with python-statemachine"), 2000)


def write_output(data: bytes, output: Path | None) -> None:
    """Write to a file, or to standard output if there is no file or it is ``-``."""
    if output is None or str(output) == "-":
        click.echo(data, nl=False)
    else:
        with writing(output):
            write_bytes(data, output)

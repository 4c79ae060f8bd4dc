"""The columns of canonical logs, and the notation of columns and places in messages."""

from __future__ import annotations

from collections.abc import Sequence

from fsm.text import visible

__all__ = [
    "CANONICAL",
    "FRAME",
    "MINED",
    "NEEDED",
    "OPTIONAL",
    "QUERY",
    "column_list",
    "place_of",
]

CANONICAL = ("csv", "jsonl", "parquet")
"""Formats that need no conversion."""
MINED = {
    "xes": ("XES event log (IEEE 1849)", "xml"),
    "ocel": ("Object-centric event log, OCEL 2.0", "json, xml, sqlite"),
}
"""Formats of process mining: what each is, and in what; names of events are taken as they stand."""
NEEDED = ("message_id", "event", "timestamp")
OPTIONAL = ("recipient", "delivery_id", "event_id", "seq")
QUERY = "query"
"""The name of the result of a query in messages."""
FRAME = "<frame>"
"""The name of data in memory in messages."""

_LONGEST_NAME = 80
"""Characters of a column's name in messages."""


def place_of(name: str, line: int) -> str:
    """Return a place in the notation of messages; the result of a query has rows, not lines.

    >>> place_of("log.csv", 7), place_of(QUERY, 7)
    ('log.csv:7', 'query:row 7')
    """
    return f"{name}:{'row ' if name == QUERY else ''}{line}"


def column_list(names: Sequence[str], most: int = 12, *, redacted: bool = False) -> str:
    """Return the first column names of a file, for a message of one line.

    Without a header the names are the first row of data, so of a redacted file only their number is
    shown.
    """
    if redacted:
        return f"{len(names):,}, whose names are not shown with --pseudonymise"
    shown = [visible(name[:_LONGEST_NAME]) for name in names[:most]]
    return (", ".join(shown) or "none") + (", ..." if len(names) > most else "")

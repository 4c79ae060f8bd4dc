"""The texts of events in XES and OCEL documents, by the line on which each begins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fsm.logs.notes import Notes
from fsm.logs.storage.stored_file import StoredFile

__all__ = ["event_texts"]

_MOST_LINES = 200
_LONGEST = 4000
"""Characters of an event."""
_END = re.compile(r"</(?:[\w.-]{1,50}:)?event\s{0,9}>|<(?:[\w.-]{1,50}:)?event\b[^>]{0,1000}/>")
_BEGIN = re.compile(r"<(?:[\w.-]{1,50}:)?event\b")


def event_texts(stored: StoredFile, numbers: Iterable[int]) -> dict[int, str]:
    """Return the events that begin on lines, each on one line; the file is read once.

    Left out are those that cannot be told from others on their line, and those of a database.
    """
    if stored.head(7) == b"SQLite ":
        return {}
    wanted = sorted(set(numbers), reverse=True)
    found: dict[int, str] = {}
    open_events: dict[int, list[str]] = {}
    for number, line in enumerate(_lines(stored), 1):
        if wanted and wanted[-1] == number:
            wanted.pop()
            if len(line) <= _LONGEST and len(_BEGIN.findall(line)) < 2:
                open_events[number] = []
        for begun in [*open_events]:
            parts = open_events[begun]
            parts.append(line.strip())
            is_whole = not _BEGIN.match(parts[0]) or _END.search(line)
            if is_whole or len(parts) > _MOST_LINES:
                found[begun] = " ".join(filter(None, parts))[:_LONGEST]
                del open_events[begun]
        if not wanted and not open_events:
            break
    return found


def _lines(stored: StoredFile) -> Iterator[str]:
    for block in stored.blocks(Notes(stored.name)):
        yield from block

"""Short names of machines and files."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from fsm.logs.log import Log

__all__ = ["log_names", "short_name", "short_titles"]

_NAMED = 3
"""Logs that are listed by name."""


def short_titles(titles: Sequence[str]) -> list[str]:
    """Return titles without the words that all of them begin with.

    >>> short_titles(["Sending log, with feedback", "Sending log, without feedback"])
    ['With feedback', 'Without feedback']
    >>> short_titles(["Sending log"])
    ['Sending log']
    """
    words = [title.split(" ") for title in titles]
    together = zip(*words, strict=False)
    common = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, together))
    if len(titles) == 1:
        return list(titles)
    rest = [" ".join(title[common:]) for title in words]
    if len(set(rest)) < len(titles) or "" in rest:
        return list(titles)
    return [text[0].upper() + text[1:] for text in rest]


def short_name(name: str) -> str:
    """Return the name of a file without its folders, which are private.

    >>> short_name("/var/log/mail.log"), short_name("<stdin>")
    ('mail.log', '<stdin>')
    """
    return Path(name).name or name


def log_names(log: Log) -> list[str]:
    """Return the names of the files of a log, without their folders; of many only the first."""
    names = [short_name(file.name) for file in log.files]
    more = len(names) - _NAMED
    return [*names[:_NAMED], f"{more:,} more"] if more > 0 else names

"""How machines and files are called in the report."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

__all__ = ["labels", "short_name"]


def labels(titles: Sequence[str]) -> list[str]:
    """Return titles without the words with which all of them begin.

    >>> labels(["Sending log, with feedback", "Sending log, without feedback"])
    ['With feedback', 'Without feedback']
    >>> labels(["Sending log"])
    ['Sending log']
    """
    words = [title.split(" ") for title in titles]
    together = zip(*words, strict=False)
    common = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, together))
    if len(titles) == 1:
        return list(titles)
    rest = [" ".join(own[common:]) for own in words]
    if len(set(rest)) < len(titles) or "" in rest:
        return list(titles)
    return [text[0].upper() + text[1:] for text in rest]


def short_name(name: str) -> str:
    """Return the name of a file as a page tells it: where it lay is nobody else's business.

    >>> short_name("/var/log/mail.log"), short_name("<stdin>")
    ('mail.log', '<stdin>')
    """
    return Path(name).name or name

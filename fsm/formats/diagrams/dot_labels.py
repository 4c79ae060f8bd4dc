"""The labels of nodes and clusters in DOT: a title, and lines below it."""

from __future__ import annotations

import re

from fsm.formats.diagrams.reactions import is_reaction
from fsm.formats.dot import label_lines
from fsm.formats.dot_tokens import Token

__all__ = ["node_label"]

_SMALL_PRINT = re.compile(r"<br\s*/?>\s*<font\b", re.IGNORECASE)
_ROW = re.compile(r"</tr\s*>|<hr\s*/?>", re.IGNORECASE)
_RECORD = re.compile(r"(?<!\\)[{}|]")
_SYMBOLS = re.compile(r"[\u2630-\u2637]")
"""Trigrams, with which python-statemachine marks parallel states."""


def node_label(label: Token, shape: str = "") -> tuple[str, list[str]]:
    """Return the title of a label, and the lines below it.

    The title is the first row of an HTML table, or the first field of a record; without those it is
    everything above the first action. Of the small print that ``fsm draw`` adds below a title, only
    what happens inside of the state is returned.
    """
    if label.kind == "html":
        if small := _SMALL_PRINT.search(label.text):
            below = label_lines(label._replace(text=label.text[small.start() :]))
            title = node_label(label._replace(text=label.text[: small.start()]), shape)[0]
            return title, list(filter(is_reaction, below))
        rows = [row for row in _ROW.split(label.text) if label_lines(label._replace(text=row))]
        written = [label_lines(label._replace(text=row)) for row in rows]
    elif shape.lower() in ("record", "mrecord"):
        fields = _RECORD.split(label.text)
        written = [lines for text in fields if (lines := label_lines(label._replace(text=text)))]
    else:
        written = [label_lines(label)]
    first, rest = (written[0] if written else []), [line for row in written[1:] for line in row]
    actions = next((i for i, line in enumerate(first) if i and is_reaction(line)), None)
    if actions is not None:
        first, rest = first[:actions], [*first[actions:], *rest]
    return " ".join(_SYMBOLS.sub("", " ".join(first)).split()), rest

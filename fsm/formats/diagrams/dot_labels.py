"""The labels of nodes and clusters in DOT: a title, and lines below it."""

from __future__ import annotations

import re

from fsm.formats.dot import label_lines
from fsm.formats.dot_tokens import Token

__all__ = ["event_labels", "node_label"]

_SMALL_PRINT = re.compile(r"<br\s*/?>\s*<font\b", re.IGNORECASE)
_ROW = re.compile(r"</tr\s*>|<hr\s*/?>", re.IGNORECASE)
_RECORD = re.compile(r"(?<!\\)[{}|]")
_REACTION = re.compile(r"(?P<event>[^/\[\]]*\S)\s*(?P<guard>\[[^\[\]]*\])?\s+/(?:\s.*)?")
_ACTIONS = frozenset({"entry", "exit", "do", "enter", "leave", "onentry", "onexit"})
_SYMBOLS = re.compile(r"[\u2630-\u2637]")
"""Trigrams, with which python-statemachine marks parallel states."""


def node_label(label: Token, shape: str = "") -> tuple[str, list[str]]:
    """Return the title of a label, and the lines below it.

    The title is the first row of an HTML table, or the first field of a record; without those it is
    everything above the first action. The small print that ``fsm draw`` adds below a title is left
    out.
    """
    if label.kind == "html":
        if small := _SMALL_PRINT.search(label.text):
            label = label._replace(text=label.text[: small.start()])
        rows = [row for row in _ROW.split(label.text) if label_lines(label._replace(text=row))]
        written = [label_lines(label._replace(text=row)) for row in rows]
    elif shape.lower() in ("record", "mrecord"):
        fields = _RECORD.split(label.text)
        written = [lines for text in fields if (lines := label_lines(label._replace(text=text)))]
    else:
        written = [label_lines(label)]
    first, rest = (written[0] if written else []), [line for row in written[1:] for line in row]
    actions = next((i for i, line in enumerate(first) if i and _REACTION.fullmatch(line)), None)
    if actions is not None:
        first, rest = first[:actions], [*first[actions:], *rest]
    return " ".join(_SYMBOLS.sub("", " ".join(first)).split()), rest


def event_labels(line: str, is_export: bool = False) -> list[str]:
    """Return the label of an internal transition, which is ``event [guard] / action``.

    >>> event_labels("tick [on] / count"), event_labels("entry / beep"), event_labels("a remark")
    (['tick [on] / count'], [], [])
    """
    match = _REACTION.fullmatch(" ".join(line.split()))
    if is_export or match is None or match["event"].casefold() in _ACTIONS:
        return []
    return [line]

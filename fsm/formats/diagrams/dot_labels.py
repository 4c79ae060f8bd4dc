"""The labels of nodes and clusters in DOT: a title, and lines below it."""

from __future__ import annotations

import re

from fsm.formats.diagrams.reactions import is_reaction
from fsm.formats.dot import label_lines
from fsm.formats.dot_tokens import Token

__all__ = ["arrow_label", "node_label"]

_SMALL_PRINT = re.compile(r"<br\s*/?>\s*<font\b", re.IGNORECASE)
_TAGS = r"(?:</?(?:b|font)\b[^<>]*>)*"
_GOES_ON = re.compile(rf"(?P<end>\xa0?){_TAGS}<br\s*/>{_TAGS}(?P<marks>\xa0+)", re.IGNORECASE)
_ROW = re.compile(r"</tr\s*>|<hr\s*/?>", re.IGNORECASE)
_RECORD = re.compile(r"(?<!\\)[{}|]")
_RULER = re.compile("-{3,}")
"""The line below a title, in the pictures of Stateless."""
_SYMBOLS = re.compile(r"[\u2630-\u2637]")
"""Trigrams, with which python-statemachine marks parallel states."""


def arrow_label(label: Token) -> str:
    """Return the lines that a reader sees in a label; what ``fsm draw`` has wrapped is joined."""
    return "\n".join(label_lines(_joined(label)))


def _joined(label: Token) -> Token:
    """Join the lines that go on; those of arrows have a no-break space at both ends beside that."""
    if label.kind != "html" or "\xa0" not in label.text:
        return label
    return label._replace(text=_GOES_ON.sub(_joint, label.text))


def _joint(match: re.Match[str]) -> str:
    marks = len(match["marks"]) - len(match["end"])
    return {1: " ", 2: ""}.get(marks, match[0])


def node_label(label: Token, shape: str = "") -> tuple[str, list[str]]:
    """Return the title of a label, and the lines below it.

    The title is the first row of an HTML table, or the first field of a record; without those it is
    everything above the first action. Of the small print that ``fsm draw`` adds below a title, only
    what happens inside of the state is returned.
    """
    label = _joined(label)
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
    ruler = next((i for i, line in enumerate(first) if i and _RULER.fullmatch(line)), None)
    if ruler is not None:
        first, rest = first[:ruler], [*first[ruler + 1 :], *rest]
    actions = next((i for i, line in enumerate(first) if i and is_reaction(line)), None)
    if actions is not None:
        first, rest = first[:actions], [*first[actions:], *rest]
    return " ".join(_SYMBOLS.sub("", " ".join(first)).split()), rest

"""Attributes of DOT: texts that Graphviz shows literally, and the style of borders and lines."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape as escape_html

from graphviz import escape, nohtml

from fsm.drawing.overlay import Tone
from fsm.drawing.paints import Paint
from fsm.text import visible

__all__ = [
    "PLAIN_BORDER",
    "border_attributes",
    "literal",
    "markup",
    "plain_lines",
    "style_classes",
]

PLAIN_BORDER = {"style": "rounded,filled", "penwidth": "1.3"}


def border_attributes(paint: Paint) -> dict[str, str]:
    """Return the attributes of a border that is not plain."""
    if paint.line == "bold":
        return {"penwidth": "2.6"}
    return {"style": f"rounded,filled,{paint.line}", "penwidth": "1.8"} if paint.line else {}


def style_classes(notes: tuple[str, ...], marks: tuple[tuple[Tone, str], ...]) -> dict[str, str]:
    """Return the CSS class that says how the last lines are styled: small, or in a tone."""
    names = [f"notes{len(notes)}"] if notes else []
    names += [f"mark_{tone.name}" for tone, _ in marks]
    return {"class": " ".join(names)} if names else {}


def markup(line: str) -> str:
    """Return the line for an HTML-like label, in which Graphviz reads escapes as well.

    It refuses an empty one.
    """
    return escape_html(line).replace("\\", r"\\") or "&#160;"


def plain_lines(lines: Iterable[str], *, justified: bool = False) -> str:
    """Return the lines as one text that Graphviz shows literally."""
    end = r"\l" if justified else ""
    text: str = nohtml((end or r"\n").join(map(literal, lines)) + end)
    return text


def literal(text: str) -> str:
    """Return the text so that Graphviz reads no escape, entity or HTML-like label in it."""
    literal: str = nohtml(escape(visible(text)).replace("&", "&amp;"))
    return literal

"""Diagrams of a machine: DOT, SVG and Mermaid as text, PNG and PDF as bytes.

``picture`` decides what is drawn, ``dot`` and ``mermaid`` write it down, ``svg`` lets Graphviz
draw it, ``text`` makes every name safe to show.
"""

from __future__ import annotations

from fsm.errors import FsmError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from fsm.machine import Machine

__all__ = ["FORMATS", "draw"]

FORMATS = ("dot", "svg", "mermaid", "png", "pdf")


def draw(
    machine: Machine,
    format: str,  # noqa: A002 - the name of the option everywhere
    direction: str = "LR",
    *,
    renderer: Literal["dot", "wheel"] | None = None,
) -> str | bytes:
    """Return the diagram of a machine: text for dot, svg and mermaid, bytes for png and pdf.

    ``direction`` is LR, TB, RL or BT; a machine with many states reads best from top to bottom.
    ``renderer`` forces ``dot`` or ``wheel`` where Graphviz draws.

    Raises :class:`FsmError` for a format or direction that does not exist, and what
    :func:`fsm.draw.svg.render` raises.
    """
    if format == "mermaid":
        from fsm.draw.mermaid import to_mermaid

        return to_mermaid(machine, direction=direction)
    if format == "dot":
        from fsm.draw.dot import to_dot

        return to_dot(machine, direction=direction)
    if format == "svg":
        from fsm.draw.svg import to_svg

        return to_svg(machine, direction=direction, renderer=renderer)
    if format in FORMATS:
        from fsm.draw.dot import to_dot
        from fsm.draw.svg import render

        return render(to_dot(machine, direction=direction), format, renderer=renderer)
    raise FsmError(f"no format {format!r}; there are: {', '.join(FORMATS)}")

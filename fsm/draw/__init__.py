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
    direction: str | None = None,
    *,
    renderer: Literal["dot", "wheel"] | None = None,
) -> str | bytes:
    """Return the diagram of a machine: text for dot, svg and mermaid, bytes for png and pdf.

    ``direction`` is LR, TB, RL or BT; by default what suits the size of the machine.
    ``renderer`` forces ``dot`` or ``wheel`` where Graphviz draws.

    Raises :class:`FsmError` for a format or direction that does not exist, and what
    :func:`fsm.draw.svg.render` raises.
    """
    if format not in FORMATS:
        raise FsmError(f"no format {format!r}; there are: {', '.join(FORMATS)}")
    from fsm.draw.picture import best_direction

    way = direction or best_direction(machine)
    if format == "mermaid":
        from fsm.draw.mermaid import to_mermaid

        return to_mermaid(machine, direction=way)
    from fsm.draw.dot import to_dot

    if format == "dot":
        return to_dot(machine, direction=way)
    from fsm.draw.svg import render, to_svg

    if format == "svg":
        return to_svg(machine, direction=way, renderer=renderer)
    return render(to_dot(machine, direction=way), format, renderer=renderer)

"""A machine's diagram as an element of a page, which follows its switch and its script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fsm.drawing.graphviz import Renderer, lay_out
from fsm.drawing.model import Look, Picture
from fsm.drawing.svg import bound
from fsm.machine import Machine

__all__ = ["Diagram", "diagram"]


@dataclass(frozen=True)
class Diagram:
    """An SVG element and what it draws.

    A state carries its place in ``picture.nodes`` as ``data-state``; an arrow and its label
    carry theirs in ``picture.arrows`` as ``data-arrow``.
    """

    svg: str
    picture: Picture


def diagram(
    machine: Machine,
    look: Look | None = None,
    *,
    renderer: Renderer | None = None,
    timeout: float | None = None,
    say: Callable[[str], None] | None = None,
) -> Diagram:
    """Draw a machine for a page; raises what :func:`fsm.drawing.draw` raises.

    Where no layout is ready after ``timeout`` seconds, ``say`` is told that states stand in rows.
    """
    shown, made = lay_out(
        machine, look or Look(), "svg", renderer=renderer, timeout=timeout, say=say
    )
    return Diagram(bound(made, shown), shown)

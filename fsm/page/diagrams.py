"""The diagram of a machine as an element of a page, for its theme and its script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fsm.drawing.graphviz import Renderer, lay_out
from fsm.drawing.model import Look, Picture
from fsm.drawing.svg import interactive_svg
from fsm.machine import Machine

__all__ = ["PageDiagram", "draw_for_page"]


@dataclass(frozen=True)
class PageDiagram:
    """An SVG element and the picture that it draws.

    ``data-state`` of a state is its position in ``picture.nodes``; ``data-arrow`` of an arrow, and
    of its label, is the position in ``picture.arrows``; ``data-box`` of a box is the position in
    ``picture.all_boxes``.
    """

    svg: str
    picture: Picture


def draw_for_page(
    machine: Machine,
    look: Look | None = None,
    *,
    renderer: Renderer | None = None,
    timeout: float | None = None,
    warn: Callable[[str], None] | None = None,
) -> PageDiagram:
    """Draw a machine for a page; raises what :func:`fsm.drawing.draw` raises.

    A large machine is drawn as an overview of groups of states, and ``warn`` is called with a
    message.
    """
    picture, svg = lay_out(
        machine,
        look or Look(),
        "svg",
        renderer=renderer,
        timeout=timeout,
        warn=warn,
    )
    return PageDiagram(interactive_svg(svg, picture), picture)

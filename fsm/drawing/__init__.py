"""A machine in any format: diagrams as text, pictures, and documents for other tools.

``picture`` decides what is drawn (``view``: which part of the machine, ``overlay``: what is laid
over it), ``dot``, ``mermaid``, ``plantuml`` and ``d2`` write it down, ``graphviz`` draws it and
``svg`` makes an element for a page of it. ``xstate`` writes a configuration that runs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias, overload

from fsm.catalog import as_machine
from fsm.errors import FsmError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fsm.drawing.graphviz import Renderer
    from fsm.drawing.model import Look, Picture
    from fsm.machine import Machine

__all__ = ["DOCUMENTS", "FORMATS", "draw"]

IMAGES = ("svg", "png", "pdf")
TEXTS = ("dot", "mermaid", "plantuml", "d2")
DOCUMENTS = ("scxml", "xstate", "json")
"""Formats that hold the whole machine, not a picture of it."""
FORMATS = (*TEXTS, *IMAGES, *DOCUMENTS)

BinaryFormat: TypeAlias = Literal["png", "pdf"]
TextFormat: TypeAlias = Literal[
    "dot", "mermaid", "plantuml", "d2", "svg", "scxml", "xstate", "json"
]


@overload
def draw(
    machine: Machine | str,
    format: TextFormat = "svg",
    look: Look | None = None,
    *,
    engine: str = "dot",
    renderer: Renderer | None = None,
    timeout: float | None = None,
    say: Callable[[str], None] | None = None,
) -> str: ...


@overload
def draw(
    machine: Machine | str,
    format: BinaryFormat,
    look: Look | None = None,
    *,
    engine: str = "dot",
    renderer: Renderer | None = None,
    timeout: float | None = None,
    say: Callable[[str], None] | None = None,
) -> bytes: ...


@overload
def draw(
    machine: Machine | str,
    format: str,
    look: Look | None = None,
    *,
    engine: str = "dot",
    renderer: Renderer | None = None,
    timeout: float | None = None,
    say: Callable[[str], None] | None = None,
) -> str | bytes: ...


def draw(
    machine: Machine | str,
    format: str = "svg",  # noqa: A002 - the name of the option everywhere
    look: Look | None = None,
    *,
    engine: str = "dot",
    renderer: Renderer | None = None,
    timeout: float | None = None,
    say: Callable[[str], None] | None = None,
) -> str | bytes:
    """Return a machine as a diagram or document: bytes for png and pdf, else text.

    ``machine`` is a machine or its name, ``format`` one of :data:`FORMATS`, ``look`` says what is
    drawn of it and how.
    ``renderer`` forces ``dot`` or ``wheel`` where Graphviz draws; see
    :func:`fsm.drawing.graphviz.lay_out` for ``engine``, ``timeout`` and ``say``.

    Raises :class:`FsmError` for a format or a look that does not exist, and for a document of
    part of a machine; and what :func:`fsm.drawing.graphviz.render` raises.

    >>> print(draw("engagement", "mermaid").splitlines()[0])
    stateDiagram-v2
    """
    machine = as_machine(machine)
    if format not in FORMATS:
        raise FsmError(f"no format {format!r}; there are: {', '.join(FORMATS)}")
    from fsm.drawing.model import Look, picture

    chosen = look or Look()
    if format in DOCUMENTS:
        return _document(machine, format, chosen)
    if format in TEXTS:
        if format == "dot" and engine != "dot":
            chosen = replace(chosen, group=False)
        if format == "d2":  # whose layouts put the labels of two such arrows on each other
            chosen = replace(chosen, stacked=True)
        return _text(picture(machine, chosen), format, engine)
    from fsm.drawing.graphviz import lay_out

    shown, made = lay_out(
        machine, chosen, format, engine=engine, renderer=renderer, timeout=timeout, say=say
    )
    if format != "svg":
        return made
    from fsm.drawing.svg import styled

    return styled(made, shown)


def _text(shown: Picture, format: str, engine: str) -> str:  # noqa: A002
    if format == "mermaid":
        from fsm.drawing.mermaid import to_mermaid

        return to_mermaid(shown)
    if format == "plantuml":
        from fsm.drawing.plantuml import to_plantuml

        return to_plantuml(shown)
    if format == "d2":
        from fsm.drawing.d2 import to_d2

        return to_d2(shown)
    from fsm.drawing.dot import to_dot

    return to_dot(shown, engine=engine)


def _document(machine: Machine, format: str, look: Look) -> str:  # noqa: A002
    if look.focus or look.collapse or look.overlay:
        raise FsmError(
            f"{format} holds the whole machine; focus, collapse and overlays are for "
            f"{', '.join((*TEXTS, *IMAGES))}"
        )
    if format == "json":
        from fsm.formats.document import to_json

        return to_json(machine)
    if format == "scxml":
        from fsm.formats.scxml import to_scxml

        return to_scxml(machine)
    from fsm.drawing.xstate import to_xstate

    return to_xstate(machine, group=look.group)

"""Drawing a machine: diagrams as text, images, and documents for other tools.

``model`` decides what is drawn (``view``: which part of the machine; ``overlay`` and ``marking``:
marks on it). ``dot``, ``mermaid``, ``plantuml`` and ``d2`` write it as text, ``graphviz`` draws it,
``svg`` turns the result into an element of a page. ``xstate`` writes a configuration that runs.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Literal, overload

from fsm.errors import FsmError
from fsm.submodules import submodule
from fsm.suggest import no_such

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from fsm.drawing.graphviz import Renderer
    from fsm.drawing.model import Look, Picture
    from fsm.machine import Machine
    from fsm.mealy import Mealy

__all__ = ["DOCUMENTS", "FORMATS", "TEXTS", "BinaryFormat", "TextFormat", "draw"]

TextFormat = Literal["dot", "mermaid", "plantuml", "d2", "svg", "scxml", "xstate", "json"]
BinaryFormat = Literal["png", "pdf"]

IMAGES = ("svg", "png", "pdf")
TEXTS = ("dot", "mermaid", "plantuml", "d2")
_COMMENT = {"dot": "//", "mermaid": "%%", "plantuml": "'", "d2": "#"}
DOCUMENTS = ("scxml", "xstate", "json")
"""Formats that hold the whole machine, not a picture of it."""
FORMATS = (*TEXTS, *IMAGES, *DOCUMENTS)


if not TYPE_CHECKING:
    # Modules of this package are imported when they are first asked for.
    __getattr__ = partial(submodule, __name__)


@overload
def draw(
    machine: Machine | Mealy | str,
    format: TextFormat = "svg",
    look: Look | None = None,
    *,
    engine: str = "dot",
    renderer: Renderer | None = None,
    timeout: float | None = None,
    warn: Callable[[str], None] | None = None,
) -> str: ...


@overload
def draw(
    machine: Machine | Mealy | str,
    format: BinaryFormat,
    look: Look | None = None,
    *,
    engine: str = "dot",
    renderer: Renderer | None = None,
    timeout: float | None = None,
    warn: Callable[[str], None] | None = None,
) -> bytes: ...


@overload
def draw(
    machine: Machine | Mealy | str,
    format: str,
    look: Look | None = None,
    *,
    engine: str = "dot",
    renderer: Renderer | None = None,
    timeout: float | None = None,
    warn: Callable[[str], None] | None = None,
) -> str | bytes: ...


def draw(
    machine: Machine | Mealy | str,
    format: str = "svg",  # noqa: A002 - the name of the option everywhere
    look: Look | None = None,
    *,
    engine: str = "dot",
    renderer: Renderer | None = None,
    timeout: float | None = None,
    warn: Callable[[str], None] | None = None,
) -> str | bytes:
    """Return a machine as a diagram, or as a document for another tool.

    ``machine`` is a machine or its name, or a Mealy machine, which is drawn with its own states and
    labels ``input / output``; ``format`` one of :data:`FORMATS`: a diagram as text
    (``dot``, ``mermaid``, ``plantuml``, ``d2``), an image (``svg``, ``png``, ``pdf``) or the whole
    machine as a document (``scxml``, ``xstate``, ``json``). The result is ``bytes`` for ``png`` and
    ``pdf``, else ``str``; the same machine gives the same result.

    ``look`` (a :class:`fsm.drawing.model.Look`) selects a part of the machine, its direction, an
    overlay and the words. The other arguments are for images: ``engine`` is a layout engine of
    Graphviz; ``renderer`` is ``"dot"`` for the Graphviz program or ``"wheel"`` for the one of the
    extra ``svg`` (default: whichever is installed). A large machine is drawn as an overview, and
    ``warn`` is called with a message; its size decides, never the time that a layout takes. It is
    called as well for timers, which ``xstate`` leaves out.

    Raises :class:`FsmError` for an unknown format, direction, state or status, and for a document
    of a part of a machine; :class:`fsm.errors.MissingToolError` for an image without Graphviz;
    :class:`fsm.errors.OutputError` if Graphviz fails, or takes longer than ``timeout`` seconds
    (default: 120).

    >>> print(draw("engagement", "mermaid"), end="")
    stateDiagram-v2
        direction LR
        state "Unopened" as unopened
        state "Opened" as was_opened
        state "Clicked" as was_clicked
        [*] --> unopened
        unopened --> was_opened : opened<br/>Opens ↑
        unopened --> was_clicked : clicked<br/>Opens ↑<br/>Clicks ↑
        was_opened --> was_opened : opened
        was_opened --> was_clicked : clicked<br/>Clicks ↑
        was_clicked --> was_clicked : opened<br/>clicked
    """
    if format not in FORMATS:
        raise FsmError(no_such("format", str(format), FORMATS))
    from fsm.catalog import as_specification
    from fsm.drawing.mealy_sketch import MealySketch, drawn_of
    from fsm.drawing.model import Look
    from fsm.drawing.pictures import picture_of
    from fsm.machine import Machine

    given, look = as_specification(machine), look or Look()
    if format in DOCUMENTS:
        whole = given if isinstance(given, Machine) else given.machine()
        if format == "xstate" and warn is not None:
            from fsm.drawing.xstate import left_out

            if note := left_out(whole):
                warn(note)
        return _document(whole, format, look)
    machine = given if isinstance(given, Machine) else drawn_of(given, look, warn)
    if format in TEXTS:
        if format == "dot" and engine != "dot":
            look = replace(look, group=False)
        if format == "d2":  # its layouts draw labels of parallel arrows over each other
            look = replace(look, stacked=True)
        # Who reads a text back reads the labels, not the legend.
        picture = picture_of(machine, look, numbers=False)
        _tell(picture, warn)
        text = _text(picture, format, engine)
        return _marked(text, format, machine, look) if isinstance(machine, MealySketch) else text
    from fsm.drawing.graphviz import lay_out

    picture, image = lay_out(
        machine, look, format, engine=engine, renderer=renderer, timeout=timeout, warn=warn
    )
    if format != "svg":
        return image
    from fsm.drawing.svg import standalone_svg

    return standalone_svg(image, picture)


def _tell(picture: Picture, warn: Callable[[str], None] | None) -> None:
    if warn is not None:
        for note in picture.notes:
            warn(note)


def _marked(text: str, format: str, machine: Machine, look: Look) -> str:  # noqa: A002
    """Return the diagram of a whole Mealy machine so that its outputs can be read back."""
    from fsm.formats.diagrams.mealy_labels import as_written, mark_of

    is_part = look.focus or look.collapse or look.hide or look.only or look.overlay
    mark = None if is_part or not look.group or look.wording.lexicon else mark_of(machine)
    return text if mark is None else as_written(text, mark, _COMMENT[format])


def _text(picture: Picture, format: str, engine: str) -> str:  # noqa: A002
    if format == "mermaid":
        from fsm.drawing.mermaid import to_mermaid

        return to_mermaid(picture)
    if format == "plantuml":
        from fsm.drawing.plantuml import to_plantuml

        return to_plantuml(picture)
    if format == "d2":
        from fsm.drawing.d2 import to_d2

        return to_d2(picture)
    from fsm.drawing.dot import to_dot
    from fsm.drawing.layout import Layout

    return to_dot(picture, layout=Layout(engine))


def _document(machine: Machine, format: str, look: Look) -> str:  # noqa: A002
    if look.focus or look.collapse or look.overlay or look.wording.lexicon:
        raise FsmError(
            f"{format} holds the whole machine; focus, collapse, overlays and languages are for "
            f"{', '.join((*TEXTS, *IMAGES))}"
        )
    if format == "json":
        from fsm.formats.json_document import to_json

        return to_json(machine)
    if format == "scxml":
        from fsm.formats.scxml import to_scxml

        return to_scxml(machine)
    from fsm.drawing.xstate import to_xstate

    return to_xstate(machine, group=look.group)

"""The picture of a machine: of its declaration, or of its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fsm.arguments import as_several
from fsm.drawing.declaration import OnlyTableError, is_nested
from fsm.drawing.declared import declared_picture
from fsm.drawing.mealy_sketch import MealySketch, with_numbers, without_inputs
from fsm.drawing.model import DIRECTIONS, Look, Picture
from fsm.drawing.sketch import Sketch
from fsm.drawing.tabular import table_picture
from fsm.drawing.view import View, of_statuses, without_events
from fsm.errors import ArgumentError, FsmError
from fsm.machine import Machine
from fsm.suggest import no_such

__all__ = ["picture_of"]


def picture_of(machine: Machine, look: Look | None = None, *, numbers: bool = True) -> Picture:
    """Return the picture of a machine.

    A machine that was declared with states inside states is drawn so. Where the look asks for the
    table or for no boxes, or has marks that only the table can show, the table is drawn. With
    ``numbers``, very long labels of a Mealy machine are numbers that the legend explains.

    Raises :class:`FsmError` for a direction, an event, a state or a status that does not exist.
    """
    look = Look() if look is None else look
    if not isinstance(look, Look):
        raise ArgumentError(f"look: {look!r} is no Look; write for example Look(direction='TB')")
    if look.direction not in (None, *DIRECTIONS):
        raise FsmError(no_such("direction", str(look.direction), DIRECTIONS))
    look = replace(
        look,
        collapse=tuple(as_several("collapse", look.collapse, str)),
        hide=tuple(as_several("hide", look.hide, str)),
        only=tuple(as_several("only", look.only, str)),
    )
    view = View(machine, look.overlay, {}, {})
    view = _without_hidden(view, look.hide) if look.hide else view
    view = of_statuses(view, look.only) if look.only else view
    look = replace(look, overlay=view.overlay)
    if look.flat or not look.group or not is_nested(machine):
        picture = table_picture(machine, view, look)
        return with_numbers(picture) if numbers and isinstance(machine, MealySketch) else picture
    try:
        return declared_picture(machine, view, look)
    except OnlyTableError as error:
        return replace(table_picture(machine, view, look), notes=(str(error),))


def _without_hidden(view: View, events: Sequence[str]) -> View:
    """Leave out the transitions of some events, and those of a Mealy machine with some inputs."""
    whole, view = view.machine, without_events(view, events)
    if not isinstance(whole, MealySketch):
        return view
    kept = tuple(without_inputs(whole, view.machine.transitions, events))
    return replace(view, machine=Sketch.of(view.machine, transitions=kept))

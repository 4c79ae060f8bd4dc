"""The page, put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from fsm.catalog import as_machines
from fsm.drawing.graphviz import Renderer
from fsm.drawing.model import Look
from fsm.errors import FsmError
from fsm.exploration.facts import event_facts, events, facts
from fsm.machine import Deadline, Machine
from fsm.machines import FEEDBACK_MODES
from fsm.page import Diagram, assemble, diagram, filled, part
from fsm.text import shortened, visible

__all__ = ["explore"]

_HERE = "fsm.exploration"
_SCRIPTS = ("machines", "elements", "trace", "lens", "detail", "diagrams", "table")


def explore(
    machines: Machine | str | Iterable[Machine | str] = FEEDBACK_MODES,
    *,
    renderer: Renderer | None = None,
    timeout: float | None = None,
    say: Callable[[str], None] | None = None,
) -> str:
    """Return a page to step through a machine, or through two side by side on one trace.

    ``machines`` are one or two, each as it is or by its name (default: both feedback modes).
    Everything is in the page, an HTML text; it needs no network. The
    other arguments are those of :func:`fsm.page.diagrams.diagram`.

    Raises :class:`FsmError` for another number of machines, and what ``diagram`` raises.

    >>> explore("engagement").startswith("<!doctype html>")
    True
    """
    machines = as_machines(machines)
    if len(machines) not in (1, 2):
        raise FsmError(f"{len(machines)} machines to explore; name one, or two side by side")
    look = Look(effects=False)
    drawn = [diagram(m, look, renderer=renderer, timeout=timeout, say=say) for m in machines]
    places = events(machines)
    shown = [facts(m, d.picture, places) for m, d in zip(machines, drawn, strict=True)]
    sides = zip(machines, drawn, strict=True)
    return assemble(
        machines[0].title if len(machines) == 1 else " | ".join(m.name for m in machines),
        filled(
            part(_HERE, "page.html"),
            many="two" if len(machines) > 1 else "one",
            machines="\n".join(_side(n, m, d) for n, (m, d) in enumerate(sides)),
        ),
        subtitle=" | ".join(dict.fromkeys(map(_size, machines))),
        footer=f"<p>Made with <code>{_text(_command(machines))}</code></p>",
        styles=[part(_HERE, "page.css")],
        scripts=[part("fsm.page", "elements.js"), *(part(_HERE, f"{n}.js") for n in _SCRIPTS)],
        data={"facts": {"events": event_facts(places), "machines": shown}},
    )


def _side(number: int, machine: Machine, drawn: Diagram) -> str:
    return filled(
        part(_HERE, "machine.html"),
        number=str(number),
        title=_text(machine.title),
        name=_text(machine.name),
        svg=drawn.svg,
        deadline=f'<p class="note">{_text(_deadline(machine.deadline))}</p>'
        if machine.deadline
        else "",
    )


def _deadline(deadline: Deadline) -> str:
    return (
        f"The validity period counts from {deadline.start}; when it ends, {deadline.event} happens "
        f"by itself in {deadline.state}."
    )


def _size(machine: Machine) -> str:
    sizes = (
        (machine.states, "states"),
        (machine.events, "events"),
        (machine.transitions, "transitions"),
    )
    return ", ".join(f"{len(values):,} {noun}" for values, noun in sizes)


def _command(machines: Sequence[Machine]) -> str:
    return f"fsm explore {' '.join(machine.name for machine in machines)}"


def _text(text: str) -> str:
    return escape(visible(shortened(text)))

"""The assembly of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from html import escape

from fsm.catalog import as_machines
from fsm.drawing.graphviz import Renderer
from fsm.drawing.model import Look
from fsm.errors import FsmError
from fsm.exploration.facts import event_data, event_numbers, machine_data
from fsm.machine import Machine
from fsm.machines import FEEDBACK_MODES
from fsm.page import PageDiagram, assemble_page, draw_for_page, fill_template, read_asset
from fsm.text import quantity, shortened, visible

__all__ = ["explore"]

_HERE = "fsm.exploration"
_SCRIPTS = ("machines", "elements", "trace", "lens", "detail", "diagrams", "table")


def explore(
    machines: Machine | str | Iterable[Machine | str] = FEEDBACK_MODES,
    *,
    command: str = "",
    renderer: Renderer | None = None,
    timeout: float | None = None,
    warn: Callable[[str], None] | None = None,
) -> str:
    """Return a page to step through a machine, or through two side by side on one trace.

    ``machines`` are one or two, each as it is or by its name (default: both feedback modes). The
    page is an HTML text and needs no network. ``command`` is the command line for the footer. The
    other arguments are those of :func:`fsm.draw`.

    Raises :class:`FsmError` for no machine or more than two, and what :func:`fsm.draw` raises.

    >>> explore("engagement").startswith("<!doctype html>")
    True
    """
    machines = as_machines(machines)
    if len(machines) not in (1, 2):
        raise FsmError(
            f"{len(machines)} machines to explore; name one, or two to compare side by side"
        )
    look = Look(effects=False)
    drawn = [
        draw_for_page(m, look, renderer=renderer, timeout=timeout, warn=warn) for m in machines
    ]
    numbers = event_numbers(machines)
    sides = list(zip(machines, drawn, strict=True))
    return assemble_page(
        machines[0].title if len(machines) == 1 else " | ".join(m.name for m in machines),
        fill_template(
            read_asset(_HERE, "page.html"),
            many="two" if len(machines) > 1 else "one",
            machines="\n".join(_side(n, m, d) for n, (m, d) in enumerate(sides)),
        ),
        subtitle=" | ".join(dict.fromkeys(map(_size, machines))),
        footer=f"<p>Made with <code>{_text(command)}</code></p>" if command else "",
        styles=[read_asset(_HERE, "page.css")],
        scripts=[
            read_asset("fsm.page", "elements.js"),
            *(read_asset(_HERE, f"{n}.js") for n in _SCRIPTS),
        ],
        data={
            "facts": {
                "events": event_data(numbers),
                "machines": [machine_data(m, d.picture, numbers) for m, d in sides],
            }
        },
        colours=[colour for machine in machines for colour in machine.colours.values()],
    )


def _side(number: int, machine: Machine, drawn: PageDiagram) -> str:
    return fill_template(
        read_asset(_HERE, "machine.html"),
        number=str(number),
        title=_text(machine.title),
        name=_text(machine.name),
        svg=drawn.svg,
        clocks="".join(f'<p class="note">{_text(text)}</p>' for text in _clocks(machine)),
    )


def _clocks(machine: Machine) -> Iterator[str]:
    """Yield what happens by itself, as sentences."""
    if deadline := machine.deadline:
        yield (
            f"The validity period starts with {deadline.start}. When it ends, {deadline.event} "
            f"occurs automatically in {deadline.state}."
        )
    if machine.timers:
        yield f"By themselves happen: {'; '.join(map(str, machine.timers))}."


def _size(machine: Machine) -> str:
    sizes = (
        (machine.states, "state"),
        (machine.events, "event"),
        (machine.transitions, "transition"),
    )
    return ", ".join(quantity(len(values), noun) for values, noun in sizes)


def _text(text: str) -> str:
    return escape(visible(shortened(text)))

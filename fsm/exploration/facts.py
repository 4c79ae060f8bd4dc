"""The data of a machine for the script of the page.

States, statuses, events and transitions are identified by their positions in their lists. Texts
have no invisible characters and a limited length; the script writes them as text, never as markup.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fsm.catalog import machine_page
from fsm.drawing.kinds import status_colours
from fsm.drawing.model import Picture
from fsm.drawing.paints import colour_class
from fsm.machine import Effect, Machine, Origin
from fsm.machines import NAMES
from fsm.tables.read.cell_text import plain
from fsm.tables.read.page import read_page
from fsm.tables.transition_rows import is_transitions
from fsm.tables.words.lexicon_files import load_lexicon
from fsm.text import plain_ids, shortened, visible

__all__ = ["event_numbers", "machine_data"]


def event_numbers(machines: Iterable[Machine]) -> dict[str, int]:
    """Return the number of each event of the machines, in declared order."""
    names = dict.fromkeys(event for machine in machines for event in machine.events)
    return {name: number for number, name in enumerate(names)}


def event_data(names: Iterable[str]) -> list[dict[str, str]]:
    """Return each event with the word for it in the address of the page."""
    return [{"name": _bounded(name), "word": word} for name, word in plain_ids(names).items()]


def machine_data(machine: Machine, picture: Picture, numbers: dict[str, int]) -> dict[str, Any]:
    """Return a machine, and the states and transitions that its picture draws.

    ``numbers`` are the numbers of events, see :func:`event_numbers`.
    """
    state_at = {state.name: number for number, state in enumerate(machine.states)}
    status_at = {status: number for number, status in enumerate(machine.statuses)}
    cell_at = {(t.source, t.event): number for number, t in enumerate(machine.transitions)}
    colours = status_colours(machine)
    sources = list(dict.fromkeys(t.origin for t in machine.transitions if t.origin))
    source_at = {source: number for number, source in enumerate(sources)}
    return {
        "name": _bounded(machine.name),
        "title": _bounded(machine.title),
        "initial": state_at[machine.initial],
        "indicators": [_bounded(indicator.name) for indicator in machine.indicators],
        "statuses": [
            {"name": _bounded(s), "colour": colour_class(colours[s].colour)}
            for s in machine.statuses
        ],
        "events": [numbers[event] for event in machine.events],
        "states": [
            {
                "name": _bounded(state.name),
                "title": _bounded(state.title or state.name),
                "status": None if state.status is None else status_at[state.status],
                "final": state.final,
                "counted": [indicator.counts(state.status) for indicator in machine.indicators],
            }
            for state in machine.states
        ],
        "transitions": [
            {
                "from": state_at[t.source],
                "event": numbers[t.event],
                "to": state_at[t.target],
                "effects": [_EFFECTS.index(e) for e in machine.effects(t).values()],
                "source": source_at[t.origin] if t.origin else None,
            }
            for t in machine.transitions
        ],
        "effects": [effect.value for effect in _EFFECTS],
        "sources": _sources(machine, sources),
        # Of a declaration, a drawn state is active in several states, and a box as well.
        "nodes": [[state_at[name] for name in node.covers] for node in picture.nodes],
        "boxes": [[state_at[name] for name in box.covers] for box in picture.all_boxes],
        "arrows": [[cell_at[cell] for cell in arrow.cells] for arrow in picture.arrows],
    }


_EFFECTS = tuple(Effect)


def _bounded(text: str) -> str:
    return visible(shortened(text)) or "(no name)"


def _sources(machine: Machine, sources: Iterable[Origin]) -> list[dict[str, Any]]:
    """Return the sources, each with the cells of its documented row, if any."""
    rows = _documented(machine)
    return [
        {
            "label": _bounded(source.citation),
            "reason": visible(shortened(source.reason)),
            "decision": source.is_decision,
            "row": rows.get(source.row, []),
        }
        for source in sources
    ]


def _documented(machine: Machine) -> dict[int | None, list[str]]:
    """Return the documented rows of a built-in machine by number, as the text of each cell."""
    if machine.name not in NAMES:
        return {}
    lexicon = load_lexicon()
    tables = read_page(machine_page(machine.name)).tables
    table = next(table for table in tables if not is_transitions(table, lexicon))
    return {
        number: ["; ".join(plain(part.text) for part in cell.parts()) for cell in row.cells]
        for number, row in enumerate(table.rows, 1)
    }

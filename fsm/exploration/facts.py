"""What the page shows of a machine, as data for its script: texts ready to be shown.

States, statuses, events and transitions are named by their place in their list. Every text is
visible and of a bounded length; the script writes it as text, never as markup.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fsm.catalog import machine_page
from fsm.drawing.model import Picture
from fsm.machine import Effect, Machine, Origin
from fsm.machines import NAMES
from fsm.page.palette import RANKS
from fsm.tables.origins import is_transitions
from fsm.tables.read.cell_text import plain
from fsm.tables.read.page import read_page
from fsm.tables.words.lexicon import load_lexicon
from fsm.text import identifiers, shortened, visible

__all__ = ["events", "facts"]


def events(machines: Iterable[Machine]) -> dict[str, int]:
    """Return the events of all machines, in declared order, each with its place."""
    names = dict.fromkeys(event for machine in machines for event in machine.events)
    return {name: place for place, name in enumerate(names)}


def event_facts(names: Iterable[str]) -> list[dict[str, str]]:
    """Return each event with the word that names it in the address of the page."""
    return [{"name": _shown(name), "word": word} for name, word in identifiers(names).items()]


def facts(machine: Machine, picture: Picture, places: dict[str, int]) -> dict[str, Any]:
    """Return a machine, and what stands where in its picture."""
    state_at = {state.name: place for place, state in enumerate(machine.states)}
    status_at = {status: place for place, status in enumerate(machine.statuses)}
    cell_at = {(t.source, t.event): place for place, t in enumerate(machine.transitions)}
    ranks = {node.status: node.rank % RANKS for node in picture.nodes if node.rank is not None}
    sources = list(dict.fromkeys(t.origin for t in machine.transitions if t.origin))
    source_at = {source: place for place, source in enumerate(sources)}
    return {
        "name": _shown(machine.name),
        "title": _shown(machine.title),
        "initial": state_at[machine.initial],
        "indicators": [_shown(indicator.name) for indicator in machine.indicators],
        "statuses": [{"name": _shown(s), "rank": ranks.get(s, 0)} for s in machine.statuses],
        "events": [places[event] for event in machine.events],
        "states": [
            {
                "name": _shown(state.name),
                "title": _shown(state.title or state.name),
                "status": None if state.status is None else status_at[state.status],
                "final": state.final,
                "counted": [indicator.counts(state.status) for indicator in machine.indicators],
            }
            for state in machine.states
        ],
        "transitions": [
            {
                "from": state_at[t.source],
                "event": places[t.event],
                "to": state_at[t.target],
                "effects": [_EFFECTS.index(e) for e in machine.effects(t).values()],
                "source": source_at[t.origin] if t.origin else None,
            }
            for t in machine.transitions
        ],
        "effects": [effect.value for effect in _EFFECTS],
        "sources": _sources(machine, sources),
        "nodes": [state_at[node.name] for node in picture.nodes],
        "arrows": [[cell_at[cell] for cell in arrow.cells] for arrow in picture.arrows],
    }


_EFFECTS = tuple(Effect)


def _shown(text: str) -> str:
    return visible(shortened(text)) or "(no name)"


def _sources(machine: Machine, sources: Iterable[Origin]) -> list[dict[str, Any]]:
    """Return the sources, with the cells of the documented row of those that have one."""
    rows = _documented(machine)
    return [
        {
            "label": _shown(source.label),
            "reason": visible(shortened(source.reason)),
            "decision": source.is_decision,
            "row": rows.get(source.row, []),
        }
        for source in sources
    ]


def _documented(machine: Machine) -> dict[int | None, list[str]]:
    """Return the documented rows of a built-in machine by number, each cell as a reader sees it."""
    if machine.name not in NAMES:
        return {}
    lexicon = load_lexicon()
    tables = read_page(machine_page(machine.name)).tables
    table = next(table for table in tables if not is_transitions(table, lexicon))
    return {
        number: ["; ".join(plain(part.text) for part in cell.parts()) for cell in row.cells]
        for number, row in enumerate(table.rows, 1)
    }

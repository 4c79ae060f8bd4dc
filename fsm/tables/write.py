"""Write a machine's tables: its documented steps, its transitions, its decisions, its matrix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from fsm.errors import PageError
from fsm.machine import Effect, Machine, Timer, Transition
from fsm.tables.read.cell_text import escaped_cell
from fsm.tables.words.lexicon import DocumentedStep, Lexicon

__all__ = [
    "Grid",
    "decisions_grid",
    "format_effect",
    "header_of_matrix",
    "markdown",
    "markdown_lines",
    "matrix_grid",
    "rows_of_matrix",
    "steps_grid",
    "transitions_grid",
]

_MOST_REPEATED = 1024
"""Cells whose Markdown is kept while a table is written."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of texts."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def columns(self, count: int) -> Grid:
        """Return the first columns."""
        return Grid(self.header[:count], tuple(row[:count] for row in self.rows))


def steps_grid(machine: Machine, lexicon: Lexicon) -> Grid:
    """Return the documented table of a machine in a language: one row per step, in order.

    Raises :class:`PageError` where the language lacks a word for it.
    """
    steps = lexicon.documented.get(machine.name)
    if not steps:
        raise PageError(f"the lexicon {lexicon.language!r} has no steps of {machine.name}")
    roles = ("step", "indicators", "status") if machine.indicators else ("step", "status")
    rows = []
    for step, label in steps:
        cells = {"step": label, **_shown_cells(machine, step, lexicon)}
        rows.append(tuple(cells[role] for role in roles))
    return Grid(tuple(_word(lexicon, "columns", role) for role in roles), tuple(rows))


def _shown_cells(machine: Machine, step: DocumentedStep, lexicon: Lexicon) -> dict[str, str]:
    """Return the cells of effects and status of a step, by role."""
    transition = step.transition(machine)
    if transition is None:
        raise PageError(f"{machine.name} has no step {step.event!r}")
    effects = (
        _word(lexicon, "effects", effect.value).replace(
            "{indicator}", _word(lexicon, "indicators", name)
        )
        for name, effect in machine.effects(transition).items()
    )
    status = machine.status(transition.target)
    return {
        "indicators": "\n".join(effects),
        "status": _word(lexicon, "statuses", status) if status else "",
    }


def _word(lexicon: Lexicon, section: str, name: str) -> str:
    try:
        return lexicon.preferred[section, name]
    except KeyError:
        raise PageError(
            f"the lexicon {lexicon.language!r} has no word for {name!r} in [{section}]"
        ) from None


def transitions_grid(machine: Machine, *, cited: bool = False) -> Grid:
    """Return one row per transition: its effects on status and indicators, and its source.

    A source that is ``cited`` has the page and line of a documented row, too; the last column is
    then that of timers, where the machine has any.
    """
    header: tuple[str, ...] = ("From", "Event", "To", "Status", "Indicators", "Source", "Reason")
    timers = [(timer, frozenset(timer.states)) for timer in machine.timers if cited]
    rows: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for t in machine.transitions:
        cells = _row(machine, t, cited=cited)
        cells += (_timers_of(t, timers),) if timers else ()
        rows.setdefault((t.source, t.label, t.target), cells)
    return Grid((*header, "Timer") if timers else header, tuple(rows.values()))


def _timers_of(transition: Transition, timers: list[tuple[Timer, frozenset[str]]]) -> str:
    """Return the timers, each with its states, that can make a transition happen."""
    names = (transition.event, transition.trigger)
    return "; ".join(
        str(timer)
        for timer, states in timers
        if timer.event in names and (transition.source in states or not timer.stops)
    )


def _row(machine: Machine, transition: Transition, *, cited: bool) -> tuple[str, ...]:
    effects = machine.effects(transition).items()
    return (
        transition.source,
        transition.label,
        transition.target,
        machine.status(transition.target) or "",
        "; ".join(format_effect(name, effect) for name, effect in effects),
        _source(transition, cited=cited),
        transition.origin.reason if transition.origin else "",
    )


def _source(transition: Transition, *, cited: bool) -> str:
    origin = transition.origin
    return "" if origin is None else origin.citation if cited else origin.label


def format_effect(indicator: str, effect: Effect) -> str:
    """Return an effect on an indicator as text.

    >>> format_effect("Delivered", Effect.NO_CHANGE), format_effect("Delivered", Effect.INCREASES)
    ('Delivered: no change', 'Delivered increases')
    """
    colon = ":" if effect is Effect.NO_CHANGE else ""
    return f"{indicator}{colon} {effect.value}"


def decisions_grid(machine: Machine) -> Grid:
    """Return the decisions of a machine: the transitions that the documentation does not have."""
    rows: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for t in machine.transitions:
        if t.origin and t.origin.is_decision:
            row = (t.origin.label, t.source, t.label, t.target, t.origin.reason)
            rows.setdefault((t.source, t.label, t.target), row)
    ordered = sorted(rows.values(), key=lambda row: int(row[0][1:]))  # D2 before D10
    return Grid(("Decision", "From", "Event", "To", "Reason"), tuple(ordered))


def matrix_grid(machine: Machine) -> Grid:
    """Return every state x event cell: the target with its source, or ``-`` for rejected."""
    return Grid(header_of_matrix(machine), tuple(rows_of_matrix(machine)))


def header_of_matrix(machine: Machine) -> tuple[str, ...]:
    """Return the header of :func:`matrix_grid`."""
    return ("State", "Status", *machine.events)


def rows_of_matrix(machine: Machine) -> Iterator[tuple[str, ...]]:
    """Yield the rows of :func:`matrix_grid`: together they may be too long for the memory."""
    for state in machine.states:
        cells = (_matrix_cell(machine.step(state.name, event)) for event in machine.events)
        yield (state.name, state.status or "", *cells)


def _matrix_cell(transition: Transition | None) -> str:
    if transition is None:
        return "-"
    source = f" ({transition.origin.label})" if transition.origin else ""
    return f"{transition.target}{source}"


def markdown(grid: Grid, *, escaped: bool = False) -> str:
    """Return a grid as a Markdown table. ``escaped``: its cells are Markdown already."""
    return "".join(markdown_lines(grid.header, grid.rows, escaped=escaped))


def markdown_lines(
    header: tuple[str, ...], rows: Iterable[tuple[str, ...]], *, escaped: bool = False
) -> Iterator[str]:
    """Yield the lines of a Markdown table, see :func:`markdown`."""
    escape = lru_cache(_MOST_REPEATED)(escaped_cell)  # most cells of a large matrix are alike
    for row in chain((header,), rows):
        yield f"| {' | '.join(row if escaped else map(escape, row))} |\n"
        if row is header:
            yield f"| {' | '.join(['---'] * len(header))} |\n"

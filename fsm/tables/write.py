"""Write a machine's tables: its transitions with their derived effects, its full matrix."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fsm.errors import PageError
from fsm.machine import Effect, Machine, Transition
from fsm.tables.words.lexicon import Lexicon
from fsm.text import visible

__all__ = ["Grid", "cell_text", "decisions", "documented", "markdown", "matrix", "transitions"]

_MARKUP = re.compile(r"[\\|*`\[\]]|(?<!\w)_+|_+(?!\w)")
"""What Markdown does not show as it is: underscores only where a word begins or ends."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of texts."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def documented(machine: Machine, lexicon: Lexicon) -> Grid:
    """Return the documented table of a machine in a language: a row per step, in order.

    Raises :class:`PageError` where the language lacks a word for it.
    """
    steps = lexicon.documented.get(machine.name)
    if not steps:
        raise PageError(f"the lexicon {lexicon.language!r} has no steps of {machine.name}")
    roles = ("step", "indicators", "status") if machine.indicators else ("step", "status")
    rows = []
    for step, label in steps:
        transition = machine.first_transition(step.event, step.source)
        if transition is None:
            raise PageError(f"{machine.name} has no step {step.event!r}")
        effects = (
            _word(lexicon, "effects", effect.value).replace(
                "{indicator}", _word(lexicon, "indicators", name)
            )
            for name, effect in machine.effects(transition).items()
        )
        status = machine.status(transition.target)
        shown = _word(lexicon, "statuses", status) if status else ""
        cells = {"step": label, "indicators": "\n".join(effects), "status": shown}
        rows.append(tuple(cells[role] for role in roles))
    return Grid(tuple(_word(lexicon, "columns", role) for role in roles), tuple(rows))


def _word(lexicon: Lexicon, section: str, name: str) -> str:
    try:
        return lexicon.written[section, name]
    except KeyError:
        raise PageError(
            f"the lexicon {lexicon.language!r} has no word for {name!r} in [{section}]"
        ) from None


def transitions(machine: Machine) -> Grid:
    """Return one row per transition: what it does to status and indicators, and its source."""
    header = ("From", "Event", "To", "Status", "Indicators", "Source", "Reason")
    seen: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for t in machine.transitions:
        seen.setdefault((t.source, t.label, t.target), _row(machine, t))
    return Grid(header, tuple(seen.values()))


def decisions(machine: Machine) -> Grid:
    """Return the decisions of a machine: transitions on which the documentation is silent."""
    kept: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for t in machine.transitions:
        if t.origin and t.origin.is_decision:
            row = (t.origin.label, t.source, t.label, t.target, t.origin.reason)
            kept.setdefault((t.source, t.label, t.target), row)
    ordered = sorted(kept.values(), key=lambda row: int(row[0][1:]))
    return Grid(("Decision", "From", "Event", "To", "Reason"), tuple(ordered))


def matrix(machine: Machine) -> Grid:
    """Return every state x event cell: the target with its source, or ``-`` for rejected."""
    rows = tuple(
        (
            state.name,
            state.status or "",
            *(_cell(machine.step(state.name, event)) for event in machine.events),
        )
        for state in machine.states
    )
    return Grid(("State", "Status", *machine.events), rows)


def markdown(grid: Grid, *, escaped: bool = False) -> str:
    """Return a grid as a Markdown table. ``escaped``: its cells are Markdown already."""
    body = [grid.header, *grid.rows]
    lines = [line if escaped else tuple(map(cell_text, line)) for line in body]
    lines.insert(1, ("---",) * len(grid.header))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _row(machine: Machine, transition: Transition) -> tuple[str, ...]:
    effects = machine.effects(transition).items()
    return (
        transition.source,
        transition.label,
        transition.target,
        machine.status(transition.target) or "",
        "; ".join(_effects(effects)),
        transition.origin.label if transition.origin else "",
        transition.origin.reason if transition.origin else "",
    )


def _effects(effects: Iterable[tuple[str, Effect]]) -> Iterable[str]:
    for name, effect in effects:
        yield f"{name}: no change" if effect is Effect.NO_CHANGE else f"{name} {effect.value}"


def _cell(transition: Transition | None) -> str:
    if transition is None:
        return "-"
    source = f" ({transition.origin.label})" if transition.origin else ""
    return f"{transition.target}{source}"


def cell_text(text: str) -> str:
    """Return a text as Markdown that shows just it; underscores inside words stay as they are."""
    lines = (visible(" ".join(line.split())) for line in text.split("\n"))
    flat = "<br>".join(line.replace("&", "&amp;").replace("<", "&lt;") for line in lines)
    return _MARKUP.sub(lambda found: "".join(f"\\{c}" for c in found[0]), flat)

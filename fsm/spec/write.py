"""Write a machine's tables: its transitions with their derived effects, its full matrix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fsm.machine import Effect, Machine, Transition

__all__ = ["Grid", "decisions", "markdown", "matrix", "transitions"]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of texts."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


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
    lines = [line if escaped else tuple(map(_escape, line)) for line in body]
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


def _escape(text: str) -> str:
    """Escape a cell; underscores inside words mean nothing in Markdown and stay."""
    flat = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{c}" if c in "\\|*`[]" else c for c in flat)

"""The overlays there are: traffic of a log, coverage by tests, path of a trace, what changed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from fsm.comparison import Comparison, compare
from fsm.drawing.overlay import Mark, Overlay, Tone
from fsm.drawing.sketch import Sketch
from fsm.machine import Effect, Machine, State, Transition
from fsm.trace import run

__all__ = ["changes", "coverage", "path", "split_trace", "traffic"]

_MOST = 5
"""So many rejected events a state shows, then how many more there are."""
_SIGNS = {
    Effect.STARTS_AT_0: "0 %",
    Effect.STARTS_AT_100: "100 %",
    Effect.INCREASES: "↑",
    Effect.DECREASES: "↓",
    Effect.NO_CHANGE: "=",
}
_SYMBOL = re.compile(r"(?:[^\s,\[]|\[[^\]]*\])+")


# Traffic -------------------------------------------------------------------------------------


def traffic(
    machine: Machine,
    met: Iterable[tuple[str, str, str | None, int]],
    name: str,
    rejected_in_all: int = 0,
) -> Overlay:
    """Return how often each cell was met: rows of state, event, target (or ``None``), count.

    Such rows are in :attr:`fsm.engine.Replay.traffic`. Rejected events stand in their states,
    the most frequent first; a transition that nothing took is faded. ``name`` is the log's. It has
    more rejected events than these where ``rejected_in_all`` says so: no machine knows them, or
    they came late.
    """
    marks: dict[Transition, Mark] = {}
    rejected: dict[str, list[tuple[int, str]]] = {}
    for state, event, target, count in met:
        transition = machine.step(state, event)
        if target is None or transition is None:
            rejected.setdefault(state, []).append((-count, event))
        else:
            marks[transition] = Mark(weight=count)
    total = -sum(count for found in rejected.values() for count, _ in found)
    return Overlay(
        marks,
        {state: _rejections(found) for state, found in rejected.items()},
        other=Mark(Tone.FADED),
        legend=(
            f"Numbers: events in {name}; {Tone.REJECTED.value} rejected ({total:,})",
            *_elsewhere(rejected_in_all - total),
        ),
    )


def _elsewhere(count: int) -> tuple[str, ...]:
    told = f"{Tone.REJECTED.value} {count:,} more that are unknown to every machine, or late"
    return (told,) if count > 0 else ()


def _rejections(found: list[tuple[int, str]]) -> list[Mark]:
    ordered = sorted(found)
    marks = [Mark(Tone.REJECTED, f"{event} {-count:,}") for count, event in ordered[:_MOST]]
    if ordered[_MOST:]:
        rest = -sum(count for count, _ in ordered[_MOST:])
        marks.append(Mark(Tone.REJECTED, f"{_others(len(ordered) - _MOST)} {rest:,}"))
    return marks


# Coverage ------------------------------------------------------------------------------------


def coverage(machine: Machine, tests: Iterable[Sequence[str]], name: str) -> Overlay:
    """Return how often the tests of a suite ran each cell, and which ones none of them ran.

    A test is a trace from the initial state. Rejected events that were never tried stand in
    their states. ``name`` is the suite's.
    """
    steps = [step for test in tests for step in run(machine, test)]
    met = Counter((step.before, step.event) for step in steps)
    reached = {machine.initial, *(step.after for step in steps)}
    lines = {state.name: [Mark(Tone.REJECTED, "not reached")] for state in machine.states}
    lines |= {state: _untried(machine, state, met) for state in reached}
    taken = {t: met[t.source, t.event] for t in machine.transitions}
    cells = [(state.name, event) for state in machine.states for event in machine.events]
    left = sum(not met[cell] for cell in cells)
    told = f"{Tone.REJECTED.value} not run ({left:,} of {len(cells):,} cells)"
    return Overlay(
        {t: Mark(weight=count) for t, count in taken.items() if count},
        {state: marks for state, marks in lines.items() if marks},
        other=Mark(Tone.REJECTED),
        legend=(f"Numbers: steps of {name}; {told}",),
    )


def _untried(machine: Machine, state: str, met: Counter[tuple[str, str]]) -> list[Mark]:
    """Return lines for the events that were not tried and have no arrow of their own."""
    events = [e for e in machine.events if not met[state, e] and not machine.step(state, e)]
    marks = [Mark(Tone.REJECTED, event) for event in events[:_MOST]]
    if events[_MOST:]:
        marks.append(Mark(Tone.REJECTED, _others(len(events) - _MOST)))
    return marks


def _others(count: int) -> str:
    return "1 other event" if count == 1 else f"{count:,} other events"


# Path ----------------------------------------------------------------------------------------


def split_trace(text: str) -> tuple[str, ...]:
    """Return the symbols of a trace, which blanks or commas part.

    >>> split_trace("ok[not is_scheduled], pause resume")
    ('ok[not is_scheduled]', 'pause', 'resume')
    """
    return tuple(_SYMBOL.findall(text))


def path(machine: Machine, trace: Sequence[str]) -> Overlay:
    """Return the way of a trace, its steps numbered; rejected ones stand in their states."""
    steps: dict[Transition, list[str]] = {}
    lines: dict[str, list[Mark]] = {}
    state = machine.initial
    for number, step in enumerate(run(machine, trace), start=1):
        if step.transition:
            steps.setdefault(step.transition, []).append(str(number))
        else:
            lines.setdefault(step.before, []).append(Mark(Tone.REJECTED, f"{number}. {step.event}"))
        state = step.after
    lines.setdefault(state, []).append(Mark(Tone.TAKEN, "ends here"))
    return Overlay(
        {t: Mark(Tone.TAKEN, f"({_few(numbers)})") for t, numbers in steps.items()},
        {name: _shortened(marks) for name, marks in lines.items()},
        other=Mark(Tone.FADED),
        legend=(
            f"{Tone.TAKEN.value} the way of the trace, by step; {Tone.REJECTED.value} rejected",
        ),
    )


def _few(numbers: list[str]) -> str:
    shown = numbers[:_MOST]
    return ", ".join([*shown, "…"] if len(numbers) > _MOST else shown)


def _shortened(marks: list[Mark]) -> list[Mark]:
    if len(marks) <= _MOST + 1:
        return marks
    return [*marks[:_MOST], Mark(Tone.REJECTED, f"{len(marks) - _MOST - 1:,} more"), marks[-1]]


# Changes -------------------------------------------------------------------------------------


def changes(machine: Machine, before: Machine) -> tuple[Machine, Overlay]:
    """Return both machines in one, with what ``machine`` adds to, takes from and changes in
    ``before``.

    States are the same where their names are, or where all of both machines correspond (see
    :attr:`fsm.comparison.Comparison.skeleton`).
    """
    comparison = compare(before, machine)
    names = dict(comparison.skeleton or ())
    old = _renamed(before, names)
    kept = {(t.source, t.event, t.target) for t in old.transitions}
    new = {(t.source, t.event, t.target) for t in machine.transitions}
    gone = [t for t in old.transitions if (t.source, t.event, t.target) not in new]
    effects = _effects(comparison)
    marks = {t: Mark(Tone.REMOVED) for t in gone}
    for t in machine.transitions:
        if (t.source, t.event, t.target) not in kept:
            marks[t] = Mark(Tone.ADDED)
        elif (t.source, t.event) in effects:
            marks[t] = Mark(Tone.CHANGED, details=effects[t.source, t.event])
    lost = _only(old, machine)
    union = machine
    if lost or gone:
        states, transitions = (*machine.states, *lost), (*machine.transitions, *gone)
        union = Sketch.of(machine, states=states, transitions=transitions)
    legend = f"{machine.name} against {before.name}: + added, − removed, ~ changed"
    return union, Overlay(marks, _state_lines(machine, old, names), legend=(legend,))


def _renamed(machine: Machine, names: dict[str, str]) -> Machine:
    def now(name: str) -> str:
        return names.get(name, name)

    return Sketch.of(
        machine,
        states=tuple(replace(s, name=now(s.name)) for s in machine.states),
        transitions=tuple(
            replace(t, source=now(t.source), target=now(t.target)) for t in machine.transitions
        ),
        initial=now(machine.initial),
    )


def _only(machine: Machine, other: Machine) -> tuple[State, ...]:
    names = {state.name for state in other.states}
    return tuple(state for state in machine.states if state.name not in names)


def _effects(comparison: Comparison) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return what changed in the effects of a cell, by the state of the new machine and event."""
    return {
        (found.states[1], found.event): tuple(
            f"{name}: {_SIGNS[old]} → {_SIGNS[new]}" for name, old, new in found.effects
        )
        for found in comparison.effects
    }


def _state_lines(machine: Machine, old: Machine, names: dict[str, str]) -> dict[str, list[Mark]]:
    lines: dict[str, list[Mark]] = {}
    former = {new: name for name, new in names.items() if new != name}
    before = {state.name: state for state in old.states}
    for state in machine.states:
        found = before.get(state.name)
        if found is None:
            lines[state.name] = [Mark(Tone.ADDED, "added")]
            continue
        if state.name in former:
            lines.setdefault(state.name, []).append(Mark(Tone.CHANGED, f"was {former[state.name]}"))
        if found.status != state.status:
            what = f"{found.status or 'no status'} → {state.status or 'no status'}"
            lines.setdefault(state.name, []).append(Mark(Tone.CHANGED, what))
        if found.final is not state.final:
            what = "not final → final" if state.final else "final → not final"
            lines.setdefault(state.name, []).append(Mark(Tone.CHANGED, what))
    for state in _only(old, machine):
        lines[state.name] = [Mark(Tone.REMOVED, "removed")]
    return lines

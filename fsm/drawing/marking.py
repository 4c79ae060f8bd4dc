"""The overlays: event counts of a log, coverage by tests, path of a trace, and differences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from fsm.catalog import as_machine, load_bare
from fsm.comparison import Comparison, DifferenceKind, compare
from fsm.drawing.legend import words_in
from fsm.drawing.overlay import Mark, Overlay, Tone
from fsm.drawing.sketch import Sketch
from fsm.drawing.wording import AS_DECLARED, CLOCK, Wording, after_text
from fsm.errors import FsmError
from fsm.machine import Effect, Machine, State, Transition
from fsm.machines import NAMES
from fsm.suggest import no_such, remedy
from fsm.text import quantity
from fsm.trace import run

__all__ = [
    "coverage_overlay",
    "diff_overlay",
    "path_overlay",
    "split_trace",
    "symbols_of",
    "tested_overlay",
    "traffic_overlay",
    "unknown_events",
]

_MOST = 5
"""Maximum number of rejected events of a state that are listed by name."""
_SIGNS = {
    Effect.STARTS_AT_0: "0 %",
    Effect.STARTS_AT_100: "100 %",
    Effect.INCREASES: "↑",
    Effect.DECREASES: "↓",
    Effect.NO_CHANGE: "=",
}
_UNDRAWN = {
    DifferenceKind.DEADLINE: "deadlines",
    DifferenceKind.TIMER: "starts of timers",
    DifferenceKind.INDICATOR: "indicators",
}
"""The kinds of differences that arrows and states do not show."""
_SYMBOL = re.compile(r"(?:[^\s,\[]| ?\[[^\]]*\])+")


# Traffic -------------------------------------------------------------------------------------


def traffic_overlay(
    machine: Machine | str,
    cells: Iterable[tuple[str, str, str | None, int]],
    name: str,
    rejected_in_all: int = 0,
    wording: Wording = AS_DECLARED,
) -> Overlay:
    """Return the event counts of a log.

    ``cells`` are rows of state, event, target (``None`` if rejected) and count, as in
    :attr:`fsm.engine.Replay.traffic`. Rejected events are listed in their states, the most frequent
    first; transitions without events are faded. ``name`` is the name of the log,
    ``rejected_in_all`` its number of rejected events, including undefined and late ones;
    ``wording`` has the words of the picture.
    """
    machine = as_machine(machine)
    marks: dict[Transition, Mark] = {}
    rejected: dict[str, list[tuple[int, str]]] = {}
    for state, event, target, count in cells:
        transition = machine.step(state, event)
        if target is None or transition is None:
            own = (t for t in machine.transitions if t.event == event)
            label = wording.declared_event(machine.name, own, event)
            rejected.setdefault(state, []).append((-count, label))
        else:
            marks[transition] = Mark(weight=count)
    total = -sum(count for events in rejected.values() for count, _ in events)
    words = words_in(wording.language)
    counted = words["rejected events"].format(count=f"{total:,}")
    legend = [f"{words['event counts'].format(name=name)}; {Tone.REJECTED.value} {counted}"]
    if (further := rejected_in_all - total) > 0:
        told = words["further events"].format(count=f"{further:,}")
        legend.append(f"{Tone.REJECTED.value} {told}")
    return Overlay(
        marks,
        {state: _rejections(events, words) for state, events in rejected.items()},
        other=Mark(Tone.FADED),
        legend=tuple(legend),
    )


def _rejections(events: list[tuple[int, str]], words: Mapping[str, str]) -> list[Mark]:
    ordered = sorted(events)  # counts are negative: the most frequent come first
    marks = [Mark(Tone.REJECTED, f"{event} {-count:,}") for count, event in ordered[:_MOST]]
    if ordered[_MOST:]:
        rest, others = -sum(count for count, _ in ordered[_MOST:]), len(ordered) - _MOST
        is_english = words is words_in(None)  # the only language with a form for one
        told = _others(others) if is_english else words["other events"].format(count=others)
        marks.append(Mark(Tone.REJECTED, f"{told} {rest:,}"))
    return marks


# Coverage ------------------------------------------------------------------------------------


def coverage_overlay(machine: Machine | str, tests: Iterable[Sequence[str]], name: str) -> Overlay:
    """Return how often the tests of a suite ran each cell, and which cells no test ran.

    A test is a trace from the initial state. Rejected events that no test sent are listed in their
    states. ``name`` is the name of the suite. Raises :class:`FsmError` for the suite of another
    machine, with an event that this one does not have.
    """
    machine = as_machine(machine)
    steps = [step for test in tests for step in run(machine, test)]
    known = set(machine.events)
    if other := next((step.event for step in steps if step.event not in known), None):
        raise FsmError(
            f"{name}: the suite of another machine: {machine.name} has "
            f"{no_such('event', str(other), machine.events)}"
        )
    runs = Counter((step.before, step.event) for step in steps)
    reached = {machine.initial, *(step.after for step in steps)}
    return _cell_overlay(machine, runs, reached, f"steps of {name}")


def tested_overlay(
    machine: Machine | str, counts: Mapping[tuple[str, str], int], name: str
) -> Overlay:
    """Return how many tests ran each cell, and which cells no test ran.

    ``counts`` are the tests of each cell, by state and event, ``name`` is what they come from.
    """
    machine = as_machine(machine)
    run = [cell for cell, count in counts.items() if count]
    steps = (machine.step(*cell) for cell in run)
    reached = {machine.initial, *(s for s, _ in run), *(step.target for step in steps if step)}
    return _cell_overlay(machine, Counter(counts), reached, f"tests in {name}")


def _cell_overlay(
    machine: Machine, runs: Counter[tuple[str, str]], reached: set[str], counted: str
) -> Overlay:
    lines = {state.name: [Mark(Tone.REJECTED, "not reached")] for state in machine.states}
    lines |= {state: _untried(machine, state, runs) for state in reached}
    taken = {t: runs[t.source, t.event] for t in machine.transitions}
    cells = [(state.name, event) for state in machine.states for event in machine.events]
    not_run = sum(not runs[cell] for cell in cells)
    rejected = f"{Tone.REJECTED.value} not run ({not_run:,} of {len(cells):,} cells)"
    return Overlay(
        {t: Mark(weight=count) for t, count in taken.items() if count},
        {state: marks for state, marks in lines.items() if marks},
        other=Mark(Tone.REJECTED),
        legend=(f"Numbers: {counted}; {rejected}",),
    )


def _untried(machine: Machine, state: str, runs: Counter[tuple[str, str]]) -> list[Mark]:
    """Return lines for the events that no test sent and that have no arrow."""
    events = [e for e in machine.events if not runs[state, e] and not machine.step(state, e)]
    marks = [Mark(Tone.REJECTED, event) for event in events[:_MOST]]
    if events[_MOST:]:
        marks.append(Mark(Tone.REJECTED, _others(len(events) - _MOST)))
    return marks


def _others(count: int) -> str:
    return quantity(count, "other event")


# Path ----------------------------------------------------------------------------------------


def split_trace(text: str) -> tuple[str, ...]:
    """Return the symbols of a trace, which are separated by blanks or commas.

    >>> split_trace("ok[not is_scheduled], pause resume [is_late]")
    ('ok[not is_scheduled]', 'pause', 'resume [is_late]')
    """
    return tuple(map(str.strip, _SYMBOL.findall(text)))


def symbols_of(machine: Machine, trace: Iterable[str]) -> Iterator[str]:
    """Yield the symbols of a trace, of which each may be the label of an arrow instead.

    Raises :class:`FsmError` for an event that depends on guards which the trace does not name.
    """
    state, known = machine.initial, set(machine.events)
    for event in trace:
        event = event if event in known else _labelled(machine, state, event)
        if step := machine.step(state, event):
            state = step.target
        yield event


def _labelled(machine: Machine, state: str, label: str) -> str:
    """Return the symbol of the arrow with a label that leaves a state, or the label."""
    text = "".join(label.split())
    leaving = [t for t in machine.transitions if t.source == state]
    alike = [t for t in leaving if "".join(t.label.split()) == text]
    if alike:
        return alike[0].event
    if others := dict.fromkeys(t.label for t in leaving if t.trigger == label):
        listed = " or ".join(map(repr, others))
        raise FsmError(f"{machine.name}: {label!r} depends on guards in {state!r}; write {listed}")
    return label


def unknown_events(machine: Machine, events: Iterable[str]) -> Iterator[str]:
    """Yield a note for each event that neither a machine nor its built-in companion knows.

    Events of a companion, such as opens, are known.
    """
    companions = [load_bare(machine.companion)] if machine.companion in NAMES else []
    known = [event for each in (machine, *companions) for event in each.events]
    known += dict.fromkeys(event.partition("[")[0] for event in machine.events if "[" in event)
    for event in dict.fromkeys(events):
        if event not in known:
            yield f"{machine.name}: no event {event!r}, drawn as rejected; {remedy(event, known)}"


def path_overlay(machine: Machine | str, trace: Sequence[str]) -> Overlay:
    """Return the path of a trace with numbered steps; rejected events are in their states."""
    machine = as_machine(machine)
    steps: dict[tuple[str, str, str], list[str]] = {}
    lines: dict[str, list[Mark]] = {}
    state = machine.initial
    for number, step in enumerate(run(machine, trace), start=1):
        if t := step.transition:
            steps.setdefault((t.source, t.target, t.label), []).append(str(number))
        else:
            lines.setdefault(step.before, []).append(Mark(Tone.REJECTED, f"{number}. {step.event}"))
        state = step.after
    rejected = f"; {Tone.REJECTED.value} rejected" if lines else ""
    lines.setdefault(state, []).append(Mark(Tone.TAKEN, "ends here"))
    # Symbols of one event that look alike are one arrow.
    marks = {
        t: Mark(Tone.TAKEN, f"({_few(numbers)})")
        for t in machine.transitions
        if (numbers := steps.get((t.source, t.target, t.label)))
    }
    return Overlay(
        marks,
        {name: _shortened(marks) for name, marks in lines.items()},
        other=Mark(Tone.FADED),
        legend=(f"{Tone.TAKEN.value} path of the trace, by step{rejected}",),
    )


def _few(numbers: list[str]) -> str:
    shown = numbers[:_MOST]
    return ", ".join([*shown, "…"] if len(numbers) > _MOST else shown)


def _shortened(marks: list[Mark]) -> list[Mark]:
    if len(marks) <= _MOST + 1:
        return marks
    return [*marks[:_MOST], Mark(Tone.REJECTED, f"{len(marks) - _MOST - 1:,} more"), marks[-1]]


# Changes -------------------------------------------------------------------------------------


def diff_overlay(machine: Machine | str, before: Machine | str) -> tuple[Machine, Overlay]:
    """Return the union of both machines, and what ``machine`` adds to, removes from and changes in
    ``before``.

    Two states are the same if their names are the same, or if all states of both machines
    correspond (see :attr:`fsm.comparison.Comparison.skeleton`).
    """
    machine, before = as_machine(machine), as_machine(before)
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
    lines = _state_lines(machine, old, names)
    legend = f"{machine.name} compared with {before.name}: + added, − removed, ~ changed"
    return union, Overlay(marks, lines, legend=(legend, *_not_drawn(comparison, lines)))


def _not_drawn(comparison: Comparison, lines: dict[str, list[Mark]]) -> Iterator[str]:
    """Yield the kinds of differences that have no sign in the drawing."""
    found = {difference.kind for difference in comparison.differences}
    if any(CLOCK in mark.note for marks in lines.values() for mark in marks):
        found.discard(DifferenceKind.TIMER)
    if names := [name for kind, name in _UNDRAWN.items() if kind in found]:
        yield f"Not drawn: differences in {', '.join(names)}"


def _renamed(machine: Machine, names: dict[str, str]) -> Machine:
    def new_name(name: str) -> str:
        return names.get(name, name)

    return Sketch.of(
        machine,
        states=tuple(replace(s, name=new_name(s.name)) for s in machine.states),
        transitions=tuple(
            replace(t, source=new_name(t.source), target=new_name(t.target))
            for t in machine.transitions
        ),
        initial=new_name(machine.initial),
        timers=tuple(
            replace(timer, states=tuple(map(new_name, timer.states))) for timer in machine.timers
        ),
    )


def _only(machine: Machine, other: Machine) -> tuple[State, ...]:
    names = {state.name for state in other.states}
    return tuple(state for state in machine.states if state.name not in names)


def _effects(comparison: Comparison) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the changed effects of each cell, by the state in the new machine and the event."""
    return {
        (difference.states[1], difference.event): tuple(
            f"{name}: {_SIGNS[old]} → {_SIGNS[new]}" for name, old, new in difference.effects
        )
        for difference in comparison.effects
    }


def _state_lines(machine: Machine, old: Machine, names: dict[str, str]) -> dict[str, list[Mark]]:
    lines: dict[str, list[Mark]] = {}
    former = {new: name for name, new in names.items() if new != name}
    before = {state.name: state for state in old.states}
    for state in machine.states:
        old_state = before.get(state.name)
        if old_state is None:
            lines[state.name] = [Mark(Tone.ADDED, "added")]
            continue
        notes = [f"was {former[state.name]}"] if state.name in former else []
        if old_state.status != state.status:
            notes.append(f"{old_state.status or 'no status'} → {state.status or 'no status'}")
        if old_state.final is not state.final:
            notes.append("not final → final" if state.final else "final → not final")
        if (state.name == old.initial) is not (state.name == machine.initial):
            is_now = state.name == machine.initial
            notes.append("not initial → initial" if is_now else "initial → not initial")
        notes += _timer_changes(_delays(old, state.name), _delays(machine, state.name))
        if notes:
            lines[state.name] = [Mark(Tone.CHANGED, note) for note in notes]
    for state in _only(old, machine):
        lines[state.name] = [Mark(Tone.REMOVED, "removed")]
    return lines


def _delays(machine: Machine, state: str) -> dict[str, str]:
    """Return when the timers of a state end, by their events."""
    delays: dict[str, list[str]] = {}
    for timer in machine.timers:
        if state in timer.states:
            delays.setdefault(timer.event, []).append(after_text(timer))
    return {event: ", ".join(texts) for event, texts in delays.items()}


def _timer_changes(before: dict[str, str], now: dict[str, str]) -> Iterator[str]:
    """Yield the timers of a state that are not as before."""
    for event in dict.fromkeys((*before, *now)):
        old, new = before.get(event, "no timer"), now.get(event, "no timer")
        if old != new:
            yield f"{CLOCK} {event}: {old} → {new}"

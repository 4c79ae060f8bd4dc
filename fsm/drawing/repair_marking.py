"""The overlay of a least repair: which events are missing, and which are extra, in which state."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from fsm.conformance.causes import Cause
from fsm.drawing.overlay import Mark, Overlay, Tone
from fsm.drawing.sketch import Sketch
from fsm.machine import Machine, Transition
from fsm.text import quantity

__all__ = ["repair_overlay"]

_MOST = 5
"""Extra events of a state that are drawn by name; the others are one line."""


def repair_overlay(
    machine: Machine, causes: Iterable[Cause], name: str, several: str
) -> tuple[Machine, Overlay]:
    """Return a machine with a loop for each extra event, and the marks of its least repair.

    A missing event marks its transition; an extra one is a loop at its state. All other
    transitions are faded. ``name`` is the name of the log, ``several`` what its messages are
    called.
    """
    missing: Counter[tuple[str, str]] = Counter()
    extra: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for cause in causes:
        edit = cause.edit
        if cause.is_missing:
            missing[edit.state, edit.event] += cause.count
        else:
            extra[edit.state][edit.event] += cause.count
    marks = {
        t: Mark(Tone.MISSING, weight=missing[t.source, t.event])
        for t in machine.transitions
        if missing[t.source, t.event]
    }
    loops: dict[Transition, Mark] = {}
    for state in machine.states:
        loops |= dict(_loops(state.name, extra[state.name]))
    drawn = Sketch.of(machine, transitions=(*machine.transitions, *loops)) if loops else machine
    whole = sum(map(Counter.total, extra.values()))
    return drawn, Overlay(
        marks | loops,
        other=Mark(Tone.FADED),
        legend=(
            f"The least repair of the {several} in {name}; the more events, the wider",
            _counts(missing.total(), whole),
        ),
    )


def _counts(missing: int, extra: int) -> str:
    return (
        f"{Tone.MISSING.value} missing ({missing:,}), dotted; {Tone.EXTRA.value} extra "
        f"({extra:,}), loops"
    )


def _loops(state: str, events: Counter[str]) -> Iterable[tuple[Transition, Mark]]:
    """Yield the loops at a state, for the most frequent events, with their marks."""
    ordered = sorted(events.items(), key=lambda item: (-item[1], item[0]))
    named = [(event or "(other)", count) for event, count in ordered[:_MOST]]
    if rest := ordered[_MOST:]:
        named.append((quantity(len(rest), "other event"), sum(count for _, count in rest)))
    for event, count in named:
        yield Transition(state, event, state, event), Mark(Tone.EXTRA, weight=count)

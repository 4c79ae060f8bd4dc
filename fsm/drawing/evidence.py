"""The overlay of a learnt machine: how many messages stand behind each arrow, and what differs."""

from __future__ import annotations

from fsm.discovery import Discovery
from fsm.drawing.overlay import Mark, Overlay, Tone
from fsm.drawing.sketch import Sketch
from fsm.machine import Machine, Transition

__all__ = ["evidence_overlay"]

_MOST = 5
"""Events of a state that were left out and are listed by name."""


def evidence_overlay(discovery: Discovery) -> tuple[Machine, Overlay]:
    """Return what is drawn of a discovery: the learnt machine, with its reference if it has one.

    Arrows have the number of messages that travelled them. Those that the reference does not
    accept are added, those of it that no message travelled are removed; what was left out is
    listed in its state.
    """
    machine, documented = discovery.machine, discovery.reference
    legend = f"Numbers: {discovery.unit.several}, of {discovery.messages:,}"
    marks: dict[Transition, Mark] = {}
    for transition, evidence in zip(machine.transitions, discovery.evidence, strict=True):
        known = documented is None or documented.accepts(evidence)
        marks[transition] = Mark(Tone.PLAIN if known else Tone.ADDED, weight=evidence.messages)
    lines = _left_out(discovery)
    if documented is not None:
        legend += f"; {documented.machine.name}: + does not accept it, − never travelled"
        never = documented.never_travelled
        marks |= dict.fromkeys(never, Mark(Tone.REMOVED))
        machine = _with_documented(machine, documented.machine, never)
        for state in machine.states[len(discovery.machine.states) :]:
            lines[state.name] = [Mark(Tone.REMOVED, "never reached")]
    return machine, Overlay(marks, lines, legend=(legend, *_legend_of_rest(discovery)))


def _with_documented(
    machine: Machine, reference: Machine, never: tuple[Transition, ...]
) -> Machine:
    """Return a machine to be drawn that has transitions of the reference as well."""
    names = {state.name for state in machine.states}
    ends = {name for t in never for name in (t.source, t.target)} - names
    states = (s for s in reference.states if s.name in ends)
    return Sketch.of(
        machine,
        states=(*machine.states, *states),
        events=tuple(dict.fromkeys((*machine.events, *(t.event for t in never)))),
        transitions=(*machine.transitions, *never),
    )


def _left_out(discovery: Discovery) -> dict[str, list[Mark]]:
    """Return the events that were left out as lines of their states, the most frequent first."""
    marks: dict[str, list[Mark]] = {}
    for item in discovery.left_out:
        marks.setdefault(item.state, []).append(
            Mark(Tone.REJECTED, f"{item.event} {item.messages:,}")
        )
    return {state: _shortened(marked) for state, marked in marks.items()}


def _shortened(marks: list[Mark]) -> list[Mark]:
    more = len(marks) - _MOST
    return marks if more <= 0 else [*marks[:_MOST], Mark(Tone.REJECTED, f"{more:,} more")]


def _legend_of_rest(discovery: Discovery) -> tuple[str, ...]:
    if not discovery.left_out:
        return ()
    rest = discovery.messages - discovery.accepted
    return (f"{Tone.REJECTED.value} left out: {discovery.unit.count(rest)} do more than is drawn",)

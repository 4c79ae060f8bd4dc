"""Patterns of behaviour, checked on the product of the machine and a monitor of two states.

A trace is read as what it goes through: the initial state, an event, a state, an event, ... A
name stands for an event, a state or a status (``event:NAME``, ``state:NAME``, ``status:NAME``
where several are called so); several are joined by ``or``. Rejected events change nothing, and
are not part of a trace.

    never P            no trace goes through P
    never P after Q    not once Q was gone through; before Q: not until Q was gone through
    always P           every state is P; after Q: every state from Q on; before Q: every one until Q
    eventually P       every trace that goes on as long as it can goes through P;
                       after Q: after each Q
    possibly P         whatever has happened, P can still be; after Q: whatever has happened since

Source: M. Dwyer, G. Avrunin, J. Corbett, Patterns in Property Specifications for Finite-State
Verification, ICSE 1999 (absence, universality, existence, precedence, response). ``eventually``
takes no fairness for granted: a message that is put off again and again never gets anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NamedTuple, TypeAlias

from fsm.analysis.facts import Trace
from fsm.analysis.verdict import Verdict
from fsm.errors import FsmError
from fsm.machine import Machine

__all__ = ["PATTERNS", "check_pattern"]


@dataclass(frozen=True, slots=True)
class _Names:
    """What a part of a claim stands for."""

    events: frozenset[str]
    states: frozenset[str]


class _Claim(NamedTuple):
    """A claim: within the scope that ``marker`` opens (or ends, with ``until``), about ``what``."""

    text: str
    what: _Names
    marker: _Names | None
    until: bool


class _Node(NamedTuple):
    """A state of the machine, and whether the claim is in force when it has been entered."""

    state: str
    on: bool


class _Edge(NamedTuple):
    """An event: where it leads, whether what the claim is about was met in force on the way."""

    event: str
    target: _Node
    met: bool


def check_pattern(machine: Machine, claim: str) -> Verdict:
    """Check a claim that begins with one of :data:`PATTERNS`; raises :class:`FsmError`."""
    kind, _, rest = claim.partition(" ")
    what, scope, marker = rest, "", ""
    for word in (" after ", " before "):
        if word in rest:
            what, scope, marker = rest.partition(word)
    if scope == " before " and kind in ("eventually", "possibly"):
        raise FsmError(f"{claim!r}: {kind} knows 'after' alone; write: never Q before P")
    about = _names(machine, claim, what)
    if kind == "always" and about.events:
        raise FsmError(f"{claim!r}: always is about states and statuses, not about events")
    parsed = _Claim(
        claim, about, _names(machine, claim, marker) if scope else None, scope == " before "
    )
    return PATTERNS[kind](_Monitored(machine, parsed))


class _Monitored:
    """The product of a machine and the monitor of a claim's scope, breadth first."""

    def __init__(self, machine: Machine, claim: _Claim) -> None:
        self.machine, self.claim = machine, claim
        on = claim.marker is None or claim.until
        self.met_at_start = on and machine.initial in claim.what.states
        self.start = _Node(machine.initial, self._switched(on, state=machine.initial))
        self.traces: dict[_Node, Trace] = {self.start: ()}
        self.edges: dict[_Node, list[_Edge]] = {}
        for node in (queue := [self.start]):
            self.edges[node] = list(self._edges(node))
            for event, target, _ in self.edges[node]:
                if target not in self.traces:
                    self.traces[target] = (*self.traces[node], event)
                    queue.append(target)

    def _edges(self, node: _Node) -> Iterator[_Edge]:
        """Read an event and the state after it, what the claim is about before its marker."""
        what = self.claim.what
        for event in self.machine.events:
            step = self.machine.step(node.state, event)
            if step:
                met = node.on and event in what.events
                on = self._switched(node.on, event=event)
                met = met or (on and step.target in what.states)
                on = self._switched(on, state=step.target)
                yield _Edge(event, _Node(step.target, on), met)

    def _switched(self, on: bool, *, event: str = "", state: str = "") -> bool:
        marker = self.claim.marker
        if marker is None or not (event in marker.events or state in marker.states):
            return on
        return not self.claim.until

    def verdict(self, against: Trace | None, loop: Trace = ()) -> Verdict:
        if against is None:
            return Verdict(self.claim.text, holds=True)
        return Verdict(self.claim.text, holds=False, trace=against, loop=loop)

    def first(self, wrong: Callable[[_Node, _Edge], bool]) -> Trace | None:
        """Return the shortest trace that ends with a wrong edge."""
        return next(
            (
                (*trace, edge.event)
                for node, trace in self.traces.items()
                for edge in self.edges[node]
                if wrong(node, edge)
            ),
            None,
        )


def _never(monitored: _Monitored) -> Verdict:
    if monitored.met_at_start:
        return monitored.verdict(())
    return monitored.verdict(monitored.first(lambda _, edge: edge.met))


def _always(monitored: _Monitored) -> Verdict:
    """Each state in force is what is claimed, the one in which the scope opens among them."""
    what, until = monitored.claim.what.states, monitored.claim.until

    def wrong(node: _Node, edge: _Edge) -> bool:
        in_force = node.on and edge.target.on if until else edge.target.on
        return in_force and edge.target.state not in what

    start = monitored.start
    if start.on and start.state not in what:
        return monitored.verdict(())
    return monitored.verdict(monitored.first(wrong))


def _possibly(monitored: _Monitored) -> Verdict:
    """From every node in force, some way leads through what is claimed."""
    sources: dict[_Node, list[_Node]] = {}
    hopeful: dict[_Node, None] = {}
    for node, edges in monitored.edges.items():
        if node.state in monitored.claim.what.states:
            hopeful[node] = None
        for edge in edges:
            sources.setdefault(edge.target, []).append(node)
            if edge.event in monitored.claim.what.events:
                hopeful[node] = None
    queue = list(hopeful)
    for node in queue:
        for source in sources.get(node, ()):
            if source not in hopeful:
                hopeful[source] = None
                queue.append(source)
    found = monitored.traces.items()
    return monitored.verdict(
        next((trace for node, trace in found if node.on and node not in hopeful), None)
    )


def _eventually(monitored: _Monitored) -> Verdict:
    """No trace in force ends, or goes round for ever, without what is claimed."""
    waiting = _Waiting(monitored)
    stuck = waiting.dead_end()
    loop = waiting.loop(len(stuck) if stuck is not None else None)
    if loop and (stuck is None or len(loop[0]) + len(loop[1]) < len(stuck)):
        return monitored.verdict(*loop)
    return monitored.verdict(stuck)


class _Waiting:
    """The part of the product in which what is claimed is still to come."""

    def __init__(self, monitored: _Monitored) -> None:
        self.monitored = monitored
        claim = monitored.claim
        self.scoped = claim.marker is not None
        first = _Node(
            monitored.start.state,
            monitored.start.on if self.scoped else monitored.start.state not in claim.what.states,
        )
        self.traces: dict[_Node, Trace] = {first: ()}
        self.edges: dict[_Node, list[tuple[str, _Node]]] = {}
        for node in (queue := [first]):
            self.edges[node] = list(self._edges(node))
            for event, target in self.edges[node]:
                if target not in self.traces:
                    self.traces[target] = (*self.traces[node], event)
                    queue.append(target)

    def _edges(self, node: _Node) -> Iterator[tuple[str, _Node]]:
        """Go on from a node; ``on`` is whether something is still awaited."""
        claim, machine = self.monitored.claim, self.monitored.machine
        for event in machine.events:
            step = machine.step(node.state, event)
            if step:
                on = node.on and event not in claim.what.events
                on = on or bool(claim.marker and event in claim.marker.events)
                on = on and step.target not in claim.what.states
                on = on or bool(claim.marker and step.target in claim.marker.states)
                yield event, _Node(step.target, on)

    def dead_end(self) -> Trace | None:
        found = self.traces.items()
        return next((trace for node, trace in found if node.on and not self.edges[node]), None)

    def loop(self, below: int | None) -> tuple[Trace, Trace] | None:
        """Return the shortest way into a loop that always waits, and the loop."""
        best: tuple[Trace, Trace] | None = None
        for node, trace in self.traces.items():
            if best is not None or (below is not None and len(trace) >= below):
                break
            if node.on and (round_trip := self._round_trip(node)):
                best = trace, round_trip
        return best

    def _round_trip(self, start: _Node) -> Trace | None:
        """Return a shortest way from a node back to it through waiting nodes."""
        came: dict[_Node, Trace] = {start: ()}
        for node in (queue := [start]):
            for event, target in self.edges[node]:
                if target == start:
                    return (*came[node], event)
                if target.on and target not in came:
                    came[target] = (*came[node], event)
                    queue.append(target)
        return None


Judge: TypeAlias = Callable[[_Monitored], Verdict]

PATTERNS: dict[str, Judge] = {
    "never": _never,
    "always": _always,
    "eventually": _eventually,
    "possibly": _possibly,
}
"""The words that a claim of this kind begins with."""


def _names(machine: Machine, claim: str, text: str) -> _Names:
    """Return what names joined by ``or`` stand for."""
    events: set[str] = set()
    states: set[str] = set()
    for name in text.split(" or "):
        kind, found = _resolved(machine, claim, name.strip())
        (events if kind == "event" else states).update(found)
    return _Names(frozenset(events), frozenset(states))


def _resolved(machine: Machine, claim: str, name: str) -> tuple[str, set[str]]:
    by_kind: dict[str, dict[str, set[str]]] = {
        "event": {event: {event} for event in machine.events},
        "state": {state.name: {state.name} for state in machine.states},
        "status": {
            status: {s.name for s in machine.states if s.status == status}
            for status in machine.statuses
        },
    }
    kind, colon, rest = name.partition(":")
    kinds, looked_up = ([kind], rest) if colon and kind in by_kind else (list(by_kind), name)
    found = [(kind, by_kind[kind][looked_up]) for kind in kinds if looked_up in by_kind[kind]]
    if len(found) > 1:
        several = " or ".join(f"{kind}:{looked_up}" for kind, _ in found)
        raise FsmError(f"{claim!r}: {looked_up!r} may be several things; write {several}")
    if not found:
        known = [name for names in by_kind.values() for name in names]
        close = get_close_matches(looked_up, known, 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise FsmError(f"{machine.name}: no event, state or status is named {looked_up!r}{hint}")
    return found[0]

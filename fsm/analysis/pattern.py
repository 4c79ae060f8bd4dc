"""Patterns of behaviour, checked on the product of the machine and a monitor of two states.

A trace is read as a sequence: the initial state, an event, a state, an event, ... A name stands
for an event, a state or a status (``event:NAME``, ``state:NAME``, ``status:NAME`` where several
have the same name); ``or`` joins several names. Rejected events change nothing and are not part
of a trace.

    never P            P does not occur in any trace
    never P after Q    P does not occur once Q has; before Q: not until Q occurs
    always P           every state is P; after Q: every state from Q on; before Q: every one until Q
    eventually P       P occurs in every trace that cannot be continued or goes on for ever;
                       after Q: after each Q
    possibly P         from every point of every trace, P can still occur; after Q: from every
                       point after Q

Source: M. Dwyer, G. Avrunin, J. Corbett, Patterns in Property Specifications for Finite-State
Verification, ICSE 1999 (absence, universality, existence, precedence, response). ``eventually``
assumes no fairness: a message that is deferred again and again never arrives anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from fsm.analysis.verdict import CLAIM_FORMS, Verdict
from fsm.errors import FsmError
from fsm.graph import PathSearch, reaching
from fsm.machine import Machine
from fsm.suggest import remedy
from fsm.trace import Trace

__all__ = ["PATTERNS", "check_pattern"]

_JOINTS = {"after", "before", "or"}
_LISTED = 4  # events that differ in their guards


class _Names(NamedTuple):
    """What a part of a claim stands for."""

    events: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()


class _Claim(NamedTuple):
    """A claim: within the scope that ``marker`` opens (or ends, with ``until``), about ``what``."""

    text: str
    what: _Names
    marker: _Names | None
    until: bool


class _Monitor(NamedTuple):
    """A flag that some names switch on and others switch off; where both do, it is on."""

    at_first: bool
    on: _Names
    off: _Names

    def after_event(self, flag: bool, event: str) -> bool:
        return event in self.on.events or (flag and event not in self.off.events)

    def after_state(self, flag: bool, state: str) -> bool:
        return state in self.on.states or (flag and state not in self.off.states)


class _Node(NamedTuple):
    """A state of the machine, and the flag of the monitor when the state has been entered."""

    state: str
    on: bool


class _Edge(NamedTuple):
    """An event, where it leads, and whether the claim's subject occurred while the flag was on."""

    event: str
    target: _Node
    occurred: bool


def check_pattern(machine: Machine, claim: str) -> Verdict:
    """Check a claim that begins with one of :data:`PATTERNS`; raises :class:`FsmError`."""
    kind, _, rest = claim.partition(" ")
    subject, scope, marker = rest, "", ""
    for word in (" after ", " before "):
        if word in rest:
            subject, scope, marker = rest.partition(word)
    if scope == " before " and kind in ("eventually", "possibly"):
        raise FsmError(f"{claim!r}: {kind} takes 'after' only; write: never Q before P")
    what = _names(machine, claim, subject)
    if kind == "always" and what.events:
        raise FsmError(f"{claim!r}: always is about states and statuses, not about events")
    names = _names(machine, claim, marker) if scope else None
    return PATTERNS[kind](machine, _Claim(claim, what, names, scope == " before "))


class _Product:
    """The product of a machine and a monitor, explored breadth first."""

    def __init__(self, machine: Machine, claim: _Claim, monitor: _Monitor) -> None:
        self.machine, self.claim, self.monitor = machine, claim, monitor
        self.start = _Node(machine.initial, monitor.after_state(monitor.at_first, machine.initial))
        self.edges: dict[_Node, list[_Edge]] = {}
        search = PathSearch[_Node, str](self.start)
        for node in search:
            self.edges[node] = list(self._edges(node))
            search.expand(node, ((event, target) for event, target, _ in self.edges[node]))
        self.traces = search.paths()

    def _edges(self, node: _Node) -> Iterator[_Edge]:
        """Yield the edges of a node: an event is read first, then the state after it.

        Each is compared with the claim's subject before the flag: the event with the flag that
        holds before it, the state with the flag that holds between the two.
        """
        what, monitor = self.claim.what, self.monitor
        for event in self.machine.events:
            if step := self.machine.step(node.state, event):
                between = monitor.after_event(node.on, event)
                occurred = (node.on and event in what.events) or (
                    between and step.target in what.states
                )
                on = monitor.after_state(between, step.target)
                yield _Edge(event, _Node(step.target, on), occurred)

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


def _scoped(machine: Machine, claim: _Claim) -> _Product:
    """Return the product with the monitor of the claim's scope: on where the claim is in force."""
    marker = claim.marker or _Names()
    opened = _Monitor(at_first=claim.marker is None, on=marker, off=_Names())
    ended = _Monitor(at_first=True, on=_Names(), off=marker)
    return _Product(machine, claim, ended if claim.until else opened)


def _never(machine: Machine, claim: _Claim) -> Verdict:
    product = _scoped(machine, claim)
    if product.monitor.at_first and machine.initial in claim.what.states:
        return product.verdict(())
    return product.verdict(product.first(lambda _, edge: edge.occurred))


def _always(machine: Machine, claim: _Claim) -> Verdict:
    """Each state in force is what is claimed, the one in which the scope opens among them."""
    product, what = _scoped(machine, claim), claim.what.states

    def wrong(node: _Node, edge: _Edge) -> bool:
        in_force = node.on and edge.target.on if claim.until else edge.target.on
        return in_force and edge.target.state not in what

    if product.start.on and product.start.state not in what:
        return product.verdict(())
    return product.verdict(product.first(wrong))


def _possibly(machine: Machine, claim: _Claim) -> Verdict:
    """From every node in force, some path leads through what is claimed."""
    product, what = _scoped(machine, claim), claim.what
    arcs = [(node, edge) for node, edges in product.edges.items() for edge in edges]
    goals = [node for node in product.edges if node.state in what.states]
    goals += [node for node, edge in arcs if edge.event in what.events]
    hopeful = reaching(goals, ((node, edge.target) for node, edge in arcs))
    hopeless = (trace for node, trace in product.traces.items() if node.on and node not in hopeful)
    return product.verdict(next(hopeless, None))


def _eventually(machine: Machine, claim: _Claim) -> Verdict:
    """No trace in force ends, or goes round for ever, without what is claimed."""
    # The flag is on while what is claimed is still to come.
    marker = claim.marker or _Names()
    pending = _Product(machine, claim, _Monitor(claim.marker is None, on=marker, off=claim.what))
    stuck = next(
        (trace for node, trace in pending.traces.items() if node.on and not pending.edges[node]),
        None,
    )
    loop = _pending_loop(pending, len(stuck) if stuck is not None else None)
    if loop and (stuck is None or len(loop[0]) + len(loop[1]) < len(stuck)):
        return pending.verdict(*loop)
    return pending.verdict(stuck)


def _pending_loop(pending: _Product, below: int | None) -> tuple[Trace, Trace] | None:
    """Return the shortest way into a loop on which the flag stays on, and the loop."""
    for node, trace in pending.traces.items():
        if below is not None and len(trace) >= below:
            return None
        if node.on and (loop := _round_trip(pending, node)):
            return trace, loop
    return None


def _round_trip(pending: _Product, start: _Node) -> Trace | None:
    """Return a shortest way from a node back to it on which the flag stays on."""
    search = PathSearch[_Node, str](start)
    for node in search:
        for event, target, _ in pending.edges[node]:
            if target == start:
                return (*search.path(node), event)
            if target.on:
                search.reach(target, node, event)
    return None


_Check: TypeAlias = Callable[[Machine, _Claim], Verdict]

PATTERNS: dict[str, _Check] = {
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
        kind, members = _resolved(machine, claim, name.strip())
        (events if kind == "event" else states).update(members)
    return _Names(frozenset(events), frozenset(states))


def _resolved(machine: Machine, claim: str, name: str) -> tuple[str, set[str]]:
    """Return whether a name is an event, a state or a status, and its events or states."""
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
    matches = [(kind, by_kind[kind][looked_up]) for kind in kinds if looked_up in by_kind[kind]]
    if len(matches) > 1:
        several = " or ".join(f"{kind}:{looked_up}" for kind, _ in matches)
        raise FsmError(f"{claim!r}: {looked_up!r} is ambiguous; write {several}")
    if not matches:
        if not looked_up or {name.split()[0], name.split()[-1]} & _JOINTS:
            raise FsmError(f"{claim!r}: a name is missing; {CLAIM_FORMS}")
        _refuse_without_guards(machine, claim, looked_up)
        known = [name for names in by_kind.values() for name in names]
        raise FsmError(
            f"{machine.name}: no event, state or status is named {looked_up!r}; "
            f"{remedy(looked_up, known, 'fsm show MACHINE')}"
        )
    return matches[0]


def _refuse_without_guards(machine: Machine, claim: str, trigger: str) -> None:
    """Refuse an event that stands for several ones, one for each truth of its guards."""
    guarded = [event for event in machine.events if event.startswith(f"{trigger}[")]
    if guarded:
        more = " or ..." if guarded[_LISTED:] else ""
        raise FsmError(
            f"{claim!r}: the event {trigger!r} depends on guards; "
            f"write {' or '.join(guarded[:_LISTED])}{more}"
        )

"""Patterns of behaviour, checked on the product of the machine and a monitor.

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
    at most 25 P       P occurs 25 times at most, a state or status whenever it is entered
    at least 1 P       P occurs so often in every trace that cannot be continued or goes on for ever

Source: M. Dwyer, G. Avrunin, J. Corbett, Patterns in Property Specifications for Finite-State
Verification, ICSE 1999 (absence, universality, existence, precedence, response). ``eventually``
assumes no fairness: a message that is deferred again and again never arrives anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from fsm.analysis.claim_names import Names
from fsm.analysis.claim_text import CountClaim, PatternClaim
from fsm.analysis.verdict import Verdict
from fsm.errors import FsmError
from fsm.graph import PathSearch, reaching, shortest_lasso
from fsm.machine import Machine
from fsm.trace import Trace

__all__ = ["check_number", "check_pattern"]

_MOST_COUNTED = 1_000_000
"""States times occurrences that a claim about a number may need."""


class _Scope(NamedTuple):
    """A claim: within the scope that ``marker`` opens (or ends, with ``until``), about ``what``."""

    text: str
    what: Names
    marker: Names | None
    until: bool

    @classmethod
    def of(cls, claim: PatternClaim) -> _Scope:
        marker = claim.marker[0] if claim.marker else None
        return cls(claim.text, claim.what[0], marker, claim.until)


class _Flag(NamedTuple):
    """A monitor: a flag that some names switch on, others off; where both do, it is on."""

    at_first: bool
    on: Names
    off: Names

    def after_event(self, flag: int, event: str) -> int:
        return event in self.on.events or (flag and event not in self.off.events)

    def after_state(self, flag: int, state: str, _: str) -> int:
        return state in self.on.states or (flag and state not in self.off.states)


class _Countdown(NamedTuple):
    """A monitor: how often names have still to occur. A state occurs when it is entered."""

    at_first: int
    what: Names

    def after_event(self, flag: int, event: str) -> int:
        return max(0, flag - (event in self.what.events))

    def after_state(self, flag: int, state: str, before: str) -> int:
        entered = state in self.what.states and before not in self.what.states
        return max(0, flag - entered)


class _Node(NamedTuple):
    """A state of the machine, and what the monitor holds when the state has been entered."""

    state: str
    on: int


class _Edge(NamedTuple):
    """An event, where it leads, and whether the claim's subject occurred while the flag was on."""

    event: str
    target: _Node
    occurred: bool


def check_pattern(machine: Machine, claim: PatternClaim) -> Verdict:
    """Check a pattern of behaviour."""
    return _PATTERNS[claim.kind](machine, _Scope.of(claim))


def check_number(machine: Machine, claim: CountClaim) -> Verdict:
    """Check how often something occurs in every trace; raises :class:`FsmError` beyond a bound.

    "At least" is about traces that cannot be continued or go on for ever, as ``eventually`` is.
    """
    if claim.number * len(machine.states) > _MOST_COUNTED:
        most = max(1, _MOST_COUNTED // len(machine.states))
        raise FsmError(f"{claim.text!r}: of {machine.name}, numbers up to {most:,} can be checked")
    scope = _Scope(claim.text, claim.what[0], None, False)
    if not claim.most:
        return _pending(machine, scope, _Countdown(claim.number, scope.what))
    product = _Product(machine, scope, _Countdown(claim.number + 1, scope.what))
    if not product.start.on:
        return product.verdict(())
    return product.verdict(product.first(lambda _, edge: not edge.target.on))


class _Product:
    """The product of a machine and a monitor, explored breadth first."""

    def __init__(self, machine: Machine, claim: _Scope, monitor: _Flag | _Countdown) -> None:
        self.machine, self.claim, self.monitor = machine, claim, monitor
        on = monitor.after_state(monitor.at_first, machine.initial, "")
        self.start = _Node(machine.initial, on)
        self.edges: dict[_Node, list[_Edge]] = {}
        self.search = PathSearch[_Node, str](self.start)
        for node in self.search:
            self.edges[node] = list(self._edges(node))
            self.search.expand(node, ((event, target) for event, target, _ in self.edges[node]))

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
                on = monitor.after_state(between, step.target, node.state)
                yield _Edge(event, _Node(step.target, on), bool(occurred))

    def verdict(self, against: Trace | None, loop: Trace = ()) -> Verdict:
        if against is None:
            return Verdict(self.claim.text, holds=True)
        return Verdict(self.claim.text, holds=False, trace=against, loop=loop)

    def first(self, wrong: Callable[[_Node, _Edge], bool]) -> Trace | None:
        """Return the shortest trace that ends with a wrong edge."""
        for node in self.search:
            for edge in self.edges[node]:
                if wrong(node, edge):
                    return (*self.search.path(node), edge.event)
        return None

    def first_node(self, wrong: Callable[[_Node], bool]) -> Trace | None:
        """Return the shortest trace to a node that is wrong."""
        node = next(filter(wrong, self.search), None)
        return None if node is None else self.search.path(node)


def _scoped(machine: Machine, claim: _Scope) -> _Product:
    """Return the product with the monitor of the claim's scope: on where the claim is in force."""
    marker = claim.marker or Names()
    opened = _Flag(at_first=claim.marker is None, on=marker, off=Names())
    ended = _Flag(at_first=True, on=Names(), off=marker)
    return _Product(machine, claim, ended if claim.until else opened)


def _never(machine: Machine, claim: _Scope) -> Verdict:
    product = _scoped(machine, claim)
    if product.monitor.at_first and machine.initial in claim.what.states:
        return product.verdict(())
    return product.verdict(product.first(lambda _, edge: edge.occurred))


def _always(machine: Machine, claim: _Scope) -> Verdict:
    """Each state in force is what is claimed, the one in which the scope opens among them."""
    product, what = _scoped(machine, claim), claim.what.states

    def wrong(node: _Node, edge: _Edge) -> bool:
        in_force = node.on and edge.target.on if claim.until else edge.target.on
        return bool(in_force) and edge.target.state not in what

    if product.start.on and product.start.state not in what:
        return product.verdict(())
    return product.verdict(product.first(wrong))


def _possibly(machine: Machine, claim: _Scope) -> Verdict:
    """From every node in force, some path leads through what is claimed."""
    product, what = _scoped(machine, claim), claim.what
    arcs = [(node, edge) for node, edges in product.edges.items() for edge in edges]
    goals = [node for node in product.edges if node.state in what.states]
    goals += [node for node, edge in arcs if edge.event in what.events]
    hopeful = reaching(goals, ((node, edge.target) for node, edge in arcs))
    return product.verdict(product.first_node(lambda node: bool(node.on) and node not in hopeful))


def _eventually(machine: Machine, claim: _Scope) -> Verdict:
    """No trace in force ends, or goes round for ever, without what is claimed."""
    marker = claim.marker or Names()
    return _pending(machine, claim, _Flag(claim.marker is None, on=marker, off=claim.what))


def _pending(machine: Machine, claim: _Scope, monitor: _Flag | _Countdown) -> Verdict:
    """No trace ends, or goes round for ever, while the monitor is on: something is to come.

    What refutes it is as short as can be: a trace that ends, or, where that is shorter, one into a
    loop together with the loop.
    """
    pending = _Product(machine, claim, monitor)
    stuck = pending.first_node(lambda node: bool(node.on) and not pending.edges[node])
    on = {
        node: [(event, target) for event, target, _ in edges if target.on]
        for node, edges in pending.edges.items()
        if node.on
    }
    lasso = shortest_lasso(pending.search, on, None if stuck is None else len(stuck))
    return pending.verdict(*lasso) if lasso else pending.verdict(stuck)


_PATTERNS: dict[str, Callable[[Machine, _Scope], Verdict]] = {
    "never": _never,
    "always": _always,
    "eventually": _eventually,
    "possibly": _possibly,
}

"""Two machines, or one and its smaller self: refinement, equivalence, product, quotient.

>>> import fsm
>>> a, b = fsm.load("with-feedback"), fsm.load("without-feedback")
>>> refines(a, b), refines(quotient(a), a)
(('relayed',), None)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from fsm.alphabet import JointInput, joint_inputs
from fsm.analysis.facts import Trace, classes_of
from fsm.errors import MachineError
from fsm.machine import Machine, State, Transition

__all__ = ["equivalent", "product", "quotient", "refines"]

Pair = tuple[str, str]


def refines(a: Machine, b: Machine) -> Trace | None:
    """Return the shortest trace of ``a`` that ``b`` has not, ``None`` where ``a`` refines ``b``.

    Every trace that ``a`` accepts must be accepted by ``b``, with the same status after each
    event, and end in a final state where it does so in ``a``, and only there. Events that ``b``
    does not know are rejected by it. An event without guards corresponds to one with guards under
    every valuation of them; the trace names those that either machine asks for.
    """
    return _counter_trace(a, b, both=False)


def equivalent(a: Machine, b: Machine) -> Trace | None:
    """Return the shortest trace that tells two machines apart, ``None`` where none does.

    Its last event is accepted by one of them only, shows different statuses, or leads to a final
    state in one of them only. Guards are compared as in :func:`refines`. It is empty
    where they differ at the start.
    """
    return _counter_trace(a, b, both=True)


def _counter_trace(a: Machine, b: Machine, *, both: bool) -> Trace | None:
    start = a.initial, b.initial
    if _shown(a, start[0]) != _shown(b, start[1]):
        return ()
    inputs = joint_inputs(a, b)
    found: dict[Pair, Trace] = {start: ()}
    for pair in (queue := [start]):
        for joint in inputs:
            x, y = joint.steps(a, b, pair)
            trace = (*found[pair], joint.name)
            if (x and not y) or (both and y and not x):
                return trace
            if not (x and y):
                continue
            if _shown(a, x.target) != _shown(b, y.target):
                return trace
            if (x.target, y.target) not in found:
                found[x.target, y.target] = trace
                queue.append((x.target, y.target))
    return None


def _shown(machine: Machine, state: str) -> tuple[str | None, bool]:
    return machine.status(state), machine.state(state).final


def product(a: Machine, b: Machine, name: str = "") -> Machine:
    """Return the machine that accepts the traces which both accept.

    Its states are pairs, ``p | q``; the status is that of both, once where they are the same.
    Its events are those of both, with the guards that either machine asks for.
    """
    shared = [joint for joint in joint_inputs(a, b) if joint.is_shared]
    pairs: dict[Pair, State] = {}
    transitions = []
    for pair in (queue := [(a.initial, b.initial)]):
        if pair in pairs:
            continue
        pairs[pair] = _joined(a.state(pair[0]), b.state(pair[1]))
        for joint in shared:
            x, y = joint.steps(a, b, pair)
            if x and y:
                target = x.target, y.target
                queue.append(target)
                guard = _both(x.guard, y.guard)
                names = " | ".join(pair), " | ".join(target)
                transitions.append(Transition(names[0], joint.name, names[1], x.trigger, guard))
    title = name or f"{a.name} x {b.name}"
    initial = " | ".join((a.initial, b.initial))
    states = tuple(pairs.values())
    if len({state.name for state in states}) < len(states):
        raise MachineError(f"{title}: two pairs of states have one name; rename those with ' | '")
    return Machine(
        title,
        title,
        states,
        tuple(joint.name for joint in shared),
        tuple(transitions),
        initial,
        guards=_shared_guards(shared),
    )


def _both(*guards: str) -> str:
    """Return the condition that all of these hold; what has several parts is put in brackets.

    >>> _both("paid or free", "open", ""), _both("paid or free", "paid or free")
    ('(paid or free) and open', 'paid or free')
    """
    found = list(dict.fromkeys(filter(None, guards)))
    if len(found) < 2:
        return "".join(found)
    return " and ".join(g if g.isidentifier() else f"({g})" for g in found)


def _shared_guards(shared: Sequence[JointInput]) -> dict[str, tuple[str, ...]]:
    """Return the guards of each event that has a symbol for every valuation of them."""
    symbols = Counter(joint.trigger for joint in shared)
    guards = {joint.trigger: joint.guards for joint in shared}
    return {event: names for event, names in guards.items() if symbols[event] == 2 ** len(names)}


def _joined(p: State, q: State) -> State:
    shown = dict.fromkeys(status for status in (p.status, q.status) if status is not None)
    return State(
        name=f"{p.name} | {q.name}",
        status=" | ".join(shown) or None,
        title=f"{p.title} | {q.title}",
        atoms=(*p.atoms, *q.atoms),
        final=p.final and q.final,
    )


def quotient(machine: Machine) -> Machine:
    """Return the smallest equivalent machine; each class of states has the name of its first one.

    States of one class show one status, accept the same events, and all are final or none is.
    Unreachable states are left out, with what only they have: a status that an indicator counts,
    the end of the validity period. Raises :class:`MachineError` where the state of the deadline is
    equivalent to one in which nothing ends.
    """
    blocks = classes_of(machine)
    first = {name: block[0] for block in blocks for name in block}
    deadline = machine.deadline
    if deadline and list(first.values()).count(first.get(deadline.state, "")) > 1:
        raise MachineError(f"{machine.name}: the deadline tells {deadline.state!r} apart")
    kept = set(first.values())
    states = tuple(state for state in machine.states if state.name in kept)
    statuses = {state.status for state in states}
    return replace(
        machine,
        states=states,
        indicators=tuple(replace(i, statuses=i.statuses & statuses) for i in machine.indicators),
        deadline=deadline if deadline and deadline.state in kept else None,
        transitions=tuple(
            replace(t, target=first[t.target]) for t in machine.transitions if t.source in kept
        ),
    )

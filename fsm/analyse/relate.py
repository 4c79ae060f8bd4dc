"""Two machines, or one and its smaller self: refinement, equivalence, product, quotient.

>>> import fsm
>>> a, b = fsm.load("with-feedback"), fsm.load("without-feedback")
>>> refines(a, b), refines(quotient(a), a)
(('relayed',), None)
"""

from __future__ import annotations

from dataclasses import replace

from fsm.analyse.facts import Trace
from fsm.errors import MachineError
from fsm.formats.mealy import Mealy
from fsm.machine import Machine, State, Transition
from fsm.suite.analysis import classes

__all__ = ["equivalent", "product", "quotient", "refines"]

Pair = tuple[str, str]


def refines(a: Machine, b: Machine) -> Trace | None:
    """Return the shortest trace of ``a`` that ``b`` has not, ``None`` where ``a`` refines ``b``.

    Every trace that ``a`` accepts must be accepted by ``b``, with the same status after each
    event. Events that ``b`` does not know are rejected by it.
    """
    return _counter_trace(a, b, both=False)


def equivalent(a: Machine, b: Machine) -> Trace | None:
    """Return the shortest trace that tells two machines apart, ``None`` where none does.

    Its last event is accepted by one of them only, or shows different statuses. It is empty
    where they differ at the start.
    """
    return _counter_trace(a, b, both=True)


def _counter_trace(a: Machine, b: Machine, *, both: bool) -> Trace | None:
    start = a.initial, b.initial
    if a.status(a.initial) != b.status(b.initial):
        return ()
    events = dict.fromkeys((*a.events, *b.events))
    found: dict[Pair, Trace] = {start: ()}
    for pair in (queue := [start]):
        for event in events:
            x, y = a.step(pair[0], event), b.step(pair[1], event)
            trace = (*found[pair], event)
            if (x and not y) or (both and y and not x):
                return trace
            if not (x and y):
                continue
            if a.status(x.target) != b.status(y.target):
                return trace
            if (x.target, y.target) not in found:
                found[x.target, y.target] = trace
                queue.append((x.target, y.target))
    return None


def product(a: Machine, b: Machine, name: str = "") -> Machine:
    """Return the machine that accepts the traces which both accept.

    Its states are pairs, ``p | q``; the status is that of both, once where they are the same.
    """
    events = tuple(event for event in a.events if event in b.alphabet)
    pairs: dict[Pair, State] = {}
    transitions = []
    for pair in (queue := [(a.initial, b.initial)]):
        if pair in pairs:
            continue
        pairs[pair] = _joined(a.state(pair[0]), b.state(pair[1]))
        for event in events:
            x, y = a.step(pair[0], event), b.step(pair[1], event)
            if x and y:
                target = x.target, y.target
                queue.append(target)
                names = " | ".join(pair), " | ".join(target)
                transitions.append(Transition(names[0], event, names[1], x.trigger, x.guard))
    title = name or f"{a.name} x {b.name}"
    initial = " | ".join((a.initial, b.initial))
    states = tuple(pairs.values())
    if len({state.name for state in states}) < len(states):
        raise MachineError(f"{title}: two pairs of states have one name; rename those with ' | '")
    return Machine(title, title, states, events, tuple(transitions), initial, guards=dict(a.guards))


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

    Unreachable states are left out. Raises :class:`MachineError` where the state of the deadline
    is equivalent to one in which nothing ends.
    """
    blocks = classes(Mealy.of(machine))
    first = {name: block[0] for block in blocks for name in block}
    deadline = machine.deadline
    if deadline and list(first.values()).count(first.get(deadline.state, "")) > 1:
        raise MachineError(f"{machine.name}: the deadline tells {deadline.state!r} apart")
    kept = set(first.values())
    return replace(
        machine,
        states=tuple(state for state in machine.states if state.name in kept),
        transitions=tuple(
            replace(t, target=first[t.target]) for t in machine.transitions if t.source in kept
        ),
    )

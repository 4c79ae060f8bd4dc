"""Relations between machines: refinement, equivalence, product, quotient.

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
from fsm.analysis.machine_facts import classes_of
from fsm.catalog import as_machine
from fsm.comparison import StatePair
from fsm.errors import MachineError
from fsm.graph import PathSearch
from fsm.machine import Machine, State, Transition
from fsm.trace import Trace

__all__ = ["equivalent", "product", "quotient", "refines"]


def refines(a: Machine | str, b: Machine | str) -> Trace | None:
    """Return the shortest trace of ``a`` that ``b`` lacks, ``None`` where ``a`` refines ``b``.

    Every trace that ``a`` accepts must be accepted by ``b``, with the same status after each
    event, and end in a final state where it does so in ``a``, and only there. Events that ``b``
    does not know are rejected by it. An event without guards corresponds to one with guards under
    every valuation of them; the trace names those that either machine asks for.
    """
    return _counter_trace(as_machine(a), as_machine(b), both=False)


def equivalent(a: Machine | str, b: Machine | str) -> Trace | None:
    """Return the shortest trace that tells two machines apart, ``None`` where none does.

    Its last event is accepted by one of them only, shows different statuses, or leads to a final
    state in one of them only. Guards are compared as in :func:`refines`. It is empty
    where they differ at the start. Deadlines and timers are not compared: see
    :func:`fsm.comparison.compare`.
    """
    return _counter_trace(as_machine(a), as_machine(b), both=True)


def _counter_trace(a: Machine, b: Machine, *, both: bool) -> Trace | None:
    if _shown(a, a.initial) != _shown(b, b.initial):
        return ()
    inputs = joint_inputs(a, b)
    pairs = PathSearch[StatePair, str]((a.initial, b.initial))
    for pair in pairs:
        for joint in inputs:
            x, y = joint.steps(a, b, pair)
            if x and y:
                differs = _shown(a, x.target) != _shown(b, y.target)
                pairs.reach((x.target, y.target), pair, joint.name)
            else:
                differs = bool(x or (y and both))
            if differs:
                return (*pairs.path(pair), joint.name)
    return None


def _shown(machine: Machine, state: str) -> tuple[str | None, bool]:
    return machine.status(state), machine.state(state).final


def product(a: Machine | str, b: Machine | str, name: str = "") -> Machine:
    """Return the machine that accepts the traces which both machines accept.

    Its states are pairs, ``p | q``; the status is that of both, written once where they are equal.
    Its events are those of both, with the guards that either machine asks for.
    """
    a, b = as_machine(a), as_machine(b)
    shared = [joint for joint in joint_inputs(a, b) if joint.is_shared]
    pairs = PathSearch[StatePair, str]((a.initial, b.initial))
    transitions = []
    for pair in pairs:
        source = " | ".join(pair)
        for joint in shared:
            x, y = joint.steps(a, b, pair)
            if x and y:
                pairs.reach((x.target, y.target), pair, joint.name)
                target, guard = f"{x.target} | {y.target}", _conjunction(x.guard, y.guard)
                transitions.append(Transition(source, joint.name, target, x.trigger, guard))
    title = name or f"{a.name} x {b.name}"
    states = tuple(_product_state(a.state(p), b.state(q)) for p, q in pairs)
    if len({state.name for state in states}) < len(states):
        raise MachineError(f"{title}: two pairs of states have one name; rename those with ' | '")
    return Machine(
        title,
        title,
        states,
        tuple(joint.name for joint in shared),
        tuple(transitions),
        states[0].name,
        guards=_shared_guards(shared),
    )


def _conjunction(*guards: str) -> str:
    """Return the condition that all guards hold, compound ones in brackets.

    >>> _conjunction("paid or free", "open", ""), _conjunction("paid or free", "paid or free")
    ('(paid or free) and open', 'paid or free')
    """
    distinct = list(dict.fromkeys(filter(None, guards)))
    if len(distinct) < 2:
        return "".join(distinct)
    return " and ".join(g if g.isidentifier() else f"({g})" for g in distinct)


def _shared_guards(shared: Sequence[JointInput]) -> dict[str, tuple[str, ...]]:
    """Return the guards of each event that has a symbol for every valuation of them."""
    symbols = Counter(joint.trigger for joint in shared)
    guards = {joint.trigger: joint.guards for joint in shared}
    return {event: names for event, names in guards.items() if symbols[event] == 2 ** len(names)}


def _product_state(p: State, q: State) -> State:
    shown = dict.fromkeys(status for status in (p.status, q.status) if status is not None)
    return State(
        name=f"{p.name} | {q.name}",
        status=" | ".join(shown) or None,
        title=f"{p.title} | {q.title}",
        atoms=(*p.atoms, *q.atoms),
        final=p.final and q.final,
    )


def quotient(machine: Machine | str) -> Machine:
    """Return the smallest equivalent machine; each class of states has the name of its first one.

    States of one class show one status, accept the same events, start the same timers, and all are
    final or none is.
    Unreachable states are left out, and with them a deadline and the statuses of indicators that
    only they have. Raises :class:`MachineError` where the state of the deadline is equivalent to
    a state without one, or where two timers of the same event and delay run in two equivalent
    states.
    """
    machine = as_machine(machine)
    blocks = classes_of(machine)
    first = {name: block[0] for block in blocks for name in block}
    deadline = machine.deadline
    if deadline and list(first.values()).count(first.get(deadline.state, "")) > 1:
        raise MachineError(f"{machine.name}: the deadline tells {deadline.state!r} apart")
    for block in blocks:
        _refuse_timers_apart(machine, block)
    kept = set(first.values())
    states = tuple(state for state in machine.states if state.name in kept)
    statuses = {state.status for state in states}
    return replace(
        machine,
        states=states,
        indicators=tuple(replace(i, statuses=i.statuses & statuses) for i in machine.indicators),
        colours={s: colour for s, colour in machine.colours.items() if s in statuses},
        deadline=deadline if deadline and deadline.state in kept else None,
        transitions=tuple(
            replace(t, target=first[t.target]) for t in machine.transitions if t.source in kept
        ),
        timers=tuple(
            replace(timer, states=tuple(s for s in timer.states if s in kept), restarts=restarts)
            for timer in machine.timers
            if (restarts := tuple(cell for cell in timer.restarts if cell[0] in kept))
            or kept.intersection(timer.states)
        ),
    )


def _refuse_timers_apart(machine: Machine, block: Sequence[str]) -> None:
    for timer in machine.timers:
        runs = [
            (name in timer.states, {event for state, event in timer.restarts if state == name})
            for name in block
        ]
        if any(run != runs[0] for run in runs):
            names = " and ".join(map(repr, block))
            raise MachineError(f"{machine.name}: the timer {str(timer)!r} tells {names} apart")

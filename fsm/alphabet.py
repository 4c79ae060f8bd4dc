"""The joint inputs of two machines, of which one may distinguish more guards than the other.

An event that depends on guards is one symbol for each valuation of them. Where the other machine
does not depend on these guards, its one symbol corresponds to all of these symbols:

>>> import fsm
>>> from dataclasses import replace
>>> from fsm.machine import Machine, State
>>> a = Machine("a", "a", (State("s", None, "s", ("s",)),), ("pay",), (), "s")
>>> b = replace(a, events=("pay[ready]", "pay[not ready]"), guards={"pay": ("ready",)})
>>> [(joint.name, joint.a, joint.b) for joint in joint_inputs(a, b)]
[('pay[ready]', 'pay', 'pay[ready]'), ('pay[not ready]', 'pay', 'pay[not ready]')]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from fsm.errors import MachineError
from fsm.machine import Machine, Transition, symbol
from fsm.machine_parts import MAX_GUARDS, refinements

__all__ = ["MOST_GUARDS", "JointInput", "guarded_inputs", "joint_inputs"]

MOST_GUARDS = 12
"""Of one event, in both machines together; each guard doubles the number of inputs."""

_Valuation: TypeAlias = frozenset[tuple[str, bool]]
_Symbols: TypeAlias = dict[str, dict[_Valuation, str]]
"""The symbols of each event, by the valuation of its guards."""


@dataclass(frozen=True, slots=True)
class JointInput:
    """An input of both machines: an event, with a valuation of the guards of either machine."""

    name: str
    trigger: str
    guards: tuple[str, ...]
    a: str | None
    """The symbol of the first machine, ``None`` where it has none for this."""
    b: str | None

    @property
    def is_shared(self) -> bool:
        """Whether both machines have the event."""
        return self.a is not None and self.b is not None

    def steps(
        self, a: Machine, b: Machine, states: tuple[str, str]
    ) -> tuple[Transition | None, Transition | None]:
        """Return the transition in each machine, ``None`` where it rejects or lacks the event."""
        return (
            None if self.a is None else a.step(states[0], self.a),
            None if self.b is None else b.step(states[1], self.b),
        )


def joint_inputs(a: Machine, b: Machine) -> tuple[JointInput, ...]:
    """Return the joint inputs of two machines, in the declared order of the first one's events.

    Guards with one name are the same guard; guards with different names are independent. A machine
    from a format without guards may have symbols that are written as guarded symbols of the other
    machine; they are read as such. Raises :class:`MachineError` for an event of more than
    :data:`MOST_GUARDS` guards.
    """
    ours, theirs = _symbols(a, b), _symbols(b, a)
    order = {event: i for i, event in enumerate(dict.fromkeys((*a.events, *b.events)))}
    joints = [
        joint
        for trigger in dict.fromkeys((*ours, *theirs))
        for joint in _joint(trigger, ours.get(trigger, {}), theirs.get(trigger, {}))
    ]
    places = {joint: [order[s] for s in (joint.a, joint.b) if s is not None] for joint in joints}
    return tuple(sorted(joints, key=places.__getitem__))


def _symbols(machine: Machine, other: Machine) -> _Symbols:
    readings = {**guarded_inputs(other), **guarded_inputs(machine)}
    symbols: _Symbols = {}
    for text in machine.events:
        event, valuation = readings.get(text, (text, frozenset()))
        symbols.setdefault(event, {})[valuation] = text
    return symbols


def guarded_inputs(machine: Machine) -> dict[str, tuple[str, _Valuation]]:
    """Return the event and the valuation behind each symbol of a machine."""
    refined = refinements(machine.guards, machine.events)
    return {text: (event, frozenset(held.items())) for text, (event, held) in refined.items()}


def _joint(
    trigger: str, ours: dict[_Valuation, str], theirs: dict[_Valuation, str]
) -> Iterator[JointInput]:
    """Yield the inputs of one event, one for each valuation that either machine distinguishes."""
    guards = tuple(sorted({name for known in (*ours, *theirs) for name, _ in known}))
    for valuation in _asked(trigger, guards, ours, theirs):
        a, b = _symbol_of(ours, valuation), _symbol_of(theirs, valuation)
        if a is not None or b is not None:
            yield JointInput(symbol(trigger, dict(valuation)), trigger, guards, a, b)


def _asked(
    trigger: str,
    guards: tuple[str, ...],
    ours: dict[_Valuation, str],
    theirs: dict[_Valuation, str],
) -> Iterable[_Valuation]:
    """Return the valuations under which two machines are compared.

    With many guards a machine has symbols for some valuations only. A machine that does not ask for
    guards has one symbol for all of them.
    """
    several = [known for known in (ours, theirs) if len(known) > 1 or any(known)]
    if all(len(known) == 2 ** len(next(iter(known))) for known in several) or (
        len(guards) <= MAX_GUARDS
    ):
        if len(guards) <= MOST_GUARDS:
            return _valuations(guards)
        raise MachineError(
            f"event {trigger!r}: the two machines ask for {len(guards)} guards of it, at most "
            f"{MOST_GUARDS} can be compared under every valuation; join some of them into one"
        )
    if len(several) == 2 and ours.keys() != theirs.keys():
        raise MachineError(
            f"event {trigger!r}: the two machines tell different cases of its {len(guards)} guards "
            "apart, and have no common symbols for them; join some of the guards into one"
        )
    return several[0]


def _symbol_of(symbols: dict[_Valuation, str], valuation: _Valuation) -> str | None:
    """Return the most specific symbol that a valuation satisfies."""
    fitting = [known for known in symbols if known <= valuation]
    return symbols[max(fitting, key=len)] if fitting else None


def _valuations(guards: tuple[str, ...]) -> Iterator[_Valuation]:
    for truths in product((True, False), repeat=len(guards)):
        yield frozenset(zip(guards, truths, strict=True))

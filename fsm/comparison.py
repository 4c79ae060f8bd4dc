"""Two machines compared: what tells them apart, and by which shortest trace.

Both machines are walked in lock step from their initial states, over the events that both
accept. Every difference met on the way is derived, none is declared. An event that depends on
guards in one machine only is compared under every valuation of them. What lies behind an event
that only one machine accepts cannot be compared; the comparison names the states that are left
out.

>>> import fsm
>>> for line in describe(compare(fsm.load("with-feedback"), fsm.load("without-feedback")))[:4]:
...     print(line)
with-feedback | without-feedback
One skeleton: 6 states, the same events lead to the same states.
status of awaiting: Pending | Sent; after: relayed
status of retrying: Failed | Sent; after: relayed, soft_bounce
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from fsm.alphabet import JointInput, joint_inputs
from fsm.catalog import as_machine
from fsm.machine import Effect, Machine, Transition
from fsm.notebook_repr import Shown

__all__ = [
    "Comparison",
    "Difference",
    "EffectDifference",
    "Kind",
    "Pair",
    "Settlement",
    "Trace",
    "compare",
    "describe",
    "remarks",
]

Pair: TypeAlias = tuple[str, str]
"""A state of the first machine and the state of the second one after the same trace."""

Trace: TypeAlias = tuple[str, ...]

_LISTED = 12


class Kind(Enum):
    """In what two machines differ."""

    STATUS = "status"
    """The same trace shows different statuses."""
    FINAL = "final"
    """The same trace leads to a final state in one machine only."""
    ACCEPTS = "accepts"
    """One machine accepts the event, the other one rejects it."""
    ALPHABET = "alphabet"
    """Only one machine knows the event."""
    DEADLINE = "deadline"
    """The end of the validity period does something in one machine only."""
    INDICATOR = "indicator"
    """Only one machine has the indicator."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, with the shortest trace that shows it.

    ``states`` are the states after the trace; for an event (``ACCEPTS``, ``ALPHABET``), which
    is the last one of the trace, those before it. ``shows`` is what each machine has there: its
    status (``None``: nothing is shown yet), ``final`` or ``not final``, ``accepted`` or
    ``rejected``, ``known`` or ``unknown``, the event of its deadline or ``None``, its indicator
    or ``None``. Events are named with the guards that either machine asks for; see
    :mod:`fsm.alphabet`.
    """

    kind: Kind
    states: Pair
    trace: Trace
    shows: tuple[str | None, str | None]
    event: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return a value for JSON."""
        return {
            "kind": self.kind.value,
            "event": self.event,
            "states": _sides(self.states),
            "shows": _sides(self.shows),
            "trace": list(self.trace),
        }


@dataclass(frozen=True, slots=True)
class EffectDifference:
    """A transition of both machines that changes indicators differently.

    ``states`` are the states before the event; the event is the last one of the trace.
    """

    event: str
    states: Pair
    trace: Trace
    effects: tuple[tuple[str, Effect, Effect], ...]
    """The indicators that differ: name, effect in the first machine, in the second."""

    def as_dict(self) -> dict[str, Any]:
        """Return a value for JSON."""
        return {
            "event": self.event,
            "states": _sides(self.states),
            "indicators": {name: {"a": x.value, "b": y.value} for name, x, y in self.effects},
            "trace": list(self.trace),
        }


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where two machines with one skeleton agree for good.

    ``settled`` is the greatest set of pairs of states in which both statuses agree, both are
    final or neither is, and which no event leaves; each with the shortest trace to it.
    """

    settled: tuple[tuple[Pair, Trace], ...]
    reached_from_all: bool
    """Whether every pair that differs can reach a settled one."""

    def as_dict(self) -> dict[str, Any]:
        """Return a value for JSON."""
        return {
            "settled": [{"states": _sides(p), "trace": list(trace)} for p, trace in self.settled],
            "reached_from_all": self.reached_from_all,
        }


@dataclass(frozen=True)
class Comparison(Shown):
    """What tells two machines apart."""

    a: str
    b: str
    differences: tuple[Difference, ...]
    """Shortest trace first; then deadlines and indicators."""
    effects: tuple[EffectDifference, ...]
    skeleton: tuple[Pair, ...] | None
    """The states of both, one to one, where the machines differ in nothing but labels."""
    settlement: Settlement | None
    """``None`` where there is no common skeleton."""
    not_compared: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """The reachable states of each machine that no trace of both leads to."""
    guards: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = ()
    """The events whose guards are not the same: the event, and what it depends on in each."""

    @property
    def same(self) -> bool:
        """Whether no trace tells the machines apart. Names, titles and sources are not compared."""
        return not self.differences and not self.effects

    def as_dict(self) -> dict[str, Any]:
        """Return a value for JSON; ``a`` and ``b`` always stand for the two machines."""
        skeleton = None if self.skeleton is None else [_sides(pair) for pair in self.skeleton]
        return {
            "a": self.a,
            "b": self.b,
            "same": self.same,
            "differences": [difference.as_dict() for difference in self.differences],
            "effects": [effect.as_dict() for effect in self.effects],
            "skeleton": skeleton,
            "settlement": self.settlement.as_dict() if self.settlement else None,
            "not_compared": {"a": list(self.not_compared[0]), "b": list(self.not_compared[1])},
            "guards": [{"event": e, "a": list(x), "b": list(y)} for e, x, y in self.guards],
        }


def compare(a: Machine | str, b: Machine | str) -> Comparison:
    """Compare two machines and return what tells them apart.

    ``a`` and ``b`` are machines or their names. Every difference comes with the shortest trace
    that shows it. Ties between traces follow the declared order of events.

    Raises :class:`fsm.errors.MachineError` where a name is that of no machine.

    >>> found = compare("with-feedback", "without-feedback")
    >>> found.same, found.differences[0].trace
    (False, ('relayed',))
    """
    a, b = as_machine(a), as_machine(b)
    walk = _Walk(a, b)
    found = [*walk.alphabet(), *walk.accepts(), *walk.statuses(), *walk.finals()]
    found.sort(key=lambda difference: len(difference.trace))
    found += [*walk.deadlines(), *walk.indicators()]
    skeleton = walk.skeleton()
    return Comparison(
        a=a.name,
        b=b.name,
        differences=tuple(found),
        effects=tuple(walk.effects()),
        skeleton=skeleton,
        settlement=None if skeleton is None else walk.settlement(),
        not_compared=walk.not_compared(),
        guards=tuple(walk.guards()),
    )


# The walk ------------------------------------------------------------------------------------


class _Walk:
    """The pairs of states that one trace reaches in both machines, breadth first."""

    def __init__(self, a: Machine, b: Machine) -> None:
        self.a, self.b = a, b
        self.inputs = joint_inputs(a, b)
        self.shared = [joint for joint in self.inputs if joint.is_shared]
        self.lone = [joint for joint in self.inputs if not joint.is_shared]
        start = (a.initial, b.initial)
        self.came_by: dict[Pair, tuple[Pair, str] | None] = {start: None}
        self.pairs = [start]
        for pair in self.pairs:
            for event, target in self.moves(pair):
                if target not in self.came_by:
                    self.came_by[target] = (pair, event)
                    self.pairs.append(target)

    def moves(self, pair: Pair) -> Iterator[tuple[str, Pair]]:
        """The events that both machines accept, and where they lead."""
        for joint in self.shared:
            x, y = joint.steps(self.a, self.b, pair)
            if x and y:
                yield joint.name, (x.target, y.target)

    def trace(self, pair: Pair) -> Trace:
        """The shortest trace to a pair."""
        events = []
        came = self.came_by[pair]
        while came:
            pair, event = came
            events.append(event)
            came = self.came_by[pair]
        return tuple(reversed(events))

    def shown(self, pair: Pair) -> tuple[str | None, str | None]:
        """The two statuses of a pair."""
        return self.a.status(pair[0]), self.b.status(pair[1])

    def final(self, pair: Pair) -> tuple[bool, bool]:
        """Whether each state of a pair is final."""
        return self.a.state(pair[0]).final, self.b.state(pair[1]).final

    def unlike(self) -> list[Pair]:
        """The pairs that differ in status, or in whether they are final."""
        sides = ((pair, self.shown(pair), self.final(pair)) for pair in self.pairs)
        return [pair for pair, shown, final in sides if len(set(shown)) + len(set(final)) > 2]

    # Differences

    def statuses(self) -> Iterator[Difference]:
        for pair in self.pairs:
            shows = self.shown(pair)
            if shows[0] != shows[1]:
                yield Difference(Kind.STATUS, pair, self.trace(pair), shows)

    def finals(self) -> Iterator[Difference]:
        for pair in self.pairs:
            x, y = self.final(pair)
            if x is not y:
                shows = _either(x, "final", "not final")
                yield Difference(Kind.FINAL, pair, self.trace(pair), shows)

    def accepts(self) -> Iterator[Difference]:
        for pair in self.pairs:
            for joint in self.shared:
                x, y = joint.steps(self.a, self.b, pair)
                if bool(x) != bool(y):
                    shows = _either(x, "accepted", "rejected")
                    trace = (*self.trace(pair), joint.name)
                    yield Difference(Kind.ACCEPTS, pair, trace, shows, joint.name)

    def alphabet(self) -> Iterator[Difference]:
        for joint in self.lone:
            trace, states = self._trace_to_lone(joint)
            shows = _either(joint.a is not None, "known", "unknown")
            yield Difference(Kind.ALPHABET, states, trace, shows, joint.name)

    def _trace_to_lone(self, lone: JointInput) -> tuple[Trace, Pair]:
        """The shortest trace on which the one machine that knows an event accepts it.

        With the states before the event; where no trace of both gets there, the other machine
        rejects events on the way.
        """
        for pair in self.pairs:
            if any(lone.steps(self.a, self.b, pair)):
                return (*self.trace(pair), lone.name), pair
        first = lone.a is not None
        owner, symbol = (self.a, lone.a) if first else (self.b, lone.b)
        assert symbol is not None  # noqa: S101
        joints = {joint.a if first else joint.b: joint for joint in reversed(self.inputs)}
        way = [joints[event] for event in (owner.trace_to(symbol) or (symbol,))]
        pair = self.pairs[0]
        for joint in way[:-1]:
            x, y = joint.steps(self.a, self.b, pair)
            pair = (x.target if x else pair[0], y.target if y else pair[1])
        return tuple(joint.name for joint in way), pair

    def not_compared(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        ours, theirs = {p for p, _ in self.pairs}, {q for _, q in self.pairs}
        return _reachable(self.a, ours), _reachable(self.b, theirs)

    def guards(self) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
        unlike = dict.fromkeys(joint.trigger for joint in self.shared if joint.a != joint.b)
        for event in unlike:
            ours, theirs = (machine.guards.get(event, ()) for machine in (self.a, self.b))
            yield event, tuple(ours), tuple(theirs)

    def deadlines(self) -> Iterator[Difference]:
        for pair in self.pairs:
            x, y = _expiry(self.a, pair[0]), _expiry(self.b, pair[1])
            if x != y:
                yield Difference(Kind.DEADLINE, pair, self.trace(pair), (x, y))
                return

    def indicators(self) -> Iterator[Difference]:
        ours, theirs = ([i.name for i in m.indicators] for m in (self.a, self.b))
        for name in dict.fromkeys((*ours, *theirs)):
            if name not in ours or name not in theirs:
                shows = (name, None) if name in ours else (None, name)
                yield Difference(Kind.INDICATOR, self.pairs[0], (), shows)

    def effects(self) -> Iterator[EffectDifference]:
        for pair in self.pairs:
            for joint in self.shared:
                unlike = tuple(self._unlike_effects(*joint.steps(self.a, self.b, pair)))
                if unlike:
                    trace = (*self.trace(pair), joint.name)
                    yield EffectDifference(joint.name, pair, trace, unlike)

    def _unlike_effects(
        self, x: Transition | None, y: Transition | None
    ) -> Iterator[tuple[str, Effect, Effect]]:
        if x and y:
            theirs = self.b.effects(y)
            for name, effect in self.a.effects(x).items():
                if name in theirs and theirs[name] is not effect:
                    yield name, effect, theirs[name]

    # One skeleton

    def skeleton(self) -> tuple[Pair, ...] | None:
        """The pairs, where they are one to one and both accept the same events in each."""
        steps = (x.steps(self.a, self.b, pair) for pair in self.pairs for x in self.lone)
        ours, theirs = {p for p, _ in self.pairs}, {q for _, q in self.pairs}
        one_to_one = len(ours) == len(theirs) == len(self.pairs)
        if one_to_one and not any(map(any, steps)) and not any(self.accepts()):
            return tuple(self.pairs)
        return None

    def settlement(self) -> Settlement:
        unlike = self.unlike()
        unsettled = self._reaching(unlike)
        settled = [pair for pair in self.pairs if pair not in unsettled]
        return Settlement(
            settled=tuple((pair, self.trace(pair)) for pair in settled),
            reached_from_all=self._reaching(settled).issuperset(unlike),
        )

    def _reaching(self, goals: Iterable[Pair]) -> set[Pair]:
        """The pairs from which some trace leads to a goal, the goals among them."""
        came_from: dict[Pair, list[Pair]] = {pair: [] for pair in self.pairs}
        for pair in self.pairs:
            for _, target in self.moves(pair):
                came_from[target].append(pair)
        queue = list(goals)
        seen = set(queue)
        for pair in queue:
            fresh = [source for source in came_from[pair] if source not in seen]
            seen.update(fresh)
            queue.extend(dict.fromkeys(fresh))
        return seen


def _either(first: object, yes: str, no: str) -> tuple[str, str]:
    return (yes, no) if first else (no, yes)


def _reachable(machine: Machine, known: Collection[str]) -> tuple[str, ...]:
    """Return the reachable states that are not known, those with shorter traces first."""
    targets: dict[str, list[str]] = {}
    for transition in machine.transitions:
        targets.setdefault(transition.source, []).append(transition.target)
    found = {machine.initial: None}
    for state in (queue := [machine.initial]):
        fresh = [target for target in targets.get(state, ()) if target not in found]
        found |= dict.fromkeys(fresh)
        queue += dict.fromkeys(fresh)
    return tuple(state for state in found if state not in known)


def _expiry(machine: Machine, state: str) -> str | None:
    """What the end of the validity period does in a state."""
    deadline = machine.deadline
    if deadline is None or deadline.state != state:
        return None
    return f"{deadline.event}, counted from {deadline.start}"


def _sides(pair: tuple[str | None, str | None]) -> dict[str, str | None]:
    return {"a": pair[0], "b": pair[1]}


# In words ------------------------------------------------------------------------------------


def describe(comparison: Comparison) -> list[str]:
    """Return a comparison as lines for people; the first machine stands left of the bar."""
    lines = [f"{comparison.a} | {comparison.b}"]
    if comparison.same:
        lines.append("The same: no trace tells them apart.")
    lines.append(_skeleton_line(comparison))
    lines += [_difference_line(difference) for difference in comparison.differences]
    lines += [_effect_line(effect) for effect in comparison.effects]
    if comparison.settlement and not comparison.same:
        lines += _settlement_lines(comparison.settlement)
    lines += remarks(comparison)
    return lines


def remarks(comparison: Comparison) -> list[str]:
    """Return how guards were compared, and what could not be compared, as lines for people."""
    guards = [_guards_line(*guards) for guards in comparison.guards]
    return guards + _not_compared_lines(comparison)


def _skeleton_line(comparison: Comparison) -> str:
    if comparison.skeleton is None:
        return "No common skeleton: states and transitions do not correspond one to one."
    count = len(comparison.skeleton)
    states = "1 state" if count == 1 else f"{count} states"
    return f"One skeleton: {states}, the same events lead to the same states."


def _guards_line(event: str, ours: Trace, theirs: Trace) -> str:
    what = " | ".join(", ".join(names) or "none" for names in (ours, theirs))
    return f"Guards of {event}: {what}; compared under every valuation of them."


def _not_compared_lines(comparison: Comparison) -> list[str]:
    return [
        f"Not compared: {', '.join(states[:_LISTED])}"
        + (f" and {len(states) - _LISTED:,} more states" if len(states) > _LISTED else "")
        + f" of {name}; no trace that both accept leads there."
        for name, states in zip((comparison.a, comparison.b), comparison.not_compared, strict=True)
        if states
    ]


def _difference_line(difference: Difference) -> str:
    where, what = _name(difference.states), " | ".join(x or "none" for x in difference.shows)
    after = f"; after: {', '.join(difference.trace)}" if difference.trace else "; at the start"
    match difference.kind:
        case Kind.STATUS:
            return f"status of {where}: {what}{after}"
        case Kind.FINAL:
            return f"final state in {where}: {what}{after}"
        case Kind.ACCEPTS:
            trace = ", ".join(difference.trace)
            return f"event {difference.event} in {where}: {what}; trace: {trace}"
        case Kind.ALPHABET:
            return f"event {difference.event}: {what}; trace: {', '.join(difference.trace)}"
        case Kind.DEADLINE:
            return f"deadline in {where}: {what}{after}"
        case Kind.INDICATOR:
            return f"indicator: {what}"


def _effect_line(effect: EffectDifference) -> str:
    changes = "; ".join(f"{name} {x.value} | {y.value}" for name, x, y in effect.effects)
    return f"effect of {effect.event} in {_name(effect.states)}: {changes}"


def _settlement_lines(settlement: Settlement) -> list[str]:
    if not settlement.settled:
        return ["There is no state from which both agree for good."]
    names = ", ".join(_name(pair) for pair, _ in settlement.settled)
    lines = [f"Both agree for good in: {names}."]
    if settlement.reached_from_all:
        lines.append("Every message can get there: both agree once every message is settled.")
    else:
        lines.append("Not every message gets there: some differences last.")
    return lines


def _name(pair: Pair) -> str:
    return pair[0] if pair[0] == pair[1] else " | ".join(pair)

"""Two machines run in lockstep: the pairs of states that one trace reaches, and how they differ."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from fsm.alphabet import JointInput, joint_inputs
from fsm.catalog import as_machine, load
from fsm.comparison.alike import alike_pairs, expiry
from fsm.comparison.answers import compare_answers, with_answers
from fsm.comparison.result import (
    Comparison,
    Difference,
    DifferenceKind,
    EffectDifference,
    Settlement,
    StatePair,
)
from fsm.comparison.timers import running_timers, timers_of_step, timers_of_the_start
from fsm.errors import MachineError
from fsm.graph import PathSearch, SharedPath, breadth_first, reaching
from fsm.machine import Effect, Machine, Transition
from fsm.mealy import MISSING, Mealy

__all__ = ["ALL_FOLLOWED", "MOST_PAIRS", "compare"]

ALL_FOLLOWED = 2
"""Pairs for each state of both machines; where there are more, alike ones are not followed."""

MOST_PAIRS = 2_000_000
"""Pairs of states that one trace reaches in two machines, and that may differ."""


def compare(a: Machine | Mealy | str, b: Machine | Mealy | str) -> Comparison:
    """Compare two machines and return what tells them apart.

    ``a`` and ``b`` are machines or their names. Every difference comes with the shortest trace
    that shows it. Ties between traces follow the declared order of events. Where a machine, such as
    a learnt one, has answers that no machine with statuses can hold, only answers and what is shown
    are compared; ``by_answers`` says why.

    Raises :class:`fsm.errors.MachineError` where a name is that of no machine, and where more than
    :data:`MOST_PAIRS` pairs of states may differ.

    >>> comparison = compare("with-feedback", "without-feedback")
    >>> comparison.same, comparison.differences[0].trace
    (False, ('relayed',))
    """
    given = [with_answers(each) for each in (a, b)]
    for each in given:
        if isinstance(each, Mealy) and each.unheld:
            ours, theirs = map(_loaded, given)
            return compare_answers(ours, theirs, f"{each.name}: {each.unheld}")
    a, b = (_table(each) for each in given)
    pairs = _Lockstep(a, b)
    differences = [*pairs.alphabet(), *pairs.accepts(), *pairs.statuses(), *pairs.finals()]
    differences.sort(key=lambda difference: len(difference.path))
    differences += [*pairs.deadlines(), *pairs.timers(), *pairs.indicators()]
    skeleton = pairs.skeleton()
    return Comparison(
        a=a.name,
        b=b.name,
        differences=tuple(differences),
        effects=tuple(pairs.effects()),
        skeleton=skeleton,
        settlement=None if skeleton is None else pairs.settlement(),
        not_compared=pairs.not_compared(),
        guards=tuple(pairs.guards()),
    )


def _loaded(given: Machine | Mealy | str) -> Machine | Mealy:
    return load(given) if isinstance(given, str) else given


def _table(given: Machine | Mealy | str) -> Machine:
    return given.machine() if isinstance(given, Mealy) else as_machine(given)


class _Lockstep:
    """The pairs of states that one trace reaches in both machines, breadth first."""

    def __init__(self, a: Machine, b: Machine) -> None:
        self.a, self.b = a, b
        self.inputs = joint_inputs(a, b)
        self.shared = [joint for joint in self.inputs if joint.is_shared]
        self.lone = [joint for joint in self.inputs if not joint.is_shared]
        self.open = frozenset(a.open_cells), frozenset(b.open_cells)
        self.start = (a.initial, b.initial)
        self.pairs = PathSearch[StatePair, str](self.start)
        self.unfollowed = list[StatePair]()
        """Pairs of states that are alike, and what follows them as well: there are too many."""
        self._explore()
        self._lengths = self.pairs.lengths()

    def _explore(self) -> None:
        """Find the pairs; beyond a number that one skeleton has, not those that alike ones reach.

        Raises :class:`MachineError` where there are too many.
        """
        most = ALL_FOLLOWED * (len(self.a.states) + len(self.b.states))
        alike: Callable[[StatePair], bool] | None = None
        for pair in self.pairs:
            if alike is None and len(self.pairs) > most:
                alike = alike_pairs(self.a, self.b, self.inputs)
            if alike and alike(pair):
                self.unfollowed.append(pair)
            else:
                self.pairs.expand(pair, self.moves(pair))
            if len(self.pairs) > MOST_PAIRS:
                raise MachineError(
                    f"{self.a.name}, {self.b.name}: more than {MOST_PAIRS:,} pairs of states that "
                    "differ; whether they are equivalent at all: fsm.equivalent"
                )

    def moves(self, pair: StatePair) -> Iterator[tuple[str, StatePair]]:
        """Yield the events that both machines accept, and where they lead."""
        for joint in self.shared:
            x, y = joint.steps(self.a, self.b, pair)
            if x and y:
                yield joint.name, (x.target, y.target)

    def path(self, pair: StatePair, *last: str) -> SharedPath[str]:
        """Return a shortest trace to a pair, and the events that follow it."""
        return SharedPath(self.pairs, pair, self._lengths[pair], *last)

    def statuses_of(self, pair: StatePair) -> tuple[str | None, str | None]:
        return self.a.status(pair[0]), self.b.status(pair[1])

    def final_in(self, pair: StatePair) -> tuple[bool, bool]:
        return self.a.state(pair[0]).final, self.b.state(pair[1]).final

    def states(self) -> tuple[set[str], set[str]]:
        """Return the states of each machine that are in some pair."""
        return {p for p, _ in self.pairs}, {q for _, q in self.pairs}

    # Differences

    def statuses(self) -> Iterator[Difference]:
        for pair in self.pairs:
            shows = self.statuses_of(pair)
            if shows[0] != shows[1]:
                yield Difference(DifferenceKind.STATUS, pair, self.path(pair), shows)

    def finals(self) -> Iterator[Difference]:
        for pair in self.pairs:
            x, y = self.final_in(pair)
            if x is not y:
                shows = _by_side(x, "final", "not final")
                yield Difference(DifferenceKind.FINAL, pair, self.path(pair), shows)

    def accepts(self) -> Iterator[Difference]:
        for pair in self.pairs:
            for joint in self.shared:
                x, y = joint.steps(self.a, self.b, pair)
                if bool(x) != bool(y):
                    other = MISSING if self._is_open(pair, joint) else "rejected"
                    shows = _by_side(x, "accepted", other)
                    path = self.path(pair, joint.name)
                    yield Difference(DifferenceKind.ACCEPTS, pair, path, shows, joint.name)

    def _is_open(self, pair: StatePair, joint: JointInput) -> bool:
        """Whether one of the machines says nothing of an event."""
        return (pair[0], joint.a) in self.open[0] or (pair[1], joint.b) in self.open[1]

    def alphabet(self) -> Iterator[Difference]:
        for joint in self.lone:
            path, states = self._trace_to_lone(joint)
            shows = _by_side(joint.a is not None, "known", "unknown")
            yield Difference(DifferenceKind.ALPHABET, states, path, shows, joint.name)

    def _trace_to_lone(self, lone: JointInput) -> tuple[Sequence[str], StatePair]:
        """Return the shortest trace that ends with an event of one machine, and the states before.

        Where no trace of both machines leads to the event, the other machine rejects events of
        the trace.
        """
        for pair in self.pairs:
            if any(lone.steps(self.a, self.b, pair)):
                return self.path(pair, lone.name), pair
        pair = self.start
        *before, _ = joints = self._trace_of_owner(lone)
        for joint in before:
            x, y = joint.steps(self.a, self.b, pair)
            pair = (x.target if x else pair[0], y.target if y else pair[1])
        return tuple(joint.name for joint in joints), pair

    def _trace_of_owner(self, lone: JointInput) -> list[JointInput]:
        """Return the shortest trace of the one machine that knows an event, up to this event."""
        sides = ((self.a, lone.a), (self.b, lone.b))
        owner, symbol = next((owner, symbol) for owner, symbol in sides if symbol is not None)
        joint_of = {
            joint.b if lone.a is None else joint.a: joint
            for joint in reversed(self.inputs)  # of several joint inputs the first one is kept
        }
        return [joint_of[event] for event in owner.trace_to(symbol) or (symbol,)]

    def not_compared(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        ours, theirs = self.states()
        ours |= _reachable_from(self.a, [p for p, _ in self.unfollowed])
        theirs |= _reachable_from(self.b, [q for _, q in self.unfollowed])
        return _reachable_outside(self.a, ours), _reachable_outside(self.b, theirs)

    def guards(self) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
        for event in dict.fromkeys(joint.trigger for joint in self.shared if joint.a != joint.b):
            ours, theirs = (machine.guards.get(event, ()) for machine in (self.a, self.b))
            yield event, tuple(ours), tuple(theirs)

    def deadlines(self) -> Iterator[Difference]:
        """Yield the nearest pair in which only one machine's deadline ends, if there is one."""
        for pair in self.pairs:
            x, y = expiry(self.a, pair[0]), expiry(self.b, pair[1])
            if x != y:
                yield Difference(DifferenceKind.DEADLINE, pair, self.path(pair), (x, y))
                return

    def timers(self) -> Iterator[Difference]:
        """Yield the nearest place where timers of one machine run or start, if there is one."""
        for pair in self.pairs if self.a.timers or self.b.timers else ():
            for states, path, x, y in self._timers_at(pair):
                if x != y:
                    ours, theirs = (", ".join(sorted(only)) or None for only in (x - y, y - x))
                    yield Difference(DifferenceKind.TIMER, states, path, (ours, theirs))
                    return

    def _timers_at(
        self, pair: StatePair
    ) -> Iterator[tuple[StatePair, Sequence[str], frozenset[str], frozenset[str]]]:
        """Yield the timers that run in a pair, then those that each event there starts."""
        path = self.path(pair)
        if pair == self.start:
            yield pair, path, timers_of_the_start(self.a), timers_of_the_start(self.b)
        yield pair, path, running_timers(self.a, pair[0]), running_timers(self.b, pair[1])
        for joint in self.shared:
            x, y = joint.steps(self.a, self.b, pair)
            if x and y:
                ours, theirs = (
                    timers_of_step(self.a, x, self.b, y),
                    timers_of_step(self.b, y, self.a, x),
                )
                yield (x.target, y.target), self.path(pair, joint.name), ours, theirs

    def indicators(self) -> Iterator[Difference]:
        ours, theirs = ([i.name for i in m.indicators] for m in (self.a, self.b))
        for name in dict.fromkeys((*ours, *theirs)):
            if name not in ours or name not in theirs:
                shows = (name, None) if name in ours else (None, name)
                yield Difference(DifferenceKind.INDICATOR, self.start, (), shows)

    def effects(self) -> Iterator[EffectDifference]:
        for pair in self.pairs:
            for joint in self.shared:
                unlike = tuple(self._unlike_effects(*joint.steps(self.a, self.b, pair)))
                if unlike:
                    path = self.path(pair, joint.name)
                    yield EffectDifference(joint.name, pair, path, unlike)

    def _unlike_effects(
        self, x: Transition | None, y: Transition | None
    ) -> Iterator[tuple[str, Effect, Effect]]:
        if x and y:
            theirs = self.b.effects(y)
            for name, effect in self.a.effects(x).items():
                if name in theirs and theirs[name] is not effect:
                    yield name, effect, theirs[name]

    # One skeleton

    def skeleton(self) -> tuple[StatePair, ...] | None:
        """Return the pairs where they are one to one and both accept the same events in each."""
        ours, theirs = self.states()
        one_to_one = len(ours) == len(theirs) == len(self.pairs)
        if not one_to_one or any(self.accepts()):
            return None
        steps = (x.steps(self.a, self.b, pair) for pair in self.pairs for x in self.lone)
        return None if any(map(any, steps)) else tuple(self.pairs)

    def settlement(self) -> Settlement:
        """Return the greatest set of pairs that agree and that no event leaves."""
        arcs = [(pair, target) for pair in self.pairs for _, target in self.moves(pair)]
        timed = self.a.timers or self.b.timers
        unlike = [
            pair
            for pair in self.pairs
            if len(set(self.statuses_of(pair))) + len(set(self.final_in(pair))) > 2
            or expiry(self.a, pair[0]) != expiry(self.b, pair[1])
            or (timed and any(x != y for _, _, x, y in self._timers_at(pair)))
        ]
        unsettled = reaching(unlike, arcs)
        settled = tuple(pair for pair in self.pairs if pair not in unsettled)
        return Settlement(
            pairs=settled,
            traces=self.pairs.paths(),
            reached_from_all=reaching(settled, arcs).keys() >= set(unlike),
        )


def _by_side(first: object, yes: str, no: str) -> tuple[str, str]:
    """Return what holds in the first machine and what in the second one."""
    return (yes, no) if first else (no, yes)


def _reachable_from(machine: Machine, states: Sequence[str]) -> set[str]:
    if not states:
        return set()
    targets: dict[str, list[str]] = {state.name: [] for state in machine.states}
    for t in machine.transitions:
        targets[t.source].append(t.target)
    return set(breadth_first(states, targets.__getitem__))


def _reachable_outside(machine: Machine, compared: Collection[str]) -> tuple[str, ...]:
    """Return the reachable states that were not compared, those with shorter traces first."""
    return tuple(state for state in machine.traces if state not in compared)

"""Remedies: the change of a machine that would end a cause, and what it does to the whole log.

Where an event is missing, a transition that goes on without it; where one is extra, a transition
that stays in the state. Nothing is guessed: the least repair of the log is computed once more with
the changed machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from fsm.arrays import Codes, Index, Mask
from fsm.conformance.causes import Cause, causes_of
from fsm.conformance.cost_vectors import CostVectors
from fsm.conformance.least_repair import LeastRepair
from fsm.conformance.repair_model import RepairModel, plain_events
from fsm.engine.distinct_traces import DistinctTraces
from fsm.errors import MachineError
from fsm.machine import Machine, Origin, Transition

__all__ = ["REMEDIES", "Documented", "Remedy", "causes_with_remedies"]

REMEDIES = 10
"""Causes for which a remedy is looked for, the most frequent ones."""
_MOST_EVENTS = 1 << 20
"""Events of distinct traces on which a remedy is tried."""
_MOST_VECTORS = 1 << 12
"""Cost vectors that are kept while one is tried."""

Documented = Callable[[str, str], Sequence[Origin]]
"""The documented rows about a state and an event."""


@dataclass(frozen=True)
class Remedy:
    """A change of the machine that ends a cause, and what it does to the repair of the log."""

    state: str
    """The state that is changed."""
    event: str
    """The event of the new transition; empty where a message may end in the state."""
    target: str
    """Where the new transition leads; the state itself where the event is ignored."""
    mended: int
    """How many more messages fit."""
    saved: int
    """How many edits fewer the least repair has."""
    is_whole: bool
    """Whether all messages that do not fit were tried; else these figures are lower bounds."""
    contradicts: tuple[Origin, ...] | None
    """The documented rows that say otherwise; ``None`` where no row of the machine is known."""

    def as_dict(self) -> dict[str, object]:
        """Return the remedy for JSON."""
        rows = self.contradicts
        return {
            "state": self.state,
            "event": self.event,
            "target": self.target,
            "mended": self.mended,
            "saved": self.saved,
            "whole_log": self.is_whole,
            "contradicts": None if rows is None else [row.as_dict() for row in rows],
        }


def causes_with_remedies(
    repair: LeastRepair,
    model: RepairModel,
    parts: Iterable[DistinctTraces],
    remodel: Callable[[Machine], RepairModel],
    documented: Documented | None,
) -> tuple[Cause, ...]:
    """Return the causes of a repair, the most frequent first, with remedies of the first ones.

    ``parts`` are the traces of the log, ``remodel`` makes the model of a changed machine, and
    ``documented`` returns the documented rows about a state and an event.
    """
    causes = causes_of(repair)
    if not causes:
        return ()
    trial = _Trial(model, parts, remodel, has_all=not repair.bounded)
    return tuple(
        replace(cause, remedy=_remedy(cause, trial, documented), is_remedy_known=True)
        if number < REMEDIES
        else cause
        for number, cause in enumerate(causes)
    )


def _remedy(cause: Cause, trial: _Trial, documented: Documented | None) -> Remedy | None:
    """Return the remedy of a cause, ``None`` where no change of one cell makes anything better."""
    machine = trial.model.machine
    change = _change(cause, machine)
    if change is None:
        return None
    effect = trial.effect(_changed(machine, change))
    if effect is None or effect.saved <= 0:
        return None
    rows = None
    if documented is not None:
        # The row of a missing event says that it comes before what is to be accepted without it.
        is_skipped = cause.is_missing and change.event
        skipped = documented(cause.edit.state, cause.edit.event) if is_skipped else ()
        changed = documented(change.state, change.event) if change.event else ()
        rows = tuple(dict.fromkeys([*skipped, *changed]))
    return Remedy(*change, *effect, rows)


class _Change(NamedTuple):
    state: str
    event: str
    target: str


def _change(cause: Cause, machine: Machine) -> _Change | None:
    """Return the change of the machine that would end a cause."""
    state, kind, event, before = cause.edit
    if kind == "extra":
        return _Change(state, event, state) if event else None
    if not before:
        return _Change(state, "", state)
    step = machine.step(state, event)
    target = _after(machine, step.target, before) if step else None
    return None if target is None else _Change(state, before, target)


def _after(machine: Machine, state: str, event: str) -> str | None:
    """Return where an event leads from a state or, where it is rejected, from the next ones."""
    symbols = _symbols(machine, event)
    reached = [state]
    for at in reached:
        for symbol in symbols:
            if step := machine.step(at, symbol):
                return step.target
        steps = (machine.step(at, symbol) for symbol in machine.events)
        targets = dict.fromkeys(step.target for step in steps if step)
        reached += [target for target in targets if target not in reached]
    return None


def _symbols(machine: Machine, event: str) -> list[str]:
    """Return the input symbols that an event of a log may stand for."""
    own = [event] if event in machine.alphabet else []
    return own + plain_events(machine).get(event, [])


def _changed(machine: Machine, change: _Change) -> Machine | None:
    """Return the changed machine, ``None`` where that is no machine, or the same one."""
    state, event, target = change
    try:
        if not event:
            states = [replace(s, final=s.final or s.name == state) for s in machine.states]
            return replace(machine, states=tuple(states))
        symbols = set(_symbols(machine, event))
        accepted = {symbol for symbol in symbols if machine.step(state, symbol)}
        free = symbols - accepted
        new = [Transition(state, s, target, event) for s in machine.events if s in free]
        return replace(machine, transitions=(*machine.transitions, *new)) if new else None
    except MachineError:
        return None


class _Effect(NamedTuple):
    mended: int
    saved: int
    is_whole: bool


class _Traces(NamedTuple):
    """Distinct traces that do not fit, how many messages have each, and what each costs."""

    codes: Codes
    offsets: Index
    lengths: Index
    counts: Index
    costs: Index


class _Trial:
    """The messages that do not fit, on which changes of the machine are tried.

    A new transition of a cell that was rejected makes no trace cost more, so that the messages that
    fit need not be looked at.
    """

    def __init__(
        self,
        model: RepairModel,
        parts: Iterable[DistinctTraces],
        remodel: Callable[[Machine], RepairModel],
        *,
        has_all: bool,
    ) -> None:
        self.model, self._remodel = model, remodel
        self._has_all = has_all
        self._kept: list[_Traces] = []
        vectors, left = CostVectors(model), _MOST_EVENTS
        for part in parts:
            kept = _unfit(vectors, part, left)
            left -= len(kept.codes)
            self._kept.append(kept)
            if left <= 0:
                self._has_all = False
                break

    def effect(self, machine: Machine | None) -> _Effect | None:
        """Return what a changed machine does to these messages, ``None`` where that is unknown."""
        if machine is None:
            return None
        try:
            vectors = CostVectors(self._remodel(machine), _MOST_VECTORS)
        except MachineError:
            return None
        mended, saved, is_whole = 0, 0, self._has_all
        for traces in self._kept:
            cells, first = vectors.fold(traces.codes, traces.offsets, traces.lengths)
            costs = vectors.costs(cells, traces.offsets, traces.lengths, first)
            known = costs >= 0
            mended += int(traces.counts[costs == 0].sum())
            saved += int(((traces.costs - costs) * traces.counts)[known].sum())
            is_whole &= bool(known.all())
        return _Effect(mended, saved, is_whole)


def _unfit(vectors: CostVectors, part: DistinctTraces, most: int) -> _Traces:
    """Return the first traces of a part that do not fit, with ``most`` events or a few more."""
    model, lengths = vectors.model, part.lengths
    cells, first = vectors.fold(part.codes, part.offsets, lengths)
    costs = vectors.costs(cells, part.offsets, lengths, first)
    these = np.flatnonzero((costs > 0) & _judged(model, part))
    these = these[: int(np.searchsorted(np.cumsum(lengths[these]), most)) + 1]
    sizes = lengths[these]
    begins = np.cumsum(sizes) - sizes
    places = np.repeat(part.offsets[these] - begins, sizes) + np.arange(int(sizes.sum()))
    return _Traces(part.codes[places], begins, sizes, part.counts[these], costs[these])


def _judged(model: RepairModel, part: DistinctTraces) -> Mask:
    """Return which traces have an event of the machine."""
    events: Mask = np.zeros(len(part), np.bool_)
    owners = np.repeat(np.arange(len(part)), part.lengths)
    events[owners[model.may_be_extra.take(part.codes)]] = True
    return events

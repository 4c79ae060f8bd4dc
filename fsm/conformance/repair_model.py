"""A machine as the repair of traces sees it: what may happen to it, and what each edit costs.

Its states are those of the product machine that executes logs (a state, and whether the validity
period is over), and copies of those in which nothing has happened yet: with ``may_end="any"`` a
message may end after any event, but not before its first one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from fsm.arrays import Index
from fsm.engine.product_machine import EventCodes, ProductMachine, product_of
from fsm.errors import MachineError
from fsm.machine import Machine

__all__ = ["NEVER_REACHED", "Costs", "RepairModel", "plain_events", "repair_model"]

Costs: TypeAlias = NDArray[np.int32]
"""Costs by state, in the last axis."""
NEVER_REACHED = 1 << 28
"""The cost of what is impossible; sums of three of them fit in 32 bits."""


@dataclass(frozen=True, repr=False)
class RepairModel:
    """What each code of a log does to the states of a machine.

    A code of an event of the machine has the states that it leads to (a row for each input symbol
    that it may stand for, -1 where that is rejected), an event outside of its alphabet none, and
    the end of a validity period one row. ``extra_cost`` is the cost of leaving the code out: 1 for
    events, 0 for events outside of the alphabet that are not to be repaired; an end of a validity
    period is no event, and stays.
    """

    machine: Machine
    alphabet: EventCodes
    states: Sequence[str]
    """The name of each state in the machine."""
    start: int
    inputs: Sequence[str]
    """The input symbols, in the declared order."""
    targets: Index
    """Input symbols x states: where each leads, -1 where it is rejected."""
    moves: Mapping[int, Index]
    """By code: the states that an event or an end of a validity period may lead to."""
    extra_cost: Mapping[int, int]
    ends: Costs
    """The number of missing events after which each state may end."""

    @property
    def shortest(self) -> int:
        """The number of events of a shortest accepted trace."""
        return int(self.ends[self.start])

    @cached_property
    def _edges(self) -> tuple[Index, Index, Index]:
        """The states with a next state, where their next states begin, and these."""
        sources = np.tile(np.arange(len(self.states)), len(self.inputs))
        pairs = np.stack([sources, self.targets.ravel()], axis=1)
        pairs = np.unique(pairs[(pairs[:, 1] >= 0) & (pairs[:, 0] != pairs[:, 1])], axis=0)
        states, starts = np.unique(pairs[:, 0], return_index=True)
        return states, starts, pairs[:, 1]

    def with_insertions(self, costs: Costs) -> Costs:
        """Return the costs where events may be added first, each for 1."""
        states, starts, targets = self._edges
        if not len(states):
            return costs
        while True:
            through = np.minimum.reduceat(costs[..., targets], starts, axis=-1) + 1
            before = costs[..., states]
            if (through >= before).all():
                return costs
            costs = costs.copy()
            costs[..., states] = np.minimum(before, through)

    def before(self, code: int, costs: Costs) -> Costs:
        """Return the costs before a code, given those after it."""
        left_out = costs + self.extra_cost[code] if code in self.extra_cost else None
        moves = self.moves.get(code)
        if moves is None:
            return costs if left_out is None else left_out
        least = through_moves(moves, costs)
        if left_out is not None:
            least = np.minimum(least, left_out)
        return np.minimum(self.with_insertions(least), NEVER_REACHED)


def through_moves(moves: Index, costs: Costs) -> Costs:
    """Return the least cost of the states to which moves lead, for each state."""
    found = np.where(moves >= 0, costs[..., np.maximum(moves, 0)], NEVER_REACHED)
    least: Costs = found.min(axis=-2).astype(np.int32)
    return least


def plain_events(machine: Machine) -> dict[str, list[str]]:
    """Return the events that depend on guards, with the input symbols that each may stand for."""
    return {
        event: [symbol for symbol in machine.events if symbol.startswith(f"{event}[")]
        for event, guards in machine.guards.items()
        if guards
    }


def repair_model(
    machine: Machine, alphabet: EventCodes, *, may_end: str, outside: str, deadlines: bool
) -> RepairModel:
    """Return the model of a machine for the codes of a log.

    Raises :class:`MachineError` where no message can end: no final state can be reached, or no
    event is accepted at the beginning.
    """
    (product,) = product_of([machine], deadlines=deadlines)
    first = _before_any_event(product)
    origins = np.append(np.arange(len(product.states)), first)
    names = product.state_names(0)
    rows = _rows(product)[:, origins]
    copies = {state: len(product.states) + i for i, state in enumerate(first)}
    moves: dict[int, Index] = {}
    extra_cost = dict.fromkeys(range(alphabet.unknown + 1), int(outside == "extra"))
    symbols = plain_events(machine)
    columns = {event: i for i, event in enumerate(product.codes.events)}
    for code, event in enumerate(alphabet.events):
        meant = [columns[name] for name in (event, *symbols.get(event, ())) if name in columns]
        if meant:
            moves[code], extra_cost[code] = rows[meant], 1
    for period in product.codes.starting_events:
        after = rows[product.codes.expiry(period)].copy()
        for copy in copies.values():
            after[copy] = copies[after[copy]]
        moves[alphabet.expiry(period)] = after[None]
    may = np.array([state.final or may_end == "any" for state in machine.states])
    ends = np.where(may[product.states[origins, 0]], 0, NEVER_REACHED).astype(np.int32)
    if may_end == "any":
        ends[list(copies.values())] = NEVER_REACHED
    model = RepairModel(
        machine,
        alphabet,
        [names[state] for state in origins.tolist()],
        copies[0],
        product.codes.events,
        rows[: len(product.codes.events)],
        moves,
        extra_cost,
        ends,
    )
    ends = np.minimum(model.with_insertions(ends), NEVER_REACHED)
    if (ends[list(copies.values())] >= NEVER_REACHED).any():
        raise MachineError(_endless(machine, may_end))
    return replace(model, ends=ends)


def _endless(machine: Machine, may_end: str) -> str:
    if may_end == "any":
        return f"{machine.name}: no event is accepted in the initial state {machine.initial!r}"
    return (
        f"{machine.name}: no final state can be reached, so no message could end; "
        "--may-end any lets messages end in any state"
    )


def _before_any_event(product: ProductMachine) -> list[int]:
    """Return the initial state, and what ends of validity periods alone lead to."""
    found = [0]
    for state in found:
        for start in product.codes.starting_events:
            cell = state * product.table.width + product.codes.expiry(start)
            target = int(product.table.follow[cell]) // product.table.width
            if target not in found:
                found.append(target)
    return found


def _rows(product: ProductMachine) -> Index:
    """Return codes x states of a product of one machine: the next state, -1 where rejected."""
    width = product.table.width
    follow = product.table.follow.astype(np.intp) // width
    accepted = product.defined[0] & ~product.rejected[0]
    return np.where(accepted, follow, -1).reshape(-1, width).T

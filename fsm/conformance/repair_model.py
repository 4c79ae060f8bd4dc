"""A machine as the repair of traces sees it: what may happen to it, and what each edit costs.

Its states are those of the product machine that executes logs: a state, and whether the validity
period is over. With ``may_end="any"`` a message may end in every state but the initial one, with
``"all"`` there too, with ``"final"`` in final states only. Where the end of a validity period
leaves no way to such a state, a message may end all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from fsm.arrays import Codes, Index, Mask
from fsm.engine.product_machine import EventCodes, ProductMachine, lone_product
from fsm.errors import MachineError
from fsm.graph import breadth_first
from fsm.machine import Machine

__all__ = ["NEVER_REACHED", "Costs", "RepairModel", "model_repairs", "plain_events"]

Costs: TypeAlias = NDArray[np.int32]
"""Costs by state, in the last axis."""
NEVER_REACHED = 1 << 28
"""The cost of what is impossible; sums of three of them fit in 32 bits."""


@dataclass(frozen=True, repr=False)
class RepairModel:
    """What each code of a log does to the states of a machine.

    ``moves`` has the states to which codes lead, by (choice, code, state), -1 where that is
    rejected: an event that depends on guards has a choice for each of its input symbols, other
    codes have one. Events outside of the alphabet lead nowhere else, or are rejected in every
    state, where they are to be extra. ``may_be_extra`` says which codes may be left out: events,
    for a cost of 1, and no end of a validity period.
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
    moves: Costs
    may_be_extra: Mask
    inside: frozenset[int]
    """The codes of events of the machine."""
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

    def accepted(self, codes: Codes, costs: Costs) -> Costs:
        """Return the costs before codes that are accepted, given a row of costs after each."""
        least = np.full_like(costs, NEVER_REACHED)
        for moves in self.moves:
            targets = moves[codes]
            through = np.take_along_axis(costs, np.maximum(targets, 0), axis=1)
            least = np.where(targets >= 0, np.minimum(least, through), least)
        return least

    def before(self, codes: Codes, costs: Costs) -> Costs:
        """Return the costs before codes, accepted or left out, given a row of costs after each."""
        extra = np.where(self.may_be_extra[codes], 1, NEVER_REACHED)
        least = np.minimum(self.accepted(codes, costs), costs + extra[:, None])
        return np.minimum(self.with_insertions(least), NEVER_REACHED).astype(np.int32)


def plain_events(machine: Machine) -> dict[str, list[str]]:
    """Return the events that depend on guards, with the input symbols that each may stand for."""
    return {
        event: [symbol for symbol in machine.events if symbol.startswith(f"{event}[")]
        for event, guards in machine.guards.items()
        if guards
    }


def model_repairs(
    machine: Machine, alphabet: EventCodes, *, may_end: str, outside: str
) -> RepairModel:
    """Return the model of a machine for the codes of a log.

    Raises :class:`MachineError` where no message can end: no state in which it may can be reached.
    """
    product = lone_product(machine, replace(alphabet, events=machine.events))
    states = product.states[:, 0]
    names = product.state_names(0)
    rows = _rows(product)
    symbols = plain_events(machine)
    choices = 1 + max((len(meant) for meant in symbols.values()), default=0)
    moves = np.full((choices, alphabet.width, len(states)), -1, np.int32)
    may_be_extra = np.zeros(alphabet.width, np.bool_)
    inside: list[int] = []
    columns = {event: i for i, event in enumerate(product.codes.events)}
    for code, event in enumerate((*alphabet.events, None)):
        meant = (
            [columns[e] for e in (event, *symbols.get(event, ())) if e in columns] if event else []
        )
        may_be_extra[code] = bool(meant) or outside == "extra"
        if meant:
            inside.append(code)
            moves[: len(meant), code] = rows[meant]
        elif outside == "beside":
            moves[0, code] = np.arange(len(states))
    # What happens by itself; to other machines alone: nothing happens to this one.
    moves[0, alphabet.unknown + 1 :] = rows[product.codes.unknown + 1 :]
    may = np.array([_may_end(machine, state.name, may_end) for state in machine.states])
    model = RepairModel(
        machine,
        alphabet,
        [names[state] for state in range(len(states))],
        0,
        product.codes.events,
        rows[: len(product.codes.events)],
        moves,
        may_be_extra,
        frozenset(inside),
        np.where(may[states], 0, NEVER_REACHED).astype(np.int32),
    )
    ends = np.minimum(model.with_insertions(model.ends), NEVER_REACHED)
    if ends[0] >= NEVER_REACHED:
        raise MachineError(_endless(machine, may_end))
    # The end of a validity period is never left out: where it leads, a message can always end.
    ends[(ends >= NEVER_REACHED) & _after_expiry(model)] = 0
    return replace(model, ends=model.with_insertions(ends))


def _after_expiry(model: RepairModel) -> Mask:
    """Return the states in which a validity period is over: events alone do not lead there."""

    def targets(state: int) -> list[int]:
        return [target for target in model.targets[:, state].tolist() if target >= 0]

    over = np.ones(len(model.states), np.bool_)
    over[list(breadth_first([model.start], targets))] = False
    return over


def _may_end(machine: Machine, state: str, may_end: str) -> bool:
    if may_end == "any":
        return state != machine.initial
    return may_end == "all" or machine.state(state).final


def _endless(machine: Machine, may_end: str) -> str:
    if may_end == "any":
        return (
            f"{machine.name}: nothing leads out of the initial state {machine.initial!r}, so no "
            "message could end; --may-end all lets messages end there"
        )
    return (
        f"{machine.name}: no final state can be reached, so no message could end; "
        "--may-end any lets messages end in any state but the initial one"
    )


def _rows(product: ProductMachine) -> Index:
    """Return codes x states of a product of one machine: the next state, -1 where rejected."""
    width = product.table.width
    follow = product.table.follow.astype(np.intp) // width
    accepted = product.defined[0] & ~product.rejected[0]
    return np.where(accepted, follow, -1).reshape(-1, width).T

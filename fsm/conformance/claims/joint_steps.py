"""What machines that run together go through: the steps that each cell of their product makes.

A trace of a message is read as in :mod:`fsm.analysis.pattern`: the states of all machines at the
start, the events that a row of the log is to them, their states after it, and so on. A rejected
event makes no step. The end of a validity period is the event of the deadline; where the period is
over already, an event that leads to the state of the deadline makes two steps at one instant.

A machine without a name stands for a log alone: to it, every event is a step, also those whose
names no claim has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from fsm.analysis.claim_text import NamesByMachine
from fsm.engine.product_machine import ProductMachine

__all__ = ["JointStep", "cell_steps", "initial_states"]


class JointStep(NamedTuple):
    """The event that each machine takes, None where it takes none, and the states around it."""

    events: tuple[str | None, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]

    def takes(self, subject: NamesByMachine) -> bool:
        """Return whether one of the subject's events happens."""
        return any(event in names.events for event, names in zip(self.events, subject, strict=True))

    def holds(self, subject: NamesByMachine) -> bool:
        """Return whether a machine is in one of the subject's states after the step."""
        return any(state in names.states for state, names in zip(self.after, subject, strict=True))

    def enters(self, subject: NamesByMachine) -> bool:
        """Return whether a machine enters the subject's states."""
        moves = zip(self.before, self.after, subject, strict=True)
        return any(
            after in names.states and before not in names.states for before, after, names in moves
        )


def initial_states(product: ProductMachine) -> JointStep:
    """Return the start of every message, as a step without an event."""
    start = tuple(machine.initial for machine in product.machines)
    return JointStep((None,) * len(start), ("",) * len(start), start)


def cell_steps(product: ProductMachine, counted: Collection[int]) -> list[tuple[JointStep, ...]]:
    """Return the steps of each cell of a product; none where every machine rejects.

    Only the machines with the numbers ``counted`` make steps.
    """
    width, follow = product.table.width, product.table.follow.tolist()
    names = list(zip(*map(product.state_names, range(len(product.machines))), strict=True))
    events = [product.codes.names(machine) for machine in product.machines]
    steps = []
    for cell, target in enumerate(follow):
        before, after = names[cell // width], names[target // width]
        parts = [
            list(_moves(product, number, cell, events[number], before[number], after[number]))
            if number in counted
            else []
            for number in range(len(before))
        ]
        steps.append(tuple(_joined(parts, before)))
    return steps


def _moves(
    product: ProductMachine,
    number: int,
    cell: int,
    events: Sequence[str | None],
    before: str,
    after: str,
) -> Iterator[tuple[str, str]]:
    """Yield the events that one machine takes in a cell, each with the state after it."""
    machine, code = product.machines[number], cell % product.table.width
    if not machine.name and code == product.codes.unknown:
        yield "", after
    is_period = product.codes.unknown < code < product.codes.first_timer
    event = None if is_period else events[code]
    if event and _accepts(product, number, cell):
        step = machine.step(before, event)
        if step is not None:
            yield step.event, step.target
    if product.expired[number, cell] and machine.deadline:
        yield machine.deadline.event, after


def _accepts(product: ProductMachine, number: int, cell: int) -> bool:
    return bool(product.defined[number, cell] and not product.rejected[number, cell])


def _joined(parts: list[list[tuple[str, str]]], before: tuple[str, ...]) -> Iterator[JointStep]:
    """Yield the steps that the machines make together, the first ones of all of them first."""
    for at in range(max(map(len, parts))):
        taken = [part[at] if at < len(part) else None for part in parts]
        after = tuple(move[1] if move else state for move, state in zip(taken, before, strict=True))
        yield JointStep(tuple(move[0] if move else None for move in taken), before, after)
        before = after

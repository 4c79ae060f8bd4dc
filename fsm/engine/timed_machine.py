"""What every cell of a machine does to its timers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fsm.arrays import Index, Mask, Times
from fsm.engine.product_machine import EventCodes, ProductMachine, each_machine, lone_product
from fsm.errors import MachineError
from fsm.machine import Machine, Timer

__all__ = ["KEEP", "START", "STOP", "TimedMachine", "timed_machines"]

KEEP, START, STOP = 0, 1, 2
"""What a cell does to a timer."""


@dataclass(frozen=True, repr=False)
class TimedMachine:
    """A machine with timers, as a product of one machine, so that validity periods count.

    ``changes`` says for cells x timers what a cell does to each timer. ``states`` maps the states
    of the product in which the machine executes a log, ``place``, to those of its own.
    """

    machine: Machine
    product: ProductMachine
    timers: Mapping[int, Timer]
    """The timers, by the codes of their firings, in the declared order."""
    changes: NDArray[np.int8]
    place: int
    states: Index

    @cached_property
    def codes(self) -> Index:
        """The code of each timer's firing."""
        return np.array(list(self.timers), np.intp)

    @cached_property
    def events(self) -> Index:
        """The code of each timer's event, where a log records it."""
        known = self.product.codes.events
        return np.array([known.index(timer.event) for timer in self.timers.values()], np.intp)

    @cached_property
    def delays(self) -> Times:
        """The delay of each timer."""
        return np.array([timer.delay for timer in self.timers.values()], np.int64)

    @cached_property
    def stops(self) -> Mask:
        """Which timers stop; each of these runs once at most."""
        return np.array([timer.stops for timer in self.timers.values()], np.bool_)

    @cached_property
    def run_at_start(self) -> Mask:
        """Which timers run in the initial state."""
        initial = self.machine.initial
        return np.array([initial in timer.states for timer in self.timers.values()], np.bool_)

    @cached_property
    def is_change(self) -> Mask:
        """Which cells change a timer."""
        return np.asarray(self.changes.any(axis=1))

    @cached_property
    def is_heard(self) -> Mask:
        """In which cells an event happens to the machine; of a firing, whether anything waits."""
        names, width = self.product.state_names(0), self.product.table.width
        heard = np.ones((len(names), width), np.bool_)
        for code, timer in self.timers.items():
            heard[:, code] = [self.machine.step(name, timer.event) is not None for name in names]
        return heard.ravel()

    @cached_property
    def is_timer_event(self) -> Mask:
        """Which codes are events of timers."""
        mask: Mask = np.zeros(self.product.table.width, np.bool_)
        mask[self.events] = True
        return mask


def timed_machines(products: Sequence[ProductMachine]) -> tuple[TimedMachine, ...]:
    """Return the machines of some products that have timers to execute."""
    return tuple(
        _timed(products[at], at, machine, timers)
        for at, _, machine in each_machine(products)
        if (timers := _state_timers(products[at].codes, machine))
    )


def _state_timers(codes: EventCodes, machine: Machine) -> dict[int, Timer]:
    return {code: timer for code, timer in codes.timers_of(machine).items() if not timer.since}


def _timed(
    joint: ProductMachine, place: int, machine: Machine, timers: Mapping[int, Timer]
) -> TimedMachine:
    product = lone_product(machine, joint.codes)
    changes = np.zeros((len(product.table.follow), len(timers)), np.int8)
    for cell, step in _steps(machine, product, timers):
        for number, timer in enumerate(timers.values()):
            change = _change(timer, *step)
            if change == START == changes[cell, number] and not timer.stops:
                raise MachineError(
                    f"{machine.name}: the timer {str(timer)!r} starts twice at once where the "
                    "validity period is over, and nothing stops it"
                )
            if change:
                changes[cell, number] = change  # of two steps in a cell the second one wins
    column = joint.machines.index(machine)
    numbers = {
        (state, *over): number
        for number, (state, over) in enumerate(
            zip(product.states[:, 0].tolist(), product.over.tolist(), strict=True)
        )
    }
    states = [
        numbers[state, *over]
        for state, over in zip(joint.states[:, column].tolist(), joint.over.tolist(), strict=True)
    ]
    return TimedMachine(machine, product, timers, changes, place, np.array(states, np.intp))


def _steps(
    machine: Machine, product: ProductMachine, timers: Mapping[int, Timer]
) -> Iterator[tuple[int, tuple[str, str, str]]]:
    """Yield each cell with the steps (state, event, next state) that the machine takes there."""
    width, codes = product.table.width, product.codes
    names, events = product.state_names(0), codes.names(machine)
    periods = [item for item in codes.timers_of(machine).items() if item[1].since]
    expiry, deadline = periods[0] if periods else (-1, None)
    over = product.over[:, codes.starting_events.index(deadline.since)] if deadline else None
    for cell in range(len(product.table.follow)):
        state, code = divmod(cell, width)
        before = names[state]
        ends = code == expiry
        if code < codes.unknown or code in timers:
            transition = machine.step(before, events[code] or "")
            if transition is None:
                continue
            yield cell, (before, transition.event, transition.target)
            before, ends = transition.target, over is not None and bool(over[state])
        if ends and deadline and before in deadline.states:
            transition = machine.step(before, deadline.event)
            if transition:
                yield cell, (before, transition.event, transition.target)


def _change(timer: Timer, before: str, event: str, after: str) -> int:
    is_before, is_after = before in timer.states, after in timer.states
    if timer.stops and not is_after:
        return STOP if is_before else KEEP
    starts = (before, event) in timer.restarts or (is_after and not is_before)
    return START if starts else KEEP

"""Several machines as one product: a log is folded once, however many machines execute it.

A state of the product has a state of each machine and, for each validity period, whether it is
over; only combinations that some trace reaches are states. The end of a validity period, the
*expiry*, is one more event. Once a period is over, a message that an event leads to the state of
the deadline goes on at once as if the deadline's event followed: nothing is retried any more.

That a timer fires is one more event as well, of its machine alone; when it does is found by
:mod:`fsm.engine.firings`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fsm.arrays import Codes, Mask
from fsm.engine.fold import TransitionTable
from fsm.errors import MachineError
from fsm.machine import Machine, Timer

__all__ = [
    "Effects",
    "EventCodes",
    "ProductMachine",
    "each_machine",
    "find_machine",
    "lone_product",
    "product_of",
]

MOST_CELLS = 1 << 16
"""Cells of a product beyond which its machines are split into two products."""


@dataclass(frozen=True)
class EventCodes:
    """The columns of the tables: events, one for all unknown events, the expiries, the firings.

    ``timers`` are those that are executed, each with the name of its machine. Those of deadlines
    have a column for each event that they are counted from, as one end is that of all machines;
    each of the others, the *state timers*, has a column of its own.
    """

    events: tuple[str, ...]
    timers: tuple[tuple[str, Timer], ...] = ()

    @classmethod
    def of(cls, machines: Sequence[Machine], validity: int | None) -> EventCodes:
        """Return the codes for machines whose validity periods, if any, are so long."""
        events = dict.fromkeys(event for machine in machines for event in machine.events)
        timers = [(m.name, t) for m in machines for t in m.timers if t.event in m.alphabet]
        if validity is not None:
            timers += [(m.name, m.deadline.timer(validity)) for m in machines if m.deadline]
        return cls(tuple(events), tuple(timers))

    @cached_property
    def periods(self) -> dict[str, int]:
        """The length of each validity period, in microseconds, by the event that starts it."""
        return dict(sorted((timer.since, timer.delay) for _, timer in self.timers if timer.since))

    @cached_property
    def starting_events(self) -> tuple[str, ...]:
        """The events that validity periods are counted from."""
        return tuple(self.periods)

    @cached_property
    def state_timers(self) -> tuple[tuple[str, Timer], ...]:
        """The timers that states start."""
        return tuple((name, timer) for name, timer in self.timers if not timer.since)

    @property
    def unknown(self) -> int:
        """The code of every event that no machine defines."""
        return len(self.events)

    def expiry(self, start: str) -> int:
        """The code of the end of the period that ``start`` begins."""
        return len(self.events) + 1 + self.starting_events.index(start)

    @property
    def first_timer(self) -> int:
        """The code of the firing of the first timer."""
        return len(self.events) + 1 + len(self.starting_events)

    @property
    def width(self) -> int:
        """The number of columns."""
        return self.first_timer + len(self.state_timers)

    def timers_of(self, machine: Machine) -> dict[int, Timer]:
        """Return the timers of a machine that are executed, by their codes."""
        codes = {named: code for code, named in enumerate(self.state_timers, self.first_timer)}
        return {
            self.expiry(timer.since) if timer.since else codes[name, timer]: timer
            for name, timer in self.timers
            if name == machine.name
        }

    def names(self, machine: Machine) -> list[str | None]:
        """Return the event that each code means to a machine; ``None`` where it means none."""
        timers = self.timers_of(machine)
        return [
            *self.events,
            *(
                timers[code].event if code in timers else None
                for code in range(self.unknown, self.width)
            ),
        ]


@dataclass(frozen=True)
class _Step:
    """What a cell does to one machine: the state it leads to, and how."""

    state: int
    defined: bool = False
    rejected: bool = False
    expired: bool = False


@dataclass(frozen=True, repr=False)
class ProductMachine:
    """Machines that run together. The masks have a row per machine and a column per cell."""

    machines: tuple[Machine, ...]
    codes: EventCodes
    states: NDArray[np.intp]
    """States of the product x machines: the number of each machine's state."""
    over: Mask
    """States of the product x validity periods: whether the period is over."""
    table: TransitionTable
    defined: Mask
    """Where the event is one of the machine's, or the end of its validity period."""
    rejected: Mask
    expired: Mask
    """Where the end of a validity period, not the event, decided the state."""

    @cached_property
    def any_rejected(self) -> Mask:
        """The cells in which some machine of the product rejects."""
        mask: Mask = np.logical_or.reduce(self.rejected, axis=0)
        return mask

    def state_names(self, machine: int) -> list[str]:
        """Return the state of one machine in each state of the product."""
        names = [state.name for state in self.machines[machine].states]
        return [names[i] for i in self.states[:, machine].tolist()]

    def statuses(self, machine: int) -> list[str | None]:
        """Return the status of one machine in each state of the product."""
        shown = [state.status for state in self.machines[machine].states]
        return [shown[i] for i in self.states[:, machine].tolist()]

    @cached_property
    def effects(self) -> Effects:
        """What each outcome does to the indicators."""
        return Effects.of(self)


@dataclass(frozen=True, repr=False)
class Effects:
    """Outcomes by their effect. Those of one class are observed by the same machines and change
    the same indicators by the same amounts; class 0 is observed by no machine.

    An outcome is a cell x 2, and 1 more for a message's first event: nothing of the message was
    counted before, whatever its initial state shows, so that counts all that is counted after.
    A machine observes the events it defines, and first events that change its indicators.

    ``changes`` has a row per class and a column per indicator of :attr:`indicators`, the pairs
    (number of the machine, name); ``observed`` a row per class and a column per machine.
    """

    of_outcome: Codes
    indicators: tuple[tuple[int, str], ...]
    changes: NDArray[np.int64]
    observed: Mask

    @property
    def of_cell(self) -> Codes:
        """The classes of cells that are not met by a message's first event."""
        return self.of_outcome[::2]

    @classmethod
    def of(cls, product: ProductMachine) -> Effects:
        """Derive the effects from the statuses before and after each outcome."""
        indicators, columns = [], []
        observed = np.repeat(product.defined, 2, axis=1)
        for number, machine in enumerate(product.machines):
            statuses = product.statuses(number)
            for indicator in machine.indicators:
                counted = np.array([indicator.counts(status) for status in statuses], np.int64)
                change = _changes(product, number, counted)
                indicators.append((number, indicator.name))
                columns.append(change)
                observed[number] |= change != 0
        facts = np.vstack([observed.astype(np.int64), *columns]).T
        # np.unique sorts: a row of zeros comes first, since all observed ones begin with a 1.
        unobserved = np.zeros((1, facts.shape[1]), dtype=np.int64)
        rows, numbers = np.unique(np.vstack([unobserved, facts]), axis=0, return_inverse=True)
        of_outcome = numbers.ravel()[1:].astype(np.min_scalar_type(len(rows)))
        machines = len(product.machines)
        return cls(
            of_outcome, tuple(indicators), rows[:, machines:], rows[:, :machines].astype(np.bool_)
        )


def _changes(product: ProductMachine, machine: int, counted: NDArray[np.int64]) -> Codes:
    """Return the change of an indicator by each outcome; ``counted`` is 1 where a state counts."""
    before = counted[np.arange(len(product.table.follow)) // product.table.width]
    after = counted[product.table.follow.astype(np.intp) // product.table.width]
    later = np.where(product.defined[machine], after - before, 0)
    return np.stack([later, after], axis=1).ravel()


def product_of(machines: Sequence[Machine], validity: int | None) -> tuple[ProductMachine, ...]:
    """Join machines: to one product, or to several where one table would be too large.

    ``validity`` is the length of validity periods in microseconds, ``None`` for none. All products
    have the same event codes.
    """
    codes = EventCodes.of(machines, validity)
    products: list[ProductMachine] = []
    for machine in machines:
        if products:
            try:
                products[-1] = _joined((*products[-1].machines, machine), codes, MOST_CELLS)
                continue
            except _TooLargeError:
                pass
        products.append(lone_product(machine, codes))
    return tuple(products)


def lone_product(machine: Machine, codes: EventCodes) -> ProductMachine:
    """Return the product of one machine alone, for the codes of several."""
    return _joined((machine,), codes, sys.maxsize)


class _TooLargeError(Exception):
    """A product would have more cells than allowed."""


def _joined(machines: tuple[Machine, ...], codes: EventCodes, most_cells: int) -> ProductMachine:
    """Explore the combined states, breadth first."""
    runners = [_Runner(machine, codes) for machine in machines]
    start = (*(runner.initial for runner in runners), *(False for _ in codes.starting_events))
    numbers = {start: 0}
    cells: list[tuple[int, tuple[_Step, ...]]] = []
    queue = [start]
    for state in queue:  # not by fsm.graph: the cells take the number of each target at once
        if len(queue) * codes.width > most_cells:
            raise _TooLargeError
        over = state[len(machines) :]
        for code in range(codes.width):
            steps = tuple(runner.step(state[i], code, over) for i, runner in enumerate(runners))
            target = (*(step.state for step in steps), *_over_after(over, code, codes))
            if target not in numbers:
                numbers[target] = len(queue)
                queue.append(target)
            cells.append((numbers[target], steps))
    masks = {
        name: np.array([[getattr(step, name) for step in steps] for _, steps in cells]).T
        for name in ("defined", "rejected", "expired")
    }
    return ProductMachine(
        machines,
        codes,
        states=np.array([state[: len(machines)] for state in queue], dtype=np.intp),
        over=np.array([state[len(machines) :] for state in queue], dtype=np.bool_),
        table=TransitionTable.of([target for target, _ in cells], codes.width),
        **masks,
    )


def _over_after(over: tuple[int, ...], code: int, codes: EventCodes) -> tuple[int, ...]:
    ended = code - codes.unknown - 1
    return tuple(True if i == ended else flag for i, flag in enumerate(over))


class _Runner:
    """One machine, stepped by the codes of the product."""

    def __init__(self, machine: Machine, codes: EventCodes) -> None:
        names = [state.name for state in machine.states]
        self.initial = names.index(machine.initial)
        self._table = machine.table
        columns = {event: i for i, event in enumerate(machine.events)}
        self._columns = [columns.get(event, -1) for event in codes.events]
        self._expiry, self._period = -1, -1
        self._ended = list(range(len(names)))
        self._fired = {}
        for code, timer in codes.timers_of(machine).items():
            column = columns[timer.event]
            if not timer.since:
                self._fired[code] = column
                continue
            self._expiry, self._period = code, codes.starting_events.index(timer.since)
            for at in map(names.index, timer.states):
                self._ended[at] = self._table[at][column]

    def step(self, state: int, code: int, over: Sequence[int]) -> _Step:
        """Return what a code does in a state of the machine."""
        if code == self._expiry:
            ended = self._ended[state]
            return _Step(ended, defined=True, expired=ended != state)
        fires = code in self._fired
        column = self._columns[code] if code < len(self._columns) else self._fired.get(code, -1)
        if column < 0:
            return _Step(state)
        target = self._table[state][column]
        if target < 0:  # a timer that fires where nothing waits for it changes nothing
            return _Step(state, defined=True, rejected=not fires)
        ended = self._ended[target] if self._period >= 0 and over[self._period] else target
        return _Step(ended, defined=True, expired=ended != target)


def each_machine(products: Sequence[ProductMachine]) -> Iterator[tuple[int, int, Machine]]:
    """Yield every machine, with the number of its product and its own number there."""
    for at, product in enumerate(products):
        for number, machine in enumerate(product.machines):
            yield at, number, machine


def find_machine(products: Sequence[ProductMachine], name: str) -> tuple[int, int]:
    """Return the number of a machine's product, and its own number there."""
    for at, number, machine in each_machine(products):
        if machine.name == name:
            return at, number
    raise MachineError(f"no machine {name!r} took part")

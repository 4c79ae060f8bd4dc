"""Several machines as one: a log is folded once, however many machines execute it.

A state of the team is a combination of states of its machines that some trace reaches. The end
of a validity period is one more event, and "the period is over" one more part of the state:
from then on, whatever an event leads to, retries are over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fsm.arrays import Codes, Mask, smallest
from fsm.engine.fold import Table
from fsm.errors import MachineError
from fsm.machine import Machine

__all__ = ["Alphabet", "Team", "assemble"]

MOST_CELLS = 1 << 16
"""A table beyond this is split: its machines run in two teams."""


@dataclass(frozen=True)
class Alphabet:
    """The columns of the tables: events, one for all unknown events, and the ends of periods.

    ``starts`` names the events that validity periods are counted from.
    """

    events: tuple[str, ...]
    starts: tuple[str, ...]

    @classmethod
    def of(cls, machines: Sequence[Machine], deadlines: bool) -> Alphabet:
        """Return the alphabet of machines, with the ends of their periods if they are wanted."""
        events = dict.fromkeys(event for machine in machines for event in machine.events)
        starts = {m.deadline.start for m in machines if m.deadline and deadlines}
        return cls(tuple(events), tuple(sorted(starts)))

    @property
    def unknown(self) -> int:
        """The code of every event that no machine knows."""
        return len(self.events)

    def due(self, start: str) -> int:
        """The code of the end of the period that ``start`` begins."""
        return len(self.events) + 1 + self.starts.index(start)

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.events) + 1 + len(self.starts)


@dataclass(frozen=True)
class _Step:
    """What a cell does to one machine: the state it leads to, and how."""

    state: int
    heard: bool = False
    rejected: bool = False
    expired: bool = False


@dataclass(frozen=True)
class Team:
    """Machines that run together. The masks have a row per machine and a column per cell."""

    machines: tuple[Machine, ...]
    alphabet: Alphabet
    states: NDArray[np.intp]
    """States of the team x machines: the number of each machine's state."""
    over: Mask
    """States of the team x periods of the alphabet: whether the period is over."""
    table: Table
    heard: Mask
    rejected: Mask
    expired: Mask
    """Where the end of a validity period, not the event, decided the state."""

    @cached_property
    def any_rejected(self) -> Mask:
        """The cells in which some machine of the team rejects."""
        mask: Mask = np.logical_or.reduce(self.rejected, axis=0)
        return mask

    def state_names(self, machine: int) -> list[str]:
        """Return the state of one machine in each state of the team."""
        names = [state.name for state in self.machines[machine].states]
        return [names[i] for i in self.states[:, machine].tolist()]

    def statuses(self, machine: int) -> list[str | None]:
        """Return the status of one machine in each state of the team."""
        shown = [state.status for state in self.machines[machine].states]
        return [shown[i] for i in self.states[:, machine].tolist()]

    @cached_property
    def effects(self) -> Effects:
        """What each outcome does to the indicators."""
        return Effects.of(self)


@dataclass(frozen=True)
class Effects:
    """Outcomes by their effect. Those of one class are heard by the same machines and change the
    same indicators by the same amounts; class 0 is heard by nobody.

    An outcome is a cell x 2, and 1 more for a message's first event: nothing of the message was
    counted before, whatever its initial state shows, so that counts all that is counted after.
    That is heard by a machine, too, where it counts something in a state it stays in.

    ``changes`` has a row per class and a column per indicator of :attr:`indicators`, the pairs
    (number of the machine, name); ``heard`` a row per class and a column per machine.
    """

    of_outcome: Codes
    indicators: tuple[tuple[int, str], ...]
    changes: NDArray[np.int64]
    heard: Mask

    @property
    def of_cell(self) -> Codes:
        """The classes of cells that are not met by a message's first event."""
        return self.of_outcome[::2]

    @classmethod
    def of(cls, team: Team) -> Effects:
        """Derive the effects from the statuses before and after each outcome."""
        before = np.arange(len(team.table.follow)) // team.table.width
        after = team.table.follow.astype(np.intp) // team.table.width
        indicators, columns = [], []
        heard = np.repeat(team.heard, 2, axis=1)
        for number, machine in enumerate(team.machines):
            shown = team.statuses(number)
            for indicator in machine.indicators:
                counts = np.array([indicator.counts(status) for status in shown], dtype=np.int64)
                later = np.where(team.heard[number], counts[after] - counts[before], 0)
                indicators.append((number, indicator.name))
                columns.append(np.stack([later, counts[after]], axis=1).ravel())
                heard[number] |= columns[-1] != 0
        facts = np.vstack([*heard.astype(np.int64), *columns]).T
        nobody = np.zeros((1, facts.shape[1]), dtype=np.int64)
        classes, numbers = np.unique(np.vstack([nobody, facts]), axis=0, return_inverse=True)
        first = int(numbers.ravel()[0])
        swap = np.arange(len(classes))
        swap[[0, first]] = first, 0
        classes, numbers = classes[swap], swap[numbers.ravel()[1:]]
        heard = classes[:, : len(team.machines)].astype(np.bool_)
        kind = smallest(len(classes))
        changes = classes[:, len(team.machines) :]
        return cls(numbers.astype(kind), tuple(indicators), changes, heard)


def assemble(machines: Sequence[Machine], deadlines: bool) -> tuple[Team, ...]:
    """Join machines to teams, of one alphabet: to one, unless its table would be too large."""
    alphabet = Alphabet.of(machines, deadlines)
    teams: list[Team] = []
    for machine in machines:
        joined = _join((*teams[-1].machines, machine), alphabet, MOST_CELLS) if teams else None
        if joined:
            teams[-1] = joined
        else:
            alone = _join((machine,), alphabet, None)
            assert alone is not None  # noqa: S101  (without a limit there always is a team)
            teams.append(alone)
    return tuple(teams)


def _join(machines: tuple[Machine, ...], alphabet: Alphabet, limit: int | None) -> Team | None:
    """Explore the combined states, breadth first; ``None`` where they are too many."""
    runners = [_Runner(machine, alphabet) for machine in machines]
    start = (*(runner.initial for runner in runners), *(False for _ in alphabet.starts))
    numbers = {start: 0}
    cells: list[tuple[int, tuple[_Step, ...]]] = []
    queue = [start]
    for state in queue:
        if limit is not None and len(queue) * alphabet.width > limit:
            return None
        flags = state[len(machines) :]
        for code in range(alphabet.width):
            after = _over_after(flags, code, alphabet)
            steps = tuple(runner.step(state[i], code, flags) for i, runner in enumerate(runners))
            target = (*(step.state for step in steps), *after)
            if target not in numbers:
                numbers[target] = len(queue)
                queue.append(target)
            cells.append((numbers[target], steps))
    table = Table.of([c for c, _ in cells], alphabet.width)
    masks = {
        name: np.array([[getattr(step, name) for step in steps] for _, steps in cells]).T
        for name in ("heard", "rejected", "expired")
    }
    states = np.array([state[: len(machines)] for state in queue], dtype=np.intp)
    over = np.array([state[len(machines) :] for state in queue], dtype=np.bool_)
    return Team(machines, alphabet, states, over, table, **masks)


def _over_after(over: tuple[int, ...], code: int, alphabet: Alphabet) -> tuple[int, ...]:
    ended = code - alphabet.unknown - 1
    return tuple(True if i == ended else flag for i, flag in enumerate(over))


class _Runner:
    """One machine, stepped by the codes of the team's alphabet."""

    def __init__(self, machine: Machine, alphabet: Alphabet) -> None:
        names = [state.name for state in machine.states]
        self.initial = names.index(machine.initial)
        self._table = machine.table
        columns = {event: i for i, event in enumerate(machine.events)}
        self._columns = [columns.get(event, -1) for event in alphabet.events]
        self._due, self._period = -1, -1
        self._ended = list(range(len(names)))
        if machine.deadline and machine.deadline.start in alphabet.starts:
            self._due = alphabet.due(machine.deadline.start)
            self._period = alphabet.starts.index(machine.deadline.start)
            at = names.index(machine.deadline.state)
            self._ended[at] = self._table[at][columns[machine.deadline.event]]

    def step(self, state: int, code: int, over: Sequence[int]) -> _Step:
        """Return what the code of the alphabet does in a state of the machine."""
        if code == self._due:
            ended = self._ended[state]
            return _Step(ended, heard=True, expired=ended != state)
        column = self._columns[code] if code < len(self._columns) else -1
        if column < 0:
            return _Step(state)
        target = self._table[state][column]
        if target < 0:
            return _Step(state, heard=True, rejected=True)
        ended = self._ended[target] if self._period >= 0 and over[self._period] else target
        return _Step(ended, heard=True, expired=ended != target)


def each_machine(teams: Sequence[Team]) -> Iterator[tuple[Team, int, Machine]]:
    """Yield every machine with its team and its number there."""
    for team in teams:
        for number, machine in enumerate(team.machines):
            yield team, number, machine


def find_machine(teams: Sequence[Team], name: str) -> tuple[Team, int]:
    """Return the team of a machine, and its number there."""
    for team, number, machine in each_machine(teams):
        if machine.name == name:
            return team, number
    raise MachineError(f"no machine {name!r} took part")

"""A Mealy machine as two dense tables, the form in which tests are generated from it.

>>> import fsm
>>> mealy = Mealy.of(fsm.load("with-feedback"))
>>> mealy.run(["relayed", "soft_bounce", "relayed"])
('Pending', 'Failed', 'rejected')
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from fsm.errors import MachineError
from fsm.graph import breadth_first
from fsm.machine import Machine, State, Transition

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    IntTable: TypeAlias = NDArray[np.int32]

__all__ = ["NOTHING", "REJECTED", "Mealy", "Observable"]

Observable: TypeAlias = Literal["status", "state", "output"]
"""What of a compiled machine an implementation shows: its status or its state, at any time, or
its status in the answers to accepted events alone. Whether a state is final is not among it: an
implementation has no way to show that, so suites do not test it, while comparisons and claims
about machines count it (:func:`fsm.analysis.machine_facts.classes_of`)."""

REJECTED = "rejected"
"""The output of an event that has no transition; the state stays."""

NOTHING = "-"
"""The output where no status is shown yet."""


@dataclass(frozen=True, eq=False)
class Mealy:
    """Names, and two tables of shape (states, inputs): index of the next state, of the output.

    Both hold -1 where the machine is partial. The tables are copied and cannot be written to.
    ``shown`` says, for each state, what can be seen there at any time (a Moore output, such as
    a status), or is ``None`` where states show nothing. Raises :class:`MachineError` where
    names, shapes and indices do not fit.
    """

    name: str
    states: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    next: IntTable
    output: IntTable
    initial: int = 0
    shown: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        shape = len(self.states), len(self.inputs)
        bounds = {"next": len(self.states), "output": len(self.outputs)}
        for field, bound in bounds.items():
            object.__setattr__(self, field, self._table(field, bound, shape))
        if not np.array_equal(self.next < 0, self.output < 0):
            raise MachineError(f"{self.name}: a cell has a next state or an output, not both")
        if not 0 <= self.initial < len(self.states):
            raise MachineError(f"{self.name}: there is no state {self.initial} to start in")
        if self.shown is not None and len(self.shown) != len(self.states):
            raise MachineError(f"{self.name}: what is shown has not one entry for each state")
        for kind, names in (("state", self.states), ("input", self.inputs)):
            if len(set(names)) < len(names):
                twice = next(name for name in names if names.count(name) > 1)
                raise MachineError(f"{self.name}: two {kind}s are named {twice!r}")

    def _table(self, field: str, bound: int, shape: tuple[int, int]) -> IntTable:
        given: ArrayLike = getattr(self, field)
        table = np.array(given, dtype=np.int32)
        if table.shape != shape:
            raise MachineError(f"{self.name}: {field} has shape {table.shape}, not {shape}")
        if table.size and not (table.min() >= -1 and table.max() < bound):
            raise MachineError(f"{self.name}: {field} holds an index beyond {bound - 1}")
        table.setflags(write=False)
        return table

    @classmethod
    def of(
        cls, machine: Machine, observable: Observable = "status", *, rejections: bool = True
    ) -> Mealy:
        """Return a compiled machine as a complete Mealy machine.

        The output of a cell is what is shown after it: the status, or with ``observable="state"``
        the name of the state. An event without a transition stays and puts out ``rejected``;
        without ``rejections`` it puts out what is shown, as if nothing had happened. What is
        shown is a function of the state, so ``shown`` is set; not with ``observable="output"``.
        """
        shown = tuple(_shows(state, observable) for state in machine.states)
        outputs = tuple(dict.fromkeys((*shown, REJECTED) if rejections else shown))
        accepted = np.array(machine.table, dtype=np.int32).reshape(len(shown), len(machine.events))
        rejects = accepted < 0
        stay = np.arange(len(shown), dtype=np.int32)[:, None]
        seen = np.array([outputs.index(text) for text in shown], dtype=np.int32)
        refusal = outputs.index(REJECTED) if rejections else seen[:, None]
        return cls(
            name=machine.name,
            states=tuple(state.name for state in machine.states),
            inputs=machine.events,
            outputs=outputs,
            next=np.where(rejects, stay, accepted),
            output=np.where(rejects, refusal, seen[accepted]),
            initial=[state.name for state in machine.states].index(machine.initial),
            shown=None if observable == "output" else shown,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mealy) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @cached_property
    def _key(self) -> tuple[object, ...]:
        names = self.name, self.states, self.inputs, self.outputs
        tables = self.next.tobytes(), self.output.tobytes()
        return *names, *tables, self.initial, self.shown

    @cached_property
    def is_complete(self) -> bool:
        """Whether every state accepts every input."""
        return not bool((self.next < 0).any())

    @cached_property
    def missing(self) -> tuple[tuple[str, str], ...]:
        """The cells without a transition: (state, input), by state and then by input."""
        rows, columns = np.nonzero(self.next < 0)
        pairs = zip(rows.tolist(), columns.tolist(), strict=True)
        return tuple((self.states[s], self.inputs[x]) for s, x in pairs)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: x for x, name in enumerate(self.inputs)}

    def word(self, trace: Iterable[str]) -> tuple[int, ...]:
        """Return a trace as indices of inputs.

        Raises :class:`MachineError` for another input, and for a trace that is one text.
        """
        if isinstance(trace, str):
            raise MachineError(f"{self.name}: the trace {trace!r} is one text; write [{trace!r}]")
        try:
            return tuple(self._index[name] for name in trace)
        except KeyError as error:
            raise MachineError(f"{self.name}: no input {error.args[0]!r}") from None

    def walk(self, word: Sequence[int]) -> tuple[int, ...]:
        """Return the states a word of input indices visits, the initial one first.

        Raises :class:`MachineError` at a missing cell.
        """
        visited = [self.initial]
        for x in word:
            after = int(self.next[visited[-1], x])
            if after < 0:
                cell = f"{self.states[visited[-1]]!r} has no transition for {self.inputs[x]!r}"
                raise MachineError(f"{self.name}: {cell}")
            visited.append(after)
        return tuple(visited)

    def run(self, trace: Iterable[str]) -> tuple[str, ...]:
        """Return the outputs of a trace; raises :class:`MachineError` at a missing cell."""
        word = self.word(trace)
        steps = zip(self.walk(word), word, strict=False)
        return tuple(self.outputs[int(self.output[s, x])] for s, x in steps)

    def visible(self) -> Mealy:
        """Return this machine with its states visible: each shows its name."""
        return replace(self, shown=self.states)

    def machine(self) -> Machine:
        """Return a compiled machine whose statuses are the last outputs.

        A state entered with several outputs is split, one state for each of them, so that two
        such machines compare as equal exactly where these Mealy machines do. The initial state
        has put out nothing: its status is ``None``.
        """
        return _moore(self)


def _shows(state: State, observable: Observable) -> str:
    if observable == "state":
        return state.name
    return NOTHING if state.status is None else state.status


def _moore(mealy: Mealy) -> Machine:
    start = (mealy.initial, -1)
    cells: dict[tuple[int, int], list[tuple[int, tuple[int, int]]]] = {}

    def entered_from(entered: tuple[int, int]) -> Iterator[tuple[int, int]]:
        s, _ = entered
        row = zip(mealy.next[s].tolist(), mealy.output[s].tolist(), strict=True)
        cells[entered] = [(x, cell) for x, cell in enumerate(row) if cell[0] >= 0]
        return (cell for _, cell in cells[entered])

    breadth_first([start], entered_from)
    names = _moore_names(mealy, list(cells))
    states = tuple(
        State(name, mealy.outputs[put] if put >= 0 else None, name, (name,))
        for (_, put), name in names.items()
    )
    transitions = tuple(
        Transition(names[source], mealy.inputs[x], names[target], mealy.inputs[x])
        for source, row in cells.items()
        for x, target in row
    )
    return Machine(mealy.name, mealy.name, states, mealy.inputs, transitions, names[start])


def _moore_names(mealy: Mealy, seen: list[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """Name the states of the Moore machine: as before, or ``state / output`` where it is split."""
    shares = Counter(s for s, _ in seen)
    names = {}
    for s, put in seen:
        split = shares[s] > 1 and put >= 0
        names[s, put] = f"{mealy.states[s]} / {mealy.outputs[put]}" if split else mealy.states[s]
    return names

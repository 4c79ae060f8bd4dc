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
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from fsm.arguments import check_choice, check_flags
from fsm.errors import MachineError
from fsm.graph import breadth_first
from fsm.machine import Machine, State, Transition
from fsm.machine_faults import check_trace
from fsm.suggest import no_such
from fsm.text import first_names, quantity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    IntTable: TypeAlias = NDArray[np.int32]

__all__ = ["MISSING", "NOTHING", "REJECTED", "Mealy", "Observable", "with_shown"]

Observable: TypeAlias = Literal["status", "state", "output"]
"""What an implementation shows of a compiled machine: its status or its state, at any time, or
its status in the answers to accepted events alone. No implementation can show whether a state is
final, so suites do not test it; comparisons and claims about machines do
(:func:`fsm.analysis.machine_facts.classes_of`)."""

REJECTED = "rejected"
"""The output of an event that has no transition; the state stays."""

NOTHING = "-"
"""The output where no status is shown yet."""

MISSING = "missing"
"""What differences say of a missing cell, in place of an output."""


@dataclass(frozen=True, eq=False, repr=False)
class Mealy:
    """Names, and two tables of shape (states, inputs): index of the next state, of the output.

    Both hold -1 where the machine is partial. The tables are copied and cannot be written to.
    ``shown`` has a text for each state that can be seen there at any time (a Moore output, such
    as a status), or is ``None`` where states show nothing. Raises :class:`MachineError` where
    names, shapes and indices do not fit.
    """

    name: str
    """Its name."""
    states: tuple[str, ...]
    """The names of the states."""
    inputs: tuple[str, ...]
    """The names of the inputs."""
    outputs: tuple[str, ...]
    """The names of the outputs."""
    next: IntTable
    """The index of the next state, by state and input."""
    output: IntTable
    """The index of the output, by state and input."""
    initial: int = 0
    """The index of the state in which it starts."""
    shown: tuple[str, ...] | None = None
    """What each state shows; ``None`` where states show nothing."""

    def __post_init__(self) -> None:
        shape = len(self.states), len(self.inputs)
        bounds = {"next": len(self.states), "output": len(self.outputs)}
        for field, bound in bounds.items():
            object.__setattr__(self, field, self._table(field, bound, shape))
        if ((self.next < 0) != (self.output < 0)).any():
            raise MachineError(f"{self.name}: a cell has a next state or an output, not both")
        if not 0 <= self.initial < len(self.states):
            raise MachineError(f"{self.name}: there is no state {self.initial} to start in")
        if self.shown is not None and len(self.shown) != len(self.states):
            raise MachineError(f"{self.name}: what is shown has not one entry for each state")
        for kind, names in (("state", self.states), ("input", self.inputs)):
            if len(set(names)) < len(names):
                duplicate = next(name for name in names if names.count(name) > 1)
                raise MachineError(f"{self.name}: two {kind}s are named {duplicate!r}")

    def _table(self, field: str, bound: int, shape: tuple[int, int]) -> IntTable:
        import numpy as np

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

        The output of a cell is the status after it, or with ``observable="state"`` the name of the
        state. An event without a transition does not change the state, and its output is
        ``rejected``, or without ``rejections`` the status as before. The output is a function of
        the state, so ``shown`` is set, except with ``observable="output"``.

        Raises :class:`MachineError` for what is no machine, also for the name of one, and
        :class:`fsm.errors.ArgumentError` for another ``observable``.
        With ``rejections``, a status (or state) named ``rejected`` is refused: its arrival and a
        rejected event would have the same output.
        """
        given: object = machine
        if not isinstance(given, Machine):
            raise MachineError(f"{given!r}: not a machine; a name becomes one with fsm.load")
        import numpy as np

        check_choice("observable", observable, get_args(Observable))
        check_flags(rejections=rejections)
        shown = tuple(_shows(state, observable) for state in machine.states)
        if rejections and REJECTED in shown:
            kind = "state" if observable == "state" else "status"
            raise MachineError(
                f"{machine.name}: the {kind} {REJECTED!r} cannot be told from a rejected event, "
                f"whose answer is {REJECTED!r}: rename the {kind}"
            )
        outputs = tuple(dict.fromkeys((*shown, REJECTED) if rejections else shown))
        accepted = np.array(machine.table, dtype=np.int32).reshape(len(shown), len(machine.events))
        rejects = accepted < 0
        stay = np.arange(len(shown), dtype=np.int32)[:, None]
        output_of = np.array([outputs.index(text) for text in shown], dtype=np.int32)
        rejected = outputs.index(REJECTED) if rejections else output_of[:, None]
        return cls(
            name=machine.name,
            states=tuple(state.name for state in machine.states),
            inputs=machine.events,
            outputs=outputs,
            next=np.where(rejects, stay, accepted),
            output=np.where(rejects, rejected, output_of[accepted]),
            initial=[state.name for state in machine.states].index(machine.initial),
            shown=None if observable == "output" else shown,
        )

    def __repr__(self) -> str:
        """Return one line: the name and the size."""
        counts = f"{len(self.states)} states, {len(self.inputs)} inputs"
        return f"Mealy({self.name!r}, {counts}, {len(self.outputs)} outputs)"

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
        rows, columns = (self.next < 0).nonzero()
        pairs = zip(rows.tolist(), columns.tolist(), strict=True)
        return tuple((self.states[s], self.inputs[x]) for s, x in pairs)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: x for x, name in enumerate(self.inputs)}

    def word(self, trace: Iterable[str]) -> tuple[int, ...]:
        """Return a trace as indices of inputs.

        Raises :class:`MachineError` for another input, and for a trace that is one text.
        """
        check_trace(self.name, trace)
        try:
            return tuple(self._index[name] for name in trace)
        except KeyError as error:
            raise MachineError(
                f"{self.name}: {no_such('input', str(error.args[0]), self.inputs)}"
            ) from None

    def walk(self, word: Sequence[int]) -> tuple[int, ...]:
        """Return the states a word of input indices visits, the initial one first.

        Raises :class:`MachineError` at a missing cell, and for what is no index of an input.
        """
        visited, indices = [self.initial], range(len(self.inputs))
        for x in word:
            if x not in indices:
                raise MachineError(
                    f"{self.name}: no input {x!r}; a word holds indices from 0 to "
                    f"{len(indices) - 1}, a trace of names becomes one with word()"
                )
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
        """Return the Moore machine whose statuses are what is shown, else the last outputs.

        An output ``rejected`` is a rejected event.

        A state entered with several statuses is split, one state for each of them, so that two
        such machines are equivalent exactly where their Mealy machines are. Where nothing is
        shown, the initial state has no output yet: its status is ``None``. Missing cells are
        its ``open_cells``.

        Raises :class:`MachineError` for an answer that such a machine cannot hold: :attr:`unheld`.
        """
        if self.unheld:
            raise MachineError(
                f"{self.name}: {self.unheld}, which a machine with statuses cannot hold; a plain "
                "fsm draw, and fsm compare, suite, test and learn take its answers as they are"
            )
        return _moore(self)

    def answer(self, state: int, x: int, *, shows: bool) -> str:
        """Return the output of a cell, with what is shown after it if ``shows`` and that differs.

        It is :data:`MISSING` for a missing cell; an ``x`` below 0 is no input of the machine.
        """
        target = -1 if x < 0 else int(self.next[state, x])
        if target < 0:
            return MISSING
        output = self.outputs[int(self.output[state, x])]
        shown = self.shown[target] if shows and self.shown else ""
        return with_shown(output, shown or output)

    @cached_property
    def reached(self) -> tuple[int, ...]:
        """The indices of the states that some trace leads to, nearest first."""
        targets = self.next.tolist()
        start = [self.initial]
        return tuple(breadth_first(start, lambda s: [t for t in targets[s] if t >= 0]))

    @cached_property
    def unheld(self) -> str:
        """A cell that a machine with statuses cannot hold; empty where there is none.

        Such a machine shows the status after an event, or rejects the event and stays as it was.
        It cannot hold a rejected event that leads to another state, nor an answer beside what is
        shown, such as ``done`` or an exception.
        """
        return next(_unheld(self), "")


def _shows(state: State, observable: Observable) -> str:
    if observable == "state":
        return state.name
    return NOTHING if state.status is None else state.status


_Pair: TypeAlias = tuple[int, str | None]
"""A state of the Moore machine: a state of the Mealy machine and the status on its arrival."""


def with_shown(output: str, shown: str) -> str:
    """Return an output with what is shown after it, once where both are the same."""
    return output if shown == output else f"{output}, shows {shown}"


def _unheld(mealy: Mealy) -> Iterator[str]:
    """Yield each reachable cell that a machine with statuses cannot hold, nearest first."""
    targets = mealy.next.tolist()
    for s in mealy.reached:
        for x, t in enumerate(targets[s]):
            if t >= 0:
                answer = mealy.outputs[int(mealy.output[s, x])]
                shown = answer if mealy.shown is None else mealy.shown[t]
                cell = f"{mealy.inputs[x]!r} in {mealy.states[s]!r}"
                if answer != REJECTED and answer != shown:
                    yield f"{cell} is answered {answer!r} and then shows {shown!r}"
                elif answer == REJECTED and t != s:
                    yield f"{cell} is rejected, but leads to {mealy.states[t]!r}"
                elif answer == REJECTED and mealy.shown is not None and shown == REJECTED:
                    yield f"{cell} is answered {answer!r}, which is a status as well"


def _moore(mealy: Mealy) -> Machine:
    start = (mealy.initial, None if mealy.shown is None else mealy.shown[mealy.initial])
    rows: dict[_Pair, list[tuple[int, _Pair]]] = {}

    def entered_from(pair: _Pair) -> Iterator[_Pair]:
        s, _ = pair
        row = zip(mealy.next[s].tolist(), mealy.output[s].tolist(), strict=True)
        rows[pair] = [
            (x, (t, _arrival(mealy, t, mealy.outputs[o])))
            for x, (t, o) in enumerate(row)
            if t >= 0 and not (t == s and mealy.outputs[o] == REJECTED)
        ]
        return (target for _, target in rows[pair])

    breadth_first([start], entered_from)
    names = _moore_names(mealy, list(rows))
    states = tuple(
        State(name, None if status == NOTHING and mealy.shown else status, name, (name,))
        for (_, status), name in names.items()
    )
    transitions = tuple(
        Transition(names[source], mealy.inputs[x], names[target], mealy.inputs[x])
        for source, row in rows.items()
        for x, target in row
    )
    missing = tuple(
        (names[pair], event)
        for pair in rows
        for event, t in zip(mealy.inputs, mealy.next[pair[0]].tolist(), strict=True)
        if t < 0
    )
    return Machine(
        mealy.name,
        mealy.name,
        states,
        mealy.inputs,
        transitions,
        names[start],
        assumed=tuple(_assumed_of_missing(mealy, {s for s, _ in rows})),
        open_cells=missing,
    )


def _assumed_of_missing(mealy: Mealy, reached: set[int]) -> Iterator[str]:
    """Yield what becomes of the missing cells of the states that are reached, if there are any."""
    names = {mealy.states[s] for s in reached}
    cells = [f"{event} in {state}" for state, event in mealy.missing if state in names]
    if cells:
        yield (
            f"{quantity(len(cells), 'missing cell')}: left out of tests, and the event rejected "
            f"elsewhere: {first_names(cells)}"
        )


def _arrival(mealy: Mealy, state: int, output: str) -> str:
    """Return the status of a state that is entered with an output."""
    return output if mealy.shown is None else mealy.shown[state]


def _moore_names(mealy: Mealy, pairs: list[_Pair]) -> dict[_Pair, str]:
    """Name the states of the Moore machine: as before, or ``state / status`` where it is split."""
    statuses = Counter(s for s, _ in pairs)
    names = {}
    for s, status in pairs:
        own = None if mealy.shown is None else mealy.shown[s]
        suffix = f" / {status}" if statuses[s] > 1 and status != own else ""
        names[s, status] = f"{mealy.states[s]}{suffix}"
    return names

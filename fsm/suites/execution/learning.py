"""The machine of an implementation, learnt through the adapter of the tests.

Learning sends events, builds a hypothesis from the answers, and tests the hypothesis with the
suite for it; a failed test refines it. The result is right under the guarantee of that suite.

Needs the extra ``learn``: AALpy, whose algorithm of M. Kearns and U. Vazirani (An Introduction
to Computational Learning Theory, 1994) asks the fewest questions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fsm.errors import FsmError
from fsm.graph import breadth_first
from fsm.implementations.connecting import connection_of
from fsm.implementations.connection import Connection
from fsm.implementations.observation import reset_and_observe, send_and_observe
from fsm.mealy import NOTHING, Mealy, with_shown
from fsm.suites.differences import CellDifference, cell_differences
from fsm.suites.execution.implementation import Implementation, run_test
from fsm.suites.generation import MAX_SYMBOLS, suite
from fsm.suites.guarantee import Guarantee
from fsm.suites.specification import Spec

if TYPE_CHECKING:
    from aalpy.automata import MealyMachine

__all__ = ["MAX_STATES", "Answer", "Learnt", "flat", "learn"]

MAX_STATES = 1000
"""Learning ends here: an implementation with more states may have infinitely many."""


class Answer(NamedTuple):
    """An answer to an event, and what is shown after it."""

    output: str
    shown: str


@dataclass(frozen=True, eq=False)
class Learnt:
    """The machine of an implementation, and what it took to learn it.

    Its outputs hold what is shown after them (see :func:`flat`), ``answers`` has the two apart;
    ``first`` is what was shown after a reset, ``None`` where nothing is shown at all. The machine
    is right if the implementation is in the domain of ``guarantee``.
    """

    mealy: Mealy
    first: str | None
    answers: Mapping[str, Answer]
    guarantee: Guarantee
    resets: int
    events: int

    def differences(self, specification: Mealy) -> tuple[CellDifference, ...]:
        """Return every cell of a specification that the implementation answers differently."""
        shown = specification.shown and specification.shown[specification.initial]
        if self.first != shown:
            state = specification.states[specification.initial]
            return (CellDifference(state, "", str(shown), str(self.first), ()),)
        return cell_differences(flat(specification), self.mealy)

    def named_after(self, specification: Mealy) -> Mealy:
        """Return the machine with its states named after those of a specification.

        What a state shows is in ``shown``, no longer in the outputs. A state gets the name of the
        state to which its shortest trace leads in the specification; where several get one name,
        all but the first are numbered.
        """
        learnt = self._showing()
        spec = Spec.of(learnt)
        columns = [_column(specification, event) for event in spec.inputs]
        seen: Counter[str] = Counter()
        names = []
        for word in spec.cover:
            name = _after(specification, [columns[x] for x in word])
            seen[name] += 1
            names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
        return replace(learnt, states=tuple(names))

    def _showing(self) -> Mealy:
        """Return the machine with what its states show, which is not part of the outputs.

        A state in which different things were shown is split; the states are numbered breadth
        first.
        """
        if self.first is None:
            return self.mealy
        mealy = self.mealy
        answer_to = [self.answers[text] for text in mealy.outputs]
        rows: dict[tuple[int, str], list[tuple[tuple[int, str], str]]] = {}

        def entered_from(pair: tuple[int, str]) -> Iterator[tuple[int, str]]:
            cells = zip(mealy.next[pair[0]].tolist(), mealy.output[pair[0]].tolist(), strict=True)
            rows[pair] = [((t, answer_to[o].shown), answer_to[o].output) for t, o in cells]
            return (target for target, _ in rows[pair])

        pairs = list(breadth_first([(mealy.initial, self.first)], entered_from))
        number = {pair: s for s, pair in enumerate(pairs)}
        outputs = tuple(dict.fromkeys(output for row in rows.values() for _, output in row))
        return Mealy(
            mealy.name,
            tuple(f"s{s}" for s in range(len(pairs))),
            mealy.inputs,
            outputs,
            np.array([[number[target] for target, _ in rows[pair]] for pair in pairs]),
            np.array([[outputs.index(output) for _, output in rows[pair]] for pair in pairs]),
            shown=tuple(shown for _, shown in pairs),
        )


def flat(mealy: Mealy) -> Mealy:
    """Return a machine whose outputs hold what is shown after them, and whose states show nothing.

    Two such machines are equivalent where the original ones are, the initial state left aside.
    """
    if mealy.shown is None:
        return mealy
    shown = mealy.shown
    targets, cells = mealy.next.ravel().tolist(), mealy.output.ravel().tolist()
    texts = [
        with_shown(mealy.outputs[o], shown[t]) if t >= 0 else NOTHING
        for t, o in zip(targets, cells, strict=True)
    ]
    outputs = tuple(dict.fromkeys(texts))
    number = {output: i for i, output in enumerate(outputs)}
    output = np.array([number[text] for text in texts], dtype=np.int32).reshape(mealy.next.shape)
    return Mealy(
        mealy.name,
        mealy.states,
        mealy.inputs,
        outputs,
        mealy.next,
        np.where(mealy.next < 0, -1, output),
        mealy.initial,
    )


def learn(
    implementation: Implementation | Connection,
    inputs: Iterable[str],
    *,
    shows: bool,
    extra_states: int = 1,
    max_states: int = MAX_STATES,
    max_symbols: int | None = MAX_SYMBOLS,
    name: str = "implementation",
) -> Learnt:
    """Learn the machine of an implementation over these events.

    ``shows`` says whether ``observe`` is called after every event. Each hypothesis of n states
    is tested with the suite for n + ``extra_states``, of at most ``max_symbols`` inputs. Raises
    :class:`FsmError` where the implementation is not deterministic or has more than
    ``max_states`` states, where that suite is larger, and where AALpy is missing.
    """
    run_kv, sul_class, oracle_class = _aalpy()
    alphabet = list(inputs)
    if not alphabet:
        raise FsmError("there are no events to send")
    system = _Counting(implementation, max_states, len(alphabet), shows=shows)

    class System(sul_class):  # type: ignore[misc, valid-type]
        """The implementation in the interface of AALpy."""

        def pre(self) -> None:
            system.reset()

        def post(self) -> None: ...

        def step(self, event: str) -> str:
            return system.send(event)

    class Tests(oracle_class):  # type: ignore[misc, valid-type]
        """Tests a hypothesis and returns the first failing test, up to its wrong answer."""

        def find_cex(self, hypothesis: MealyMachine) -> tuple[str, ...] | None:
            system.check_states(len(hypothesis.states))
            mealy = _mealy(hypothesis, alphabet, name)
            made = suite(mealy, extra_states=extra_states, max_symbols=max_symbols)
            for test in made.tests:
                run = run_test(system, mealy, test)
                if not run.agrees:
                    return run.trace
            return None

    aalpy_system = System()
    try:
        learnt: Any = run_kv(
            alphabet, aalpy_system, Tests(alphabet, aalpy_system), "mealy", print_level=0
        )
    except SystemExit as error:  # AALpy exits where answers contradict each other
        raise FsmError(f"the implementation is not deterministic: {_one_line(error)}") from None
    mealy = _mealy(learnt, alphabet, name)
    guarantee = suite(mealy, extra_states=extra_states, max_symbols=None).guarantee
    return Learnt(mealy, system.first, system.answers, guarantee, system.resets, system.events)


class _Counting:
    """An implementation whose answers hold what is shown after them; counts resets and events."""

    def __init__(
        self,
        implementation: Implementation | Connection,
        max_states: int,
        inputs: int,
        *,
        shows: bool,
    ) -> None:
        self._connection, self._shows = connection_of(implementation), shows
        self._max_states, self._inputs = max_states, inputs
        self.answers: dict[str, Answer] = {}
        self.first: str | None = None
        self.resets = self.events = 0

    def check_states(self, states: int) -> None:
        """Refuse more states than are allowed: learning might never end."""
        if states > self._max_states:
            raise FsmError(
                f"the implementation has more than {self._max_states:,} states, "
                "perhaps infinitely many"
            )

    def reset(self) -> None:
        self.resets += 1
        seen = reset_and_observe(self._connection, shows=self._shows)
        if seen.failure:
            raise FsmError(f"reset() of the implementation failed: {seen.failure}")
        if self._shows:
            before, self.first = self.first, seen.shown
            if before not in (None, self.first):
                raise FsmError(
                    f"after a reset the implementation shows {before!r}, and then {self.first!r}"
                )

    def send(self, event: str) -> str:
        self.events += 1
        seen = send_and_observe(self._connection, event, shows=self._shows)
        if seen.failure and self._connection.is_broken:
            raise FsmError(f"{event!r} after a reset and more events: {seen.failure}")
        answer = Answer(seen.text, seen.shown)
        return self._recorded(answer, with_shown(*answer) if self._shows else seen.text)

    def _recorded(self, answer: Answer, text: str) -> str:
        """Return the text of an answer; refuse more answers than the allowed states can have."""
        if self.answers.setdefault(text, answer) != answer:
            raise FsmError(
                f"{text!r} is both an answer and a status with 'shows'; rename the status"
            )
        # A state has one answer to each input, so n states have at most n * inputs answers.
        self.check_states(-(-len(self.answers) // self._inputs))
        return text


def _aalpy() -> tuple[Callable[..., Any], Any, Any]:
    try:
        from aalpy.base import SUL, Oracle
        from aalpy.learning_algs import run_KV
    except ImportError:
        raise FsmError("learning needs AALpy: pip install 'delivery-fsm[learn]'") from None
    return run_KV, SUL, Oracle


def _mealy(learnt: MealyMachine, inputs: list[str], name: str) -> Mealy:
    """Return AALpy's machine as tables, its states numbered breadth first."""
    order = list(
        breadth_first(
            [learnt.initial_state], lambda state: [state.transitions[event] for event in inputs]
        )
    )
    number = {state: i for i, state in enumerate(order)}
    outputs = tuple(dict.fromkeys(state.output_fun[event] for state in order for event in inputs))
    return Mealy(
        name,
        tuple(f"s{i}" for i in range(len(order))),
        tuple(inputs),
        outputs,
        np.array([[number[state.transitions[event]] for event in inputs] for state in order]),
        np.array([[outputs.index(state.output_fun[event]) for event in inputs] for state in order]),
    )


def _column(mealy: Mealy, event: str) -> int:
    return mealy.inputs.index(event) if event in mealy.inputs else -1


def _after(mealy: Mealy, word: Iterable[int]) -> str:
    """Return the state a word leads to; inputs without a transition are skipped."""
    state = mealy.initial
    for x in word:
        if x >= 0 and mealy.next[state, x] >= 0:
            state = int(mealy.next[state, x])
    return mealy.states[state]


def _one_line(error: SystemExit) -> str:
    lines = str(error).splitlines()
    return "; ".join(line for line in lines if not line.startswith("Non-determinism"))

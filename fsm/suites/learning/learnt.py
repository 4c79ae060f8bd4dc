"""The machine of an implementation, learnt through the adapter of the tests.

The first hypothesis is the machine that the implementation should be, where that is known. Each
hypothesis is tested with the suite for it; a wrong answer, with all answers before it, makes the
next one. What was observed is not asked again, and counts as a test. The result is right under the
guarantee of its suite.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import NamedTuple

import numpy as np

from fsm.errors import FsmError
from fsm.implementations.connection import Connection
from fsm.mealy import Mealy
from fsm.suites.differences import CellDifference, cell_differences, uncompared_cells
from fsm.suites.execution.implementation import Implementation
from fsm.suites.generation import MAX_SYMBOLS, Suite, suite
from fsm.suites.guarantee import Guarantee
from fsm.suites.learning.growth import MAX_STATES, Growth
from fsm.suites.learning.hypothesis import Learner
from fsm.suites.learning.questions import Questions
from fsm.suites.learning.reference import Hypothesis, Reference
from fsm.suites.specification import Spec, Word

__all__ = ["LearningCost", "Learnt", "learn"]

CONTINUED = 500_000
"""So many answers, at most, are taken into account when the tests of a hypothesis are made."""


class LearningCost(NamedTuple):
    """What it took to learn a machine."""

    hypotheses: int
    """How many machines were tested, the last one among them."""
    resets: int
    events: int
    """How many events were sent."""
    learning_events: int
    """How many of them were sent to find the next hypothesis; the others tested one."""
    known: int
    """How many questions and tests were answered by what had been observed before."""

    @property
    def testing_events(self) -> int:
        """How many events were sent to test hypotheses."""
        return self.events - self.learning_events


@dataclass(frozen=True, eq=False)
class Learnt:
    """The machine of an implementation, and what it took to learn it.

    The machine is right if the implementation is in the domain of ``guarantee``.
    """

    mealy: Mealy
    guarantee: Guarantee
    cost: LearningCost

    def differences(self, specification: Mealy) -> tuple[CellDifference, ...]:
        """Return every cell of a specification that the implementation answers differently."""
        return cell_differences(specification, self.mealy)

    def not_compared(self, specification: Mealy) -> tuple[tuple[str, str], ...]:
        """Return the cells (state, event) of a specification behind differences only."""
        return uncompared_cells(specification, self.mealy)

    def named_after(self, specification: Mealy) -> Mealy:
        """Return the machine with its states named after those of a specification.

        A state gets the name of the state to which its shortest trace leads in the specification;
        where several get one name, all but the first have a number that no other name has.
        """
        spec = Spec.of(self.mealy)
        columns = [_column(specification, event) for event in spec.inputs]
        taken, own = set(specification.states), set[str]()
        names = [""] * len(self.mealy.states)
        for place, word in zip(spec.origin, spec.cover, strict=True):
            name = _after(specification, [columns[x] for x in word])
            if name in own:
                name = next(each for each in _numbered(name) if each not in taken)
            names[place] = name
            own.add(name)
            taken.add(name)
        return replace(self.mealy, states=tuple(names))


def learn(
    implementation: Implementation | Connection,
    inputs: Iterable[str],
    *,
    shows: bool,
    reference: Mealy | None = None,
    extra_states: int = 1,
    max_states: int = MAX_STATES,
    max_symbols: int | None = MAX_SYMBOLS,
    name: str = "implementation",
) -> Learnt:
    """Learn the machine of an implementation over these events.

    ``shows`` says whether ``observe`` is called after every event. ``reference`` is the machine
    that the implementation should be: where it is, learning takes as many events as its suite.
    Each hypothesis of n states is tested with the suite for n + ``extra_states``, of at most
    ``max_symbols`` inputs. Raises :class:`FsmError` where the implementation is not deterministic
    or has more than ``max_states`` states, and where that suite is larger.
    """
    alphabet = tuple(inputs)
    if not alphabet:
        raise FsmError("there are no events to send")
    questions = Questions(implementation, alphabet, shows=shows)
    expected = None if reference is None else Reference.of(reference, questions)
    growth = Growth(questions, max_states, len(expected.next) if expected else 0)
    learner = Learner(questions, expected, growth.check)
    made = expected.hypothesis(questions.first) if expected else None
    if made is None or len(made.next) > max_states:
        made = learner.hypothesis()
    hypotheses, learning_events = 1, questions.events
    while True:
        mealy = _mealy(made, questions, name)
        tests = suite(mealy, extra_states=extra_states, max_symbols=max_symbols)
        if not _is_refuted(made, tests, questions):
            break
        before = questions.events
        made = learner.hypothesis()
        learning_events += questions.events - before
        hypotheses += 1
    cost = LearningCost(
        hypotheses, questions.resets, questions.events, learning_events, questions.known
    )
    return Learnt(mealy, tests.guarantee, cost)


def _is_refuted(made: Hypothesis, tests: Suite, questions: Questions) -> bool:
    """Run the tests of a hypothesis that were not observed yet, up to the first wrong answer."""
    known: tuple[Word, ...] = ()
    if 1 < len(questions.tree) <= CONTINUED:
        known = tuple(questions.tree.leaves())
    left = replace(tests, options=tests.options._replace(known=known))
    return any(questions.refutation(word, made.answers(word)) for word in left.words())


def _mealy(made: Hypothesis, questions: Questions, name: str) -> Mealy:
    """Return a hypothesis as a machine."""
    texts = [[questions.answers[a].output for a in row] for row in made.answer]
    outputs = tuple(dict.fromkeys(text for row in texts for text in row))
    number = {text: o for o, text in enumerate(outputs)}
    return Mealy(
        name,
        tuple(f"s{s}" for s in range(len(made.next))),
        questions.inputs,
        outputs,
        np.array(made.next),
        np.array([[number[text] for text in row] for row in texts]),
        shown=tuple(made.shown) if questions.shows else None,
    )


def _numbered(name: str) -> Iterator[str]:
    return (f"{name} ({number})" for number in count(2))


def _column(mealy: Mealy, event: str) -> int:
    return mealy.inputs.index(event) if event in mealy.inputs else -1


def _after(mealy: Mealy, word: Iterable[int]) -> str:
    """Return the state a word leads to; inputs without a transition are skipped."""
    state = mealy.initial
    for x in word:
        if x >= 0 and mealy.next[state, x] >= 0:
            state = int(mealy.next[state, x])
    return mealy.states[state]

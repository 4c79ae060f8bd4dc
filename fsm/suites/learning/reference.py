"""Machines in the numbers of the questions: hypotheses, and the machine that is expected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from fsm.errors import FsmError
from fsm.mealy import Mealy
from fsm.suites.distinguish.identifiers import pair_words
from fsm.suites.distinguish.separation import state_separator
from fsm.suites.equivalence import reduced
from fsm.suites.learning.observation_tree import ObservationTree
from fsm.suites.learning.questions import Answer, Questions
from fsm.suites.specification import Spec, Word, maximal

__all__ = ["Hypothesis", "Reference"]

FOLLOWED = 200
"""How many observed answers after a trace are compared with those of a state."""


class Hypothesis(NamedTuple):
    """A complete machine whose initial state is 0; answers are the numbers of the questions."""

    next: list[list[int]]
    """The next state, by state and input."""
    answer: list[list[int]]
    """The number of the answer, by state and input."""
    shown: list[str]
    """What each state shows."""

    def answers(self, word: Word) -> list[int]:
        """Return the answers to a word."""
        state, answers = 0, []
        for x in word:
            answers.append(self.answer[state][x])
            state = self.next[state][x]
        return answers

    def after(self, word: Word) -> int:
        """Return the state that a word leads to."""
        state = 0
        for x in word:
            state = self.next[state][x]
        return state


@dataclass(frozen=True)
class Reference:
    """The machine that an implementation is expected to be; its initial state is 0."""

    next: list[list[int]]
    """The next state, by state and input, -1 where there is none."""
    answer: list[list[int]]
    """The number of the answer, by state and input."""
    shown: list[str]
    """What each state shows."""
    words: list[Word]
    """Words that lead to each state and tell it from every other one."""

    @classmethod
    def of(cls, mealy: Mealy, questions: Questions) -> Reference:
        """Return a machine, its equivalent states merged, over the inputs of the questions."""
        if questions.shows and mealy.shown is None:
            raise FsmError(f"{mealy.name} shows nothing in its states, and the implementation must")
        smallest = _smallest(mealy, questions.inputs)
        if not questions.shows:
            smallest = replace(smallest, shown=None)
        spec = Spec.of(smallest)
        shown = [smallest.shown[s] if smallest.shown else "" for s in spec.origin]
        answer = [
            [
                questions.number(Answer(mealy.outputs[o], shown[t])) if t >= 0 else -1
                for t, o in zip(*row, strict=True)
            ]
            for row in zip(spec.next, spec.output, strict=True)
        ]
        identifiers = pair_words(spec, state_separator(spec))
        words = maximal(
            (*path, *word)
            for path, (words, _) in zip(spec.cover, identifiers, strict=True)
            for word in words or [()]
        )
        return cls(spec.next, answer, shown, words)

    def hypothesis(self, first: str) -> Hypothesis | None:
        """Return it as a hypothesis, ``None`` where it is partial or shows another start."""
        if self.shown[0] != first or any(min(row) < 0 for row in self.next):
            return None
        return Hypothesis(self.next, self.answer, self.shown)

    def most_alike(self, tree: ObservationTree, node: int, shown: str, expected: int) -> int:
        """Return the state with the largest share of a node's answers, of several the expected."""
        states = range(len(self.next))
        shares = [self._share(tree, node, shown, s) for s in states]
        return max(states, key=lambda s: (shares[s], s == expected, -s))

    def _share(self, tree: ObservationTree, node: int, shown: str, state: int) -> float:
        right, compared = int(shown == self.shown[state]), 1
        places = [(node, state)]
        for place, s in places:  # which grows meanwhile
            for x, after in tree.children(place):
                if self.next[s][x] >= 0 and compared < FOLLOWED:
                    compared += 1
                    right += tree.answer(after) == self.answer[s][x]
                    places.append((after, self.next[s][x]))
        return right / compared


def _smallest(mealy: Mealy, inputs: tuple[str, ...]) -> Mealy:
    """Return a machine over some inputs, its equivalent states merged where it is complete."""
    columns = [mealy.inputs.index(x) if x in mealy.inputs else -1 for x in inputs]
    missing = np.full((len(mealy.states), 1), -1, dtype=np.int32)  # the last column
    after, output = (np.hstack([t, missing])[:, columns] for t in (mealy.next, mealy.output))
    over = replace(mealy, inputs=inputs, next=after, output=output)
    return reduced(over) if over.is_complete else over

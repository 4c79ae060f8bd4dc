"""Hypotheses: machines that give every answer that was observed, with as few states as can be.

The *basis* are traces that are apart from each other, so each leads to a state of its own. One
input more leads to a state of the basis that is not apart from it, or to a new one. This is L# of
F. Vaandrager, B. Garhewal, J. Rot, T. Wissmann (A New Approach for Active Automata Learning Based
on Apartness, 2022); as in its adaptive form (L. Kruger, S. Junges, J. Rot, State Matching and
Multiple References in Adaptive Active Automata Learning, 2024) a reference says which state is
probable, and so which words to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

from fsm.mealy import REJECTED
from fsm.suites.learning.observation_tree import ROOT
from fsm.suites.learning.questions import Questions
from fsm.suites.learning.reference import Hypothesis, Reference
from fsm.suites.specification import Word

__all__ = ["Learner"]

COMPARED = 8
"""Of so many states every two are considered when a word that tells many apart is chosen."""


class Learner:
    """The states found so far; each hypothesis refines the one before."""

    def __init__(
        self,
        questions: Questions,
        reference: Reference | None,
        grown: Callable[[Word], object] = lambda _: None,
    ) -> None:
        """``grown`` is called with the trace to each new state of the basis."""
        self.questions, self.tree = questions, questions.tree
        self.reference, self.grown = reference, grown
        self.basis = [ROOT]
        self._state_of = {ROOT: 0}
        self._showing: dict[int, list[int]] = {self.tree.shown_in(ROOT): [0]}
        """The states of the basis by what is shown in them."""
        self.access: list[Word] = [()]
        self._likely: list[int] = [0 if reference else -1]
        """The state of the reference that each state of the basis is likely to be."""
        self._apart: dict[int, set[int]] = {}
        """The states of the basis from which a node is known to be apart."""
        self._words: dict[tuple[int, tuple[int, ...]], Word] = {}
        self._witnesses: dict[tuple[int, int], Word] = {}

    def hypothesis(self) -> Hypothesis:
        """Return a machine that gives every answer that was observed.

        At first the states of the reference are looked for.
        """
        if self.reference and len(self.basis) == 1:
            for word in self.reference.words:
                self.questions.ask(word)
        while True:
            made = self._complete()
            wrong = self._contradiction(made)
            if wrong is None:
                return made
            self._explain(wrong, made)

    def _complete(self) -> Hypothesis:
        """Find where each input leads from each state of the basis."""
        inputs = range(len(self.questions.inputs))
        while True:
            count = len(self.basis)
            after: list[list[int]] = []
            answer: list[list[int]] = []
            for s, node in enumerate(self.basis):  # which grows meanwhile
                after.append([self._target(s, x) for x in inputs])
                answer.append([self.tree.answer(self.tree.after(node, x)) for x in inputs])
            if len(self.basis) == count:
                return Hypothesis(after, answer, [*map(self.questions.shown_text, self.basis)])

    def _target(self, s: int, x: int) -> int:
        """Return the state that an input leads to, a new one where it is apart from the others.

        Of several it is the probable one: the tests of the hypothesis tell whether that is right.
        """
        tree, probable = self.tree, self._probable(s, x)
        node = tree.after(self.basis[s], x)
        if node < 0:
            everyone = tuple(range(len(self.basis)))
            word = self._identifying(probable, everyone) if len(everyone) > 1 else ()
            self.questions.ask((*self.access[s], x, *word))
            node = tree.after(self.basis[s], x)
        if node in self._state_of:
            return self._state_of[node]
        if probable < 0 and self.questions.answers[tree.answer(node)].output == REJECTED:
            probable = s
        while len(alike := self._alike(node)) > 1:
            if probable in alike:
                return probable
            word = self._identifying(probable, tuple(alike))
            self.questions.ask((*self.access[s], x, *word))
        if alike:
            return alike[0]
        self._state_of[node] = len(self.basis)
        self._showing.setdefault(tree.shown_in(node), []).append(len(self.basis))
        self.basis.append(node)
        self.access.append((*self.access[s], x))
        self._likely.append(self._matching(node, self._expected(s, x)))
        self.grown(self.access[-1])
        return len(self.basis) - 1

    def _alike(self, node: int) -> list[int]:
        """Return the states of the basis that a node is not apart from."""
        apart = self._apart.setdefault(node, set())
        shown = self._showing.get(self.tree.shown_in(node), ())
        alike = []
        for s in shown:
            if s not in apart:
                if self.tree.witness(node, self.basis[s]) is None:
                    alike.append(s)
                else:
                    apart.add(s)
        return alike

    # Words

    def _identifying(self, probable: int, states: tuple[int, ...]) -> Word:
        """Return a word that tells a probable state from most others, or most of them apart."""
        key = probable if probable in states else -1, states
        if key not in self._words:
            self._words[key] = min(self._candidates(*key))[-1]
        return self._words[key]

    def _candidates(
        self, probable: int, states: tuple[int, ...]
    ) -> Iterator[tuple[int, int, Word]]:
        nodes = [self.basis[s] for s in states]
        if probable >= 0:
            words = {self._witness(probable, s) for s in states if s != probable}
            pivot = self.basis[probable]
            for word in sorted(words):
                yield -sum(self.tree.tells(word, pivot, n) for n in nodes), len(word), word
            return
        words = {self._witness(s, t) for s, t in combinations(states[:COMPARED], 2)}
        for word in sorted(words):
            groups = {self._signature(word, node) for node in nodes}
            yield -len(groups), len(word), word

    def _signature(self, word: Word, node: int) -> tuple[int, ...]:
        answers = []
        for x in word:
            node = self.tree.after(node, x)
            if node < 0:
                break
            answers.append(self.tree.answer(node))
        return tuple(answers)

    def _witness(self, s: int, t: int) -> Word:
        """Return a word that tells two states of the basis apart."""
        pair = (s, t) if s < t else (t, s)
        if pair not in self._witnesses:
            # Never None, since the states of the basis are apart.
            self._witnesses[pair] = self.tree.witness(self.basis[s], self.basis[t]) or ()
        return self._witnesses[pair]

    # The reference

    def _expected(self, s: int, x: int) -> int:
        """Return the state of the reference that an input should lead to, -1 if none."""
        likely = self._likely[s]
        return self.reference.next[likely][x] if self.reference and likely >= 0 else -1

    def _probable(self, s: int, x: int) -> int:
        """Return the state of the basis that an input should lead to, -1 if none."""
        expected = self._expected(s, x)
        return self._likely.index(expected) if expected >= 0 and expected in self._likely else -1

    def _matching(self, node: int, expected: int) -> int:
        """Return the state of the reference that answers most like a node."""
        if not self.reference:
            return -1
        return self.reference.most_alike(self.tree, node, self.questions.shown_text(node), expected)

    # Counterexamples

    def _contradiction(self, made: Hypothesis) -> Word | None:
        """Return a shortest observed trace that a hypothesis answers differently."""
        places = [(ROOT, 0)]
        for node, state in places:  # which grows meanwhile
            for x, after in self.tree.children(node):
                if self.tree.answer(after) != made.answer[state][x]:
                    return self.tree.word(after)
                places.append((after, made.next[state][x]))
        return None

    def _explain(self, wrong: Word, made: Hypothesis) -> None:
        """Ask until a trace of the basis, and one input more, is apart from its state.

        ``wrong`` is an observed trace whose last answer is not that of the hypothesis.
        """
        tree = self.tree
        word, suffix = wrong[:-1], wrong[-1:]
        while True:
            s = made.after(word)
            inside = self._inside(word)
            if inside + 1 >= len(word):
                return
            half = inside + 1 + (len(word) - inside - 1) // 2
            start, rest = word[:half], word[half:]
            t = made.after(start)
            moved = (*self.access[t], *rest)
            self.questions.ask((*moved, *suffix))
            if tree.witness(tree.end(ROOT, moved), self.basis[s]) is not None:
                word = moved
            else:
                word, suffix = start, (*rest, *suffix)

    def _inside(self, word: Word) -> int:
        """Return how many inputs of a word stay within the basis."""
        node = ROOT
        for length, x in enumerate(word):
            node = self.tree.after(node, x)
            if node not in self._state_of:
                return length
        return len(word)

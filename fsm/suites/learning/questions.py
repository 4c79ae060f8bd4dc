"""Questions to an implementation: each trace is run once, and its answers are remembered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fsm.errors import FsmError
from fsm.implementations.connecting import connection_of
from fsm.implementations.connection import Connection
from fsm.implementations.observation import reset_and_observe, send_and_observe
from fsm.mealy import with_shown
from fsm.suites.execution.implementation import Implementation
from fsm.suites.learning.observation_tree import ROOT, ObservationTree
from fsm.suites.specification import Word

__all__ = ["Answer", "Questions"]

REMEMBERED = 10_000_000
"""How many answers are remembered; later ones are compared with the hypothesis alone."""


class Answer(NamedTuple):
    """An answer to an event, and what is shown after it; empty where nothing is."""

    output: str
    shown: str

    def __str__(self) -> str:
        return with_shown(*self) if self.shown else self.output


class Questions:
    """An implementation that is asked, what it answered, and what that took."""

    def __init__(
        self, implementation: Implementation | Connection, inputs: Sequence[str], *, shows: bool
    ) -> None:
        self._connection, self.shows = connection_of(implementation), shows
        self.inputs = tuple(inputs)
        self.resets = self.events = self.known = 0
        self.answers: list[Answer] = []
        self._number: dict[Answer, int] = {}
        self._shown: dict[str, int] = {}
        self._shown_after: list[int] = []
        self._seen = ""
        """What was shown last."""
        self.first = self._reset()
        self._is_reset = True
        self.tree = ObservationTree(self.shown_number(self.first), self._shown_after)

    def number(self, answer: Answer) -> int:
        """Return the number of an answer."""
        number = self._number.setdefault(answer, len(self.answers))
        if number == len(self.answers):
            self.answers.append(answer)
            self._shown_after.append(self.shown_number(answer.shown))
        return number

    def shown_number(self, shown: str) -> int:
        """Return the number of what is shown."""
        return self._shown.setdefault(shown, len(self._shown))

    def shown_text(self, node: int) -> str:
        """Return what is shown in a node of the tree."""
        answer = self.tree.answer(node)
        return self.first if answer < 0 else self.answers[answer].shown

    def ask(self, word: Word) -> int:
        """Return the node of a word; it is run where it was not observed yet."""
        node = self.tree.end(ROOT, word)
        if node >= 0:
            self.known += 1
            return node
        return self._record(word, self._run(word))

    def refutation(self, word: Word, expected: Sequence[int]) -> Word | None:
        """Return a word up to its first wrong answer, ``None`` where no answer is wrong.

        It is not run where it was observed already, and not beyond a wrong answer. The answers are
        remembered, beyond a bound only where one is wrong.
        """
        node = ROOT
        for place, x in enumerate(word):
            node = self.tree.after(node, x)
            if node < 0:
                break
            if self.tree.answer(node) != expected[place]:
                return word[: place + 1]
        else:
            self.known += 1
            return None
        answers = self._run(word, expected)
        is_wrong = answers[-1] != expected[len(answers) - 1]
        if is_wrong or len(self.tree) < REMEMBERED:
            self._record(word, answers)
        return word[: len(answers)] if is_wrong else None

    def answers_to(self, word: Word) -> list[int]:
        """Run a word, and return its answers; they are not remembered."""
        return self._run(word)

    def _run(self, word: Word, expected: Sequence[int] = ()) -> list[int]:
        """Send a word and return the answers, up to the first one that is not as expected."""
        if not self._is_reset:
            shown = self._reset(self.first)
            if shown != self.first:
                raise FsmError(
                    f"after a reset the implementation shows {self.first!r}, and then {shown!r}"
                )
        self._is_reset = False
        answers: list[int] = []
        for place in range(len(word)):
            right = self.answers[expected[place]].shown if expected else None
            answer = self._send(word[: place + 1], right)
            answers.append(answer)
            if expected and answer != expected[len(answers) - 1]:
                break
        return answers

    def _record(self, word: Word, answers: list[int]) -> int:
        """Put answers into the tree and return the last node."""
        tree, node = self.tree, ROOT
        for place, (x, answer) in enumerate(zip(word, answers, strict=False), 1):
            after = tree.after(node, x)
            if after < 0:
                after = tree.add(node, x, answer)
            elif tree.answer(after) != answer:
                before, now = self.answers[tree.answer(after)], self.answers[answer]
                trace = self._trace(word[:place])
                raise FsmError(
                    f"the implementation is not deterministic: the last answer to {trace} was "
                    f"'{before}', and then '{now}'"
                )
            node = after
        return node

    def _reset(self, expected: str | None = None) -> str:
        self.resets += 1
        awaited = self._awaited(expected)
        seen = reset_and_observe(self._connection, shows=self.shows, expected=awaited)
        if seen.failure or self._connection.is_broken:
            raise FsmError(f"reset() of the implementation failed: {seen.failure or seen.shown}")
        self._seen = seen.shown
        return seen.shown

    def _awaited(self, expected: str | None) -> str | None:
        """Return what need not be waited for any longer once it is shown.

        What was shown before may still change, also where it is expected to stay.
        """
        return None if expected == self._seen else expected

    def _send(self, word: Word, expected: str | None) -> int:
        """Send the last event of a word; ``expected`` is what should be shown then, if known.

        Raises :class:`FsmError` where the implementation must be begun anew: then no event follows
        that could be asked about.
        """
        self.events += 1
        event = self.inputs[word[-1]]
        awaited = self._awaited(expected)
        seen = send_and_observe(self._connection, event, shows=self.shows, expected=awaited)
        if self._connection.is_broken:
            raise FsmError(
                f"{seen.failure or seen.shown}; trace: {self._trace(word)}; what follows cannot be "
                "learnt; fsm test tells the failures, each with a short trace"
            )
        self._seen = seen.shown
        return self.number(Answer(seen.text, seen.shown))

    def _trace(self, word: Word) -> str:
        return ", ".join(self.inputs[x] for x in word)

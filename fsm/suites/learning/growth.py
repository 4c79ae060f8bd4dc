"""Implementations with more states than are allowed, perhaps infinitely many, found early."""

from __future__ import annotations

from fsm.errors import FsmError
from fsm.suites.learning.questions import Questions
from fsm.suites.specification import Word
from fsm.text import quantity

__all__ = ["MAX_STATES", "Growth"]

MAX_STATES = 1000
"""Learning ends here: an implementation with more states may have infinitely many."""

LOOKED_AT = 16
"""The first number of states at which it is tried whether the same events make more and more."""

LONGEST = 3
"""How many events are repeated, at most."""

REPEATED = 3
"""How often they must have made a new state."""

FEWER = 8
"""At least one of so many repeated events must make a new state, for that to be noticed."""

TRIED = 16
"""How many events are tried to show that the states differ."""


class Growth:
    """Watches the states that learning finds.

    An event that is repeated more often than states are allowed, and another one afterwards, prove
    that there are more: an event repeated n times with one answer, and then with another one, has
    passed n + 1 states.
    """

    def __init__(self, questions: Questions, max_states: int, expected: int) -> None:
        """Take how many states are allowed, and how many are expected."""
        self._questions, self._max_states = questions, max_states
        self._next_look = max(LOOKED_AT, expected + expected // 2)
        self._states = 1

    def check(self, access: Word) -> None:
        """Count a new state and the trace to it; raises :class:`FsmError` where it is too many."""
        self._states += 1
        repeated = _repeated(access)
        if self._states > self._max_states:
            self._refuse(f"more {self._named(repeated)} lead to new states: " if repeated else "")
        if self._states >= self._next_look and repeated:
            self._next_look *= 2
            self._try(access, repeated)

    def _try(self, access: Word, repeated: Word) -> None:
        """Repeat events until more states than are allowed must have been passed, if they can."""
        questions, most = self._questions, self._max_states
        start = access
        while start[-len(repeated) :] == repeated:
            start = start[: -len(repeated)]
        events = self._named(repeated)
        once = questions.answers_to((*start, *repeated * (most + 1)))
        if len({*once[len(start) :: len(repeated)]}) > most:
            self._refuse(f"each {events} is answered in a new way: ")
        for x in range(min(TRIED, len(questions.inputs))):
            times = most + 1
            passed = self._run_length((*start, *repeated * times), x)
            if most // FEWER < passed < most:  # not each of the events makes a new state
                times = times * most // passed + FEWER
                passed = self._run_length((*start, *repeated * times), x)
            if passed >= most:
                name = questions.inputs[x]
                self._refuse(f"more {events} lead to new states, as {name!r} shows later: ")

    def _run_length(self, word: Word, x: int) -> int:
        """Return how often an event is answered alike after a word before another answer comes.

        It is 0 where no other one comes.
        """
        answers = self._questions.answers_to((*word, *(x,) * (len(word) + 1)))[len(word) :]
        return next((n for n, answer in enumerate(answers) if answer != answers[0]), 0)

    def _named(self, repeated: Word) -> str:
        return ", ".join(repr(self._questions.inputs[x]) for x in repeated)

    def _refuse(self, cause: str) -> None:
        raise FsmError(
            f"{cause}the implementation has more than {quantity(self._max_states, 'state')}, "
            "perhaps infinitely many; allow more with --max-states (max_states)"
        )


def _repeated(word: Word) -> Word | None:
    """Return the shortest inputs with which a word ends several times."""
    for length in range(1, LONGEST + 1):
        last = word[-length:]
        if len(word) >= length * REPEATED and word[-length * REPEATED :] == last * REPEATED:
            return last
    return None

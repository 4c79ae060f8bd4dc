"""What an event does in one configuration, as a tree of the guards that decide it there.

A guard becomes a question only where a step asks for it. So an event has input symbols for the
guards that matter somewhere, and each configuration asks for its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from fsm.errors import MachineError
from fsm.flattening.stepper import Macrostep
from fsm.guard import MAX_GUARDS, Valuation, valuations

__all__ = [
    "Decision",
    "GuardBranch",
    "decide",
    "guards_asked",
    "meant",
    "possible_steps",
    "refined",
]

MAX_CASES = 2**MAX_GUARDS
"""Cases of one event in one configuration."""

MAX_SYMBOLS = 1_024
"""Input symbols of one event."""


@dataclass(frozen=True, slots=True)
class GuardBranch:
    """A guard, and what follows where it holds and where it does not."""

    name: str
    yes: Decision
    no: Decision


Decision: TypeAlias = "GuardBranch | Macrostep | None"
"""A question, a step, or a rejection (``None``)."""


class _UnknownGuardError(Exception):
    """A step asks for a guard that has no value yet."""


class _Known(dict[str, bool]):
    """The guards that were asked so far."""

    def __missing__(self, name: str) -> bool:
        raise _UnknownGuardError(name)


def decide(step: Callable[[Valuation], Macrostep | None], where: str) -> Decision:
    """Return what a step does under every valuation of the guards that it asks for.

    Raises :class:`MachineError` with ``where`` for more than 64 cases.
    """
    left = [MAX_CASES]

    def grow(known: dict[str, bool]) -> Decision:
        try:
            done = step(_Known(known))
        except _UnknownGuardError as unknown:
            (name,) = unknown.args
            left[0] -= 1
            if left[0] < 1:
                names = ", ".join(sorted({*known, name}))
                raise MachineError(
                    f"{where}: depends on too many guards ({names}, ...), at most {MAX_CASES} "
                    "cases of one event can be told apart in a state; join some guards into one"
                ) from None
            return GuardBranch(name, grow({**known, name: True}), grow({**known, name: False}))
        return done

    return grow({})


def guards_asked(decision: Decision) -> Iterator[str]:
    """Yield the guards that a decision asks for."""
    if isinstance(decision, GuardBranch):
        yield decision.name
        yield from guards_asked(decision.yes)
        yield from guards_asked(decision.no)


def possible_steps(decision: Decision) -> Iterator[Macrostep]:
    """Yield the steps that a decision may lead to."""
    if isinstance(decision, GuardBranch):
        yield from possible_steps(decision.yes)
        yield from possible_steps(decision.no)
    elif decision:
        yield decision


def meant(decision: Decision, valuation: Valuation) -> Macrostep | None:
    """Return the step that a valuation of all guards leads to."""
    while isinstance(decision, GuardBranch):
        decision = decision.yes if valuation[decision.name] else decision.no
    return decision


def refined(decisions: Iterable[Decision], where: str) -> list[dict[str, bool]]:
    """Return the valuations for which an event has an input symbol, all true first.

    With at most six guards these are all valuations. With more guards a symbol for each would be
    too many, and most would do the same: a state asks for a few guards only. Then there is a symbol
    for each case of each state, in which the guards that the state does not ask for do not hold. So
    every symbol says the truth of every guard, every state tells all its cases apart, and whatever
    a valuation without a symbol does in a state, one with a symbol does there as well.

    Raises :class:`MachineError` with ``where`` for more than 1,024 symbols.
    """
    decisions = list(decisions)
    names = sorted({name for decision in decisions for name in guards_asked(decision)})
    if len(names) <= MAX_GUARDS:
        return list(valuations(names, where))
    nothing = dict.fromkeys(names, False)
    cases = {
        tuple({**nothing, **case}.values()) for decision in decisions for case in _cases(decision)
    }
    if len(cases) > MAX_SYMBOLS:
        raise MachineError(
            f"{where}: depends on {len(names)} guards ({', '.join(names)}) in {len(cases):,} ways, "
            f"at most {MAX_SYMBOLS:,} can be input symbols; join some of them into one"
        )
    return [dict(zip(names, truths, strict=True)) for truths in sorted(cases, reverse=True)]


def _cases(decision: Decision) -> Iterator[Mapping[str, bool]]:
    """Yield the valuations that lead to each step of a decision."""
    if isinstance(decision, GuardBranch):
        for truth, rest in ((True, decision.yes), (False, decision.no)):
            yield from ({decision.name: truth, **case} for case in _cases(rest))
    else:
        yield {}

"""The states of one Mealy machine: which are reachable or equivalent, and what tells them apart.

>>> from fsm.formats.dot import parse_dot
>>> mealy = parse_dot('digraph { a -> b [label="x/0"]; b -> a [label="x/1"] }', "m.dot")
>>> distinguishing_trace(mealy, "a", "b"), characterising_set(mealy)
(('x',), (('x',),))
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fsm.errors import MachineError
from fsm.mealy import Mealy
from fsm.suites.completion import describe_missing
from fsm.suites.distinguish import characterising as characterise
from fsm.suites.distinguish.separation import inseparable_pair, state_separator
from fsm.suites.distinguish.splitting_tree import SplittingTree
from fsm.suites.specification import Spec, Word
from fsm.trace import Trace

__all__ = [
    "characterising_set",
    "classes",
    "distinguishing_trace",
    "is_minimal",
    "reachable",
    "reduced",
    "state_identifiers",
    "trimmed",
]


def reachable(mealy: Mealy) -> tuple[str, ...]:
    """Return the states that some trace leads to, those with shorter traces first."""
    return Spec.of(mealy).states


def classes(mealy: Mealy) -> tuple[tuple[str, ...], ...]:
    """Return the reachable states in classes of equivalent ones; of a complete machine.

    Raises :class:`MachineError` for a partial machine, where states that no trace tells apart
    need not be equivalent.
    """
    spec = _complete(mealy)
    return tuple(tuple(spec.states[s] for s in states) for states in spec.classes())


def is_minimal(mealy: Mealy) -> bool:
    """Whether all states are reachable and any two are told apart by some trace."""
    spec = Spec.of(mealy)
    return len(spec.states) == len(mealy.states) and inseparable_pair(spec) is None


def reduced(mealy: Mealy) -> Mealy:
    """Return the smallest equivalent machine, its classes named by their first reachable state.

    Raises :class:`MachineError` for a partial machine.
    """
    spec = _complete(mealy)
    blocks = spec.classes()
    if len(blocks) == len(mealy.states):
        return mealy
    return _merged(mealy, spec, blocks)


def trimmed(mealy: Mealy) -> Mealy:
    """Return the reachable part of a machine, its initial state the first one."""
    spec = Spec.of(mealy)
    return _merged(mealy, spec, [[s] for s in range(len(spec.states))])


def _merged(mealy: Mealy, spec: Spec, blocks: Sequence[Sequence[int]]) -> Mealy:
    """Return a machine with one state for each block of equivalent states."""
    number = {s: i for i, block in enumerate(blocks) for s in block} | {-1: -1}
    first = [block[0] for block in blocks]
    return Mealy(
        name=mealy.name,
        states=tuple(spec.states[s] for s in first),
        inputs=mealy.inputs,
        outputs=mealy.outputs,
        next=np.array([[number[t] for t in spec.next[s]] for s in first]).reshape(len(first), -1),
        output=np.array([spec.output[s] for s in first]).reshape(len(first), -1),
        shown=mealy.shown and tuple(mealy.shown[spec.origin[s]] for s in first),
    )


def distinguishing_trace(mealy: Mealy, a: str, b: str) -> Trace | None:
    """Return a shortest trace that two reachable states answer differently, ``None`` if none.

    In a partial machine both states accept the trace. It is empty where the states show different
    things.
    """
    spec = Spec.of(mealy)
    for name in (a, b):
        if name not in spec.states:
            raise MachineError(f"{mealy.name}: no trace leads to a state {name!r}")
    word = state_separator(spec)(spec.states.index(a), spec.states.index(b))
    return None if word is None else _named(spec, word)


def characterising_set(mealy: Mealy) -> tuple[Trace, ...]:
    """Return traces that tell any two inequivalent states of a complete machine apart."""
    spec = _complete(mealy)
    words = characterise.characterising_words(SplittingTree(spec))
    return tuple(_named(spec, word) for word in words)


def state_identifiers(mealy: Mealy) -> dict[str, tuple[Trace, ...]]:
    """Return harmonised state identifiers of a complete machine, by state.

    The words that the identifiers of two states share tell these two apart.
    """
    spec = _complete(mealy)
    identifiers = characterise.harmonised(SplittingTree(spec), _inputs_with_resets)
    return {
        name: tuple(_named(spec, word) for word in words)
        for name, words in zip(spec.states, identifiers, strict=True)
    }


def _inputs_with_resets(identifiers: list[list[Word]]) -> int:
    return sum(1 + len(word) for words in identifiers for word in words)


def _named(spec: Spec, word: Word) -> Trace:
    return tuple(spec.inputs[x] for x in word)


def _complete(mealy: Mealy) -> Spec:
    spec = Spec.of(mealy)
    if not spec.is_complete:
        state, given = mealy.missing[0]
        raise MachineError(
            f"{mealy.name}: {describe_missing(len(mealy.missing))}, such as {given!r} in "
            f"{state!r}; states are equivalent only in a complete machine"
        )
    return spec

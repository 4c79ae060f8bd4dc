"""Questions about one Mealy machine: what is reachable, equivalent, and how to tell.

>>> from fsm.formats import parse_dot
>>> mealy = parse_dot('digraph { a -> b [label="x/0"]; b -> a [label="x/1"] }', "m.dot")
>>> distinguishing_trace(mealy, "a", "b"), characterising_set(mealy)
(('x',), (('x',),))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from fsm.errors import MachineError
from fsm.mealy import Mealy
from fsm.suites.distinguish import characterising as characterise
from fsm.suites.distinguish.separation import separator_of
from fsm.suites.distinguish.splitting_tree import SplittingTree
from fsm.suites.specification import Spec, Word

__all__ = [
    "Trace",
    "characterising_set",
    "classes",
    "distinguishing_trace",
    "is_minimal",
    "reachable",
    "reduced",
    "state_identifiers",
    "trimmed",
]

Trace: TypeAlias = tuple[str, ...]


def reachable(mealy: Mealy) -> tuple[str, ...]:
    """Return the states some trace leads to, those with shorter traces first."""
    return Spec.of(mealy).states


def classes(mealy: Mealy) -> tuple[tuple[str, ...], ...]:
    """Return the reachable states in classes of equivalent ones; of a complete machine.

    Raises :class:`MachineError` for a partial machine, where states that no trace tells apart
    need not be equivalent.
    """
    spec = _complete(mealy)
    return tuple(
        tuple(spec.states[s] for s in block) for block in sorted(SplittingTree(spec).leaves)
    )


def is_minimal(mealy: Mealy) -> bool:
    """Whether all states are reachable and any two are told apart by some trace."""
    spec = Spec.of(mealy)
    if len(spec.states) < len(mealy.states):
        return False
    apart = separator_of(spec)
    return all(apart(s, t) is not None for s in range(len(spec.states)) for t in range(s))


def reduced(mealy: Mealy) -> Mealy:
    """Return the smallest equivalent machine, its classes named by their first reachable state.

    Raises :class:`MachineError` for a partial machine.
    """
    spec = _complete(mealy)
    blocks = sorted(SplittingTree(spec).leaves)
    if len(blocks) == len(mealy.states):
        return mealy
    return _merged(mealy, spec, blocks)


def trimmed(mealy: Mealy) -> Mealy:
    """Return the reachable part of a machine, its initial state the first one."""
    spec = Spec.of(mealy)
    return _merged(mealy, spec, [[s] for s in range(len(spec.states))])


def _merged(mealy: Mealy, spec: Spec, blocks: Sequence[Sequence[int]]) -> Mealy:
    """Return a machine with one state for each block of equivalent states."""
    number = {s: i for i, block in enumerate(blocks) for s in block}
    number[-1] = -1
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

    Of a partial machine, a trace that both accept. Empty where the states show different things.
    """
    spec = Spec.of(mealy)
    for name in (a, b):
        if name not in spec.states:
            raise MachineError(f"{mealy.name}: no trace leads to a state {name!r}")
    word = separator_of(spec)(spec.states.index(a), spec.states.index(b))
    return None if word is None else _named(spec, word)


def characterising_set(mealy: Mealy) -> tuple[Trace, ...]:
    """Return traces that together tell any two inequivalent states of a complete machine apart."""
    spec = _complete(mealy)
    words = characterise.characterising_words(SplittingTree(spec))
    return tuple(_named(spec, word) for word in words)


def state_identifiers(mealy: Mealy) -> dict[str, tuple[Trace, ...]]:
    """Return harmonised state identifiers of a complete machine, by state.

    What the identifiers of two states have in common tells these two apart.
    """
    spec = _complete(mealy)
    found = characterise.harmonised(
        SplittingTree(spec), lambda words: sum(map(len, words)) + sum(map(sum, _lengths(words)))
    )
    return {
        name: tuple(_named(spec, word) for word in words)
        for name, words in zip(spec.states, found, strict=True)
    }


def _lengths(identifiers: list[list[Word]]) -> list[list[int]]:
    return [[len(word) for word in words] for words in identifiers]


def _named(spec: Spec, word: Word) -> Trace:
    return tuple(spec.inputs[x] for x in word)


def _complete(mealy: Mealy) -> Spec:
    spec = Spec.of(mealy)
    if not spec.is_complete:
        state, given = mealy.missing[0]
        raise MachineError(
            f"{mealy.name}: {len(mealy.missing)} cells are missing, such as {given!r} in "
            f"{state!r}; states are equivalent only in a complete machine"
        )
    return spec

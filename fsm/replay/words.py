"""The traces that a log holds, each once, and what the real classes make of them.

A table is only as good as its compiler. So every replay takes the distinct traces it met, of a
sample of its messages where there are many, and sends the most frequent ones through the
python-statemachine classes the machines were compiled from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from fsm.errors import MachineError
from fsm.machine import Machine
from fsm.replay.fold import Codes, Index

__all__ = ["Check", "Words", "check", "distinct"]

Words: TypeAlias = Counter[tuple[int, ...]]
"""Distinct traces of event codes, with the number of messages that have each."""

LONGEST = 64
"""Events of a trace that are looked at."""

MOST = 250
"""Events sent through each class; python-statemachine takes about 0.1 ms for one."""

_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Check:
    """How many distinct traces agreed with the classes, of how many that were met.

    ``messages`` of them were looked at; ``machines`` are those whose class is known.
    """

    traces: int
    met: int
    messages: int
    machines: tuple[str, ...]


def distinct(codes: Codes, starts: Index, lengths: Index, sample: int) -> Words:
    """Return the traces of the first messages of a bucket; buckets hold them in random order."""
    starts, lengths = starts[:sample], np.minimum(lengths[:sample], LONGEST)
    marks = np.zeros(len(starts), dtype=np.uint64)
    active, step = np.flatnonzero(lengths > 0), 0
    while len(active):
        code = codes[starts[active] + step].astype(np.uint64) + np.uint64(1)
        marks[active] = (marks[active] + code) * _FACTOR
        step += 1
        active = active[lengths[active] > step]
    _, first, counts = np.unique(marks, return_index=True, return_counts=True)
    found: Words = Counter()
    for message, count in zip(first.tolist(), counts.tolist(), strict=True):
        begin = int(starts[message])
        found[tuple(codes[begin : begin + int(lengths[message])].tolist())] += count
    return found


def check(words: Words, events: Sequence[str], machines: Iterable[Machine]) -> Check:
    """Run traces through the real classes; raises :class:`MachineError` where one disagrees."""
    from fsm.compile import class_of
    from fsm.compile.oracle import Oracle

    ranked = sorted(words, key=lambda word: (-words[word], word))
    sent: set[tuple[int, ...]] = set(ranked)
    checked = []
    for machine in machines:
        declared = class_of(machine)
        if declared is None:
            continue
        oracle = Oracle(declared, machine)
        sent &= set(_send(oracle.disagreement, ranked, events, machine))
        checked.append(machine.name)
    return Check(len(sent) if checked else 0, len(words), words.total(), tuple(checked))


def _send(
    disagreement: Callable[[Sequence[str]], str | None],
    ranked: Sequence[tuple[int, ...]],
    events: Sequence[str],
    machine: Machine,
) -> Iterator[tuple[int, ...]]:
    """Yield the traces that agree, the most frequent first, until enough events were sent."""
    left = MOST
    known: set[tuple[str, ...]] = set()
    for word in ranked:
        named = (events[code] for code in word if code < len(events))
        trace = tuple(event for event in named if event in machine.alphabet)
        if trace not in known:
            left -= len(trace)
            if left < 0:
                continue
            fault = disagreement(trace)
            if fault:
                raise MachineError(f"the class and its table disagree: {fault}")
            known |= {trace[:length] for length in range(len(trace) + 1)}
        yield word

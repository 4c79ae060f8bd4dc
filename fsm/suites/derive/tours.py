"""Transition tours: tests that run every cell, or every sequence of cells, in the fewest inputs.

An n-switch cover runs every sequence of n + 1 cells (T. Chow, Testing Software Design Modeled by
Finite-State Machines, 1978). For n = 0 the shortest one is a Chinese postman's tour. For n > 0,
the sequences of n cells are the arcs of a graph. Where arcs meet, each that comes in must be
followed by each that goes out, so an arc is taken at least as often as it has partners at either
end; and any balanced numbers of copies that are no smaller can be paired off completely.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, count, repeat
from typing import NamedTuple

from fsm.errors import FsmError
from fsm.suites.derive.postman import Arc, circuit, least_copies
from fsm.suites.estimate import format_inputs
from fsm.suites.specification import Spec, Word, maximal

__all__ = ["check_sequences", "tour"]

MOST_SEQUENCES = 50_000
"""How many sequences of cells a tour of longer ones is planned for: about a minute of work."""


class _Graph(NamedTuple):
    """Vertices are the last n - 1 cells; vertex 0 is the reset, which costs one input.

    ``inputs`` has what each arc runs. The first ``sequences`` arcs are the sequences of n cells
    (of one cell for n = 0); ``entries`` are arcs from the reset that all others can be reached
    by.
    """

    vertices: int
    arcs: list[Arc]
    inputs: list[Word]
    sequences: int
    entries: list[int]


def check_sequences(spec: Spec, switch: int) -> None:
    """Raise :class:`FsmError` where a tour has too many sequences to plan, told by their number."""
    if switch < 2:
        return
    count = [1] * len(spec.next)
    for _ in range(switch):
        count = [sum(count[t] for t in row if t >= 0) for row in spec.next]
    if sum(count) > MOST_SEQUENCES:
        raise FsmError(
            f"{spec.name}: {switch}-switch plans a way through {format_inputs(sum(count))} "
            f"sequences of {switch} cells, and {MOST_SEQUENCES:,} are the most; take a smaller "
            f"number than {switch}, for example pairs, which is 1-switch"
        )


def tour(spec: Spec, switch: int = 0) -> list[Word]:
    """Return tests that run every sequence of ``switch + 1`` cells.

    For a switch of 0 and of 1, the inputs and the tests together are as few as can be. Where no
    sequence is as long, the tests run all cells.
    """
    graph = _graph(spec, max(0, switch - 1))
    if not graph.sequences:
        return maximal(spec.cover)
    if switch == 0:
        walk = circuit(graph.arcs, _copies_for_cells(graph), 0)
    else:
        pairs, copies = _pairs(graph, _copies_for_pairs(graph))
        walk = [pairs[i].source for i in circuit(pairs, copies, graph.entries[0])]
    return maximal(_tests(graph, walk))


def _graph(spec: Spec, length: int) -> _Graph:
    """Return the graph whose vertices are the sequences of cells of a length."""
    # Vertices: 0 for the reset, then the sequences. Arcs: first one for each cell that continues a
    # sequence, then a reset from each vertex, which costs 1, then the entries after the reset.
    number = {(s, word): v for v, (s, word) in enumerate(_sequences(spec, length), 1)}
    arcs: list[Arc] = []
    inputs: list[Word] = []
    for (s, word), v in number.items():
        for x in range(len(spec.inputs)):
            if spec.after(s, (*word, x)) >= 0:
                first, rest = (word[0], (*word[1:], x)) if word else (x, ())
                arcs.append(Arc(v, number[spec.next[s][first], rest]))
                inputs.append((x,))
    sequences = len(arcs)
    left = {arc.source for arc in arcs}
    starts = {v: word for (s, word), v in number.items() if s == 0 and v in left}
    for v in number.values():
        arcs.append(Arc(v, 0))
        inputs.append(())
    for v, word in starts.items():
        arcs.append(Arc(0, v, length))
        inputs.append(word)
    entries = _entries(arcs[:sequences], list(starts))
    first_start = len(arcs) - len(starts)
    return _Graph(len(number) + 1, arcs, inputs, sequences, [first_start + i for i in entries])


def _sequences(spec: Spec, length: int) -> list[tuple[int, Word]]:
    """Return the sequences of cells of a length: the state each begins in, and its word."""
    sequences: list[tuple[int, Word]] = [(s, ()) for s in range(len(spec.next))]
    for _ in range(length):
        sequences = [
            (s, (*word, x))
            for s, word in sequences
            for x in range(len(spec.inputs))
            if spec.after(s, (*word, x)) >= 0
        ]
    return sequences


def _entries(arcs: Sequence[Arc], starts: Sequence[int]) -> list[int]:
    """Return the positions of starts, one for each connected part of the graph (union-find)."""
    part: dict[int, int] = {}

    def root(v: int) -> int:
        while v in part:
            v = part[v]
        return v

    for arc in arcs:
        a, b = root(arc.source), root(arc.target)
        if a != b:
            part[a] = b
    first: dict[int, int] = {}
    for i, v in enumerate(starts):
        first.setdefault(root(v), i)
    return list(first.values())


def _copies_for_cells(graph: _Graph) -> list[int]:
    """Return how often to take each arc so that every cell is run."""
    needed = [int(i < graph.sequences or i in graph.entries) for i in range(len(graph.arcs))]
    return least_copies(graph.vertices, graph.arcs, needed)


def _copies_for_pairs(graph: _Graph) -> list[int]:
    """Return how often to take each arc so that every two sequences that meet follow each other."""
    vertices = count(graph.vertices)
    groups = list(_with_needs(graph, vertices))
    arcs = [arc for group in groups for arc, _ in group]
    needed = [least for group in groups for _, least in group]
    copies = least_copies(next(vertices), arcs, needed)
    return [copies[end - 1] for end in accumulate(map(len, groups))]


def _with_needs(graph: _Graph, vertices: Iterator[int]) -> Iterator[list[tuple[Arc, int]]]:
    """Yield each arc, last in a group with the arcs that lead to it, and the least copies of all.

    A sequence right after a reset follows no other sequence. So that these copies are counted
    apart, each sequence that may follow a reset begins in a vertex of its own, which is entered
    either from the sequences before it or from the reset.
    """
    sequences = graph.arcs[: graph.sequences]
    into = Counter(arc.target for arc in sequences)
    out = Counter(arc.source for arc in sequences)
    starts = sorted({arc.target for arc in graph.arcs if arc.source == 0})
    after_reset = {v: next(vertices) for v in starts}
    for i, arc in enumerate(graph.arcs):
        if i >= graph.sequences:
            least = int(i in graph.entries)
            yield [(arc if arc.source else arc._replace(target=after_reset[arc.target]), least)]
        elif arc.source in after_reset:
            begin = next(vertices)
            yield [
                (Arc(arc.source, begin, 0), into[arc.source]),
                (Arc(after_reset[arc.source], begin, 0), 0),
                (arc._replace(source=begin), max(1, out[arc.target])),
            ]
        else:
            yield [(arc, max(1, out[arc.target], into[arc.source]))]


def _pairs(graph: _Graph, copies: Sequence[int]) -> tuple[list[Arc], list[int]]:
    """Return which arc follows which, and how often, so that every pair of sequences occurs."""
    into: list[list[int]] = [[] for _ in range(graph.vertices)]
    out: list[list[int]] = [[] for _ in range(graph.vertices)]
    for i, arc in enumerate(graph.arcs):
        if copies[i]:
            into[arc.target].append(i)
            out[arc.source].append(i)
    often: Counter[Arc] = Counter()
    for coming, going in zip(into, out, strict=True):
        for a in coming:
            for b in going:
                if max(a, b) < graph.sequences:
                    often[Arc(a, b)] += 1
        coming.reverse()  # resets first: they are followed by sequences, of which there are enough
        spare_in = _spare(coming, copies, going, graph.sequences)
        spare_out = _spare(going, copies, coming, graph.sequences)
        for a, b in zip(spare_in, spare_out, strict=True):
            often[Arc(a, b)] += 1
    return list(often), list(often.values())


def _spare(
    arcs: Sequence[int], copies: Sequence[int], partners: Sequence[int], sequences: int
) -> Iterator[int]:
    """Yield each arc as often as copies are left when it has been paired with each partner once."""
    paired = sum(b < sequences for b in partners)
    for a in arcs:
        yield from repeat(a, copies[a] - (paired if a < sequences else 0))


def _tests(graph: _Graph, walk: Sequence[int]) -> Iterator[Word]:
    """Cut a closed walk that begins with a reset into the tests between resets."""
    test: list[int] = []
    for i in walk:
        if graph.arcs[i].target == 0:
            yield tuple(test)
            test = []
        else:
            test += graph.inputs[i]

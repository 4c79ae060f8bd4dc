"""The search and the partition refinement give what their definitions say, on random graphs."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.graph import (
    PathSearch,
    SharedPath,
    breadth_first,
    equivalence_classes,
    reaching,
    shortest_lasso,
)

NODES = 6
INPUTS = range(2)
graphs = st.lists(st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)), max_size=12)
tables = st.lists(
    st.lists(st.integers(-1, NODES - 1), min_size=len(INPUTS), max_size=len(INPUTS)),
    min_size=NODES,
    max_size=NODES,
)
labellings = st.lists(st.integers(0, 1), min_size=NODES, max_size=NODES)


def walks(arcs: list[tuple[int, int]], start: int) -> set[tuple[int, ...]]:
    """Every sequence of arcs without a repeated one that begins in a node, by definition."""
    found, latest = {()}, [((), start)]
    while latest:
        latest = [
            ((*walk, i), target)
            for walk, node in latest
            for i, (source, target) in enumerate(arcs)
            if source == node and i not in walk and len(walk) < NODES
        ]
        found |= {walk for walk, _ in latest}
    return found


@given(graphs.map(lambda arcs: arcs[:7]))
def test_paths_are_shortest_and_nodes_come_nearest_first(arcs: list[tuple[int, int]]) -> None:
    search = PathSearch[int, int](0)
    for node in search:
        search.expand(node, ((i, t) for i, (s, t) in enumerate(arcs) if s == node))
    ends: dict[int, list[tuple[int, ...]]] = {0: [()]}
    for walk in walks(arcs, 0) - {()}:
        ends.setdefault(arcs[walk[-1]][1], []).append(walk)
    assert set(search) == set(ends)
    for node in search:
        assert search.path(node) in ends[node]
        assert len(search.path(node)) == min(map(len, ends[node]))
    lengths = [len(path) for path in search.paths().values()]
    assert lengths == sorted(lengths)
    assert search.paths() == {node: search.path(node) for node in search}
    assert search.lengths() == {node: len(search.path(node)) for node in search}
    for node, length in search.lengths().items():
        path, labels = SharedPath(search, node, length, 7), (*search.path(node), 7)
        assert path == labels
        assert (len(path), tuple(path), path[-1], path[1:]) == (length + 1, labels, 7, labels[1:])
        assert (hash(path), repr(path)) == (hash(labels), repr(labels))


@given(graphs)
def test_one_arc_at_a_time_gives_the_same_search(arcs: list[tuple[int, int]]) -> None:
    together, single = PathSearch[int, int](0), PathSearch[int, int](0)
    for node in together:
        together.expand(node, ((i, t) for i, (s, t) in enumerate(arcs) if s == node))
    for node in single:
        for i, (source, target) in enumerate(arcs):
            if source == node:
                single.reach(target, node, i)
    assert single.paths() == together.paths()
    assert list(single.paths()) == list(together.paths())


@given(graphs, st.sets(st.integers(0, NODES - 1)))
def test_reaching_is_being_reached_backwards(arcs: list[tuple[int, int]], goals: set[int]) -> None:
    expected = {
        node
        for node in range(NODES)
        if goals & set(breadth_first([node], lambda n: [t for s, t in arcs if s == n]))
    }
    assert set(reaching(goals, arcs)) == expected


@given(labellings, tables)
def test_states_are_equivalent_where_no_word_tells_them_apart(
    labels: list[int], table: list[list[int]]
) -> None:
    def answers(state: int) -> list[tuple[int, ...]]:
        found = []
        for word in product(INPUTS, repeat=NODES):
            seen, at = [labels[state]], state
            for x in word:
                at = table[at][x] if at >= 0 else -1
                seen.append(labels[at] if at >= 0 else -1)
            found.append(tuple(seen))
        return found

    by_answers: dict[str, list[int]] = {}
    for state in range(NODES):
        by_answers.setdefault(repr(answers(state)), []).append(state)
    assert equivalence_classes(labels, table) == list(by_answers.values())


def test_no_states_have_no_classes() -> None:
    assert equivalence_classes([], []) == []


def by_rounds(labels: list[int], table: list[list[int]]) -> list[list[int]]:
    """Compare whole rows until no class splits any more: as many rounds as the machine is deep."""
    block = list(labels)
    while True:
        rows = [
            (b, *(block[t] if t >= 0 else -1 for t in row))
            for b, row in zip(block, table, strict=True)
        ]
        finer = [rows.index(row) for row in rows]
        if len(set(finer)) == len(set(block)):
            return [[s for s, b in enumerate(finer) if b == first] for first in sorted({*finer})]
        block = finer


@st.composite
def deep_tables(draw: st.DrawFn) -> tuple[list[int], list[list[int]]]:
    """Tables in which most states lead to the next one, so that classes split one by one."""
    size = draw(st.integers(1, 14))
    steps = st.sampled_from([1, 1, 1, 1, 2, 0, -1, None])
    table = []
    for s in range(size):
        row = [draw(steps) for _ in INPUTS]
        table.append([-1 if step is None else (s + step) % size for step in row])
    return draw(st.lists(st.integers(0, 1), min_size=size, max_size=size)), table


@given(deep_tables())
def test_classes_are_those_of_rounds_over_the_whole_table(
    given: tuple[list[int], list[list[int]]],
) -> None:
    assert equivalence_classes(*given) == by_rounds(*given)


CHAINS = {
    "one label at the end": [0] * 40 + [1],
    "halves and their halves": [bin(i).count("1") % 2 for i in range(64)],
    "words of Fibonacci": [int((i + 1) * 0.6180339887 % 1 < 0.6180339887) for i in range(89)],
}


@pytest.mark.parametrize("labels", CHAINS.values(), ids=list(CHAINS))
@pytest.mark.parametrize("last", [0, 1, -1], ids=["a cycle", "a loop at its end", "an end"])
def test_classes_of_long_chains(labels: list[int], last: int) -> None:
    size = len(labels)
    end = {0: 0, 1: size - 1, -1: -1}[last]
    table = [[s + 1] for s in range(size - 1)] + [[end]]
    assert equivalence_classes(labels, table) == by_rounds(labels, table)


SPLITS = {  # each by a way to split too little, found at random: labels and table
    "two inputs lead to a class": ([0, 1, 0, 0, 1], [[2, 0], [2, 2], [0, 3], [3, 1], [2, 0]]),
    "first the second input": ([0, 1, 0, 0, 1], [[2, 2], [3, 3], [2, 0], [4, 4], [0, 0]]),
    "a state without the input": ([0, 1, 0, 0, 1], [[1], [4], [0], [3], [1]]),
    "the largest part has still to split": (
        [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1],
        [
            *([5, 5], [6, 2], [2, 3], [9, 9], [4, 9], [10, 6]),
            *([7, 6], [1, 2], [9, 9], [4, 9], [4, 5]),
        ],
    ),
}


@pytest.mark.parametrize("given", SPLITS.values(), ids=list(SPLITS))
def test_each_way_to_split(given: tuple[list[int], list[list[int]]]) -> None:
    assert equivalence_classes(*given) == by_rounds(*given)


def test_a_far_short_loop_is_nearer_than_a_near_long_one() -> None:
    arcs = {0: [("a", 1)], 1: [("a", 2), ("b", 1)], 2: [("a", 3)], 3: [("a", 0)]}
    stems = PathSearch[int, str](0)
    for node in stems:
        stems.expand(node, arcs[node])
    assert shortest_lasso(stems, arcs) == (("a",), ("b",))


@given(tables, st.sets(st.integers(0, NODES - 1)), st.none() | st.integers(1, 5))
def test_a_lasso_is_the_first_of_the_shortest(
    table: list[list[int]], on: set[int], below: int | None
) -> None:
    stems = PathSearch[int, int](0)
    for node in stems:
        stems.expand(node, ((x, t) for x, t in enumerate(table[node]) if t >= 0))
    arcs = {
        node: [(x, t) for x, t in enumerate(table[node]) if t in on] for node in stems if node in on
    }
    every = [
        (length + more, length, word[:length], word[length : length + more])
        for length in range(NODES)
        for more in range(1, NODES + 1 - length)
        for word in product(INPUTS, repeat=length + more)
        if is_lasso(table, on, word[:length], word[length:])
    ]
    shortest = min(every, default=None)
    if shortest is None or (below is not None and shortest[0] >= below):
        assert shortest_lasso(stems, arcs, below) is None
    else:
        assert shortest_lasso(stems, arcs, below) == shortest[2:]


def is_lasso(
    table: list[list[int]], on: set[int], stem: tuple[int, ...], loop: tuple[int, ...]
) -> bool:
    """Whether a word leads from 0 to a node, and another one from there back, where all are on."""
    at = 0
    for x in stem:
        at = table[at][x] if at >= 0 else -1
    start = at
    for x in loop:
        at = table[at][x] if at in on else -1
    return at == start and start in on

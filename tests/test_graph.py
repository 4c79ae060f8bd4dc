"""The search and the partition refinement give what their definitions say, on random graphs."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from fsm.graph import PathSearch, breadth_first, equivalence_classes, reaching

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

"""What holds of every suite, whatever the machine."""

from itertools import pairwise, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fsm
from fsm.errors import FsmError, MachineError
from fsm.formats.dot import parse_dot, read_dot
from fsm.mealy import Mealy
from fsm.suites import METHODS, Suite, suite
from fsm.suites.methods import ALIASES, method_of
from tests.suites.machines import mealys

COMPLETE = [name for name, method in METHODS.items() if method.complete]
SENDING = ("with-feedback", "without-feedback", "delivery", "engagement", "quarantine")


def cells_run(made: Suite, mealy: Mealy) -> set[tuple[int, int]]:
    cells = set()
    for word in made.words():
        cells |= set(zip(mealy.walk(word), word, strict=False))
    return cells


def reachable_cells(mealy: Mealy) -> set[tuple[int, int]]:
    seen, queue = {mealy.initial}, [mealy.initial]
    for s in queue:
        new = {int(t) for t in mealy.next[s] if t >= 0} - seen
        seen |= new
        queue += sorted(new)
    return {(s, x) for s in seen for x, t in enumerate(mealy.next[s]) if t >= 0}


@pytest.mark.parametrize("method", METHODS)
@given(mealy=mealys(), extra=st.integers(0, 1))
def test_no_test_is_a_prefix_of_another(method: str, mealy: Mealy, extra: int) -> None:
    made = suite(mealy, method, extra_states=extra if METHODS[method].complete else 0)
    words = sorted(made.words())
    assert words
    for before, after in pairwise(words):
        assert after[: len(before)] != before


@pytest.mark.parametrize("method", [name for name in METHODS if name != "random"])
@given(mealy=mealys())
def test_every_cell_is_run(method: str, mealy: Mealy) -> None:
    assert cells_run(suite(mealy, method), mealy) == reachable_cells(mealy)


@pytest.mark.parametrize("n", [0, 1, 2])
@given(mealy=mealys(states=(1, 4), partial=True))
def test_n_switch_runs_every_sequence_of_cells(n: int, mealy: Mealy) -> None:
    run = set()
    for word in suite(mealy, f"{n}-switch").words():
        cells = list(zip(mealy.walk(word), word, strict=False))
        run |= {tuple(cells[i : i + n + 1]) for i in range(len(cells) - n)}
    wanted = {(cell,) for cell in reachable_cells(mealy)}
    for _ in range(n):
        wanted = {
            (*path, (t, x))
            for path in wanted
            for t in [int(mealy.next[path[-1]])]
            for x in range(len(mealy.inputs))
            if mealy.next[t, x] >= 0
        }
    assert wanted <= run


@pytest.mark.parametrize("method", METHODS)
@given(mealy=mealys())
def test_the_same_machine_has_the_same_suite(method: str, mealy: Mealy) -> None:
    assert list(suite(mealy, method).words()) == list(suite(mealy, method).words())


@given(mealy=mealys())
def test_the_tour_is_not_longer_than_the_table(mealy: Mealy) -> None:
    assert suite(mealy, "tour").size.symbols <= suite(mealy, "table").size.symbols


@given(mealy=mealys(states=(1, 3), inputs=(1, 2)), extra=st.integers(0, 2))
def test_observable_runs_k_inputs_after_every_cell(mealy: Mealy, extra: int) -> None:
    """Each cell, followed by every word of k inputs, from some trace that reaches it."""
    after: dict[tuple[int, int], set[tuple[int, ...]]] = {}
    for word in suite(mealy, "observable", extra_states=extra).words():
        for i, cell in enumerate(zip(mealy.walk(word), word, strict=False)):
            after.setdefault(cell, set()).add(word[i + 1 : i + 1 + extra])
    every = set(product(range(len(mealy.inputs)), repeat=extra))
    assert all(every <= after[cell] for cell in reachable_cells(mealy))


@given(mealy=mealys(shown=True))
def test_steps_tell_what_the_machine_says(mealy: Mealy) -> None:
    made = suite(mealy)
    for test in made.tests:
        steps = made.steps(test)
        assert tuple(step.input for step in steps) == test
        assert tuple(step.output for step in steps) == made.expected(test) == mealy.run(test)
        assert all(a.after == b.before for a, b in pairwise(steps))


@pytest.mark.parametrize("name", SENDING)
@pytest.mark.parametrize("method", METHODS)
def test_the_machines_of_the_sending_log_have_every_suite(name: str, method: str) -> None:
    made = suite(fsm.load(name), method)
    assert made.size.symbols == sum(map(len, made.tests)) > 0
    assert made.guarantee.complete == (method in COMPLETE)


def test_a_machine_with_nothing_to_do_has_one_empty_test() -> None:
    alone = Mealy("m", ("a",), ("x",), (), [[-1]], [[-1]])
    for method in METHODS:
        if METHODS[method].partial:
            assert list(suite(alone, method).words()) == [()]


PARTIAL = parse_dot(
    'digraph { a -> b [label="x/0"]; b -> a [label="x/1"]; a -> a [label="y/0"] }', "partial"
)
ALIKE = parse_dot('digraph { a -> b [label="x/0"]; b -> a [label="y/0"] }', "inseparable_pair")
REFUSED = {
    "no such method": (PARTIAL, "chian", {}, "did you mean 'chain'?"),
    "no method at all": (PARTIAL, "9999-switch", {}, "there are: auto, table, tour, pairs"),
    "fewer states": (PARTIAL, "chain", {"extra_states": -1}, "cannot be fewer than 0"),
    "extra states": (PARTIAL, "tour", {"extra_states": 1}, "tour takes no extra states"),
    "no tests": (PARTIAL, "random", {"tests": 0}, "at least one test"),
    "w, partial": (PARTIAL, "w", {}, "w needs a complete machine, and 1 cell is missing"),
    "wp, partial": (PARTIAL, "wp", {}, "such as 'y' in 'b'; chain takes partial machines"),
    "hsi, partial": (PARTIAL, "hsi", {}, "hsi needs a complete machine"),
    "inseparable_pair": (ALIKE, "chain", {}, "no trace that both accept tells 'a' from 'b'"),
}


@pytest.mark.parametrize(("mealy", "method", "options", "said"), REFUSED.values(), ids=REFUSED)
def test_refusals(mealy: Mealy, method: str, options: dict[str, int], said: str) -> None:
    with pytest.raises((FsmError, MachineError)) as error:
        suite(mealy, method, **options)
    assert said in str(error.value)


@pytest.mark.parametrize(("name", "method"), ALIASES.items(), ids=list(ALIASES))
def test_other_names_of_methods(name: str, method: str) -> None:
    assert method_of(name) is METHODS[method]


def test_equivalent_states_count_once_and_all_their_cells_are_run() -> None:
    made = suite(fsm.load("with-feedback"))
    assert (made.guarantee.states, made.guarantee.declared) == (5, 6)
    assert "Of its 6 states, equivalent ones count once" in str(made.guarantee)


def test_without_rejections_the_answer_is_the_status() -> None:
    told, silent = (suite(fsm.load("with-feedback"), rejections=r) for r in (True, False))
    assert "rejected" in told.mealy.outputs
    assert "rejected" not in silent.mealy.outputs
    assert silent.mealy.run(["relayed", "relayed"]) == ("Pending", "Pending")


def test_answers_alone_show_nothing() -> None:
    made = suite(fsm.load("with-feedback"), observable="output")
    assert made.mealy.shown is None
    assert "Seen after each input: the output. Assumed: " in str(made.guarantee)


SIZES = {"table": 492, "tour": 246, "observable": 265, "h": 1002, "chain": 840}


@pytest.mark.parametrize("method", SIZES)
def test_sizes_do_not_grow(method: str, corpus: Path) -> None:
    """The inputs of the suites for a TCP client of 15 states and 10 inputs."""
    mealy = read_dot(corpus / "machines" / "tcp_linux_client.dot")
    assert suite(mealy, method).size.symbols <= SIZES[method]

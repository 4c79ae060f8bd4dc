"""Questions about one machine, against answers found by trying."""

from itertools import combinations, product

import pytest
from hypothesis import given

from fsm.errors import MachineError
from fsm.formats.dot import parse_dot
from fsm.mealy import MISSING, Mealy
from fsm.suites.differences import cell_differences
from fsm.suites.equivalence import (
    characterising_set,
    classes,
    distinguishing_trace,
    is_minimal,
    reachable,
    reduced,
    state_identifiers,
    trimmed,
)
from tests.suites.machines import mealys


def answers(mealy: Mealy, state: str, trace: tuple[str, ...]) -> tuple[str, ...]:
    """Return what is seen on a trace from a state, one step after the other."""
    s, seen = mealy.states.index(state), []
    for event in trace:
        x = mealy.inputs.index(event)
        seen.append(mealy.outputs[mealy.output[s, x]])
        s = int(mealy.next[s, x])
        if mealy.shown:
            seen.append(mealy.shown[s])
    return tuple(seen)


def shortest(mealy: Mealy, a: str, b: str) -> int | None:
    """Return the length of the shortest trace that tells two states apart, by trying all."""
    if mealy.shown and mealy.shown[mealy.states.index(a)] != mealy.shown[mealy.states.index(b)]:
        return 0
    for length in range(1, len(mealy.states)):
        for trace in product(mealy.inputs, repeat=length):
            if answers(mealy, a, trace) != answers(mealy, b, trace):
                return length
    return None


@given(mealys(states=(1, 4), inputs=(1, 2), shown=True))
def test_distinguishing_traces_are_shortest(mealy: Mealy) -> None:
    for a, b in combinations(reachable(mealy), 2):
        trace = distinguishing_trace(mealy, a, b)
        assert (None if trace is None else len(trace)) == shortest(mealy, a, b)
        if trace:
            assert answers(mealy, a, trace) != answers(mealy, b, trace)


@given(mealys(states=(1, 5)))
def test_classes_are_what_no_trace_tells_apart(mealy: Mealy) -> None:
    found = classes(mealy)
    assert sorted(name for block in found for name in block) == sorted(reachable(mealy))
    for block in found:
        assert all(distinguishing_trace(mealy, block[0], name) is None for name in block[1:])
    for a, b in combinations(found, 2):
        assert distinguishing_trace(mealy, a[0], b[0]) is not None
    assert is_minimal(mealy) == (len(found) == len(mealy.states))


@given(mealys())
def test_a_characterising_set_tells_all_states_apart(mealy: Mealy) -> None:
    words = characterising_set(mealy)
    for a, b in combinations([block[0] for block in classes(mealy)], 2):
        assert any(answers(mealy, a, word) != answers(mealy, b, word) for word in words)


@given(mealys())
def test_identifiers_are_harmonised(mealy: Mealy) -> None:
    """What two identifiers of states have in common, as prefixes, tells their states apart."""
    found = state_identifiers(mealy)
    for a, b in combinations([block[0] for block in classes(mealy)], 2):
        prefixes = [
            {word[:i] for word in found[name] for i in range(len(word) + 1)} for name in (a, b)
        ]
        common = prefixes[0] & prefixes[1]
        assert any(answers(mealy, a, word) != answers(mealy, b, word) for word in common)


@given(mealys())
def test_a_reduced_machine_is_minimal_and_does_the_same(mealy: Mealy) -> None:
    small = reduced(mealy)
    assert is_minimal(small)
    assert cell_differences(mealy, small) == cell_differences(small, mealy) == ()


@given(mealys(partial=True, shown=True))
def test_a_trimmed_machine_is_all_reachable_and_does_the_same(mealy: Mealy) -> None:
    small = trimmed(mealy)
    assert set(reachable(small)) == set(small.states)
    assert small.initial == 0
    assert cell_differences(mealy, small) == cell_differences(small, mealy) == ()


@given(mealys(states=(1, 4)), mealys(states=(1, 4)))
def test_differences_hold_when_they_are_run(a: Mealy, b: Mealy) -> None:
    common = set(a.inputs) & set(b.inputs)
    for found in cell_differences(a, b):
        *before, last = found.trace
        assert set(before) <= common
        assert a.run(before) == b.run(before)
        assert a.run(found.trace)[-1] == found.expected
        assert (b.run(found.trace)[-1] if last in common else MISSING) == found.got


PARTIAL = parse_dot('digraph { a -> b [label="x/0"] }', "partial")


@pytest.mark.parametrize("ask", [classes, reduced, characterising_set, state_identifiers])
def test_of_a_partial_machine_some_things_cannot_be_said(ask) -> None:
    with pytest.raises(MachineError, match="1 cell is missing, such as 'x' in 'b'"):
        ask(PARTIAL)


def test_states_that_no_trace_leads_to_are_refused() -> None:
    with pytest.raises(MachineError, match="no trace leads to a state 'c'"):
        distinguishing_trace(PARTIAL, "a", "c")

"""Every cell of every built-in machine, against the tables of its page.

The pages are read here with plain string splitting, not with the project's own reader, so that
the two cannot share a mistake. Each cell runs on the compiled table and on the real
python-statemachine class.
"""

import re
from functools import cache
from typing import NamedTuple

import pytest

from fsm.catalog import load, machine_class, machine_page
from fsm.compile.oracle import Oracle
from fsm.machine import Machine
from fsm.machines import NAMES


class Declared(NamedTuple):
    target: str
    source: str


def rows_under(page: str, heading: str) -> list[list[str]]:
    """The body rows of the table after a bold line that begins with ``heading``."""
    body = page.split(f"**{heading}", 1)[1].split("|\n\n", 1)[0]
    lines = [line for line in body.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@cache
def declared(name: str) -> dict[tuple[str, str], Declared]:
    """(state, event as written) to target and source, from the transitions table."""
    found: dict[tuple[str, str], Declared] = {}
    for states, event, target, source, _ in rows_under(
        machine_page(name).read_text(), "Transitions "
    ):
        for state in states.split(", "):
            assert (state, event) not in found, f"{name}: {state} {event} is declared twice"
            found[state, event] = Declared(state if target == "itself" else target, source)
    return found


def expected(machine: Machine, state: str, symbol: str) -> Declared | None:
    """The declared target of a cell: with its guard as written, or without any guard."""
    event = symbol.partition("[")[0]
    with_guard = re.sub(r"\[", " [", symbol)
    return declared(machine.name).get((state, with_guard)) or declared(machine.name).get(
        (state, event)
    )


STATES = [
    pytest.param(name, state.name, id=f"{name}: {state.name}")
    for name in NAMES
    for state in load(name).states
]


@pytest.mark.parametrize(("name", "state"), STATES)
def test_the_compiled_table_does_what_the_page_says(name: str, state: str) -> None:
    machine = load(name)
    steps = {symbol: machine.step(state, symbol) for symbol in machine.events}
    does = {
        symbol: Declared(step.target, step.origin.label if step.origin else "") if step else None
        for symbol, step in steps.items()
    }
    assert does == {symbol: expected(machine, state, symbol) for symbol in machine.events}


@pytest.mark.parametrize(("name", "state"), STATES)
def test_python_statemachine_does_what_the_page_says(name: str, state: str) -> None:
    machine = load(name)
    trace = shortest_trace(machine, state)
    does = {symbol: oracle(name).walk([*trace, symbol])[-1] for symbol in machine.events}
    rows = {symbol: expected(machine, state, symbol) for symbol in machine.events}
    assert {symbol: (verdict.accepted, verdict.state) for symbol, verdict in does.items()} == {
        symbol: (row is not None, row.target if row else state) for symbol, row in rows.items()
    }


@cache
def oracle(name: str) -> Oracle:
    return Oracle(machine_class(name), load(name))


@cache
def shortest_trace(machine: Machine, state: str) -> tuple[str, ...]:
    if state == machine.initial:
        return ()
    into = [t for t in machine.transitions if t.target == state and t.source != state]
    traces = [machine.trace_to(t.event, t.source) for t in into]
    return min((trace for trace in traces if trace), key=len)


@pytest.mark.parametrize("name", NAMES)
def test_every_transition_has_a_source_with_a_reason(name: str) -> None:
    for transition in load(name).transitions:
        assert transition.origin, f"{transition.source} --{transition.label}--> has no source"
        assert re.fullmatch(r"row \d+|prose|D\d+", transition.origin.label)
        assert transition.origin.reason.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_every_documented_row_is_carried_by_a_transition(name: str) -> None:
    title = {
        "with-feedback": "With feedback service",
        "without-feedback": "Without feedback service",
    }.get(name, name.capitalize())
    documented = len(rows_under(machine_page(name).read_text(), title))
    carried = {t.origin.row for t in load(name).transitions if t.origin and t.origin.row}
    assert documented
    assert carried == set(range(1, documented + 1))


@pytest.mark.parametrize("name", NAMES)
def test_the_page_declares_no_transition_that_the_machine_lacks(name: str) -> None:
    actual = {(t.source, t.label): t.target for t in load(name).transitions}
    assert {key: row.target for key, row in declared(name).items()} == actual


@pytest.mark.parametrize("name", NAMES)
def test_every_declared_state_is_reached(name: str) -> None:
    assert load(name).unreachable == ()


@pytest.mark.parametrize("name", ["with-feedback", "without-feedback"])
def test_indicators_share_out_every_message_that_has_a_status(name: str) -> None:
    machine = load(name)
    for state in machine.states:
        if state.status:
            hits = [i.name for i in machine.indicators if i.counts(state.status)]
            assert len(hits) + (state.status == "Pending") == 1, state.name

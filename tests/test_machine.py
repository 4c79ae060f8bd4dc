"""The values of a compiled machine, and their views as graph and table."""

from dataclasses import FrozenInstanceError

import networkx as nx
import pytest

import fsm
from fsm.errors import MachineError
from fsm.machine import Effect, Indicator, Machine, Outcome, Source
from fsm.machines import NAMES

MACHINE = fsm.load("with-feedback")


@pytest.mark.parametrize("name", NAMES)
def test_graph_table_and_cells_say_the_same(name: str) -> None:
    machine = fsm.load(name)
    graph = machine.graph()
    names = [state.name for state in machine.states]
    assert list(graph.nodes) == names
    assert graph.number_of_edges() == len(machine.transitions)
    for i, state in enumerate(names):
        for j, event in enumerate(machine.events):
            step, index = machine.step(state, event), machine.table[i][j]
            assert (step.target if step else None) == (names[index] if index >= 0 else None)
            assert graph.has_edge(state, step.target, event) if step else index == -1


def test_the_graph_carries_what_analysis_needs() -> None:
    graph = MACHINE.graph()
    assert graph.graph["initial"] == "to_send"
    assert graph.nodes["retrying"] == {"status": "Failed", "title": "Retrying", "final": False}
    edge = graph.edges["awaiting", "retrying", "soft_bounce"]
    assert (edge["trigger"], edge["guard"], edge["outcome"]) == ("soft_bounce", "", "move")
    assert edge["origin"].label == "row 3"
    assert nx.has_path(graph, "to_send", "retries_exhausted")
    graph.clear()
    assert MACHINE.graph().number_of_nodes() == 6


@pytest.mark.parametrize(
    ("state", "event", "outcome"),
    [
        ("awaiting", "delivered", Outcome.MOVE),
        ("retrying", "soft_bounce", Outcome.STAY),
        ("to_send", "delivered", Outcome.REJECT),
    ],
)
def test_outcome_of_a_cell(state: str, event: str, outcome: Outcome) -> None:
    assert MACHINE.outcome(state, event) is outcome


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        (None, "Sent", Effect.STARTS_AT_100),
        (None, "Failed", Effect.STARTS_AT_0),
        ("Pending", "Sent", Effect.INCREASES),
        ("Sent", "Failed", Effect.DECREASES),
        ("Sent", "Sent", Effect.NO_CHANGE),
        (None, None, Effect.NO_CHANGE),
    ],
)
def test_effects_follow_from_the_statuses(
    before: str | None, after: str | None, effect: Effect
) -> None:
    assert Indicator("Delivered", frozenset({"Sent"})).effect(before, after) is effect


@pytest.mark.parametrize(
    ("event", "source", "trace"),
    [
        ("relayed", None, ("relayed",)),
        ("retry_failed", None, ("relayed", "retry_failed")),
        ("retry_failed", "retrying", ("relayed", "soft_bounce", "retry_failed")),
        ("relayed", "delivered", None),
        ("opened", None, None),
    ],
)
def test_shortest_trace_to_a_step(
    event: str, source: str | None, trace: tuple[str, ...] | None
) -> None:
    assert MACHINE.trace_to(event, source) == trace


def test_a_machine_is_a_value() -> None:
    with pytest.raises(FrozenInstanceError):
        MACHINE.name = "other"  # type: ignore[misc]
    assert len({MACHINE, fsm.load("with-feedback")}) == 1
    bare: Machine = MACHINE.with_origins({})
    assert bare != MACHINE
    assert {t.origin for t in bare.transitions} == {None}


def test_an_unknown_state_is_named() -> None:
    with pytest.raises(MachineError, match="with-feedback: no state 'lost'; there are: to_send"):
        MACHINE.status("lost")


@pytest.mark.parametrize(
    ("label", "row", "is_decision"),
    [("row 3", 3, False), ("D12", None, True), ("prose", None, False), ("Draft", None, False)],
)
def test_sources(label: str, row: int | None, is_decision: bool) -> None:
    source = Source(label, "")
    assert (source.row, source.is_decision) == (row, is_decision)

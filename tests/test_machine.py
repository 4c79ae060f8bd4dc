"""The values of a compiled machine, and their views as graph and table."""

import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace

import networkx as nx
import pytest

import fsm
from fsm.drawing import draw
from fsm.drawing.format_spec import FORMAT_SPECS
from fsm.errors import MachineError
from fsm.machine import (
    Deadline,
    Effect,
    Indicator,
    Machine,
    Origin,
    Outcome,
    State,
    Timer,
    Transition,
)
from fsm.machines import NAMES
from fsm.mealy import Mealy
from fsm.trace import run

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
    source = Origin(label, "")
    assert (source.row, source.is_decision) == (row, is_decision)


# Machines made by hand -------------------------------------------------------------------------

SMALL: dict[str, object] = {
    "name": "small",
    "title": "Small",
    "states": (State("a", "On", "a", ("a",)), State("b", "Off", "b", ("b",))),
    "events": ("go", "ask[ready]", "ask[not ready]"),
    "transitions": (
        Transition("a", "go", "b", "go"),
        Transition("b", "ask[ready]", "a", "ask", "ready"),
    ),
    "initial": "a",
    "indicators": (Indicator("Lit", frozenset({"On"})),),
    "deadline": Deadline("go", "ask[ready]", "b"),
    "guards": {"go": (), "ask": ("ready",)},
}
ONE, OTHER = SMALL["transitions"]  # type: ignore[misc]
WRONG: dict[str, tuple[dict[str, object], str]] = {
    "no states": ({"states": ()}, "the initial state 'a' is not among its states"),
    "unknown initial": ({"initial": "c"}, "the initial state 'c' is not among its states"),
    "dangling target": (
        {"transitions": (replace(ONE, target="c"), OTHER)},
        "the transition 'a' --go--> 'c': no state 'c'",
    ),
    "dangling source": (
        {"transitions": (ONE, OTHER, replace(ONE, source="c"))},
        "the transition 'c' --go--> 'b': no state 'c'",
    ),
    "unknown event": (
        {"transitions": (ONE, OTHER, replace(ONE, event="went"))},
        "the transition 'a' --went--> 'b': no event 'went'",
    ),
    "two targets": (
        {"transitions": (ONE, OTHER, replace(ONE, target="a"))},
        "--go--> 'a': the second one of its state and event; a cell has one target",
    ),
    "one transition twice": ({"transitions": (ONE, OTHER, ONE)}, "a cell has one target"),
    "two states": ({"states": (*SMALL["states"], State("a", None, "x", ("a",)))}, "named 'a'"),  # type: ignore[misc]
    "two events": ({"events": (*SMALL["events"], "go")}, "two events are named 'go'"),  # type: ignore[misc]
    "two indicators": (
        {"indicators": (Indicator("Lit", frozenset()), Indicator("Lit", frozenset()))},
        "two indicators are named 'Lit'",
    ),
    "unknown status": (
        {"indicators": (Indicator("Lit", frozenset({"On", "Dim"})),)},
        "indicator 'Lit' counts the status 'Dim', which no state has",
    ),
    "statuses in a text": (
        {"indicators": (Indicator("Lit", "On"),)},  # type: ignore[arg-type]
        "its statuses are one text; write a set of them",
    ),
    "statuses in a list": (
        {"indicators": (Indicator("Lit", ["On"]),)},  # type: ignore[arg-type]
        "its statuses are a list; write a set of them",
    ),
    "states without order": (
        {"states": set(SMALL["states"])},  # type: ignore[call-overload]
        "states is a set, which has no order; write a sequence",
    ),
    "a number for a status": (
        {"states": (replace(SMALL["states"][0], status=3), *SMALL["states"][1:])},  # type: ignore[index]
        "shows 3; a name and a status are texts",
    ),
    "atoms in a text": (
        {"states": (replace(SMALL["states"][0], atoms="ab"), *SMALL["states"][1:])},  # type: ignore[index]
        "its atoms are one text; write a sequence: ('ab',)",
    ),
    "deadline from nothing": (
        {"deadline": Deadline("start", "ask[ready]", "b")},
        "the deadline starts with 'start', which is no event",
    ),
    "deadline nowhere": (
        {"deadline": Deadline("go", "go", "b")},
        "the deadline's event 'go' is not accepted in 'b'",
    ),
    "timer of no event": (
        {"timers": (Timer("end", 1, ("a",)),)},
        "the timer 'end after 0.000001 s in a': no event 'end'",
    ),
    "timer in no state": (
        {"timers": (Timer("go", 0, ("c",)),)},
        "the timer 'go after 0 s in c': no state 'c'",
    ),
    "timer without states": ({"timers": (Timer("go", 1, ()),)}, "name them in a tuple"),
    "timer in one text": (
        {"timers": (Timer("go", 1, "ab"),)},  # type: ignore[arg-type]
        "the timer of 'go' has the states 'ab'; name them in a tuple",
    ),
    "timer of half a microsecond": (
        {"timers": (Timer("go", 0.5, ("a",)),)},  # type: ignore[arg-type]
        "the timer of 'go' runs 0.5; write whole microseconds",
    ),
    "timer before its start": ({"timers": (Timer("go", -1, ("a",)),)}, "runs -1; write whole"),
    "timer restarted by nothing": (
        {"timers": (Timer("go", 1, ("a",), (("b", "go"),)),)},
        "restarts in 'b' on 'go', no transition",
    ),
    "a timer twice": (
        {"timers": (Timer("go", 1, ("a",)), Timer("go", 1, ("a",)))},
        "two timers are 'go after 0.000001 s in a'",
    ),
    "timers by name": ({"timers": ("go",)}, "timers holds 'go', which is no Timer"),
    "guards of no event": (
        {"guards": {"leave": ()}},
        "event 'leave' has no symbol 'leave'",
    ),
    "guard without its symbols": (
        {"guards": {"ask": ("ready", "willing")}},
        "event 'ask' depends on ready, willing, but has no symbol 'ask[ready, willing]'",
    ),
    "guards in a text": ({"guards": {"ask": "ready"}}, "the guards of 'ask' are one text"),
    "events in a text": ({"events": "go"}, "events is one text; write a sequence: ('go',)"),
    "states by name": ({"states": ("a", "b")}, "states holds 'a', which is no State"),
    "events of no name": ({"events": ("go", 3)}, "events holds 3, which is no str"),
    "transitions of no kind": ({"transitions": None}, "transitions is None, not a sequence"),
}


def small(**changed: object) -> Machine:
    return Machine(**(SMALL | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(("changed", "message"), WRONG.values(), ids=WRONG)
def test_what_is_no_machine_is_refused_when_it_is_made(
    changed: dict[str, object], message: str
) -> None:
    with pytest.raises(MachineError, match=rf"^small: .*{re.escape(message)}"):
        small(**changed)
    with pytest.raises(MachineError, match=re.escape(message)):
        replace(small(), **changed)  # type: ignore[arg-type]


def test_all_faults_are_in_one_message() -> None:
    with pytest.raises(MachineError) as caught:
        small(initial="x", transitions=(replace(ONE, source="y", target="z"), OTHER, OTHER))
    message = str(caught.value)
    assert [word for word in ("'x'", "'y'", "'z'", "(and 1 more)") if word not in message] == []


def test_sequences_become_tuples() -> None:
    listed = small(states=list(SMALL["states"]), events=list(SMALL["events"]))  # type: ignore[call-overload]
    assert listed == small()
    assert hash(listed) == hash(small())


# Machines as text ------------------------------------------------------------------------------

SHORT = {
    "machine": (MACHINE, "Machine('with-feedback', 6 states, 6 events, 11 transitions)"),
    "mealy": (Mealy.of(MACHINE), "Mealy('with-feedback', 6 states, 6 inputs, 5 outputs)"),
    "state": (MACHINE.state("awaiting"), "State('awaiting', 'Pending')"),
    "final state": (MACHINE.state("hard_bounced"), "State('hard_bounced', 'Failed', final)"),
    "transition": (
        MACHINE.step("awaiting", "soft_bounce"),
        "Transition('awaiting', 'soft_bounce', 'retrying')",
    ),
}


@pytest.mark.parametrize(("value", "line"), SHORT.values(), ids=SHORT)
def test_values_are_one_short_line(value: object, line: str) -> None:
    assert repr(value) == str(value) == f"{value}" == line


@pytest.mark.parametrize("spec", [s for s in FORMAT_SPECS if s != "md"])
def test_a_machine_in_a_format_string_is_what_is_drawn(spec: str) -> None:
    assert f"{MACHINE:{spec}}" == draw(MACHINE, spec)


def test_a_machine_in_a_format_string_is_a_table() -> None:
    lines = f"{MACHINE:md}".splitlines()
    assert lines[0] == "| From | Event | To | Status | Indicators | Source | Reason |"
    assert len(lines) == 2 + len(MACHINE.transitions)


def test_an_unknown_format_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"^no format 'svgz' of a machine; there are: md, dot, "):
        format(MACHINE, "svgz")


# Unknown names ---------------------------------------------------------------------------------

ASKED: dict[str, Callable[[Machine], object]] = {
    "step": lambda m: m.step("lost", "relayed"),
    "step on an unknown event": lambda m: m.step("lost", "nothing"),
    "outcome": lambda m: m.outcome("lost", "relayed"),
    "status": lambda m: m.status("lost"),
    "trace to": lambda m: m.trace_to("relayed", "lost"),
    "run": lambda m: run(m, ["relayed"], "lost"),
    "run from nothing": lambda m: run(m, [], ""),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_an_unknown_state_is_refused(ask: Callable[[Machine], object]) -> None:
    with pytest.raises(
        MachineError, match=r"with-feedback: no state '(lost)?'; there are: to_send"
    ):
        ask(MACHINE)


@pytest.mark.parametrize(
    ("ask", "trace"),
    [
        (lambda: run(MACHINE, "relayed"), "'relayed'"),
        (lambda: run(MACHINE, b"relayed"), "b'relayed'"),
        (lambda: run(MACHINE, ""), "''"),
        (lambda: Mealy.of(MACHINE).run("relayed"), "'relayed'"),
    ],
    ids=["text", "bytes", "empty", "a Mealy machine"],
)
def test_one_text_is_no_trace(ask: Callable[[], object], trace: str) -> None:
    with pytest.raises(MachineError, match=re.escape(f"the trace {trace} is one text; write [")):
        ask()


def test_an_unknown_event_is_rejected_everywhere() -> None:
    (step,) = run(MACHINE, ["opened"])
    assert (step.outcome, step.reason) == (Outcome.REJECT, "no event of this machine")
    assert MACHINE.step("awaiting", "opened") is None
    assert MACHINE.outcome("awaiting", "opened") is Outcome.REJECT

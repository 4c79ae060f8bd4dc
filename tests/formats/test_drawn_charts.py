"""What is drawn of a nested machine is read back as a machine with the same language."""

import pytest
from hypothesis import assume, given
from nested_charts import charts
from read_back import read_back

from fsm.chart import Chart
from fsm.errors import MachineError
from fsm.flattening.configurations import flatten
from fsm.machine import Machine


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

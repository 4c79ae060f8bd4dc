"""What is drawn of a nested machine is read back as a machine with the same language."""

import pytest
from hypothesis import assume, given
from random_charts import charts

from fsm.chart import Chart
from fsm.drawing import draw
from fsm.drawing.model import Look
from fsm.errors import MachineError
from fsm.flattening.configurations import flatten
from fsm.formats.diagrams.dialects import MERMAID, PLANTUML
from fsm.formats.diagrams.dot import parse_labelled_dot
from fsm.formats.diagrams.lines import parse_diagram
from fsm.formats.diagrams.to_machine import machine_of
from fsm.machine import Machine

LOOK = Look(effects=False)


def read_back(machine: Machine, language: str) -> Machine:
    text = str(draw(machine, language, LOOK))
    if language == "dot":
        result = parse_labelled_dot(text, "m.dot")
        assert isinstance(result, Machine)
        return result
    dialect = MERMAID if language == "mermaid" else PLANTUML
    return machine_of(parse_diagram(text, "m", dialect))


def reached(machine: Machine) -> set[tuple[str, str, str]]:
    """Return the transitions from states that a trace reaches; a flat diagram may have others."""
    found, states = set(), [machine.initial]
    for state in states:
        steps = {(t.source, t.event, t.target) for t in machine.transitions if t.source == state}
        states += sorted({target for _, _, target in steps} - set(states))
        found |= steps
    return found


@pytest.mark.parametrize("language", ["mermaid", "plantuml", "dot"])
@given(chart=charts())
def test_any_chart(language: str, chart: Chart) -> None:
    try:
        machine = flatten(chart)
    except MachineError:
        assume(False)
    result = read_back(machine, language)
    states = {s.name: (s.title, s.final) for s in result.states}
    assert {s.name: (s.title, s.final) for s in machine.states}.items() <= states.items()
    if result.chart:
        assert {s.name: s.status for s in result.states} == {
            s.name: s.status for s in machine.states
        }
    assert result.initial == machine.initial
    assert reached(result) == reached(machine)

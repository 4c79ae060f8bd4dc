"""Machines drawn as text, and read again."""

from fsm.drawing import draw
from fsm.drawing.model import Look
from fsm.formats.diagrams.d2 import parse_d2
from fsm.formats.diagrams.dialects import MERMAID, PLANTUML
from fsm.formats.diagrams.dot import parse_labelled_dot
from fsm.formats.diagrams.lines import parse_diagram
from fsm.formats.diagrams.to_machine import machine_of
from fsm.machine import Machine

__all__ = ["read_back"]


def read_back(machine: Machine, language: str, name: str) -> Machine:
    """Return the machine that the drawing of a machine shows."""
    text = str(draw(machine, language, Look(effects=False)))
    if language == "d2":
        return parse_d2(text, name)
    if language == "dot":
        result = parse_labelled_dot(text, name)
        assert isinstance(result, Machine)
        return result
    dialect = MERMAID if language == "mermaid" else PLANTUML
    return machine_of(parse_diagram(text, name, dialect))

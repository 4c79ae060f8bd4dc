"""The machine of a text in Mermaid or PlantUML, which may be a file."""

from __future__ import annotations

from pathlib import Path

from fsm.errors import MachineError
from fsm.files import read_text
from fsm.formats.assembly import MAX_BYTES
from fsm.formats.diagrams.dialects import MERMAID, PLANTUML, DiagramDialect
from fsm.formats.diagrams.lines import parse_diagram
from fsm.formats.diagrams.mealy_labels import is_marked, mealy_of
from fsm.formats.diagrams.to_machine import machine_of
from fsm.machine import Machine
from fsm.mealy import Mealy

__all__ = ["machine_of_text", "read_diagram"]


def read_diagram(path: Path | str) -> Machine | Mealy:
    """Return the machine of a file with a Mermaid or PlantUML state diagram.

    Raises :class:`MachineError` with file and line for what is none.
    """
    text = read_text(Path(path), MAX_BYTES, "a machine", MachineError)
    is_mermaid = Path(path).suffix.lower() in (".mmd", ".mermaid")
    return machine_of_text(text, str(path), MERMAID if is_mermaid else PLANTUML)


def machine_of_text(
    text: str, name: str, dialect: DiagramDialect, first_line: int = 1
) -> Machine | Mealy:
    """Return the machine that a text in a dialect shows.

    ``name`` and ``first_line`` are the file that messages refer to, and the line in it where the
    text begins. Raises :class:`MachineError` for what is not read.
    """
    diagram = parse_diagram(text, name, dialect, first_line)
    return mealy_of(diagram, text) if is_marked(text) else machine_of(diagram)

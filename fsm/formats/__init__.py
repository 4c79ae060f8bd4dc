"""Machines in files: JSON without loss, SCXML and DOT as other tools write and read them.

``json_document``, ``scxml`` and ``dot`` each read and write one format; ``diagrams/`` reads state
diagrams of Mermaid, PlantUML, D2, DOT and state-machine-cat. To add a format, write
such a module, and enter its reader into :data:`READERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from fsm.machine import Machine

__all__ = ["READERS", "MachineReader"]


MachineReader: TypeAlias = Callable[[Path], Machine]
"""Reads the machine of a file.

Raises :class:`fsm.errors.MachineError`, which names the file and the line, for what is none.
"""

# A module is imported when a file of its format is read: DOT needs numpy, SCXML an XML parser.


def _json(path: Path) -> Machine:
    from fsm.formats.statecharts.recognition import read_json_machine

    return read_json_machine(path)


def _yaml(path: Path) -> Machine:
    from fsm.formats.statecharts.recognition import read_yaml_machine

    return read_yaml_machine(path)


def _scxml(path: Path) -> Machine:
    from fsm.formats.scxml import read_scxml

    return read_scxml(path)


def _dot(path: Path) -> Machine:
    from fsm.formats.diagrams.dot import read_labelled_dot

    found = read_labelled_dot(path)
    return found if isinstance(found, Machine) else found.machine()


def _diagram(path: Path) -> Machine:
    from fsm.formats.diagrams.lines import read_diagram

    return read_diagram(path)


def _d2(path: Path) -> Machine:
    from fsm.formats.diagrams.d2 import read_d2

    return read_d2(path)


def _smcat(path: Path) -> Machine:
    from fsm.formats.diagrams.smcat import read_smcat

    return read_smcat(path)


READERS: Mapping[str, MachineReader] = {
    ".json": _json,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".scxml": _scxml,
    ".dot": _dot,
    ".gv": _dot,
    ".mmd": _diagram,
    ".mermaid": _diagram,
    ".puml": _diagram,
    ".plantuml": _diagram,
    ".uml": _diagram,
    ".d2": _d2,
    ".smcat": _smcat,
}
"""The reader of each suffix."""

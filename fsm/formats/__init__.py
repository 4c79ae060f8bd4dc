"""Machines in files: JSON without loss, SCXML and DOT as other tools write and read them.

``json_document``, ``scxml`` and ``dot`` each read and write one format; ``diagrams/`` reads state
diagrams of Mermaid, PlantUML, D2, DOT and state-machine-cat. To add a format, write
such a module, and enter its reader into :data:`READERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from fsm.machine import Machine

if TYPE_CHECKING:
    from fsm.mealy import Mealy

__all__ = ["DRAWN", "PART_READERS", "READERS", "MachineReader", "PartReader", "read_drawn"]


MachineReader: TypeAlias = Callable[[Path], Machine]
"""Reads the machine of a file.

Raises :class:`fsm.errors.MachineError`, which names the file and the line, for what is none.
"""

PartReader: TypeAlias = Callable[[Path, str], Machine]
"""Reads one of several machines of a file, by its name; raises as a reader does."""

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


def _drawn(path: Path) -> Machine:
    found = read_drawn(path)
    return found if isinstance(found, Machine) else found.machine()


def read_drawn(path: Path) -> Machine | Mealy:
    """Return what a file with a diagram shows: a machine, or a Mealy machine with its outputs.

    Raises :class:`fsm.errors.MachineError`, which names the file and the line, for what is neither.
    """
    suffix = path.suffix.lower()
    if suffix in _DOT:
        from fsm.formats.diagrams.dot import read_labelled_dot

        return read_labelled_dot(path)
    if suffix == ".d2":
        from fsm.formats.diagrams.d2 import read_d2

        return read_d2(path)
    from fsm.formats.diagrams.texts import read_diagram

    return read_diagram(path)


_DOT = (".dot", ".gv")
DRAWN = (*_DOT, ".mmd", ".mermaid", ".puml", ".plantuml", ".uml", ".d2")
"""The suffixes of diagrams."""


def _smcat(path: Path) -> Machine:
    from fsm.formats.diagrams.smcat import read_smcat

    return read_smcat(path)


def _script(path: Path) -> Machine:
    return _script_part(path, "")


def _script_part(path: Path, part: str) -> Machine:
    from fsm.formats.statecharts.xstate_sources import read_xstate_source

    return read_xstate_source(path, part)


def _python(path: Path) -> Machine:
    return _python_part(path, "")


def _python_part(path: Path, part: str) -> Machine:
    from fsm.formats.statecharts.python_machines import read_python_machine

    return read_python_machine(path, part)


_SCRIPTS = (".ts", ".js", ".tsx", ".jsx", ".mts", ".mjs", ".cts", ".cjs")

READERS: Mapping[str, MachineReader] = {
    ".json": _json,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".scxml": _scxml,
    **dict.fromkeys(DRAWN, _drawn),
    ".smcat": _smcat,
    **dict.fromkeys(_SCRIPTS, _script),
    ".py": _python,
}
"""The reader of each suffix."""


def _diagram_part(path: Path, part: str) -> Machine:
    from fsm.formats.diagrams.texts import read_diagram

    found = read_diagram(path, part)
    return found if isinstance(found, Machine) else found.machine()


def _json_part(path: Path, part: str) -> Machine:
    from fsm.formats.statecharts.recognition import read_json_machine

    return read_json_machine(path, part)


def _yaml_part(path: Path, part: str) -> Machine:
    from fsm.formats.statecharts.recognition import read_yaml_machine

    return read_yaml_machine(path, part)


PART_READERS: Mapping[str, PartReader] = {
    **dict.fromkeys((".puml", ".plantuml", ".uml"), _diagram_part),
    ".json": _json_part,
    ".yaml": _yaml_part,
    ".yml": _yaml_part,
    **dict.fromkeys(_SCRIPTS, _script_part),
    ".py": _python_part,
}
"""The reader of one machine of a file, ``file.puml#name``, by the suffix of the file."""

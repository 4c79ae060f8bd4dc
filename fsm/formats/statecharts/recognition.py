"""Which program a JSON or YAML document is for, by its members, and its machine."""

from __future__ import annotations

from pathlib import Path

from fsm.errors import MachineError
from fsm.files import read_text
from fsm.formats.assembly import MAX_BYTES
from fsm.formats.json_document import VERSION, machine_of_document
from fsm.formats.json_objects import LocatedJson
from fsm.formats.statecharts.chart_parts import Located
from fsm.machine import Machine

__all__ = ["read_json_machine", "read_yaml_machine"]


def read_json_machine(path: Path) -> Machine:
    """Return the machine of a JSON file; raises :class:`MachineError` with file and line."""
    text = read_text(path, MAX_BYTES, "a machine", MachineError)
    source = LocatedJson(text, str(path))
    if "fsm" in source.root:
        return machine_of_document(source)
    return _foreign(source, f'our own begins with "fsm": {VERSION}')


def read_yaml_machine(path: Path) -> Machine:
    """Return the machine of a YAML file; raises :class:`MachineError` with file and line."""
    from fsm.formats.yaml_objects import LocatedYaml

    text = read_text(path, MAX_BYTES, "a machine", MachineError)
    return _foreign(LocatedYaml(text, str(path)), "")


def _foreign(source: Located, own: str) -> Machine:
    root = source.root
    states = root.get("states")
    if isinstance(states, dict):
        from fsm.formats.statecharts.xstate import read_xstate

        return read_xstate(source)
    if isinstance(states, list) and isinstance(root.get("transitions", []), list):
        from fsm.formats.statecharts.transitions_markup import read_markup

        return read_markup(source)
    source.refuse(root, f"not a machine; {own}")

"""Which program a JSON or YAML document is for, by its members, and its machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fsm.errors import MachineError
from fsm.files import read_text
from fsm.formats.assembly import MAX_BYTES
from fsm.formats.json_document import VERSION, machine_of_document
from fsm.formats.json_objects import JsonObject, LocatedJson
from fsm.formats.statecharts.chart_parts import Located
from fsm.formats.statecharts.templates import LocatedText, is_template, read_template
from fsm.machine import Machine

__all__ = ["read_json_machine", "read_statechart", "read_yaml_machine"]


def read_json_machine(path: Path, part: str = "") -> Machine:
    """Return the machine of a JSON file; raises :class:`MachineError` with file and line.

    ``part`` names one of several machines of a template.
    """
    text = read_text(path, MAX_BYTES, "a machine", MachineError)
    source = LocatedJson(text, str(path))
    if "fsm" in source.root:
        return machine_of_document(source)
    return read_statechart(source, part, f'; our own begins with "fsm": {VERSION}')


def read_yaml_machine(path: Path, part: str = "") -> Machine:
    """Return the machine of a YAML file; raises :class:`MachineError` with file and line.

    ``part`` names one of several machines of a template.
    """
    from fsm.formats.yaml_objects import MAX_YAML_BYTES, LocatedYaml

    text = read_text(path, MAX_YAML_BYTES, "a machine", MachineError)
    return read_statechart(LocatedYaml(text, str(path)), part)


def read_statechart(source: LocatedText, part: str = "", own: str = "") -> Machine:
    """Return the machine of a decoded document of another program; raises :class:`MachineError`."""
    root = source.root
    if is_template(root):
        return read_template(source, part)
    if part:
        source.refuse(root, f"one machine, which has no parts; leave out '#{part}'")
    if own and {"events", "states", "transitions"} <= root.keys():
        source.refuse(root, f'not a machine: it must begin with "fsm": {VERSION}')
    for is_kind, read in _KINDS:
        if is_kind(root):
            return read(source)
    known = "a machine of XState, transitions, python-statemachine, sismic or States Language"
    return source.refuse(root, f"not {known}{own}")


def _xstate(source: Located) -> Machine:
    from fsm.formats.statecharts.xstate import read_xstate

    return read_xstate(source)


def _markup(source: Located) -> Machine:
    from fsm.formats.statecharts.transitions_markup import read_markup

    return read_markup(source)


def _states_language(source: Located) -> Machine:
    from fsm.formats.statecharts.states_language import read_states_language

    return read_states_language(source)


def _sismic(source: Located) -> Machine:
    from fsm.formats.statecharts.sismic import read_sismic

    return read_sismic(source)


def _library(source: Located) -> Machine:
    from fsm.formats.statecharts.library_document import read_library_document

    return read_library_document(source)


_LIBRARY = frozenset({"name", "description", "datamodel", "states"})
_KINDS: tuple[tuple[Callable[[JsonObject], bool], Callable[[Located], Machine]], ...] = (
    (lambda root: "statechart" in root, _sismic),
    (lambda root: "StartAt" in root or "States" in root, _states_language),
    (lambda root: isinstance(root.get("states"), list), _markup),
    (lambda root: isinstance(root.get("states"), dict) and _LIBRARY.issuperset(root), _library),
    (lambda root: isinstance(root.get("states"), dict), _xstate),
)
"""How each format is recognised, and what reads it. A module is imported when it is needed."""

"""State machines of States Language inside of templates: CloudFormation, SAM, Serverless Framework.

A definition is an object, or a text of JSON, which ``Fn::Sub`` may be around; what it would fill in
is no part of the control flow. Sources: the resources ``AWS::StepFunctions::StateMachine`` and
``AWS::Serverless::StateMachine`` of CloudFormation, https://www.serverless.com/plugins/serverless-step-functions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple, NoReturn, Protocol

from fsm.formats.json_objects import JsonObject, LocatedJson
from fsm.formats.statecharts.chart_parts import Located
from fsm.machine import Machine
from fsm.suggest import no_such

__all__ = ["LocatedText", "is_template", "read_template"]

_TYPES = ("AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine")
_SERVERLESS = "stepFunctions"
_MOST_CHARACTERS = 2**20
_SHOWN = 10
"""So many machines are listed in a message."""


class LocatedText(Located, Protocol):
    """A document that knows where texts begin as well."""

    def text_line(self, member: JsonObject, key: str) -> int:
        """Return the line where the text of a member of an object begins, as well as is known."""


class _Definition(NamedTuple):
    """A state machine of a template: its name, and the object with its definition."""

    name: str
    around: JsonObject
    is_elsewhere: bool = False


class _Inside:
    """An object inside of a document, as a document of its own."""

    def __init__(self, source: Located, root: JsonObject) -> None:
        self.source, self.root, self.file = source, root, source.file

    def line(self, member: JsonObject) -> int:
        """Return the line where an object begins."""
        return self.source.line(member)

    def refuse(self, member: JsonObject, what: str) -> NoReturn:
        """Raise :class:`fsm.errors.MachineError` for an object."""
        self.source.refuse(member, what)


def is_template(root: JsonObject) -> bool:
    """Whether a document is a template that may have state machines."""
    return isinstance(root.get("Resources"), dict) or _SERVERLESS in root


def read_template(source: LocatedText, part: str = "") -> Machine:
    """Return the only state machine of a template, or the one that ``part`` names.

    Raises :class:`fsm.errors.MachineError` with file and line.
    """
    found = list(_definitions(source))
    if not found:
        types = " or ".join(_TYPES)
        source.refuse(source.root, f"a template without a state machine: no {types}")
    names = [each.name for each in found]
    if part and part not in names:
        source.refuse(source.root, no_such("state machine", part, names))
    if not part and len(found) > 1:
        listed = ", ".join(f"{source.file}#{name}" for name in names[:_SHOWN])
        more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        source.refuse(found[1].around, f"{len(found)} state machines; name one: {listed}{more}")
    chosen = found[names.index(part) if part else 0]
    from fsm.formats.statecharts.states_language import read_states_language

    machine = read_states_language(_located(source, chosen))
    return replace(machine, name=chosen.name)


def _definitions(source: Located) -> Iterator[_Definition]:
    resources = source.root.get("Resources")
    for name, resource in resources.items() if isinstance(resources, JsonObject) else ():
        if isinstance(resource, JsonObject) and resource.get("Type") in _TYPES:
            properties = resource.get("Properties")
            if not isinstance(properties, JsonObject):
                source.refuse(resource, f"{name!r} has no Properties")
            yield _Definition(name, properties)
    functions = source.root.get(_SERVERLESS)
    if functions is None:
        return
    machines = functions.get("stateMachines") if isinstance(functions, JsonObject) else None
    if not isinstance(machines, JsonObject):
        source.refuse(source.root, f"{_SERVERLESS} has no stateMachines in this file")
    for name, machine in machines.items():
        if isinstance(machine, JsonObject):
            yield _Definition(name, machine)
        else:
            yield _Definition(name, machines, is_elsewhere=True)


def _located(source: LocatedText, found: _Definition) -> Located:
    """Return the definition of a machine as a document of its own."""
    around = found.around
    if found.is_elsewhere:
        source.refuse(around, f"the state machine {found.name!r} is not in this file")
    for key in ("Definition", "DefinitionString", "definition"):
        if key in around:
            return _document(source, around, key)
    if "DefinitionUri" in around:
        where = around["DefinitionUri"]
        what = f"the definition is in another file, {where!r}: name that file"
        source.refuse(around, what if isinstance(where, str) else "the definition is elsewhere")
    return source.refuse(around, f"the state machine {found.name!r} has no definition")


def _filled_in(text: Any, variables: dict[str, Any]) -> Any:
    """Return the text of ``Fn::Sub`` with those of its variables that are texts."""
    for name, value in variables.items() if isinstance(text, str) else ():
        if isinstance(value, str) and len(text) <= _MOST_CHARACTERS:
            text = text.replace(f"${{{name}}}", value)
    return text


def _document(source: LocatedText, around: JsonObject, key: str) -> Located:
    value: Any = around[key]
    if isinstance(value, JsonObject) and not value.keys() & {"Fn::Sub", "Fn::Join"}:
        return _Inside(source, value)
    if isinstance(value, JsonObject) and "Fn::Sub" in value:
        around, key = value, "Fn::Sub"
        value = value[key]
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], dict):
        value = _filled_in(value[0], value[1])
    if not isinstance(value, str):
        source.refuse(around, f"{key} is computed; write the definition as one text")
    return LocatedJson("\n" * (source.text_line(around, key) - 1) + value, source.file)

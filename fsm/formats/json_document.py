"""A machine as our own JSON document, which keeps every field.

Each state and each transition is one line, so that versions can be compared. Members with a default
may be left out: the atoms of a state that is its own only atom, a trigger that is the event, an
empty guard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from msgspec import Struct, field

from fsm.errors import MachineError
from fsm.files import read_text
from fsm.formats.assembly import MAX_BYTES, Assembly
from fsm.formats.declared_chart import (
    DeclaredChart,
    chart_faults,
    chart_text,
    read_chart_member,
)
from fsm.formats.json_objects import LocatedJson
from fsm.machine import Deadline, Indicator, Machine, Origin, State, Timer, Transition
from fsm.text import json_text, shortened
from fsm.trust import NameInFile

__all__ = ["machine_of_document", "parse_document", "read_document", "to_json"]

VERSION = 1
"""The version of the format; another one is refused."""

_COMPANION = re.compile(r'"companion"\s*:')
"""No string in JSON contains this, since a quote in a string has a backslash before it."""


# Writing -------------------------------------------------------------------------------------


def to_json(machine: Machine) -> str:
    """Return the document of a machine: the same text for the same machine.

    Invisible characters (bidi marks, for example) are written as escapes.
    """
    lines = [f"  {json_text(key)}: {text}" for key, text in _members(machine)]
    lines += [f'  "chart": {chart_text(machine.chart)}'] if machine.chart else []
    members = ",\n".join(lines)
    return f"{{\n{members}\n}}\n"


def _members(machine: Machine) -> Iterator[tuple[str, str]]:
    yield "fsm", str(VERSION)
    yield "name", json_text(machine.name)
    yield "title", json_text(machine.title)
    if machine.unit is not None:
        yield "unit", json_text(machine.unit)
    yield "initial", json_text(machine.initial)
    yield "states", _lines(map(_state, machine.states))
    yield "events", _lines(machine.events)
    yield "transitions", _lines(map(_transition, machine.transitions))
    if machine.indicators:
        yield "indicators", _lines(map(_indicator, machine.indicators))
    if machine.deadline:
        yield "deadline", json_text(asdict(machine.deadline))
    if machine.timers:
        yield "timers", _lines(map(_timer, machine.timers))
    if machine.companion is not None:
        yield "companion", json_text(machine.companion)
    if machine.guards:
        guards = ({"event": e, "names": list(names)} for e, names in machine.guards.items())
        yield "guards", _lines(guards)
    named = (("colours", dict(machine.colours)), ("unreachable", list(machine.unreachable)))
    yield from ((key, json_text(value)) for key, value in named if value)
    for key, texts in (("ignored", machine.ignored), ("assumed", machine.assumed)):
        if texts:
            yield key, _lines(texts)


def _state(state: State) -> dict[str, object]:
    facts: dict[str, object] = {"name": state.name, "status": state.status, "title": state.title}
    if state.atoms != (state.name,):
        facts["atoms"] = list(state.atoms)
    if state.final:
        facts["final"] = True
    return facts


def _transition(transition: Transition) -> dict[str, object]:
    facts: dict[str, object] = {
        "source": transition.source,
        "event": transition.event,
        "target": transition.target,
    }
    if transition.trigger != transition.event:
        facts["trigger"] = transition.trigger
    if transition.guard:
        facts["guard"] = transition.guard
    if transition.origin:
        facts["origin"] = _origin(transition.origin)
    if transition.edges:
        facts["edges"] = list(transition.edges)
    if transition.followed:
        facts["followed"] = list(transition.followed)
    return facts


def _origin(origin: Origin) -> dict[str, object]:
    facts: dict[str, object] = {"label": origin.label, "reason": origin.reason}
    if origin.file:
        facts |= {"file": origin.file, "line": origin.line}
    return facts


def _indicator(indicator: Indicator) -> dict[str, object]:
    return {"name": indicator.name, "statuses": sorted(indicator.statuses)}


def _timer(timer: Timer) -> dict[str, object]:
    facts: dict[str, object] = {
        "event": timer.event,
        "after": timer.after,
        "states": list(timer.states),
    }
    if timer.restarts:
        facts["restarts"] = [list(cell) for cell in timer.restarts]
    if not timer.stops:
        facts["stops"] = False
    if timer.scope:
        facts["scope"] = timer.scope
    return facts


def _lines(values: Iterable[object]) -> str:
    items = ",\n".join(f"    {json_text(value)}" for value in values)
    return f"[\n{items}\n  ]" if items else "[]"


# Reading -------------------------------------------------------------------------------------


class _Members(Struct, forbid_unknown_fields=True):
    """An object of the document. A member that may be left out may be null as well."""


class _State(_Members):
    name: str
    status: str | None = None
    title: str | None = None
    atoms: tuple[str, ...] | None = None
    final: bool = False


class _Origin(_Members):
    label: str
    reason: str
    file: str = ""
    line: int = 0


class _Transition(_Members):
    source: str
    event: str
    target: str
    trigger: str | None = None
    guard: str = ""
    origin: _Origin | None = None
    edges: tuple[int, ...] = ()
    followed: tuple[int, ...] = ()


class _Indicator(_Members):
    name: str
    statuses: frozenset[str]


class _Deadline(_Members):
    start: str
    event: str
    state: str


class _Timer(_Members):
    event: str
    after: str
    states: tuple[str, ...]
    restarts: tuple[tuple[str, str], ...] = ()
    stops: bool = True
    scope: str = ""


class _Guards(_Members):
    event: str
    names: tuple[str, ...]


class _Document(_Members):
    fsm: int
    name: str
    initial: str
    states: list[_State]
    events: list[str]
    transitions: list[_Transition]
    title: str | None = None
    unit: str | None = None
    indicators: list[_Indicator] = []
    colours: dict[str, str] = {}
    deadline: _Deadline | None = None
    timers: list[_Timer] = []
    companion: str | None = None
    guards: list[_Guards] = []
    unreachable: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    chart: DeclaredChart | None = None
    schema: str | None = field(default=None, name="$schema")
    """For editors, which find there how to complete the file; it says nothing about the machine."""


_MEMBERS = sorted({name for kind in _Members.__subclasses__() for name in kind.__struct_fields__})


def read_document(path: Path) -> Machine:
    """Return the machine of a document; raises :class:`MachineError` with file and line."""
    return parse_document(read_text(path, MAX_BYTES, "a machine", MachineError), str(path))


def parse_document(text: str, file: str = "machine.json") -> Machine:
    """Return the machine of a document's text; raises :class:`MachineError` with its line.

    >>> from fsm.catalog import load
    >>> parse_document(to_json(load("quarantine"))) == load("quarantine")
    True
    """
    return machine_of_document(LocatedJson(text, file))


def machine_of_document(source: LocatedJson) -> Machine:
    """Return the machine of a document that was decoded; see :func:`parse_document`."""
    root = source.root
    if "fsm" not in root:
        source.refuse(root, f'not a machine: it must begin with "fsm": {VERSION}')
    if root["fsm"] != VERSION:
        version = shortened(repr(root["fsm"]))
        source.refuse(root, f'format {version} is not known; write "fsm": {VERSION}')
    return _machine(source, source.typed(_Document, _MEMBERS))


def _machine(source: LocatedJson, document: _Document) -> Machine:
    parts, top = Assembly(source.file), source.line(source.root)
    for line, state in source.placed("states", document.states):
        parts.state(line, _read_state(state))
    for event in document.events:
        parts.event(top, event)
    for line, transition in source.placed("transitions", document.transitions):
        parts.transition(line, _read_transition(transition))
    machine = parts.machine(
        name=document.name,
        title=document.name if document.title is None else document.title,
        initial=parts.initial(top, document.initial),
        indicators=tuple(
            parts.indicator(line, Indicator(indicator.name, indicator.statuses))
            for line, indicator in source.placed("indicators", document.indicators)
        ),
        colours=_read_colours(source, parts, document.colours),
        deadline=_read_deadline(source, parts, document.deadline),
        companion=_read_companion(source, document.companion),
        guards={
            guards.event: parts.guards(line, guards.event, guards.names)
            for line, guards in source.placed("guards", document.guards)
        },
        unreachable=document.unreachable,
        ignored=document.ignored,
        assumed=document.assumed,
        unit=document.unit,
        timers=tuple(
            parts.timer(
                line,
                timer.event,
                timer.after,
                timer.states,
                restarts=timer.restarts,
                stops=timer.stops,
                scope=timer.scope,
            )
            for line, timer in source.placed("timers", document.timers)
        ),
    )
    return machine if document.chart is None else _with_chart(source, document.chart, machine)


def _with_chart(source: LocatedJson, chart: DeclaredChart, machine: Machine) -> Machine:
    for fault in chart_faults(chart, machine):
        source.refuse(source.root["chart"], f"chart: {fault}; leave the chart out, or mend it")
    return replace(machine, chart=read_chart_member(chart, machine))


def _read_state(state: _State) -> State:
    return State(
        name=state.name,
        status=state.status,
        title=state.name if state.title is None else state.title,
        atoms=(state.name,) if state.atoms is None else state.atoms,
        final=state.final,
    )


def _read_transition(transition: _Transition) -> Transition:
    origin = transition.origin
    return Transition(
        source=transition.source,
        event=transition.event,
        target=transition.target,
        trigger=transition.event if transition.trigger is None else transition.trigger,
        guard=transition.guard,
        origin=None
        if origin is None
        else Origin(origin.label, origin.reason, origin.file, origin.line),
        edges=transition.edges,
        followed=transition.followed,
    )


def _read_colours(
    source: LocatedJson, parts: Assembly, colours: dict[str, str]
) -> Mapping[str, str]:
    return parts.colours(source.line(source.root["colours"]), colours) if colours else colours


def _read_deadline(
    source: LocatedJson, parts: Assembly, deadline: _Deadline | None
) -> Deadline | None:
    if deadline is None:
        return None
    value = Deadline(deadline.start, deadline.event, deadline.state)
    return parts.deadline(source.line(source.root["deadline"]), value)


def _read_companion(source: LocatedJson, name: str | None) -> NameInFile | None:
    """Return the name of a machine, which nobody has allowed to be imported."""
    if name is None:
        return None
    key = _COMPANION.search(source.text)
    line = 1 + source.text.count("\n", 0, key.start()) if key else source.line(source.root)
    return NameInFile(name, f"{source.file}:{line}")

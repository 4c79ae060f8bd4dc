"""A machine as our own JSON document, which keeps every field.

One state, and one transition, stand in one line, so that versions compare well. What a reader of
the document can tell by itself may be left out: the atoms of a state that is its own, a trigger
that is the event, an empty guard.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from difflib import get_close_matches
from json.decoder import JSONDecodeError, JSONDecoder, JSONObject  # type: ignore[attr-defined]
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from fsm.formats.assembly import MAX_PARTS, Assembly, read_bytes, refuse
from fsm.machine import Deadline, Indicator, Machine, Origin, State, Transition
from fsm.text import json_text, shortened
from fsm.trust import NameInFile

__all__ = ["parse_json", "read_json", "to_json"]

VERSION = 1
"""Of the format; a reader refuses a higher one."""

T = TypeVar("T")

_COMPANION = re.compile(r'"companion"\s*:')
"""No text of JSON holds this: there a quote has a backslash before it."""


# Writing -------------------------------------------------------------------------------------


def to_json(machine: Machine) -> str:
    """Return the document of a machine: the same text for the same machine.

    Characters that cannot be seen (bidi marks, for example) are written as escapes.
    """
    members = ",\n".join(f"  {json_text(key)}: {text}" for key, text in _members(machine))
    return f"{{\n{members}\n}}\n"


def _members(machine: Machine) -> Iterator[tuple[str, str]]:
    yield "fsm", str(VERSION)
    yield "name", json_text(machine.name)
    yield "title", json_text(machine.title)
    yield "initial", json_text(machine.initial)
    yield "states", _lines(map(_state, machine.states))
    yield "events", _lines(machine.events)
    yield "transitions", _lines(map(_transition, machine.transitions))
    if machine.indicators:
        yield "indicators", _lines(map(_indicator, machine.indicators))
    if machine.deadline:
        yield "deadline", json_text(asdict(machine.deadline))
    if machine.companion is not None:
        yield "companion", json_text(machine.companion)
    if machine.guards:
        guards = ({"event": e, "names": list(names)} for e, names in machine.guards.items())
        yield "guards", _lines(guards)
    if machine.unreachable:
        yield "unreachable", json_text(list(machine.unreachable))
    if machine.ignored:
        yield "ignored", _lines(machine.ignored)


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
        facts["origin"] = asdict(transition.origin)
    return facts


def _indicator(indicator: Indicator) -> dict[str, object]:
    return {"name": indicator.name, "statuses": sorted(indicator.statuses)}


def _lines(values: Iterable[object]) -> str:
    items = ",\n".join(f"    {json_text(value)}" for value in values)
    return f"[\n{items}\n  ]" if items else "[]"


# Reading -------------------------------------------------------------------------------------


def read_json(path: Path) -> Machine:
    """Return the machine of a document; raises :class:`MachineError` with file and line."""
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + error.object.count(b"\n", 0, error.start)
        refuse(str(path), line, "not UTF-8; save the file in that encoding")
    return parse_json(text, str(path))


def parse_json(text: str, file: str = "machine.json") -> Machine:
    """Return the machine of a document's text; raises :class:`MachineError` with its line.

    >>> from fsm.catalog import load
    >>> parse_json(to_json(load("quarantine"))) == load("quarantine")
    True
    """
    try:
        value = _Decoder(file, text).decode(text)
    except JSONDecodeError as error:
        refuse(file, error.lineno, f"not JSON: {error.msg} (column {error.colno})")
    except RecursionError:
        refuse(file, 1, "nested too deeply for a machine")
    except ValueError as error:
        refuse(file, 1, f"not JSON: {str(error).partition(';')[0]}")
    if not isinstance(value, _Object):
        refuse(file, 1, "not a machine: the document must be an object")
    return _machine(value)


class _Object(dict[str, Any]):
    """A JSON object that knows where it begins, and refuses what it should not hold."""

    def __init__(self, members: dict[str, Any], decoder: _Decoder, start: int) -> None:
        super().__init__(members)
        self.decoder, self.start = decoder, start

    @property
    def line(self) -> int:
        """The line of the file, from 1."""
        return self.decoder.line(self.start)

    def refuse(self, what: str) -> NoReturn:
        """Raise :class:`MachineError` for this object."""
        refuse(self.decoder.file, self.line, what)

    def only(self, *known: str) -> None:
        """Refuse a member that is none of these."""
        for key in self.keys() - set(known):
            close = get_close_matches(key[:100], known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known)}"
            self.refuse(f"no member {shortened(key)!r} here; {hint}")

    def member(self, key: str, kind: type[T], default: T | None = None) -> T:
        """Return a member of this type; without a default it must be there."""
        value = self.get(key, default)
        if value is None:
            self.refuse(f"{key!r} is missing")
        if not isinstance(value, kind):
            self.refuse(f"{key!r} must be {_KINDS[kind]}, not {shortened(json.dumps(value))}")
        return value

    def texts(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        """Return a member that is a list of texts."""
        return self._items(key, str, default)

    def objects(self, key: str, default: list[_Object] | None = None) -> tuple[_Object, ...]:
        """Return a member that is a list of objects."""
        return self._items(key, _Object, default)

    def _items(self, key: str, kind: type[T], default: list[T] | None) -> tuple[T, ...]:
        items = self.member(key, list, default)
        if not all(isinstance(item, kind) for item in items):
            self.refuse(f"every item of {key!r} must be {_KINDS[kind]}")
        return tuple(items)


_KINDS: dict[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    list: "a list",
    _Object: "an object",
}


class _Decoder(JSONDecoder):
    """Reads JSON into objects that know their place."""

    def __init__(self, file: str, text: str) -> None:
        super().__init__()
        self.file, self.text = file, text
        self.objects = 0
        self._last: tuple[int, int] = (0, 1)  # a place, and its line
        self.parse_object = self._object
        self.scan_once = py_make_scanner(self)

    def line(self, at: int) -> int:
        """Return the line of a place, counted on from the last one asked for."""
        if at < self._last[0]:
            self._last = (0, 1)
        before, line = self._last
        self._last = (at, line + self.text.count("\n", before, at))
        return self._last[1]

    def _object(self, at: tuple[str, int], strict: bool, scan: object, *_: object) -> Any:
        start = at[1] - 1
        self.objects += 1
        if self.objects > MAX_PARTS:
            refuse(self.file, 1, f"more than {MAX_PARTS:,} objects, not a machine")
        pairs, end = JSONObject(at, strict, scan, None, list)
        found = _Object(dict(pairs), self, start)
        if len(found) < len(pairs):
            twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
            found.refuse(f"{shortened(twice)!r} stands twice in one object")
        return found, end


def _machine(root: _Object) -> Machine:
    root.only(
        "fsm", "name", "title", "initial", "states", "events", "transitions", "indicators",
        "deadline", "companion", "guards", "unreachable", "ignored",
    )  # fmt: skip
    if "fsm" not in root:
        root.refuse(f'not a machine: it must begin with "fsm": {VERSION}')
    if root["fsm"] != VERSION:
        root.refuse(f'format {root["fsm"]!r} is not known; write "fsm": {VERSION}')
    parts = Assembly(root.decoder.file)
    for node in root.objects("states"):
        parts.state(node.line, _read_state(node))
    for event in root.texts("events"):
        parts.event(root.line, event)
    for node in root.objects("transitions"):
        parts.transition(node.line, _read_transition(node))
    name = root.member("name", str)
    return parts.machine(
        name=name,
        title=root.member("title", str, name),
        initial=parts.initial(root.line, root.member("initial", str)),
        indicators=tuple(_read_indicator(parts, n) for n in root.objects("indicators", [])),
        deadline=_read_deadline(parts, root),
        companion=_read_companion(root) if "companion" in root else None,
        guards=dict(_read_guards(parts, node) for node in root.objects("guards", [])),
        unreachable=root.texts("unreachable", []),
        ignored=root.texts("ignored", []),
    )


def _read_companion(root: _Object) -> str:
    """Return the name of a machine, which nobody has allowed to be imported."""
    text, file = root.decoder.text, root.decoder.file
    key = _COMPANION.search(text)
    line = root.decoder.line(key.start()) if key else root.line
    return NameInFile(root.member("companion", str), f"{file}:{line}")


def _read_state(node: _Object) -> State:
    node.only("name", "status", "title", "atoms", "final")
    name = node.member("name", str)
    shown = node.get("status") is not None
    return State(
        name=name,
        status=node.member("status", str) if shown else None,
        title=node.member("title", str, name),
        atoms=node.texts("atoms", [name]),
        final=node.member("final", bool, False),
    )


def _read_transition(node: _Object) -> Transition:
    node.only("source", "event", "target", "trigger", "guard", "origin")
    event = node.member("event", str)
    return Transition(
        source=node.member("source", str),
        event=event,
        target=node.member("target", str),
        trigger=node.member("trigger", str, event),
        guard=node.member("guard", str, ""),
        origin=_read_origin(node.member("origin", _Object)) if "origin" in node else None,
    )


def _read_origin(node: _Object) -> Origin:
    node.only("label", "reason")
    return Origin(node.member("label", str), node.member("reason", str))


def _read_indicator(parts: Assembly, node: _Object) -> Indicator:
    node.only("name", "statuses")
    found = Indicator(node.member("name", str), frozenset(node.texts("statuses")))
    return parts.indicator(node.line, found)


def _read_deadline(parts: Assembly, root: _Object) -> Deadline | None:
    if "deadline" not in root:
        return None
    node = root.member("deadline", _Object)
    node.only("start", "event", "state")
    found = Deadline(*(node.member(key, str) for key in ("start", "event", "state")))
    return parts.deadline(node.line, found)


def _read_guards(parts: Assembly, node: _Object) -> tuple[str, tuple[str, ...]]:
    node.only("event", "names")
    event = node.member("event", str)
    return event, parts.guards(node.line, event, node.texts("names"))

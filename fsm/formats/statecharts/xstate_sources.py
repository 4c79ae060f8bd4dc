"""Machines of XState in JavaScript and TypeScript: what ``createMachine`` is called with.

Only literals decide what is read. Functions among the actions are counted, a function as a guard is
a guard by its text, and what decides where a machine goes must stand in the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

from fsm.errors import MachineError
from fsm.files import read_text
from fsm.formats.assembly import MAX_PARTS, refuse
from fsm.formats.javascript import HOW_TO_EXPORT, JavaScript, SourceCode
from fsm.formats.json_objects import JsonObject
from fsm.formats.statecharts.xstate import read_xstate
from fsm.formats.statecharts.xstate_calls import MachineCall, XStateCalls
from fsm.machine import Machine
from fsm.suggest import no_such
from fsm.text import shortened

__all__ = ["read_xstate_source"]

_MAX_BYTES = 2**20
_MOST_SETUPS = 100
_SHOWN = 10
_IMPORT = re.compile(r"\bxstate\b", re.IGNORECASE)
_FUNCTION = re.compile(r"(?:[\w$]+\.)?(?P<name>[A-Za-z_$][\w$]*)\s*(?:<[^()]*>)?\(")
_USUAL = re.compile(
    r"^\((?:\{ ?(?:context|event)(?:, (?:context|event))?,? ?\}"
    r"|(?:context|ctx|_)(?:, (?:event|evt|e))?)\) => (?=[^{])"
)
"""How functions begin whose text is understood, and means the same everywhere, without it."""
_LEFT_OUT = (
    "context", "types", "schema", "schemas", "tsTypes", "meta", "tags", "description", "output",
    "data", "input", "params", "systemId",
)  # fmt: skip
"""Members that are no part of a table, whatever their values are."""
_DECIDES = (
    "target",
    "initial",
    "type",
    "history",
    "id",
    "key",
    "delimiter",
    "in",
    "delay",
    "event",
)
"""Members that must be literals."""
_ACTIONS = ("actions", "entry", "exit", "onEntry", "onExit", "activities")
_SENDS = ("send", "choose", "pure", "enqueueActions")
"""Functions of XState by which a machine may send an event to itself."""
_CONDITIONS = ("and", "or", "not")


def read_xstate_source(path: Path, part: str = "") -> Machine:
    """Return the machine of a file; ``part`` is the constant of one of several machines,
    or ``L12`` for its line.

    Raises :class:`MachineError` with file and line.
    """
    file = str(path)
    text = read_text(path, _MAX_BYTES, "a machine", MachineError)
    try:
        source = JavaScript(text, file)
        calls = XStateCalls(source)
        call = _chosen(source, calls, part)
        _refuse_changed(source, call)
        machine = read_xstate(_Config(source, calls, call))
        machine = _with_others(machine, source, calls)
    except RecursionError:
        refuse(file, 1, "nested too deeply for a machine")
    return replace(machine, name=part) if part else machine


def _refuse_changed(source: JavaScript, call: MachineCall) -> None:
    """Raise where the file changes a machine after it is made, as ``machine.config.initial``."""
    uses = source.parsed.uses(call.name) if call.is_constant else []
    if any(use.is_change and use.path and not use.is_call for use in uses):
        what = f"the machine {call.name!r} is changed after it is made"
        refuse(source.file, source.line_at(call.place), f"{what}; {HOW_TO_EXPORT}")


def _with_others(machine: Machine, source: JavaScript, calls: XStateCalls) -> Machine:
    """Return a machine that says which others of the file are not read."""
    said = [
        f"{source.file}:{source.line_at(place)}: the machine that is made here of another one"
        " is not read"
        for place in islice(calls.provided_elsewhere(calls.machines()), _SHOWN)
    ]
    return replace(machine, assumed=(*machine.assumed, *said))


def _chosen(source: JavaScript, script: XStateCalls, part: str) -> MachineCall:
    """Return the only call, or the one that is named; raises :class:`MachineError`."""
    calls = script.machines() if _IMPORT.search(source.text) else []
    names = [call.name for call in calls]
    unread = next(script.unread(), None) if _IMPORT.search(source.text) else None
    if unread is not None and part not in names:
        place, name = unread
        known = ", ".join(f"{source.file}#{each}" for each in names[:_SHOWN])
        how = f"name a machine that is read: {known}" if known else HOW_TO_EXPORT
        refuse(source.file, source.line_at(place), f"this use of {name!r} is not read; {how}")
    if not calls:
        what = "no machine of XState: no createMachine({...}) in a file that imports xstate"
        refuse(source.file, 1, what)
    if part and part not in names:
        refuse(source.file, 1, no_such("machine", part, names))
    if not part and len(calls) > 1:
        listed = [f"{source.file}#{name}" for name in names]
        more = f", and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
        found = f"{len(calls)} machines; name one: {', '.join(listed[:_SHOWN])}{more}"
        refuse(source.file, source.line_at(calls[1].place), found)
    return calls[names.index(part) if part else 0]


class _Config:
    """The configuration of one call, as a document for the reader of XState's JSON."""

    def __init__(self, source: JavaScript, calls: XStateCalls, call: MachineCall) -> None:
        self.source, self.file, self.count = source, source.file, 0
        given = source.arguments(call.place)
        if not given or not isinstance(given[0], JsonObject):
            what = "the configuration of the machine is not in this file"
            if given and isinstance(given[0], SourceCode):
                what = f"{what}{self._why(given[0])}"
            refuse(self.file, source.line_at(call.place), f"{what}; {HOW_TO_EXPORT}")
        self.known: dict[str, dict[str, Any]] = {"actions": {}, "delays": {}}
        self.twice: set[tuple[str, str]] = set()
        """What several calls of ``setup`` define in different ways, by kind and name."""
        for place in islice(calls.setup_places(), _MOST_SETUPS):
            for option in source.arguments(place):
                self._know(option)
        self._override(given[1:2])
        for place in calls.options_behind(call):
            options = source.arguments(place)
            if not all(isinstance(option, JsonObject) for option in options):
                what = "what is provided to the machine is not in this file"
                refuse(self.file, source.line_at(place), f"{what}; {HOW_TO_EXPORT}")
            self._override(options)
        self.root: JsonObject = self._object(given[0])

    def _know(self, option: Any) -> None:
        """Take the names of one call of ``setup``."""
        for kind, found in self.known.items():
            members = option.get(kind) if isinstance(option, JsonObject) else None
            for name, value in members.items() if isinstance(members, JsonObject) else ():
                if name in found and found[name] != value:
                    self.twice.add((kind, name))
                found[name] = value

    def _override(self, options: list[Any]) -> None:
        """Take the names of options of this machine, which count more than those of a setup."""
        for option in options:
            for kind, found in self.known.items():
                members = option.get(kind) if isinstance(option, JsonObject) else None
                found.update(members if isinstance(members, JsonObject) else {})
                names = members if isinstance(members, JsonObject) else {}
                self.twice -= {(kind, name) for name in names}

    def _refuse_twice(self, config: JsonObject, kind: str, name: str) -> None:
        if (kind, name) in self.twice:
            what = f"{name!r} has several definitions among the {kind} of this file"
            self.refuse(config, f"{what}; give them names of their own")

    def _why(self, text: str) -> str:
        """Return why a name of this file does not stand for what it is declared with."""
        name = text.partition(".")[0]
        is_uncertain = name in self.source.uncertain
        return f" ({name!r} may be changed, or is declared again)" if is_uncertain else ""

    def line(self, member: JsonObject) -> int:
        """Return the line where an object begins."""
        return self.source.line(member)

    def refuse(self, member: JsonObject, what: str) -> NoReturn:
        """Raise :class:`fsm.errors.MachineError` for an object."""
        self.source.refuse(member, what)

    # Values ----------------------------------------------------------------------------------

    def _object(self, config: JsonObject) -> JsonObject:
        """Return a state or a transition with what JSON can say."""
        self.count += 1
        if self.count > MAX_PARTS:  # constants may stand for themselves again and again
            self.refuse(config, f"more than {MAX_PARTS:,} objects, not a machine")
        members = _like(config)
        for key, value in config.items():
            if key in _LEFT_OUT or (key == "src" and isinstance(value, SourceCode)):
                continue
            if key in _ACTIONS:
                members[key] = self._actions(config, value)
            elif key in ("guard", "cond"):
                members[key] = self._guard(config, value)
            elif key in _DECIDES:
                members[key] = self._literal(config, key, value)
            else:
                members[key] = self._inner(config, key, value)
        return members

    def _inner(self, config: JsonObject, key: str, value: Any) -> Any:
        """Return what stands inside of a state: states, transitions by their events, actors."""
        if isinstance(value, SourceCode):
            self._refuse_code(config, key, value)
        if isinstance(value, list):
            return [self._inner(config, key, item) for item in value]
        if not isinstance(value, JsonObject):
            return value
        if key not in ("states", "on", "after"):
            return self._object(value)
        inner = _like(value)
        for name, item in value.items():
            label = str(self._delay(value, name)) if key == "after" else name
            inner[label] = self._inner(value, f"{key}: {name}", item)
        return inner

    def _delay(self, config: JsonObject, name: str) -> str | int | float:
        self._refuse_twice(config, "delays", name)
        delay = self.known["delays"].get(name)
        return delay if isinstance(delay, int | float) and not isinstance(delay, bool) else name

    def _literal(self, config: JsonObject, key: str, value: Any) -> Any:
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, SourceCode):
                self._refuse_code(config, key, item)
        return value

    def _refuse_code(self, config: JsonObject, key: str, value: str) -> NoReturn:
        what = f"{key!r} is computed: {shortened(value)}{self._why(value)}"
        self.refuse(config, f"{what}; write it as a literal, or {HOW_TO_EXPORT}")

    # Actions and guards ----------------------------------------------------------------------

    def _actions(self, config: JsonObject, value: Any) -> list[Any]:
        values = value if isinstance(value, list) else [] if value is None else [value]
        return [self._action(config, item, 0) for item in values]

    def _action(self, config: JsonObject, value: Any, depth: int) -> Any:
        if not isinstance(value, SourceCode):
            named = value.get("type") if isinstance(value, JsonObject) else value
            found = self.known["actions"].get(named) if isinstance(named, str) else None
            if isinstance(named, str):
                self._refuse_twice(config, "actions", named)
            if found is None or depth:
                return self._plain(config, value)
            done = self._action(config, found, depth + 1)
            return done if isinstance(done, JsonObject) and "event" in done else value
        match = _FUNCTION.match(value)
        name = match["name"] if match else ""
        if name == "raise" and match:
            return self._raised(config, value, match.end() - 1)
        if name in _SENDS or (name == "sendTo" and re.search(r"\bself\b", value)):
            if name == "enqueueActions" and not re.search(r"\b(?:raise|self)\b", value):
                return value
            what = f"the action {shortened(value)!r} may send an event to the machine itself"
            self.refuse(config, f"{what}; raise it, or leave the action out")
        return value

    def _raised(self, config: JsonObject, value: str, place: int) -> JsonObject:
        """Return an action that raises an event, as JSON has it."""
        given = JavaScript(value, self.file).arguments(place)
        event = given[0] if given else None
        if isinstance(event, JsonObject):
            event = event.get("type")
        if not isinstance(event, str) or isinstance(event, SourceCode):
            self.refuse(config, f"which event is raised is computed: {shortened(value)}")
        action = _like(config, {"type": "xstate.raise", "event": event})
        delay = given[1].get("delay") if len(given) > 1 and isinstance(given[1], dict) else None
        if delay is not None:
            action["delay"] = delay
        return action

    def _guard(self, config: JsonObject, value: Any) -> Any:
        if isinstance(value, JsonObject) and not _is_plain(value):
            given = json.dumps({k: v for k, v in value.items() if k != "type"}, sort_keys=True)
            return f"{value.get('type')}({given})"
        if not isinstance(value, SourceCode):
            return value
        match = _FUNCTION.match(value)
        name = match["name"] if match else ""
        if match and name in (*_CONDITIONS, "stateIn") and value.endswith(")"):
            (given, *_) = [*JavaScript(value, self.file).arguments(match.end() - 1), None]
            if name == "stateIn":
                params = {"stateValue": given}
                return _like(config, {"type": "xstate.stateIn", "params": params})
            inner = given if isinstance(given, list) else [given]
            guards = [self._guard(config, item) for item in inner]
            return _like(config, {"type": f"xstate.{name}", "guards": guards})
        return str(_USUAL.sub("", value, count=1)) or str(value)

    def _plain(self, config: JsonObject, value: Any) -> Any:
        """Return an object or a name without code: parameters that are computed are left out."""
        if not isinstance(value, JsonObject):
            return value
        kept = {k: v for k, v in value.items() if k == "type" or _is_plain(v)}
        return _like(config, kept)


def _like(place: JsonObject, members: Mapping[str, Any] | None = None) -> JsonObject:
    """Return an object that has the line of another one."""
    made = JsonObject(members or {})
    made.number = place.number
    return made


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | dict):
        return all(map(_is_plain, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, SourceCode)

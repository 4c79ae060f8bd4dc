"""JSON and YAML of python-statemachine (``statemachine.io``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from fsm.compile.documents import compile_document
from fsm.errors import MachineError
from fsm.formats.assembly import refuse
from fsm.formats.json_objects import JsonObject
from fsm.formats.scxml_data import Datum, decided_at_start, plain_datum
from fsm.formats.statecharts.chart_parts import MAX_CELLS, Located
from fsm.machine import Machine
from fsm.suggest import no_such
from fsm.text import shortened

__all__ = ["read_library_document"]

_STATE = re.compile(r"state '([^']+)'")


def read_library_document(source: Located) -> Machine:
    """Return the machine of a document; raises :class:`MachineError` with file and line."""
    name = str(source.root.get("name") or Path(source.file).stem)
    states = dict(_states(source.root))
    for config in states.values():
        _check_targets(source, config, states)
    parts = list(_parts(source.root))
    has_data = bool(source.root.get("datamodel")) or any("assign" in part for part in parts)
    known = partial(decided_at_start, data=_unchanged_data(source.root, parts))
    try:
        return compile_document(source.root, name, MAX_CELLS, known if has_data else None)
    except MachineError as error:
        text = shortened(str(error))
        named = _STATE.search(text)
        place = states.get(named[1]) if named else None
        refuse(source.file, source.line(place or source.root), text)


def _parts(value: object, *, late: bool = True) -> Iterator[JsonObject]:
    """Yield all objects inside of a value; without ``late``, not what a named event does."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case JsonObject() as part:
                if late or "event" not in part:
                    yield part
                    waiting += part.values()
            case list() as several:
                waiting += several


def _unchanged_data(root: JsonObject, parts: list[JsonObject]) -> dict[str, Datum]:
    """Return the data with plain values that nothing may change before the first event."""
    if any("foreach" in part for part in parts):
        return {}
    # An event that the machine itself causes may come before the first one from outside.
    causes = any(part.keys() & {"raise", "send"} for part in parts) or any(
        str(part.get("event")).startswith(("done", "error", "*")) for part in parts
    )
    assigned = [part.get("assign") for part in _parts(root, late=causes)]
    changed = {
        str(each.get("location")).strip() for each in assigned if isinstance(each, JsonObject)
    }
    model: Any = root.get("datamodel")
    items = model if isinstance(model, list) else []
    if isinstance(model, JsonObject):
        items = [{"id": key, "expr": value} for key, value in model.items()]
    return {
        name: value
        for item in items
        if isinstance(item, JsonObject)
        and (name := str(item.get("id"))) not in changed
        and (value := plain_datum(str(item.get("expr")))) is not None
    }


def _states(config: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """Yield all states, also history states, each with its name."""
    for member in ("states", "history"):
        inside: Any = config.get(member)
        for key, inner in inside.items() if isinstance(inside, dict) else ():
            if isinstance(inner, JsonObject):
                yield key, inner
                yield from _states(inner)


def _check_targets(source: Located, config: JsonObject, states: dict[str, JsonObject]) -> None:
    """Refuse a target that is no state, with its line; the library names neither."""
    transitions: Any = config.get("transitions")
    for place in transitions if isinstance(transitions, list) else ():
        target = place.get("target") if isinstance(place, JsonObject) else None
        for name in target.split() if isinstance(target, str) else ():
            if name not in states:
                source.refuse(place, no_such("state", name, states))

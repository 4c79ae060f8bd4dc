"""JSON and YAML of python-statemachine (``statemachine.io``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fsm.compile.documents import compile_document
from fsm.errors import MachineError
from fsm.formats.assembly import refuse
from fsm.formats.json_objects import JsonObject
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
    try:
        return compile_document(source.root, name, MAX_CELLS)
    except MachineError as error:
        text = shortened(str(error))
        named = _STATE.search(text)
        place = states.get(named[1]) if named else None
        refuse(source.file, source.line(place or source.root), text)


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

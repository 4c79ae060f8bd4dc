"""JSON and YAML of python-statemachine (``statemachine.io``)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from fsm.compile.documents import compile_document
from fsm.errors import MachineError
from fsm.formats.assembly import refuse
from fsm.formats.json_objects import JsonObject
from fsm.formats.statecharts.chart_parts import MAX_CELLS, Located
from fsm.machine import Machine
from fsm.text import shortened

__all__ = ["read_library_document"]

_STATE = re.compile(r"state '([^']+)'")


def read_library_document(source: Located) -> Machine:
    """Return the machine of a document; raises :class:`MachineError` with file and line."""
    name = str(source.root.get("name") or Path(source.file).stem)
    try:
        return compile_document(source.root, name, MAX_CELLS)
    except MachineError as error:
        text = shortened(str(error))
        named = _STATE.search(text)
        place = _find(source.root, named[1]) if named else None
        refuse(source.file, source.line(place or source.root), text)


def _find(config: JsonObject, state: str) -> JsonObject | None:
    states: Any = config.get("states")
    for key, inner in states.items() if isinstance(states, dict) else ():
        if isinstance(inner, JsonObject):
            found = inner if key == state else _find(inner, state)
            if found is not None:
                return found
    return None

"""Read OCEL 2.0 as JSON, event by event, so that each is found on its line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from fsm.errors import LogError
from fsm.logs.process.object_log import ATTRIBUTES, ObjectLog, ObjectLogParts

__all__ = ["read_json"]

_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER: Final = json.JSONDecoder()


def read_json(name: str, text: str) -> ObjectLog:
    """Return the content of a document; raises :class:`LogError`, with the line, for another."""
    parts = ObjectLogParts()
    reader = _Json(name, text)
    for key in reader.members():
        if key == "events":
            for line, value in reader.elements():
                _add_event(parts, value, line)
        elif key == "objects":
            for _, value in reader.elements():
                if isinstance(value, dict) and isinstance(value.get("id"), str):
                    parts.add_object(value["id"], _text(value.get("type")), _attributes(value))
        else:
            reader.value()
    return parts.log()


def _add_event(parts: ObjectLogParts, value: object, line: int) -> None:
    event = value if isinstance(value, dict) else {}
    attributes = {k: v for k, v in _attributes(event).items() if k in ATTRIBUTES}
    kind, time = _text(event.get("type")), _text(event.get("time"))
    number = parts.add_event(_text(event.get("id")), kind, time, line, attributes)
    for related in _dicts(event.get("relationships")):
        if isinstance(related.get("objectId"), str):
            parts.relate(number, related["objectId"])


def _attributes(value: dict[str, Any]) -> dict[str, str]:
    """Return the attributes of an event or object; of one that changes, the first value."""
    found: dict[str, str] = {}
    for attribute in _dicts(value.get("attributes")):
        name, text = attribute.get("name"), _text(attribute.get("value"))
        if isinstance(name, str) and text is not None:
            found.setdefault(name, text)
    return found


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


class _Json:
    """Reads one document from its beginning to its end."""

    def __init__(self, name: str, text: str) -> None:
        self._name, self._text = name, text
        self._place = 0
        self._line, self._counted = 1, 0

    def members(self) -> Iterator[str]:
        """Yield the keys of the document; the caller reads the value of each."""
        self._expect("{")
        if self._next() == "}":
            return
        while True:
            key = self.value()
            if not isinstance(key, str):
                raise self._error("a key is expected")
            self._expect(":")
            yield key
            if self._next() != ",":
                break
            self._expect(",")
        self._expect("}")
        if self._next():
            raise self._error("more after the end of the document")

    def elements(self) -> Iterator[tuple[int, object]]:
        """Yield the elements of an array, each with its line."""
        self._expect("[")
        if self._next() == "]":
            self._expect("]")
            return
        while True:
            self._next()
            line = self._current_line()
            yield line, self.value()
            if self._next() != ",":
                break
            self._expect(",")
        self._expect("]")

    def value(self) -> object:
        """Return the value that comes next."""
        self._next()
        try:
            value, self._place = _DECODER.raw_decode(self._text, self._place)
        except RecursionError as error:
            raise self._error("values too deep in each other") from error
        except json.JSONDecodeError as error:
            self._place = error.pos
            raise self._error(error.msg) from error
        return value

    def _next(self) -> str:
        """Skip blanks, and return the next character; nothing at the end."""
        match = _BLANK.match(self._text, self._place)
        self._place = match.end() if match else self._place
        return self._text[self._place : self._place + 1]

    def _expect(self, sign: str) -> None:
        if self._next() != sign:
            raise self._error(f"{sign} is expected")
        self._place += 1

    def _current_line(self) -> int:
        self._line += self._text.count("\n", self._counted, self._place)
        self._counted = self._place
        return self._line

    def _error(self, reason: str) -> LogError:
        return LogError(f"{self._name}:{self._current_line()}: not JSON: {reason}")

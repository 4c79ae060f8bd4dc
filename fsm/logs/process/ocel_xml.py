"""Read OCEL 2.0 as XML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO

from fsm.errors import LogError
from fsm.logs.process.object_log import ObjectLog, ObjectLogParts
from fsm.logs.process.xml_parser import XmlParser
from fsm.logs.storage.compression import unpacking_errors

__all__ = ["read_xml"]

_BLOCK = 1 << 20


def read_xml(name: str, file: IO[bytes]) -> tuple[ObjectLog, int]:
    """Return the content of a document and its lines.

    Raises :class:`LogError`, with the line, for what is no XML and for OCEL 1.0.
    """
    parser = _Parser(name)
    data = b"begun"
    while data:
        with unpacking_errors(name):
            data = file.read(_BLOCK)
        parser.feed(data, final=not data)
    return parser.parts.log(), parser.line + 1


class _Parser(XmlParser):
    def __init__(self, name: str) -> None:
        self.parts = ObjectLogParts()
        self._path: list[str] = []
        self._given: Mapping[str, str] = {}
        self._attributes: dict[str, str] = {}
        self._related: list[str] = []
        self._attribute = ""
        self._value: list[str] = []
        self._begun = 0
        super().__init__(name)
        self.take_texts(self._take_text)

    def begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._path.append(tag)
        match self._path[1:]:
            case ["events", "event"] | ["objects", "object"]:
                self._given, self._attributes, self._related = attributes, {}, []
                self._begun = self.line + 1
            case [_, "event" | "object", "attributes", "attribute"]:
                self._attribute, self._value = attributes.get("name", ""), []
            case [_, "event", "objects", "relationship" | "object"] if "object-id" in attributes:
                self._related.append(attributes["object-id"])
            case ["global"]:
                raise LogError(f"{self.name}:{self.line + 1}: OCEL 1.0; save the log as OCEL 2.0")

    def _take_text(self, text: str) -> None:
        if self._attribute:
            self._value.append(text)

    def finish(self, tag: str) -> None:  # noqa: ARG002
        match self._path[1:]:
            case ["events", "event"]:
                self._add_event()
            case ["objects", "object"] if "id" in self._given:
                kind = self._given.get("type")
                self.parts.add_object(self._given["id"], kind, self._attributes)
            case [_, "event" | "object", "attributes", "attribute"]:
                self._attributes.setdefault(self._attribute, "".join(self._value))
                self._attribute = ""
        self._path.pop()

    def _add_event(self) -> None:
        given = self._given
        number = self.parts.add_event(
            given.get("id"), given.get("type"), given.get("time"), self._begun, self._attributes
        )
        for thing in self._related:
            self.parts.relate(number, thing)

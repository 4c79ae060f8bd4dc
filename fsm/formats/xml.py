"""XML as plain values, each with its line; a document cannot refer to anything outside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import overload
from xml.parsers import expat

from fsm.formats.assembly import MAX_PARTS, refuse
from fsm.text import shortened

__all__ = ["Element", "parse_xml"]


@dataclass(slots=True)
class Element:
    """An element without its text. Names of known namespaces have a short prefix."""

    tag: str
    line: int
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)

    def __contains__(self, key: str) -> bool:
        return key in self.attributes

    @overload
    def get(self, key: str) -> str | None: ...
    @overload
    def get(self, key: str, default: str) -> str: ...
    def get(self, key: str, default: str | None = None) -> str | None:
        """Return an attribute."""
        return self.attributes.get(key, default)

    def all(self, *tags: str) -> list[Element]:
        """Return the children with one of these tags."""
        return [child for child in self.children if child.tag in tags]


def parse_xml(content: bytes, file: str, prefixes: Mapping[str, str]) -> Element:
    """Return the root of a document; ``prefixes`` are short names of namespaces.

    Raises :class:`fsm.errors.MachineError` with file and line for what is not well formed, for a
    document type (which is where entities are declared), and for more elements than
    :data:`MAX_PARTS`.
    """
    return _Parser(file, prefixes).parse(content)


class _Parser:
    def __init__(self, file: str, prefixes: Mapping[str, str]) -> None:
        self.file, self.prefixes = file, prefixes
        self.expat = expat.ParserCreate(namespace_separator=" ")
        self.expat.StartDoctypeDeclHandler = self._doctype
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end
        self.elements = 0
        self.open: list[Element] = [Element("", 0, {})]

    def parse(self, content: bytes) -> Element:
        try:
            self.expat.Parse(content, True)
        except expat.ExpatError as error:
            refuse(self.file, error.lineno, f"not XML: {expat.ErrorString(error.code)}")
        except (LookupError, ValueError) as error:  # an encoding that Python does not have
            refuse(self.file, 1, f"not XML: {error}")
        return self.open[0].children[0]

    def _doctype(self, *_: object) -> None:
        refuse(self.file, self.expat.CurrentLineNumber, "a document type is refused; take it out")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        line = self.expat.CurrentLineNumber
        if self.elements > MAX_PARTS:
            refuse(self.file, line, f"more than {MAX_PARTS:,} elements, not a machine")
        facts = {self._short(key): value for key, value in attributes.items()}
        element = Element(shortened(self._short(tag)), line, facts)
        self.open[-1].children.append(element)
        self.open.append(element)

    def _end(self, _tag: str) -> None:
        self.open.pop()

    def _short(self, name: str) -> str:
        namespace, _, local = name.rpartition(" ")
        return f"{self.prefixes.get(namespace, f'{namespace} ' if namespace else '')}{local}"

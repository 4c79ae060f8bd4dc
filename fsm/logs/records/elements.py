"""Records of XML: elements of some names, with their attributes, children and texts.

Namespaces are left out of names. Declarations of entities and document types are refused, and the
depth and size of a record are bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from xml.parsers import expat

from fsm.errors import LogError
from fsm.logs.notes import Notes
from fsm.logs.records.fields import ProviderRecord

__all__ = ["element_records"]

_DEEPEST = 32
_LARGEST = 10_000
"""Elements and attributes of a record."""
_TEXT = "#text"


def element_records(
    blocks: Iterable[list[str]], names: Sequence[str], notes: Notes, fields: Iterable[str] = ()
) -> Iterator[tuple[ProviderRecord, int]]:
    """Yield the elements of some names, each with the line it begins on.

    An attribute stands under ``@name``, a child under its name (several of one name as a list),
    and text beside attributes and children under ``#text``; a child with only a text is that text.
    A record within a record stands for itself, but for those of names that are ``fields``.
    Raises :class:`LogError` for what is no XML, and for declarations.
    """
    document = _Document(frozenset(names), frozenset(names) - {*fields}, notes.name)
    for block in blocks:
        yield from document.feed("\n".join(block) + "\n")
        notes.lines += len(block)
    yield from document.feed("", is_last=True)


class _Document:
    """A document while it is read: the open elements of a record, and the whole records."""

    def __init__(self, names: frozenset[str], inner: frozenset[str], name: str) -> None:
        self._names, self._inner, self._name = names, inner, name
        self._open: list[tuple[str, dict[str, Any], list[str], int]] = []
        self._depth = self._size = self._line = 0
        self._found: list[tuple[ProviderRecord, int]] = []
        self._parser = parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse

    def feed(self, text: str, *, is_last: bool = False) -> list[tuple[ProviderRecord, int]]:
        """Return the records that end in a part of the document."""
        self._found = []
        try:
            self._parser.Parse(text.encode("utf-8", "replace"), is_last)
        except expat.ExpatError as error:
            fault = expat.errors.messages[error.code]
            if is_last and self._depth:
                fault = "the document is cut off: it ends within an element"
            raise LogError(f"{self._name}:{error.lineno}: no XML: {fault}") from None
        return self._found

    def _refuse(self, *_: object) -> None:
        line = self._parser.CurrentLineNumber
        raise LogError(
            f"{self._name}:{line}: a document type or an entity is declared; such XML is not read"
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self._depth += 1
        if not self._open:
            if name not in self._names:
                return
            self._size, self._line = 0, self._parser.CurrentLineNumber
        self._size += 1 + len(attributes)
        if len(self._open) > _DEEPEST or self._size > _LARGEST:
            raise LogError(f"{self._name}:{self._line}: an element that is too deep, or too large")
        values = {f"@{key.rpartition(':')[2]}": value for key, value in attributes.items()}
        self._open.append((name, values, [], self._parser.CurrentLineNumber))

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1][2].append(text)

    def _end(self, _: str) -> None:
        self._depth -= 1
        if not self._open:
            return
        name, values, texts, line = self._open.pop()
        text = "".join(texts).strip()
        if text:
            values[_TEXT] = text
        if not self._open:
            self._found.append((values, self._line))
            return
        value = text if values.keys() <= {_TEXT} else values
        if name in self._inner and value is values:
            self._found.append((values, line))
            return
        siblings = self._open[-1][1]
        if name not in siblings:
            siblings[name] = value
        elif isinstance(siblings[name], list):
            siblings[name].append(value)
        else:
            siblings[name] = [siblings[name], value]

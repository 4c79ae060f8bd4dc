"""JSON as typed values, with the line of every object.

msgspec checks types and names unknown members, but it knows no lines, and of two members with one
name it takes the last. So the standard library decodes the text first; it reports each object when
the object ends. Objects end in the order of their closing braces, so the lines where they begin
can be found when they are needed.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import Any, NoReturn, TypeVar

import msgspec

from fsm.formats.assembly import MAX_PARTS, refuse
from fsm.suggest import suggestion
from fsm.text import shortened, visible

__all__ = ["JsonObject", "LocatedJson"]

T = TypeVar("T")

# A string is skipped as a whole, since a brace in it is none. The possessive quantifiers and the
# end of the text as a match keep the time linear: no character is looked at twice.
_BRACE = re.compile(r'(?:[^"{}]++|"(?:[^"\\]++|\\.)*+")*+([{}]|\Z)')
_PATH = re.compile(r"\.(\w+)|\[(\d+)\]")
_UNKNOWN = re.compile("unknown field `([^`]*)`")


class JsonObject(dict[str, Any]):
    """An object; ``number`` counts the objects that end before it."""

    number: int


class LocatedJson:
    """A text of one JSON object. Every method refuses in one line, with file and line."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file
        self._count = 0
        self.root = self._decoded()

    def typed(self, kind: type[T], members: Iterable[str]) -> T:
        """Return the root as a value of a type; ``members`` are the names that it has anywhere."""
        try:
            return msgspec.convert(self.root, kind)
        except (msgspec.ValidationError, UnicodeEncodeError) as error:
            what = visible(shortened(str(error))) + _hint(str(error), members)
            self.refuse(self._innermost(str(error)), what)

    def refuse(self, member: JsonObject, what: str) -> NoReturn:
        """Raise :class:`fsm.errors.MachineError` for an object."""
        refuse(self.file, self.line(member), what)

    def line(self, member: JsonObject) -> int:
        """Return the line where an object begins, from 1."""
        return self._lines[member.number]

    def text_line(self, member: JsonObject, key: str) -> int:
        """Return the line of an object; those of texts in it are not known."""
        del key
        return self.line(member)

    def placed(self, key: str, values: Iterable[T]) -> Iterator[tuple[int, T]]:
        """Yield the typed values of a list of objects in the root, each with its line."""
        return zip(map(self.line, self.root.get(key, ())), values, strict=True)

    def _decoded(self) -> JsonObject:
        try:
            root = json.loads(self.text, object_pairs_hook=self._object)
        except json.JSONDecodeError as error:
            if not self.text.strip():
                refuse(self.file, 1, "empty; fsm draw MACHINE --format json writes a machine")
            refuse(self.file, error.lineno, f"not JSON: {error.msg} (column {error.colno})")
        except RecursionError:
            refuse(self.file, 1, "nested too deeply for a machine")
        except ValueError as error:  # a number of too many digits
            refuse(self.file, 1, f"not JSON: {str(error).partition(';')[0]}")
        if not isinstance(root, JsonObject):
            refuse(self.file, 1, "not a machine: the document must be an object")
        return root

    def _object(self, pairs: list[tuple[str, Any]]) -> JsonObject:
        if self._count == MAX_PARTS:
            refuse(self.file, 1, f"more than {MAX_PARTS:,} objects, not a machine")
        members = JsonObject(pairs)
        members.number = self._count
        self._count += 1
        if len(members) < len(pairs):
            name = Counter(key for key, _ in pairs).most_common(1)[0][0]
            # The text behind this object may be no JSON, so it is not looked at.
            line = next(islice(self._beginnings(), members.number, None))
            refuse(self.file, line, f"{shortened(name)!r} occurs twice in one object")
        return members

    @cached_property
    def _lines(self) -> list[int]:
        return list(self._beginnings())

    def _beginnings(self) -> Iterator[int]:
        """Yield the line where each object begins, in the order in which they end."""
        at, line, begun = 0, 1, list[int]()
        for match in _BRACE.finditer(self.text):
            line += self.text.count("\n", at, match.end())
            at = match.end()
            if match[1] == "{":
                begun.append(line)
            elif match[1] == "}":
                yield begun.pop()

    def _innermost(self, message: str) -> JsonObject:
        """Return the object around the place that ends a message: "- at `$.states[3].title`"."""
        innermost = self.root
        value: Any = innermost
        for key, index in _PATH.findall(message.rpartition(" - at `$")[2]):
            value = value.get(key) if key else value[int(index)]
            innermost = value if isinstance(value, JsonObject) else innermost
        return innermost


def _hint(message: str, members: Iterable[str]) -> str:
    """Return the member that an unknown one, if a message names one, may stand for."""
    unknown = _UNKNOWN.search(message)
    if not unknown:
        return ""
    # What other objects have under this name is not what is meant here.
    hint = suggestion(unknown[1], (member for member in members if member != unknown[1]))
    return f"; {hint}" if hint else ""

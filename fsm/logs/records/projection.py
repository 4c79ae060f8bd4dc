"""Records parsed only as far as somebody looks: the rest of the JSON is passed over.

Parsing a record whole costs more than everything that is done with it afterwards. Here the paths
that a table names become a structure, and the parser fills in that and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import repeat
from operator import attrgetter, is_not
from typing import Any, TypeAlias

from msgspec import Struct, defstruct
from msgspec.json import Decoder

from fsm.logs.records.fields import value_at

__all__ = ["ColumnValues", "Envelope", "LineParser", "Pruned"]

ColumnValues: TypeAlias = list[Any]
"""A value for each record."""
LineParser: TypeAlias = Callable[[str], Any]
"""Makes a record of a line; raises ValueError or RecursionError."""
_Tree: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class _Node:
    """A key of a structure: the attribute with its value, and the keys in that."""

    attribute: str
    inner: Mapping[str, _Node]
    empty: Struct | None
    """What stands for a part that a record does not have, so that every path can be followed."""


@dataclass(frozen=True)
class _Place:
    """How the values on a path are got: attributes of attributes, then keys of plain values."""

    get: Callable[[Any], Any]
    levels: Sequence[Callable[[Any], Any]]
    rest: Sequence[str]
    empty: Struct | None


class Pruned:
    """The structure of some paths, such as ``message.headers.message-id``.

    ``signs`` are paths that are only looked for. With ``flat``, a path may also be one key.
    """

    def __init__(
        self, paths: Iterable[str], signs: Iterable[str] = (), *, flat: bool = False
    ) -> None:
        paths, signs = list(paths), list(signs)
        tree = _tree(path.split(".") for path in paths)
        self._flat = {path for path in (*paths, *signs) if flat and "." in path}
        for path in signs:
            node = tree
            for key in path.split("."):
                node = node.setdefault(key, {})
        self.struct, self._nodes = _structure({**tree, **{path: {} for path in sorted(self._flat)}})
        self._whole = {path: attrgetter(self._nodes[path].attribute) for path in self._flat}
        self.parse: LineParser = Decoder(self.struct).decode
        self._places: dict[str, _Place] = {}

    def values(self, records: Sequence[Any], path: str) -> ColumnValues:
        """Return what stands on a path in each record; None where nothing does."""
        found = self._nested(records, path)
        if path not in self._whole:
            return found
        whole = map(self._whole[path], records)
        return [own if one is None else one for one, own in zip(whole, found, strict=True)]

    def _nested(self, records: Sequence[Any], path: str) -> ColumnValues:
        place = self._place(path)
        try:
            found = list(map(place.get, records))
        except AttributeError:  # a null where other records have a part
            found = list(records)
            for get in place.levels:
                found = [None if part is None else get(part) for part in found]
        return _below(found, place.rest)

    def has(self, records: Sequence[Any], path: str) -> list[bool]:
        """Return whether something is on a path in each record; a null or an empty part is not."""
        empty, values = self._place(path).empty, self.values(records, path)
        if empty is not None:
            return [value is not None and value is not empty for value in values]
        return list(map(is_not, values, repeat(None))) if None in values else [True] * len(values)

    def _place(self, path: str) -> _Place:
        if path not in self._places:
            nodes, keys, found = self._nodes, path.split("."), []
            while keys and nodes:
                found.append(nodes[keys.pop(0)])
                nodes = found[-1].inner
            names = [node.attribute for node in found]
            get, levels = attrgetter(".".join(names)), [attrgetter(name) for name in names]
            self._places[path] = _Place(get, levels, keys, None if keys else found[-1].empty)
        return self._places[path]


def _below(values: ColumnValues, keys: Sequence[str]) -> ColumnValues:
    """Return what plain values have below some keys."""
    if len(keys) == 1 and keys[0].isdigit():
        number = int(keys[0])
        return [
            value[number]
            if type(value) is list and len(value) > number
            else value_at(value, keys[0])
            if value
            else None
            for value in values
        ]
    if keys:
        return [reduce(value_at, keys, value) if value else None for value in values]
    return values


class Envelope:
    """An envelope that records come in: ``within`` are the paths on which one may stand.

    The paths are of one length; ``beside`` are the keys that may stand beside their first ones.
    """

    def __init__(self, record: type[Struct], within: Sequence[str], beside: Sequence[str]) -> None:
        tree = _tree(path.split(".") for path in within)
        self._struct = _envelope(tree, record, beside)
        self._depth = 1 + within[0].count(".")
        self.parse: LineParser = Decoder(self._struct).decode

    def opened(self, envelopes: ColumnValues) -> ColumnValues | None:
        """Return the record in each envelope; None where one holds several, or none."""
        kind, found = self._struct, envelopes
        for _ in range(self._depth):
            names = [name for name in kind.__struct_fields__ if name.startswith("k")]
            columns = [list(map(attrgetter(name), found)) for name in names]
            columns = [c for c in columns if c.count(None) < len(c)] or columns[:1]
            found = columns[0] if len(columns) == 1 else list(map(_only, *columns))
            if None in found:
                return None
            kind = type(found[0])
        return found


def _only(*parts: Any) -> Any:
    there = [part for part in parts if part is not None]
    return there[0] if len(there) == 1 else None


def _tree(paths: Iterable[Sequence[str]]) -> _Tree:
    """Return the keys of paths as dicts in dicts; a list, and what is in it, is one value."""
    tree: _Tree = {}
    whole: list[tuple[_Tree, str]] = []
    for path in paths:
        node = tree
        for key, after in zip(path, [*path[1:], "0"], strict=True):
            inner = node.setdefault(key, {})
            if after.isdigit():
                whole.append((node, key))
                break
            node = inner
    for node, key in whole:
        node[key] = {}
    return tree


def _structure(tree: _Tree) -> tuple[type[Struct], Mapping[str, _Node]]:
    fields: list[tuple[str, Any, Struct | None]] = []
    nodes = {}
    for number, (key, below) in enumerate(tree.items()):
        kind: Any = Any
        inner: Mapping[str, _Node] = {}
        empty = None
        if below:
            kind, inner = _structure(below)
            kind, empty = kind | None, kind()
        fields.append((f"k{number}", kind, empty))
        nodes[key] = _Node(f"k{number}", inner, empty)
    names = {f"k{number}": key for number, key in enumerate(tree)}
    return defstruct("Record", fields, rename=names, gc=False, frozen=True), nodes


def _envelope(tree: _Tree, record: type[Struct], beside: Sequence[str]) -> type[Struct]:
    names = {f"k{number}": key for number, key in enumerate(tree)}
    fields: list[tuple[str, Any, None]] = [
        (name, (_envelope(tree[key], record, ()) if tree[key] else record) | None, None)
        for name, key in names.items()
    ]
    others = {f"b{number}": key for number, key in enumerate(beside)}
    fields += [(name, Any, None) for name in others]
    return defstruct("Envelope", fields, rename=names | others, forbid_unknown_fields=True)

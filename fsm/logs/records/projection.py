"""Records parsed only as far as somebody looks: the rest of the JSON is passed over.

Parsing a record whole costs more than everything that is done with it afterwards. Here the paths
that a table names become a structure, and the parser fills in that and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import attrgetter
from typing import Any, TypeAlias

from msgspec import Struct, defstruct
from msgspec.json import Decoder

from fsm.logs.mapping.record_layout import FieldSource
from fsm.logs.records.fields import joined, text_of, value_at

__all__ = ["ColumnValues", "Envelope", "LineParser", "Pruned"]

ColumnValues: TypeAlias = list[Any]
"""A value for each record."""
LineParser: TypeAlias = Callable[[str], Any]
"""Makes a record of a line; raises ValueError or RecursionError."""
_Tree: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class _Node:
    """A key of a structure: how its value is got, and the keys in that."""

    get: Callable[[Any], Any]
    inner: Mapping[str, _Node]


class Pruned:
    """The structure of some paths, such as ``message.headers.message-id``.

    ``signs`` are keys that are only looked for.
    """

    def __init__(self, paths: Iterable[str], signs: Iterable[str] = ()) -> None:
        tree = _tree(path.split(".") for path in paths)
        for key in signs:
            tree.setdefault(key, {})
        self.struct, self._nodes = _structure(tree)
        self.parse: LineParser = Decoder(self.struct).decode

    def values(self, records: Sequence[Any], path: str) -> ColumnValues:
        """Return what stands on a path in each record; None where nothing does."""
        nodes, found, keys = self._nodes, list(records), path.split(".")
        while keys and nodes:
            node = nodes[keys.pop(0)]
            found = _got(node.get, found)
            nodes = node.inner
        return (
            [reduce(value_at, keys, value) if value else None for value in found] if keys else found
        )

    def first(self, records: Sequence[Any], sources: Sequence[FieldSource]) -> ColumnValues:
        """Return the first value of each record that is neither null nor an empty text."""
        found = self._of(records, sources[0]) if sources else [None] * len(records)
        for source in sources[1:]:
            if None not in found and "" not in found:
                break
            others = self._of(records, source)
            if others.count(None) < len(others):
                pairs = zip(found, others, strict=True)
                found = [b if a is None or a == "" else a for a, b in pairs]
        return found

    def _of(self, records: Sequence[Any], source: FieldSource) -> ColumnValues:
        if source.value is not None:
            return [source.value] * len(records)
        if len(source.paths) == 1:
            return self.values(records, source.paths[0])
        columns = [map(text_of, self.values(records, path)) for path in source.paths]
        return list(map(joined, zip(*columns, strict=True)))


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


def _got(get: Callable[[Any], Any], parts: ColumnValues) -> ColumnValues:
    missing = parts.count(None)
    if missing == len(parts):
        return parts
    return [get(part) if part else None for part in parts] if missing else list(map(get, parts))


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
    fields: list[tuple[str, Any, None]] = []
    nodes = {}
    for number, (key, below) in enumerate(tree.items()):
        kind: Any = Any
        inner: Mapping[str, _Node] = {}
        if below:
            kind, inner = _structure(below)
        fields.append((f"k{number}", kind | None if inner else kind, None))
        nodes[key] = _Node(attrgetter(f"k{number}"), inner)
    names = {f"k{number}": key for number, key in enumerate(tree)}
    return defstruct("Record", fields, rename=names, gc=False), nodes


def _envelope(tree: _Tree, record: type[Struct], beside: Sequence[str]) -> type[Struct]:
    names = {f"k{number}": key for number, key in enumerate(tree)}
    fields: list[tuple[str, Any, None]] = [
        (name, (_envelope(tree[key], record, ()) if tree[key] else record) | None, None)
        for name, key in names.items()
    ]
    others = {f"b{number}": key for number, key in enumerate(beside)}
    fields += [(name, Any, None) for name in others]
    return defstruct("Envelope", fields, rename=names | others, forbid_unknown_fields=True)

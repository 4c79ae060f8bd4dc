"""The fields that a schema describes, each with its path, its type and its meaning.

>>> from fsm.schemas import load_schema
>>> for field in list(schema_fields(load_schema("replay")))[8:12]:
...     print(f"{field.path}: {field.kind}")
notes: array of strings
machines: object from machine to object
machines.<machine>.to_send: integer
machines.<machine>.states: object from state to integer or null
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

__all__ = ["Field", "resolved", "schema_fields"]

Schema: TypeAlias = Mapping[str, Any]


class Field(NamedTuple):
    """A field: ``a[].b`` is the field b of each item of the list a, ``a.<key>`` a value of a map.

    ``kind`` is its type in the words of JSON, such as ``string or null``.
    """

    path: str
    kind: str
    text: str
    is_required: bool


def schema_fields(schema: Schema) -> Iterator[Field]:
    """Yield the fields of a schema in its order, each before the fields inside of it."""
    return _inside(schema, schema, "")


def resolved(node: Schema, root: Schema) -> Schema:
    """Return a part of a schema with its reference followed; its own description goes first."""
    if "$ref" not in node:
        return node
    target: Schema = root["$defs"][node["$ref"].rpartition("/")[2]]
    return {**target, **{key: value for key, value in node.items() if key != "$ref"}}


def _inside(node: Schema, root: Schema, path: str) -> Iterator[Field]:
    """Yield the fields of an object, of the objects of a list, and of the values of a map."""
    node = resolved(node, root)
    for name, part in node.get("properties", {}).items():
        place = f"{path}.{name}" if path else name
        inner = resolved(part, root)
        required = name in node.get("required", ())
        yield Field(place, _kind(inner, root), inner["description"], required)
        yield from _inside(inner, root, place)
    if "items" in node:
        yield from _inside(node["items"], root, f"{path}[]")
    values = node.get("additionalProperties")
    if isinstance(values, Mapping):
        yield from _inside(values, root, f"{path}.<{_key(node)}>")


def _key(node: Schema) -> str:
    """Return what the keys of a map are."""
    return str(node["propertyNames"]["title"])


def _kind(node: Schema, root: Schema) -> str:
    if "const" in node:
        return f"always {_literal(node['const'])}"
    if "enum" in node:
        return " or ".join(map(_literal, node["enum"]))
    types = [node["type"]] if isinstance(node["type"], str) else node["type"]
    return " or ".join(_type(kind, node, root) for kind in types)


def _literal(value: object) -> str:
    return f"`{value}`"


def _type(kind: str, node: Schema, root: Schema) -> str:
    if kind == "array":
        return f"array of {_plural(_kind(resolved(node['items'], root), root))}"
    values = node.get("additionalProperties")
    if kind == "object" and isinstance(values, Mapping):
        return f"object from {_key(node)} to {_kind(resolved(values, root), root)}"
    return kind


def _plural(kind: str) -> str:
    first, _, rest = kind.partition(" ")
    return f"{first}s {rest}".rstrip()

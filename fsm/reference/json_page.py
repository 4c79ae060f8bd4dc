"""The page of the JSON outputs: each schema as a table of its fields."""

from __future__ import annotations

from collections.abc import Iterator

from fsm.reference.markdown_parts import code_span, link_to, markdown_table
from fsm.schemas import OUTPUTS, JsonShape, load_schema
from fsm.schemas.fields import schema_fields

__all__ = ["document_json", "field_table"]

_INTRODUCTION = """\
# JSON outputs

For everyone who reads the JSON of fsm with a program. Every command with `--json` prints one of the
shapes below, UTF-8, the same bytes for the same input. `fsm schema NAME` prints the JSON Schema
(2020-12) of a shape:

```sh
fsm schema replay > replay.schema.json
```

**Versions.** Each shape has a version of its own. Within one version fields are only added, so a
program that ignores fields it does not know keeps working; when a field is removed, or comes to
mean something else, the version is raised. An object states its shape and version in its first
member, such as `"schema": "fsm/replay/1"`. A list has no place for that; its version is the one
below, and is part of the `$id` of its schema.

In the tables, `a[].b` is the field `b` of each item of the list `a`, and `a.<state>` the value of
each state in the object `a`.

`fsm check --format sarif` is SARIF 2.1.0 and `fsm draw --format xstate` is a machine of XState 5;
they follow these standards. The files of a checkpoint are internal to fsm. A machine as JSON is
also an input: see [files](files.md#machine).
"""


def document_json() -> str:
    """Return the page."""
    rows = [
        (link_to(name), code_span(shape.place), str(shape.version), load_schema(name)["title"])
        for name, shape in OUTPUTS.items()
    ]
    overview = markdown_table(("Schema", "Printed by", "Version", "What it is"), rows)
    sections = (_section(name, shape) for name, shape in OUTPUTS.items())
    return "\n".join([_INTRODUCTION, overview, *sections])


def _section(name: str, shape: JsonShape) -> str:
    schema = load_schema(name)
    items = (
        "" if schema["type"] == "object" else " The fields are those of each object of the list."
    )
    version = f"Version {shape.version}."
    return f"## {name}\n\n{schema['description']}{items} {version}\n\n{field_table(name)}"


def field_table(name: str) -> str:
    """Return the fields of a schema as a table."""
    return markdown_table(("Field", "Type", "Meaning"), _rows(name))


def _rows(name: str) -> Iterator[tuple[str, str, str]]:
    for field in schema_fields(load_schema(name)):
        kind = field.kind if field.is_required else f"{field.kind}; optional"
        yield code_span(field.path.removeprefix("[].")), kind, field.text

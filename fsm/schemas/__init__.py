"""JSON schemas: of what commands print as JSON, and of the files that users write.

Each is a file beside this module, after JSON Schema 2020-12, with a sentence for every field. Each
has a version of its own. Within one version fields are only added; when a field is removed, or
comes to mean something else, the version is raised.

>>> schema_id("replay")
'fsm/replay/1'
>>> load_schema("replay")["title"]
'Result of a replay'
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, NamedTuple

__all__ = ["INPUTS", "OUTPUTS", "JsonShape", "load_schema", "schema_id", "schema_text"]


class JsonShape(NamedTuple):
    """The version of a schema, and the command line or option that its JSON belongs to."""

    version: int
    place: str


OUTPUTS = {
    "machines": JsonShape(1, "fsm machines --json"),
    "show": JsonShape(1, "fsm show --json"),
    "show-matrix": JsonShape(1, "fsm show --matrix --json"),
    "check": JsonShape(1, "fsm check --json"),
    "draft": JsonShape(1, "fsm draft PAGE --json"),
    "draft-log": JsonShape(1, "fsm draft LOG --json"),
    "convert": JsonShape(1, "fsm convert --json"),
    "formats": JsonShape(1, "fsm formats --json"),
    "replay": JsonShape(1, "fsm replay --json"),
    "explain": JsonShape(1, "fsm explain --json"),
    "conform": JsonShape(1, "fsm conform --json"),
    "coverage": JsonShape(1, "pytest --fsm-cov-file FILE"),
    "conform-message": JsonShape(1, "fsm conform --message ID --json"),
    "discover": JsonShape(1, "fsm discover --json"),
    "compare": JsonShape(1, "fsm compare --json"),
    "analyse": JsonShape(1, "fsm analyse --json"),
    "suite": JsonShape(1, "fsm suite --json"),
    "suite-summary": JsonShape(1, "fsm suite --summary --json"),
    "suite-scores": JsonShape(1, "fsm suite --mutation-score --json"),
    "test": JsonShape(1, "fsm test --json"),
    "learn": JsonShape(1, "fsm learn --json"),
}
"""The schemas of what commands print, by name."""

INPUTS = {
    "machine": JsonShape(1, "MACHINE.json"),
    "lexicon": JsonShape(1, "--lexicon FILE.toml"),
    "binding": JsonShape(1, "--binding FILE.toml"),
    "labels": JsonShape(1, "--labels FILE.toml"),
    "mapping": JsonShape(1, "--map FILE.toml"),
    "policy": JsonShape(1, "--policy FILE.toml"),
    "settings": JsonShape(1, "fsm.toml"),
}
"""The schemas of files that users write, by name."""


def schema_id(name: str) -> str:
    """Return the name and version of a schema, which JSON objects have as their first member."""
    return f"fsm/{name}/{(OUTPUTS | INPUTS)[name].version}"


def schema_text(name: str) -> str:
    """Return the file of a schema."""
    return files("fsm.schemas").joinpath(f"{name}.json").read_text("utf-8")


def load_schema(name: str) -> dict[str, Any]:
    """Return a schema as plain values."""
    schema: dict[str, Any] = json.loads(schema_text(name))
    return schema

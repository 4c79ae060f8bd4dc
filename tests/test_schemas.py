"""Every JSON that a command prints has a schema, which describes all of its fields."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
from jsonschema import Draft202012Validator

from fsm.cli import command_group
from fsm.schemas import INPUTS, OUTPUTS, load_schema, schema_id, schema_text
from tests.command import Fsm
from tests.golden.cases import Case, cases, outcome

SCHEMAS = OUTPUTS | INPUTS
WRITTEN = {**OUTPUTS, "machine": INPUTS["machine"]}
"""The schemas of JSON that commands print or write."""

NOT_IN_GOLDEN_FILES = {
    ("machine", "$schema"),  # only users write it
    ("machine", "deadline.event"), 
}
"""Fields that no golden case has, with the reason."""


class Printed(NamedTuple):
    """A JSON value that a golden case prints or writes."""

    case: str
    words: tuple[str, ...]
    value: Any


def closed(node: Any) -> Any:
    """Return a schema that refuses the fields it does not describe."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    inner = {key: closed(value) for key, value in node.items()}
    if isinstance(node.get("properties"), dict) and "type" in node:
        inner.setdefault("additionalProperties", False)
    return inner

"""Every JSON that a command prints has a schema, which describes each of its fields."""

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
from jsonschema import Draft202012Validator

from fsm.chart import Chart, ChartEdge, ChartNode, ChartTimer
from fsm.cli import command_group
from fsm.formats.declared_chart import DeclaredChart
from fsm.formats.json_document import to_json
from fsm.guard import Formula, Guard
from fsm.machine import Machine, Origin, State
from fsm.schemas import INPUTS, OUTPUTS, load_schema, schema_id
from fsm.schemas.fields import resolved, schema_fields
from tests.command import Fsm
from tests.golden.cases import SAMPLES, cases

SCHEMAS = OUTPUTS | INPUTS
WRITTEN = [*OUTPUTS, "machine"]
"""The schemas of JSON that commands print or write."""

MORE_LINES = [
    "formats --json",
    "show delivery --matrix --json",
    "show without-feedback --matrix --coverage coverage.json --json",
    "analyse quarantine --json",
    "analyse with-feedback --claim 'eventually Sent' --json",
    "compare ready.json able.json --json",
    (
        "conform log.csv --machine without-feedback --page wrong.md --tests coverage.json "
        "--implementation golden_system:System --json"
    ),
    "conform --machine without-feedback --page right.md --html cells.html --json",
    "convert logs/postfix.log logs/sendgrid.jsonl --json",
    "learn golden_system:System with-feedback --json",
    "explain log.csv --message m4 --dedupe --validity 30m --json",
    "replay log.csv --dedupe --json",
    "replay logs/mail.mbox --no-crosscheck --json",
    "suite toggle.dot --json",
    "draw with-feedback --format json",
    "draw quarantine --format json",
    "draw delivery --format json",
    "draw ready.json --format json",
]
"""Command lines whose output is not in the golden files, or not whole."""

NEVER_PRINTED = {"machine": {"$schema", "transitions[].followed"}}
"""Fields that only users write, or only machines have that are not drawn here."""


def guarded(guard: str) -> dict[str, Any]:
    """Return a machine file with all that few machines have."""
    events = [f"go[{guard}]", f"go[not {guard}]"]
    return {
        "$schema": "./machine.schema.json",
        "fsm": 1,
        "name": guard,
        "initial": "a",
        "states": [{"name": "a", "atoms": ["b", "c"]}],
        "events": events,
        "transitions": [
            {"source": "a", "event": events[0], "target": "a", "trigger": "go", "guard": guard}
        ],
        "guards": [{"event": "go", "names": [guard]}],
        "unreachable": ["d"],
        "ignored": ["a to a on stay: never fires"],
        "timers": [{"event": "go", "after": "1h", "states": ["a"], "stops": False}],
    }


def declared() -> dict[str, Any]:
    """Return the document of a machine whose declaration has all that few declarations have."""
    guard, text = Guard("not a", Formula("not", (Guard.named("a").formula,))), ("x",)
    nodes = (
        ChartNode("p", "P", None, (1,), (1,), True, False, "", text, text, text, text),
        ChartNode("q", "Q", 0, (), (), False, True),
        ChartNode("h", "H", 0, (), (1,), False, False, "deep"),
    )
    edge = ChartEdge(
        1, (2,), text, True, guard, text, text, text, text, guard, text, Origin("D1", "r", "f", 1)
    )
    asks = Guard("in q", Formula("in", (), frozenset({"q"})))
    edges = edge, replace(edge, guard=asks, validator=asks)
    chart = Chart(
        "C", "C", nodes, edges, 0, ("x",), (), None, None, True, None, "scxml",
        timers=(ChartTimer(1, "x", 5, False),), start=(1,), known=(("a", True),), has_data=True,
        looks_first=True, enters_itself=False, strict=True, begins_by="x", assumed=("why",),
    )  # fmt: skip
    bare = Machine("m", "m", (State("q", None, "q", ("q",)),), (), (), "q", chart=chart)
    value: dict[str, Any] = json.loads(to_json(bare))
    return value


class Printed(NamedTuple):
    """A JSON value that a command line printed, or wrote to a file."""

    line: str
    schema: str
    value: Any


def golden_outputs() -> Iterator[Printed]:
    """Yield the JSON of all golden files."""
    for case in cases("commands.toml"):
        text = case.expected.read_bytes().decode()
        runs = re.split(r"^\$ fsm (.*)\nexit status \d\n", text, flags=re.MULTILINE)
        for line, output in zip(runs[1::2], runs[2::2], strict=True):
            sections = re.split(r"^--- (\S+(?: [\w./]+)?).*\n", f"{output}\n", flags=re.MULTILINE)
            for title, body in zip(sections[1::2], sections[2::2], strict=True):
                if is_json(line, title) and body.strip():
                    yield printed(line, body.replace(": #", ": 0"))


def is_json(line: str, title: str) -> bool:
    """Whether a section of a golden file is JSON of ours: there are XState, SARIF and OCEL too."""
    if title == "stdout":
        return bool(re.search(r"--json|--format json\b", line))
    return bool(re.fullmatch(r"file (?:m|suite)\.json", title))


def printed(line: str, text: str) -> Printed:
    """Return the value of a text, with the schema that its first member or the command names."""
    value = json.loads(text)
    if isinstance(value, dict):
        name = value["schema"].split("/")[1] if "schema" in value else "machine"
    else:
        name = line.split()[0] + "-matrix" * ("--matrix" in line)
    return Printed(line, name, value)


COVERAGE = json.loads((SAMPLES / "coverage.json").read_text("utf-8"))
GOLDEN = [
    *golden_outputs(),
    Printed("pytest --fsm-cov-file", "coverage", COVERAGE),
    Printed("fsm.formats.json_document.to_json", "machine", declared()),
]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = Path(shutil.copytree(SAMPLES, tmp_path_factory.mktemp("samples") / "copy"))
    (copy / "golden_system.py.txt").rename(copy / "golden_system.py")
    for guard in ("ready", "able"):
        (copy / f"{guard}.json").write_text(json.dumps(guarded(guard)), "utf-8")
    return copy


@pytest.fixture
def more(samples: Path, fsm: Fsm, monkeypatch: pytest.MonkeyPatch) -> list[Printed]:
    """What the other command lines print."""
    monkeypatch.chdir(samples)
    return [printed(line, fsm(*shlex.split(line)).out) for line in MORE_LINES]


def closed(node: Any) -> Any:
    """Return a schema that refuses fields that it does not describe."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    inner = {key: closed(value) for key, value in node.items()}
    if "properties" in node and "type" in node:
        inner.setdefault("additionalProperties", False)
    return inner


def faults(schema: Any, value: Any) -> list[str]:
    found = Draft202012Validator(schema).iter_errors(value)
    return [f"{fault.json_path}: {fault.message[:200]}" for fault in found]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_right_and_names_its_version(name: str) -> None:
    schema = load_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:fsm:schema:{name}:{SCHEMAS[name].version}"
    if name in OUTPUTS and schema["type"] == "object":
        assert schema["properties"]["schema"]["const"] == schema_id(name)
        assert schema["required"][0] == "schema"
    assert all(field.text.endswith(".") for field in schema_fields(schema))


def test_every_schema_file_is_listed() -> None:
    folder = Path(str(load_schema.__globals__["__file__"])).parent
    assert {path.stem for path in folder.glob("*.json")} == set(SCHEMAS)


def test_every_command_with_json_has_a_schema() -> None:
    context = click.Context(command_group)
    with_json = {
        name
        for name in command_group.list_commands(context)
        if (command := command_group.get_command(context, name))
        and any("--json" in option.opts for option in command.params)
    }
    places = [shape.place.split() for shape in OUTPUTS.values()]
    assert with_json == {name for program, name, *_ in places if program == "fsm"}


def test_golden_outputs_have_no_field_without_a_description(more: list[Printed]) -> None:
    schemas = {name: closed(load_schema(name)) for name in WRITTEN}
    wrong = {each.line: faults(schemas[each.schema], each.value) for each in [*GOLDEN, *more]}
    assert {line: found for line, found in wrong.items() if found} == {}
    lines = {
        line for case in cases("commands.toml") for line in case.run if is_json(line, "stdout")
    }
    assert lines - wrong.keys() == set(), "these command lines print JSON that was not looked at"


def test_an_object_begins_with_its_schema() -> None:
    named = [each for each in GOLDEN if each.schema != "machine" and isinstance(each.value, dict)]
    assert {next(iter(each.value)) for each in named} == {"schema"}


def test_every_field_is_in_some_output(more: list[Printed]) -> None:
    described = {
        (name, field.path) for name in WRITTEN for field in schema_fields(load_schema(name))
    }
    seen = {
        (each.schema, path)
        for each in [*GOLDEN, *more]
        for path in paths(load_schema(each.schema), load_schema(each.schema), each.value, "")
    }
    never = {(name, path) for name, names in NEVER_PRINTED.items() for path in names}
    assert described - seen == never


def paths(node: Any, root: Any, value: Any, path: str) -> Iterator[str]:
    """Yield the paths of the fields of a value, as :func:`schema_fields` names them."""
    node = resolved(node, root)
    if isinstance(value, list):
        for item in value:
            yield from paths(node["items"], root, item, f"{path}[]")
    elif isinstance(value, dict) and "properties" in node:
        for name, inner in value.items():
            place = f"{path}.{name}" if path else name
            yield place
            yield from paths(node["properties"][name], root, inner, place)
    elif isinstance(value, dict) and "propertyNames" in node:
        for inner in value.values():
            key = node["propertyNames"]["title"]
            yield from paths(node["additionalProperties"], root, inner, f"{path}.<{key}>")


def test_what_is_written_of_a_declaration_is_read() -> None:
    of_the_machine = {"indicators", "deadline", "companion", "unit", "colours"}
    renamed = {"nodes": "states", "edges": "transitions"}
    written = {renamed.get(field.name, field.name) for field in fields(Chart)} - of_the_machine
    assert written == set(DeclaredChart.__struct_fields__)


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_later_field_does_not_break_a_reader(name: str) -> None:
    """Within one version fields are only added, so the published schemas accept unknown ones."""
    value = next(each.value for each in GOLDEN if each.schema == name)
    assert faults(load_schema(name), with_more(value)) == []
    assert faults(closed(load_schema(name)), with_more(value)) != []


def with_more(value: Any) -> Any:
    """Return a value with one more member in its first object."""
    return (
        [value[0] | {"later": 1}, *value[1:]] if isinstance(value, list) else value | {"later": 1}
    )


def test_a_cell_keeps_the_name_of_its_event(fsm: Fsm, tmp_path: Path) -> None:
    """Events may be called as a column is, and differ in nothing but letter case."""
    events = ["status", "go", "Go"]
    machine = guarded("ready") | {"events": events, "guards": [], "transitions": [], "timers": []}
    path = tmp_path / "m.json"
    path.write_text(json.dumps(machine), "utf-8")
    (row,) = json.loads(fsm("show", path, "--matrix", "--json").out)
    assert row == {"state": "a", "status": "", "cells": dict.fromkeys(events, "-")}

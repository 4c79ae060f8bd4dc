"""Each format in the tool it is for.

``FSM_TOOLS`` names a directory with ``node_modules`` (what ``.ci/npm-tools.txt`` lists) and
``plantuml.jar``; what is not there is skipped.
"""

import json
import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hostile import HOSTILE, named
from statemachine.exceptions import TransitionNotAllowed
from statemachine.io import load as load_statechart

from fsm.catalog import load
from fsm.drawing import draw
from fsm.formats.scxml import refinements, to_scxml
from fsm.machine import Machine
from fsm.machines import NAMES
from fsm.text import joinable_lines, wrapped
from tests.npm import link_packages

SCRIPTS = Path(__file__).parent / "tools"
machines = pytest.mark.parametrize("name", NAMES)


def node(place: Path, script: str, package: str, given: str) -> list[str]:
    """Run a script with this input, beside the packages; return its lines."""
    link_packages(place, package)
    shutil.copy(SCRIPTS / script, place)
    command = ["node", str(place / script)]
    done = subprocess.run(command, input=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def inputs(machine: Machine) -> list[tuple[str, str, dict[str, bool]]]:
    """Return each symbol with its event and the truth of its guards."""
    refined = refinements(machine.guards, machine.events)
    return [(symbol, *refined.get(symbol, (symbol, {}))) for symbol in machine.events]


@machines
def test_xstate_does_what_the_table_says(name: str, tmp_path: Path) -> None:
    machine = load(name)
    keys = ("symbol", "event", "truth")
    asked = {
        "config": json.loads(draw(machine, "xstate")),
        "inputs": [dict(zip(keys, row, strict=True)) for row in inputs(machine)],
    }
    (line,) = node(tmp_path, "xstate.mjs", "xstate", json.dumps(asked))
    walked = json.loads(line)
    assert walked["start"] == machine.initial
    cells = {(t.source, t.event, t.target) for t in machine.transitions}
    assert {tuple(cell) for cell in walked["cells"]} == cells
    tags = {state.name: [state.status] if state.status else [] for state in machine.states}
    assert dict(walked["tags"]) == tags


@machines
def test_python_statemachine_does_what_the_scxml_says(name: str) -> None:
    machine = load(name)
    chart = load_statechart(to_scxml(machine), format="scxml", name="Loaded")
    for state in machine.states:
        way = next(way for end, way in ways(machine) if end == state.name)
        for symbol, event, truth in inputs(machine):
            walked = chart()
            for step in way:
                send(walked, *next(row[1:] for row in inputs(machine) if row[0] == step.event))
            send(walked, event, truth)
            after = machine.step(state.name, symbol)
            assert (after.target if after else state.name) in walked.configuration_values


def ways(machine: Machine):
    """Yield each state with the shortest way to it, as transitions."""
    queue = [(machine.initial, ())]
    seen = {machine.initial}
    for state, way in queue:
        yield state, way
        for event in machine.events:
            step = machine.step(state, event)
            if step and step.target not in seen:
                seen.add(step.target)
                queue.append((step.target, (*way, step)))


def send(chart, event: str, truth: dict[str, bool]) -> None:
    for guard, value in truth.items():
        setattr(chart.model, guard, value)
    try:
        chart.send(event)
    except TransitionNotAllowed:
        return


def test_mermaid_shows_every_name(tmp_path: Path) -> None:
    given = "\0".join(str(draw(named(name), "mermaid")) for name in HOSTILE.values())
    lines = node(tmp_path, "mermaid.mjs", "mermaid", given)
    for labels in map(json.loads, lines):
        assert isinstance(labels, list), labels
    assert len(lines) == len(HOSTILE)


def test_d2_shows_every_name(tmp_path: Path) -> None:
    given = "\0".join(str(draw(named(name), "d2")) for name in HOSTILE.values())
    lines = node(tmp_path, "d2.mjs", "@terrastruct/d2", given)
    for name, labels in zip(HOSTILE.values(), map(json.loads, lines), strict=True):
        assert "\n".join(joinable_lines(f"{name}!", 28)) in labels


def test_plantuml_shows_every_name(tmp_path: Path) -> None:
    jar = Path(os.environ.get("FSM_TOOLS", "."), "plantuml.jar").resolve()
    if shutil.which("java") is None or not jar.exists():
        pytest.skip("no java with plantuml.jar here (FSM_TOOLS names no such place)")
    for number, name in enumerate(HOSTILE.values()):
        (tmp_path / f"{number}.puml").write_text(str(draw(named(name), "plantuml")))
    options = ["-Djava.awt.headless=true", "-jar", str(jar), "-charset", "UTF-8", "-tsvg"]
    subprocess.run(["java", *options, "*.puml"], cwd=tmp_path, check=True, capture_output=True)
    for number, name in enumerate(HOSTILE.values()):
        root = ET.parse(tmp_path / f"{number}.svg").getroot()
        shown = "".join(text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text"))
        expected = "".join(wrapped(f"{name}!", 40))
        assert "".join(expected.split()) in "".join(shown.split())

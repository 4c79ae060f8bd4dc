"""State charts of state-machine-cat are machines."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fsm
from fsm.errors import MachineError
from fsm.formats.diagrams.smcat import parse_smcat
from fsm.formats.diagrams.to_machine import machine_of
from fsm.machine import Machine
from tests.depth import at_full_depth
from tests.npm import link_packages


def read(text: str) -> Machine:
    return machine_of(parse_smcat(text, "m.smcat"))


def arrows(machine: Machine) -> str:
    steps = sorted(f"{t.source} {t.event} {t.target}" for t in machine.transitions)
    return "; ".join([machine.initial, *steps])


CHARTS = {
    "two states": ("on => off: push;\noff => on: push;", "on; off push on; on push off"),
    "arrows of all kinds, both ways": (
        "initial -> a; a => b: 1; b >> c: 2; d <= c: 3; a << d: 4; a :> c: 5; b <- c: 6;",
        "a; a 1 b; a 5 c; b 2 c; c 3 d; c 6 b; d 4 a",
    ),
    "declared, with titles and activities": (
        """# note\ninitial, "a b" [label="A" color="red" active]: entry/ x\n do/ y, c;
        initial => "a b"; "a b" => c: go;""",
        "a b; a b go c",
    ),
    "a guard, an action, a label in lines": (
        "initial => a; a => b: turn\n  the key [warm]/\n start; b => a: [cold];",
        "a; a turn the key[warm] b; b to a[cold] a",
    ),
    "events in lines": ("initial => a; a => b:\n push\n kick;", "a; a kick b; a push b"),
    "a text with a comma": ("initial => a; a => b: push it, kick;", "a; a push it, kick b"),
    "a colour of an arrow": ('initial => a; a => b [color="blue" width=2.5]: x;', "a; a x b"),
    "inside of a state": (
        """initial, off, on { initial => dim; dim => lit: up; };
        initial => off; off => on: push; on => off: push;""",
        "off; dim push off; dim up lit; lit push off; off push dim",
    ),
    "history": (
        """initial, off, on { on.history; dim => lit: up; };
        initial => dim; on => off: push; off => on.history: push;""",
        "dim; dim push off@dim; dim up lit; lit push off@lit; off@dim push dim; off@lit push lit",
    ),
    "regions": (
        """initial, both.parallel { p { initial => a; a => b: x; }, q { c => d: x; }; };
        initial => both.parallel; both.parallel => end: stop; end => final;""",
        "a+c; a+c stop end; a+c x b+d; b+d stop end",
    ),
    "a choice": (
        "initial => a; a => ^ok?: go; ^ok? => b: [yes]; ^ok? => c: [no];",
        "a; a go[^ok?] b; a go[not ^ok?] c",
    ),
    "a fork and a join": (
        "initial => a; a => ]f: go; ]f => b; ]f => c; b => ]j: x; c => ]j: x; ]j => d;",
        "a; a go b+c; b+c x d",
    ),
    "a junction": (
        "initial => a; a => ]j: x; b => ]j: y; ]j => c: [p]; ]j => d: [not p]; c => b: z;",
        "a; a x[not p] d; a x[p] c; b y[not p] d; b y[p] c; c z b",
    ),
    "the end in a state": (
        "initial, on { final.on; a => final.on: x; }; initial => on; on => off;",
        "a; a x off",
    ),
    "a type of its own": (
        "start [type=initial], finally [type=regular]; start => finally; finally => x: y;",
        "finally; finally y x",
    ),
    "an internal arrow": ("initial => a; a => a [type=internal]: x;", "a; a x a"),
    "comments": ("initial => a; // b\na => b: x; /* c\n */", "a; a x b"),
}


@pytest.mark.parametrize(("text", "expected"), CHARTS.values(), ids=CHARTS)
def test_charts(text: str, expected: str) -> None:
    assert arrows(read(text)) == expected


def test_titles_and_what_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "m.smcat"
    path.write_text(CHARTS["declared, with titles and activities"][0])
    machine = fsm.load(str(path))
    assert machine.state("a b").title == "A"
    assert machine.ignored == ("not read: 1 note, 2 remarks",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "m.smcat: no state is drawn"),
        ("a => b: x", "m.smcat:1: ';' is expected behind an arrow, not the end of the file"),
        ("a,\nb", "m.smcat:2: ',' or ';' is expected behind the state 'b', not the end"),
        ("a => ;", "m.smcat:1: a state is expected, not ';'"),
        ("a {\n b;", "m.smcat:2: '}' is expected, not the end of the file"),
        ("a;\n}", "m.smcat:2: a state or an arrow is expected, not '}'"),
        ("a [type=initail];", "m.smcat:1: no type of states 'initail'; did you mean 'initial'?"),
        ("a [=];", "m.smcat:1: an attribute or ']' is expected, not '=];'"),
        ("a { b; },\nc { b; };", "m.smcat:2: a second state 'b'; names are those of the whole"),
        ("initial => a; a => initial: x;", "m.smcat:1: the arrow from 'a' to 'initial' enters"),
        ("initial => final;", "m.smcat:1: an arrow from the start to the end shows no state"),
        ("initial => a; a => b: x;\na => c: x;", "m.smcat:2: 'x' leads from 'a' to 'c'"),
        ("initial, h.history, a;\ninitial => a;", "m.smcat:1: the history 'h.history' is not in a"),
        ("initial, a { h.history; };\ninitial => a;", "m.smcat:1: the history 'h.history' is not"),
        ("a {" * 60, "more than 50 states in each other"),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(MachineError) as refused:
        read(text)
    assert message in str(refused.value)


def message_of(text: str) -> str:
    """Return why a text is refused; empty where it is a machine."""
    try:
        read(text)
    except MachineError as error:
        return str(error)
    return ""


@given(st.text(st.sampled_from('ab {}[];,:=>-<"#/^]\n*.'), max_size=60))
def test_any_text_is_a_machine_or_a_message_of_one_line(text: str) -> None:
    assert "\n" not in message_of(text)


def test_long_texts_take_no_longer_than_their_length() -> None:
    for text in ("a [" * 50_000, "/*" * 50_000, '"' * 50_001):
        with pytest.raises(MachineError):
            read(text)


@at_full_depth
@pytest.mark.parametrize("chart", CHARTS)
def test_the_tool_sees_the_same_arrows(chart: str, tmp_path: Path) -> None:
    """``FSM_TOOLS`` names a directory with state-machine-cat among its node_modules."""
    link_packages(tmp_path, "state-machine-cat")
    text, _ = CHARTS[chart]
    script = tmp_path / "smcat.mjs"
    script.write_text(
        "import {readFileSync} from 'node:fs'; import {render} from 'state-machine-cat';"
        "console.log(JSON.stringify(await render(readFileSync(0, 'utf8'), {outputType: 'json'})));"
    )
    done = subprocess.run(
        ["node", str(script)], input=text, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    diagram = parse_smcat(text, "m.smcat")
    drawn = len(diagram.edges) + len(diagram.starts) + len(diagram.ends)
    assert drawn == len(_transitions(json.loads(done.stdout)))
    states = [s for s in _states(json.loads(done.stdout)) if s["type"] not in ("initial", "final")]
    known = {state["name"] for state in states}
    assert known == {*diagram.nodes, *diagram.boxes}


def _transitions(chart: dict[str, Any]) -> list[Any]:
    inside = [t for s in chart.get("states", []) for t in _transitions(s.get("statemachine", {}))]
    return [*chart.get("transitions", []), *inside]


def _states(chart: dict[str, Any]) -> list[Any]:
    inside = [s for each in chart.get("states", []) for s in _states(each.get("statemachine", {}))]
    return [*chart.get("states", []), *inside]

"""Documents of other tools, drawn in each language and read again: the same language of events."""

import json
from pathlib import Path

import pytest

from fsm.catalog import load
from fsm.drawing import draw
from fsm.drawing.model import Look
from fsm.machine import Machine

SUFFIXES = {
    "mermaid": "mmd", "plantuml": "puml", "d2": "d2", "dot": "dot",
    "json": "json", "xstate": "json", "scxml": "scxml",
}  # fmt: skip
REGIONS = {
    name: {"initial": f"{name}1", "states": {f"{name}1": {"on": {"E": f"{name}2"}}, f"{name}2": {}}}
    for name in "xy"
}
XSTATE = {
    "an inner transition to all regions": {
        "initial": "a",
        "states": {
            "a": {"on": {"GO": "p"}},
            "p": {"type": "parallel", "states": REGIONS, "on": {"SELF": {"target": "p"}}},
        },
    },
    "a guard that is asked without an event": {
        "initial": "b",
        "states": {"a": {"always": {"target": "b", "guard": "ready"}}, "b": {"on": {"BACK": "a"}}},
    },
}
SCXML = {
    "a guard that is asked without an event": """
<state id="a"><transition event="go" target="b"/></state>
<state id="b"><transition cond="x" target="a"/><transition event="n" target="b"/></state>""",
    "a start in two regions": """
<initial><transition target="x2 y2"/></initial>
<state id="a"><transition event="go" target="x2 y2"/></state>
<parallel id="p"><transition event="q" target="a"/>
<state id="x"><state id="x1"><transition event="e" target="x2"/></state><state id="x2"/></state>
<state id="y"><state id="y1"><transition event="e" target="y2"/></state><state id="y2"/></state>
</parallel>""",
    "a guard with brackets": """
<state id="a"><transition event="go" cond="z[0] &lt; 3" target="b"/></state>
<state id="b"><transition event="w" target="a"/></state>""",
}
MERMAID = {
    "a fork and a join": """state f <<fork>>
[*] --> f
f --> State2
f --> State3
state j <<join>>
State2 --> j
State3 --> j
j --> State4
State4 --> [*]""",
    "conditions that are no names": "[*] --> a\na --> b : tick [n<5]\nb --> a : t [n > 3]",
    "events of several words": "[*] --> a\na --> b : first event\na --> b : second event",
}
SMCAT = """initial, "fork it", ]f, ]j, a, b, c;
initial => "fork it"; "fork it" => ]f : go; ]f => a; ]f => b; a => ]j : one; b => ]j : two;
]j => c; c => "fork it" : again;"""
HEAD = '<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0"'
DOCUMENTS = {
    **{f"xstate, {name}": ("json", json.dumps({"id": "m", **m})) for name, m in XSTATE.items()},
    **{f"scxml, {name}": ("scxml", f"{HEAD}>{text}</scxml>") for name, text in SCXML.items()},
    **{f"mermaid, {n}": ("mmd", f"stateDiagram-v2\n{text}\n") for n, text in MERMAID.items()},
    "smcat, a join whose name begins with a bracket": ("smcat", SMCAT),
}


def numbered(machine: Machine) -> list[tuple[int, str, int]]:
    """Return the transitions between states that are numbered as their events lead to them."""
    numbers, found = {machine.initial: 0}, []
    states = [machine.initial]
    for state in states:
        for t in sorted(machine.transitions, key=lambda t: t.event):
            if t.source == state:
                if t.target not in numbers:
                    numbers[t.target] = len(numbers)
                    states.append(t.target)
                found.append((numbers[state], t.event, numbers[t.target]))
    return found


@pytest.mark.parametrize("language", SUFFIXES)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_is_drawn_is_read_back(document: str, language: str, tmp_path: Path) -> None:
    suffix, text = DOCUMENTS[document]
    (tmp_path / f"m.{suffix}").write_text(text)
    machine = load(str(tmp_path / f"m.{suffix}"))
    drawn = tmp_path / f"drawn.{SUFFIXES[language]}"
    drawn.write_text(str(draw(machine, language, Look(effects=False))))
    again = load(str(drawn))
    assert numbered(again) == numbered(machine)
    assert len(numbered(machine)) > 1

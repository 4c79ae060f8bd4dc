"""State diagrams in D2 are machines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.errors import MachineError
from fsm.formats.diagrams.d2 import parse_d2
from fsm.machine import Machine

WRITINGS = {
    "by hand": "# a lamp\noff -> lit: push [on]\nlit -> off: pull; off -> off: stay",
    "quoted": 'start: ""\nstart -> off\noff -> lit: "push [on]"\n"lit" -> off: pull\n'
        "off -> off: stay {style.stroke: red}",
    "backwards, in a chain": (
        'direction: right; start: ""; start -> off\nlit <- off: push [on]\nlit -> off: pull\n'
        "off -> off: stay"
    ),
    "titles and looks": 'vars: {d2-config: {layout-engine: elk}}\noff: "Is off" {\n  shape: oval\n'
        "  style: {fill: red; stroke: '#fff'}\n}\nlit: Is lit\noff -> lit: push \\\n [on]\n"
        "lit->off: pull\noff->off: stay",
}  # fmt: skip


def cells(machine: Machine) -> set[str]:
    return {f"{t.source} {t.event} {t.target}" for t in machine.transitions}


@pytest.mark.parametrize("writing", WRITINGS)
def test_one_machine_in_many_writings(writing: str) -> None:
    machine = parse_d2(WRITINGS[writing], "m.d2")
    assert cells(machine) == {"off push[on] lit", "lit pull off", "off stay off"}
    assert machine.initial == "off"


def test_containers_are_states_with_states_inside() -> None:
    machine = parse_d2(
        'start: ""; start -> C\nC: "In use\\ntick / count" {\n  s: ""; s -> a; a -> b: x\n'
        "  b.style.double-border: true\n  h: H {shape: circle}\n}\nC.b.style.double-border: true\n"
        "C -> out: off\nout -> C.h: on\nout -> P.q.z: go\n"
        "P: { p: {style.stroke-dash: 3; x -> y: e}; q: {style.stroke-dash: 3; z} }",
        "m.d2",
    )
    statuses = {atom: s.status for s in machine.states for atom in s.atoms}
    assert statuses == {"a": "In use", "b": "In use", "out": "out", "x": "P", "y": "P", "z": "P"}
    assert cells(machine) >= {"a x b", "a tick a", "b off out@b", "out@b on b"}  # fmt: skip


def test_names_are_paths_where_they_must_be() -> None:
    machine = parse_d2("A.x -> B.x: go\nB.x -> A.x: back", "m.d2")
    assert cells(machine) == {"A.x go B.x", "B.x back A.x"}


REFUSED = [
    ("a -> b: x\na -- b", "m.d2:2: the connection -- has no direction"),
    ("a -> b: |md text |", "m.d2:1: a block of text is not read"),
    ("a: {", "m.d2:1: '}' is expected"),
    ("a -> b: x\n}", "m.d2:2: '}' ends nothing"),
    ("a -> ", "m.d2:1: a name is expected, not the end of the file"),
    ("a: {" * 60, "m.d2:1: more than 50 shapes in each other"),
    ("a.b" + ".c" * 60, "m.d2:1: more than 50 shapes in each other"),
    ("vars: " + "{a: " * 60, "m.d2:1: more than 50 maps in each other"),
    ('a: "b', "m.d2:1: not understood"),
    ("", "m.d2: no state is drawn"),
    ("a -> h: x\nh: H {shape: circle}\nc: {h: H {shape: circle}}", "m.d2:3: the history 'c.h' is"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[r[1] for r in REFUSED])
def test_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(MachineError) as caught:
        parse_d2(text, "m.d2")
    assert str(caught.value).startswith(message)


@given(text=st.text(st.sampled_from("a b:-<>{};.\"'\\#|\n*&$"), max_size=40))
def test_any_text_is_a_machine_or_a_message_of_one_line(text: str) -> None:
    assert "\n" not in message_of(text)


def message_of(text: str) -> str:
    """Return why a text is refused; empty where it is a machine."""
    try:
        parse_d2(text, "m.d2")
    except MachineError as error:
        return str(error)
    return ""

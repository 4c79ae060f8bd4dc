"""Mealy machines in DOT: as tools for model learning publish them, and as somebody breaks them."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.catalog import load
from fsm.errors import MachineError
from fsm.formats.dot import MAX_CELLS, mealy_to_dot, parse_dot, read_dot
from fsm.mealy import Mealy
from tests.depth import cases
from tests.suites.machines import mealys

PUBLISHED = {
    "plain labels": 'a -> b [label="x/0"]; b -> a [label="x/1"]',
    "an arrow to the start": '__start0 -> a; a -> b [label="x/0"]; b -> a [label="x/1"]',
    "the start is not first": 'b -> a [label="x/1"]; i -> a; a -> b [label="x/0"]; i [shape=none]',
    "quoted names": '"a" -> "b" ["label"="x/0"]; "b" -> "a" [label="x/1"];',
    "HTML labels": "a -> b [label=<x/0>]; b -> a [label=<<B>x</B>/1>]",
    "HTML tables": (
        "a -> b [label=<<table><tr><td>x</td><td>/</td><td>0</td></tr></table>>];"
        "b -> a [label=<x/1>]"
    ),
    "blanks around the slash": 'a -> b [label="x / 0"]; b -> a [label=" x/ 1 "]',
    "attributes everywhere": (
        'graph [rankdir=LR]; node [shape=circle]; a [label="A"]; b:n -> a:s:e [color="red", '
        'label="x/1"]; edge [len=2]; g -> a [style=invis]; a -> b [label="x/0"]'
    ),
    "comments": '// one\n/* two\n -> */ a -> b [label="x/0"]\n# three\nb -> a [label="x/1"]',
    "subgraphs": 'subgraph cluster_0 { a; b } { a -> b [label="x/0"] } b -> a [label="x/1"]',
    "labels of all edges": (
        'edge [label="x/0"]; a -> b; subgraph { edge [label="y/2"] } edge [label="x/1"]; b -> a'
    ),
    "joined strings": 'a -> b [label="x" + "/0"]; b -> a [label="x/1"]',
}


@pytest.mark.parametrize("body", PUBLISHED.values(), ids=list(PUBLISHED))
def test_published_forms(body: str) -> None:
    mealy = parse_dot(f"digraph g {{ {body} }}", "m.dot")
    assert mealy.states[mealy.initial] == "a"
    assert mealy.run(["x", "x", "x"]) == ("0", "1", "0")
    assert mealy.is_complete


LABELS = {
    "x/0\\ny/1": [("x", "0"), ("y", "1")],
    "x/0\\ly/1\\l": [("x", "0"), ("y", "1")],
    "x/": [("x", "")],
    "a / b/c": [("a", "b/c")],
    "a/b / c": [("a/b", "c")],
    "a/b/c": [("a", "b/c")],
    '\\"x\\"/0': [('"x"', "0")],
}


@pytest.mark.parametrize(("label", "cells"), LABELS.items(), ids=list(LABELS))
def test_labels(label: str, cells: list[tuple[str, str]]) -> None:
    mealy = parse_dot(f'digraph {{ a -> a [label="{label}"] }}', "m.dot")
    assert [(given, mealy.run([given])[0]) for given in mealy.inputs] == cells


BAD = {
    "no graph": ("digraph", "m.dot:1: "),
    "undirected": ('graph { a -- b [label="x/0"] }', "m.dot:1: "),
    "no transition": ("digraph { a; b }", "m.dot: no edge has a label"),
    "no slash": ('digraph {\n a -> b [label="x"] }', "m.dot:2: label 'x': 'input/output'"),
    "no input": ('digraph {\n a -> b [label="/x"] }', "m.dot:2: label '/x': 'input/output'"),
    "no label": ('digraph {\n a -> b [label="x/0"]\n b -> a }', "m.dot:3: 'b' -> 'a' has no label"),
    "two starts": (
        'digraph {\n i -> a\n j -> b\n a -> b [label="x/0"] }',
        "m.dot:3: 'b' is initial, and so is 'a' (line 2)",
    ),
    "two answers": (
        'digraph {\n a -> b [label="x/0"]\n a -> b [label="x/1"] }',
        "m.dot:3: 'x' in 'a' gives '1' and 'b', on line 2 it gives '0' and 'b'",
    ),
    "an open string": ('digraph {\n a -> "b', "m.dot:2: "),
    "open HTML": ("digraph {\n a -> b [label=<x/0", "m.dot:2: an HTML string starts here"),
    "an open comment": ("digraph {\n /* a", "m.dot:2: "),
    "another language": ("digraph {\n a -> b = }", "m.dot:2: "),
    "an edge of a subgraph": ('digraph {\n a -> subgraph { b } [label="x/0"] }', "m.dot:2: "),
    "many findings": (
        "digraph {\n" + 'a -> b [label="x"]\n' * 100 + "}",
        "m.dot:2: label 'x': 'input/output' is expected",
    ),
    "a table too large": (
        "digraph {" + "".join(f'a{i} -> b [label="x{i}/0"];' for i in range(6000)) + "}",
        f"more than {MAX_CELLS} cells",
    ),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=list(BAD))
def test_what_is_no_machine_is_refused(text: str, message: str) -> None:
    with pytest.raises(MachineError) as error:
        parse_dot(text, "m.dot")
    assert message in str(error.value)
    assert len(str(error.value)) < 4000


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "m.dot"
    with pytest.raises(MachineError, match=r"m\.dot: No such file"):
        read_dot(path)
    path.write_bytes(b"digraph { \xff }")
    with pytest.raises(MachineError, match=r"m\.dot:1: not UTF-8 text"):
        read_dot(path)


@given(st.text('ab-><[]{}="/\\;,:+&#* \nlabeldigraph', max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for whole in (text, f"digraph {{ {text} }}"):
        with suppress(MachineError):
            parse_dot(whole, "m.dot")


@pytest.mark.parametrize("open_ended", cases(["a -> ", "[", "{", "<", '"a" + ', "/*", "\\\n"]))
def test_long_texts_take_no_longer_than_their_length(open_ended: str) -> None:
    with pytest.raises(MachineError):
        parse_dot("digraph { " + open_ended * 100_000, "m.dot")


def connected(mealy: Mealy) -> bool:
    """Whether each state has a transition, so that a list of edges holds the whole machine."""
    ends = set(np.flatnonzero((mealy.next >= 0).any(1))) | set(mealy.next[mealy.next >= 0])
    return len(ends) == len(mealy.states)


@given(mealys(partial=True))
def test_what_is_written_is_read_back(mealy: Mealy) -> None:
    if not connected(mealy) or not (mealy.next >= 0).any():
        return
    back = parse_dot(mealy_to_dot(mealy), "m.dot")
    assert back.states[back.initial] == mealy.states[mealy.initial]
    for s, state in enumerate(mealy.states):
        for x, event in enumerate(mealy.inputs):
            cell = back.states.index(state), back.inputs.index(event) if event in back.inputs else 0
            if mealy.next[s, x] < 0:
                assert event not in back.inputs or back.next[cell] < 0
                continue
            assert back.states[back.next[cell]] == mealy.states[mealy.next[s, x]]
            assert back.outputs[back.output[cell]] == mealy.outputs[mealy.output[s, x]]


def test_names_that_a_label_cannot_hold_are_refused() -> None:
    for states, inputs in ((("a\nb",), ("x",)), (("a",), ("x / y",)), (("a\\",), ("x",))):
        mealy = Mealy("m", states, inputs, ("0",), [[0]], [[0]])
        with pytest.raises(MachineError, match="cannot hold"):
            mealy_to_dot(mealy)


def test_names_with_quotes_are_written() -> None:
    mealy = Mealy("m", ('say "a"',), ('"x" \\ y',), ("0",), [[0]], [[0]])
    back = parse_dot(mealy_to_dot(mealy), "m.dot")
    assert (back.states, back.inputs) == (mealy.states, mealy.inputs)


SIZES = {  # states, inputs, cells that are missing
    "asml_m173": (483, 27, 0),
    "asml_m54": (27, 10, 0),
    "bitvise": (66, 13, 0),
    "coffeemachine": (6, 4, 0),
    "dtls_jsse_req": (113, 10, 0),
    "edentifier_new_simple": (3, 5, 0),
    "learnresult1": (8, 9, 28),
    "openssl_101g_server": (16, 7, 0),
    "tcp_linux_client": (15, 10, 0),
    "tcp_linux_server": (57, 12, 0),
    "verne_will_retain": (17, 9, 0),
    "volksbank_maestro": (7, 14, 0),
}


@pytest.mark.parametrize("name", SIZES)
def test_machines_of_real_systems(name: str, corpus: Path) -> None:
    mealy = read_dot(corpus / "machines" / f"{name}.dot")
    size = len(mealy.states), len(mealy.inputs), len(mealy.missing)
    assert size == SIZES[name]


def test_a_machine_in_dot_is_a_machine_everywhere(corpus: Path) -> None:
    path = corpus / "machines" / "coffeemachine.dot"
    machine, mealy = load(str(path)), read_dot(path)
    trace = list(mealy.inputs)
    state = machine.initial
    for event, output in zip(trace, mealy.run(trace), strict=True):
        step = machine.step(state, event)
        assert step is not None
        state = step.target
        assert machine.status(state) == output

"""A Mealy machine that ``fsm draw`` draws as text is read back as the same machine."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.catalog import load, load_specification
from fsm.drawing import TEXTS, draw
from fsm.errors import MachineError
from fsm.formats.dot import parse_dot
from fsm.mealy import Mealy
from tests.depth import samples

SUFFIXES = {"dot": ".dot", "mermaid": ".mmd", "plantuml": ".puml", "d2": ".d2"}
WORDS = (
    *("a", "B 2", "x/y", "/", "[g]", "a,b", "to: b", "end", "start", "-", "<b>", "50 %", "'", "#1"),
    *("%% c", "état", 'a "q"', "a -> b", "{", "press (long)", "↑ up", "\\n", "[*]", ";", "_x_"),
    *("a_very_long_name_of_an_input_that_is_wrapped_in_a_picture", "entry", "after 5s"),
)
NAMES = st.sampled_from(WORDS)


@st.composite
def mealy_machines(draws: st.DrawFn) -> Mealy:
    states = draws(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    inputs = draws(st.lists(NAMES.filter("/".__ne__), min_size=1, max_size=4, unique=True))
    outputs = draws(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    shown = draws(st.none() | st.lists(NAMES, min_size=len(states), max_size=len(states)))
    cell = st.tuples(st.integers(-1, len(states) - 1), st.integers(0, len(outputs) - 1))
    cells = [[draws(cell) for _ in inputs] for _ in states]
    cells[0][0] = (draws(st.integers(0, len(states) - 1)), 0)
    targets = np.array([[t for t, _ in row] for row in cells])
    written = np.array([[o if t >= 0 else -1 for t, o in row] for row in cells])
    initial = draws(st.integers(0, len(states) - 1))
    return Mealy("m", tuple(states), tuple(inputs), tuple(outputs), targets, written, initial,
                 shown=None if shown is None else tuple(shown))  # fmt: skip


def table(mealy: Mealy) -> tuple[object, ...]:
    """All that a machine says, whatever the order of its names."""
    cells = {
        (state, name): (mealy.states[target], mealy.outputs[output])
        for state, targets, outputs in zip(
            mealy.states, mealy.next.tolist(), mealy.output.tolist(), strict=True
        )
        for name, target, output in zip(mealy.inputs, targets, outputs, strict=True)
        if target >= 0
    }
    shown = None if mealy.shown is None else dict(zip(mealy.states, mealy.shown, strict=True))
    return set(mealy.states), mealy.states[mealy.initial], shown, cells


@pytest.mark.parametrize("form", TEXTS)
def test_what_is_written_is_read(form: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("m") / f"m{SUFFIXES[form]}"

    @given(mealy_machines())
    def holds(mealy: Mealy) -> None:
        path.write_text(str(draw(mealy, form)), encoding="utf-8")
        found = load_specification(str(path))
        assert isinstance(found, Mealy)
        assert table(found) == table(mealy)
        if not mealy.unheld:
            assert load(str(path)).states == found.machine().states

    settings(max_examples=samples(400, 40))(holds)()


LAMP = 'digraph { off -> on [label="press/light"]; on -> off [label="press/dark"] }'


@pytest.mark.parametrize("form", TEXTS)
def test_names_that_labels_cannot_hold_are_not_marked(form: str) -> None:
    mark = "Mealy machine: inputs / output"
    assert mark in str(draw(parse_dot(LAMP, "m.dot"), form))
    assert mark not in str(draw(parse_dot(LAMP.replace("press", "a, b"), "m.dot"), form))


WRONG = {
    "a label without output": ("a --> b : x", r"m.mmd:5: label 'x': 'inputs / output' is expected"),
    "two targets": ("a --> b : x / 1\na --> a : x / 1", "m.mmd:6: 'x' leads on from 'a' on line"),
    "two outputs": ("a --> b : x / 1\na --> b : x / 2", "m.mmd:6: 'x' leads on from 'a' on line"),
    "two initial states": ("[*] --> b\na --> b : x / 1", "m.mmd:5: 2 initial states, one is"),
    "a state in a state": ("state b {\nstate c {\nd\n}\n}\na --> d : x / 1", "no states in states"),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "said"), WRONG.values(), ids=WRONG)
def test_what_is_no_mealy_machine_is_refused(lines: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "m.mmd"
    path.write_text(
        f"stateDiagram-v2\n%% Mealy machine: inputs / output\na\n[*] --> a\n{lines}\n", "utf-8"
    )
    with pytest.raises(MachineError, match=said):
        load_specification(str(path))


def test_actions_of_other_diagrams_are_no_outputs(tmp_path: Path) -> None:
    path = tmp_path / "m.mmd"
    path.write_text("stateDiagram-v2\n[*] --> a\na --> b : x / 1\n", "utf-8")
    assert not isinstance(load_specification(str(path)), Mealy)
    assert re.search("1 action", " ".join(load(str(path)).ignored))


@pytest.mark.parametrize("form", TEXTS)
def test_a_status_may_have_the_name_of_a_state(form: str, tmp_path: Path) -> None:
    cells = np.array([[1, 0], [0, 0]])
    mealy = Mealy("m", ("a", "b"), ("x", "y"), ("o",), cells, cells * 0, shown=("a", "a"))
    path = tmp_path / f"m{SUFFIXES[form]}"
    path.write_text(str(draw(mealy, form)), encoding="utf-8")
    found = load_specification(str(path))
    assert isinstance(found, Mealy)
    assert table(found) == table(mealy)

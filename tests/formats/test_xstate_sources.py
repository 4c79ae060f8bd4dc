"""Machines of XState in JavaScript and TypeScript."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fsm
from fsm.errors import MachineError
from fsm.formats.javascript import JavaScript
from fsm.machine import Machine

USE = 'import { createMachine, setup, assign, raise } from "xstate";\n'
DOOR = """{
  initial: 'shut',
  states: {
    shut: { on: { PUSH: { target: "open", guard: 'unlocked' } } },
    open: { on: { PULL: `shut` } },  // a comment with createMachine({
  },
}"""
SAME = {
    "JavaScript": f"const door = createMachine({DOOR});",
    "TypeScript": f"export const m = createMachine<Context, {{ type: 'PUSH' }}>({DOOR} as const);",
    "setup": f"const door: any = setup({{ types: {{}} as {{ a: 1 }} }}).createMachine({DOOR});",
    "Machine": f"export default Machine({DOOR}, {{ actions: {{ ring: (c) => {{ f(',') }} }} }})",
    "constants": "const push = { PUSH: { target: 'open', guard: 'unlocked' } } as const;\n"
    "const OPEN = 'open';\nenum Names { shut = 'shut' }\n"
    "createMachine({ initial: Names.shut, states: { shut: { on: { ...push } },"
    " [OPEN]: { on: { PULL: Names.shut } } } })",
    "code": """createMachine({
  initial: 'shut', context: ({ input }) => ({ n: `${input.a}}` }),
  states: {
    shut: {
      entry: assign({ n: (c) => c.n / 2 }),
      on: { PUSH: { target: 'open', guard: 'unlocked', actions: [
        assign<A, B>(({ context }) => { return { n: /[/}]/.test('x') } }), 'ring'] } },
    },
    open: {
      exit() { done(); },
      on: { PULL: { target: 'shut', actions: ({ event }) => log(event) } },
    },
  },
})""",
}


def load(tmp_path: Path, text: str, name: str = "m.ts") -> Machine:
    (tmp_path / name.partition("#")[0]).write_text(text)
    return fsm.load(str(tmp_path / name))


def steps(machine: Machine) -> list[str]:
    return sorted({f"{t.source} {t.label} {t.target}" for t in machine.transitions})


@pytest.mark.parametrize("case", SAME)
def test_one_machine_in_many_writings(case: str, tmp_path: Path) -> None:
    machine = load(tmp_path, USE + SAME[case])
    assert steps(machine) == ["open PULL shut", "shut PUSH [unlocked] open"]
    assert machine.initial == "shut"


def test_a_transition_has_its_line(tmp_path: Path) -> None:
    machine = load(tmp_path, USE + "\n" + SAME["JavaScript"])
    assert [t.origin and t.origin.line for t in machine.transitions] == [6, 7]


def test_one_of_several(tmp_path: Path) -> None:
    second = "const b = setup({}).createMachine({ initial: 'x', states: { x: {} } });"
    text = f"{USE}const a = createMachine({DOOR});\n{second}"
    assert load(tmp_path, text, "m.js#b").initial == "x"
    with pytest.raises(
        MachineError, match=r"m\.js:9: 2 machines; name one: \S+m\.js#a, \S+m\.js#b$"
    ):
        load(tmp_path, text, "m.js")
    with pytest.raises(MachineError, match=r"m\.js:1: no machine 'c'; there are: a, b$"):
        load(tmp_path, text, "m.js#c")
    unnamed = f"{USE}export default createMachine({DOOR});\n{second}"
    assert load(tmp_path, unnamed, "m.js#L2").initial == "shut"


STATES = {
    "a guard that is a function": (
        "a: { on: { X: { target: 'b', guard: ({ context }) => context.n > 1 } } }, b: {}",
        ["a X [context.n > 1] b"],
    ),
    "guards that are joined": (
        "a: { on: { X: { target: 'b', guard: and(['p', not('q')]) } } }, b: {}",
        ["a X [p and not q] b"],
    ),
    "parameters that are computed": (
        """a: { on: { X: [
          { target: 'b', guard: { type: 'over', params: (c) => c.n } },
          { target: 'a', guard: { type: 'over', params: (c) => c.m } },
        ] } }, b: {}""",
        [
            'a X [over({"params": "(c) => c.m"})] a',
            'a X [over({"params": "(c) => c.n"})] b',
        ],
    ),
    "an event that is raised": (
        "a: { on: { X: { actions: raise({ type: 'GO' }) }, GO: 'b' } }, b: {}", ["a GO b", "a X b"],
    ),
    "an event that a named action raises": (
        "a: { on: { X: { actions: 'go' }, GO: 'b' } }, b: {}", ["a GO b", "a X b"],
    ),
    "a delay by its name": ("a: { after: { soon: 'b' } }, b: {}", ["a after 50 in a b"]),
    "an actor": (
        "a: { invoke: { src: get(), id: 'f', onDone: { target: 'b', actions: f() } } }, b: {}",
        ["a done.invoke.f b"],
    ),
    "a forbidden event": (
        """a: {
          initial: 'c', on: { X: 'b' },
          states: { c: { on: { X: undefined, Y: 'd' } }, d: {} },
        }, b: {}""",
        ["c X c", "c Y d", "d X b"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STATES)
def test_states(case: str, tmp_path: Path) -> None:
    states, expected = STATES[case]
    known = "setup({ actions: { go: raise({ type: 'GO' }) }, delays: { soon: 50 } })"
    text = f"{USE}const m = {known}.createMachine({{ initial: 'a', states: {{ {states} }} }});"
    assert steps(load(tmp_path, text)) == expected


REFUSED = {
    "a target that is computed": ("a: { on: { X: next } }", "2: 'on: X' is computed: next;"),
    "transitions from elsewhere": ("a: { on: shared }", "2: 'on' is computed: shared; write it"),
    "a part from elsewhere": ("...shared", "2: '...shared' is not in this file; write JSON"),
    "a name from elsewhere": ("[S.a]: {}", "2: the name [S.a] is computed; write JSON"),
    "an event to itself": ("a: { entry: send('X') }", "2: the action \"send('X')\" may send"),
    "an event of data": ("a: { entry: raise(next) }", "2: which event is raised is computed"),
    "an unknown state": ("a: { on: { X: 'c' } }", "2: no state 'c'"),
    "a constant that is declared twice": ("a: { on: { X: two } }", "2: 'on: X' is computed: two"),
    "a parameter": ("a: { on: { X: given } }", "2: 'on: X' is computed: given"),
    "not closed": ("a: { on: {", "2: what begins here is not closed"),
    "no member": ("a: { + }", "2: a name of a member is expected here"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_its_line(case: str, tmp_path: Path) -> None:
    states, message = REFUSED[case]
    end = "" if case == "not closed" else "} });\nconst two = 'a'; { const two = 'b'; }"
    end += "\nconst given = 'a'; const f = (given: string) => given;" if end else ""
    with pytest.raises(MachineError) as error:
        load(tmp_path, f"{USE}createMachine({{ initial: 'a', states: {{ {states} {end}")
    assert message in str(error.value)
    assert "m.ts:2: " in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("export const x = 1;", "no machine of XState"),
        (
            f'import {{ createMachine }} from "robot3";\ncreateMachine({DOOR})',
            "no machine of XState",
        ),
        (f"{USE}createMachine(config)", "2: the configuration of the machine is not in this file"),
        (f"{USE}createMachine({'{a:' * 200}", "nested deeper, than a machine"),
        (f"{USE}createMachine({{ x: {'`${' * 5000}", "nested too deeply"),
    ],
    ids=["none", "of another library", "elsewhere", "deep", "deep texts"],
)
def test_other_scripts(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(MachineError) as error:
        load(tmp_path, text)
    assert message in str(error.value)


CERTAIN = {
    "another name": ('import { createMachine as cm } from "xstate";', "cm"),
    "a module": ('import * as X from "xstate";', "X.createMachine"),
    "required": ('const { createMachine: cm } = require("xstate");', "cm"),
    "a second name": ('import { createMachine } from "xstate";\nconst cm = createMachine;', "cm"),
    "a text like a call": (f'{USE}const s = "createMachine({{}})";', "createMachine"),
    "a pattern like a call": (f"{USE}const r = /createMachine(x)'/;", "createMachine"),
    "a constant that is read": (
        (
            f"{USE}log(on); const copy = Object.assign({{}}, on, {{ P: 'a' }}); const {{ P }} = on;"
            " if (on.P === 'a') f(on.P); for (const k in on) f(k);"
        ),
        "createMachine",
    ),
    "a member of the same name": (f"{USE}f.on = 1; const y = {{ on: 2 }};", "createMachine"),
}


@pytest.mark.parametrize("case", CERTAIN)
def test_followed_for_certain(case: str, tmp_path: Path) -> None:
    before, call = CERTAIN[case]
    states = "{ a: { on }, b: { on: { Q: 'a' } } }"
    text = f"{before}\nconst on = {{ P: 'b' }};\n"
    text += f"const m = {call}({{ initial: 'a', states: {states} }});"
    assert steps(load(tmp_path, text)) == ["a P b", "b Q a"]


CHANGED = {
    "a member": "on.P = 'a';",
    "a member by its name": "on['Q'] = 'a';",
    "a member that is computed": "on[k] ??= 'a';",
    "a deletion": "delete on.P;",
    "assigned from": "Object.assign(on, { P: 'a' });",
    "given to a function": "change(1, on);",
    "a second name": "const o = on; o.P = 'a';",
    "a name that is assigned": "let o; o = on; o.P = 'a';",
    "inside of a constant": "const o = { in: [on] }; o.in[0].P = 'a';",
    "returned": "const get = () => on; get().P = 'a';",
    "another scope": "function f() { let on = {}; }",
    "a pattern": "function f({ on }) {}",
    "several declared": "function f() { const x = 1, on = {}; }",
    "imported": "import { on } from './on';",
    "by a loop": "for (on.P of ['a']) f();",
    "of each": "for (const o of [on]) o.P = 'a';",
}


@pytest.mark.parametrize("case", CHANGED)
def test_a_constant_that_may_change_is_refused(case: str, tmp_path: Path) -> None:
    text = f"{USE}const on = {{ P: 'b' }};\n{CHANGED[case]}\n"
    text += "const m = createMachine({ initial: 'a', states: { a: { on: on }, b: {} } });"
    with pytest.raises(MachineError, match=r"m\.ts:4: 'on' is computed: on \('on' may be changed"):
        load(tmp_path, text)


def test_a_list_that_grows_is_refused(tmp_path: Path) -> None:
    text = f"{USE}const to = ['b'];\nto.unshift('a');\n"
    with pytest.raises(MachineError, match="4: 'on: P' is computed: to"):
        load(tmp_path, text + "createMachine({ initial: 'a', states: { a: { on: { P: to } } } });")


def test_a_use_that_is_no_call_is_told(tmp_path: Path) -> None:
    text = f"{USE}const m = createMachine({DOOR});\nconst n = wrap(createMachine);"
    assert load(tmp_path, text, "m.ts#m").initial == "shut"
    with pytest.raises(
        MachineError, match=r"m\.ts:9: this use of 'createMachine' is not read; name"
    ):
        load(tmp_path, text)


def test_two_machines_of_a_line_have_names_of_their_own(tmp_path: Path) -> None:
    text = (
        f"{USE}f(createMachine({{ initial: 'a', states: {{ a: {{}} }} }}), createMachine({DOOR}));"
    )
    assert load(tmp_path, text, "m.ts#L2").initial == "a"
    assert load(tmp_path, text, "m.ts#L2.2").initial == "shut"


def test_what_is_provided_counts(tmp_path: Path) -> None:
    states = "initial: 'a', states: { a: { after: { d: 'b' } }, b: {} }"
    text = f"{USE}const m = setup({{ delays: {{ d: 2000 }} }}).createMachine({{ {states} }})"
    assert steps(load(tmp_path, f"{text}.provide({{ delays: {{ d: 500 }} }});")) == [
        "a after 500 in a b"
    ]
    machine = load(tmp_path, f"{text};\nconst n = m.provide({{ delays: {{ d: 500 }} }});")
    assert steps(machine) == ["a after 2000 in a b"]
    assert "m.ts:3: the machine that is made here of another one is not read" in machine.assumed[-1]
    with pytest.raises(MachineError, match="'d' has several definitions among the delays"):
        load(tmp_path, f"{text};\nconst s = setup({{ delays: {{ d: 1 }} }});")
    with pytest.raises(MachineError, match="the machine 'm' is changed after it is made"):
        load(tmp_path, f"{text};\nm.config.initial = 'b';")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)  # fmt: skip


@given(VALUES)
def test_json_is_read_as_json(value: object) -> None:
    assert JavaScript(json.dumps(value), "m.js").literal(0) == value


@given(st.text(alphabet="{}[]()'\"`$/\\*:,.<>=a1 \n", max_size=60))
def test_any_text_is_a_machine_or_a_message(text: str) -> None:
    source = JavaScript(text, "m.js")
    try:
        source.literal(0)
    except MachineError as error:
        assert "\n" not in str(error)  # noqa: PT017 - a value is fine too

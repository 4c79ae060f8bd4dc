"""State diagrams of Mermaid, PlantUML and DOT are machines."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from read_back import read_back

from fsm.catalog import load, load_specification
from fsm.errors import MachineError
from fsm.formats.diagrams.dialects import MERMAID, PLANTUML
from fsm.formats.diagrams.dot import parse_labelled_dot
from fsm.formats.diagrams.labels import read_label
from fsm.formats.diagrams.lines import parse_diagram
from fsm.formats.diagrams.to_machine import machine_of
from fsm.guard import symbol, valuations
from fsm.machine import Machine, State, Transition
from fsm.mealy import Mealy


def mermaid(*lines: str) -> Machine:
    return machine_of(parse_diagram("\n".join(("stateDiagram-v2", *lines)), "m.mmd", MERMAID))


def plantuml(*lines: str) -> Machine:
    text = "\n".join(("@startuml", *lines, "@enduml"))
    return machine_of(parse_diagram(text, "m.puml", PLANTUML))


def dot(*lines: str) -> Machine:
    machine = parse_labelled_dot("\n".join(("digraph {", *lines, "}")), "m.dot")
    assert isinstance(machine, Machine)
    return machine


READERS = {"mermaid": mermaid, "plantuml": plantuml, "dot": dot}


def cells(machine: Machine) -> list[str]:
    return [f"{t.source} {t.event} {t.target}" for t in machine.transitions]


LAMP = ["off push lit", "lit push off"]


MERMAID_WRITINGS = [
    "[*] --> off\noff --> lit : push\nlit-->off:push",
    """%% a remark
direction LR
[*] --> off %% more
off --> lit: push
note right of lit : shines --> x
lit --> off : push""",
    """note left of off
  lit --> off : kick
end note
[*] --> off
off:::dark --> lit:::light : push
lit --> off : push
classDef dark fill:#000
class off dark
style lit fill:#fff""",
    "off --> lit : push / beep()\nlit --> off : push / beep",
]
PLANTUML_WRITINGS = [
    "[*] --> off\noff -right-> lit : push\nlit -[#red,dashed]-> off : push",
    """' a remark
off -[hidden]-> lit
off -[hidden]- lit
/' and
more '/
title Lamp
hide empty description
skinparam x y
skinparam state {
  BackgroundColor red
}
[*] -> off
off -> lit : push
off <-up- lit : push
note right of lit : shines
note left of off
x --> y
end note
legend
 a --> b
endlegend""",
    """state "push" as p <<sdlreceive>>
off --> p
p --> lit
lit --> off : push
json Remark {
  "a": "b"
}""",
    """state off #red
state lit ##[dashed]blue
off : entry / dark
[*] --> off
off --> lit : push
lit --> off : push""",
]
DOT_WRITINGS = [
    's [shape=point]; s -> off; off -> lit [label=push]; lit -> off [label="push"]',
    '"" -> off [label="begin"]; off -> lit [label="push"]; lit -> off [label="push"]',
    """node [color=white fontcolor=white]; here; node [color=black fontcolor=black]; off
here -> off; off -> lit [label="push"]; lit -> off [label="push"]""",
    """null [label=" " shape=none]; null -> off [label="begin"]; {off} -> {lit} [label="push"]
{ lit; } -> off [label="push"]""",
    """start -> off; off -> lit [label="push"]; lit -> off [label="push / beep"]
off -> off [label=x]; off -> off [label=y]""",
]
WRITINGS = [
    *(("mermaid", text) for text in MERMAID_WRITINGS),
    *(("plantuml", text) for text in PLANTUML_WRITINGS),
    *(("dot", text) for text in DOT_WRITINGS),
]


@pytest.mark.parametrize(("language", "text"), WRITINGS)
def test_one_machine_in_many_writings(language: str, text: str) -> None:
    machine = READERS[language](*text.split("\n"))
    assert [c for c in cells(machine) if "push" in c] == LAMP
    assert machine.initial == "off"
    assert [state.name for state in machine.states] == ["off", "lit"]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("push", "push"),
        ("push [shut]", "push[shut]"),
        ("push [shut] / beep", "push[shut]"),
        ("push[shut]/beep", "push[shut]"),
        ("push\n[shut]\n/ beep", "push[shut]"),
        ("push /\nbeep", "push"),
        ("push [not yet\nshut]", "push[not yet shut]"),
        ("push if shut", "push[shut]"),
        ("push, kick", "push kick"),
        ("push or kick [shut]", "push[shut] kick[shut]"),
        ("push [a], kick [b]", "push[a] kick[b]"),
        ("push [a[0], b], kick", "push[a[0], b] kick"),
        ("push\nkick", "push kick"),
        ("push,\nkick twice", "push kick twice"),
        ("push,kick [shut]", "push[shut] kick[shut]"),
        ("rcv SYN,ACK", "rcv SYN,ACK"),
        ("f(a, b)", "f(a, b)"),
        ("[shut]", "[shut]"),
        ("/ beep", ""),
        ("GET /orders", "GET /orders"),
        ("n/a", "n/a"),
        ("push\nDelivered ↑\nBounces starts at 0 %", "push"),
        ("push (D2)", "push"),
        ("", ""),
    ],
)
def test_labels(label: str, expected: str) -> None:
    labels = read_label(label)
    assert " ".join(f"{e.event}[{e.guard}]" if e.guard else e.event for e in labels) == expected


def test_a_start_that_a_choice_decides() -> None:
    lines = ["state c <<choice>>", "[*] --> c", "c --> a : [p]", "c --> start : [else]"]
    machine = mermaid(*lines, "a --> start : go")
    assert machine.initial == "start 2"
    assert sorted(cells(machine)) == [
        "a go start", "start 2 start[not p] start", "start 2 start[p] a"
    ]  # fmt: skip
    assert any("line 3: a choice decides where it begins" in note for note in machine.assumed)


def test_states_without_arrows_are_not_initial() -> None:
    machine = mermaid("remark : a remark", "a --> b : go", "alone")
    assert machine.initial == "a"
    assert (
        "'a' is initial: no arrow leads there; states without arrows do not count"
        in machine.assumed
    )


@pytest.mark.parametrize(
    ("label", "events"),
    [
        (r"push it\nonce more", ["push it once more"]),
        (r"push\nkick", ["push", "kick"]),
        (r"push it,\nkick", ["push it", "kick"]),
        (r"push it\nkick", ["push it kick"]),
        (r"push it\n[when on]\n/ beep", ["push it[when on]"]),
        (r"push\nas drawn", ["push", "as drawn"]),
        ("push it, kick", ["push it, kick"]),
        ("push it or kick [when on]", ["push it or kick[when on]"]),
        ("push, as drawn", ["push", "as drawn"]),
        ("push it twice, as drawn", ["push it twice", "as drawn"]),
        (r"push it,\nkick it, or not", ["push it", "kick it, or not"]),
        ("push or kick(twice)", ["push", "kick(twice)"]),
    ],
)
@pytest.mark.parametrize("language", ["mermaid", "plantuml", "dot"])
def test_labels_in_several_lines(language: str, label: str, events: list[str]) -> None:
    lines = [f"a --> b : {label}", "b --> a : as drawn"]
    if language == "dot":
        lines = [f'a -> b [label="{label}"]; b -> a [xlabel="as drawn"]']
    machine = READERS[language](*lines)
    assert [t.event for t in machine.transitions if t.source == "a"] == events
    is_joined = any(", " in event for event in events)
    is_joined |= len(events) == 1 and " " in events[0] and "/" not in label
    assert any("are one text" in note for note in machine.assumed) == is_joined


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a --> b", "b --> a"], ["a to b b", "b to a a"]),
        (["a --> b : go [g]", "a --> c : go [not g]"], ["a go[g] b", "a go[not g] c"]),
        (["a --> b : go [g]", "a --> c : go [else]"], ["a go[g] b", "a go[not g] c"]),
        (["a --> b : go [g]", "a --> c : go"], ["a go[g] b", "a go[not g] c"]),
        (["a --> c : go [else]", "a --> b : go [in stock]"],
         ["a go[in stock] b", "a go[not in stock] c"]),
        (["a --> b : go [!in stock]"], ["a go[not in stock] b"]),
        (["a --> a : go, stay"], ["a go a", "a stay a"]),
    ],
)  # fmt: skip
def test_guards_and_arrows_without_events(lines: list[str], expected: list[str]) -> None:
    assert cells(mermaid("[*] --> a", *lines)) == expected


def test_titles_and_final_states() -> None:
    first = mermaid('state "Is off" as off', "lit : Is <b>lit</b>", "[*] --> off",
                    "off --> lit : push", "lit --> [*]")  # fmt: skip
    second = plantuml('state "Is off" as off', 'state lit as "Is lit"', "[*] --> off",
                      "off --> lit : push", "lit --> [*]")  # fmt: skip
    third = dot('off [label="Is off\\l"]; lit [label=<Is<br/>lit>, shape=doublecircle]',
                '"" [shape=none]; "" -> off; off -> lit [label=push]')  # fmt: skip
    for machine in (first, second, third):
        assert [(s.title, s.status, s.final) for s in machine.states] == [
            ("Is off", "Is off", False),
            ("Is lit", "Is lit", True),
        ]


@pytest.mark.parametrize(
    ("lines", "initial", "final"),
    [
        (["a --> b : x", "b --> c : y"], "a", ["c"]),
        (["b --> a : x", "a --> b : y"], "b", []),
        (["d", "a --> b : x", "b --> a : y"], "a", ["d"]),
        (["d", "a --> b : x", "state b {", "c", "e --> f : y", "f --> e : z", "}"], "a", []),
        (["[*] --> a", "a --> b : x"], "a", []),
        (["a --> b : x", "b --> a : x", "a --> [*]"], "a", ["a"]),
    ],
)
def test_initial_and_final_without_marks(lines: list[str], initial: str, final: list[str]) -> None:
    machine = mermaid(*lines)
    assert machine.initial == initial
    assert [state.name for state in machine.states if state.final] == final


def test_the_double_border_of_an_export_of_transitions_is_the_active_state() -> None:
    machine = dot(
        "node [peripheries=1]", 'shut [label="shut\\l" fillcolor=darksalmon peripheries=2]',
        'open [label="open\\l"]', "shut -> open [label=push]", "open -> shut [label=pull]",
    )  # fmt: skip
    assert machine.initial == "shut"
    assert not any(state.final for state in machine.states)


@pytest.mark.parametrize("suffix", ["dot", "gv"])
def test_dot_with_inputs_and_outputs_stays_a_mealy_machine(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"m.{suffix}"
    path.write_text('digraph { a -> b [label="x/0"]; b -> a [label="x/1"] }')
    assert isinstance(load_specification(str(path)), Mealy)
    path.write_text('digraph { a -> b [label="x"]; b -> a [label="y"] }')
    assert load_specification(str(path)) == load(str(path))


REFUSED = [
    ("mermaid", "state a {\n b", "3: the state 'a' does not end"),
    ("mermaid", "}", "2: '}' ends nothing"),
    ("mermaid", "note left of a\n  b", "3: a part that is skipped"),
    ("mermaid", "a ==> b", "2: not understood: 'a ==> b'"),
    ("mermaid", "a --> b : go\na --> c : go", "3: 'go' leads from 'a' to 'c', on line 2 to 'b'"),
    ("mermaid", "a --> b : go\na --> c : go [g]", "3: 'go [g]' leads from 'a' to 'c', on line 2"),
    ("mermaid", "[*] --> a\n[*] --> b", "3: 'b' is initial, and so is 'a' (line 2)"),
    ("mermaid", "a --> c : x\nb --> c : x", "3: which state is initial, 'a', 'b'?"),
    ("plantuml", "!include secret.puml", "2: '!include secret.puml': the preprocessor"),
    ("plantuml", "a --> b : x\n@enduml\n@startuml\nb --> c", "4: a second diagram"),
    ("dot", "a -> b [label=go]; a -> c [label=go]", "2: 'go' leads from 'a' to 'c'"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "message"), REFUSED, ids=[r[2] for r in REFUSED])
def test_refused_with_its_line(language: str, text: str, message: str) -> None:
    with pytest.raises(MachineError) as caught:
        READERS[language](*text.split("\n"))
    assert f":{message}" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "flowchart TD\n a --> b", "---\ntitle: x\n---\nerDiagram"])
def test_other_diagrams_are_no_machines(text: str, tmp_path: Path) -> None:
    path = tmp_path / "m.mmd"
    path.write_text(text)
    with pytest.raises(MachineError, match=r"m\.mmd:1: no Mermaid state diagram"):
        load(str(path))


def message_of(language: str, text: str) -> str:
    """Return why a text is refused; empty where it is a machine."""
    try:
        READERS[language](*text.split("\n"))
    except MachineError as error:
        return str(error)
    return ""


# What fsm draws ------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b_1", "Paid", "waiting", "x", "sent"])
EVENTS = st.sampled_from(["go", "stop_it", "Pay now", "a.b", "100 %", "n/a", "#1;", r"\\x\N"])
TITLES = st.sampled_from(["A", "Sent: yes", '"quoted"', "a --> b", r"C:\New", "50 %", "a_b"])
GUARDS = st.sampled_from([(), (), ("g",), ("n > 3",), ("g", "h")])


@st.composite
def machines(draw_: st.DrawFn) -> Machine:
    """Return a machine as a diagram can hold it: the names of its states are ids."""
    names = draw_(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    boxed = draw_(st.booleans())
    statuses = st.sampled_from([None, "Open", "Closed now"])
    states = []
    for name in names:
        title = draw_(TITLES)
        final = draw_(st.booleans())
        status = draw_(statuses) if boxed else title
        states.append(State(name, status, title, (name,), final))
    if boxed and all(s.status is None for s in states):
        states[0] = State(states[0].name, "Open", states[0].title, states[0].atoms)
    guards = draw_(st.dictionaries(EVENTS, GUARDS, max_size=3))
    transitions = [
        Transition(source, symbol(event, v), draw_(st.sampled_from(names)), event, _text(v))
        for event, of_event in guards.items()
        for source in names
        for v in valuations(of_event, "")
        if draw_(st.booleans())
    ]
    symbols = [symbol(e, v) for e, of_event in guards.items() for v in valuations(of_event, "")]
    return Machine("m", "m", tuple(states), tuple(symbols), tuple(transitions),
                   draw_(st.sampled_from(names)), guards=guards)  # fmt: skip


def _text(valuation: dict[str, bool]) -> str:
    parts = [n if truth else f"not {n}" for n, truth in valuation.items()]
    return " and ".join(parts)


def facts(machine: Machine) -> object:
    states = {(s.name, s.status, s.title, s.final) for s in machine.states}
    return machine.initial, states, set(map(repr, machine.transitions))


@pytest.mark.parametrize("language", [*READERS, "d2"])
@given(machine=machines())
def test_what_is_drawn_is_read_back(language: str, machine: Machine) -> None:
    assert facts(read_back(machine, language, "m")) == facts(machine)


@pytest.mark.parametrize("language", ["mermaid", "plantuml", "dot"])
@given(text=st.text(st.sampled_from("a b:-<>[]{}\"*|/\\n#;,ü\n'`"), max_size=60))
def test_any_text_is_a_machine_or_a_message_of_one_line(language: str, text: str) -> None:
    assert "\n" not in message_of(language, text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("mermaid", "a --> b : " + "[" * 50_000),
        ("mermaid", "a --> b : " + "(" * 50_000),
        ("mermaid", "a --> b : x [" + "not " * 40_000 + "g]"),
        ("mermaid", "a-" * 50_000),
        ("plantuml", "a " + "-" * 100_000),
        ("plantuml", "/'" * 50_000),
        ("plantuml", "state a " + "#a" * 50_000),
        ("mermaid", "state {" * 30_000),
    ],
    ids=lambda value: value[:12],
)
def test_long_lines_are_read_or_refused(language: str, text: str) -> None:
    assert len(message_of(language, text)) < 500

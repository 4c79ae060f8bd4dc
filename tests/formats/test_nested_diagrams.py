"""Nested state diagrams of Mermaid and PlantUML: composites, regions, pseudo-states."""

import pytest

from fsm.errors import MachineError
from fsm.formats.diagrams.dialects import MERMAID, PLANTUML
from fsm.formats.diagrams.lines import parse_diagram
from fsm.formats.diagrams.to_machine import machine_of
from fsm.machine import Machine


def mermaid(text: str) -> Machine:
    return machine_of(parse_diagram(f"stateDiagram-v2\n{text}", "m.mmd", MERMAID))


def plantuml(text: str) -> Machine:
    return machine_of(parse_diagram(f"@startuml\n{text}\n@enduml", "m.puml", PLANTUML))


READERS = {"mermaid": mermaid, "plantuml": plantuml}
ACTIVE = """[*] --> idle
idle --> Active : go
state Active {
  [*] --> run
  run --> hold : pause
  %s
}
Active --> idle : stop"""
REGIONS = """[*] --> P
state P {
  [*] --> a
  a --> a2 : x
  a2 --> [*]
  --
  [*] --> b
  b --> b2 : y
  b2 --> [*]
}
P --> %s"""
BRANCHES = """[*] --> draft
draft --> f : submit
state f <<fork>>
f --> law
f --> tech
law --> lawful : sign
tech --> sound : test
state j <<join>>
lawful --> j
sound --> j
j --> out"""

READ = {
    "composite": (ACTIVE % "", "idle go run; run pause hold; run stop idle; hold stop idle"),
    "the inner arrow wins": (
        "[*] --> C\nstate C {\n [*] --> a\n a --> b : x\n}\nC --> out : x",
        "a x b; b x out",
    ),
    "deep": (
        "[*] --> A\nstate A {\n state B {\n state C {\n [*] --> c\n }\n }\n}\nA --> out : x",
        "c x out",
    ),
    "end with an event": (ACTIVE % "hold --> [*] : quit\nrun --> [*] : quit",
        ("idle go run; run pause hold; run quit Active.end; run stop idle; hold quit Active.end; "
        "hold stop idle; Active.end stop idle")),
    "end with an event, flat": ("[*] --> a\na --> [*] : stop", "a stop end*"),
    "completion": (
        "[*] --> C\nstate C {\n [*] --> a\n a --> b : x\n b --> [*]\n}\nC --> out",
        "a x out",
    ),
    "completion with a guard": (
        ("[*] --> C\nstate C {\n [*] --> a\n a --> b : x\n b --> [*]\n}\nC --> out : [ok]\n"
        "C --> off : [else]"),
        "a x[ok] out; a x[not ok] off",
    ),
    "completion of all regions": (
        REGIONS % "out", "a+b x a2+b; a+b y a+b2; a2+b y out; a+b2 x out",
    ),
    "two arrows without event": (
        "[*] --> C\nstate C {\n [*] --> a\n a --> b : x\n b --> [*]\n}\nC --> out\nC --> off",
        "a x b; b to out out; b to off off",
    ),
    "an end that other arrows leave": (
        "[*] --> C\nstate C {\n [*] --> a\n a --> b : x\n b --> a : y\n b --> [*]\n}\nC --> out",
        "a x b; b y a; b to C.end out",
    ),
    "an end that is entered first": (
        "[*] --> C\nstate C {\n [*] --> a\n a --> [*]\n}\nC --> out", "a to C.end out",
    ),
    "a mark that may be left": ("[*] --> C\nC --> [*]\nstate C {\n [*] --> a\n}\nC --> b : x",
        "a* x b"),
    "regions": (
        ("[*] --> P\nstate P {\n [*] --> a\n a --> a2 : x\n --\n [*] --> b\n b --> b2 : x\n}\n"
        "P --> out : y"),
        "a+b x a2+b2; a+b y out; a2+b2 y out",
    ),
    "a region that is one state": (
        "[*] --> P\nstate P {\n state Q {\n [*] --> a\n a --> a2 : x\n }\n --\n [*] --> b\n}",
        "a+b x a2+b",
    ),
    "choice": (
        "[*] --> a\nstate c <<choice>>\na --> c : go\nc --> b : [big]\nc --> d : [else]",
        "a go[big] b; a go[not big] d",
    ),
    "a choice of texts": (
        "[*] --> a\nstate c <<choice>>\na --> c : go\nc --> b : if n < 3\nc --> d : if n >= 3",
        "a go[n < 3] b; a go[not n < 3] d",
    ),
    "a choice of answers": (
        'state "paid?" as c <<choice>>\n[*] --> a\na --> c : go\nc --> b : Yes\nc --> d : No',
        "a go[paid?] b; a go[not paid?] d",
    ),
    "a choice without a way": (
        "[*] --> a\nstate c <<choice>>\na --> c : go [ready]\nc --> b : [big]",
        "a go[big, ready] b",
    ),
    "a choice behind a choice": (
        ("[*] --> a\nstate c <<choice>>\nstate d <<choice>>\na --> c : go\nc --> b : [g]\n"
        "c --> d : [else]\nd --> e : [h]\nd --> [*] : [else]"),
        "a go[g, h] b; a go[g, not h] b; a go[not g, h] e; a go[not g, not h] end*",
    ),
    "fork into regions": (
        ("[*] --> a\na --> f : go\nstate f <<fork>>\nf --> x2\nf --> y2\nstate P {\n [*] --> x\n"
        " state x2\n x --> x2 : e\n --\n [*] --> y\n state y2\n y --> y2 : e\n}"),
        "a go x2+y2",
    ),
    "join of regions": (
        ("[*] --> P\nstate P {\n [*] --> x\n x --> x2 : e\n --\n [*] --> y\n y --> y2 : f\n}\n"
        "state j <<join>>\nx2 --> j\ny2 --> j\nj --> out"),
        "x+y e x2+y; x+y f x+y2; x2+y f out; x+y2 e out",
    ),
    "a join of one arrow": (
        "[*] --> a\nstate j <<join>>\na --> j : x\nj --> b", "a x b",
    ),
    "join by events": (
        ("[*] --> P\nstate P {\n [*] --> x\n --\n [*] --> y\n}\nstate j <<join>>\n"
        "x --> j : e\ny --> j : f\nj --> out"),
        "x+y e x.j+y; x+y f x+y.j; x.j+y f out; x+y.j e out",
    ),
    "branches without a state around them": (
        BRANCHES,
        ("draft submit law+tech; law+tech sign lawful+tech; law+tech test law+sound; "
        "lawful+tech test out; law+sound sign out"),
    ),
    "branches of one state": (
        ("[*] --> f\nstate f <<fork>>\nf --> a\nf --> b\nstate j <<join>>\na --> j\nb --> j\n"
        "j --> c"),
        "a+b to j from a a.j+b; a+b to j from b a+b.j; a.j+b to j from b c; a+b.j to j from a c",
    ),
    "history": (
        ACTIVE % "hold --> run : on\nidle --> Active[H] : resume",
        ("idle@run go run; idle@run resume run; run pause hold; run stop idle@run; hold on run; "
        "hold stop idle@hold; idle@hold go run; idle@hold resume hold"),
    ),
    "deep history": (
        ("[*] --> P\nstate P {\n state Q {\n [*] --> a\n a --> b : x\n }\n [*] --> Q\n}\n"
        "P --> out : off\nout --> P[H*] : on"),
        "a x b; a off out@a; b off out@b; out@a on a; out@b on b",
    ),
    "history with a default": (
        "[*] --> out\nstate C {\n [*] --> a\n a --> b : x\n [H] --> b\n}\nout --> C[H] : on",
        "out on b",
    ),
    "the first state is inside": (
        "[*] --> b\nstate C {\n [*] --> a\n state b\n a --> b : x\n}\nC --> C : y",
        "b y a; a x b; a y a",
    ),
    "a title before the box": (
        'state "Long" as C\n[*] --> C\nstate C {\n [*] --> a\n}\nC --> C : x', "a x a",
    ),
    "a guard that asks for a state": (
        ("[*] --> P\nstate P {\n [*] --> a\n a --> a2 : x [In('b')]\n --\n [*] --> b\n"
         " b --> b2 : y\n}"),
        "a+b x a2+b; a+b y a+b2; a2+b y a2+b2",
    ),
    "the first child": ("[*] --> C\nstate C {\n a --> b : x\n b --> c : y\n}", "a x b; b y c"),
}  # fmt: skip


def cells(machine: Machine) -> set[str]:
    final = {state.name: "*" if state.final else "" for state in machine.states}
    return {
        f"{t.source}{final[t.source]} {t.event} {t.target}{final[t.target]}"
        for t in machine.transitions
    }


def check(machine: Machine, expected: str) -> None:
    """Compare the cells; the first one is of the initial state."""
    assert cells(machine) == set(expected.split("; "))
    assert machine.initial == expected.split()[0].rstrip("*")


@pytest.mark.parametrize("language", READERS)
@pytest.mark.parametrize("case", READ)
def test_nested(case: str, language: str) -> None:
    text, expected = READ[case]
    check(READERS[language](text), expected)


PLANTUML_ONLY = {
    "entry and exit points": (
        ("[*] --> a\na --> in1 : go\nstate C {\n state in1 <<entryPoint>>\n in1 --> b\n"
        " [*] --> c\n b --> c : x\n c --> out1 <<exitPoint>> : leave\n}\nout1 --> d"),
        "a go b; b x c; c leave d",
    ),
    "start and end by stereotype": (
        "state s <<start>>\nstate e <<end>>\ns --> a\na --> b : x\nb --> e : y", "a x b; b y end*",
    ),
    "an end with a name": (
        '[*] --> a\na --> e : y\nstate "Over" as e <<end>>', "a y e*",
    ),
    "history by stereotype": (
        ('state C {\n state "H" as h <<history>>\n [*] --> a\n a --> b : x\n}\n[*] --> C\n'
        "C --> out : off\nout --> h : on"),
        "a x b; a off out@a; b off out@b; out@a on a; out@b on b",
    ),
    "regions side by side": (
        "[*] --> P\nstate P {\n [*] --> a\n ||\n [*] --> b\n}\nP --> P : x", "a+b x a+b",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PLANTUML_ONLY)
def test_plantuml(case: str) -> None:
    text, expected = PLANTUML_ONLY[case]
    check(plantuml(text), expected)


def test_history_by_the_class_of_a_state_of_mermaid() -> None:
    text = "[*] --> C\nstate C {\n state h\n class h history\n [*] --> a\n a --> b : x\n}\n"
    check(mermaid(f"{text}C --> out : off\nout --> h : on"),
          "a x b; a off out@a; b off out@b; out@a on a; out@b on b")  # fmt: skip


SCOPES = [
    ("mermaid", "a --> b : x\n", "b --> c : y", "b inside"),
    ("plantuml", "a --> b : x\n", "b --> c : y", "b outside"),
    ("plantuml", "a --> b : x\n", "[*] --> b\nb --> c : y", "b inside"),
    ("plantuml", "a --> b : x\n", "state b\nb --> c : y", "b inside"),
    ("mermaid", "[*] --> a\n", "[*] --> c\nc --> a : x", "a outside"),
]


@pytest.mark.parametrize(("language", "before", "inside", "expected"), SCOPES)
def test_where_a_state_is(language: str, before: str, inside: str, expected: str) -> None:
    text = f"{before}state C {{\n{inside}\n}}\nC --> out : leave"
    machine = READERS[language](text)
    name, place = expected.split()
    left = {t.source for t in machine.transitions if t.event == "leave"}
    known = {state.name for state in machine.states}
    assert name in known
    assert (name in left) == (place == "inside")


def test_what_is_not_read_is_counted_and_what_is_assumed_is_said() -> None:
    text = "note right of a : x\nnote left of a\n b --> c\nend note\n[*] --> C\nC --> C : x / beep"
    machine = mermaid(f"{text}\nstate C {{\n a --> b : y\n b --> d : z\n}}")
    assert machine.ignored == ("not read: 1 action, 2 notes",)
    assert machine.assumed == ("'a' is initial in 'C': no arrow leads there",)
    assert mermaid("note right of a : x\na --> b : go").ignored == ("not read: 1 note",)
    assert mermaid("b --> c : x\na --> b : y").assumed == ("'a' is initial: no arrow leads there",)
    timed = mermaid("[*] --> a\na --> b : after(5s)\nb --> a : ⏱ after 5s")
    assert [text.partition(" is an event")[0] for text in timed.assumed] == ["'after(5s)'"]


REFUSED = [
    ("state C {\n [*] --> a\n [*] --> b\n}", "4: 'b' is initial in 'C', and so is 'a' (line 3)"),
    ("[*] --> C\nstate C {\n a --> c : x\n b --> c : x\n}", "5: which state is initial in 'C'"),
    ("state A {\n [*] --> x\n}\nstate B {\n [*] --> x\n}", "6: 'x' is in 'B', and in 'A' (line 3)"),
    ("state A {\n x\n --\n x\n}", "5: 'x' is in 'A', and in 'A' (line 3)"),
    ("state A {\n b\n}\nstate A {\n c\n}", "5: 'A' has states inside a second time (line 2)"),
    ("--", "2: '--' parts the regions of a state"),
    ("".join(f"state A{n} {{\n" for n in range(51)), "52: more than 50 states in each other"),
    ("state c <<choice>>\n[*] --> a\na --> c : x", "2: no arrow leaves the choice 'c'"),
    ("state c <<choice>>\nstate d <<choice>>\n[*] --> a\na --> c : x\nc --> d\nd --> c",
     "7: arrows go round from 'c' without a state"),
    ("state b {\nstate c <<choice>>\n[*] --> c\nc --> a : [g]\nc --> d : [else]\n}\n[*] --> b",
     "4: what is initial in 'b' depends on a condition"),
    ("state c <<choice>>\n[*] --> a\na --> c : x [g]\na --> b : x\nc --> d : [h]",
     "5: the choice on the way of 'x' from 'a' (line 4) may have no way on"),
    ("state j <<join>>\n[*] --> a\na --> j : x\nb --> j : y\nj --> c",
     "2: the join 'j' waits for 'a.j', 'b.j', which are not in regions of one"),
    (BRANCHES + "\nlaw --> draft : back", "13: the arrow from 'law' to 'draft' leads back to the"),
    (BRANCHES + "\ndraft --> law : x", "13: the arrow from 'draft' to 'law' enters the branches"),
    ("[*] --> C\nstate C {\n [*] --> a\n a --> b : x\n a --> c : x\n}",
     "6: 'x' leads from 'a' to 'c', on line 5 to 'b'"),
    ("[*] --> C\nstate C {\n a --> b : x [In('q')]\n}", "4: the guard \"In('q')\" asks for 'q'"),
    ("a --> b[H] : x", "2: the history b[H] of a state that has no states inside"),
    ("[*] --> a\na --> [H]", "3: [H] outside of a state"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[r[1] for r in REFUSED])
def test_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(MachineError) as caught:
        mermaid(text)
    assert str(caught.value).startswith(f"m.mmd:{message}")
    assert "\n" not in str(caught.value)

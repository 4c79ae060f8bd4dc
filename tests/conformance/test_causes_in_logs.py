"""Causes group the edits of a least repair; a remedy does to the log what it says."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fsm
from fsm.conformance.alignment import Edit
from fsm.conformance.cause_sentences import CauseSentences
from fsm.conformance.causes import Cause, causes_of
from fsm.conformance.least_repair import CountedEdit
from fsm.conformance.remedies import REMEDIES, causes_with_remedies
from fsm.conformance.repair_model import model_repairs
from fsm.drawing.model import Look
from fsm.drawing.overlay import Tone
from fsm.drawing.pictures import picture_of
from fsm.drawing.repair_marking import repair_overlay
from fsm.machine import Machine, Origin, State, Transition
from tests.conformance.orders import as_log
from tests.conformance.repairs import EVENTS, coded, machines, searched_cost
from tests.conformance.test_least_repair import ALPHABET, repaired
from tests.depth import samples

TRACES = st.lists(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=6), min_size=1, max_size=9)
ROWS = {"pack": Origin("row 1", "", "page.md", 7), "ship": Origin("row 2", "", "page.md", 8)}
PARCEL = Machine(
    "parcel",
    "Parcel",
    tuple(
        State(name, None, name, (name,), final=name == "received")
        for name in ("new", "packed", "moving", "received")
    ),
    ("pack", "ship", "receive"),
    tuple(
        Transition(source, event, target, event, origin=ROWS.get(event))
        for source, event, target in (
            ("new", "pack", "packed"),
            ("packed", "ship", "moving"),
            ("moving", "receive", "received"),
        )
    ),
    "new",
    unit="parcel",
)


@settings(max_examples=samples(300, 20))
@given(machines(), TRACES, st.sampled_from(["any", "final"]))
def test_they_divide_the_edits(machine: Machine, traces: list[list[str]], may_end: str) -> None:
    repair = repaired(machine, traces, may_end)
    found = causes_of(repair)
    assert sum(cause.count for cause in found) == repair.cost
    assert sum(cause.count for cause in found if cause.is_missing) == repair.missing
    assert sum(cause.share for cause in found) == pytest.approx(min(repair.cost, 1))
    counts = [cause.count for cause in found]
    assert counts == sorted(counts, reverse=True)


@settings(max_examples=samples(200, 15))
@given(machines(), TRACES, st.sampled_from(["any", "final"]))
def test_a_remedy_does_what_it_says(
    machine: Machine, traces: list[list[str]], may_end: str
) -> None:
    remodel = partial(model_repairs, alphabet=ALPHABET, may_end=may_end, outside="beside")
    repair, parts = repaired(machine, traces, may_end), [coded(ALPHABET, traces)]
    causes = causes_with_remedies(repair, remodel(machine), parts, remodel, None)
    before = [searched_cost(machine, trace, may_end) or 0 for trace in traces]
    for cause in causes[:REMEDIES]:
        assert cause.is_remedy_known
        if (remedy := cause.remedy) is None:
            continue
        states, transitions = machine.states, machine.transitions
        if remedy.event:
            new = Transition(remedy.state, remedy.event, remedy.target, remedy.event)
            transitions = (*transitions, new)
        else:
            states = tuple(replace(s, final=s.final or s.name == remedy.state) for s in states)
        changed = replace(machine, states=states, transitions=transitions)
        after = [searched_cost(changed, trace, may_end) or 0 for trace in traces]
        assert remedy.is_whole
        assert remedy.saved == sum(before) - sum(after) > 0
        assert remedy.mended == after.count(0) - before.count(0)


def described(traces: list[list[str]], may_end: str = "any", **changed: object) -> list[list[str]]:
    """Return what is said about each cause."""
    result = fsm.conform(as_log(traces), replace(PARCEL, **changed), may_end=may_end)
    words = CauseSentences(result.unit, repr)
    return [[words.fault(cause), words.remedy(cause)] for cause in result.causes]


WITHOUT_ROWS = tuple(replace(t, origin=None) for t in PARCEL.transitions)


@pytest.mark.parametrize(
    ("traces", "may_end", "transitions", "expected"),
    [
        pytest.param(
            [["pack", "receive"], ["pack", "ship"], ["pack", "receive"]],
            "any",
            PARCEL.transitions,
            [
                (
                    "'ship' is missing in 'packed' before 'receive': in 2 parcels (100.0 % of all "
                    "repairs)"
                ),
                (
                    "a transition from 'packed' to 'received' on 'receive' would mend 2 parcels "
                    "and save 2 repairs, and contradicts row 2 of page.md:8"
                ),
            ],
            id="a missing event, and the row that wants it",
        ),
        pytest.param(
            [["pack", "ship", "ship", "ship"]],
            "any",
            PARCEL.transitions,
            [
                "'ship' is extra in 'moving': 2 times in 1 parcel (100.0 % of all repairs)",
                (
                    "accepting 'ship' in 'moving', without leaving it, would mend 1 parcel and "
                    "save 2 repairs, and contradicts no documented row"
                ),
            ],
            id="an extra event, about which no row says anything",
        ),
        pytest.param(
            [["pack", "ship"]],
            "final",
            WITHOUT_ROWS,
            [
                "'receive' is missing in 'moving' at the end: in 1 parcel (100.0 % of all repairs)",
                "letting parcels end in 'moving' would mend 1 parcel and save 1 repair",
            ],
            id="one that is missing at the end; no rows are known",
        ),
        pytest.param(
            [["pack", "receive", "ship"]],
            "any",
            WITHOUT_ROWS,
            [
                "'receive' is extra in 'packed': in 1 parcel (100.0 % of all repairs)",
                (
                    "accepting 'receive' in 'packed', without leaving it, would mend 1 parcel and "
                    "save 1 repair"
                ),
            ],
            id="one edit where two would do as well",
        ),
    ],
)
def test_a_cause_in_words(
    traces: list[list[str]],
    may_end: str,
    transitions: tuple[Transition, ...],
    expected: list[str],
) -> None:
    assert described(traces, may_end, transitions=transitions)[0] == expected


def test_the_places_of_examples(tmp_path: Path) -> None:
    logs = [tmp_path / "a.csv", tmp_path / "b.csv"]
    as_log([["pack"], ["pack", "receive"]]).write_csv(logs[0])
    rows = as_log([[], [], ["pack", "ship", "ship"]])
    rows.write_csv(logs[1])
    found = fsm.conform(logs, PARCEL).causes
    places = {cause.edit.kind: cause.places for cause in found}
    assert places == {"missing": (f"{logs[0]}:4",), "extra": (f"{logs[1]}:4",)}


def test_a_report_says_what_does_not_fit(tmp_path: Path) -> None:
    log = tmp_path / "parcels.csv"
    as_log([["pack", "receive"], ["pack", "ship"]]).write_csv(log)
    page = fsm.report(fsm.replay(log, PARCEL), conformance=True)
    section = page.partition("What does not fit")[2].partition("</section>")[0]
    assert "1 of 2 parcels do not fit" in section
    assert "parcels.csv:3" in section
    assert "A transition from “packed” to “received” on “receive” would mend 1 parcel" in section
    assert "⊕ ship 1" in section
    assert str(tmp_path) not in page


def test_they_are_drawn() -> None:
    result = fsm.conform(as_log([["pack", "receive"], ["pack", "ship", "ship", "pack"]]), PARCEL)
    drawn, overlay = repair_overlay(result.machine, result.causes, "log.csv", "parcels")
    picture = picture_of(drawn, Look(overlay=overlay))
    marked = {arrow.labels: arrow.tone for arrow in picture.arrows if arrow.weight}
    assert marked == {
        ("⊕ ship 1",): Tone.MISSING,
        ("⊖ pack 1", "⊖ ship 1"): Tone.EXTRA,
    }
    assert picture.legend[1] == "⊕ missing (1), dotted; ⊖ extra (2), loops"


def test_a_loop_of_the_state_does_not_hide_what_is_extra() -> None:
    loop = Transition("moving", "ship", "moving", "ship")
    machine = replace(PARCEL, transitions=(*PARCEL.transitions, loop))
    result = fsm.conform(as_log([["pack", "ship", "ship", "pack"]]), machine)
    drawn, overlay = repair_overlay(machine, result.causes, "log.csv", "parcels")
    (loops,) = [a for a in picture_of(drawn, Look(overlay=overlay)).arrows if a.weight]
    assert (loops.labels, loops.tone) == (("ship", "⊖ pack 1"), Tone.EXTRA)


def test_many_extra_events_of_a_state_are_one_line() -> None:
    edits = [Edit("moving", "extra", f"e{n}", f"e{n}") for n in range(8)]
    causes = [Cause(CountedEdit(e, 10 - n, 1, 1, ()), 0.1) for n, e in enumerate(edits)]
    _, overlay = repair_overlay(PARCEL, causes, "log.csv", "parcels")
    assert [(t.event, mark.weight) for t, mark in overlay.marks.items()][-2:] == [
        ("e4", 6),
        ("3 other events", 12),
    ]

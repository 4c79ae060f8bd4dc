"""Declared transitions that never fire, or not everywhere, are compiled exactly and listed."""

# python-statemachine is typed only in part.
# mypy: disable-error-code="no-untyped-call,operator,type-arg"

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from command import Fsm
from statemachine import State, StateChart, StateMachine

from fsm.analysis import analyse
from fsm.compile import compile_chart
from fsm.formats.json_document import parse_document, to_json
from fsm.formats.scxml import parse_scxml, to_scxml
from fsm.text import first_names


class CompleteRegions(StateChart):
    sea = State(initial=True)

    class berth(State.Parallel):
        class hull(State.Compound):
            dirty, clean = State(initial=True), State(final=True)
            wash = dirty.to(clean)

        class hold(State.Compound):
            full, empty = State(initial=True), State(final=True)
            unload = full.to(empty)

    enter = sea.to(berth)
    leave = berth.to(sea)
    hurry = berth.to(sea, cond="In('clean') and In('empty')")
    tidy = berth.to(sea, cond="In('clean') and In('full')")


class CompleteRegionsThatMoveOn(StateChart):
    class berth(State.Parallel):
        class hull(State.Compound):
            dirty, clean = State(initial=True), State(final=True)
            wash = dirty.to(clean)

        class hold(State.Compound):
            full, empty = State(initial=True), State(final=True)
            unload = full.to(empty)

    sea = State(final=True)
    leave = berth.to(sea)
    done_state_berth = berth.to(sea)


class UnreachableSource(StateMachine):
    validate_disconnected_states = False
    validate_final_reachability = False
    here, there, lost = State(initial=True), State(), State()
    go = here.to(there) | there.to(here)
    find = lost.to(here)


class InnerOneComesFirst(StateChart):
    class day(State.Compound):
        early, late = State(initial=True), State()
        bell = early.to(late) | late.to(early)

    night = State(final=True)
    stop = day.to(night)
    day.to(night, event="bell")


class NothingIgnored(StateMachine):
    off, on, broken = State(initial=True), State(), State(final=True)
    switch = off.to(on) | on.to(off)
    fall = on.to(broken)


ENDED = "in clean+empty, where all regions are complete: the machine has ended"
IGNORED: dict[type[StateChart], list[str]] = {
    CompleteRegions: [
        f"berth --leave--> sea is ignored {ENDED}",
        f"berth --hurry [In('clean') and In('empty')]--> sea never fires: it is ignored {ENDED}",
    ],
    CompleteRegionsThatMoveOn: [],
    UnreachableSource: ["lost --find--> here never fires: no trace reaches its source"],
    InnerOneComesFirst: [
        "day --bell--> night never fires: others come first, or no guard allows it"
    ],
    NothingIgnored: [],
}
CHARTS = pytest.mark.parametrize(
    ("chart", "ignored"), IGNORED.items(), ids=[chart.__name__ for chart in IGNORED]
)


@CHARTS
def test_what_never_fires_isfirst_names(chart: type[StateChart], ignored: list[str]) -> None:
    machine = compile_chart(chart)
    assert list(machine.ignored) == ignored
    assert analyse(machine).as_dict()["ignored"] == ignored


@CHARTS
def test_formats_keep_it(chart: type[StateChart], ignored: list[str]) -> None:
    machine = compile_chart(chart)
    assert parse_document(to_json(machine)) == machine
    assert parse_scxml(to_scxml(machine).encode()) == machine


def test_the_library_ignores_it_without_a_word() -> None:
    chart = CompleteRegions()
    for event in ("enter", "wash", "unload", "leave"):
        chart.send(event)
    assert "sea" not in chart.configuration_values


def test_the_command_line_lists_it(tmp_path: Path, fsm: Fsm) -> None:
    machine = compile_chart(CompleteRegions, "harbour")
    path = tmp_path / "harbour.json"
    path.write_text(to_json(replace(machine, name="elsewhere")))
    shown = fsm("show", path)
    assert "berth --leave--> sea is ignored in clean+empty" in shown.err
    analysed = fsm("analyse", path)
    assert "ignored transitions: berth --leave--> sea is ignored in" in analysed.out
    assert "no python-statemachine class to check elsewhere against" in analysed.err
    as_json = json.loads(fsm("analyse", path, "--json").out)
    assert as_json["ignored"] == list(machine.ignored)
    assert as_json["crosscheck"] == {"cells": 0, "agree": 0, "machines": {"elsewhere": None}}


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "s0"),
        (4, "s0, s1, s2, s3"),
        (5, "s0, s1, s2, s3, s4"),
        (6, "s0, s1, s2, s3 and 2 more"),
        (9, "s0, s1, s2, s3 and 5 more"),
    ],
)
def test_never_one_more_alone(count: int, text: str) -> None:
    assert first_names([f"s{n}" for n in range(count)]) == text

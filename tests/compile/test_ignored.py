"""Transitions that are declared and never fire, or not everywhere: compiled exactly, and told."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from command import Fsm
from statemachine import State, StateChart, StateMachine

from fsm.analysis import facts
from fsm.compile import compile_chart
from fsm.compile.configurations import _some
from fsm.formats.document import parse, to_json
from fsm.formats.scxml import parse as parse_scxml
from fsm.formats.scxml import to_scxml


def complete_regions():
    class Harbour(StateChart):
        sea = State(initial=True)

        class berth(State.Parallel):
            class hull(State.Compound):
                dirty = State(initial=True)
                clean = State(final=True)
                wash = dirty.to(clean)

            class hold(State.Compound):
                full = State(initial=True)
                empty = State(final=True)
                unload = full.to(empty)

        enter = sea.to(berth)
        leave = berth.to(sea)
        hurry = berth.to(sea, cond="In('clean') and In('empty')")
        tidy = berth.to(sea, cond="In('clean') and In('full')")

    return Harbour


def complete_regions_that_move_on():
    class Harbour(StateChart):
        class berth(State.Parallel):
            class hull(State.Compound):
                dirty = State(initial=True)
                clean = State(final=True)
                wash = dirty.to(clean)

            class hold(State.Compound):
                full = State(initial=True)
                empty = State(final=True)
                unload = full.to(empty)

        sea = State(final=True)
        leave = berth.to(sea)
        done_state_berth = berth.to(sea)

    return Harbour


def unreachable_source():
    class Trip(StateMachine):
        validate_disconnected_states = False
        validate_final_reachability = False
        here = State(initial=True)
        there = State()
        lost = State()
        go = here.to(there) | there.to(here)
        find = lost.to(here)

    return Trip


def inner_one_comes_first():
    class Shift(StateChart):
        class day(State.Compound):
            early = State(initial=True)
            late = State()
            bell = early.to(late) | late.to(early)

        night = State(final=True)
        stop = day.to(night)
        day.to(night, event="bell")

    return Shift


def nothing_ignored():
    class Lamp(StateMachine):
        off = State(initial=True)
        on = State()
        broken = State(final=True)
        switch = off.to(on) | on.to(off)
        fall = on.to(broken)

    return Lamp


ENDED = "in clean+empty, where all regions are complete: the machine has ended"
TOLD = {
    complete_regions: [
        f"berth --leave--> sea is ignored {ENDED}",
        f"berth --hurry [In('clean') and In('empty')]--> sea never fires: it is ignored {ENDED}",
    ],
    complete_regions_that_move_on: [],
    unreachable_source: ["lost --find--> here never fires: no trace reaches its source"],
    inner_one_comes_first: [
        "day --bell--> night never fires: others come first, or no guard allows it"
    ],
    nothing_ignored: [],
}
CHARTS = pytest.mark.parametrize(
    ("declare", "told"), TOLD.items(), ids=[declare.__name__ for declare in TOLD]
)


@CHARTS
def test_what_never_fires_is_told(declare, told):
    machine = compile_chart(declare())
    assert list(machine.ignored) == told
    assert facts(machine).as_dict()["ignored"] == told


@CHARTS
def test_formats_keep_it(declare, told):
    machine = compile_chart(declare())
    assert parse(to_json(machine)) == machine
    assert parse_scxml(to_scxml(machine).encode()) == machine


def test_the_library_ignores_it_without_a_word():
    chart = complete_regions()()
    for event in ("enter", "wash", "unload", "leave"):
        chart.send(event)
    assert "sea" not in chart.configuration_values


def test_the_command_line_tells_it(tmp_path, fsm: Fsm):
    machine = compile_chart(complete_regions(), "harbour")
    path = tmp_path / "harbour.json"
    path.write_text(to_json(replace(machine, name="elsewhere")))
    shown = fsm("show", path)
    assert "berth --leave--> sea is ignored in clean+empty" in shown.err
    told = fsm("analyse", path)
    assert "ignored transitions: berth --leave--> sea is ignored in" in told.out
    assert "no python-statemachine class to check elsewhere against" in told.err
    as_json = json.loads(fsm("analyse", path, "--json").out)
    assert as_json["ignored"] == list(machine.ignored)
    assert as_json["crosscheck"] == {"cells": 0, "agree": 0, "machines": {"elsewhere": None}}


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "s0"),
        (4, "s0, s1, s2, s3"),
        (5, "s0, s1, s2, s3, s4"),
        (6, "s0, s1, s2, s3 and 2 more"),
        (9, "s0, s1, s2, s3 and 5 more"),
    ],
)
def test_never_one_more_alone(count: int, said: str) -> None:
    assert _some([f"s{n}" for n in range(count)]) == said

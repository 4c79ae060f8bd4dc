"""Each rule of the statechart algorithm on one small chart, against the library, on every word."""

from __future__ import annotations

from itertools import product

import pytest
from statemachine import State, StateChart, StateMachine

from fsm.compile import compile_chart
from fsm.compile.oracle import Oracle
from tests.depth import DEEP

BASES = pytest.mark.parametrize("base", [StateChart, StateMachine])


def inner_transitions_come_first(base):
    class Chart(base):
        class outer(State.Compound):
            class middle(State.Compound):
                x, y = State(initial=True), State()
                go = x.to(y) | y.to(x, cond="p")

            z = State()
            go = middle.to(z)

        out = State()
        go = outer.to(out)
        back = out.to(outer)
        p = False

    return Chart


def a_region_that_targets_another_restarts_both(base):
    class Chart(base):
        class both(State.Parallel):
            class one(State.Compound):
                x, x2 = State(initial=True), State()
                step = x.to(x2)

            class two(State.Compound):
                y, y2, y3 = State(initial=True), State(), State()
                walk = y.to(y2) | y2.to(y3)

        go = both.one.x2.to(both.two.y2)
        back = both.two.y3.to(both.two.y)

    return Chart


def a_region_that_targets_itself_restarts_the_others(base):
    class Chart(base):
        class both(State.Parallel):
            class one(State.Compound):
                x, x2 = State(initial=True), State()
                step = x.to(x2) | x2.to(x)

            class two(State.Compound):
                y, y2 = State(initial=True), State()
                walk = y.to(y2) | y2.to(y)

        go = both.one.to(both.one.x2)

    return Chart


def an_internal_transition_keeps_the_other_regions(_base):
    class Chart(StateChart):
        class both(State.Parallel):
            class one(State.Compound):
                x, x2 = State(initial=True), State()
                step = x.to(x2) | x2.to(x)

            class two(State.Compound):
                y, y2 = State(initial=True), State()
                walk = y.to(y2) | y2.to(y)

        go = both.one.to(both.one.x2, internal=True)

    return Chart


def regions_move_together(base):
    class Chart(base):
        p = q = False

        class both(State.Parallel):
            class one(State.Compound):
                x, x2 = State(initial=True), State()
                go = x.to(x2, cond="p or q") | x2.to(x, cond="p and not q")

            class two(State.Compound):
                y, y2 = State(initial=True), State()
                go = y.to(y2, unless="p") | y2.to(y)

    return Chart


def an_outer_transition_loses_only_to_one_that_conflicts(base):
    class Chart(base):
        class both(State.Parallel):
            class one(State.Compound):
                x, x2 = State(initial=True), State()
                go = x.to(x2)

            class two(State.Compound):
                y = State(initial=True)
                stay = y.to(None)

        out = State()
        both.to(out, event="go stay")
        back = out.to(both)

    return Chart


def one_target_in_each_region(base):
    class Chart(base):
        a = State(initial=True)

        class both(State.Parallel):
            class one(State.Compound):
                x, x2 = State(initial=True), State()
                step = x.to(x2)
                back = x2.to(x)

            class two(State.Compound):
                y, y2 = State(initial=True), State()
                step = y.to(y2)
                back = y2.to(y)

        go = a.to([both.one.x2, both.two.y2])
        half = a.to(both.one.x2)
        leave = both.to(a)

    return Chart


def a_complete_compound_moves_on(base):
    class Chart(base):
        class one(State.Compound):
            x, end = State(initial=True), State(final=True)
            go = x.to(end)

        b, c = State(), State()
        done_state_one = one.to(b, cond="p") | one.to(c)
        again = b.to(one) | c.to(one)
        p = False

    return Chart


def a_parallel_is_complete_with_all_its_regions(base):
    class Chart(base):
        a = State(initial=True)

        class both(State.Parallel):
            class one(State.Compound):
                x, x_end = State(initial=True), State(final=True)
                left = x.to(x_end)

            class two(State.Compound):
                y, y_end = State(initial=True), State(final=True)
                right = y.to(y_end)

        b = State()
        enter = a.to(both)
        done_state_both = both.to(b)
        again = b.to(both)

    return Chart


def a_complete_top_level_parallel_ends_the_machine(base):
    class Chart(base):
        a = State(initial=True)

        class both(State.Parallel):
            class one(State.Compound):
                x, x_end = State(initial=True), State(final=True)
                left = x.to(x_end)

            class two(State.Compound):
                y, y_end = State(initial=True), State(final=True)
                right = y.to(y_end)

        enter = a.to(both)
        leave = both.to(a)

    return Chart


def a_region_that_is_parallel_completes_in_the_same_step(base):
    class Chart(base):
        a = State(initial=True)

        class outer(State.Compound):
            class both(State.Parallel):
                class one(State.Compound):
                    x, x_end = State(initial=True), State(final=True)
                    go = x.to(x_end)

                class two(State.Parallel):
                    class deep(State.Compound):
                        y, y_end = State(initial=True), State(final=True)
                        go = y.to(y_end)

            b = State()
            done_state_both = both.to(b)

        enter = a.to(outer)
        leave = outer.to(a)

    return Chart


def eventless_transitions_follow(base):
    class Chart(base):
        class both(State.Parallel):
            class one(State.Compound):
                x, x2, x3 = State(initial=True), State(), State()
                x.to(x2, cond="In('y2')")
                x2.to(x3, cond="In('y2') and not In('x')")
                reset = x3.to(x)

            class two(State.Compound):
                y, y2 = State(initial=True), State()
                go = y.to(y2)
                back = y2.to(y)

    return Chart


def a_top_level_final_state_ends_the_machine(base):
    class Chart(base):
        a, b, end = State(initial=True), State(), State(final=True)
        go = a.to(b) | b.to(end)
        stay = a.to(None) | b.to.itself()

    return Chart


CHARTS = [
    inner_transitions_come_first,
    a_region_that_targets_another_restarts_both,
    a_region_that_targets_itself_restarts_the_others,
    an_internal_transition_keeps_the_other_regions,
    regions_move_together,
    an_outer_transition_loses_only_to_one_that_conflicts,
    one_target_in_each_region,
    a_complete_compound_moves_on,
    a_parallel_is_complete_with_all_its_regions,
    a_complete_top_level_parallel_ends_the_machine,
    a_region_that_is_parallel_completes_in_the_same_step,
    eventless_transitions_follow,
    a_top_level_final_state_ends_the_machine,
]


@BASES
@pytest.mark.parametrize("declare", CHARTS, ids=lambda chart: chart.__name__)
def test_the_table_agrees_with_the_library_on_every_short_word(declare, base):
    chart_class = declare(base)
    machine = compile_chart(chart_class)
    oracle = Oracle(chart_class, machine)
    length = 4 if len(machine.events) < 6 else 3
    words = product(machine.events, repeat=length if DEEP else length - 1)
    assert [text for text in map(oracle.disagreement, words) if text] == []


def a_guard_is_asked_before_the_event(base):
    class Early(base):
        allow_event_without_transition = True
        i = State(initial=True)
        a = State()
        b = State()
        go = i.to(a)
        a.to(b, cond="p or q")
        back = b.to(i, cond="p")
        p = q = False

    return Early


def a_guard_before_the_event_does_not_matter(base):
    class Around(base):
        allow_event_without_transition = True

        class c(State.Compound):
            a = State(initial=True)
            b = State()
            a.to(b, cond="p")

        d = State()
        back = c.to(d)
        again = d.to(c)
        p = False

    return Around


@pytest.mark.parametrize(
    ("declare", "labels"),
    [
        (a_guard_is_asked_before_the_event, {"back [(p or q) and p]", "back [p or q]"}),
        (a_guard_before_the_event_does_not_matter, {"back"}),
    ],
    ids=lambda row: getattr(row, "__name__", ""),
)
def test_the_label_has_the_guards_without_which_the_event_does_nothing(declare, labels):
    machine = compile_chart(declare(StateChart))
    told = {t.label for t in machine.transitions if t.source == "a" and t.trigger == "back"}
    assert told == labels


# chart | word | where it ends in a StateChart | in a StateMachine; None: the last event is rejected
ENDS = [
    (a_region_that_targets_another_restarts_both, "step walk go", "x+y2", "x+y2"),
    (a_region_that_targets_itself_restarts_the_others, "walk go", "x2+y", "x2+y"),
    (an_internal_transition_keeps_the_other_regions, "walk go", "x2+y2", "x2+y2"),
    (a_parallel_is_complete_with_all_its_regions, "enter left right", "b", "b"),
    (a_complete_top_level_parallel_ends_the_machine, "enter left right leave", None, None),
    (a_region_that_is_parallel_completes_in_the_same_step, "enter go", "x_end+y_end", "b"),
    (eventless_transitions_follow, "go", "x3+y2", "x3+y2"),
    (a_top_level_final_state_ends_the_machine, "go go stay", None, None),
]


@pytest.mark.parametrize(
    ("declare", "word", "chart", "machine"), ENDS, ids=[row[0].__name__ for row in ENDS]
)
def test_where_a_word_ends(declare, word, chart, machine):
    for base, expected in ((StateChart, chart), (StateMachine, machine)):
        compiled = compile_chart(declare(base))
        *before, last = word.split()
        state = compiled.initial
        for event in before:
            state = compiled.step(state, event).target
        step = compiled.step(state, last)
        assert (step.target if step else None) == expected

"""What cannot be compiled exactly is refused by name, though python-statemachine accepts it.

Each function declares one small chart called ``Trap``; the table says which names the refusal
must hold. The declaration itself, and running it, must not fail: else there is no trap.
"""

from __future__ import annotations

import sys
from functools import partial, wraps

import pytest
from statemachine import Event, HistoryState, State, StateChart, StateMachine
from statemachine.exceptions import TransitionNotAllowed

from fsm.compile import compile_chart
from fsm.compile.crosscheck import cross_check
from fsm.errors import MachineError
from fsm.machine import Deadline

_KEPT: list[type] = []
"""A class that nobody holds is no subclass any more."""


def duplicate():
    class Trap(StateMachine):
        a = State(initial=True)
        b = State()
        c = State()
        go = a.to(b) | a.to(c)
        back = b.to(a) | c.to(a)

    return Trap


def shadowed():
    class Trap(StateMachine):
        ready = True
        a = State(initial=True)
        b = State()
        c = State()
        go = a.to(b) | a.to(c, cond="ready")
        back = b.to(a) | c.to(a)

    return Trap


def shadowed_eventless():
    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        c = State()
        a.to(b)
        a.to(c)
        go = b.to(a) | c.to(a)

    return Trap


def from_any():
    class Trap(StateMachine):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        stop = a.from_.any()
        late = State()
        enter_late = b.to(late)
        leave_late = late.to(a)

    return Trap


def base_and_subclass():
    class Trap(StateMachine):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

    class Sub(Trap):
        stop = Trap.a.to.itself()

    return Trap, Sub


def base_changed_by_subclass():
    return base_and_subclass()[0]


def subclass():
    return base_and_subclass()[1]


def subclass_on_the_same_event():
    class Trap(StateMachine):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

    class Sub(Trap):
        go = Trap.b.to.itself()

    return Trap


def changed_by_the_subclass_of_a_subclass():
    class Trap(StateMachine):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

    class Quiet(Trap):
        pass

    class Loud(Quiet):
        stop = Trap.a.to.itself()

    _KEPT.append(Loud)
    return Trap


def subclass_of_a_subclass():
    class Trap(StateMachine):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

    class Quiet(Trap):
        pass

    class Loud(Quiet):
        pass

    return Loud


def equal_values():
    class Trap(StateMachine):
        validate_disconnected_states = False
        a = State(initial=True, value=1)
        b = State(value=1)
        go = a.to(b) | b.to(a)

    return Trap


def equal_child_ids():
    class Trap(StateChart):
        class one(State.Compound):
            x = State(initial=True)

        class two(State.Compound):
            x = State(initial=True)

        go = one.to(two) | two.to(one)

    return Trap


def nested_trap_state():
    class Trap(StateChart):
        class one(State.Compound):
            x = State(initial=True)
            stuck = State()
            fall = x.to(stuck)

        class two(State.Compound):
            y = State(initial=True)

        go = one.x.to(two) | two.to(one)

    return Trap


def nested_final_with_exits():
    class Trap(StateChart):
        class one(State.Compound):
            x = State(initial=True)
            end = State(final=True)
            go = x.to(end)
            back = end.to(x)

        leave = one.to.itself()

    return Trap


def final_with_children():
    class Trap(StateChart):
        class one(State.Compound):
            a = State(initial=True)

            class end(State.Compound, final=True):
                x = State(initial=True)

            go = a.to(end)

        back = one.to.itself()

    return Trap


def target_named_like_an_event():
    class Trap(StateMachine):
        a = State(initial=True)
        stop = State()
        go = a.to(stop)
        stop = a.to.itself()  # noqa: PIE794

    return Trap


def source_named_like_an_event():
    class Trap(StateMachine):
        a = State(initial=True)
        stop = State()
        go = stop.to(a)
        stop = a.to.itself()  # noqa: PIE794

    return Trap


def state_and_event_by_parameter():
    class Trap(StateChart):
        a = State(initial=True)
        go = State()
        a.to(go, event="go")
        back = go.to(a)

    return Trap


def history():
    class Trap(StateChart):
        class one(State.Compound):
            x = State(initial=True)
            y = State()
            last = HistoryState()
            go = x.to(y) | y.to(x)

        out = State()
        leave = one.to(out)
        back = out.to(one.last)

    return Trap


def guarded_eventless():
    class Trap(StateChart):
        ready = False
        a = State(initial=True)
        b = State()
        a.to(b, cond="ready")
        go = b.to(a) | a.to.itself()

    return Trap


def eventless_cycle():
    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        c = State()
        go = a.to(b)
        b.to(c)
        c.to(b)

    return Trap


def eventless_cycle_with_endless_done_events():
    class Trap(StateChart):
        a = State(initial=True)

        class one(State.Compound):
            x = State(initial=True)
            end = State(final=True)
            x.to(end)

        go = a.to(one)
        one.to(one, cond="In('end')")
        done_state_one = one.to(a)

    return Trap


def validator():
    class Trap(StateMachine):
        a = State(initial=True)
        b = State()
        go = a.to(b, validators="check")
        back = b.to(a)

        def check(self):
            raise ValueError

    return Trap


def lambda_guard():
    class Trap(StateMachine):
        a = State(initial=True)
        b = State()
        go = a.to(b, cond=lambda: True)
        back = b.to(a)

    return Trap


def guard_named_like_an_event():
    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        go = a.to(b, cond="back")
        back = b.to(a)

    return Trap


def event_in_a_comparison():
    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        go = a.to(b, cond="back == 1")
        back = b.to(a)

    return Trap


def guard_named_like_a_nested_state():
    class Trap(StateChart):
        a = State(initial=True)

        class one(State.Compound):
            x = State(initial=True)

        go = a.to(one, cond="x")
        back = one.to(a)

    return Trap


def guard_of_the_library():
    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        go = a.to(b, cond="name")
        back = b.to(a)

    return Trap


def two_guards_with_one_name():
    def declare(answer):
        def ready():
            return answer

        return ready

    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        go = a.to(b, cond=declare(True))
        back = b.to(a, cond=declare(False))

    return Trap


def condition_and_its_opposite():
    class Trap(StateChart):
        ready = True
        a = State(initial=True)
        b = State()
        go = a.to(b, cond="ready", unless="(ready)")
        back = b.to(a)

    return Trap


def conditions_the_library_confuses():
    class Trap(StateChart):
        p = True
        q = r = False
        a = State(initial=True)
        b = State()
        go = a.to(b, cond=["p or (q and r)", "(p or q) and r"])
        back = b.to(a)

    return Trap


def question_for_no_state():
    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        go = a.to(b, cond="In('nowhere')")
        back = b.to(a)

    return Trap


def state_v_is_read_as_or():
    class Trap(StateChart):
        a = State(initial=True)
        v = State()
        go = a.to(v)
        back = v.to(a, cond="In('v')")

    return Trap


def delayed():
    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        go = Event(a.to(b), delay=1)
        back = b.to(a)

    return Trap


def invoke():
    def work(): ...

    class Trap(StateChart):
        a = State(initial=True)
        b = State(invoke=work)
        go = a.to(b)
        back = b.to(a)

    return Trap


def wildcard():
    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        a.to(b, event="*")
        back = b.to(a)

    return Trap


def dotted():
    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        a.to(b, event="go.now")
        back = b.to(a)

    return Trap


def error_prefix():
    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        error_soft = a.to(b)
        back = b.to(a)

    return Trap


def error_alone():
    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        error = a.to(b)
        back = b.to(a)

    return Trap


def done_alone():
    class Trap(StateChart):
        class one(State.Compound):
            x = State(initial=True)
            end = State(final=True)
            go = x.to(end)

        b = State()
        done = one.to(b)
        back = b.to(one)

    return Trap


def event_hides_the_library():
    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        raise_ = a.to(b)
        back = b.to(a)

    return Trap


def state_hides_the_library():
    class Trap(StateChart):
        a = State(initial=True)
        send = State()
        go = a.to(send)
        back = send.to(a)

    return Trap


def action_sends():
    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

        def on_enter_b(self):
            self.send("back")

    return Trap


def nested_function_sends():
    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

        def on_enter_b(self):
            def hurry():
                return [send() for send in (lambda: self.send("back"),)]

            hurry()

    return Trap


def inner_function_of_a_decorator_sends():
    def noted(function):
        @wraps(function)
        def note(self):
            return function(self)

        return note

    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

        @noted
        def on_enter_b(self):
            self.send("back")

    return Trap


def static_action_sends():
    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

        @staticmethod
        def on_enter_b(machine):
            machine.send("back")

    return Trap


def partial_action_sends():
    def hurry(event, machine):
        machine.send(event)

    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        go = a.to(b, on=partial(hurry, "back"))
        back = b.to(a)

    return Trap


def action_of_a_grandparent_sends():
    class Hurried(StateChart):
        def on_enter_b(self):
            self.send("back")

    class Between(Hurried):
        pass

    class Trap(Between):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

    return Trap


def inline_action_sends():
    def hurry(machine):
        machine.back()

    class Trap(StateChart):
        a = State(initial=True)
        b = State(enter=hurry)
        go = a.to(b)
        back = b.to(a)

    return Trap


def event_as_an_action():
    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        go = a.to(b, after="back")
        back = b.to(a)

    return Trap


def listener_sends():
    class Hurry:
        def on_enter_b(self, machine):
            machine.send("back")

    class Trap(StateChart):
        listeners = [Hurry]
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

    return Trap


def regions_conflict():
    class Trap(StateChart):
        class both(State.Parallel):
            class one(State.Compound):
                x = State(initial=True)

            class two(State.Compound):
                y = State(initial=True)

        out = State()
        other = State()
        go = both.one.x.to(out) | both.two.y.to(other)
        back = out.to(both) | other.to(both)

    return Trap


def three_levels_conflict():
    class Trap(StateChart):
        class both(State.Parallel):
            class one(State.Compound):
                class inner(State.Parallel):
                    class left(State.Compound):
                        x = State(initial=True)

                    class right(State.Compound):
                        y = State(initial=True)

            class two(State.Compound):
                z = State(initial=True)

        out = State()
        go = both.one.inner.left.x.to(out) | both.one.inner.to(out) | both.to(out)
        back = out.to(both)

    return Trap


def internal_to_a_child():
    class Trap(StateMachine):
        class one(State.Compound):
            x = State(initial=True)
            y = State()
            walk = x.to(y) | y.to(x)

        one.to(one.y, event="go", internal=True)

    return Trap


def internal_self_of_a_compound():
    class Trap(StateChart):
        class one(State.Compound):
            x = State(initial=True)
            y = State()
            walk = x.to(y)

        go = one.to.itself(internal=True)

    return Trap


def internal_self_in_a_region():
    class Trap(StateChart):
        class both(State.Parallel):
            class one(State.Compound):
                x = State(initial=True)
                go = x.to.itself(internal=True)

            class two(State.Compound):
                y = State(initial=True)
                z = State()
                walk = y.to(z)
                back = z.to(y)

    return Trap


def too_many_guards():
    names = [f"g{i}" for i in range(7)]

    class Trap(StateChart):
        a = State(initial=True)
        b = State()
        go = a.to(b, cond=names)
        back = b.to(a)
        locals().update(dict.fromkeys(names, True))

    return Trap


def two_initial_children():
    class Trap(StateChart):
        class one(State.Compound):
            x = State(initial=True)
            y = State(initial=True)
            walk = x.to(y)

        go = one.to.itself()

    return Trap


def another_start():
    class Trap(StateMachine):
        start_configuration_values = ["b"]
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

    return Trap


def children_without_names():
    class Trap(StateChart):
        a = State(states=[State(initial=True)], initial=True)
        go = a.to.itself()

    return Trap


def done_at_once():
    class Trap(StateChart):
        class both(State.Parallel):
            class one(State.Compound):
                x = State(initial=True)
                x_end = State(final=True)
                go = x.to(x_end)

            class two(State.Compound):
                y = State(initial=True)
                y_end = State(final=True)
                go = y.to(y_end)

        left = State()
        right = State()
        done_state_one = both.to(left)
        done_state_two = both.to(right)
        back = left.to(both) | right.to(both)

    return Trap


def ends_by_order():
    class Trap(StateChart):
        class both(State.Parallel):
            class one(State.Compound):
                x = State(initial=True)
                x_end = State(final=True)
                first = x.to(x_end)

            class two(State.Parallel):
                class inner(State.Compound):
                    y = State(initial=True)
                    y_end = State(final=True)
                    second = y.to(y_end)

    return Trap


def guarded_from_the_start():
    class Trap(StateChart):
        ready = True

        class one(State.Compound):
            end = State(initial=True, final=True)

        b = State()
        done_state_one = one.to(b, cond="ready")
        go = b.to(one)

    return Trap


def two_targets_in_one_region():
    class Trap(StateChart):
        a = State(initial=True)

        class one(State.Compound):
            x = State(initial=True)
            y = State()
            walk = x.to(y)

        go = a.to([one.x, one.y])
        back = one.to(a)

    return Trap


def nested_event_without_id():
    class Trap(StateChart):
        go = Event()

        class one(State.Compound):
            x = State(initial=True)
            y = State()

        one.x.to(one.y, event=go)
        walk = one.x.to(one.y)
        back = one.y.to(one.x)

    return Trap


def indicators_in_a_list():
    class Trap(StateMachine):
        indicators = ["Delivered"]
        a = State(initial=True)
        go = a.to.itself()

    return Trap


def indicator_of_no_status():
    class Trap(StateMachine):
        indicators = {"Delivered": "Sent"}
        a = State(initial=True)
        go = a.to.itself()

    return Trap


def deadline_in_words():
    class Trap(StateMachine):
        deadline = "3.5d"
        a = State(initial=True)
        go = a.to.itself()

    return Trap


def deadline_of_no_event():
    class Trap(StateMachine):
        deadline = Deadline("go", "expire", "a")
        a = State(initial=True)
        go = a.to.itself()

    return Trap


def deadline_that_is_not_accepted():
    class Chart(StateChart):
        deadline = Deadline("go", "back", "a")
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

    return Chart


def deadline_that_depends_on_a_guard():
    class Chart(StateChart):
        deadline = Deadline("go", "back", "b")
        late = True
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a, cond="late")

    return Chart


def deadline_of_no_state():
    class Trap(StateMachine):
        deadline = Deadline("go", "go", "nowhere")
        a = State(initial=True)
        go = a.to.itself()

    return Trap


def companion_as_a_class():
    class Trap(StateMachine):
        companion = StateMachine
        a = State(initial=True)
        go = a.to.itself()

    return Trap


# the declaration | what the message must name, besides the class
TRAPS = [
    (duplicate, "state 'a'", "event 'go'"),
    (shadowed, "state 'a'", "event 'go'"),
    (shadowed_eventless, "state 'a'", "no event"),
    (from_any, "event 'stop'", "from_.any()"),
    (subclass, "extends the machine", "Trap"),
    (base_changed_by_subclass, "state 'a'", "event 'stop'", "subclass"),
    (subclass_on_the_same_event, "state 'b'", "event 'go'", "subclass"),
    (changed_by_the_subclass_of_a_subclass, "state 'a'", "event 'stop'", "subclass", "Loud"),
    (subclass_of_a_subclass, "extends the machine", "Quiet"),
    (equal_values, "'a'", "'b'", "value 1"),
    (equal_child_ids, "'x'", "sibling compounds"),
    (nested_trap_state, "state 'stuck'"),
    (nested_final_with_exits, "state 'end'", "final"),
    (final_with_children, "state 'end'", "final"),
    (target_named_like_an_event, "state 'a'", "event 'go'", "one attribute name"),
    (source_named_like_an_event, "event 'go'", "one attribute name"),
    (state_and_event_by_parameter, "'go'", "both a state and an event"),
    (history, "state 'last'", "history"),
    (guarded_eventless, "state 'a'", "no event", "ready"),
    (validator, "state 'a'", "event 'go'", "validator"),
    (lambda_guard, "state 'a'", "event 'go'", "lambda"),
    (guard_named_like_an_event, "state 'a'", "event 'go'", "'back'"),
    (event_in_a_comparison, "state 'a'", "event 'go'", "'back'"),
    (guard_named_like_a_nested_state, "state 'a'", "event 'go'", "In('x')"),
    (guard_of_the_library, "state 'a'", "event 'go'", "'name'"),
    (two_guards_with_one_name, "state 'b'", "event 'back'", "'ready'"),
    (question_for_no_state, "state 'a'", "event 'go'", "'nowhere'"),
    (state_v_is_read_as_or, "state 'v'", "event 'back'", "names no state"),
    (delayed, "event 'go'", "delayed"),
    (invoke, "state 'b'", "invokes"),
    (wildcard, "event '*'", "plain name"),
    (dotted, "event 'go.now'", "plain name"),
    (error_prefix, "event 'error_soft'", "error.execution"),
    (error_alone, "event 'error'", "error.execution"),
    (done_alone, "event 'done'", "done.state"),
    (event_hides_the_library, "event 'raise_'", "hides"),
    (action_sends, "on_enter_b", "'send'"),
    (nested_function_sends, "on_enter_b", "'send'"),
    (inner_function_of_a_decorator_sends, "on_enter_b", "'send'"),
    (static_action_sends, "on_enter_b", "'send'"),
    (partial_action_sends, "on 'a'", "'send'"),
    (action_of_a_grandparent_sends, "on_enter_b", "'send'"),
    (inline_action_sends, "hurry", "'b'", "'back'"),
    (event_as_an_action, "'a'", "event 'back'", "as an action"),
    (listener_sends, "on_enter_b", "'send'"),
    (regions_conflict, "event 'go'", "'x'", "'y'", "which one wins"),
    (three_levels_conflict, "event 'go'", "both+one+inner+left+x"),
    (internal_to_a_child, "state 'one'", "event 'go'", "internal"),
    (internal_self_of_a_compound, "state 'one'", "event 'go'", "internal"),
    (internal_self_in_a_region, "state 'x'", "event 'go'", "other regions"),
    (too_many_guards, "event 'go'", "7 guards", "g0, g1"),
    (two_initial_children, "state 'one'", "initial"),
    (another_start, "start_configuration_values"),
    (children_without_names, "state ''", "plain name"),
    (done_at_once, "event 'go'", "done.state.one and done.state.two"),
    (ends_by_order, "state 'x_end+y_end'", "complete first"),
    (guarded_from_the_start, "the start", "one+end", "'ready'"),
    (two_targets_in_one_region, "event 'go'", "one+x+y"),
    (nested_event_without_id, "state 'x'", "without an id"),
    (indicators_in_a_list, "indicators"),
    (indicator_of_no_status, "'Delivered'", "'Sent'", "there are: A"),
    (deadline_in_words, "deadline must be a Deadline"),
    (deadline_of_no_event, "deadline", "event"),
    (deadline_of_no_state, "deadline", "state"),
    (deadline_that_is_not_accepted, "'back' is not accepted in state 'a'"),
    (deadline_that_depends_on_a_guard, "'back' is not accepted in state 'b', or depends on guard"),
    (companion_as_a_class, "companion must be a str"),
]
# Refused too, but their instances cannot be created or never come to rest.
BROKEN = [
    (conditions_the_library_confuses, "state 'a'", "event 'go'", "(p or q) and r"),
    (condition_and_its_opposite, "state 'a'", "event 'go'", "not ready"),
    (eventless_cycle, "event 'go'", "for ever"),
    (eventless_cycle_with_endless_done_events, "event 'go'", "for ever"),
    (state_hides_the_library, "state 'send'", "hides"),
]


def named(rows):
    return [pytest.param(row[0], row[1:], id=row[0].__name__) for row in rows]


@pytest.mark.parametrize(("declare", "words"), named(TRAPS + BROKEN))
def test_a_trap_is_refused_by_name(declare, words):
    chart = declare()
    with pytest.raises(MachineError) as refusal:
        compile_chart(chart)
    message = str(refusal.value)
    assert message.startswith(f"{chart.__qualname__}: ")
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize(("declare", "words"), named(TRAPS))
def test_python_statemachine_accepts_the_trap(declare, words):
    chart = declare()()
    assert chart.configuration


def ends(declare, *events, **attributes):
    """Send events to an instance of the library's own and return the ids it rests in."""
    chart = declare()()
    vars(chart).update(attributes)
    for event in events:
        chart.send(event)
    return [state.id for state in chart.configuration]


# what the library does without a word: the trap, the events, where it ends
SILENT = [
    (duplicate, ["go"], ["b"]),
    (shadowed, ["go"], ["b"]),
    (equal_values, [], ["b"]),
    (subclass_on_the_same_event, ["go", "go"], ["b"]),
    (guard_named_like_a_nested_state, ["go"], ["one", "x"]),
    (guard_of_the_library, ["go"], ["b"]),
    (question_for_no_state, ["go"], ["a"]),
    (state_v_is_read_as_or, ["go", "back"], ["v"]),
    (wildcard, ["whatever"], ["b"]),
    (dotted, ["go.now.please"], ["b"]),
    (done_alone, ["go"], ["b"]),
    (action_sends, ["go"], ["a"]),
    (nested_function_sends, ["go"], ["a"]),
    (inner_function_of_a_decorator_sends, ["go"], ["a"]),
    (static_action_sends, ["go"], ["a"]),
    (action_of_a_grandparent_sends, ["go"], ["a"]),
    (inline_action_sends, ["go"], ["a"]),
    (event_as_an_action, ["go"], ["a"]),
    (listener_sends, ["go"], ["a"]),
    (two_initial_children, [], ["one", "x"]),
    (another_start, [], ["b"]),
    (two_targets_in_one_region, ["go"], ["one", "x", "y"]),
    (internal_to_a_child, ["go"], ["one"]),
    (internal_self_in_a_region, ["walk", "go"], ["both", "one", "two", "x", "y", "z"]),
    (nested_event_without_id, ["go"], ["one", "x"]),
]


@pytest.mark.parametrize(
    ("declare", "events", "rests"), SILENT, ids=[row[0].__name__ for row in SILENT]
)
def test_what_the_library_does_without_a_word(declare, events, rests):
    assert sorted(ends(declare, *events)) == rests


def test_from_any_leaves_out_the_states_declared_later():
    chart = from_any()()
    for event in ("go", "enter_late"):
        chart.send(event)
    with pytest.raises(TransitionNotAllowed):
        chart.send("stop")


def test_one_configuration_ends_a_machine_or_not():
    finished = {}
    for order in (("first", "second"), ("second", "first")):
        chart = ends_by_order()()
        for event in order:
            chart.send(event)
        finished[order] = chart.is_terminated
    assert finished == {("first", "second"): False, ("second", "first"): True}


def test_a_failing_callback_causes_the_event_error():
    class Fails:
        def on_exit_b(self):
            raise ValueError

    chart = error_alone()(listeners=[Fails()])
    chart.send("error")
    chart.send("back")
    assert [state.id for state in chart.configuration] == ["b"]


@pytest.mark.parametrize("thing", [object, StateMachine, 3], ids=["class", "no states", "value"])
def test_what_is_not_a_declared_machine_is_refused(thing):
    with pytest.raises(MachineError, match=r"not a StateChart|declares no states"):
        compile_chart(thing)


def test_too_many_states_are_refused(monkeypatch):
    monkeypatch.setattr(sys.modules["fsm.compile.configurations"], "MAX_STATES", 2)
    with pytest.raises(MachineError, match="more than 2 states"):
        compile_chart(three_states())


def three_states():
    class Fine(StateMachine):
        a = State(initial=True)
        b = State()
        c = State()
        go = a.to(b) | b.to(c) | c.to(a)

    return Fine


def test_guards_may_be_nested_functions_and_come_from_a_grandparent():
    def made(answer):
        def is_ready():
            return answer

        return is_ready

    class Asked(StateChart):
        def is_open(self):
            def look():
                return self.door

            return look()

    class Between(Asked):
        pass

    class Fine(Between):
        a = State(initial=True)
        b = State()
        go = a.to(b, cond=made(True))
        back = b.to(a, cond="is_open")

    machine = compile_chart(Fine)
    assert machine.guards == {"go": ("is_ready",), "back": ("is_open",)}
    assert cross_check([machine]).is_complete


def test_a_subclass_that_only_sets_attributes_leaves_its_base_alone():
    base = three_states()

    class Sub(base):
        ready = True

    assert len(compile_chart(base).states) == 3

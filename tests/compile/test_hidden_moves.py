"""What can move a machine unseen is found however deep it hides."""

from __future__ import annotations

import pytest
from statemachine import State, StateMachine

from fsm.compile import compile_chart
from fsm.errors import MachineError


def sends_in_a_function_inside():
    class Trap(StateMachine):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

        def on_enter_b(self):
            def hurry():
                self.send("back")

            hurry()

    return Trap


def sends_in_a_lambda_of_a_function_inside():
    class Trap(StateMachine):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

        def on_enter_b(self):
            def hurry():
                return (lambda: self.back())()

            hurry()

    return Trap


def sends_in_a_comprehension():
    class Trap(StateMachine):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

        def on_enter_b(self):
            list(self.send(event) for event in ["back"])  # noqa: C400

    return Trap


def extended_by_a_subclass_of_a_subclass():
    class Trap(StateMachine):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

    class Child(Trap):
        ready = True

    class Grandchild(Child):
        stop = Trap.a.to.itself()

    Trap.kept = Grandchild  # or it is collected, and only what it added stays
    return Trap


HIDDEN = [
    (sends_in_a_function_inside, "on_enter_b uses 'send'"),
    (sends_in_a_lambda_of_a_function_inside, "on_enter_b uses 'back'"),
    (sends_in_a_comprehension, "on_enter_b uses 'send'"),
    (extended_by_a_subclass_of_a_subclass, "Grandchild; declare each machine whole"),
]


@pytest.mark.parametrize(("declare", "word"), HIDDEN, ids=[row[0].__name__ for row in HIDDEN])
def test_a_hidden_move_is_refused(declare, word):
    with pytest.raises(MachineError) as refusal:
        compile_chart(declare())
    assert word in str(refusal.value)

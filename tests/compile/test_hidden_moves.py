"""What can move a machine unseen is found however deep it hides."""

from __future__ import annotations

import pytest
from statemachine import State, StateMachine

from fsm.compile import compile_chart
from fsm.errors import MachineError


def sends_in_a_function_inside(self):
    def hurry():
        self.send("back")

    hurry()


def sends_in_a_lambda_of_a_function_inside(self):
    def hurry():
        return (lambda: self.back())()

    hurry()


def sends_in_a_comprehension(self):
    list(self.send(event) for event in ["back"])  # noqa: C400


def door(action=None):
    class Trap(StateMachine):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

        if action:
            on_enter_b = action

    return Trap


ACTIONS = [
    (sends_in_a_function_inside, "on_enter_b uses 'send'"),
    (sends_in_a_lambda_of_a_function_inside, "on_enter_b uses 'back'"),
    (sends_in_a_comprehension, "on_enter_b uses 'send'"),
]


@pytest.mark.parametrize(("action", "said"), ACTIONS, ids=[row[0].__name__ for row in ACTIONS])
def test_an_action_that_sends_is_refused(action, said):
    with pytest.raises(MachineError) as refusal:
        compile_chart(door(action))
    assert said in str(refusal.value)


def test_what_a_subclass_of_a_subclass_adds_is_refused_by_its_name():
    base = door()

    class Child(base):
        ready = True

    class Grandchild(Child):
        stop = base.a.to.itself()

    with pytest.raises(MachineError) as refusal:
        compile_chart(base)
    assert f"{Grandchild.__qualname__}; declare each machine whole" in str(refusal.value)

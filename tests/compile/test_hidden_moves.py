"""An action that sends an event, or a subclass that adds one, is found however deep it is."""

# python-statemachine is typed only in part.
# mypy: disable-error-code="no-untyped-call,type-arg"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from refused_charts import two_states
from statemachine import StateMachine

from fsm.compile import compile_chart
from fsm.errors import MachineError


def sends_in_a_function_inside(self: StateMachine) -> None:
    def hurry() -> None:
        self.send("back")

    hurry()


def sends_in_a_lambda_of_a_function_inside(self: Any) -> None:
    def hurry() -> object:
        return (lambda: self.back())()

    hurry()


def sends_in_a_comprehension(self: StateMachine) -> None:
    list(self.send(event) for event in ["back"])  # noqa: C400


def helper(chart: Any) -> None:
    other(1, chart=chart)


def other(_number: int, chart: Any) -> None:
    chart.send("back")


def hands_the_machine_to_a_function(self: StateMachine) -> None:
    helper(self)


def hands_the_machine_to_what_is_unknown(self: Any) -> None:
    self.service.start(self)


def asks_for_the_method_by_its_name(self: StateMachine) -> None:
    getattr(self, "send")("back")  # noqa: B009


def shown(chart: Any) -> str:
    return f"{chart} has moved"


def shows_the_machine(self: Any) -> None:
    self.log.append([shown(self), isinstance(self, StateMachine)])
    self.log.append(self)


ACTIONS = [
    (hands_the_machine_to_a_function, "on_enter_b uses 'send'"),
    (hands_the_machine_to_what_is_unknown, "on_enter_b uses 'send'"),
    (asks_for_the_method_by_its_name, "on_enter_b uses 'send'"),
    (sends_in_a_function_inside, "on_enter_b uses 'send'"),
    (sends_in_a_lambda_of_a_function_inside, "on_enter_b uses 'back'"),
    (sends_in_a_comprehension, "on_enter_b uses 'send'"),
]


@pytest.mark.parametrize(("action", "message"), ACTIONS, ids=[row[0].__name__ for row in ACTIONS])
def test_an_action_that_sends_is_refused(
    action: Callable[[StateMachine], None], message: str
) -> None:
    class Sends(StateMachine):
        a, b, go, back = two_states()
        on_enter_b = action

    with pytest.raises(MachineError) as refusal:
        compile_chart(Sends)
    assert message in str(refusal.value)


def test_what_a_subclass_of_a_subclass_adds_is_refused_by_its_name() -> None:
    class Base(StateMachine):
        a, b, go, back = two_states()

    class Child(Base):
        ready = True

    class Grandchild(Child):
        stop = Base.a.to.itself()

    with pytest.raises(MachineError) as refusal:
        compile_chart(Base)
    assert f"{Grandchild.__qualname__}; declare each machine whole" in str(refusal.value)


def test_an_action_that_only_shows_the_machine_is_compiled() -> None:
    class Shows(StateMachine):
        a, b, go, back = two_states()
        on_enter_b = shows_the_machine

    assert len(compile_chart(Shows).transitions) == 2

"""Classes that python-statemachine makes of documents, and work beside a machine."""

from __future__ import annotations

import pytest
from statemachine import State, StateChart
from statemachine.io import load

from fsm.compile import compile_chart
from fsm.compile.crosscheck import cross_check
from fsm.errors import MachineError


def loaded(cond: str, event: str = "go") -> type[StateChart]:
    """Return a class whose state leads to one of two others."""
    head = f"event: {event}, " if event else ""
    text = f"""
    datamodel: [{{id: n, expr: "7"}}]
    states:
      start:
        initial: true
        transitions:
          - {{{head}target: high, {cond}}}
          - {{{head}target: low}}
      high: {{transitions: [{{event: back, target: start}}]}}
      low: {{final: true}}
    """
    return load(text, format="yaml")


CONDITIONS = {
    "and": ('cond: "n > 5 and n < 10"', 4),
    "or, not": ('cond: "n > 5 or not is_open"', 4),
    "unless": ('unless: "is_open"', 2),
    "several": ("cond: [is_open, is_paid]", 4),
    "states": ("cond: \"In('start') and is_open\"", 2),
}


@pytest.mark.parametrize(("cond", "symbols"), CONDITIONS.values(), ids=CONDITIONS)
def test_conditions_of_documents_are_formulas_and_every_cell_agrees(
    cond: str, symbols: int
) -> None:
    machine = compile_chart(loaded(cond))
    assert sum(event.startswith("go") for event in machine.events) == symbols
    assert cross_check([machine]).is_complete


def test_data_that_decide_the_start_are_not_known_of_a_class() -> None:
    with pytest.raises(MachineError, match="has no value before the first event"):
        compile_chart(loaded('cond: "n > 5"', event=""))


def test_a_constant_decides_the_start() -> None:
    machine = compile_chart(loaded('cond: "true"', event=""))
    assert machine.initial == "high"


class Loading(StateChart):
    loading, ready = State(initial=True), State(final=True)
    done_invoke_loading = loading.to(ready)

    def on_invoke_loading(self) -> int:
        return 1


def test_the_end_of_work_beside_the_machine_is_an_input_and_is_said() -> None:
    machine = compile_chart(Loading)
    assert machine.initial == "loading"
    assert machine.step("loading", "done_invoke_loading") is not None
    assert any(line.startswith("on_invoke_loading works beside") for line in machine.assumed)

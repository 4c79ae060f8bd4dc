"""What stands in each row of an exported suite: what is so after its step."""

import csv
import io
import json
import re

import pytest

import fsm
from fsm.machine import Machine, State, Transition
from fsm.suites import Suite, suite
from fsm.suites.export import export_suite


def test_csv_shows_what_is_so_after_each_step() -> None:
    machine = fsm.load("with-feedback")
    rows = list(csv.DictReader(io.StringIO("".join(export_suite(suite(machine), "csv")))))
    assert len({row["shown"] for row in rows}) == 4
    for row in rows:
        assert row["shown"] == (machine.status(row["next_state"]) or "-")
    steps = [int(row["step"]) for row in rows if row["test"] == "1"]
    assert steps == list(range(len(steps)))


def text(made: Suite, form: str) -> str:
    return "".join(export_suite(made, form))


FIRST = {
    "json": lambda written: [json.loads(written).get("first")],
    "csv": lambda written: [
        row["shown"] for row in csv.DictReader(io.StringIO(written)) if row["step"] == "0"
    ],
    "md": lambda written: re.findall(r"\(reset\): \*\*(\w+)\*\*", written),
    "pytest": lambda written: re.findall(r'^FIRST = "(.*)"', written, re.MULTILINE),
}


@pytest.mark.parametrize("form", FIRST)
def test_each_form_holds_what_is_shown_after_the_reset(form: str) -> None:
    """A second status is seen in no step here, but two states that show it would pass the steps."""
    states = State("s0", "S1", "s0", ("s0",)), State("s1", "S0", "s1", ("s1",))
    machine = Machine("m", "m", states, ("e0",), (Transition("s0", "e0", "s1", "e0"),), "s0")
    made = suite(machine)
    assert FIRST[form](text(made, form)) == ["S1"]
    assert "after the reset: the status" in str(made.guarantee)


@pytest.mark.parametrize(("form", "none"), [("json", [None]), ("csv", []), ("md", [])])
def test_nothing_is_expected_after_the_reset_where_states_show_nothing(
    form: str, none: list[None]
) -> None:
    assert FIRST[form](text(suite("engagement", observable="output"), form)) == none

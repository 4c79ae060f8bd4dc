"""Numbers of steps on an arrow: a few, then dots only where there are more."""

import pytest

from fsm.catalog import load_bare
from fsm.drawing.marking import path_overlay

MACHINE = load_bare("with-feedback")
SHOWN = {1: "(3)", 4: "(3, 4, 5, 6)", 5: "(3, 4, 5, 6, 7)", 6: "(3, 4, 5, 6, 7, …)"}


@pytest.mark.parametrize(("times", "text"), SHOWN.items(), ids="{}".format)
def test_dots_stand_for_what_is_not_shown(times: int, text: str) -> None:
    trace = ["relayed", "soft_bounce", *["soft_bounce"] * times]
    again = MACHINE.step("retrying", "soft_bounce")
    assert again
    assert path_overlay(MACHINE, trace).marks[again].note == text

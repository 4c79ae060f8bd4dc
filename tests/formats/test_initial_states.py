"""Where an SCXML document says that a machine begins."""

import pytest

from fsm.errors import MachineError
from fsm.formats.scxml import parse_scxml

STATES = '<state id="a"><transition event="x" target="b"/></state><state id="b"/>'
INNER = (
    '<state id="a"><state id="c"/><state id="d"/><transition event="x" target="b"/></state>'
    '<state id="b"/>'
)
BEGINNINGS = {
    "the first": ("", STATES, "a"),
    "as said": ('initial="b"', STATES, "b"),
    "the first child": ("", INNER, "c"),
    "an inner one": ('initial="d"', INNER, "d"),
}
REFUSED = {
    "two": ('initial="a b"', STATES, "are in different outermost states"),
    "none of them": ('initial="z"', STATES, "no state 'z'"),
    "nothing": ('initial=""', STATES, "no state"),
}


def document(initial: str, states: str) -> bytes:
    return f'<scxml xmlns="http://www.w3.org/2005/07/scxml" {initial}>{states}</scxml>'.encode()


@pytest.mark.parametrize(("initial", "states", "first"), BEGINNINGS.values(), ids=list(BEGINNINGS))
def test_where_a_machine_begins(initial: str, states: str, first: str) -> None:
    assert parse_scxml(document(initial, states)).initial == first


@pytest.mark.parametrize(("initial", "states", "message"), REFUSED.values(), ids=list(REFUSED))
def test_beginnings_that_are_none(initial: str, states: str, message: str) -> None:
    with pytest.raises(MachineError) as refusal:
        parse_scxml(document(initial, states))
    assert message in str(refusal.value)

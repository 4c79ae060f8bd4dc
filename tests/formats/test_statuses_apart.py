"""States of one status that were not declared together are no compound state of SCXML."""

import itertools
import xml.etree.ElementTree as ElementTree

import pytest

from fsm.formats.scxml import parse_scxml, to_scxml
from fsm.machine import Machine, State, Transition

STATUSES = {  # the status of each state, in declared order; how many compounds there are
    "together": (("A", "A", "B"), 2),
    "apart": (("A", "B", "A"), 0),
    "apart, and another one together": (("A", "B", "B", "A"), 1),
    "two and one": (("A", "A", "B", "A"), 1),
    "without status between": (("A", None, "A", "B", "B"), 1),
    "all apart": (("A", "B", "C"), 0),
}


@pytest.mark.parametrize(("statuses", "compounds"), STATUSES.values(), ids=list(STATUSES))
def test_compounds_have_all_states_of_their_status(
    statuses: tuple[str | None, ...], compounds: int
) -> None:
    states = tuple(State(f"s{i}", status, f"s{i}", (f"s{i}",)) for i, status in enumerate(statuses))
    steps = tuple(Transition(a.name, "go", b.name, "go") for a, b in itertools.pairwise(states))
    machine = Machine("m", "m", states, ("go",), steps, "s0")
    written = to_scxml(machine)
    assert parse_scxml(written.encode()) == machine
    elements = list(ElementTree.fromstring(written).iter())
    ids = [element.get("id") for element in elements if element.get("id")]
    assert len(ids) == len(set(ids)) == len(states) + compounds

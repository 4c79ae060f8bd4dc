"""Facts of small machines: which states end, which can end, and which are never reached."""

import pytest

from fsm.analysis import analyse
from fsm.machine import Machine, State, Transition

Cells = dict[tuple[str, str], str]


def machine(cells: Cells, states: str, final: str = "", hidden: tuple[str, ...] = ()) -> Machine:
    made = tuple(State(s, s, s, (s,), s in final) for s in states)
    events = tuple(dict.fromkeys(event for _, event in cells))
    steps = tuple(Transition(s, event, t, event) for (s, event), t in cells.items())
    return Machine("m", "m", made, events, steps, "a", unreachable=hidden)


GO: Cells = {("a", "go"): "b", ("b", "go"): "a"}
END: Cells = {**GO, ("b", "end"): "c"}
FACTS = {  # the machine; its terminal, dead and unreachable states
    "goes round for ever": (machine(GO, "ab"), ((), ("a", "b"), ())),
    "can end": (machine(END, "abc"), (("c",), (), ())),
    "a final state goes on": (machine(GO, "ab", final="b"), ((), (), ())),
    "a trap": (
        machine({**END, ("a", "off"): "d", ("d", "go"): "d"}, "abcd"),
        (("c",), ("d",), ()),
    ),
    "a state that nothing leads to": (machine(END, "abcx"), (("c",), (), ("x",))),
    "states left out of the table, too": (
        machine(END, "abcx", hidden=("h",)),
        (("c",), (), ("h", "x")),
    ),
}


@pytest.mark.parametrize(("given", "expected"), FACTS.values(), ids=list(FACTS))
def test_which_states_end(given: Machine, expected: tuple[tuple[str, ...], ...]) -> None:
    found = analyse(given)
    assert (found.terminal, found.dead, found.unreachable) == expected

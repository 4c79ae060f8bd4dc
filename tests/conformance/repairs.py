"""What the tests of least repair share: random machines, traces, and the plain searches."""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np
from hypothesis import strategies as st

from fsm.engine.distinct_traces import DistinctTraces
from fsm.engine.product_machine import EventCodes
from fsm.machine import Deadline, Machine, State, Transition

EXPIRY = "(end of the validity period)"
EVENTS = ("a", "b", "c")


@st.composite
def machines(draw: st.DrawFn, most: int = 4, deadlines: bool = False) -> Machine:
    """Draw a small machine, whose first state accepts at least one event."""
    names = [f"s{i}" for i in range(draw(st.integers(1, most)))]
    cells = [(name, event) for name in names for event in EVENTS]
    targets = draw(
        st.lists(st.sampled_from([None, *names]), min_size=len(cells), max_size=len(cells)).filter(
            lambda found: any(found[: len(EVENTS)])
        )
    )
    final = draw(st.sets(st.sampled_from(names)))
    transitions = [
        Transition(name, event, target, event)
        for (name, event), target in zip(cells, targets, strict=True)
        if target
    ]
    deadline = None
    if deadlines:
        due = draw(st.sampled_from(transitions))
        deadline = Deadline(draw(st.sampled_from(EVENTS)), due.event, due.source)
    return Machine(
        "drawn",
        "drawn",
        tuple(State(name, None, name, (name,), final=name in final) for name in names),
        EVENTS,
        tuple(transitions),
        names[0],
        deadline=deadline,
    )


def coded(alphabet: EventCodes, traces: Sequence[Sequence[str]]) -> DistinctTraces:
    """Return traces as the engine does, each of one message, with rows numbered throughout."""
    texts = [*alphabet.events, "", *(EXPIRY for _ in alphabet.starting_events)]
    codes = [
        texts.index(event) if event in texts else alphabet.unknown
        for trace in traces
        for event in trace
    ]
    lengths = np.array([len(trace) for trace in traces], np.intp)
    ones = np.ones(len(traces), np.intp)
    return DistinctTraces(
        alphabet,
        np.array(codes, np.uint8),
        np.cumsum(lengths) - lengths,
        ones,
        ones,
        np.arange(len(codes)),
    )


def searched_cost(machine: Machine, trace: Sequence[str], may_end: str) -> int | None:
    """Return the cost of a trace by a search in breadth, one edit after the other."""
    deadline = machine.deadline

    def ended(state: str) -> str:
        step = machine.step(state, deadline.event) if deadline else None
        return step.target if step and deadline and state == deadline.state else state

    def may(state: str, begun: bool) -> bool:
        return begun if may_end == "any" else machine.state(state).final

    def moved(state: str, over: bool, event: str) -> str | None:
        step = machine.step(state, event)
        return None if step is None else ended(step.target) if over else step.target

    first = (0, machine.initial, False, False)
    costs, queue = {first: 0}, deque([first])
    while queue:
        at, state, over, begun = here = queue.popleft()
        cost = costs[here]
        if at == len(trace) and may(state, begun):
            return cost
        following: list[tuple[tuple[int, str, bool, bool], int]] = []
        if at < len(trace) and trace[at] == EXPIRY:
            following.append(((at + 1, ended(state), True, begun), 0))
        elif at < len(trace) and trace[at] not in machine.alphabet:
            following.append(((at + 1, state, over, begun), 0))
        elif at < len(trace):
            target = moved(state, over, trace[at])
            if target is not None:
                following.append(((at + 1, target, over, True), 0))
            following.append(((at + 1, state, over, begun), 1))
        for event in machine.events:
            target = moved(state, over, event)
            if target is not None:
                following.append(((at, target, over, True), 1))
        for place, more in following:
            if place not in costs or cost + more < costs[place]:
                costs[place] = cost + more
                (queue.append if more else queue.appendleft)(place)
    return None


def accepted(machine: Machine, may_end: str) -> Iterator[list[tuple[str, ...]]]:
    """Yield the accepted traces of each length, from 0 on."""
    reached: dict[tuple[str, ...], str] = {(): machine.initial}
    for length in count():
        yield [
            trace
            for trace, state in reached.items()
            if (length > 0 if may_end == "any" else machine.state(state).final)
        ]
        reached = {
            (*trace, event): step.target
            for trace, state in reached.items()
            for event in machine.events
            if (step := machine.step(state, event))
        }


def enumerated_cost(machine: Machine, trace: Sequence[str], may_end: str, most: int) -> int | None:
    """Return the cost of a trace by all accepted traces up to a length that a repair can have."""
    costs: list[int] = []
    for length, traces in enumerate(accepted(machine, may_end)):
        costs += (length + len(trace) - 2 * common(trace, other) for other in traces)
        # A longer trace needs at least so many insertions.
        if length > most or (costs and length - len(trace) >= min(costs)):
            return min(costs, default=None)
    raise AssertionError


def common(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the length of the longest common subsequence."""
    row = [0] * (len(b) + 1)
    for event in a:
        last = 0
        for i, other in enumerate(b, 1):
            last, row[i] = row[i], max(row[i], row[i - 1], last + (event == other))
    return row[-1]

"""What the tests of least repair share: random machines, traces, and the plain searches."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

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


class Place(NamedTuple):
    """Where a search is: how much was read, the state, and whether the period is over."""

    at: int
    state: str
    over: bool


def may_stop(machine: Machine, state: str, may_end: str) -> bool:
    """Tell whether a message may end in a state."""
    ends = {"any": state != machine.initial, "all": True, "final": machine.state(state).final}
    return ends[may_end]


def may_stop_at(machine: Machine, place: Place, may_end: str) -> bool:
    """Tell whether a message may end at a place: also where the end of its period left no end."""
    reached = [place]
    for at in reached if place.over else ():
        if may_stop(machine, at.state, may_end):
            return at.state == place.state
        targets = (moved(machine, at, event) for event in machine.events)
        places = (at._replace(state=target) for target in targets if target)
        reached += [other for other in dict.fromkeys(places) if other not in reached]
    return place.over or may_stop(machine, place.state, may_end)


def searched_cost(machine: Machine, trace: Sequence[str], may_end: str) -> int | None:
    """Return the cost of a trace by a search in breadth, one edit after the other."""
    first = Place(0, machine.initial, False)
    costs, queue = {first: 0}, deque([first])
    while queue:
        place = queue.popleft()
        if place.at == len(trace) and may_stop_at(machine, place, may_end):
            return costs[place]
        for target, more in following(machine, trace, place):
            cost = costs[place] + more
            if target not in costs or cost < costs[target]:
                costs[target] = cost
                (queue.append if more else queue.appendleft)(target)
    return None


def following(machine: Machine, trace: Sequence[str], place: Place) -> Iterator[tuple[Place, int]]:
    """Yield what may come next, and its cost."""
    event = trace[place.at] if place.at < len(trace) else None
    later = place._replace(at=place.at + 1)
    if event == EXPIRY:
        yield later._replace(state=ended(machine, place.state), over=True), 0
    elif event is not None:
        known = event in machine.alphabet
        yield later, int(known)
        if known and (target := moved(machine, place, event)):
            yield later._replace(state=target), 0
    for missing in machine.events:
        if target := moved(machine, place, missing):
            yield place._replace(state=target), 1


def moved(machine: Machine, place: Place, event: str) -> str | None:
    """Return the state after an event; retries end at once where the period is over."""
    step = machine.step(place.state, event)
    return None if step is None else ended(machine, step.target) if place.over else step.target


def ended(machine: Machine, state: str) -> str:
    """Return the state after the end of the validity period."""
    deadline = machine.deadline
    if deadline is None or state != deadline.state:
        return state
    step = machine.step(state, deadline.event)
    assert step is not None
    return step.target


def accepted(machine: Machine, may_end: str) -> Iterator[list[tuple[str, ...]]]:
    """Yield the accepted traces of each length, from 0 on."""
    reached: dict[tuple[str, ...], str] = {(): machine.initial}
    while True:
        yield [trace for trace, state in reached.items() if may_stop(machine, state, may_end)]
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

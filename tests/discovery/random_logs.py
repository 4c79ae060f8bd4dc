"""Random machines, logs of them with random walks, and errors in these logs."""

from collections import Counter
from random import Random

from fsm.graph import equivalence_classes
from fsm.machine import Machine, State, Transition

Traces = Counter[tuple[str, ...]]


def random_machine(random: Random, most_states: int = 8, most_events: int = 6) -> Machine:
    """Return a deterministic machine, partial, whose states are all reachable and all differ."""
    while True:
        size, width = random.randint(2, most_states), random.randint(2, most_events)
        density = random.uniform(0.3, 0.9)
        rows = [
            [random.randrange(size) if random.random() < density else -1 for _ in range(width)]
            for _ in range(size)
        ]
        made = machine_of(rows)
        differs = len(equivalence_classes([0] * size, rows)) == size
        used = {t.event for t in made.transitions}
        if differs and len(used) == width and len(list(made.shortest_traces())) == size:
            return made


def machine_of(rows: list[list[int]]) -> Machine:
    """Return the machine of a table, where -1 rejects."""
    events = [f"e{code}" for code in range(len(rows[0]))]
    return Machine(
        "random",
        "random",
        tuple(State(f"q{n}", None, f"q{n}", (f"q{n}",)) for n in range(len(rows))),
        tuple(events),
        tuple(
            Transition(f"q{n}", event, f"q{target}", event)
            for n, row in enumerate(rows)
            for event, target in zip(events, row, strict=True)
            if target >= 0
        ),
        "q0",
    )


def walks(machine: Machine, random: Random, least: int, most: int = 50_000) -> Traces | None:
    """Return traces until every cell was travelled at least so often; ``None`` beyond ``most``.

    All events of a state are equally likely; a message stops after one event in ten.
    """
    accepted = {
        s.name: [e for e in machine.events if machine.step(s.name, e)] for s in machine.states
    }
    travelled, traces = Counter[tuple[str, str]](), Traces()
    missing = {(t.source, t.event) for t in machine.transitions}
    for _ in range(most):
        state, trace = machine.initial, list[str]()
        while accepted[state] and not (trace and random.random() < 0.1):
            event = random.choice(accepted[state])
            travelled[state, event] += 1
            if travelled[state, event] == least:
                missing.remove((state, event))
            trace.append(event)
            transition = machine.step(state, event)
            assert transition is not None
            state = transition.target
        traces[tuple(trace)] += 1
        if not missing:
            return traces
    return None


def with_errors(traces: Traces, random: Random, share: float = 0.01) -> Traces:
    """Return traces of which a share of the events is dropped, doubled or swapped."""
    changed = Traces()
    for trace in traces.elements():
        events, at = list(trace), 0
        while at < len(events):
            if random.random() < share:
                match random.randrange(3):
                    case 0:
                        del events[at]
                        continue
                    case 1:
                        events.insert(at, events[at])
                        at += 1
                    case _:
                        events[at : at + 2] = reversed(events[at : at + 2])
                        at += 1
            at += 1
        changed[tuple(events)] += 1
    return changed

"""The least repair of a log: the fewest insertions and deletions that make its messages fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fsm.engine.distinct_traces import DistinctTraces
from fsm.machine import Machine

__all__ = ["LeastRepair", "repair_traces"]

_NEVER = 1 << 30


@dataclass(frozen=True)
class LeastRepair:
    """What is too many and what is missing in a log, so that every message fits the machine."""

    fitting: int
    """Messages that are traces of the machine as they are."""
    not_fitting: int
    """Messages that must be repaired."""
    extra: int
    """Events that are too many."""
    missing: int
    """Events that are missing."""
    most: int
    """The cost if all events were too many and a shortest trace were put in their place."""

    @property
    def cost(self) -> int:
        """The number of repairs: extra and missing events."""
        return self.extra + self.missing

    @property
    def fitness(self) -> float:
        """1 where every message fits, 0 where no event could stay."""
        return 1 - self.cost / self.most if self.most else 1.0

    def as_dict(self) -> dict[str, object]:
        """Return the counts for JSON."""
        return {
            "messages": {"fitting": self.fitting, "not_fitting": self.not_fitting},
            "cost": self.cost,
            "extra": self.extra,
            "missing": self.missing,
            "fitness": round(self.fitness, 6),
        }


def repair_traces(machine: Machine, parts: Iterable[DistinctTraces], may_end: str) -> LeastRepair:
    """Return the least repair of some traces."""
    fitting = not_fitting = extra = missing = most = 0
    arcs = {state.name: [] for state in machine.states}
    for t in machine.transitions:
        arcs[t.source].append((t.event, t.target))
    end = {
        state.name: 0
        if (state.final if may_end == "final" else state.name != machine.initial)
        else _NEVER
        for state in machine.states
    }

    def closed(costs):
        for _ in machine.states:
            for state, out in arcs.items():
                for _, target in out:
                    costs[state] = min(costs[state], 1 + costs[target])
        return costs

    end = closed(end)
    shortest = end[machine.initial]
    for part in parts:
        for names, count in part.names():
            trace = [name for name in names if name in machine.alphabet]
            if not trace:
                continue
            costs = [end]
            for event in reversed(trace):
                after = costs[-1]
                costs.append(
                    closed(
                        {
                            state: min(
                                [
                                    1 + after[state],
                                    *(after[b] for e, b in arcs[state] if e == event),
                                ]
                            )
                            for state in arcs
                        }
                    )
                )
            costs.reverse()
            state, place, more, less = machine.initial, 0, 0, 0
            while True:
                step = machine.step(state, trace[place]) if place < len(trace) else None
                if step and costs[place + 1][step.target] == costs[place][state]:
                    state, place = step.target, place + 1
                    continue
                nxt = next(
                    (b for _, b in arcs[state] if 1 + costs[place][b] == costs[place][state]), None
                )
                if nxt is not None:
                    state, less = nxt, less + 1
                    continue
                if place == len(trace):
                    break
                if place < len(trace) and 1 + costs[place + 1][state] == costs[place][state]:
                    more, place = more + 1, place + 1
                    continue
            extra, missing = extra + count * more, missing + count * less
            fitting += 0 if more + less else count
            not_fitting += count if more + less else 0
            most += count * (len(trace) + shortest)
    return LeastRepair(fitting, not_fitting, extra, missing, most)

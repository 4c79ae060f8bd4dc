"""How messages move through the states of a machine: how many enter, leave and stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from fsm.comparison import compare
from fsm.engine.machine_result import MachineResult
from fsm.machine import Machine

__all__ = ["Exit", "StateFlow", "group_by_skeleton", "state_flows"]


@dataclass(frozen=True, slots=True)
class Exit:
    """How often an event led from a state to another one."""

    event: str
    target: str
    count: int


@dataclass(frozen=True, slots=True)
class StateFlow:
    """A state: how often messages entered it, how many are in it now, and how they left it.

    A message may enter a state several times. All messages to send start in the initial state.
    """

    state: str
    entered: int
    now: int
    exits: tuple[Exit, ...]
    unchanged: int
    """Events that were accepted and did not change the state."""
    rejected: int


def group_by_skeleton(machines: tuple[Machine, ...]) -> tuple[tuple[Machine, ...], ...]:
    """Group machines in which the same events lead to the same states, whatever their statuses."""
    groups: list[list[Machine]] = []
    for machine in machines:
        group = next((group for group in groups if _have_same_skeleton(group[0], machine)), None)
        if group is None:
            groups.append([machine])
        else:
            group.append(machine)
    return tuple(map(tuple, groups))


def _have_same_skeleton(a: Machine, b: Machine) -> bool:
    """Return whether the states correspond one to one, each to the state of the same name."""
    skeleton = compare(a, b).skeleton
    same = skeleton is not None and all(first == second for first, second in skeleton)
    return same and _names(a) == _names(b)


def _names(machine: Machine) -> set[str]:
    return {state.name for state in machine.states}


def state_flows(
    machine: Machine, result: MachineResult, traffic: pl.DataFrame
) -> Iterator[StateFlow]:
    """Yield the states in declared order; ``traffic`` is :attr:`fsm.engine.Replay.traffic`."""
    cells = traffic.filter(pl.col("machine") == machine.name).sort("count", descending=True)
    rows = cells.select("state", "event", "target", "count").rows()
    for state in machine.states:
        name, is_first = state.name, state.name == machine.initial
        entered = sum(count for source, _, target, count in rows if target == name != source)
        leaving = [
            (event, target, count) for source, event, target, count in rows if source == name
        ]
        # Messages without any event are in no state of the result; they are in the initial one.
        waiting = result.to_send - sum(result.states.values()) if is_first else 0
        yield StateFlow(
            name,
            entered + (result.to_send if is_first else 0),
            result.states[name] + waiting,
            tuple(
                Exit(e, target, count) for e, target, count in leaving if target not in (None, name)
            ),
            sum(count for _, target, count in leaving if target == name),
            sum(count for _, target, count in leaving if target is None),
        )

"""The way of the messages through the states of a machine: how many came, left and stayed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from fsm.comparison import compare
from fsm.engine.result import MachineResult
from fsm.machine import Machine

__all__ = ["Exit", "Passage", "by_skeleton", "passages"]


@dataclass(frozen=True, slots=True)
class Exit:
    """How often an event led out of a state, and where to."""

    event: str
    target: str
    count: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A state: how often messages came into it, how many are there now, and how they left.

    What a message does again counts again; all messages to send begin in the initial state.
    """

    state: str
    entered: int
    now: int
    exits: tuple[Exit, ...]
    again: int
    """Events that were accepted and left the message where it was."""
    rejected: int


def by_skeleton(machines: tuple[Machine, ...]) -> tuple[tuple[Machine, ...], ...]:
    """Group machines in which the same events lead to the same states, whatever these show."""
    groups: list[list[Machine]] = []
    for machine in machines:
        for group in groups:
            if _are_alike(group[0], machine):
                group.append(machine)
                break
        else:
            groups.append([machine])
    return tuple(map(tuple, groups))


def _are_alike(a: Machine, b: Machine) -> bool:
    """Whether the states correspond one to one, and those that correspond have one name."""
    skeleton = compare(a, b).skeleton
    same = skeleton is not None and all(ours == theirs for ours, theirs in skeleton)
    return same and _names(a) == _names(b)


def _names(machine: Machine) -> set[str]:
    return {state.name for state in machine.states}


def passages(machine: Machine, result: MachineResult, traffic: pl.DataFrame) -> Iterator[Passage]:
    """Yield the states in declared order; ``traffic`` is :attr:`fsm.engine.Replay.traffic`."""
    met = traffic.filter(pl.col("machine") == machine.name).sort("count", descending=True)
    rows = met.select("state", "event", "target", "count").rows()
    for state in machine.states:
        name, is_first = state.name, state.name == machine.initial
        came = sum(count for source, _, target, count in rows if target == name != source)
        here = [(event, target, count) for source, event, target, count in rows if source == name]
        waiting = result.to_send - sum(result.states.values()) if is_first else 0
        yield Passage(
            name,
            came + (result.to_send if is_first else 0),
            result.states[name] + waiting,
            tuple(
                Exit(e, target, count) for e, target, count in here if target not in (None, name)
            ),
            sum(count for _, target, count in here if target == name),
            sum(count for _, target, count in here if target is None),
        )

"""The part of a suite that serves a goal: tests that reach a state or run a documented row.

>>> import fsm
>>> from fsm.suites import suite
>>> part = narrowed(suite(fsm.load("with-feedback")), covering="row 4")
>>> [len(test) for test in part.tests], part.guarantee.complete
([6, 8], False)
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fsm.errors import FsmError, MachineError
from fsm.graph import breadth_first
from fsm.suggest import no_such, remedy
from fsm.suites.goal import Goal

if TYPE_CHECKING:
    from fsm.machine import Machine
    from fsm.mealy import Mealy
    from fsm.suites.generation import Suite

__all__ = ["narrowed"]


def narrowed(suite: Suite, *, to: str | None = None, covering: str | int | None = None) -> Suite:
    """Return the tests of a suite that reach a state, run a documented row, or do both.

    A row is a number (``3`` or ``row 3``), a decision (``D4``) or a cell, ``STATE:EVENT``.
    Raises :class:`FsmError` at once where no trace reaches the goal, and where it names nothing.
    """
    if to is not None:
        suite = _part(suite, _state(suite, str(to)))
    if covering is not None:
        suite = _part(suite, _row(suite, str(covering)))
    return suite


def _part(suite: Suite, goal: Goal) -> Suite:
    """Return the tests that serve a goal; refuse a goal that none of them serves."""
    method = suite.method.name
    coverage = f"Only the tests of {method} that {goal.text}; part of a suite guarantees nothing."
    part = replace(
        suite,
        goals=(*suite.goals, goal),
        guarantee=replace(suite.guarantee, complete=False, coverage=coverage),
    )
    if next(part.words(), None) is None:
        if suite.goals and next(replace(part, goals=(goal,)).words(), None) is not None:
            both = " and ".join(each.text for each in part.goals)
            raise FsmError(
                f"{suite.mealy.name}: no test of {method} does both: {both}; each alone has tests, "
                "leave one out"
            )
        raise FsmError(
            f"{suite.mealy.name}: none of the tests of {method} {goal.text}; "
            "--method table has one for every cell"
        )
    return part


def _state(suite: Suite, name: str) -> Goal:
    mealy = suite.mealy
    if suite.machine and name in suite.machine.unreachable:
        raise MachineError(f"{mealy.name}: no trace leads to {name!r}")
    if name not in mealy.states:
        raise MachineError(f"{mealy.name}: {no_such('state', name, mealy.states)}")
    state = mealy.states.index(name)
    if state not in _reachable(mealy):
        raise MachineError(f"{mealy.name}: no trace leads to {name!r}")
    return Goal(f"reach {name!r}", states=frozenset({state}))


def _row(suite: Suite, row: str) -> Goal:
    """Return the goal to run a documented row, a decision, or the cell ``STATE:EVENT``."""
    mealy = suite.mealy
    state, colon, event = row.rpartition(":")
    if colon:
        goal = _state(suite, state)
        cell = (next(iter(goal.states)), mealy.word([event])[0])
        if mealy.next[cell] < 0:
            raise MachineError(f"{mealy.name}: {state!r} has no transition for {event!r}")
        return Goal(f"run {event!r} in {state!r}", cells=frozenset({cell}))
    label = f"row {row}" if row.isdigit() else row
    rows = _origins(suite.machine)
    if label not in rows:
        known = f"; {remedy(row, rows)}" if rows else ": its transitions name no source"
        raise FsmError(
            f"{mealy.name}: no transition comes from {label!r}{known}, or write STATE:EVENT"
        )
    cells = frozenset(
        (mealy.states.index(source), mealy.inputs.index(event)) for source, event in rows[label]
    )
    if _reachable(mealy).isdisjoint(s for s, _ in cells):
        raise MachineError(f"{mealy.name}: no trace leads to {label!r}")
    return Goal(f"run {label}", cells=cells)


def _origins(machine: Machine | None) -> dict[str, list[tuple[str, str]]]:
    """Return the cells behind each source, rows before prose and decisions, by its label."""
    rows: dict[str, list[tuple[str, str]]] = {}
    for t in machine.transitions if machine else ():
        if t.origin:
            rows.setdefault(t.origin.label, []).append((t.source, t.event))
    return rows


def _reachable(mealy: Mealy) -> set[int]:
    after = mealy.next.tolist()
    return set(breadth_first([mealy.initial], lambda s: (t for t in after[s] if t >= 0)))

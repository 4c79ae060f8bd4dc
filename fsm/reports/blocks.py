"""The JSON blocks that the page's scripts read: curves for the charts, histories for the search."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fsm.machine import Machine
from fsm.reports.content import charted, deadline_of
from fsm.reports.curves import thinned
from fsm.reports.figures import Figures
from fsm.reports.machines import Side
from fsm.text import shortened, visible

__all__ = ["chart_block", "message_block"]


def chart_block(found: Figures) -> dict[str, Any]:
    """Return the curves: counts at seconds since 1970."""
    curves = thinned(found.curves)
    return {
        "toSend": found.to_send,
        "times": curves.times.tolist(),
        "span": [int(found.first.timestamp()), int(curves.times[-1])],
        "busiest": found.curves.busiest(_meeting(found)),
        "validity": deadline_of(found)[0],
        "sides": [{"label": _shown(s.label), "color": s.color} for s in found.sides],
        "charts": [
            {
                "name": _shown(name),
                "lines": [
                    {"side": number, "counts": curves.lines[name, side.machine.name].tolist()}
                    for number, side in enumerate(found.sides)
                    if (name, side.machine.name) in curves.lines
                ],
            }
            for name in charted(found)
        ],
    }


def _meeting(found: Figures) -> int | None:
    """Return the second in which two sides agree for good, if they ever part."""
    since = [one.together_since for one in found.extremes.partings]
    latest = max((time for time in since if time is not None), default=None)
    return None if latest is None else -(-latest // 1_000_000)


def message_block(found: Figures) -> dict[str, Any]:
    """Return the histories, and what each machine shows in each state.

    ``machines`` are those of :attr:`Figures.told`; ``views`` say by which of them a side is told.
    """
    return {
        **found.histories.as_dict(),
        "machines": [_machine(machine) for machine in found.told],
        "views": list(_views(found)),
    }


def _machine(machine: Machine) -> dict[str, Any]:
    place = {state.name: number for number, state in enumerate(machine.states)}
    return {
        "initial": place[machine.initial],
        "states": [_shown(state.name) for state in machine.states],
    }


def _views(found: Figures) -> Iterator[dict[str, Any]]:
    for side in found.sides:
        told = next(n for n, group in enumerate(found.groups) if side in group)
        yield _view(side.machine, found.told[told], told, side)
    for told in range(len(found.groups), len(found.told)):
        yield _view(found.told[told], found.told[told], told, None)


def _view(machine: Machine, told: Machine, number: int, side: Side | None) -> dict[str, Any]:
    """Return what a machine shows in each state of the machine by which histories are told."""
    shown = [machine.status(state.name) for state in told.states]
    place = {state.name: number for number, state in enumerate(told.states)}
    ranks = side.ranks if side else {}
    return {
        "label": _shown(side.label if side else machine.title),
        "color": side.color if side else None,
        "machine": number,
        "statuses": [
            status and {"name": _shown(status), "rank": ranks.get(status)} for status in shown
        ],
        "indicators": [_shown(indicator.name) for indicator in machine.indicators],
        "counted": [[i.counts(status) for i in machine.indicators] for status in shown],
        "reasons": [
            [place[t.source], _shown(t.event), _shown(t.origin.label), _shown(t.origin.reason)]
            for t in machine.transitions
            if t.origin
        ],
    }


def _shown(text: str) -> str:
    return visible(shortened(text))

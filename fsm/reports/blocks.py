"""The data that the scripts of the page read: curves for charts, histories for the search."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fsm.machine import Machine
from fsm.reports.curves import thinned
from fsm.reports.figures import Figures
from fsm.reports.machines import Side
from fsm.reports.sections import charted_indicators, validity_period
from fsm.text import shortened, visible

__all__ = ["chart_data", "message_data"]


def chart_data(figures: Figures) -> dict[str, Any]:
    """Return the curves as counts at times in seconds since 1970."""
    curves = thinned(figures.curves)
    return {
        "toSend": figures.to_send,
        "unit": figures.unit.words,
        "times": curves.times.tolist(),
        "span": [int(figures.first.timestamp()), int(curves.times[-1])],
        "busiest": figures.curves.busiest(_convergence(figures)),
        "validity": validity_period(figures)[0],
        "sides": [{"label": _bounded(s.label), "color": s.color} for s in figures.sides],
        "charts": [
            {
                "name": _bounded(name),
                "lines": [
                    {"side": number, "counts": curves.lines[name, side.machine.name].tolist()}
                    for number, side in enumerate(figures.sides)
                    if (name, side.machine.name) in curves.lines
                ],
            }
            for name in charted_indicators(figures)
        ],
    }


def _convergence(figures: Figures) -> int | None:
    """Return the second from which two diverging sides agree, if they do."""
    times = [divergence.converged_at for divergence in figures.comparison.divergences]
    latest = max((time for time in times if time is not None), default=None)
    return None if latest is None else -(-latest // 1_000_000)  # rounded up


def message_data(figures: Figures) -> dict[str, Any]:
    """Return the histories, and the statuses and indicators of each machine in each state.

    ``whole`` is the number of messages of the log, of which the page may have a part only.
    ``machines`` are :attr:`Figures.history_machines`. Each of the ``views`` is a side or a
    companion, with the number of the machine whose states its histories have.
    """
    return {
        **figures.histories.as_dict(),
        "whole": figures.replay.messages,
        "machines": [_machine(machine) for machine in figures.history_machines],
        "views": list(_views(figures)),
    }


def _machine(machine: Machine) -> dict[str, Any]:
    place = {state.name: number for number, state in enumerate(machine.states)}
    return {
        "initial": place[machine.initial],
        "states": [_bounded(state.name) for state in machine.states],
    }


def _views(figures: Figures) -> Iterator[dict[str, Any]]:
    machines = figures.history_machines
    for side in figures.sides:
        number = next(n for n, group in enumerate(figures.groups) if side in group)
        yield _view(side.machine, machines[number], number, side)
    for number, companion in enumerate(machines[len(figures.groups) :], len(figures.groups)):
        yield _view(companion, companion, number, None)


def _view(machine: Machine, run: Machine, number: int, side: Side | None) -> dict[str, Any]:
    """Return the statuses and indicators of a machine in the states of the machine that was run."""
    statuses = [machine.status(state.name) for state in run.states]
    place = {state.name: number for number, state in enumerate(run.states)}
    colours = side.colours if side else {}
    return {
        "label": _bounded(side.label if side else machine.title),
        "color": side.color if side else None,
        "machine": number,
        "statuses": [
            status and {"name": _bounded(status), "colour": colours.get(status)}
            for status in statuses
        ],
        "indicators": [_bounded(indicator.name) for indicator in machine.indicators],
        "counted": [[i.counts(status) for i in machine.indicators] for status in statuses],
        "reasons": [
            [
                place[t.source],
                _bounded(t.event),
                _bounded(t.origin.citation),
                _bounded(t.origin.reason),
            ]
            for t in machine.transitions
            if t.origin
        ],
    }


def _bounded(text: str) -> str:
    return visible(shortened(text))

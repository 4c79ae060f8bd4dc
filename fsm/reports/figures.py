"""The figures of a report, each computed once from a replay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from fsm.engine.rejections import RejectionKinds
from fsm.engine.result import Replay
from fsm.epoch import time_at
from fsm.errors import LogError
from fsm.machine import Machine
from fsm.reports.breakdown import Breakdown, domains_of, relays_of
from fsm.reports.curves import Curves, curves_of
from fsm.reports.divergence import ComparedIndicator, SeriesComparison, compare_series
from fsm.reports.flow import group_by_skeleton
from fsm.reports.histories import Histories, read_histories
from fsm.reports.machines import Side, sides_of
from fsm.reports.names import log_names
from fsm.reports.periods import fitting_period
from fsm.reports.replies import ReplyTable, replies_of
from fsm.reports.sentences import format_time
from fsm.text import quantity
from fsm.unit import Unit

__all__ = ["MESSAGES", "Figures", "compute_figures"]

MESSAGES = 10_000
"""Maximum number of messages with their histories in the page."""
_KINDS = 20
"""Kinds of rejected events that are listed."""


@dataclass(frozen=True)
class Figures:
    """The figures of a report. The machines of a group have the same skeleton."""

    replay: Replay
    every: timedelta
    first: datetime
    last: datetime
    end: datetime
    """The instant up to which timers fire: that of the whole log, or as of which it is read."""
    sides: tuple[Side, ...]
    curves: Curves
    comparison: SeriesComparison
    groups: tuple[tuple[Side, ...], ...]
    rejected: RejectionKinds
    history_machines: tuple[Machine, ...]
    """The machines that run the histories: one of each group, and the companions."""
    histories: Histories
    replies: ReplyTable
    domains: Breakdown
    relays: Breakdown

    @property
    def to_send(self) -> int:
        """The denominator of the indicators."""
        return self.replay.to_send

    @property
    def unit(self) -> Unit:
        """What one message is called."""
        return self.replay.unit

    @cached_property
    def names(self) -> list[str]:
        """The names of the logs, without their folders."""
        return log_names(self.replay.log)

    @property
    def subtitle(self) -> str:
        """The contents of the log in one line."""
        events = quantity(self.replay.events, "event")
        counts = f"{events} of {self.unit.count(self.replay.messages)}"
        return f"{counts}, {format_time(self.first)} to {format_time(self.last)}"

    def traffic_of(self, machine: Machine) -> Iterator[tuple[str, str, str | None, int]]:
        """Yield state, event, target (``None``: rejected) and count of each cell."""
        frame = self.replay.traffic.select("machine", "state", "event", "target", "count")
        return (row[1:] for row in frame.iter_rows() if row[0] == machine.name)


def compute_figures(replay: Replay, every: timedelta | None, messages: int) -> Figures:
    """Compute the figures; raises :class:`fsm.errors.LogError` for a log without events."""
    if replay.earlier is not None:
        raise LogError("a report needs the whole log, but a checkpoint keeps only states")
    if replay.counts.earliest is None or replay.counts.latest is None:
        until = f" up to {format_time(replay.as_of)}" if replay.as_of else ""
        raise LogError(f"no events to report on{until}")
    first, last = time_at(replay.counts.earliest), time_at(replay.counts.latest)
    end = last if replay.counts.end is None else time_at(replay.counts.end)
    every = every or fitting_period(first, last, replay.events)
    replay = replay.in_detail(every, statuses=True)
    sides = sides_of(replay)
    series = replay.series(every, of_deliveries=False)
    comparison = compare_series(replay.exact_series(), _compared_indicators(sides))
    groups = tuple(
        tuple(side for side in sides if side.machine in group)
        for group in group_by_skeleton(tuple(side.machine for side in sides))
    )
    history_machines = (*(group[0].machine for group in groups), *_companions(sides))
    return Figures(
        replay,
        every,
        first,
        last,
        end,
        sides,
        curves_of(series, sides, replay.to_send, (first, last), comparison.points),
        comparison,
        groups,
        replay.rejection_kinds(_KINDS),
        history_machines,
        read_histories(replay, history_machines, messages),
        replies_of(replay),
        domains_of(replay, sides),
        relays_of(replay, sides),
    )


def _compared_indicators(sides: tuple[Side, ...]) -> Iterator[ComparedIndicator]:
    """Yield the recorded indicators that two machines have in common; nothing for more machines.

    Both machines may have the same companion. Its indicators are not compared with themselves.
    """
    if len(sides) != 2:
        return
    a, b = ({i.name: (owner.name, i.name) for owner, i in side.recorded} for side in sides)
    for name, line in a.items():
        if b.get(name, line) != line:
            yield ComparedIndicator(name, line, b[name])


def _companions(sides: tuple[Side, ...]) -> tuple[Machine, ...]:
    return tuple({side.companion.name: side.companion for side in sides if side.companion}.values())

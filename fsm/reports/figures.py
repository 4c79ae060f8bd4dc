"""What a report is made of: the figures of a replay, each found once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from fsm.engine.rejections import RejectionKinds
from fsm.engine.result import Replay
from fsm.errors import LogError
from fsm.machine import Machine
from fsm.reports.curves import Curves, curves
from fsm.reports.divergence import Extremes, Pair, extremes
from fsm.reports.extent import fitting_period, instant
from fsm.reports.flow import by_skeleton
from fsm.reports.histories import Histories, histories
from fsm.reports.machines import Side, sides
from fsm.reports.names import short_name
from fsm.reports.sentences import counted, messages_of, when

__all__ = ["MESSAGES", "Figures", "figures"]

MESSAGES = 10_000
"""Messages whose histories are in the page, at most."""
_KINDS = 20
_NAMED = 3


@dataclass(frozen=True)
class Figures:
    """The figures of a report. ``groups`` are sides whose machines have one skeleton."""

    replay: Replay
    every: timedelta
    first: datetime
    last: datetime
    sides: tuple[Side, ...]
    curves: Curves
    extremes: Extremes
    groups: tuple[tuple[Side, ...], ...]
    rejected: RejectionKinds
    told: tuple[Machine, ...]
    """The machines that histories are told by: one of each group, and the companions."""
    histories: Histories

    @property
    def to_send(self) -> int:
        """The denominator of the indicators."""
        return self.replay.to_send

    @cached_property
    def names(self) -> list[str]:
        """The names of the logs, as a page may tell them."""
        names = [short_name(source.name) for source in self.replay.log.files]
        more = len(names) - _NAMED
        return [*names[:_NAMED], f"{more:,} more"] if more > 0 else names

    @property
    def subtitle(self) -> str:
        """What the log holds, in a line."""
        events = counted(self.replay.events, "event", "events")
        counts = f"{events} of {messages_of(self.replay.messages)}"
        return f"{counts}, {when(self.first)} to {when(self.last)}"

    def traffic_of(self, machine: Machine) -> Iterator[tuple[str, str, str | None, int]]:
        """Yield state, event, target (``None``: rejected) and count of the cells met."""
        frame = self.replay.traffic.select("machine", "state", "event", "target", "count")
        return (row[1:] for row in frame.iter_rows() if row[0] == machine.name)


def figures(replay: Replay, every: timedelta | None, messages: int) -> Figures:
    """Find the figures; raises :class:`fsm.errors.LogError` where there are none."""
    if replay.earlier is not None:
        raise LogError("a report needs the whole log, and a checkpoint keeps only its states")
    if replay.counts.earliest is None or replay.counts.latest is None:
        raise LogError("no events to report on")
    first, last = instant(replay.counts.earliest), instant(replay.counts.latest)
    every = every or fitting_period(first, last, replay.events)
    replay = replay.in_detail(every)
    own = sides(replay)
    series = replay.series(every, of_deliveries=False)
    shown = extremes(replay.exact_series(), _pairs(own))
    groups = tuple(
        tuple(side for side in own if side.machine in group)
        for group in by_skeleton(tuple(side.machine for side in own))
    )
    told = (*(group[0].machine for group in groups), *_companions(own))
    return Figures(
        replay,
        every,
        first,
        last,
        own,
        curves(series, own, replay.to_send, (first, last), shown.points),
        shown,
        groups,
        replay.rejection_kinds(_KINDS),
        told,
        histories(replay, told, messages),
    )


def _pairs(own: tuple[Side, ...]) -> Iterator[Pair]:
    """Yield the recorded indicators that two machines have one each of; of more machines none.

    Those of a companion that both have are one line, and are not compared with themselves.
    """
    if len(own) != 2:
        return
    mine, theirs = ({i.name: (owner.name, i.name) for owner, i in side.recorded} for side in own)
    for name, line in mine.items():
        if theirs.get(name, line) != line:
            yield Pair(name, line, theirs[name])


def _companions(own: tuple[Side, ...]) -> tuple[Machine, ...]:
    return tuple({side.companion.name: side.companion for side in own if side.companion}.values())

"""The result of a replay, and the tables that can be made of it.

What comes row by row (statuses, rejections) reads the log a second time: the texts were never
kept, only what their events did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from fsm.arrays import Codes
from fsm.engine.counts import Outcome
from fsm.engine.durations import named
from fsm.engine.exact_series import Moments
from fsm.engine.product_machine import each_machine
from fsm.engine.rejections import Kinds, Rejections
from fsm.engine.source_rows import Texts
from fsm.engine.unrecorded import RECORDED, Unrecorded
from fsm.errors import LogError
from fsm.indicators import Share
from fsm.logs.log import Log
from fsm.presentation import RichValue

if TYPE_CHECKING:
    from fsm.compile.crosscheck import CrossCheck
    from fsm.engine.checkpoint.checkpoint import Before

__all__ = ["MachineResult", "Replay"]


@dataclass(frozen=True)
class MachineResult:
    """What one machine made of a log: the messages in each state, status and indicator."""

    to_send: int
    states: dict[str, int]
    statuses: dict[str, int]
    indicators: dict[str, Share]
    expired: int
    """Messages whose validity period ended while they were retried."""
    unrecorded: Unrecorded = RECORDED
    """What the log cannot know; there, a count of 0 means nothing."""

    def as_dict(self) -> dict[str, object]:
        """Return the counts for JSON; what is not recorded is null, and ``not_recorded`` says why.

        ``not_recorded`` is there only where something is.
        """
        unknown = self.unrecorded
        nothing = {"count": None, "percent": None}
        facts = asdict(self)
        del facts["unrecorded"]
        facts["states"] |= dict.fromkeys(unknown.states)
        facts["statuses"] |= dict.fromkeys(unknown.statuses)
        facts["indicators"] |= dict.fromkeys(unknown.indicators, nothing)
        return facts | ({"not_recorded": unknown.as_dict()} if unknown else {})

    @property
    def sent(self) -> int:
        """Messages handed over: all that have a status."""
        return sum(self.statuses.values())


@dataclass(frozen=True)
class Replay(RichValue):
    """The result of a replay."""

    log: Log
    events: int
    messages: int
    rejected: int
    duplicates: int | None
    """Events dropped because they were there already; None where nobody looked."""
    to_send: int
    validity: timedelta | None
    machines: dict[str, MachineResult]
    crosscheck: CrossCheck | None
    """How many cells of the tables agree with the machines' classes; None: nobody looked."""
    outcome: Outcome
    again: Callable[..., Outcome]
    as_of: datetime | None = None
    """Up to when the log was read; None: to its end."""
    dedupe: bool = False
    late: int | None = None
    """Rejected events that are older than what the checkpoint had seen of their message."""
    before: Before | None = None
    """What earlier runs left in the checkpoint."""
    unrecorded: Mapping[str, Unrecorded] = field(default_factory=dict)
    """What the log cannot know, by the name of the machine, companions among them."""
    notes: tuple[str, ...] = ()
    """What was assumed of the files, and which of them the checkpoint knew."""

    def as_dict(self) -> dict[str, object]:
        """Return the counts for JSON; the shape is stable.

        ``events`` are ``accepted`` or ``rejected``; ``late`` ones are among the rejected.
        ``duplicates`` were dropped, and are no events: the rows of the log are ``events`` and
        ``duplicates``. ``expired`` comes with a validity period, ``duplicates`` where they are
        looked for, ``late`` with a checkpoint, ``not_recorded``, ``without_events`` and ``notes``
        where there are any. What was compared with the classes is no count of the log; it is in
        :attr:`crosscheck`.
        """
        machines = {}
        for name, machine in self.machines.items():
            facts = machine.as_dict()
            if self.validity is None:
                del facts["expired"]
            machines[name] = facts
        counts: dict[str, object] = {
            "events": self.events,
            "messages": self.messages,
            "accepted": self.accepted,
            "rejected": self.rejected,
        }
        if self.duplicates is not None:
            counts["duplicates"] = self.duplicates
        if self.late is not None:
            counts["late"] = self.late
        if self.notes:
            counts["notes"] = list(self.notes)
        empty = self.without_events
        return counts | {"machines": machines} | ({"without_events": empty} if empty else {})

    @property
    def accepted(self) -> int:
        """The number of events that were not rejected."""
        return self.events - self.rejected

    @property
    def heard(self) -> int:
        """The number of events that some machine knows."""
        return self.events - self.outcome.unknown

    @property
    def not_recorded(self) -> Iterator[tuple[list[str], str]]:
        """Names of indicators that the log cannot know, and why not."""
        by_reason: dict[str, dict[str, None]] = {}
        for result in self.machines.values():
            unknown = result.unrecorded
            names = dict.fromkeys(name for name in result.indicators if name in unknown.indicators)
            if names:
                by_reason[unknown.reason] = by_reason.get(unknown.reason, {}) | names
        for reason, names in by_reason.items():
            yield [*names], reason

    @property
    def without_events(self) -> list[str]:
        """The recorded indicators of machines none of whose events the log has.

        They are 0; whether such events happened and were not written down, such as opens where
        nobody tracked them, nobody can tell. Of what a checkpoint holds only the states are known:
        there, all messages must be in the machine's initial state. Empty where no machine's event
        was met at all.
        """
        if not self.heard:
            return []
        found: dict[str, None] = {}
        for _, _, machine in each_machine(self.outcome.teams):
            moved = self.outcome.messages - self.outcome.states(machine.name)[machine.initial]
            if machine.alphabet <= self.outcome.unseen and not moved:
                unknown = self.unrecorded[machine.name].indicators
                found |= dict.fromkeys(i.name for i in machine.indicators if i.name not in unknown)
        return [*found]

    # Rejections -----------------------------------------------------------------------------

    @cached_property
    def rejections(self) -> pl.DataFrame:
        """Every rejected event, in the order of the log: file, line, message, time, and why.

        ``state`` is where the message was, ``machine`` names the machines that agree on it.
        """
        return self.first_rejections(self.rejected)

    def first_rejections(self, count: int) -> pl.DataFrame:
        """Return the first rejected events of the log; see :attr:`rejections`."""
        past = [] if self.before is None else self.before.rejections(count)
        count -= sum(frame.height for frame in past)
        now = self._rejections.told(
            self.outcome.rejected_rows[:count], self.outcome.rejected_cells[:count]
        )
        return pl.concat([*past, now], how="diagonal")

    @property
    def new_rejections(self) -> pl.DataFrame:
        """The rejected events of this run; without a checkpoint, all of them."""
        return self._rejections.told(self.outcome.rejected_rows, self.outcome.rejected_cells)

    def rejection_kinds(self, most: int) -> Kinds:
        """Count the rejected events of this run by kind."""
        return self._rejections.kinds(most)

    @cached_property
    def _rejections(self) -> Rejections:
        return Rejections(self.log, self.outcome, self._texts)

    # Statuses -------------------------------------------------------------------------------

    @cached_property
    def statuses(self) -> pl.DataFrame:
        """One row per message: its last event, and its state and status under each machine.

        In the order in which the messages' last events stand in the log.
        """
        return pl.concat(list(self.status_frames()))

    def status_frames(self) -> Iterator[pl.DataFrame]:
        """Yield the rows of :attr:`statuses`, part after part."""
        outcome = self.outcome
        if outcome.chunks and "events" not in outcome.chunks[0].columns:
            outcome = self.again(statuses=True)
        names = ["events", *(f"final{i}" for i in range(len(outcome.teams)))]
        for texts, columns in self._texts.marked(outcome.chunks, names):
            yield self._status_frame(outcome, texts, columns)

    @cached_property
    def _texts(self) -> Texts:
        return Texts(self.log, self.outcome.reader.firsts)

    def _status_frame(
        self, outcome: Outcome, texts: pl.DataFrame, columns: Sequence[Codes]
    ) -> pl.DataFrame:
        frame = texts.drop("file", "row").rename(
            {"timestamp": "last_timestamp", "event": "last_event"}
        )
        added = [pl.Series("events", columns[0], pl.UInt32)]
        for number, team in enumerate(outcome.teams):
            for index, machine in enumerate(team.machines):
                final = columns[1 + number]
                added.append(_words(f"{machine.name}.state", team.state_names(index), final))
                added.append(_words(f"{machine.name}.status", team.statuses(index), final))
        order = {name: i for i, name in enumerate(outcome.names)}
        added[1:] = sorted(added[1:], key=lambda s: order[s.name.rpartition(".")[0]])
        return frame.hstack(added)

    # Traffic --------------------------------------------------------------------------------

    @cached_property
    def traffic(self) -> pl.DataFrame:
        """How many events of this run met each cell of each machine.

        Columns: ``machine``, ``state``, ``event``, ``target`` (null where it is rejected),
        ``count``. Cells that no event met are left out. The end of a validity period is an event
        of the states in which it changes something.
        """
        rows = []
        counted = self.outcome if self.outcome.traffic_counted else self.again(traffic=True)
        for machine, state, event, rejected, count in counted.traffic():
            step = None if rejected else machine.step(state, event)
            if rejected or step:
                rows.append((machine.name, state, event, step.target if step else None, count))
        names = ("machine", "state", "event", "target")
        kinds = dict.fromkeys(names, pl.String) | {"count": pl.Int64}
        found = pl.DataFrame(rows, schema=kinds, orient="row")
        return found.group_by(names).sum().sort(names)

    # Sojourn times -------------------------------------------------------------------------

    @cached_property
    def sojourns(self) -> pl.DataFrame:
        """How long messages of this run stayed in the states of each machine.

        Columns: ``machine``, ``state``, ``event`` (what ended the stay; null where the log ends
        first), ``seconds`` (rounded down; beyond two hours by a thousandth at most), ``count``.
        Left out are the initial state, whose beginning is not known, and states that nothing
        leaves.
        """
        timed = self.outcome if self.outcome.sojourns_timed else self.again(sojourns=True)
        return named(timed.sojourns, timed.teams)

    def in_detail(self, every: timedelta) -> Replay:
        """Return the same with traffic, sojourn times, and both kinds of series at hand.

        That is one more pass over the log, instead of one for each of them, and none where they
        were announced.
        """
        micros, now = every // timedelta(microseconds=1), self.outcome
        kept = now.traffic_counted and now.sojourns_timed and now.exact_in is not None
        if now.every == micros and kept:
            return self
        asked = self.again(every=micros, traffic=True, sojourns=True, exact=True)
        return replace(self, outcome=asked)

    # Deliveries -----------------------------------------------------------------------------

    def by_delivery(self) -> pl.DataFrame:
        """Return each delivery's indicators at the end of this run, the largest delivery first.

        Columns: ``delivery_id``, ``to_send`` (its messages), ``machine``, ``indicator``,
        ``count``, ``percent``. Empty where the log has no deliveries; indicators that the log
        cannot know have no rows.
        """
        whole = timedelta(days=1) // timedelta(microseconds=1)
        outcome = self.outcome if self.outcome.every is not None else self.again(every=whole)
        names = outcome.delivery_names
        counts = (
            outcome.changes()
            .group_by("delivery", "machine", "indicator")
            .agg(pl.col("change").sum().alias("count"))
        )
        share = (100 * pl.col("count") / pl.col("to_send")).round(2).alias("percent")
        found = outcome.deliveries().join(counts, on="delivery").with_columns(share)
        by = ["to_send", "delivery_id", "machine", "indicator"]
        if "delivery_id" not in self.log.present:
            found = found.clear()
        found = self._recorded(found)
        return (
            found.with_columns(names.gather(found["delivery"]))
            .select("delivery_id", "to_send", "machine", "indicator", "count", "percent")
            .sort(by, descending=[True, False, False, False])
        )

    def _recorded(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Leave out rows of indicators that the log cannot know."""
        for name, unknown in self.unrecorded.items():
            lacking = pl.col("indicator").is_in(sorted(unknown.indicators))
            rows = rows.filter(~((pl.col("machine") == name) & lacking))
        return rows

    # Series ---------------------------------------------------------------------------------

    def exact_series(self) -> Iterator[Moments]:
        """Yield every instant at which an indicator changes, with all counts after it.

        In order of time, a piece after the other, so that a log of any size takes a bounded part
        of memory. :meth:`series` tells how things stood at the ends of periods; extremes, and
        what is said of all times, are found here. Raises :class:`fsm.errors.LogError` for a
        replay that went on from a checkpoint, which keeps no times.
        """
        if self.before is not None:
            raise LogError("the exact series needs the whole log, not what a checkpoint kept")
        now = self.outcome
        if now.exact_in is None:
            hour = timedelta(hours=1) // timedelta(microseconds=1)
            now = self.again(every=now.every or hour, exact=True)
        return now.exact_series()

    def series(
        self, every: timedelta = timedelta(hours=1), *, of_deliveries: bool = True
    ) -> pl.DataFrame:
        """Return each indicator at the end of each period in which an event was heard.

        Columns: ``until`` (end of the period, UTC), ``delivery_id`` (where the log has it),
        ``machine``, ``indicator``, ``count`` and ``percent`` (of the messages to send; of the
        delivery's own messages where the log has deliveries). Indicators that the log cannot know
        have no rows. Without ``of_deliveries`` it is one
        series of the whole log.
        """
        micros = every // timedelta(microseconds=1)
        if micros <= 0:
            raise LogError(f"the period {every} is not longer than nothing")
        if self.before is not None and self.outcome.every != micros:
            raise LogError(f"the checkpoint does not count by {every}")
        outcome = self.outcome if self.outcome.every == micros else self.again(every=micros)
        changes, deliveries = self._recorded(outcome.changes()), outcome.deliveries()
        if self.before is not None:
            changes = self.before.with_changes(changes, outcome)
            deliveries = self.before.with_deliveries(deliveries, outcome)
        by = ["delivery_id"] if of_deliveries and "delivery_id" in self.log.present else []
        if not of_deliveries:
            changes = changes.with_columns(pl.lit(0, pl.UInt32).alias("delivery"))
            changes = changes.group_by(pl.exclude("change")).sum()
            deliveries = pl.DataFrame({"delivery": pl.Series([0], dtype=pl.UInt32)})
        if by:
            changes = changes.with_columns(outcome.delivery_names.gather(changes["delivery"]))
        else:
            deliveries = deliveries.with_columns(pl.lit(self.to_send).alias("to_send"))
        group = ["delivery", "machine", "indicator"]
        until = ((pl.col("period") + 1) * micros).cast(pl.Datetime("us", "UTC")).alias("until")
        share = (100 * pl.col("count") / pl.col("to_send")).round(2).alias("percent")
        return (
            changes.join(deliveries, on="delivery", how="left")
            .sort([*by, "machine", "indicator", "period"])
            .with_columns(pl.col("change").cum_sum().over(group).alias("count"))
            .select(until, *by, "machine", "indicator", "count", share)
        )


def _words(name: str, words: Sequence[str | None], codes: Codes) -> pl.Series:
    """Return texts by their numbers, each text stored once."""
    kinds = pl.Enum(list(dict.fromkeys(word for word in words if word is not None)))
    texts = pl.Series(name, words, dtype=pl.String).cast(kinds)
    return texts.gather(pl.Series(codes, dtype=pl.UInt32))

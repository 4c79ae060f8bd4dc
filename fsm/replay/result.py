"""The result of a replay, and the tables that can be made of it.

What comes row by row (statuses, rejections) reads the log a second time: the texts were never
kept, only what their events did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from fsm.errors import LogError
from fsm.indicators import Share
from fsm.replay.fold import Codes
from fsm.replay.outcome import Outcome
from fsm.replay.rejections import Kinds, Rejections
from fsm.replay.sojourn import named
from fsm.replay.source import Log
from fsm.replay.texts import Texts
from fsm.shown import Shown

if TYPE_CHECKING:
    from fsm.compile.crosscheck import CrossCheck
    from fsm.replay.checkpoint import Before

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

    @property
    def sent(self) -> int:
        """Messages handed over: all that have a status."""
        return sum(self.statuses.values())


@dataclass(frozen=True)
class Replay(Shown):
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

    def as_dict(self) -> dict[str, object]:
        """Return the counts for JSON; the shape is stable.

        ``expired`` comes with a validity period, ``duplicates`` where they are looked for,
        ``late`` with a checkpoint. What was compared with the classes is no count of the log; it
        is in :attr:`crosscheck`.
        """
        machines = {}
        for name, machine in self.machines.items():
            facts = asdict(machine)
            if self.validity is None:
                del facts["expired"]
            machines[name] = facts
        counts = {"events": self.events, "messages": self.messages, "rejected": self.rejected}
        if self.duplicates is not None:
            counts["duplicates"] = self.duplicates
        if self.late is not None:
            counts["late"] = self.late
        return counts | {"machines": machines}

    @property
    def heard(self) -> int:
        """The number of events that some machine knows."""
        return self.events - self.outcome.unknown

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
        first), ``seconds`` (rounded down; beyond 2,048 to a thousandth), ``count``. Left out are
        the initial state, whose beginning is not known, and states that nothing leaves.
        """
        timed = self.outcome if self.outcome.sojourns_timed else self.again(sojourns=True)
        return named(timed.sojourns, timed.teams)

    def in_detail(self, every: timedelta) -> Replay:
        """Return the same with traffic, sojourn times and the series by ``every`` at hand.

        That is one more pass over the log, instead of one for each of them, and none where they
        were announced.
        """
        micros, now = every // timedelta(microseconds=1), self.outcome
        if now.every == micros and now.traffic_counted and now.sojourns_timed:
            return self
        return replace(self, outcome=self.again(every=micros, traffic=True, sojourns=True))

    # Deliveries -----------------------------------------------------------------------------

    def by_delivery(self) -> pl.DataFrame:
        """Return each delivery's indicators at the end of this run, the largest delivery first.

        Columns: ``delivery_id``, ``to_send`` (its messages), ``machine``, ``indicator``,
        ``count``, ``percent``. Empty where the log has no deliveries.
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
        return (
            found.with_columns(names.gather(found["delivery"]))
            .select("delivery_id", "to_send", "machine", "indicator", "count", "percent")
            .sort(by, descending=[True, False, False, False])
        )

    # Series ---------------------------------------------------------------------------------

    def series(
        self, every: timedelta = timedelta(hours=1), *, of_deliveries: bool = True
    ) -> pl.DataFrame:
        """Return each indicator at the end of each period in which an event was heard.

        Columns: ``until`` (end of the period, UTC), ``delivery_id`` (where the log has it),
        ``machine``, ``indicator``, ``count`` and ``percent`` (of the messages to send; of the
        delivery's own messages where the log has deliveries). Without ``of_deliveries`` it is one
        series of the whole log.
        """
        micros = every // timedelta(microseconds=1)
        if micros <= 0:
            raise LogError(f"the period {every} is not longer than nothing")
        if self.before is not None and self.outcome.every != micros:
            raise LogError(f"the checkpoint does not count by {every}")
        outcome = self.outcome if self.outcome.every == micros else self.again(every=micros)
        changes, deliveries = outcome.changes(), outcome.deliveries()
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

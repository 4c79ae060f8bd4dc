"""The result of a replay, and the tables that can be made of it.

The tables that come row by row (statuses, rejections) read the log a second time: the texts were
never kept, only what their events did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from fsm.arguments import check_count, check_duration
from fsm.engine.balance import Balance
from fsm.engine.counts import Counts
from fsm.engine.durations import named
from fsm.engine.exact_series import Moments
from fsm.engine.machine_result import MachineResult
from fsm.engine.one_pass import run_pass
from fsm.engine.options import ReplayOptions
from fsm.engine.rejections import RejectionKinds, Rejections
from fsm.engine.source_rows import SourceRows
from fsm.engine.status_columns import with_statuses
from fsm.engine.undefined import undefined_events
from fsm.engine.unrecorded import RECORDED, Unrecorded
from fsm.epoch import MICROSECOND
from fsm.errors import LogError
from fsm.logs.log import Log
from fsm.logs.summary import as_dict
from fsm.presentation import RichValue
from fsm.read_only import hold_mappings
from fsm.text import quantity
from fsm.unit import Unit, unit_of

if TYPE_CHECKING:
    from fsm.compile.crosscheck import CrossCheck
    from fsm.engine.checkpoint.earlier_runs import EarlierRuns
    from fsm.engine.trace_parts import TraceParts

__all__ = ["Replay"]

_NAMED = 3
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, repr=False)
class Replay(RichValue):
    """The result of a replay. A table that was not announced takes another pass over the log."""

    log: Log
    """The log that was executed."""
    events: int
    """How many events were executed."""
    messages: int
    """How many messages the log has."""
    rejected: int
    """How many events were rejected."""
    duplicates: int | None
    """Repeated events, which were dropped; None where they were not looked for."""
    balance: Balance
    """What became of the records that were read, and of the events that they gave."""
    to_send: int
    """The number that percentages refer to."""
    validity: timedelta | None
    """The validity period; ``None``: retries do not expire."""
    machines: dict[str, MachineResult]
    """The result of each machine, by its name."""
    crosscheck: CrossCheck | None
    """How many cells of the tables agree with the machines' classes; None: not compared."""
    options: ReplayOptions
    """What was counted in the first pass."""
    counts: Counts
    """The counts of the first pass, from which tables are made."""
    as_of: datetime | None = None
    """Up to when the log was read; None: to its end."""
    dedupe: bool = False
    """Whether events with the message, name and time of an earlier one were dropped."""
    late: int | None = None
    """Rejected events that are older than what the checkpoint had seen of their message."""
    earlier: EarlierRuns | None = None
    """What earlier runs left in the checkpoint."""
    unrecorded: Mapping[str, Unrecorded] = field(default_factory=dict)
    """What the log cannot know, by machine (companions too); empty where it can hold any event."""
    notes: tuple[str, ...] = ()
    """What was assumed of the files, and which of them the checkpoint knew."""

    def __post_init__(self) -> None:
        hold_mappings(self, "machines", "unrecorded")

    def __repr__(self) -> str:
        logs = ", ".join(log_file.name for log_file in self.log.files[:_NAMED])
        more = ", ..." if len(self.log.files) > _NAMED else ""
        counts = f"{quantity(self.events, 'event')}, {self.unit.count(self.messages)}"
        rejected = f"{self.rejected:,} rejected; {', '.join(self.machines)}"
        return f"<Replay of {logs}{more}: {counts}, {rejected}>"

    @cached_property
    def unit(self) -> Unit:
        """What one message is called: by the machines, else by the log."""
        run = (machine for machine in self.counts.machines if machine.name in self.machines)
        return unit_of(run, self.log.unit)

    def _rerun(self, **changes: Any) -> Counts:
        """Read the log again, with other options."""
        options = replace(self.options, observers=None, **changes)
        return run_pass(self.log, self.counts.machines, options)

    def as_dict(self) -> dict[str, object]:
        """Return the counts for JSON; the shape is stable.

        ``events`` are ``accepted`` or ``rejected``; ``late`` ones are among the rejected.
        ``duplicates`` were dropped, and are no events: the rows of the log are ``events`` and
        ``duplicates``. ``expired`` comes with a validity period, ``duplicates`` where they are
        looked for, ``late`` with a checkpoint, ``not_recorded``, ``without_events``,
        ``unknown_events`` and ``notes`` where there are any, ``files`` with what was not readable,
        ignored or unmapped where files of other formats were read. ``balance`` is :attr:`balance`.
        What was compared with the classes is no count of the log; it is in :attr:`crosscheck`.
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
            "unit": self.unit.name,
            "accepted": self.accepted,
            "rejected": self.rejected,
        }
        if self.duplicates is not None:
            counts["duplicates"] = self.duplicates
        if self.late is not None:
            counts["late"] = self.late
        if self.notes:
            counts["notes"] = list(self.notes)
        counts["machines"] = machines
        counts["balance"] = {"records": self.balance.records, "events": self.balance.events}
        if unknown := undefined_events(self):
            counts["unknown_events"] = unknown
        if self.without_events:
            counts["without_events"] = self.without_events
        if self.log.conversions:
            counts["files"] = [as_dict(note) for note in self.log.conversions]
        return counts

    @property
    def accepted(self) -> int:
        """The number of events that were not rejected."""
        return self.events - self.rejected

    @property
    def defined(self) -> int:
        """The number of events that are defined in some machine."""
        return self.events - self.counts.unknown

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

        They are 0, perhaps since such events, as opens, were not tracked. Of earlier runs only the
        states are known: all messages must be in the initial one. Empty where the log has no event
        of any machine.
        """
        if not self.defined:
            return []
        names: dict[str, None] = {}
        for machine in self.counts.machines:
            moved = self.messages - self.counts.states(machine.name)[machine.initial]
            if machine.alphabet <= self.counts.unseen and not moved:
                unknown = self.unrecorded.get(machine.name, RECORDED).indicators
                names |= dict.fromkeys(i.name for i in machine.indicators if i.name not in unknown)
        return [*names]

    # Rejections -----------------------------------------------------------------------------

    @cached_property
    def rejections(self) -> pl.DataFrame:
        """Every rejected event, in the order of the log: file, line, message, time, and why.

        ``state`` is where the message was, and empty where no machine defines the event;
        ``machine`` names the machines that agree on it.
        """
        return self.first_rejections(self.rejected)

    def first_rejections(self, count: int) -> pl.DataFrame:
        """Return the first rejected events of the log; see :attr:`rejections`."""
        check_count("count", count)
        earlier = [] if self.earlier is None else self.earlier.rejections(count)
        count -= sum(frame.height for frame in earlier)
        return pl.concat([*earlier, self._rejections.table(count)], how="diagonal")

    @property
    def new_rejections(self) -> pl.DataFrame:
        """The rejected events of this run; without a checkpoint, all of them."""
        return self._rejections.table()

    def rejection_kinds(self, most: int) -> RejectionKinds:
        """Count the rejected events of this run by kind."""
        check_count("most", most)
        return self._rejections.kinds(most)

    @cached_property
    def _rejections(self) -> Rejections:
        return Rejections(self.log, self.counts, self._source_rows)

    # Statuses -------------------------------------------------------------------------------

    @cached_property
    def statuses(self) -> pl.DataFrame:
        """One row per message: its last event, and its state and status under each machine.

        In the order in which the messages' last events stand in the log.
        """
        return pl.concat(list(self.status_frames()))

    def status_frames(self) -> Iterator[pl.DataFrame]:
        """Yield the rows of :attr:`statuses`, part after part."""
        counts = self.counts if self.counts.options.statuses else self._rerun(statuses=True)
        chunks = [
            (chunk, (chunk.statuses.events, *chunk.statuses.finals))
            for chunk in counts.chunks
            if chunk.statuses is not None
        ]
        for texts, columns in self._source_rows.marked(chunks, 1 + len(counts.products)):
            yield with_statuses(texts, counts, columns)

    @cached_property
    def _source_rows(self) -> SourceRows:
        return SourceRows(self.log, self.counts.encoder.firsts)

    # Traffic --------------------------------------------------------------------------------

    @cached_property
    def traffic(self) -> pl.DataFrame:
        """How many events of this run met each cell of each machine.

        Columns: ``machine``, ``state``, ``event``, ``target`` (null where it is rejected),
        ``count``. Cells that no event met are left out. The end of a validity period is an event
        of the states in which it changes something.
        """
        rows = []
        counts = self.counts if self.counts.options.traffic else self._rerun(traffic=True)
        for machine, state, event, rejected, count in counts.traffic():
            step = None if rejected else machine.step(state, event)
            if rejected or step:
                rows.append((machine.name, state, event, step.target if step else None, count))
        names = ("machine", "state", "event", "target")
        schema = dict.fromkeys(names, pl.String) | {"count": pl.Int64}
        return pl.DataFrame(rows, schema=schema, orient="row").group_by(names).sum().sort(names)

    # Distinct traces ------------------------------------------------------------------------

    @cached_property
    def distinct_traces(self) -> TraceParts:
        """The distinct traces of this run, with how many messages have each.

        One part, or several where there are very many: each trace is in a part once.
        """
        counts = self.counts if self.counts.options.traces else self._rerun(traces=True)
        return counts.traces

    # Durations -----------------------------------------------------------------------------

    @cached_property
    def durations(self) -> pl.DataFrame:
        """How long messages of this run stayed in the states of each machine.

        Columns: ``machine``, ``state``, ``event`` (what ended the stay; null where the log ends
        first), ``seconds`` (rounded down; beyond two hours by a thousandth at most), ``count``.
        Left out are the initial state, whose beginning is not known, and states that nothing
        leaves.
        """
        counts = self.counts if self.counts.options.durations else self._rerun(durations=True)
        return named(counts.durations, counts.products)

    def in_detail(self, every: timedelta, *, statuses: bool = False) -> Replay:
        """Return the same with traffic, durations, both kinds of series, and ``statuses`` at hand.

        That takes one more pass over the log, instead of one for each of them, and none where
        they were announced.
        """
        check_duration("every", every, optional=False)
        wanted: dict[str, Any] = dict.fromkeys(("traffic", "durations", "exact"), True)
        wanted |= {"every": every // MICROSECOND, **({"statuses": True} if statuses else {})}
        if replace(self.counts.options, **wanted) == self.counts.options:
            return self
        return replace(self, counts=self._rerun(**wanted))

    # Deliveries -----------------------------------------------------------------------------

    def by_delivery(self) -> pl.DataFrame:
        """Return each delivery's indicators at the end of this run, the largest delivery first.

        Columns: ``delivery_id``, ``to_send`` (its messages), ``machine``, ``indicator``,
        ``count``, ``percent``. Empty where the log has no deliveries; indicators that the log
        cannot know have no rows.
        """
        has_series = self.counts.options.every is not None
        counts = self.counts if has_series else self._rerun(every=_DAY // MICROSECOND)
        changes = (
            counts.changes()
            .group_by("delivery", "machine", "indicator")
            .agg(pl.col("change").sum().alias("count"))
        )
        share = (100 * pl.col("count") / pl.col("to_send")).round(2).alias("percent")
        rows = counts.deliveries().join(changes, on="delivery").with_columns(share)
        if "delivery_id" not in self.log.present:
            rows = rows.clear()
        rows = self._recorded(rows)
        by = ["to_send", "delivery_id", "machine", "indicator"]
        return (
            rows.with_columns(counts.delivery_names.gather(rows["delivery"]))
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
        of memory. :meth:`series` has the counts at the ends of periods; extremes, and statements
        about all times, need this one. Raises :class:`fsm.errors.LogError` for a replay that
        went on from a checkpoint, which keeps no times.
        """
        if self.earlier is not None:
            raise LogError("the exact series needs the whole log, not what a checkpoint kept")
        counts = self.counts
        if not counts.options.exact:
            every = counts.options.every or _HOUR // MICROSECOND
            counts = self._rerun(every=every, exact=True)
        return counts.exact_series()

    def series(
        self, every: timedelta = timedelta(hours=1), *, of_deliveries: bool = True
    ) -> pl.DataFrame:
        """Return each indicator at the end of each period in which its machine had an event.

        Columns: ``until`` (end of the period, UTC), ``delivery_id`` (where the log has it),
        ``machine``, ``indicator``, ``count`` and ``percent`` (of the messages to send; of the
        delivery's own messages where the log has deliveries). Indicators that the log cannot know
        have no rows. Without ``of_deliveries`` it is one
        series of the whole log.
        """
        check_duration("every", every, optional=False)
        micros = every // MICROSECOND
        if self.earlier is not None and self.counts.options.every != micros:
            raise LogError(f"the checkpoint does not count by {every}")
        is_counted = self.counts.options.every == micros
        counts = self.counts if is_counted else self._rerun(every=micros)
        changes, deliveries = self._recorded(counts.changes()), counts.deliveries()
        if self.earlier is not None:
            changes = self.earlier.with_changes(changes, counts)
            deliveries = self.earlier.with_deliveries(deliveries, counts)
        by = ["delivery_id"] if of_deliveries and "delivery_id" in self.log.present else []
        if not of_deliveries:
            changes = changes.with_columns(pl.lit(0, pl.UInt32).alias("delivery"))
            changes = changes.group_by(pl.exclude("change")).sum()
            deliveries = pl.DataFrame({"delivery": pl.Series([0], dtype=pl.UInt32)})
        if by:
            changes = changes.with_columns(counts.delivery_names.gather(changes["delivery"]))
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

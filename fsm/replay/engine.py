"""Replay: a log, executed by one or more machines.

The way of the data: batches of the log become chunks, sorted by message and kept in memory or on
the disk; the messages of one bucket, the same part of every chunk, are settled and folded; what
they did is counted, and written back to the chunks for those tables that ask row by row.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
from numpy.typing import NDArray

from fsm.errors import LogError, MachineError
from fsm.indicators import shares, status_counts
from fsm.machine import Machine
from fsm.replay.chunk import DIGITS, Bucket, Chunk, deal
from fsm.replay.fold import Codes, Index, smallest
from fsm.replay.result import MachineResult, Outcome, Replay
from fsm.replay.scan import Batch, Reader, Wanted
from fsm.replay.settle import DUE, Rows, Rules, Settled, settle
from fsm.replay.source import Log
from fsm.replay.store import Store
from fsm.replay.tally import Tally
from fsm.replay.team import Team, assemble, find_machine
from fsm.replay.words import Words, check, distinct

__all__ = ["Job", "microseconds_since_1970", "replay", "run_pass", "team_of"]

BUCKET = 1 << 17
"""Rows of a bucket, about: its columns stay in the cache of the processor."""

_SAMPLE, _LEAST_SAMPLE = 1 << 16, 1 << 10
"""Messages whose traces are looked at: of all buckets, and at least of each one."""

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Job:
    """What a pass over a log is to find; times in microseconds."""

    validity: int | None = None
    as_of: int | None = None
    every: int | None = None
    statuses: bool = False
    dedupe: bool = False
    oracle: bool = True
    memory: int = 1 << 30
    workers: int = 1
    progress: Callable[[int], None] | None = None


def replay(
    source: object,
    machines: Machine | Sequence[Machine],
    *,
    companions: Callable[[str], Machine] | None = None,
    to_send: int | None = None,
    validity: timedelta | None = None,
    as_of: datetime | None = None,
    every: timedelta | None = None,
    statuses: bool = False,
    dedupe: bool = False,
    oracle: bool = True,
    memory: int | None = None,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Replay:
    """Execute a log.

    ``source`` is a path or several, a polars frame or lazy frame, whatever has an Arrow C stream
    (pandas, pyarrow, DuckDB), or a :class:`fsm.replay.Log`.

    Events are ordered by (timestamp, seq, file order) within each message. An event that no
    machine knows, or that a machine which knows it does not accept, is rejected: it is kept,
    and changes nothing. ``companions`` loads a machine's companion by name; its indicators are
    shown with the machine's own.

    ``to_send`` is the denominator of the indicators (default: the messages of the log). With
    ``validity``, the deadline of a machine happens that long after its start event, before any
    event of the same instant, up to ``as_of`` (default: the last instant of the log). Events
    after ``as_of`` are left out.

    A message's later events of the same ``event_id`` are dropped, and with ``dedupe`` those of
    the same name and timestamp; both are counted.

    With ``oracle`` the distinct traces met are run through the python-statemachine classes that
    the machines were compiled from, and must agree; see :mod:`fsm.replay.words`.

    ``every`` and ``statuses`` announce that the series and the statuses will be asked for, which
    saves a second pass. Columns beyond ``memory`` bytes (default: a quarter of the machine's) go
    to a temporary file. ``workers`` is the number of threads (default: one per processor).
    ``progress`` is told the number of rows read so far.

    Raises :class:`fsm.errors.LogError` for a log that cannot be read, and where ``to_send`` is
    less than it holds; :class:`fsm.errors.MachineError` where class and table disagree.
    """
    log = Log.of(source)
    given = [machines] if isinstance(machines, Machine) else list(machines)
    team = team_of(given, companions)
    job = Job(
        validity=None if validity is None else validity // _MICROSECOND,
        as_of=None if as_of is None else microseconds_since_1970(as_of),
        every=None if every is None else every // _MICROSECOND,
        statuses=statuses,
        dedupe=dedupe,
        oracle=oracle,
        memory=_quarter() if memory is None else memory,
        workers=workers or len(os.sched_getaffinity(0)),
        progress=progress,
    )
    outcome = run_pass(log, team, job)
    if to_send is not None and to_send < outcome.messages:
        raise LogError(f"{to_send:,} messages to send, but the log has {outcome.messages:,}")
    whole = outcome.messages if to_send is None else to_send
    return Replay(
        log=log,
        events=outcome.events,
        messages=outcome.messages,
        rejected=len(outcome.rejected_rows),
        duplicates=outcome.duplicates if dedupe or "event_id" in log.present else None,
        to_send=whole,
        validity=validity,
        machines={m.name: _result(outcome, m, whole) for m in given},
        check=check(outcome.words, outcome.events_known, team) if oracle else None,
        outcome=outcome,
        again=lambda **more: run_pass(log, team, replace(job, oracle=False, **more)),
    )


def team_of(
    machines: Sequence[Machine], companions: Callable[[str], Machine] | None
) -> list[Machine]:
    """Return the machines and their companions, each once."""
    team = {machine.name: machine for machine in machines}
    if len(team) < len(machines):
        raise MachineError("the same machine is given twice")
    for machine in machines:
        if machine.companion and companions and machine.companion not in team:
            team[machine.companion] = companions(machine.companion)
    return list(team.values())


def microseconds_since_1970(instant: datetime) -> int:
    """Return a time as the engine counts it."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // _MICROSECOND


def _quarter() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4


def _result(outcome: Outcome, machine: Machine, to_send: int) -> MachineResult:
    states = outcome.states(machine.name)
    statuses = status_counts(machine, states)
    indicators = shares(machine, statuses, to_send)
    if machine.companion and machine.companion in outcome.names:
        team, number = find_machine(outcome.teams, machine.companion)
        companion = team.machines[number]
        beside = status_counts(companion, outcome.states(companion.name))
        indicators |= shares(companion, beside, to_send)
    return MachineResult(to_send, states, statuses, indicators, outcome.expired(machine.name))


# One pass --------------------------------------------------------------------------------------


class _DisorderError(Exception):
    """The log is not in order of time: the times must be carried along."""


def run_pass(log: Log, machines: Sequence[Machine], job: Job) -> Outcome:
    """Read the log once, and find what the job asks for.

    A log is taken to be in order of time until it turns out not to be; then it is read again.
    """
    teams = assemble(machines, deadlines=job.validity is not None)
    try:
        return _Pass(log, teams, job, ordered=True).run()
    except _DisorderError:
        return _Pass(log, teams, job, ordered=False).run()


class _Pass:
    """Chunks, then buckets, then counts."""

    def __init__(self, log: Log, teams: Sequence[Team], job: Job, *, ordered: bool) -> None:
        self.job, self.teams, self.store = job, teams, Store(job.memory)
        ids = "event_id" in log.present
        with_deliveries = "delivery_id" in log.present and job.every is not None
        wanted = Wanted(job.as_of, ids=ids, names=job.dedupe, deliveries=with_deliveries)
        self.reader = Reader(log, teams[0].alphabet.events, wanted)
        self.trusting = ordered and job.validity is None and not job.dedupe
        self.carried = ["keys", "checks", "codes"]
        self.carried += ["ids"] if ids else []
        self.carried += ["names"] if job.dedupe else []
        self.carried += [] if self.trusting else ["times", "seqs"]
        self.carried += ["deliveries"] if job.validity is not None else []
        self.chunks: list[Chunk] = []
        self.last = (np.iinfo(np.int64).min, np.iinfo(np.int64).min)
        self.latest = np.iinfo(np.int64).min

    def run(self) -> Outcome:
        for batch in self.reader.batches():
            if len(batch.keys):
                self._check_order(batch)
                self.chunks.append(self._chunk(batch))
            if self.job.progress:
                self.job.progress(batch.first + batch.height)
        end = self.job.as_of if self.job.as_of is not None else self.latest
        rules = Rules(self.teams, self.job.validity, end)
        buckets = self._buckets()
        outcome = Outcome.empty(self.reader, self.teams, self.chunks, self.job.every)
        with ThreadPoolExecutor(self.job.workers) as pool:
            sample = max(_LEAST_SAMPLE, _SAMPLE // max(1, len(buckets))) if self.job.oracle else 0
            todo = partial(_execute, rules=rules, job=self.job, sample=sample)
            for found in pool.map(todo, buckets):
                outcome.add(found)
        outcome.finish()
        return outcome

    def _check_order(self, batch: Batch) -> None:
        times, seqs = batch.times, batch.seqs
        self.latest = max(self.latest, int(times.max()))
        if not self.trusting:
            return
        first = (int(times[0]), int(seqs[0]) if seqs is not None else 0)
        back = times[1:] < times[:-1]
        if seqs is not None:
            back |= (times[1:] == times[:-1]) & (seqs[1:] < seqs[:-1])
        if first < self.last or back.any():
            raise _DisorderError
        self.last = (int(times[-1]), int(seqs[-1]) if seqs is not None else 0)

    def _chunk(self, batch: Batch) -> Chunk:
        chunk = deal(batch, self.store, self.carried)
        if self.job.every is not None:
            chunk.columns["period"] = self.store.put(batch.times // self.job.every)
            if batch.deliveries is not None:
                chunk.columns["delivery"] = self.store.put(batch.deliveries)
            for number, team in enumerate(self.teams):
                kind = smallest(2 * len(team.table.follow) + 1)
                chunk.columns[f"outcome{number}"] = self.store.make(kind, chunk.size)
        if self.job.statuses:
            chunk.columns["events"] = self.store.make(np.dtype(np.uint32), chunk.size)
            for number, team in enumerate(self.teams):
                kind = smallest(len(team.states) + 1)
                chunk.columns[f"final{number}"] = self.store.make(kind, chunk.size)
        return chunk

    def _buckets(self) -> list[Bucket]:
        total = sum(chunk.size for chunk in self.chunks)
        count = 1
        while count < DIGITS and count * BUCKET < total:
            count *= 2
        step = DIGITS // count
        return [Bucket(self.chunks, (i, i + step)) for i in range(0, DIGITS, step) if self.chunks]


# One bucket --------------------------------------------------------------------------------------


@dataclass
class Found:
    """What the messages of one bucket did: counts, and rejected rows with their cells."""

    messages: int
    events: int
    duplicates: int
    finals: list[NDArray[np.intp]]
    expired: list[NDArray[np.intp]]
    rejected_rows: Index
    rejected_cells: NDArray[np.uint32]
    words: Words
    dues: list[Tally] = field(default_factory=list)


def _execute(bucket: Bucket, rules: Rules, job: Job, sample: int) -> Found:
    rows = bucket.rows()
    settled = settle(rows, rules)
    teams, real = rules.teams, None
    if rules.validity is not None:
        real = settled.order != DUE
    aside = settled.codes == teams[0].alphabet.unknown
    for team, folded in zip(teams, settled.folded, strict=True):
        aside |= team.any_rejected.take(folded.cells)
    if real is not None:
        aside &= real
    at = np.flatnonzero(aside)
    found = Found(
        messages=len(settled.starts),
        events=len(settled.order) if real is None else int(real.sum()),
        duplicates=len(settled.duplicates),
        finals=[
            np.bincount(folded.final, minlength=len(team.states))
            for team, folded in zip(teams, settled.folded, strict=True)
        ],
        expired=[
            _expired(team, f.cells, job) for team, f in zip(teams, settled.folded, strict=True)
        ],
        rejected_rows=bucket.numbers(settled.order[at]) if len(at) else at,
        rejected_cells=np.stack([f.cells[at].astype(np.uint32) for f in settled.folded], axis=1),
        words=distinct(settled.codes, settled.starts, settled.lengths, sample),
    )
    if job.every is not None:
        _write_outcomes(bucket, settled, rows, real)
        if real is not None:
            found.dues = [_dues(settled, rows, i, team, job) for i, team in enumerate(teams)]
    if job.statuses:
        _write_finals(bucket, settled, rows, real)
    return found


def _expired(team: Team, cells: Codes, job: Job) -> NDArray[np.intp]:
    if job.validity is None:
        return np.zeros(len(team.machines), dtype=np.intp)
    met = np.bincount(cells, minlength=len(team.table.follow))
    return team.expired @ met


def _write_outcomes(
    bucket: Bucket, settled: Settled, rows: Rows, real: NDArray[np.bool_] | None
) -> None:
    """Write cell x 2, and 1 more on a message's first row; the largest number on dropped rows."""
    for number, folded in enumerate(settled.folded):
        kind = bucket.chunks[0].columns[f"outcome{number}"].kind
        cells = folded.cells.astype(kind) << kind.type(1)
        cells[settled.starts] |= kind.type(1)
        order = settled.order
        if real is not None:
            cells, order = cells[real], order[real]
        values = np.full(len(rows.keys), np.iinfo(kind).max, dtype=kind)
        values[order] = cells
        bucket.write(f"outcome{number}", values)


def _write_finals(
    bucket: Bucket, settled: Settled, rows: Rows, real: NDArray[np.bool_] | None
) -> None:
    """Write final state and number of events on each message's last row; elsewhere the largest."""
    ends, counts = settled.starts + settled.lengths, settled.lengths
    last = settled.order[ends - 1]
    if real is not None:
        before = np.append(0, np.cumsum(real))
        counts = before[ends] - before[settled.starts]
        last = settled.order[real][before[ends] - 1]
    events = np.zeros(len(rows.keys), dtype=np.uint32)
    events[last] = counts
    bucket.write("events", events)
    for number, folded in enumerate(settled.folded):
        kind = bucket.chunks[0].columns[f"final{number}"].kind
        values = np.full(len(rows.keys), np.iinfo(kind).max, dtype=kind)
        values[last] = folded.final
        bucket.write(f"final{number}", values)


def _dues(settled: Settled, rows: Rows, number: int, team: Team, job: Job) -> Tally:
    """Tally the ends of periods; each is of the delivery of the row before it."""
    assert settled.times is not None  # noqa: S101
    assert job.every is not None  # noqa: S101
    at = np.flatnonzero(settled.order == DUE)
    real = np.where(settled.order == DUE, 0, np.arange(len(settled.order)))
    before = settled.order[np.maximum.accumulate(real)[at]]
    deliveries = np.zeros(len(at), np.int64) if rows.deliveries is None else rows.deliveries[before]
    classes = team.effects.of_cell[settled.folded[number].cells[at]]
    return Tally.of(deliveries, settled.times[at] // job.every, classes)

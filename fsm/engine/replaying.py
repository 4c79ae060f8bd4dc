"""Replay: a log, executed by one or more machines.

The way of the data: batches of the log become chunks, sorted by message and kept in memory or on
the disk; the messages of one bucket, the same part of every chunk, are settled and folded; what
they did is counted, and written back to the chunks for those tables that ask row by row.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fsm.arrays import smallest
from fsm.catalog import as_machines, built_in_companion
from fsm.compile import crosscheck
from fsm.compile.crosscheck import CrossCheck
from fsm.engine.bucket_counts import Tables, execute_bucket
from fsm.engine.buckets import DIGITS, Bucket, Chunk, deal
from fsm.engine.counts import Outcome, Totals
from fsm.engine.encode import Batch, Reader, Wanted
from fsm.engine.memory import column_bytes, give_back, workers_within
from fsm.engine.product_machine import Team, assemble, find_machine
from fsm.engine.result import MachineResult, Replay
from fsm.engine.spill import Store
from fsm.engine.timelines import Rules
from fsm.engine.unrecorded import Unrecorded, unrecorded
from fsm.errors import LogError, MachineError
from fsm.indicators import shares, status_counts
from fsm.logs.log import Log
from fsm.logs.open import open_log
from fsm.machine import Machine
from fsm.machines import FEEDBACK_MODES

if TYPE_CHECKING:
    from fsm.engine.checkpoint.checkpoint import Checkpoint

__all__ = ["Job", "microseconds_since_1970", "replay", "run_pass", "team_of"]

BUCKET = 1 << 18
"""Rows of a bucket, about: its columns stay in the cache of the processor."""

_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Job:
    """What a pass over a log is to find; times in microseconds."""

    validity: int | None = None
    as_of: int | None = None
    every: int | None = None
    statuses: bool = False
    traffic: bool = False
    sojourns: bool = False
    exact: bool = False
    """Keep what the exact series is made of; the series by ``every`` is made as well."""
    dedupe: bool = False
    cross_check: bool = True
    memory: int = 1 << 30
    workers: int = 1
    resumable: bool = False
    """Find also what a later replay needs to go on; the log then begins with a checkpoint's."""
    latest: int | None = None
    """The last instant that the checkpoint has seen."""
    progress: Callable[[int], None] | None = None


def replay(
    source: object,
    machines: Machine | str | Iterable[Machine | str] = FEEDBACK_MODES,
    *,
    companions: Callable[[str], Machine] | None = built_in_companion,
    to_send: int | None = None,
    validity: timedelta | None = None,
    as_of: datetime | None = None,
    every: timedelta | None = None,
    statuses: bool = False,
    detail: bool = False,
    dedupe: bool = False,
    cross_check: bool = True,
    oracle: bool = True,
    memory: int | None = None,
    workers: int | None = None,
    checkpoint: str | Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> Replay:
    """Execute a log and return what it did to its messages.

    ``source`` is a path or several, a polars frame or lazy frame, whatever has an Arrow C stream
    (pandas, pyarrow, DuckDB), or a :class:`fsm.engine.Log`. ``machines`` are one or several, each
    as it is or by its name (default: both feedback modes).

    Events are ordered by (timestamp, seq, file order) within each message. An event that no
    machine knows, or that a machine which knows it does not accept, is rejected: it is kept,
    and changes nothing. ``companions`` loads a machine's companion by name (None: machines stay
    without); it hears its own events, and its indicators are shown with the machine's.

    ``to_send`` is the denominator of the indicators (default: the messages of the log). With
    ``validity``, the deadline of a machine happens that long after its start event, before any
    event of the same instant, up to ``as_of`` (default: the last instant of the log). Events
    after ``as_of`` are left out.

    A message's later events of the same ``event_id`` are dropped, and with ``dedupe`` those of
    the same name and timestamp; both are counted.

    With ``cross_check`` (``oracle`` is its earlier name) the cells of the machines' tables are
    compared with the python-statemachine classes that they were compiled from, as many as a
    bounded amount of work allows, those that the log met first; see
    :mod:`fsm.compile.crosscheck`.

    ``every``, ``statuses`` and ``detail`` announce that the series, the statuses, and traffic,
    sojourn times and the exact series will be asked for, which saves a second pass. What is kept
    of every row and the work on it take ``memory`` bytes at most (default: a quarter of the
    machine's), the rest goes to a temporary file; :mod:`fsm.engine.memory` says what a process
    needs beside it. ``workers`` is the number of threads (default: one per processor, as far as
    the memory allows). ``progress`` is told the number of rows read so far.

    ``checkpoint`` is a directory that keeps what was executed: the result is that of all logs
    ever executed with it, and only what is new is executed. What it has executed it knows by its
    rows, in whatever file they come again: such files are skipped, of one that has grown the new
    rows are executed, and ``notes`` of the result say so, also where rows among new ones
    come again. An event that is older than what
    the checkpoint has seen of its message is rejected as late. The machines, ``validity``,
    ``every`` (default: an hour) and ``dedupe`` must stay the same. A run that ends early, however
    it ends, leaves the checkpoint as it was.

    Raises :class:`fsm.errors.LogError` for a log that cannot be read, and where ``to_send`` is
    less than it holds; :class:`fsm.errors.MachineError` where class and table disagree;
    :class:`fsm.errors.CheckpointError` for a checkpoint that cannot be continued.

    >>> import fsm
    >>> log = next(fsm.simulate("with-feedback", messages=100, seed=1))
    >>> replay(log, "with-feedback").machines["with-feedback"].statuses
    {'Pending': 0, 'Sent': 81, 'Failed': 19}
    """
    log = open_log(source)
    given = as_machines(machines)
    team = team_of(given, companions)
    if checkpoint is not None and every is None:
        every = timedelta(hours=1)
    job = Job(
        validity=None if validity is None else validity // _MICROSECOND,
        as_of=None if as_of is None else microseconds_since_1970(as_of),
        every=None if every is None else every // _MICROSECOND,
        statuses=statuses,
        traffic=detail,
        sojourns=detail,
        exact=detail and every is not None and checkpoint is None,
        dedupe=dedupe,
        cross_check=cross_check and oracle,
        memory=_quarter() if memory is None else memory,
        workers=workers or _processors(),
        progress=progress,
    )
    if checkpoint is None:
        return _executed(log, given, team, job, to_send, records=log.recordable)
    from fsm.engine.checkpoint.checkpoint import Checkpoint, settings_of

    settings = settings_of(team, job.validity, job.every or 0, dedupe, log.pseudonyms)
    with Checkpoint.opened(Path(checkpoint), settings) as saved:
        job = replace(job, resumable=True, statuses=True, latest=saved.before.totals.latest)
        todo = saved.resume(log)
        result = _executed(todo, given, team, job, to_send, saved, saved.records)
        saved.commit(result.log, result.outcome, result.new_rejections)
    return result


def _executed(
    log: Log,
    given: Sequence[Machine],
    team: Sequence[Machine],
    job: Job,
    to_send: int | None,
    saved: Checkpoint | None = None,
    records: frozenset[str] | None = None,
) -> Replay:
    met_first = job.cross_check and not crosscheck.covers(team, crosscheck.MOST)
    outcome = run_pass(log, team, replace(job, traffic=job.traffic or met_first))
    if to_send is not None and to_send < outcome.messages:
        raise LogError(f"{to_send:,} messages to send, but the log has {outcome.messages:,}")
    whole = outcome.messages if to_send is None else to_send
    totals = outcome.totals(saved.before.totals if saved else Totals())
    lacking = {
        machine.name: unrecorded(
            machine, records, outcome.states(machine.name), deadlines=job.validity is not None
        )
        for machine in team
    }
    return Replay(
        log=log,
        events=totals.events,
        messages=outcome.messages,
        rejected=totals.rejected,
        duplicates=totals.duplicates if job.dedupe or "event_id" in log.present else None,
        to_send=whole,
        validity=None if job.validity is None else job.validity * _MICROSECOND,
        machines={m.name: _result(outcome, m, whole, totals, lacking) for m in given},
        crosscheck=_checked(team, outcome if met_first else None) if job.cross_check else None,
        outcome=outcome,
        again=lambda **more: run_pass(log, team, replace(job, **more)),
        as_of=None if job.as_of is None else _EPOCH + job.as_of * _MICROSECOND,
        dedupe=job.dedupe,
        late=totals.late if saved else None,
        before=saved.before if saved else None,
        unrecorded=lacking,
        notes=(*log.notes, *(saved.notes if saved else ())),
    )


def _checked(team: Sequence[Machine], outcome: Outcome | None) -> CrossCheck:
    """Compare the tables with their classes; an outcome tells which cells come first."""
    met = None if outcome is None else outcome.cells_met
    return crosscheck.cross_check(team, met, crosscheck.MOST)


def team_of(
    machines: Sequence[Machine], companions: Callable[[str], Machine] | None
) -> list[Machine]:
    """Return the machines and their companions, each once.

    A companion has the name by which its machine calls it, whatever name stands in its file.
    """
    team: dict[str, Machine] = {}
    for machine in machines:
        if machine.name in team:
            raise MachineError(f"{machine.name}: a machine of this name is given twice")
        team[machine.name] = machine
    for machine in machines:
        name = machine.companion
        if name and companions and name not in team:
            loaded = companions(name)
            team[name] = loaded if loaded.name == name else replace(loaded, name=str(name))
    return list(team.values())


def microseconds_since_1970(instant: datetime) -> int:
    """Return a time as the engine counts it."""
    return (instant - _EPOCH) // _MICROSECOND


def _processors() -> int:
    """Return the processors this process may use; not every system tells."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def _quarter() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4


def _result(
    outcome: Outcome,
    machine: Machine,
    to_send: int,
    totals: Totals,
    lacking: Mapping[str, Unrecorded],
) -> MachineResult:
    unknown = lacking[machine.name]
    states = outcome.states(machine.name)
    statuses = status_counts(machine, states)
    indicators = shares(machine, statuses, to_send)
    if machine.companion and machine.companion in outcome.names:
        team, number = find_machine(outcome.teams, machine.companion)
        companion = team.machines[number]
        beside = status_counts(companion, outcome.states(companion.name))
        indicators |= shares(companion, beside, to_send)
        unknown = unknown.with_companion(lacking[companion.name])
    expired = totals.expired[machine.name]
    return MachineResult(to_send, states, statuses, indicators, expired, unknown)


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
        self.job, self.teams = job, teams
        self.workers = workers_within(job.memory, job.workers)
        self.store = Store(column_bytes(job.memory, self.workers))
        ids = "event_id" in log.present
        with_deliveries = "delivery_id" in log.present and job.every is not None
        wanted = Wanted(
            None if job.resumable else job.as_of,
            ids=ids,
            names=job.dedupe,
            deliveries=with_deliveries,
        )
        self.reader = Reader(log, teams[0].alphabet.events, wanted)
        in_time = job.validity or job.dedupe or job.resumable or job.sojourns or job.exact
        self.trusting = ordered and not in_time
        self.carried = ["keys", "checks", "codes"]
        self.carried += ["ids"] if ids else []
        self.carried += ["names"] if job.dedupe else []
        self.carried += [] if self.trusting else ["times", "seqs"]
        self.carried += ["deliveries"] if job.validity is not None else []
        self.chunks: list[Chunk] = []
        self.unseen = dict(enumerate(self.teams[0].alphabet.events))
        self.last = (np.iinfo(np.int64).min, np.iinfo(np.int64).min)
        self.latest = np.iinfo(np.int64).min if job.latest is None else job.latest
        self.earliest = np.iinfo(np.int64).max

    def run(self) -> Outcome:
        for batch in self.reader.batches():
            if len(batch.keys):
                self._check_order(batch)
                self._note_events(batch)
                self.chunks.append(self._chunk(batch))
            if self.job.progress:
                self.job.progress(batch.first + batch.height)
        give_back()
        rules = Rules(self.teams, self.job.validity, self._end())
        buckets = self._buckets()
        outcome = Outcome(
            self.reader,
            self.teams,
            self.chunks,
            self.job.every,
            traffic_counted=self.job.traffic,
            sojourns_timed=self.job.sojourns,
            exact_in=self.store if self.job.exact else None,
            unseen=frozenset(self.unseen.values()),
        )
        if self.chunks:
            outcome.earliest, outcome.latest = self.earliest, self.latest
        with ThreadPoolExecutor(self.workers) as pool:
            todo = partial(execute_bucket, rules=rules, tables=self._tables())
            for found in pool.map(todo, buckets):
                outcome.add(found)
        outcome.finish()
        give_back()
        return outcome

    def _note_events(self, batch: Batch) -> None:
        """Note which events there are; each is looked for until it is met."""
        for code in [code for code in self.unseen if (batch.codes == code).any()]:
            del self.unseen[code]

    def _end(self) -> int:
        """Return the instant up to which validity periods end."""
        if self.job.as_of is None:
            return self.latest
        if self.job.resumable and self.latest > self.job.as_of:
            raise LogError(
                "there are events after --as-of; with a checkpoint every event must count, "
                "so that none is lost: give a later time, or no checkpoint"
            )
        return self.job.as_of

    def _tables(self) -> Tables:
        return Tables(
            self.job.every,
            self.job.statuses,
            self.job.resumable,
            self.job.resumable and ("ids" in self.carried or self.job.dedupe),
            self.job.traffic,
            self.job.sojourns,
            self.job.exact,
        )

    def _check_order(self, batch: Batch) -> None:
        times, seqs = batch.times, batch.seqs
        self.latest = max(self.latest, int(times.max()))
        self.earliest = min(self.earliest, int(times.min()))
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
        job, past = self.job, None
        if batch.past is not None:
            from fsm.engine.checkpoint.checkpoint import known_of

            past = known_of(batch.past, batch.times, self.teams, job.validity)
        chunk = deal(batch, self.store, self.carried, past)
        made: dict[str, np.dtype[Any]] = {}
        if job.every is not None and past is None:
            chunk.columns["period"] = self.store.put(batch.times // job.every)
            if batch.deliveries is not None:
                chunk.columns["delivery"] = self.store.put(batch.deliveries)
            for number, team in enumerate(self.teams):
                made[f"outcome{number}"] = smallest(2 * len(team.table.follow) + 1)
        if job.statuses:
            made["events"] = np.dtype(np.uint32)
        for number, team in enumerate(self.teams):
            kind = smallest(len(team.states))
            made |= {f"final{number}": kind} if job.statuses else {}
            made |= {f"lasting{number}": kind} if job.resumable else {}
        if job.resumable:
            made["mark"] = np.dtype(np.uint8)
            starts = self.teams[0].alphabet.starts
            made |= {f"began{i}": np.dtype(np.int64) for i in range(len(starts))}
        for name, kind in made.items():
            chunk.columns[name] = self.store.make(kind, chunk.size)
        return chunk

    def _buckets(self) -> list[Bucket]:
        total = sum(chunk.size for chunk in self.chunks)
        count = 1
        while count < DIGITS and count * BUCKET < total:
            count *= 2
        step = DIGITS // count
        return [Bucket(self.chunks, (i, i + step)) for i in range(0, DIGITS, step) if self.chunks]

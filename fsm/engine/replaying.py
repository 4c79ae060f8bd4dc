"""The function ``replay``: execute a log with one or more machines."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from fsm.arguments import check_call, check_count, check_duration, check_flags, check_time
from fsm.catalog import as_machines, built_in_companion
from fsm.compile import crosscheck
from fsm.compile.crosscheck import CrossCheck
from fsm.engine.balance import balance_of
from fsm.engine.counts import Counts, Totals
from fsm.engine.machine_result import MachineResult
from fsm.engine.one_pass import run_pass
from fsm.engine.options import Observers, ReplayOptions
from fsm.engine.result import Replay
from fsm.engine.unrecorded import RECORDED, Unrecorded, unrecorded_figures
from fsm.epoch import MICROSECOND, microseconds_since_1970, time_at
from fsm.errors import ArgumentError, LogError, MachineError
from fsm.indicators import shares, status_counts
from fsm.logs.log import Log
from fsm.logs.open import open_log
from fsm.logs.reading import ReadingOptions
from fsm.machine import Machine
from fsm.machines import FEEDBACK_MODES
from fsm.text import quantity

if TYPE_CHECKING:
    from fsm.engine.checkpoint.checkpoint import Checkpoint

__all__ = ["check_replay_arguments", "replay", "with_companions"]


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
    traces: bool = False,
    observers: Observers | None = None,
    dedupe: bool = False,
    cross_check: bool = True,
    oracle: bool = True,
    memory: int | None = None,
    workers: int | None = None,
    checkpoint: str | Path | None = None,
    progress: Callable[[int], None] | None = None,
    mapping: str | Path | Iterable[str | Path] = (),
    events: Mapping[str, str] | None = None,
) -> Replay:
    """Execute a log and return what it did to its messages.

    ``source`` is whatever :func:`fsm.open_log` opens: a path or several, a polars frame or lazy
    frame, any object with an Arrow C stream (pandas, pyarrow, DuckDB), or a :class:`fsm.Log`.
    ``mapping`` and ``events`` are those of :func:`fsm.open_log`.
    ``machines`` are one or several, each as it is or by its name (default: both feedback modes).

    Events are ordered by (timestamp, seq, file order) within each message. An event that is not
    defined in any machine, or that a machine which defines it does not accept, is rejected: it is
    kept, and changes nothing. ``companions`` loads a machine's companion by name (None: machines
    stay without); the companion has its own events, and its indicators are shown with the
    machine's.

    ``to_send`` is the denominator of the indicators (default: the messages of the log). With
    ``validity``, the deadline of a machine happens that long after its start event, before any
    event of the same instant, up to ``as_of`` (default: the last instant of the log), and so do the
    events of its :attr:`fsm.Machine.timers`. A row that records the event of a timer that is due is
    its firing: nothing happens twice. Events after ``as_of`` are left out.

    A message's later events of the same ``event_id`` are dropped, and with ``dedupe`` those of
    the same name and timestamp; both are counted.

    With ``cross_check`` (``oracle`` is its earlier name) the cells of the machines' tables are
    compared with the python-statemachine classes that they were compiled from, as many as a
    bounded amount of work allows, those that the log met first; see
    :mod:`fsm.compile.crosscheck`.

    ``every``, ``statuses``, ``detail`` and ``traces`` announce that the series, the statuses,
    traffic, durations and the exact series, and the distinct traces will be asked for, which saves
    a second pass. ``observers`` are questions of other parts of this package, asked in the same
    pass. The columns kept of every row and the work on them take ``memory`` bytes at most (default:
    a quarter of the machine's), the rest goes to a temporary file; :mod:`fsm.engine.memory` says
    what a process needs beside it. ``workers`` is the number of threads (default: one per
    processor, as far as the memory allows). ``progress`` is called with the number of rows read so
    far.

    ``checkpoint`` is a directory that keeps what was executed: the result is that of all logs
    ever executed with it, and only new rows are executed. The checkpoint recognises executed rows
    in whatever file they come again: such files are skipped, and of a file that has grown the new
    rows are executed. ``notes`` of the result say so, also where executed rows come again among
    new ones. An event that is older than the last one that the checkpoint has of its message is
    rejected as late. The machines, ``validity``, ``every`` (default: an hour) and ``dedupe`` must
    stay the same. A run that fails or is killed leaves the checkpoint as it was. Of logs of other
    formats the checkpoint keeps the rows that were read, and reads what is new of their files; see
    :mod:`fsm.logs.incremental.incremental_run`.

    Raises :class:`fsm.errors.LogError` for a log that cannot be read, and where ``to_send`` is
    less than it holds; :class:`fsm.errors.MachineError` where class and table disagree;
    :class:`fsm.errors.CheckpointError` for a checkpoint that cannot be continued;
    :class:`fsm.errors.ArgumentError` for an argument of a wrong type or out of its range, such as
    a duration of 0 or a time without a zone.

    >>> import fsm
    >>> log = next(fsm.simulate("with-feedback", messages=100, seed=1))
    >>> replay(log, "with-feedback").machines["with-feedback"].statuses
    {'Pending': 0, 'Sent': 81, 'Failed': 19}
    """
    check_flags(
        statuses=statuses,
        detail=detail,
        traces=traces,
        dedupe=dedupe,
        cross_check=cross_check,
        oracle=oracle,
    )
    check_replay_arguments(companions, validity, as_of)
    check_duration("every", every)
    check_count("to_send", to_send)
    check_count("memory", memory)
    check_count("workers", workers, least=1)
    check_call("progress", progress, "a function that takes the number of rows")
    if not isinstance(checkpoint, str | Path | None):
        raise ArgumentError(f"checkpoint: {checkpoint!r} is not the path of a directory")
    shown = as_machines(machines)
    if not shown:
        raise MachineError("no machine given; name one, or leave machines out for both modes")
    log = _opened(source, checkpoint, mapping, events)
    if checkpoint is not None and every is None:
        every = timedelta(hours=1)
    options = ReplayOptions(
        validity=None if validity is None else validity // MICROSECOND,
        as_of=None if as_of is None else microseconds_since_1970(as_of),
        every=None if every is None else every // MICROSECOND,
        statuses=statuses,
        traffic=detail,
        durations=detail,
        traces=traces,
        observers=observers,
        exact=detail and every is not None and checkpoint is None,
        dedupe=dedupe,
        cross_check=cross_check and oracle,
        memory=_quarter() if memory is None else memory,
        workers=_processors() if workers is None else workers,
        progress=progress,
    )
    machines = with_companions(shown, companions)
    if checkpoint is None or log.incremental is not None:
        counts = _counted(log, machines, options)
        result = _result(log, shown, counts, log.recordable, to_send)
        if log.incremental is not None:
            log.incremental.commit()
        return result
    return _continued(log, shown, machines, options, to_send, Path(checkpoint))


def _opened(
    source: object,
    checkpoint: str | Path | None,
    mapping: str | Path | Iterable[str | Path],
    events: Mapping[str, str] | None,
) -> Log:
    if checkpoint is None or isinstance(source, Log):
        return open_log(source, mapping=mapping, events=events)
    options = ReadingOptions(checkpoint=Path(checkpoint))
    return open_log(source, options=options, mapping=mapping, events=events)


def check_replay_arguments(companions: object, validity: object, as_of: object) -> None:
    """Refuse arguments that messages are executed with; raises :class:`ArgumentError`."""
    check_call("companions", companions, "fsm.load, or None for machines without companions")
    check_duration("validity", validity)
    check_time("as_of", as_of)


def _continued(
    log: Log,
    shown: Sequence[Machine],
    machines: Sequence[Machine],
    options: ReplayOptions,
    to_send: int | None,
    directory: Path,
) -> Replay:
    """Execute what is new of a log, and add it to a checkpoint."""
    from fsm.engine.checkpoint.checkpoint import Checkpoint
    from fsm.engine.checkpoint.settings import settings_of

    settings = settings_of(machines, options, log.pseudonyms)
    with Checkpoint.opened(directory, settings) as checkpoint:
        latest = checkpoint.earlier.totals.latest
        options = replace(options, resumable=True, statuses=True, latest=latest)
        new = checkpoint.resume(log)
        counts = _counted(new, machines, options)
        result = _result(new, shown, counts, checkpoint.records, to_send, checkpoint)
        checkpoint.commit(new, counts, result.new_rejections)
    return result


def _counted(log: Log, machines: Sequence[Machine], options: ReplayOptions) -> Counts:
    """Run the pass; count the cells met where the cross-check must begin with them."""
    by_log = options.cross_check and not crosscheck.covers_all_cells(machines, crosscheck.MAX_WORK)
    return run_pass(log, machines, replace(options, traffic=options.traffic or by_log))


def _result(
    log: Log,
    shown: Sequence[Machine],
    counts: Counts,
    records: frozenset[str] | None,
    to_send: int | None,
    checkpoint: Checkpoint | None = None,
) -> Replay:
    """Put the result together; ``records`` are the events that the logs can hold."""
    options = counts.options
    if to_send is not None and to_send < counts.messages:
        raise LogError(
            f"{quantity(to_send, 'message')} to send, but the log has {counts.messages:,}"
        )
    whole = counts.messages if to_send is None else to_send
    earlier = checkpoint.earlier.totals if checkpoint else Totals()
    totals = counts.totals(earlier)
    unrecorded = _unrecorded(counts, records)
    return Replay(
        log=log,
        events=totals.events,
        messages=counts.messages,
        rejected=totals.rejected,
        duplicates=totals.duplicates if options.dedupe or "event_id" in log.present else None,
        to_send=whole,
        validity=None if options.validity is None else options.validity * MICROSECOND,
        machines={m.name: _machine_result(counts, m, whole, totals, unrecorded) for m in shown},
        crosscheck=_checked(counts) if options.cross_check else None,
        options=options,
        counts=counts,
        as_of=None if options.as_of is None else time_at(options.as_of),
        dedupe=options.dedupe,
        late=totals.late if checkpoint else None,
        earlier=checkpoint.earlier if checkpoint else None,
        unrecorded=unrecorded,
        notes=(
            *log.notes,
            *(checkpoint.notes if checkpoint else ()),
            *(note for machine in counts.machines for note in _unexecuted(machine)),
        ),
        balance=balance_of(log, counts, totals, earlier, checkpoint.left_out if checkpoint else 0),
    )


def _unexecuted(machine: Machine) -> Iterator[str]:
    """Yield the timers that cannot fire by themselves, since their event depends on guards."""
    for timer in machine.timers:
        if timer.event not in machine.alphabet:
            yield (
                f"{machine.name}: the timer {str(timer)!r} is not executed: what its event does "
                f"depends on {', '.join(machine.guards[timer.event])}; the log must record it"
            )


def _checked(counts: Counts) -> CrossCheck:
    """Compare the tables with their classes; where not all of them, the cells that events met."""
    machines = counts.machines
    met = None if crosscheck.covers_all_cells(machines, crosscheck.MAX_WORK) else counts.cells_met
    return crosscheck.cross_check(machines, met, crosscheck.MAX_WORK)


def _unrecorded(counts: Counts, records: frozenset[str] | None) -> dict[str, Unrecorded]:
    """Return what the logs cannot know, by machine; nothing where they can hold any event."""
    if records is None:
        return {}
    deadlines = counts.options.validity is not None
    return {
        machine.name: unrecorded_figures(
            machine, records, counts.states(machine.name), deadlines=deadlines
        )
        for machine in counts.machines
    }


def _machine_result(
    counts: Counts,
    machine: Machine,
    to_send: int,
    totals: Totals,
    unrecorded: Mapping[str, Unrecorded],
) -> MachineResult:
    states = counts.states(machine.name)
    statuses = status_counts(machine, states)
    indicators = shares(machine, statuses, to_send)
    unknown = unrecorded.get(machine.name, RECORDED)
    companion = next((m for m in counts.machines if m.name == machine.companion), None)
    if companion is not None:
        companion_statuses = status_counts(companion, counts.states(companion.name))
        indicators |= shares(companion, companion_statuses, to_send)
        if unrecorded:
            unknown = unknown.with_companion(unrecorded[companion.name])
    expired = totals.expired[machine.name]
    timers = dict(totals.fired[machine.name])
    return MachineResult(to_send, states, statuses, indicators, expired, timers, unknown)


def with_companions(
    machines: Sequence[Machine], companions: Callable[[str], Machine] | None
) -> list[Machine]:
    """Return the machines and their companions, each once.

    A companion has the name by which its machine calls it, whatever name stands in its file.
    """
    by_name: dict[str, Machine] = {}
    for machine in machines:
        if machine.name in by_name:
            raise MachineError(f"{machine.name}: a machine of this name is given twice")
        by_name[machine.name] = machine
    for machine in machines:
        name = machine.companion
        if name and companions and name not in by_name:
            loaded = companions(name)
            by_name[name] = loaded if loaded.name == name else replace(loaded, name=str(name))
    return list(by_name.values())


def _processors() -> int:
    """Return the number of processors this process may use; not every system says."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def _quarter() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4

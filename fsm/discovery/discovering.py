"""The function ``discover``: the machine that a log shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from fsm.catalog import as_machine, built_in_companion
from fsm.discovery.learning import learnt_machine, learnt_table
from fsm.discovery.prefix_tree import MOST_NODES, PrefixTree, tree_of
from fsm.discovery.result import Discovery
from fsm.discovery.traces import TraceCounts
from fsm.engine.replaying import replay
from fsm.errors import ArgumentError, LogError
from fsm.logs.log import Log
from fsm.logs.open import open_log
from fsm.machine import Machine, State, Transition
from fsm.text import quantity
from fsm.unit import Unit, unit_of

__all__ = ["MOST_EVENTS", "discover", "learn_from"]

MOST_EVENTS = 500
"""Names of events beyond which a log is refused: a machine of so many shows nothing."""
RARE = 3
"""How much rarer than wrong events a transition may be: one error makes one or two events wrong,
and they gather in few places."""
_MOST_NOISE = 0.3


def discover(
    source: object,
    machine: Machine | str | None = None,
    *,
    noise: float = 0.0,
    name: str = "learnt",
    companions: Callable[[str], Machine] | None = built_in_companion,
    as_of: datetime | None = None,
    dedupe: bool = False,
    memory: int | None = None,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    mapping: str | Path | Iterable[str | Path] = (),
    events: Mapping[str, str] | None = None,
) -> Discovery:
    """Return the deterministic machine that a log shows, with the evidence of each transition.

    ``source``, ``mapping``, ``events``, ``as_of``, ``dedupe``, ``memory``, ``workers`` and
    ``progress`` are those of :func:`fsm.replay`. ``machine`` is a reference, a machine or its name:
    states that correspond to one of its states have its name and its status, and events of its
    companion, which ``companions`` loads, are left aside. It adds no transition. ``name`` is the
    name of the learnt machine. ``noise``, from 0 to 0.3, is the share of the events that are taken
    for wrong (lost, doubled or swapped): transitions that at most three times this share of the
    visits of their state travelled are left out; :attr:`Discovery.left_out` lists them.

    Only what messages did is learnt: two states are one where the log shows no event that only
    one of them has, as far as the number of their visits makes that certain. Every state may end.

    Raises :class:`fsm.errors.LogError` for a log that cannot be read, has no events or too many
    different ones, :class:`fsm.errors.MachineError` for a machine that does not exist, and
    :class:`fsm.errors.ArgumentError` for an argument out of its range.

    >>> import fsm
    >>> log = next(fsm.simulate("engagement", messages=200, seed=1))
    >>> discover(log, "engagement").evidence[0].messages
    8
    """
    is_number = isinstance(noise, int | float) and not isinstance(noise, bool)
    if not is_number or not 0 <= noise <= _MOST_NOISE:
        raise ArgumentError(f"noise: {noise!r} is no share from 0 to {_MOST_NOISE}, such as 0.01")
    reference = None if machine is None else as_machine(machine)
    log = open_log(source, mapping=mapping, events=events)
    aside = _companion_events(reference, companions)
    names = tuple(name for name in _event_names(log) if name not in aside)
    if len(names) > MOST_EVENTS:
        raise LogError(
            f"{_place(log)}: more than {MOST_EVENTS} different events, too many for a machine; "
            "is the column right? --column event=NAME maps another one"
        )
    any_order = _any_order(names, reference)
    result = replay(
        log,
        any_order,
        companions=None,
        as_of=as_of,
        traces=True,
        cross_check=False,
        dedupe=dedupe,
        memory=memory,
        workers=workers,
        progress=progress,
    )
    traces, beside = TraceCounts.of_parts(names, result.distinct_traces).without_unknown()
    if not len(traces.codes):
        raise LogError(f"{_place(log)}: no events to learn from")
    unit = unit_of([reference or any_order], log.unit)
    return learn_from(traces, reference, noise=noise, name=name, unit=unit, beside=beside)


def learn_from(
    traces: TraceCounts,
    reference: Machine | None = None,
    *,
    noise: float = 0.0,
    name: str = "learnt",
    unit: Unit | None = None,
    beside: int = 0,
) -> Discovery:
    """Return what traces show; ``beside`` is how many events were left aside."""
    unit = unit or unit_of([_any_order(traces.events, reference)])
    tree = tree_of(traces)
    rare = RARE * noise
    table = learnt_table(traces, tree, rare)
    learnt = learnt_machine(table, traces, reference, rare=rare, name=name, unit=unit)
    return Discovery(
        machine=learnt.machine,
        evidence=learnt.evidence,
        left_out=learnt.left_out,
        messages=traces.messages,
        accepted=int(traces.counts[learnt.travelled.accepted].sum()),
        events=int((traces.lengths * traces.counts).sum()),
        beside=beside,
        noise=noise,
        unit=unit,
        reference=learnt.reference,
        notes=(*_notes(tree), *learnt.notes),
    )


def _place(log: Log) -> str:
    """Return where a log is, for messages."""
    return log.files[0].name if len(log.files) == 1 else f"{quantity(len(log.files), 'file')}"


def _event_names(log: Log) -> list[str]:
    """Return the names of the events of a log, sorted; at most one more than is allowed."""
    names: set[str] = set()
    event = pl.col("event").cast(pl.String)
    for file in log.files:
        found = file.scan(["event"]).select(event.drop_nulls().unique())
        names.update(found.collect(engine="streaming")["event"].to_list())
        if len(names) > MOST_EVENTS:
            break
    return sorted(names)


def _companion_events(
    reference: Machine | None, companions: Callable[[str], Machine] | None
) -> frozenset[str]:
    """Return the events that only the companion of a reference knows."""
    if reference is None or reference.companion is None or companions is None:
        return frozenset()
    return companions(reference.companion).alphabet - reference.alphabet


def _any_order(names: Sequence[str], reference: Machine | None) -> Machine:
    """Return the machine that accepts events in any order, so that all of a trace is kept."""
    state = State("any", None, "any", ("any",))
    loops = tuple(Transition("any", name, "any", name) for name in names)
    unit = reference.unit if reference else None
    return Machine("any order", "any order", (state,), tuple(names), loops, "any", unit=unit)


def _notes(tree: PrefixTree) -> Iterator[str]:
    if not tree.whole:
        yield (
            f"learnt from the first {quantity(tree.depth, 'event')} of each trace, "
            f"as longer traces differ too much ({MOST_NODES:,} beginnings); all of them are counted"
        )

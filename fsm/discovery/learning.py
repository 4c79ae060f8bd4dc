"""A machine from traces: merged, reduced to the states that differ, named, with its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import log
from typing import NamedTuple

import numpy as np

from fsm.arrays import Index
from fsm.discovery.annealing import annealed_tables
from fsm.discovery.arrival_split import split_by_arrival
from fsm.discovery.evidence import exclusive_evidence, marginal_likelihood
from fsm.discovery.merging import merged_states
from fsm.discovery.naming import (
    NamedTable,
    initial_first,
    learnt_states,
    reference_table,
    table_named_by,
    undecided_cells,
)
from fsm.discovery.prefix_tree import PrefixTree
from fsm.discovery.result import Documented, Evidence, Unaccepted
from fsm.discovery.traces import NONE, TraceCounts, Travelled
from fsm.graph import breadth_first, equivalence_classes
from fsm.machine import Indicator, Machine, Origin, State, Transition
from fsm.text import quantity
from fsm.unit import Unit

__all__ = ["LIMITS", "LearntMachine", "learnt_machine", "learnt_table"]

LIMITS = (5.0, 8.0, 12.0)
"""Evidence, in nats, beyond which two states differ; the limit that explains the log best is used.

At 5 nats two states are 150 times likelier than one, at 12 nats 160,000 times. A low limit finds
states of which there are few messages, and where there are many takes chance for a difference.
"""

_NEVER = 1e-5
"""The share of wrong events of a log that is said to have none."""


def learnt_table(traces: TraceCounts, tree: PrefixTree, rare: float = 0.0) -> Index:
    """Return the smallest table for what was learnt from traces; state 0 is the initial one."""
    tables = list[Index]()
    for limit in LIMITS:
        merged = merged_states(tree, limit, rare)
        for table in (merged, split_by_arrival(merged, traces, limit, rare)):
            tables.append(smallest_table(travelled_only(traces.replayed(table), rare)))
    for found in annealed_tables(tree, tables):
        table = smallest_table(travelled_only(traces.replayed(found), rare))
        tables.append(with_certain_states(table, traces, LIMITS[0], rare))
    return min(tables, key=lambda table: description_length(traces.replayed(table), rare))


def description_length(travelled: Travelled, rare: float = 0.0) -> float:
    """Return how long the shortest description of traces by a table is, in nats.

    It has three parts: where each cell leads, the events of each state, and the first event of each
    message that the table does not follow, which is as unlikely as a wrong event is. What a message
    does behind it counts like what the others do, or a table that follows everything anywhere
    would always be the shortest one.
    """
    table, width = travelled.table, travelled.table.shape[1]
    times = np.where(table != NONE, travelled.times, 0)
    events = int((travelled.traces.lengths * travelled.traces.counts).sum())
    targets = int((table != NONE).sum()) * log(len(table) + 1)
    explained = sum(
        marginal_likelihood(row, visits)
        for row, visits in zip(times, (times.sum(axis=1) + travelled.ends).tolist(), strict=True)
    )
    followed = int(times.sum())
    wrong = int(travelled.times.sum()) - followed
    unlikely = log(width + 1) - log(rare or _NEVER)
    return targets - explained * events / max(followed, 1) + wrong * unlikely


def travelled_only(travelled: Travelled, rare: float = 0.0) -> Index:
    """Return a table without the cells that no message met, or too few of those in their state."""
    times, visits = travelled.times, travelled.visits
    kept = (times > 0) & (times > rare * visits[:, None])
    return np.where(kept, travelled.table, NONE)


def with_certain_states(table: Index, traces: TraceCounts, limit: float, rare: float) -> Index:
    """Return a table in which states are one that no event tells apart with certainty.

    States of a table that describes a log shortly may differ in how frequent events are, and lack
    a rare one by chance.
    """
    while len(table) > 1:
        travelled = traces.replayed(table)
        least, best = limit, None
        for one in range(len(table)):
            for other in range(one):
                merged, blocks = _merged(table, other, one)
                evidence = max(_evidence_within(travelled, block, rare) for block in blocks)
                if evidence <= least:
                    least, best = evidence, merged
        if best is None:
            break
        table = smallest_table(travelled_only(traces.replayed(best), rare))
    return table


def _merged(table: Index, one: int, other: int) -> tuple[Index, list[list[int]]]:
    """Return a table in which two states are one, and with them what follows; and what is one."""
    block_of = list(range(len(table)))
    merged, work = table.copy(), [(one, other)]
    while work:
        kept, gone = sorted(block_of[state] for state in work.pop())
        if kept == gone:
            continue
        block_of = [kept if block == gone else block for block in block_of]
        both = (merged[kept] != NONE) & (merged[gone] != NONE)
        work += zip(merged[kept][both].tolist(), merged[gone][both].tolist(), strict=True)
        merged[kept] = np.where(merged[kept] == NONE, merged[gone], merged[kept])
    blocks = [
        [state for state, block in enumerate(block_of) if block == kept]
        for kept in sorted(set(block_of))
        if block_of.count(kept) > 1
    ]
    return np.where(merged == NONE, NONE, np.array(block_of)[merged]), blocks


def _evidence_within(travelled: Travelled, block: list[int], rare: float) -> float:
    """Return the strongest evidence that one of some states differs from the others together."""
    times = np.where(travelled.table == NONE, 0, travelled.times)
    all_times, all_visits = times[block].sum(axis=0), int(travelled.visits[block].sum())
    return max(
        exclusive_evidence(
            times[state],
            int(travelled.visits[state]),
            all_times - times[state],
            all_visits - int(travelled.visits[state]),
            rare,
        )
        for state in block
    )


def smallest_table(table: Index) -> Index:
    """Return the table of the smallest machine with the same traces, in order of reachability."""
    rows = table.tolist()
    number = {
        state: block
        for block, states in enumerate(equivalence_classes([0] * len(rows), rows))
        for state in states
    } | {NONE: NONE}
    one_of = {number[state]: state for state in reversed(range(len(rows)))}

    def successors(block: int) -> list[int]:
        return [number[target] for target in rows[one_of[block]] if target != NONE]

    order = {block: at for at, block in enumerate(breadth_first([number[0]], successors))}
    order[NONE] = NONE
    smaller = [
        [order[number[target]] for target in rows[one_of[block]]]
        for block in order
        if block != NONE
    ]
    return np.array(smaller, np.int64).reshape(len(smaller), table.shape[1])


class LearntMachine(NamedTuple):
    """A machine with what stands behind it."""

    machine: Machine
    evidence: tuple[Evidence, ...]
    left_out: tuple[Unaccepted, ...]
    travelled: Travelled
    reference: Documented | None
    notes: tuple[str, ...] = ()


def learnt_machine(
    table: Index,
    traces: TraceCounts,
    reference: Machine | None,
    *,
    rare: float,
    name: str,
    unit: Unit,
) -> LearntMachine:
    """Return a table as a machine; names and statuses are those of the reference."""
    names, known, notes = [NONE] * len(table), None, tuple[str, ...]()
    if reference is not None:
        rows = reference_table(reference, traces.events)
        known = traces.replayed(rows)
        named = table_named_by(rows, table, traces)
        notes = (*_notes(named, reference), *_undecided(known, reference))
        table, names = travelled_only(traces.replayed(named.table), rare), named.names
    # Where a rare cell was left out, nothing may travel any more what came after it.
    table = travelled_only(traces.replayed(table))
    travelled = traces.replayed(table)
    states = learnt_states(names, travelled.visits.tolist(), reference)
    evidence = tuple(_evidence(travelled, [state.name for state in states]))
    reached = {0, *(int(target) for target in table[table != NONE])}
    # The log shows more than the reference where something follows in a final state of it.
    kept = [
        replace(state, final=state.final and bool((table[number] == NONE).all()))
        for number, state in enumerate(states)
        if number in reached
    ]
    events = _ordered_events(traces, {item.event for item in evidence}, reference)
    machine = Machine(
        name=name,
        title=f"learnt from {unit.count(traces.messages)}",
        states=tuple(_in_order(kept, reference)),
        events=events,
        transitions=tuple(
            Transition(
                item.source,
                item.event,
                item.target,
                item.event,
                origin=Origin("log", item.sentence(unit)),
            )
            for item in evidence
        ),
        initial=states[0].name,
        indicators=_indicators(kept, reference),
        colours=_colours(kept, reference),
        unit=None if unit.is_mail else unit.name,
    )
    left_out = _unaccepted(travelled, [state.name for state in states])
    documented = None
    if reference is not None and known is not None:
        documented = _documented(reference, known, names, states, reached)
    return LearntMachine(machine, evidence, left_out, travelled, documented, notes)


def _notes(named: NamedTable, reference: Machine) -> Iterator[str]:
    """Say where a reference decided what is one state."""
    if named.thinned:
        yield (
            f"{quantity(named.thinned, 'state')} of the log split as {reference.name} tells them "
            "apart: each part has the transitions of its own messages only"
        )
    if named.unsplit:
        yield (
            f"{quantity(named.unsplit, 'state')} of the log with the name of the most visited of "
            f"several states of {reference.name}: the log shows no certain difference between them"
        )


def _undecided(known: Travelled, reference: Machine) -> Iterator[str]:
    """Say where the guards of events decide that the log does not have."""
    met = {(item.state, item.event) for item in _unaccepted(known, _names(reference))}
    for state, event in sorted(met & undecided_cells(reference, known.traces.events)):
        yield (
            f"{event} in {state}: the log does not tell which guard was true, so messages are in "
            f"no state of {reference.name} from then on"
        )


def _names(reference: Machine) -> list[str]:
    return [state.name for state in initial_first(reference)]


def _documented(
    reference: Machine,
    known: Travelled,
    names: Sequence[int],
    states: Sequence[State],
    reached: set[int],
) -> Documented:
    """Return what the log says of the reference."""
    rows = _names(reference)
    met = {
        (rows[row], known.traces.events[code]) for row, code in np.argwhere(known.times).tolist()
    }
    never = (
        t for t in reference.transitions if not met & {(t.source, t.event), (t.source, t.trigger)}
    )
    undecided = undecided_cells(reference, known.traces.events)
    return Documented(
        reference,
        {
            states[n].name: rows[name]
            for n, name in enumerate(names)
            if name != NONE and n in reached
        },
        tuple(i for i in _unaccepted(known, rows) if (i.state, i.event) not in undecided),
        tuple(never),
    )


def _unaccepted(travelled: Travelled, names: Sequence[str]) -> tuple[Unaccepted, ...]:
    """Return the cells that messages met and the table does not have, most messages first."""
    missing = np.argwhere((travelled.table == NONE) & (travelled.times > 0)).tolist()
    items = [
        Unaccepted(
            names[source],
            travelled.traces.events[code],
            int(travelled.messages[source, code]),
            int(travelled.visits[source]),
        )
        for source, code in missing
    ]
    return tuple(sorted(items, key=lambda item: (-item.messages, item.state, item.event)))


def _evidence(travelled: Travelled, names: Sequence[str]) -> list[Evidence]:
    events = travelled.traces.events
    return [
        Evidence(
            names[source],
            events[code],
            names[int(travelled.table[source, code])],
            int(travelled.messages[source, code]),
            int(travelled.times[source, code]),
            int(travelled.visits[source]),
        )
        for source in range(len(names))
        for code in range(len(events))
        if travelled.table[source, code] != NONE
    ]


def _ordered_events(
    traces: TraceCounts, used: set[str], reference: Machine | None
) -> tuple[str, ...]:
    """Return the events that are used: those of the reference first, in its order."""
    first = reference.events if reference else ()
    ordered = dict.fromkeys([*first, *traces.events])
    return tuple(event for event in ordered if event in used)


def _in_order(states: list[State], reference: Machine | None) -> list[State]:
    """Return states in the order of the reference, those without a counterpart last."""
    place = {state.name: at for at, state in enumerate(reference.states if reference else ())}
    return sorted(states, key=lambda state: place.get(state.name, len(place)))


def _colours(states: list[State], reference: Machine | None) -> dict[str, str]:
    """Return the colours of the reference for statuses that occur."""
    statuses = {state.status for state in states}
    known = reference.colours if reference else {}
    return {status: colour for status, colour in known.items() if status in statuses}


def _indicators(states: list[State], reference: Machine | None) -> tuple[Indicator, ...]:
    """Return the indicators of the reference whose statuses all occur."""
    statuses = {state.status for state in states}
    known = reference.indicators if reference else ()
    return tuple(indicator for indicator in known if indicator.statuses <= statuses)

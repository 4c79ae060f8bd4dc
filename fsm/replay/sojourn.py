"""Sojourn times: how long messages stay in a state, and which event ends that.

Seconds are whole up to 2,048; beyond that they are rounded down to a thousandth of themselves at
most, so that there are few different ones however large the log is.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fsm.replay.fold import Codes, Index
from fsm.replay.settle import Rules, Settled
from fsm.replay.team import Team

__all__ = ["NO_SOJOURNS", "sojourns", "summed"]

_SECOND = 1_000_000
_BITS = 11

NO_SOJOURNS = pl.DataFrame(
    schema={
        "machine": pl.String,
        "state": pl.String,
        "event": pl.String,
        "seconds": pl.Int64,
        "count": pl.Int64,
    }
)
"""``event`` is what ended the stay; null while it lasts, at the end of the log."""


def sojourns(settled: Settled, rules: Rules) -> pl.DataFrame:
    """Count how long the messages of a bucket stayed in the states of each machine.

    The time before a message's first event is not known, and states that nothing leaves have no
    end: neither is counted.
    """
    return summed(
        frame
        for number, team in enumerate(rules.teams)
        for machine in range(len(team.machines))
        for frame in _of_machine(settled, settled.folded[number].cells, team, machine, rules.end)
    )


def summed(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Add counts up, in an order of their own."""
    names = ["machine", "state", "event", "seconds"]
    return pl.concat([NO_SOJOURNS, *frames]).group_by(names).sum().sort(names)


def _of_machine(
    settled: Settled, cells: Codes, team: Team, number: int, end: int | None
) -> tuple[pl.DataFrame, ...]:
    """Return the stays of one machine that ended, and those that last."""
    assert settled.times is not None  # noqa: S101
    times, width, states = settled.times, team.table.width, team.states[:, number]
    before, after = states[cells // width], states[team.table.follow[cells] // width]
    moves = np.flatnonzero(before != after)
    owners = settled.owners[moves]
    is_next = owners[1:] == owners[:-1]
    entered, left = moves[:-1][is_next], moves[1:][is_next]
    ended = _counted(
        team, number, after[entered], settled.codes[left], times[left] - times[entered]
    )
    last = moves[np.append(~is_next, True)] if len(moves) else moves
    machine = team.machines[number]
    left_by = {t.source for t in machine.transitions if t.target != t.source}
    leads_on = np.array([state.name in left_by for state in machine.states])
    last = last[leads_on[after[last]]]
    if end is None or not len(last):
        return (ended,)
    return ended, _counted(team, number, after[last], None, end - times[last])


def _counted(
    team: Team, number: int, states: Index, codes: Codes | None, times: NDArray[np.int64]
) -> pl.DataFrame:
    machine, alphabet = team.machines[number], team.alphabet
    due = machine.deadline.event if machine.deadline else None
    names = pl.Series([state.name for state in machine.states], dtype=pl.String)
    events = pl.Series([*alphabet.events, None, *(due for _ in alphabet.starts)], dtype=pl.String)
    codes = np.full(len(states), alphabet.unknown) if codes is None else codes
    seconds = _rounded(times // _SECOND)
    counts = (
        pl.DataFrame({"state": states, "event": codes, "seconds": seconds})
        .group_by("state", "event", "seconds")
        .len("count")
    )
    return counts.select(
        pl.lit(machine.name).alias("machine"),
        names.gather(counts["state"]).alias("state"),
        events.gather(counts["event"]).alias("event"),
        "seconds",
        pl.col("count").cast(pl.Int64),
    )


def _rounded(seconds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Keep the first eleven binary digits."""
    spare = np.maximum(np.frexp(seconds.astype(np.float64))[1] - _BITS, 0)
    rounded: NDArray[np.int64] = (seconds >> spare) << spare
    return rounded

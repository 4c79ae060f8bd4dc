"""Sojourn times: how long messages stay in a state, and which event ends that.

Seconds are whole up to two hours. Beyond, they are rounded down by a thousandth of themselves at
most, so that there are few different ones however large the log is; and always to a divisor of
the smaller unit in which a duration of that length is told (minutes up to a day, then hours), so
that what is told of the longest stay, or of half of them, is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fsm.arrays import Index
from fsm.engine.product_machine import Team, each_machine
from fsm.engine.timelines import Rules, Settled

__all__ = ["NO_SOJOURNS", "named", "sojourns", "summed"]

_SECOND = 1_000_000
_HOUR, _DAY = 3600, 86_400
_FROM = np.array([0, 2 * _HOUR, _DAY, 10 * _DAY, 60 * _DAY])
_STEP = np.array([1, 6, 60, 600, _HOUR])
"""To how many seconds lengths are rounded down, each step from a length on."""
_FIRST = np.append(0, np.cumsum(np.diff(_FROM) // _STEP[:-1]))
"""The number of the first length that is rounded by each step."""
_KEYS = ["machine", "state", "event", "seconds"]

NO_SOJOURNS = pl.DataFrame(schema=dict.fromkeys([*_KEYS, "count"], pl.Int64))
"""By numbers: of the machine in its team, the state, the event; -1 while the stay lasts."""

NAMES = dict.fromkeys(_KEYS[:3], pl.String) | {"seconds": pl.Int64, "count": pl.Int64}
_LASTS = -1
_EVENTS = 23
"""Binary digits of a packed event."""
_LENGTH = 24
"""Binary digits of a packed length; enough for 1,900 years."""


def sojourns(settled: Settled, rules: Rules) -> pl.DataFrame:
    """Count how long the messages of a bucket stayed in the states of each machine.

    The time before a message's first event is not known, and not counted.
    """
    found = []
    for team, folded in zip(rules.teams, settled.folded, strict=True):
        width = team.table.width
        before, after = folded.cells // width, team.table.follow[folded.cells] // width
        moves = np.flatnonzero(before != after)
        before, after = before[moves], after[moves]
        counted: list[pl.DataFrame] = []
        for number, states in enumerate(team.states.T):
            twin = next((i for i in range(number) if _are_twins(team.states.T[i], states)), None)
            if twin is None:
                is_move = states[before] != states[after]
                stays = _stays(settled, moves[is_move], states[after[is_move]], rules.end)
            else:
                twins = dict(zip(team.states.T[twin].tolist(), states.tolist(), strict=True))
                stays = counted[twin].with_columns(pl.col("state").replace_strict(twins))
            counted.append(stays)
        found += counted
    numbered = (f.with_columns(pl.lit(n, pl.Int64).alias("machine")) for n, f in enumerate(found))
    return summed(numbered)


def _are_twins(a: Index, b: Index) -> bool:
    """Return whether two machines always move together, whatever their states are called."""
    return len(set(zip(a.tolist(), b.tolist(), strict=True))) == len(set(a)) == len(set(b))


def _stays(settled: Settled, moves: Index, states: Index, end: int | None) -> pl.DataFrame:
    """Count the stays that ended, and those that last. ``states`` are those the moves lead to."""
    assert settled.times is not None  # noqa: S101
    times, owners = settled.times[moves], settled.owners[moves]
    is_last = np.append(owners[1:] != owners[:-1], True)[: len(moves)]
    until = np.append(times[1:], 0)[: len(moves)]
    until[is_last] = times[is_last] if end is None else end
    events = np.append(settled.codes[moves[1:]].astype(np.int64), 0)[: len(moves)]
    events[is_last] = _LASTS
    lengths = _packed((until - times) // _SECOND)
    keys = (states << _EVENTS | (events - _LASTS)) << _LENGTH | lengths
    counted = pl.Series("key", keys, pl.Int64).value_counts()
    found = counted["key"].to_numpy()
    return pl.DataFrame(
        {
            "state": found >> _LENGTH + _EVENTS,
            "event": (found >> _LENGTH) % (1 << _EVENTS) + _LASTS,
            "seconds": _seconds(found % (1 << _LENGTH)),
            "count": counted["count"].cast(pl.Int64),
        }
    )


def _packed(seconds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the lengths that are told apart, in order."""
    step = np.searchsorted(_FROM, seconds, side="right") - 1
    number = _FIRST.take(step) + (seconds - _FROM.take(step)) // _STEP.take(step)
    packed: NDArray[np.int64] = np.minimum(number, (1 << _LENGTH) - 1)
    return packed


def _seconds(packed: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the lengths by their numbers."""
    step = np.searchsorted(_FIRST, packed, side="right") - 1
    seconds: NDArray[np.int64] = _FROM.take(step) + (packed - _FIRST.take(step)) * _STEP.take(step)
    return seconds


def summed(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Add counts up, in an order of their own."""
    columns = [frame.select(NO_SOJOURNS.columns) for frame in frames]
    return pl.concat([NO_SOJOURNS, *columns]).group_by(_KEYS).sum().sort(_KEYS)


def named(frame: pl.DataFrame, teams: Sequence[Team]) -> pl.DataFrame:
    """Return the counts with names instead of numbers; ``event`` is null while a stay lasts.

    Stays in states that nothing leaves are left out.
    """
    found = [pl.DataFrame(schema=NAMES)]
    for number, (team, _, machine) in enumerate(each_machine(teams)):
        due = machine.deadline.event if machine.deadline else None
        events = [*team.alphabet.events, None, *(due for _ in team.alphabet.starts), None]
        left = {t.source for t in machine.transitions if t.target != t.source}
        leads_on = [i for i, state in enumerate(machine.states) if state.name in left]
        ended = (pl.col("event") != _LASTS) | pl.col("state").is_in(leads_on)
        own = frame.filter((pl.col("machine") == number) & ended)
        found.append(
            own.select(
                pl.lit(machine.name).alias("machine"),
                _words([state.name for state in machine.states], own["state"]).alias("state"),
                _words(events, own["event"] % len(events)).alias("event"),
                "seconds",
                "count",
            )
        )
    return pl.concat(found).group_by(_KEYS).sum().sort(_KEYS)


def _words(words: Sequence[str | None], numbers: pl.Series) -> pl.Series:
    return pl.Series(words, dtype=pl.String).gather(numbers.cast(pl.UInt32))

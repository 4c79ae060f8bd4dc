"""Durations: how long messages stay in a state, and which event ends that.

Seconds are whole up to two hours. Beyond, they are rounded down by a thousandth of themselves at
most, so that there are few different ones however large the log is; and always to a divisor of
the smaller unit in which a duration of that length is shown (minutes up to a day, then hours), so
that the longest stay and the median are exact as shown.

Why our own code: a stay is (machine, state, event, length), and the four are packed into one
64-bit number, ``state | event | length`` from the highest bits down. Counting equal numbers takes
0.6 of the time of a group-by of the columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fsm.arrays import Index
from fsm.engine.product_machine import ProductMachine, each_machine
from fsm.engine.timelines import Rules, Timelines

__all__ = ["NO_DURATIONS", "count_durations", "named", "summed"]

_SECOND = 1_000_000
_HOUR, _DAY = 3600, 86_400
_FROM = np.array([0, 2 * _HOUR, _DAY, 10 * _DAY, 60 * _DAY])
_STEP = np.array([1, 6, 60, 600, _HOUR])
"""To how many seconds lengths are rounded down, each step from a length on."""
_FIRST = np.append(0, np.cumsum(np.diff(_FROM) // _STEP[:-1]))
"""The number of the first length that is rounded by each step."""
_KEYS = ["machine", "state", "event", "seconds"]

NO_DURATIONS = pl.DataFrame(schema=dict.fromkeys([*_KEYS, "count"], pl.Int64))
"""By numbers: of the machine in its product, the state, the event; -1 while the stay lasts."""

NAMES = dict.fromkeys(_KEYS[:3], pl.String) | {"seconds": pl.Int64, "count": pl.Int64}
_LASTS = -1
_EVENT_BITS = 23
_LENGTH_BITS = 24
"""Enough for 1,900 years."""


def count_durations(timelines: Timelines, rules: Rules) -> pl.DataFrame:
    """Count how long the messages of a bucket stayed in the states of each machine.

    The time before a message's first event is not known, and not counted.
    """
    counted: list[pl.DataFrame] = []
    for product, folded in zip(rules.products, timelines.folded, strict=True):
        moves = np.flatnonzero(folded.before != folded.after)
        before, after = folded.before[moves], folded.after[moves]
        columns, stays = product.states.T, list[pl.DataFrame]()
        for number, states in enumerate(columns):
            twin = next((i for i in range(number) if _are_twins(columns[i], states)), None)
            if twin is None:
                is_move = states[before] != states[after]
                stay = _stays(timelines, moves[is_move], states[after[is_move]], rules.end)
            else:
                renamed = dict(zip(columns[twin].tolist(), states.tolist(), strict=True))
                stay = stays[twin].with_columns(pl.col("state").replace_strict(renamed))
            stays.append(stay)
        counted += stays
    numbered = (f.with_columns(pl.lit(n, pl.Int64).alias("machine")) for n, f in enumerate(counted))
    return summed(numbered)


def _are_twins(a: Index, b: Index) -> bool:
    """Return whether two machines always move together, whatever their states are called."""
    return len(set(zip(a.tolist(), b.tolist(), strict=True))) == len(set(a)) == len(set(b))


def _stays(timelines: Timelines, moves: Index, states: Index, end: int | None) -> pl.DataFrame:
    """Count the stays that ended, and those that last. ``states`` are those the moves lead to.

    A stay lasts from a move to the next one of the message; the last one to the end of the log,
    or, where that is not known, no time.
    """
    times, owners = timelines.times[moves], timelines.owners[moves]
    is_last = np.append(owners[1:] != owners[:-1], True)[: len(moves)]
    until = np.append(times[1:], 0)[: len(moves)]
    until[is_last] = times[is_last] if end is None else end
    events = np.append(timelines.codes[moves[1:]].astype(np.int64), 0)[: len(moves)]
    events[is_last] = _LASTS
    return _counted(states, events, (until - times) // _SECOND)


def _counted(states: Index, events: NDArray[np.int64], seconds: NDArray[np.int64]) -> pl.DataFrame:
    """Count equal (state, event, rounded seconds)."""
    keys = (states << _EVENT_BITS | (events - _LASTS)) << _LENGTH_BITS | _packed(seconds)
    counted = pl.Series("key", keys, pl.Int64).value_counts()
    key = counted["key"].to_numpy()
    return pl.DataFrame(
        {
            "state": key >> _LENGTH_BITS + _EVENT_BITS,
            "event": (key >> _LENGTH_BITS) % (1 << _EVENT_BITS) + _LASTS,
            "seconds": _seconds(key % (1 << _LENGTH_BITS)),
            "count": counted["count"].cast(pl.Int64),
        }
    )


def _packed(seconds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the rounded lengths, in order."""
    step = np.searchsorted(_FROM, seconds, side="right") - 1
    number = _FIRST.take(step) + (seconds - _FROM.take(step)) // _STEP.take(step)
    packed: NDArray[np.int64] = np.minimum(number, (1 << _LENGTH_BITS) - 1)
    return packed


def _seconds(packed: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the lengths by their numbers."""
    step = np.searchsorted(_FIRST, packed, side="right") - 1
    seconds: NDArray[np.int64] = _FROM.take(step) + (packed - _FIRST.take(step)) * _STEP.take(step)
    return seconds


def summed(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Add counts up, in an order of their own."""
    columns = [frame.select(NO_DURATIONS.columns) for frame in frames]
    return pl.concat([NO_DURATIONS, *columns]).group_by(_KEYS).sum().sort(_KEYS)


def named(frame: pl.DataFrame, products: Sequence[ProductMachine]) -> pl.DataFrame:
    """Return the counts with names instead of numbers; ``event`` is null while a stay lasts.

    Stays in states that nothing leaves are left out.
    """
    parts = [pl.DataFrame(schema=NAMES)]
    codes = products[0].codes
    for number, (_, _, machine) in enumerate(each_machine(products)):
        events = [*codes.names(machine), None]  # the last one for the code -1, a stay that lasts
        left = {t.source for t in machine.transitions if t.target != t.source}
        leads_on = [i for i, state in enumerate(machine.states) if state.name in left]
        ended = (pl.col("event") != _LASTS) | pl.col("state").is_in(leads_on)
        rows = frame.filter((pl.col("machine") == number) & ended)
        parts.append(
            rows.select(
                pl.lit(machine.name).alias("machine"),
                _texts([state.name for state in machine.states], rows["state"]).alias("state"),
                _texts(events, rows["event"] % len(events)).alias("event"),
                "seconds",
                "count",
            )
        )
    return pl.concat(parts).group_by(_KEYS).sum().sort(_KEYS)


def _texts(texts: Sequence[str | None], numbers: pl.Series) -> pl.Series:
    return pl.Series(texts, dtype=pl.String).gather(numbers.cast(pl.UInt32))

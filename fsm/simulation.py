"""Synthetic delivery logs of any size, from a machine and ``rates.toml``.

The messages of a block walk through the machine together, one event a round, so that Python loops
over rounds and not over events. Every block has its own random streams: the same seed gives the
same events, whatever the size of the chunks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

import numpy as np
import polars as pl
from msgspec import Struct, toml
from numpy.typing import NDArray

from fsm.arguments import check_count, check_time
from fsm.arrays import Codes
from fsm.catalog import as_machine
from fsm.clocks import Clocks, TimerTable, timer_table
from fsm.errors import MachineError
from fsm.machine import Machine, State

__all__ = ["BLOCK", "START", "simulate"]

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When the first delivery begins by default: a Monday morning."""

BLOCK = 16_384
"""Messages that share random streams; changing it changes every simulated log."""

STOP_WEIGHT = 0.1
MEDIAN, SPREAD = 60.0, 1.0
"""Without rates a message stops after one event in ten; an event takes a minute (median)."""

RECEIVED = "Sent"
"""The status of messages that their recipients have, where the rates do not name states."""

_STOP = "stop"
"""Stands among the events of a state in ``rates.toml``: nothing more happens to a message."""

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]


def simulate(
    machine: Machine | str,
    messages: int,
    *,
    seed: int = 0,
    companion: Machine | str | None = None,
    start: datetime = START,
    deliveries: int = 1,
    chunk: int = 100_000,
) -> Iterator[pl.DataFrame]:
    """Yield a log as frames: ``message_id, delivery_id, event, timestamp, seq``.

    ``machine`` and ``companion`` are machines or their names; ``messages`` is how many messages
    there are, ``start`` when the first delivery begins, with a zone.

    A frame holds the events of about ``chunk`` messages (whole blocks of :data:`BLOCK`), sorted
    by (timestamp, seq); ``timestamp`` is in UTC with milliseconds, ``seq`` counts the events of
    a message. The same ``seed`` gives the same events, whatever ``chunk``. In one delivery a larger
    number of messages begins with the events of a smaller one. The messages are spread evenly over
    ``deliveries``.

    Messages follow the rates in ``fsm/machines/rates.toml``. Without rates all accepted events
    of a state are equally likely, and a message stops in a final state or after one event in ten.
    ``companion`` is a machine that runs on from the last event of every message that its recipient
    has. The event of a timer happens when the timer ends, and only then.

    Raises :class:`fsm.errors.ArgumentError` for a number that is too small and a start without a
    zone, and :class:`fsm.errors.MachineError` where the rates do not fit the machine, and for a
    timer that nothing stops.

    >>> (log,) = simulate("with-feedback", messages=2, seed=7)
    >>> log.columns
    ['message_id', 'delivery_id', 'event', 'timestamp', 'seq']
    >>> log["event"].to_list()
    ['relayed', 'relayed', 'delivered', 'delivered']
    """
    machine = as_machine(machine)
    companion = None if companion is None else as_machine(companion)
    for name, value, least in (
        ("messages", messages, 0),
        ("seed", seed, 0),
        ("deliveries", deliveries, 1),
        ("chunk", chunk, 1),
    ):
        check_count(name, value, least)
    check_time("start", start)
    schedule = _Schedule(int(start.timestamp() * 1000), messages, deliveries)
    plans = [_plan(machine), *([_plan(companion)] if companion else [])]
    return _chunks(plans, schedule, seed, -(-chunk // BLOCK))


def _chunks(
    plans: list[_Plan], schedule: _Schedule, seed: int, blocks: int
) -> Iterator[pl.DataFrame]:
    count = max(1, -(-schedule.messages // BLOCK))
    for first in range(0, count, blocks):
        some = range(first, min(first + blocks, count))
        yield _frame([_block(plans, schedule, seed, number) for number in some])


def _block(plans: list[_Plan], schedule: _Schedule, seed: int, number: int) -> pl.DataFrame:
    """Return the events of one block, which is drawn whole even if fewer messages are asked for."""
    messages = np.arange(number * BLOCK, (number + 1) * BLOCK)
    walk = _walk(plans[0], _random(seed, number, 0), schedule.begin(messages))
    frames = [walk.events]
    if len(plans) > 1:
        frames.append(_companion_events(walk, plans, _random(seed, number, 1)))
    events = pl.concat(frames).with_columns(pl.col("message") + number * BLOCK)
    events = events.filter(pl.col("message") < schedule.messages)
    deliveries = schedule.delivery(events["message"].to_numpy())
    return events.with_columns(pl.Series("delivery", deliveries))


def _companion_events(walk: _Walk, plans: list[_Plan], random: np.random.Generator) -> pl.DataFrame:
    """Return the companion's events, of the messages that their recipients have."""
    received = np.flatnonzero(plans[0].received[walk.states])
    events = _walk(plans[1], random, walk.times[received]).events
    owners = received[events["message"].to_numpy()]
    before = pl.Series(walk.counts[owners])
    return events.with_columns(pl.Series("message", owners, pl.Int64), pl.col("seq") + before)


def _random(seed: int, block: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, block, stream))))


def _frame(blocks: list[pl.DataFrame]) -> pl.DataFrame:
    """Return the canonical columns, in the order in which a sender would have written them."""

    def ids(letter: str, column: str, digits: int) -> pl.Expr:
        number = (pl.col(column) + 1).cast(pl.String).str.zfill(digits)
        return pl.concat_str(pl.lit(letter), number).alias(f"{column}_id")

    return (
        pl.concat(blocks)
        .sort("time", "seq", "message")
        .select(
            ids("m", "message", 9),
            ids("d", "delivery", 4),
            "event",
            pl.col("time").cast(pl.Datetime("ms", "UTC")).alias("timestamp"),
            "seq",
        )
    )


# When messages are handed over ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Schedule:
    start: int
    """Milliseconds since 1970."""
    messages: int
    deliveries: int

    def delivery(self, messages: Numbers) -> Numbers:
        """Return the delivery of each message, from 0; its messages have adjacent numbers."""
        numbers: Numbers = messages * self.deliveries // max(self.messages, 1)
        return numbers

    def begin(self, messages: Numbers) -> Numbers:
        """Return when each message is handed over, in milliseconds since 1970."""
        pace = _rates().pace
        delivery = self.delivery(messages)
        first = -(-delivery * self.messages // self.deliveries)
        seconds = delivery * pace.seconds_between_deliveries
        seconds = seconds + (messages - first) / pace.messages_per_second
        milliseconds: Numbers = np.rint(1000 * seconds).astype(np.int64)
        return self.start + milliseconds


# The walk of one block -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Plan:
    """A machine's rates as arrays, states x events."""

    events: tuple[str, ...]
    table: Codes
    initial: int
    until: Floats
    """Cumulated probabilities: how many of them a random number reaches is the event's column."""
    median: Floats
    spread: Floats
    received: NDArray[np.bool_]
    """Whether the recipient has a message in this state."""
    rated: bool
    """Whether ``rates.toml`` knows the machine."""
    timers: TimerTable | None


@dataclass(frozen=True, slots=True)
class _Walk:
    """Events (``message``, ``event``, ``time``, ``seq``), and where and when each message ended."""

    events: pl.DataFrame
    states: Codes
    times: Numbers
    counts: Numbers


def _walk(plan: _Plan, random: np.random.Generator, begin: Numbers) -> _Walk:
    """Let messages walk until all have stopped; times are in milliseconds."""
    times, counts = begin.copy(), np.zeros(len(begin), dtype=np.int64)
    states = np.full(len(begin), plan.initial, dtype=np.intp)
    active = np.arange(len(begin))
    nothing = np.zeros(0, dtype=np.int64)
    rounds = [(nothing, nothing, nothing, nothing)]
    clocks = Clocks(plan.timers, plan.table, plan.initial, begin) if plan.timers else None
    while len(active):
        uniform, normal = random.random(len(active)), random.standard_normal(len(active))
        if not plan.rated and len(rounds) == 1 and plan.events:
            uniform *= plan.until[plan.initial, -1]  # nobody stops before the first event
        events = (plan.until[states[active]] <= uniform[:, None]).sum(axis=1)
        goes_on = events < len(plan.events)  # else the message stops
        at = states[active[goes_on]], events[goes_on]
        seconds = plan.median[at] * np.exp(plan.spread[at] * normal[goes_on])  # log-normal delays
        then = times[active]
        then[goes_on] += np.rint(1000 * seconds).astype(np.int64)
        if clocks:
            events, then, goes_on = clocks.fire(active, states[active], events, then, goes_on)
        active, events, then = active[goes_on], events[goes_on], then[goes_on]
        before = states[active]
        times[active] = then
        counts[active] += 1
        states[active] = plan.table[before, events]
        if clocks:
            clocks.change(active, before, events, then)
        rounds.append((active, events, times[active], counts[active]))
    return _Walk(_events(plan, rounds), states, times, counts)


def _events(plan: _Plan, rounds: list[tuple[Numbers, Codes, Numbers, Numbers]]) -> pl.DataFrame:
    message, event, time, seq = (np.concatenate(column) for column in zip(*rounds, strict=True))
    names = pl.Series(plan.events, dtype=pl.String).gather(pl.Series(event))
    return pl.DataFrame({"message": message, "event": names, "time": time, "seq": seq})


# Rates ---------------------------------------------------------------------------------------


class _Rate(Struct, frozen=True, forbid_unknown_fields=True):
    weight: float
    """Relative to the other weights of the state."""
    median: float = 0
    """Seconds after the event before."""
    spread: float = 0
    """The standard deviation of the logarithm of the delay."""


class _Group(Struct, frozen=True, forbid_unknown_fields=True):
    """The rates of some machines: by state, the rate of every event, and of "stop"."""

    machines: tuple[str, ...] = ()
    received: tuple[str, ...] = ()
    states: dict[str, dict[str, _Rate]] = {}


class _Pace(Struct, frozen=True, forbid_unknown_fields=True):
    messages_per_second: float
    seconds_between_deliveries: float


class _Rates(Struct, frozen=True, forbid_unknown_fields=True):
    pace: _Pace
    groups: dict[str, _Group]


@cache
def _rates() -> _Rates:
    return toml.decode(files("fsm.machines").joinpath("rates.toml").read_bytes(), type=_Rates)


def _group(machine: Machine) -> _Group:
    """Return the rates of a machine; without states where it has none."""
    groups = _rates().groups.values()
    return next((group for group in groups if machine.name in group.machines), _Group())


def _plan(machine: Machine) -> _Plan:
    group = _group(machine)
    size = len(machine.states), len(machine.events)
    weights, median, spread = np.zeros((size[0], size[1] + 1)), np.zeros(size), np.zeros(size)
    for row, state in enumerate(machine.states):
        for event, rate in (group.states.get(state.name) or _equal_rates(machine, state)).items():
            if event == _STOP:
                weights[row, -1] = rate.weight
                continue
            if not machine.step(state.name, event):
                raise MachineError(
                    f"rates.toml: {machine.name} does not accept {event!r} in {state.name}"
                )
            column = machine.events.index(event)
            weights[row, column] = rate.weight
            median[row, column], spread[row, column] = rate.median, rate.spread
    return _Plan(
        events=machine.events,
        table=np.array(machine.table, dtype=np.intp).reshape(size),
        initial=[state.name for state in machine.states].index(machine.initial),
        until=_until(weights),
        median=median,
        spread=spread,
        received=np.array(
            [
                s.name in group.received if group.received else s.status == RECEIVED
                for s in machine.states
            ]
        ),
        rated=bool(group.states),
        timers=timer_table(machine),
    )


def _until(weights: Floats) -> Floats:
    """Return cumulated probabilities; the last column of a row, to stop, is left out."""
    sums = np.cumsum(weights, axis=1)
    return np.asarray(sums[:, :-1] / sums[:, -1:], dtype=np.float64)


def _equal_rates(machine: Machine, state: State) -> dict[str, _Rate]:
    """Return equal rates for the events a state accepts; a final state, or one without, stops."""
    timed = {timer.event for timer in machine.timers}
    accepted = [e for e in machine.events if e not in timed and machine.step(state.name, e)]
    if state.final or not accepted:
        return {_STOP: _Rate(1)}
    rate = _Rate((1 - STOP_WEIGHT) / len(accepted), MEDIAN, SPREAD)
    return {**dict.fromkeys(accepted, rate), _STOP: _Rate(STOP_WEIGHT)}

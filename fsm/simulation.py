"""Simulate: a synthetic delivery log of any size, from a machine and ``rates.toml``.

All messages of a block walk through the machine together, one event a round; there is no Python
loop over events. Every block has its own random streams, so that the same seed gives the same
events, however the log is cut into chunks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fsm.arrays import Codes
from fsm.catalog import as_machine
from fsm.errors import LogError, MachineError
from fsm.machine import Machine

__all__ = ["BLOCK", "START", "simulate"]

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When the first delivery begins, unless told otherwise: a Monday morning."""

BLOCK = 16_384
"""Messages that share random streams; changing it changes every simulated log."""

STOP_WEIGHT = 0.1
MEDIAN, SPREAD = 60.0, 1.0
"""A machine without rates stops after an event once in ten, and takes a minute for each."""

RECEIVED = "Sent"
"""The status of messages whose recipient has them, where no rates say so."""

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
    a message. The same ``seed`` gives the same events, whatever ``chunk``; and of one delivery,
    more messages only add to fewer. The messages are spread evenly over ``deliveries``.

    Messages follow the rates in ``fsm/machines/rates.toml``. Without rates all accepted events
    of a state are equally likely, and a message stops in a final state or after one event in ten.
    ``companion`` is simulated from the last event of every message that its recipient has.

    Raises :class:`fsm.errors.LogError` for a number below zero or a start without a zone, and
    :class:`fsm.errors.MachineError` where the rates do not fit the machine.

    >>> log = next(simulate("with-feedback", messages=100, seed=1))
    >>> log.columns, log.height
    (['message_id', 'delivery_id', 'event', 'timestamp', 'seq'], 269)
    """
    machine = as_machine(machine)
    companion = None if companion is None else as_machine(companion)
    for name, value, least in (
        ("messages", messages, 0),
        ("seed", seed, 0),
        ("deliveries", deliveries, 1),
        ("chunk", chunk, 1),
    ):
        if value < least:
            raise LogError(f"{name}: {value} is less than {least}")
    if start.tzinfo is None:
        raise LogError(f"the start {start} has no zone; give it in UTC")
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
    """The events of one block. It is drawn whole, also where fewer messages are wanted."""
    messages = np.arange(number * BLOCK, (number + 1) * BLOCK)
    walk = _walk(plans[0], _random(seed, number, 0), schedule.begin(messages))
    frames = [walk.events]
    if len(plans) > 1:
        frames.append(_beside(walk, plans, _random(seed, number, 1)))
    events = pl.concat(frames).with_columns(pl.col("message") + number * BLOCK)
    events = events.filter(pl.col("message") < schedule.messages)
    deliveries = schedule.delivery(events["message"].to_numpy())
    return events.with_columns(pl.Series("delivery", deliveries))


def _beside(walk: _Walk, plans: list[_Plan], random: np.random.Generator) -> pl.DataFrame:
    """The companion's events, of the messages that their recipients have."""
    received = np.flatnonzero(plans[0].received[walk.states])
    events = _walk(plans[1], random, walk.times[received]).events
    owners = received[events["message"].to_numpy()]
    before = pl.Series(walk.counts[owners])
    return events.with_columns(pl.Series("message", owners, pl.Int64), pl.col("seq") + before)


def _random(seed: int, block: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, block, stream))))


def _frame(blocks: list[pl.DataFrame]) -> pl.DataFrame:
    """The canonical columns, in the order in which a sender would have written them."""

    def named(letter: str, column: str, digits: int) -> pl.Expr:
        number = (pl.col(column) + 1).cast(pl.String).str.zfill(digits)
        return pl.concat_str(pl.lit(letter), number).alias(f"{column}_id")

    return (
        pl.concat(blocks)
        .sort("time", "seq", "message")
        .select(
            named("m", "message", 9),
            named("d", "delivery", 4),
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
        """The delivery of each message, from 0; a delivery's messages are neighbours."""
        numbers: Numbers = messages * self.deliveries // max(self.messages, 1)
        return numbers

    def begin(self, messages: Numbers) -> Numbers:
        """When each message is handed over, in milliseconds since 1970."""
        pace = _rates()["pace"]
        delivery = self.delivery(messages)
        first = -(-delivery * self.messages // self.deliveries)
        seconds = delivery * pace["seconds_between_deliveries"]
        seconds = seconds + (messages - first) / pace["messages_per_second"]
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
    """Cumulated chances: an event's number is the count of entries at most as large as a draw."""
    median: Floats
    spread: Floats
    received: NDArray[np.bool_]
    """Whether the recipient has a message in this state."""
    rated: bool
    """Whether ``rates.toml`` knows the machine."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """Events (``message``, ``event``, ``time``, ``seq``), and where each message ended."""

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
    while len(active):
        draws, bells = random.random(len(active)), random.standard_normal(len(active))
        if not plan.rated and len(rounds) == 1 and plan.events:
            draws *= plan.until[plan.initial, -1]  # nobody stops before the first event
        events = (plan.until[states[active]] <= draws[:, None]).sum(axis=1)
        going = events < len(plan.events)
        active, events, bells = active[going], events[going], bells[going]
        at = states[active], events
        seconds = plan.median[at] * np.exp(plan.spread[at] * bells)
        times[active] += np.rint(1000 * seconds).astype(np.int64)
        counts[active] += 1
        states[active] = plan.table[at]
        rounds.append((active, events, times[active], counts[active]))
    return _Walk(_events(plan, rounds), states, times, counts)


def _events(plan: _Plan, rounds: list[tuple[Numbers, Codes, Numbers, Numbers]]) -> pl.DataFrame:
    message, event, time, seq = (np.concatenate(column) for column in zip(*rounds, strict=True))
    words = pl.Series(plan.events, dtype=pl.String).gather(pl.Series(event))
    return pl.DataFrame({"message": message, "event": words, "time": time, "seq": seq})


# Rates ---------------------------------------------------------------------------------------


@cache
def _rates() -> dict[str, Any]:
    import tomllib

    text = files("fsm.machines").joinpath("rates.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _group(machine: Machine) -> Mapping[str, Any]:
    """The rates of a machine; empty where it has none."""
    groups = _rates().values()
    return next((group for group in groups if machine.name in group.get("machines", ())), {})


def _plan(machine: Machine) -> _Plan:
    group = _group(machine)
    size = len(machine.states), len(machine.events)
    weights, median, spread = np.zeros((size[0], size[1] + 1)), np.zeros(size), np.zeros(size)
    for row, state in enumerate(machine.states):
        rates = group.get(state.name) or _equal(machine, state.name)
        weights[row, -1] = rates.get("stop", {"weight": 0})["weight"]
        for event, rate in rates.items():
            if event == "stop":
                continue
            if not machine.step(state.name, event):
                raise MachineError(
                    f"rates.toml: {machine.name} does not accept {event!r} in {state.name}"
                )
            column = machine.events.index(event)
            weights[row, column] = rate["weight"]
            median[row, column], spread[row, column] = rate["median"], rate["spread"]
    received = group.get("received")
    return _Plan(
        events=machine.events,
        table=np.array(machine.table, dtype=np.intp).reshape(size),
        initial=[state.name for state in machine.states].index(machine.initial),
        until=_until(weights),
        median=median,
        spread=spread,
        received=np.array(
            [s.name in received if received else s.status == RECEIVED for s in machine.states]
        ),
        rated=bool(group),
    )


def _until(weights: Floats) -> Floats:
    """Cumulate weights to chances; the last entry of a row, to stop, is left out."""
    sums = np.cumsum(weights, axis=1)
    return np.asarray(sums[:, :-1] / sums[:, -1:], dtype=np.float64)


def _equal(machine: Machine, state: str) -> dict[str, dict[str, float]]:
    """Equal weights for what a state accepts; a final state, or one that accepts nothing, stops."""
    accepted = [event for event in machine.events if machine.step(state, event)]
    if machine.state(state).final or not accepted:
        return {"stop": {"weight": 1.0}}
    each = {"weight": (1 - STOP_WEIGHT) / len(accepted), "median": MEDIAN, "spread": SPREAD}
    return {**dict.fromkeys(accepted, each), "stop": {"weight": STOP_WEIGHT}}

"""What bounds the work from below, and what one would write first."""

from pathlib import Path
from typing import Any

from engine import Engine, Facts, WrongResultError

__all__ = ["BOUNDS", "LOOPS"]

MACHINE = "with-feedback"
BATCH = 1 << 17
SLICE = 20_000
"""Events for one python-statemachine instance a message: more takes minutes and gigabytes."""


# Bounds --------------------------------------------------------------------------------------


def group_by(log: Path, _session: object) -> Any:
    """Count the events of each message: no fold can do with less."""
    import polars as pl

    return pl.scan_parquet(log).group_by("message_id").len().collect()


def group_by_wide(log: Path, _session: object) -> Any:
    """Count the events of each message and recipient."""
    import polars as pl

    return pl.scan_parquet(log).group_by("message_id", "recipient").len().collect()


def group_by_facts(counted: Any) -> Facts:
    return {"messages": counted.height, "events": counted["len"].sum()}


def decode(log: Path, _session: object) -> Any:
    """Decode the four columns."""
    import polars as pl

    texts = ("message_id", "delivery_id", "event")
    longest = [pl.col(name).str.len_bytes().max() for name in texts]
    scan = pl.scan_parquet(log)
    return scan.select(pl.len(), *longest, pl.col("timestamp").max()).collect()


def decode_facts(decoded: Any) -> Facts:
    return {"events": decoded["len"].item()}


# A dictionary --------------------------------------------------------------------------------


def table() -> tuple[str, dict[str, dict[str, str]]]:
    """Return the initial state, and the next state by state and event."""
    from fsm.catalog import load_bare

    machine = load_bare(MACHINE)
    cells: dict[str, dict[str, str]] = {state.name: {} for state in machine.states}
    for transition in machine.transitions:
        cells[transition.source][transition.event] = transition.target
    return machine.initial, cells


def dict_loop(log: Path, session: Any) -> Facts:
    """Keep each message's state in a dictionary, and look up one event after the other."""
    import polars as pl

    initial, cells = session
    states: dict[str, str] = {}
    events = rejected = 0
    scan = pl.scan_parquet(log).select("message_id", "event")
    for batch in scan.collect_batches(chunk_size=BATCH, maintain_order=True):
        events += batch.height
        columns = batch["message_id"].to_list(), batch["event"].to_list()
        for message, event in zip(*columns, strict=True):
            state = states.get(message, initial)
            target = cells[state].get(event)
            if target is None:
                rejected += 1
                target = state
            states[message] = target
    return {"events": events, "rejected": rejected, "states": states}


def dict_facts(found: Facts) -> Facts:
    from collections import Counter

    states = found.pop("states")
    counted = dict(sorted(Counter(states.values()).items()))
    return found | {"messages": len(states), f"states of {MACHINE}": counted}


# The library itself --------------------------------------------------------------------------


def one_instance_a_message(log: Path, _session: object) -> Facts:
    """Send the first events to the user's own class, an instance for each message."""
    import polars as pl
    from statemachine.exceptions import TransitionNotAllowed

    from fsm.machines.with_feedback import WithFeedback

    rows = pl.scan_parquet(log).select("message_id", "event").head(SLICE).collect().rows()
    charts: dict[str, Any] = {}
    rejected = 0
    for message, event in rows:
        chart = charts.get(message)
        if chart is None:
            chart = charts[message] = WithFeedback()
            chart.allow_event_without_transition = False
        try:
            chart.send(event)
        except TransitionNotAllowed:
            rejected += 1
    return {"rows": rows, "charts": charts, "rejected": rejected}


def instance_facts(found: Facts) -> Facts:
    """Hold every instance against the table."""
    initial, cells = table()
    states: dict[str, str] = {}
    rejected = 0
    for message, event in found["rows"]:
        state = states.get(message, initial)
        states[message] = cells[state].get(event, state)
        rejected += event not in cells[state]
    ends = {
        message: next(state.id for state in chart.configuration if state.is_atomic)
        for message, chart in found["charts"].items()
    }
    if ends != states or found["rejected"] != rejected:
        raise WrongResultError("python-statemachine and the compiled table differ")
    return {"events": len(found["rows"])}


BOUNDS = (
    Engine("polars group_by", ("polars",), group_by, group_by_facts),
    Engine(
        "polars group_by, every column",
        ("polars",),
        group_by_wide,
        group_by_facts,
        form="wide",
        largest=10**7,
    ),
    Engine("polars decode", ("polars",), decode, decode_facts),
)

LOOPS = (
    Engine(
        "dict loop",
        ("polars", "fsm.catalog", "fsm.compile"),
        dict_loop,
        dict_facts,
        start=table,
        largest=10**7,
        most_runs=3,
    ),
    Engine(
        "python-statemachine",
        ("polars", "fsm.machines.with_feedback", "fsm.catalog"),
        one_instance_a_message,
        instance_facts,
        most_runs=2,
        sliced=True,
        largest=10**7,
    ),
)

"""fsm itself: both feedback modes and their companion, at each level of what is asked for."""

import os
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from engine import Engine, Facts, WrongResultError

__all__ = ["BOUNDED", "LEVELS", "WIDE", "WORKERS"]

MACHINES = ("with-feedback", "without-feedback")
HOUR = timedelta(hours=1)
MODULES = (
    "fsm.catalog",
    "fsm.compile",
    "fsm.compile.oracle",
    "fsm.machines.engagement",
    "fsm.machines.with_feedback",
    "fsm.machines.without_feedback",
    "fsm.engine",
    "fsm.logs.write.tables",
)
MB = 2**20
WIDE = "fsm counts, every column"


def _replay(log: Path, **asked: Any) -> Any:
    from fsm.catalog import load_bare
    from fsm.engine import replay

    machines = [load_bare(name) for name in MACHINES]
    return replay(log, machines, companions=load_bare, **asked)


def counts(log: Path, _session: object, **options: Any) -> dict[str, Any]:
    """Count the final states."""
    return {"result": _replay(log, **options)}


def series(log: Path, _session: object, **options: Any) -> dict[str, Any]:
    """The same, with the hourly indicators of every delivery and the ledger of rejections."""
    result = _replay(log, every=HOUR, **options)
    return {"result": result, "series": result.series(HOUR), "rejections": result.rejections}


def statuses(log: Path, _session: object, **options: Any) -> dict[str, Any]:
    """Count the final states, and write that of each message to a Parquet file."""
    found = {"result": _replay(log, statuses=True, **options)}
    return found | {"status": _write(found["result"], log)}


def status(log: Path, session: object, **options: Any) -> dict[str, Any]:
    """The same, with the final state of each message written to a Parquet file."""
    found = series(log, session, statuses=True, **options)
    return found | {"status": _write(found["result"], log)}


def _write(result: Any, log: Path) -> Path:
    from fsm.logs.write.tables import write_frames

    path = log.with_name(f"status-{os.getpid()}.parquet")
    write_frames(result.status_frames(), path)
    return path


# What they found -----------------------------------------------------------------------------


def facts(found: dict[str, Any]) -> Facts:
    """Return the counts, after holding every table against them."""
    result = found["result"]
    if "series" in found:
        _check("the end of the series", _series_ends(found["series"]), _indicators(result))
        _check("the rejections", found["rejections"].height, result.rejected)
    if "status" in found:
        _check("the status file", _written_states(found["status"]), _states(result))
    counted = {"events": result.events, "messages": result.messages, "rejected": result.rejected}
    return counted | {f"states of {name}": states for name, states in _states(result).items()}


def _check(what: str, value: object, expected: object) -> None:
    if value != expected:
        raise WrongResultError(f"{what}: {value}, counted {expected}")


def _states(result: Any) -> dict[str, dict[str, int]]:
    return {
        name: {state: n for state, n in sorted(machine.states.items()) if n}
        for name, machine in result.machines.items()
    }


def _indicators(result: Any) -> dict[str, int]:
    own = ("Delivered", "Bounces + errors")
    return {
        f"{name}: {indicator}": machine.indicators[indicator].count
        for name, machine in result.machines.items()
        for indicator in own
    }


def _series_ends(table: Any) -> dict[str, int]:
    import polars as pl

    ends = (
        table.lazy()
        .filter(pl.col("machine").is_in(MACHINES))
        .sort("until")
        .group_by("delivery_id", "machine", "indicator")
        .agg(pl.col("count").last())
        .group_by("machine", "indicator")
        .agg(pl.col("count").sum())
        .collect()
    )
    return {f"{machine}: {indicator}": count for machine, indicator, count in ends.rows()}


def _written_states(path: Path) -> dict[str, dict[str, int]]:
    import polars as pl

    scan, states = pl.scan_parquet(path), {}
    for name in MACHINES:
        table = scan.group_by(f"{name}.state").len().collect()
        states[name] = dict(sorted(table.rows()))
    path.unlink()
    return states


# The engines ---------------------------------------------------------------------------------


def _engine(
    name: str, run: Any, form: str = "parquet", largest: int = 10**8, **asked: Any
) -> Engine:
    return Engine(name, MODULES, partial(run, **asked), facts, form=form, largest=largest)


_BOUNDED = tuple(
    (f"fsm {what}, memory {size} MB", run, size * MB)
    for what, run in (("counts", counts), ("statuses", statuses))
    for size in (200, 500)
)
BOUNDED = {name: bound for name, _, bound in _BOUNDED}
"""The engines of bounded memory, with their bounds in bytes."""

LEVELS = (
    _engine("fsm counts", counts),
    _engine("fsm series", series),
    _engine("fsm status", status),
    _engine("fsm counts, oracle off", counts, oracle=False),
    *(_engine(name, run, memory=bound) for name, run, bound in _BOUNDED),
    _engine(WIDE, counts, form="wide", largest=10**7),
    _engine("fsm counts, from CSV", counts, form="csv", largest=10**7),
)

WORKERS = tuple(
    _engine(f"fsm counts, {workers} worker{'s' * (workers > 1)}", counts, workers=workers)
    for workers in (1, 2)
)

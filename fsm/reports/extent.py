"""The extent of a log in time: what is a fitting period, and where most of it happens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fsm.logs.log import Log

__all__ = ["fitting_period", "fitting_period_of", "instant"]

_MOST, _MOST_OF_LARGE = 20_000, 3_000
"""Periods of a series, about: a large log has many deliveries, and a count for each."""
_LARGE = 2_000_000
"""Events of a large log."""
_STEPS = (
    *(timedelta(seconds=n) for n in (1, 2, 5, 10, 15, 30)),
    *(timedelta(minutes=n) for n in (1, 2, 5, 10, 15, 30)),
    *(timedelta(hours=n) for n in (1, 2, 3, 6, 12)),
    *(timedelta(days=n) for n in (1, 7)),
)


def fitting_period(first: datetime, last: datetime, events: int) -> timedelta:
    """Return a round period that is short enough to see what happened between two instants.

    >>> fitting_period(instant(0), instant(27 * 3600 * 1_000_000), 26_000)
    datetime.timedelta(seconds=5)
    """
    least = (last - first) / (_MOST if events < _LARGE else _MOST_OF_LARGE)
    weeks = least // _STEPS[-1] + 1
    return next((step for step in _STEPS if step >= least), weeks * _STEPS[-1])


def fitting_period_of(log: Log, as_of: datetime | None = None) -> timedelta:
    """Return the same for a log; times are read, and nothing else."""
    until = None if as_of is None else (as_of - instant(0)) // timedelta(microseconds=1)
    found = log.extent(until)
    if found is None:
        return _STEPS[0]
    first, last, events = found
    return fitting_period(instant(first), instant(last), events)


def instant(micros: int) -> datetime:
    """Return a time given in microseconds since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)

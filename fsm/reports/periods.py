"""Times of a log, and the period of curves that fits it."""

from __future__ import annotations

from datetime import datetime, timedelta

from fsm.epoch import microseconds_since_1970, time_at
from fsm.logs.log import Log

__all__ = ["fitting_period", "fitting_period_of_log"]

_MOST, _MOST_OF_LARGE = 20_000, 3_000
"""About so many periods; fewer for a large log, whose series has a count per delivery."""
_LARGE = 2_000_000
"""A log with at least so many events is large."""
_STEPS = (
    *(timedelta(seconds=n) for n in (1, 2, 5, 10, 15, 30)),
    *(timedelta(minutes=n) for n in (1, 2, 5, 10, 15, 30)),
    *(timedelta(hours=n) for n in (1, 2, 3, 6, 12)),
    *(timedelta(days=n) for n in (1, 7)),
)


def fitting_period(first: datetime, last: datetime, events: int) -> timedelta:
    """Return a round period that shows what happened between two instants in enough detail.

    >>> fitting_period(time_at(0), time_at(27 * 3600 * 1_000_000), 26_000)
    datetime.timedelta(seconds=5)
    """
    least = (last - first) / (_MOST if events < _LARGE else _MOST_OF_LARGE)
    weeks = least // _STEPS[-1] + 1
    return next((step for step in _STEPS if step >= least), weeks * _STEPS[-1])


def fitting_period_of_log(log: Log, as_of: datetime | None = None) -> timedelta:
    """Return the fitting period of a log. Only its times are read."""
    until = None if as_of is None else microseconds_since_1970(as_of)
    limits = log.extent(until)
    if limits is None:
        return _STEPS[0]
    first, last, events = limits
    return fitting_period(time_at(first), time_at(last), events)

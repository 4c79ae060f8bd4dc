"""Times of records, in the notation that a mapping file gives, or in any that is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from functools import partial
from zoneinfo import ZoneInfo

from fsm.logs.mapping.record_layout import TimeNotation
from fsm.logs.mapping.time_notation import UNITS
from fsm.logs.native_times import native_time

__all__ = ["own_zone", "record_time"]


def record_time(notation: TimeNotation) -> Callable[[object, tzinfo], int | None]:
    """Return what reads the times of a format: microseconds since 1970, None for what is none."""
    if notation == TimeNotation():
        return native_time
    return partial(_in_notation, notation)


def own_zone(notation: TimeNotation, zone: tzinfo) -> tzinfo:
    """Return the zone of times without one: that of the format, else the one that is given."""
    return ZoneInfo(notation.zone) if notation.zone else zone


def _in_notation(notation: TimeNotation, value: object, zone: tzinfo) -> int | None:
    if notation.unit is not None and (number := _number(value)) is not None:
        return native_time(number * UNITS[notation.unit] / 1e9, zone)
    return native_time(value, own_zone(notation, zone))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except ValueError:
        return None

"""How times are written: the section ``[time]`` of mapping files."""

from __future__ import annotations

import re

from fsm.logs.mapping.mapping_section import MappingSection
from fsm.logs.mapping.record_layout import TimeNotation
from fsm.suggest import no_such

__all__ = ["UNITS", "chrono_format", "is_zone", "read_time_notation"]

_DIRECTIVE = re.compile(r"%[-_0#:.\d]*([A-Za-z+])")

UNITS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1000, "ns": 1}
"""The nanoseconds of each unit of numbers."""


def read_time_notation(section: MappingSection) -> TimeNotation:
    """Return how times are written; raises :class:`LogError` with the line of what is wrong."""
    section.check_names("entry", ("format", "unit", "zone"))
    formats, unit, zone = section.texts("format"), section.text("unit"), section.text("zone")
    for form in formats:
        if fault := _fault_of_format(form):
            section.refuse(form, f"{form!r} is no format of times: {fault}")
    if unit is not None and unit not in UNITS:
        section.refuse(unit, no_such("unit of time", unit, UNITS))
    if zone is not None and not is_zone(zone):
        section.refuse(zone, f"{zone!r} is not a time zone; write for example Europe/Paris")
    return TimeNotation(formats, unit, zone)


def chrono_format(form: str) -> str:
    """Return a format as polars reads it, which writes fractions of a second in another way.

    Names of zones are offsets there.

    >>> chrono_format("%d.%m.%Y %H:%M:%S.%f")
    '%d.%m.%Y %H:%M:%S%.f'
    """
    return form.replace(".%f", "%.f").replace("%f", "%6f").replace("%Z", "%z")


def _fault_of_format(form: str) -> str:
    """Return why a format cannot be used; an empty text where it can."""
    letters = set(_DIRECTIVE.findall(form))
    if not letters & set("YyCsGc+Dx"):
        return "it has no year; leave format out for the times of syslog"
    import polars as pl

    try:
        pl.select(pl.lit("x").str.to_datetime(chrono_format(form), time_unit="us", strict=False))
    except (pl.exceptions.PolarsError, ValueError) as error:
        return str(error).split("\n")[0]
    return ""


def is_zone(zone: str) -> bool:
    """Whether a name is that of a time zone, such as ``Europe/Paris``."""
    from zoneinfo import ZoneInfo

    try:
        return bool(ZoneInfo(zone).key)
    except (ValueError, OSError, KeyError):
        return False

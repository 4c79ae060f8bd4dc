"""Answers to the questions of a draft that cannot be: they are refused by name."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from fsm.errors import LogError
from fsm.logs.draft.fields import ProposedFields
from fsm.logs.draft.records import SampledRecords
from fsm.logs.mapping.event_mapping import FAILED, MACHINE_EVENTS, NOTHING, SIDE_EVENTS
from fsm.logs.mapping.time_notation import chrono_format, is_zone
from fsm.machine import Machine
from fsm.suggest import no_such

__all__ = ["check_answers"]

_TRIED = 500
"""Times that a format is tried on."""


def check_answers(
    records: SampledRecords,
    fields: ProposedFields,
    machine: Machine | None,
    answers: Mapping[str, str],
) -> None:
    """Raise :class:`LogError` for an event that no machine has, a wrong zone or a wrong format."""
    if machine is not None:
        known = (*machine.events, NOTHING, FAILED, *MACHINE_EVENTS, *SIDE_EVENTS)
        shown = (*machine.events, NOTHING)
        for key, answer in answers.items():
            if key.startswith("events.") and answer not in known:
                raise LogError(f"--answer {key}: {no_such('event', answer, shown)}")
    zone = answers.get("time.zone")
    if zone is not None and not is_zone(zone):
        raise LogError(f"--answer time.zone: {zone!r} is no time zone, such as Europe/Berlin")
    form = answers.get("time.format")
    if form is not None and fields.time and not _reads_any(records, fields, form):
        where = " and ".join(fields.time)
        raise LogError(f"--answer time.format: {form!r} reads none of the times in {where}")


def _reads_any(records: SampledRecords, fields: ProposedFields, form: str) -> bool:
    rows = zip(*(records.columns[name] for name in fields.time), strict=True)
    texts = [" ".join(map(str, row)) for row in rows if all(row)][:_TRIED]
    try:
        times = pl.Series(texts, dtype=pl.String).str.to_datetime(
            chrono_format(form), strict=False, time_unit="us"
        )
    except (pl.exceptions.PolarsError, ValueError):
        return False
    return times.null_count() < len(times)

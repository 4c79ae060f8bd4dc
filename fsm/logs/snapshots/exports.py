"""Exports, in any order, to the events that they show, in bounded memory.

What is read goes to temporary files; then the messages are compared, a part of them at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import polars as pl

from fsm.epoch import time_at
from fsm.errors import LogError
from fsm.files import TemporaryFolder
from fsm.logs.canonical_columns import place_of
from fsm.logs.ledger import RecordClass
from fsm.logs.native_times import from_datetime
from fsm.logs.notes import Notes
from fsm.logs.snapshots.changes import ORDER, in_order, returned, status_changes, without_steps_back
from fsm.logs.snapshots.export_times import time_in_name
from fsm.logs.snapshots.labels import Labels
from fsm.logs.snapshots.read_records import export_records
from fsm.logs.snapshots.status_rows import SIGHTING, understood
from fsm.logs.storage.scans import scan_parquet
from fsm.logs.storage.stored_file import StoredFile
from fsm.logs.unusable import leave_out
from fsm.logs.write.tables import write_frames

__all__ = ["ExportOptions", "StatusExport", "events_of"]

_ROWS = 1_000_000
"""Rows that are compared at a time."""
_DATE = 2 * 86_400_000_000
"""Microseconds after the midnight of a date in which it is that date somewhere."""


@dataclass(frozen=True)
class StatusExport:
    """A file of the exports, and what is noted of it."""

    source: StoredFile
    notes: Notes


@dataclass(frozen=True)
class ExportOptions:
    """What is known beforehand: labels, the zone of times without one, and what the user says."""

    labels: Labels
    zone: tzinfo
    feedback: bool | None = None
    """Whether the feedback service was on; None where only the rows can tell."""
    times: Mapping[str, datetime] = field(default_factory=dict)
    """When each export was made, by its name."""
    progress: Callable[[], object] = lambda: None
    """What is told, now and then, that more was read."""


def events_of(
    exports: Sequence[StatusExport], told: ExportOptions
) -> Iterator[tuple[StatusExport, pl.DataFrame]]:
    """Yield the events that exports show when they are put in order of time.

    Raises :class:`fsm.errors.LogError` for a file that is no export, and for one of which
    nothing tells when it was made.
    """
    with TemporaryFolder() as directory:
        read = (_usable(e, Path(directory) / f"{n}.parquet", told) for n, e in enumerate(exports))
        parts = sorted(filter(None, read), key=lambda part: (part.time, part.export.source.name))
        if not parts:
            return
        rows = pl.concat(part.rows().with_columns(export=n) for n, part in enumerate(parts))
        slices = max(1, -(-sum(part.height for part in parts) // _ROWS))
        owner = pl.col("message_id").hash(0) % slices
        yield from _compared([rows.filter(owner == n) for n in range(slices)], parts, told)


@dataclass(frozen=True)
class _Part:
    """What was read of one export."""

    export: StatusExport
    path: Path
    time: int
    """When it was made."""
    height: int
    firsts: Mapping[str, int]
    """The first line of each status."""

    def rows(self) -> pl.LazyFrame:
        """Return its sightings, each with a time."""
        rows = scan_parquet(self.path)
        return rows.with_columns(pl.col("exported").fill_null(self.time))


def _usable(export: StatusExport, path: Path, told: ExportOptions) -> _Part | None:
    """Return what was read of an export; None where it cannot be read, as its notes say."""
    try:
        return _read(export, path, told)
    except LogError as error:
        leave_out(export.notes, error)
        return None


def _read(export: StatusExport, path: Path, told: ExportOptions) -> _Part:
    source, notes = export.source, export.notes

    def understand() -> Iterator[pl.DataFrame]:
        yield pl.DataFrame(schema=SIGHTING)
        for frame in export_records(source, told.labels, notes):
            told.progress()
            yield understood(frame, told.labels, told.zone, notes)

    write_frames(understand(), path)
    rows = scan_parquet(path)
    latest, height = rows.select(_latest(), pl.len()).collect().row(0)
    time, why = _made(source, latest, told)
    moment = time_at(time)
    notes.assumed["exported"] = f"exported {moment:%Y-%m-%d %H:%M:%S} UTC ({why})"
    firsts = rows.group_by("status").agg(pl.col("line").min()).collect()
    return _Part(export, path, time, height, dict(firsts.iter_rows()))


def _latest() -> pl.Expr:
    """The time of the newest row, or of the newest change."""
    return pl.coalesce(pl.col("exported").max(), pl.col("changed").max())


def _made(source: StoredFile, latest: int | None, told: ExportOptions) -> tuple[int, str]:
    """Return when an export was made, and what says so."""
    given = told.times.get(source.name)
    time = from_datetime(given, UTC) if given else None
    if time is not None:
        return time, "as given"
    named = time_in_name(source.name, told.zone)
    if named is not None and (latest is None or not named < latest <= named + _DATE):
        return named, "by its name"
    if latest is not None:  # a name with a date alone is that of midnight
        return latest, "the latest time in it"
    raise LogError(
        f"{source.name}: nothing tells when it was exported; put the time into its name "
        "(2026-01-31T09-30), or give --exported 2026-01-31T09:30:00Z, once for each export"
    )


# Comparing -----------------------------------------------------------------------------------


def _compared(
    slices: Sequence[pl.LazyFrame], parts: Sequence[_Part], told: ExportOptions
) -> Iterator[tuple[StatusExport, pl.DataFrame]]:
    """Yield the events of one slice of the messages after the other."""
    mode, why = _mode(slices, parts, told.feedback)
    if why:
        parts[0].export.notes.assumed["feedback"] = why
    newest = pl.concat(slices).group_by("delivery_id").agg(pl.col("export").max().alias("newest"))
    lost = []
    for rows in slices:
        frame, twice = in_order(rows.collect())
        _doubt(twice, parts, pl.lit("more than one row of a message; the last one counts"))
        lost.append(_lost(frame, newest.collect()))
        frame, back = without_steps_back(frame)
        said = pl.format("{} after {}: passed over, since nothing leads back", "status", "from")
        _doubt(back, parts, said)
        events = status_changes(frame, mode).sort("time", *ORDER)
        for (number,), part in events.group_by("export", maintain_order=True):
            export = parts[int(str(number))].export
            # A row that shows a change is counted by its event; the others were compared.
            export.notes.records.count(RecordClass.JOINED, -part.height)
            yield export, part
    _say_lost(pl.concat(lost), parts)


def _mode(
    slices: Sequence[pl.LazyFrame], parts: Sequence[_Part], feedback: bool | None
) -> tuple[str, str]:
    """Return whether the feedback service was on (see ``snapshot.toml``), and what shows it."""
    if feedback is False:
        return "without", ""
    taken, pending = (_first(parts, status) for status in ("taken", "pending"))
    if taken:
        return "taken", (
            "read as with the feedback service, and Failed as final: "
            f"{taken} is taken into account by it (--no-feedback reads it otherwise)"
        )
    if feedback:
        return "with", ""
    for where, what in ((pending, "pending"), (_returned(slices, parts), "Sent after it Failed")):
        if where:
            return "with", (
                f"read as with the feedback service: {where} is {what}, as nothing is without it "
                "(--no-feedback reads it otherwise)"
            )
    return "unsure", ""


def _first(parts: Sequence[_Part], status: str) -> str | None:
    found = (part for part in parts if status in part.firsts)
    places = (place_of(part.export.source.name, part.firsts[status]) for part in found)
    return next(places, None)


def _returned(slices: Sequence[pl.LazyFrame], parts: Sequence[_Part]) -> str | None:
    for rows in slices:
        found = returned(in_order(rows.collect())[0])
        if found.height:
            return _place(found.sort("export", "line"), parts)
    return None


def _place(rows: pl.DataFrame, parts: Sequence[_Part]) -> str:
    export, line = rows.select("export", "line").row(0)
    return place_of(parts[export].export.source.name, line)


def _doubt(rows: pl.DataFrame, parts: Sequence[_Part], what: pl.Expr) -> None:
    """Count rows that are passed over."""
    found = rows.group_by("export", what.alias("what")).agg(pl.len(), pl.col("line").min())
    for export, text, count, line in found.sort("export", "what").iter_rows():
        parts[export].export.notes.doubts.add(text, line, count)


def _lost(frame: pl.DataFrame, newest: pl.DataFrame) -> pl.DataFrame:
    """Return the last rows of messages that the newest export of their delivery does not have."""
    last = frame.group_by("message_id", "recipient", maintain_order=True).last()
    found = last.join(newest, on="delivery_id", nulls_equal=True, maintain_order="left")
    return found.filter(pl.col("export") < pl.col("newest")).select("export", "line", "newest")


def _say_lost(lost: pl.DataFrame, parts: Sequence[_Part]) -> None:
    for (number,), rows in lost.sort("newest", "export", "line").group_by(
        "newest", maintain_order=True
    ):
        parts[int(str(number))].export.notes.assumed["lost"] = (
            f"{rows.height:,} of the messages before are not in it, the first of them "
            f"{_place(rows, parts)}; they keep their status (an export of changes has no others)"
        )

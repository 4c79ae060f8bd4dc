"""A log: one or more files or frames of events, as one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import polars as pl

from fsm.arrays import Codes
from fsm.logs.canonical_columns import NEEDED, OPTIONAL
from fsm.logs.log_file import LogFile, Proof, RowMeaning
from fsm.logs.rows import event_frames, instants_of

if TYPE_CHECKING:
    from fsm.logs.incremental.incremental_run import IncrementalRun
    from fsm.logs.notes import Notes

__all__ = ["Log", "OutsideRange"]

T = TypeVar("T")


@dataclass(frozen=True)
class OutsideRange:
    """What a part of a log leaves out: messages that began before ``start`` or after ``end``.

    ``messages`` and ``events`` are left out, ``rows`` is how many rows of canonical files there
    were before. ``last`` is the last instant of the whole log: timers of the part fire up to it.
    """

    messages: int
    events: int
    rows: int
    start: datetime | None
    end: datetime | None
    last: datetime


@dataclass(frozen=True)
class Log:
    """One or more files, or frames, of events; :func:`fsm.logs.open.open_log` makes them."""

    files: tuple[LogFile, ...]
    """The files, in the order in which they were given."""
    conversions: tuple[Notes, ...] = ()
    """Notes on the conversion of files of other formats."""
    incremental: IncrementalRun | None = field(default=None, compare=False)
    """What earlier runs read of the log, where a checkpoint keeps it."""
    outside: OutsideRange | None = None
    """What is left out where this is the part of a time range."""

    def __repr__(self) -> str:
        names = [file.name for file in self.files]
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        return f"<Log {names[0] if names else 'without files'}{more}>"

    # Columns ---------------------------------------------------------------------------------

    @cached_property
    def present(self) -> tuple[str, ...]:
        """The canonical columns that at least one file has."""
        in_files = {name for file in self.files for name in file.present}
        return tuple(name for name in (*NEEDED, *OPTIONAL) if name in in_files)

    @property
    def keys(self) -> list[str]:
        """The columns that identify a message: its id, and the recipient where there is one."""
        return [name for name in ("message_id", "recipient") if name in self.present]

    @property
    def identity(self) -> list[str]:
        """The columns that say which message an event is of."""
        return [n for n in ("message_id", "recipient", "delivery_id") if n in self.present]

    @cached_property
    def recordable(self) -> frozenset[str] | None:
        """The events that some file can hold; ``None`` where one may hold any."""
        held = [file.recordable() if file.recordable else None for file in self.files]
        return None if None in held else frozenset().union(*filter(None, held))

    @property
    def pseudonyms(self) -> str | None:
        """The fingerprint of the key of the pseudonyms; None where the log is not redacted."""
        redactions = (f.redaction or (f.origin and f.origin.redaction) for f in self.files)
        return next((redaction.fingerprint for redaction in redactions if redaction), None)

    @property
    def unit(self) -> str | None:
        """What all converted files call one message; None where they do not say, or differ."""
        names = {notes.unit for notes in self.conversions}
        return names.pop() if len(names) == 1 and len(self.files) == 1 else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed when the files were opened, or known of them, a line for each."""
        of_files = [f"{file.name}: {note}" for file in self.files for note in file.notes]
        return (*of_files, *(self.incremental.messages if self.incremental else ()))

    # Rows ------------------------------------------------------------------------------------

    def about(self) -> int | None:
        """Return approximately how many rows all files have, without reading them."""
        known = [file.about() for file in self.files]
        return None if None in known else sum(rows or 0 for rows in known)

    def scan(self, file: LogFile) -> pl.LazyFrame:
        """Return the canonical columns of one file; see :meth:`LogFile.scan`."""
        return file.scan(self.present)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """All events in memory, in file order, for logs that are small enough.

        Columns: ``file`` (index into ``files``), ``row`` (in the file, from 0), and the
        canonical ones: texts, ``timestamp`` (UTC, microseconds) and ``seq`` (Int64). Raises
        :class:`fsm.errors.LogError`, naming file, line and remedy, for what cannot be read.
        """
        types = {"timestamp": pl.Datetime("us", "UTC"), "seq": pl.Int64()}
        columns = {name: types.get(name, pl.String()) for name in self.present}
        nothing = pl.DataFrame(schema={"file": pl.UInt32(), "row": pl.UInt64(), **columns})
        return pl.concat([nothing, *self.frames()])

    def frames(self, further: Sequence[str] = ()) -> Iterator[pl.DataFrame]:
        """Yield the events part by part; see :attr:`frame`.

        ``further`` are other columns of its files; their names then begin with
        :data:`fsm.logs.rows.FURTHER`.
        """
        for number, file in enumerate(self.files):
            for part in event_frames(file, self.present, further):
                yield part.select(pl.lit(number, pl.UInt32).alias("file"), pl.all())

    def extent(self, as_of: int | None = None) -> tuple[int, int, int] | None:
        """Return the first and the last instant in microseconds, and how many events have one.

        ``None`` where there is none. What is wrong with a log is found when it is replayed.
        """
        spans = []
        for file in self.files:
            for times in instants_of(file):
                counted = times if as_of is None else times.filter(times <= as_of)
                if len(counted):
                    spans.append((int(counted.min()), int(counted.max()), len(counted)))  # type: ignore[arg-type]
        if not spans:
            return None
        firsts, lasts, counts = zip(*spans, strict=True)
        return min(firsts), max(lasts), sum(counts)

    # Places ----------------------------------------------------------------------------------

    def proofs(self, events: pl.DataFrame) -> dict[tuple[int, int], Proof]:
        """Return the evidence of events, by ``file`` and ``row``; each file is read once."""
        return self._by_row(events, LogFile.proofs)

    def meanings(self, events: pl.DataFrame) -> dict[tuple[int, int], RowMeaning]:
        """Return how events came out of their lines, by ``file`` and ``row``."""
        return self._by_row(events, LogFile.meanings)

    def _by_row(
        self, events: pl.DataFrame, of_rows: Callable[[LogFile, Codes], list[T]]
    ) -> dict[tuple[int, int], T]:
        found = {}
        distinct = events.select("file", "row").unique(maintain_order=True)
        for (number,), part in distinct.group_by("file", maintain_order=True):
            rows = part["row"].to_numpy().astype(np.intp)
            values = of_rows(self.files[number], rows)
            found.update({(number, r): v for r, v in zip(rows.tolist(), values, strict=True)})
        return found

    def locate(self, events: pl.DataFrame) -> pl.DataFrame:
        """Return the events with ``file`` as its name and ``line`` in it."""
        numbers, rows = (events[name].to_numpy().astype(np.intp) for name in ("file", "row"))
        lines = np.zeros(len(rows), dtype=np.intp)
        file_names = pl.Series([file.name for file in self.files], dtype=pl.String)
        names = file_names.gather(pl.Series(numbers, dtype=pl.UInt32)).alias("file")
        for number in np.unique(numbers):
            file, in_file = self.files[number], numbers == number
            if file.origin is None:
                lines[in_file] = file.lines(rows[in_file])
            else:
                origins, lines[in_file] = file.origin.places(rows[in_file])
                names = names.scatter(np.flatnonzero(in_file), origins)
        places = [names, pl.Series("line", lines, pl.UInt64)]
        return pl.DataFrame(places).hstack(events.drop("file", "row"))

"""The events of a log of process mining as rows of a converted log."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from fsm.errors import LogError
from fsm.logs.detect import RecognisedFile
from fsm.logs.notes import Notes
from fsm.logs.reading import ReadingOptions

__all__ = ["mined_rows"]


def mined_rows(
    file: RecognisedFile, options: ReadingOptions, notes: Notes
) -> Iterator[pl.DataFrame]:
    """Yield the events of an XES or OCEL log as rows of a converted log.

    Raises :class:`fsm.errors.LogError` for what cannot be read.
    """
    if options.events and not options.renamed:
        raise LogError(
            f"{file.stored.name}: events of {file.format.upper()} can only get other names; those "
            "of a machine"
        )
    if file.format == "xes":
        from fsm.logs.process.xes_events import xes_rows

        return xes_rows(file.stored, options, notes)
    from fsm.logs.process.object_events import ocel_rows

    return ocel_rows(file.stored, options, notes)

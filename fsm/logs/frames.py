"""Data in memory as a log: Arrow data of other libraries, and the types of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from fsm.errors import LogError
from fsm.logs.canonical_columns import FRAME
from fsm.logs.log_file import LogFile

__all__ = ["check_types", "read_arrow"]


def read_arrow(data: object, wanted: Sequence[str]) -> pl.DataFrame:
    """Return data with an Arrow C stream as a frame.

    Of a pandas frame only the ``wanted`` columns are read. Raises :class:`LogError`, which names
    the column, where the data cannot be a frame.
    """
    frame: Any = data
    names = getattr(data, "columns", None)
    if hasattr(data, "loc") and names is not None:
        given = list(names)
        present = [name for name in wanted if name in given]
        for name in present:
            if given.count(name) > 1:
                raise LogError(f"{FRAME}: two columns {name!r}; rename the one not meant")
            _read(frame[[name]], f"{FRAME}: column {name!r}", f"frame[{name!r}].astype(str)")
        if present:
            frame = frame[present]
    return _read(frame, FRAME, "a frame with one type in each column")


def _read(data: Any, where: str, remedy: str) -> pl.DataFrame:
    try:
        return pl.DataFrame(data)
    except ImportError as error:
        raise LogError(f"{where}: cannot be read: {error}") from error
    except Exception as error:  # whatever another library raises for its own data
        reason = str(error).split("\n", 1)[0]
        raise LogError(f"{where}: cannot be read ({reason}); give {remedy}") from error


def check_types(file: LogFile) -> LogFile:
    """Return the file; refuse columns that hold lists, structs or objects.

    Raises :class:`LogError`.
    """
    schema = file.raw().collect_schema()
    for name in file.present:
        kind = schema[file.names[name]]
        if kind.is_nested() or kind == pl.Object:
            raise LogError(
                f"{file.name}: column {file.names[name]!r} holds {kind}; "
                f"{name} is one value in each row, such as a text"
            )
    return file

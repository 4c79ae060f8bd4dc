"""Read the records of comma-separated values that stand in a page."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence

__all__ = ["read_csv_rows"]

_DELIMITERS = {"tab": "\t", "space": " "}


def read_csv_rows(
    lines: Sequence[str], options: Mapping[str, object]
) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the line in which each record begins, from 0, and its fields.

    ``options`` are those of the directive ``csv-table``: ``delim``, ``quote``, ``escape``. Lines
    that cannot be read end the records.

    >>> list(read_csv_rows(['a, "b', 'c"', "", "d"], {}))
    [(0, ['a', 'b\\nc']), (3, ['d'])]
    """
    delimiter = str(options.get("delim", ","))
    try:
        reader = csv.reader(
            (f"{line}\n" for line in lines),
            delimiter=_DELIMITERS.get(delimiter, delimiter)[:1] or ",",
            quotechar=str(options.get("quote", '"'))[:1] or '"',
            escapechar=str(options.get("escape", ""))[:1] or None,
            skipinitialspace=True,
        )
        begin = 0
        for row in reader:
            if row:
                yield begin, row
            begin = reader.line_num
    except (csv.Error, TypeError, ValueError):  # marks that are no marks, or an endless field
        return

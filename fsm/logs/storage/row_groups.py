"""The row groups of a Parquet file: the parts that can be read one after the other.

polars reads ahead as many row groups as it likes, so the rows of each are taken from the footer
of the file, and no more than a few groups are asked for at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from fsm.logs.storage.parquet_footer import MALFORMED, read_footer

__all__ = ["row_group_sizes", "slices"]

_GROUPS, _ROWS = 4, 3  # FileMetaData.row_groups, RowGroup.num_rows


def row_group_sizes(path: Path) -> list[int] | None:
    """Return the rows of each row group; None for a file whose footer is not well-formed."""
    try:
        with path.open("rb") as file:
            sizes = [group[_ROWS] for group in read_footer(file)[_GROUPS]]
        return sizes if all(size >= 0 for size in sizes) else None
    except MALFORMED:
        return None


def slices(groups: Sequence[int], rows: int, most: int) -> Iterator[tuple[int, int]]:
    """Yield the parts to read as (first row, number of rows), ``rows`` in each or fewer.

    A part is made of whole row groups; one of more than ``rows`` is read alone, and in several
    parts where it has more than ``most``: each of them has to go through the group from its
    beginning.

    >>> list(slices([3, 3, 3, 9], 6, 20))
    [(0, 6), (6, 3), (9, 9)]
    >>> list(slices([10], 2, 4))
    [(0, 4), (4, 4), (8, 2)]
    """
    first = waiting = 0
    for group in groups:
        if waiting and waiting + group > rows:
            yield first, waiting
            first, waiting = first + waiting, 0
        waiting += group
        while waiting > most:
            yield first, most
            first, waiting = first + most, waiting - most
    if waiting:
        yield first, waiting

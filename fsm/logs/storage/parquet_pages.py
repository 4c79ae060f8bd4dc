"""Check the pages of a Parquet file before polars unpacks them.

A few kilobytes of Parquet can hold one text of a gigabyte, or a billion equal rows. The footer says
where the columns of each group of rows lie, and the header of every page how large it is when it
is unpacked. Both are compared with bounds: polars has none of its own. A file that is not
well-formed is left to polars, which reports what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from fsm.errors import LogError
from fsm.logs.storage.parquet_footer import MALFORMED, CompactReader, Fields, read_footer

__all__ = ["LARGEST_PAGE", "MOST_ROWS", "check_parquet_pages"]

LARGEST_PAGE: Final = 1 << 27
"""Bytes of a page, unpacked; most writers make pages of one MiB, DuckDB up to 100."""
MOST_ROWS: Final = 1 << 26
"""Rows of a group."""
_HEADER: Final = 1 << 12
"""Bytes read for the header of a page at first."""
_LARGEST_HEADER: Final = 1 << 20
"""Bytes read for it where those were not enough: statistics may quote long texts."""

_GROUPS = 4  # FileMetaData.row_groups
_COLUMNS, _ROWS = 1, 3  # RowGroup.columns, .num_rows
_META = 3  # ColumnChunk.meta_data
_PACKED_SIZE, _DATA_PAGE, _DICTIONARY_PAGE = 7, 9, 11  # ColumnMetaData: total size, page offsets
_UNPACKED, _COMPRESSED = 2, 3  # PageHeader.uncompressed_page_size, .compressed_page_size


def check_parquet_pages(path: Path, name: str) -> None:
    """Refuse a Parquet file that would take too much memory; ``name`` is what errors call it.

    Raises :class:`fsm.errors.LogError`.
    """
    try:
        with path.open("rb") as file:
            for group, columns, rows in _groups(file):
                if rows > MOST_ROWS:
                    raise LogError(
                        f"{name}: {rows:,} rows in its row group {group}; "
                        f"write groups of at most {MOST_ROWS:,} rows"
                    )
                for start, end in columns:
                    _check_chunk(file, name, group, start, end)
    except MALFORMED:
        return


def _groups(file: IO[bytes]) -> Iterator[tuple[int, list[tuple[int, int]], int]]:
    """Yield each group of rows: its number, where its columns begin and end, its rows."""
    for number, group in enumerate(read_footer(file)[_GROUPS], 1):
        chunks = [column[_META] for column in group[_COLUMNS]]
        starts = [min(c[_DATA_PAGE], c.get(_DICTIONARY_PAGE) or c[_DATA_PAGE]) for c in chunks]
        ends = [start + c[_PACKED_SIZE] for start, c in zip(starts, chunks, strict=True)]
        yield number, list(zip(starts, ends, strict=True)), group[_ROWS]


def _check_chunk(file: IO[bytes], name: str, group: int, start: int, end: int) -> None:
    """Refuse a page that is too large among those from ``start`` up to ``end``."""
    while start < end:
        page, length = _page(file, start)
        if page[_UNPACKED] > LARGEST_PAGE:
            raise LogError(
                f"{name}: a page of {page[_UNPACKED] >> 20:,} MiB in its row group {group}; "
                f"write pages of at most {LARGEST_PAGE >> 20} MiB"
            )
        if page[_COMPRESSED] < 0:
            return
        start += length + page[_COMPRESSED]


def _page(file: IO[bytes], start: int) -> tuple[Fields, int]:
    """Return the header of the page at ``start``, and how many bytes it takes."""
    size = _HEADER
    while True:
        file.seek(start)
        reader = CompactReader(file.read(size))
        try:
            return reader.fields(), reader.at
        except IndexError:
            if size >= _LARGEST_HEADER:
                raise
            size = _LARGEST_HEADER

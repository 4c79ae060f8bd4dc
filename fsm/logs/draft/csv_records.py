"""CSV with any separator, with or without a header, as columns of a sample."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from fsm.logs.draft.notations import is_address, is_number, looks_like_time
from fsm.logs.draft.records import SampledRecords
from fsm.logs.draft.sample import Excerpt, LogSample
from fsm.logs.draft.words import is_field_name

__all__ = ["read_csv_sample"]

_SEPARATORS = (",", ";", "\t", "|")
_ROWS = 40_000
_MOST_TITLES = 10
_TRIED = 200
"""Lines that decide on the separator."""
_REGULAR = 0.8
"""Least share of rows with the same number of cells."""
_FIELDS = re.compile(r"#\s*fields:\s*(.*)", re.IGNORECASE)
"""The line of the extended log format of the W3C that names the columns."""

_Row = tuple[int | None, list[str]]


def read_csv_sample(sample: LogSample) -> SampledRecords | None:
    """Return the columns of a sample; None where no separator gives rows of one length."""
    first = sample.excerpts[0]
    comments = [line for line in first.text.split("\n") if line.startswith("#")]
    named = next((match[1] for line in comments if (match := _FIELDS.match(line))), None)
    tried = [line for line in first.text.split("\n") if line.strip() and not line.startswith("#")]
    separator = _separator(tried[:_TRIED])
    if separator is None:
        return None
    rows = [row for excerpt in sample.excerpts for row in _rows(excerpt, separator)][:_ROWS]
    length = Counter(len(cells) for _, cells in rows).most_common(1)[0][0]
    before = 0 if named is not None else _rows_before_header(rows, length)
    skipped = [first.text.split("\n")[line - 1] for line, _ in rows[:before] if line]
    whole = [row for row in rows[before:] if len(row[1]) == length]
    read: dict[str, object] = {"container": "csv"}
    if separator != ",":
        read["separator"] = separator
    names, has_header = _header(whole, named, separator)
    if comments:
        read["comment"] = "#"
    if skipped:
        read["skip"] = f"^(?:{'|'.join(map(_beginning, skipped))})"
    if has_header:
        whole = [row for row in whole if row[1] != whole[0][1]]  # each file has it
    elif named is not None:
        read["header"] = r"^#[Ff]ields:\s*(.*)"
    elif names:
        read["columns"] = names
    if not whole:
        return None
    columns: dict[str, list[str | None]] = {
        name: [cells[place].strip() or None for _, cells in whole]
        for place, name in enumerate(names)
        if name
    }
    found = SampledRecords(read, columns, [line for line, _ in whole])
    unread = len(rows) - before - len(whole) - has_header
    return replace(found, unread=unread, named=has_header or named is not None)


def _separator(lines: Sequence[str]) -> str | None:
    best, most = None, 0.0
    for separator in _SEPARATORS:
        try:
            lengths = Counter(len(row) for row in csv.reader(lines, delimiter=separator))
        except csv.Error:  # a cell larger than csv reads
            continue
        if not lengths:
            return None
        length, count = lengths.most_common(1)[0]
        share = count / lengths.total()
        if length > 1 and share >= _REGULAR and share * length > most:
            best, most = separator, share * length
    return best


def _rows(excerpt: Excerpt, separator: str) -> Iterator[_Row]:
    """Yield the rows of an excerpt with the number of their first line."""
    text = excerpt.text.lstrip("\ufeff")
    numbers: list[int] = []

    def lines() -> Iterator[str]:
        for number, line in enumerate(text.split("\n"), excerpt.line or 1):
            if line.strip() and not line.startswith("#"):
                numbers.append(number)
                yield line + "\n"

    reader = csv.reader(lines(), delimiter=separator)
    begun = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:  # a cell larger than csv reads
            cells = []
        if cells is None:
            return
        if cells:
            yield (numbers[begun] if excerpt.line else None), cells
        begun = len(numbers)


def _rows_before_header(rows: Sequence[_Row], length: int) -> int:
    """Return how many rows stand above the header: titles, of which most cells are empty."""
    filled = sorted(sum(map(bool, cells)) for _, cells in rows)
    usual = filled[len(filled) // 2]
    for place, (_, cells) in enumerate(rows[:_MOST_TITLES]):
        if len(cells) == length and sum(map(bool, cells)) >= _REGULAR * usual:
            return place
    return 0


def _beginning(line: str) -> str:
    """Return a pattern of the beginning of a line, without what could identify somebody."""
    return re.escape(re.split(r"[\d@]", line, maxsplit=1)[0][:40]) or r"\d"


def _header(rows: Sequence[_Row], named: str | None, separator: str) -> tuple[list[str], bool]:
    """Return the names of the columns, and whether the first row has them."""
    first = rows[0][1]
    if named is not None:
        names = [name.strip() for name in named.split(separator if separator in named else None)]
        if len(names) == len(first):
            return names, False
    names = [name.strip() for name in first]
    typed = [is_number(cell) or is_address(cell) or looks_like_time(cell) for cell in names]
    is_known = sum(map(is_field_name, names))
    filled = [name for name in names if name]
    is_header = (
        not any(typed)
        and len(set(filled)) == len(filled) >= max(1, len(names) - 1)
        and (is_known > 0 or _differs(rows))
    )
    if is_header:
        return names, True
    return [f"column_{place}" for place in range(1, len(first) + 1)], False


def _differs(rows: Sequence[_Row]) -> bool:
    """Whether the first row differs from those below: a column below holds times or numbers."""
    below = [cells for _, cells in rows[1:_TRIED]]
    return any(
        all(is_number(cells[place]) or looks_like_time(cells[place]) for cells in below)
        for place in range(len(rows[0][1]))
        if below
    )

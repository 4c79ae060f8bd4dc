"""Records of CSV, with any separator: quoted fields may hold line ends, headers may be repeated."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from fsm.errors import LogError
from fsm.logs.canonical_columns import column_list
from fsm.logs.mapping.record_layout import FieldSource, RecordLayout
from fsm.logs.notes import Notes
from fsm.logs.records.lines import numbered_lines
from fsm.logs.records.text_columns import TextColumns
from fsm.logs.storage.scans import parse_csv
from fsm.suggest import suggestion

__all__ = ["DelimitedReading", "column_of", "header_names", "header_separator"]

_SEPARATORS = ",;\t|"
_LONGEST = 1 << 20
"""Characters of a record over several lines."""
_EXTRA = "\0extra"
_UNCLOSED = "a quote that is not closed"
_TOO_MANY = "a record with more fields than there are columns"
_REQUIRED = ("event", "time")


def header_separator(header: str, names: Iterable[str] = ()) -> str:
    """Return what separates the names of a header: that with which most known names are in it.

    >>> header_separator("parcel no;Status;When, local", ["When, local"])
    ';'
    """
    known = {_folded(name) for name in names}

    def fitness(separator: str) -> tuple[int, int]:
        found = map(_folded, header_names(header, separator, '"'))
        return len(known.intersection(found)), header.count(separator)

    return max(_SEPARATORS, key=fitness)


def header_names(header: str, separator: str, quote: str | None) -> list[str]:
    """Return the names in a header line."""
    return [name.strip().lstrip("\ufeff").strip() for name in _fields(header, separator, quote)]


def column_of(path: str, names: Sequence[str]) -> int | None:
    """Return which column a mapping means: that of the same name, else without letter case."""
    if path in names:
        return names.index(path)
    folded = _folded(path)
    return next((place for place, name in enumerate(names) if _folded(name) == folded), None)


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _fields(line: str, separator: str, quote: str | None) -> list[str]:
    """Return the fields of a line that is read alone."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    reader = csv.reader(
        [line.replace("\0", "")], delimiter=separator, quotechar=quote or '"', quoting=quoting
    )
    try:
        return next(reader, [])
    except csv.Error:
        return line.split(separator)


@dataclass(frozen=True)
class _Header:
    """The columns in force: their names, and what separates them."""

    line: str
    names: tuple[str, ...]
    separator: str


class DelimitedReading:
    """Reads one file of CSV."""

    def __init__(self, layout: RecordLayout, notes: Notes) -> None:
        self._layout, self._notes = layout, notes
        self._header: _Header | None = None
        self._open: tuple[pl.Series, pl.Series] | None = None
        """Lines of a record that goes on in the next block, and their numbers."""
        if layout.columns:
            self._header = _Header("", layout.columns, layout.separator or ",")

    def tables(self, blocks: Iterable[list[str]]) -> Iterator[TextColumns]:
        """Yield the records of blocks of lines.

        Raises :class:`LogError` for a file that does not have the columns of the mapping.
        """
        for texts, numbers in numbered_lines(blocks, self._notes):
            yield from self._sections(texts, numbers)
        yield from self._close()

    def _sections(self, texts: pl.Series, numbers: pl.Series) -> Iterator[TextColumns]:
        """Yield the records of lines between the headers that stand among them."""
        layout = self._layout
        is_header = pl.Series([False]).new_from_index(0, len(texts))
        if layout.header:
            is_header = texts.str.contains(layout.header)
        left_out = ~is_header & texts.str.starts_with(layout.comment or "\0")
        if layout.skip:
            is_skipped = ~is_header & ~left_out & texts.str.contains(layout.skip)
            if is_skipped.any():
                count, first = int(is_skipped.sum()), numbers.filter(is_skipped)[0]
                self._notes.records.read += count
                self._notes.pass_over("lines to skip", first, records=count)
            left_out |= is_skipped
        texts, numbers = texts.filter(~left_out), numbers.filter(~left_out)
        if layout.header:
            is_header = is_header.filter(~left_out)
        elif len(texts):
            header = self._header.line if self._header else texts[0]
            is_header = texts == (header or "\0")
        start = 0
        for place in is_header.arg_true():
            yield from self._records(texts[start:place], numbers[start:place])
            yield from self._close()
            self._begin(texts[place], numbers[place])
            start = place + 1
        yield from self._records(texts[start:], numbers[start:])

    def _begin(self, line: str, number: int) -> None:
        """Take a line as the header of those that follow."""
        layout, named = self._layout, line
        if layout.header:
            groups = pl.Series([line]).str.extract_groups(layout.header).struct.unnest()
            named = groups.row(0)[0] if groups.width else line
        separator = layout.separator or header_separator(named, layout.paths())
        names = tuple(header_names(named, separator, layout.quote))
        self._header = _Header(line, names, separator)
        self._check_columns(names, number)

    def _check_columns(self, names: Sequence[str], number: int) -> None:
        """Refuse a file without the columns of a needed field; note what else it lacks."""
        lacking = {
            name: source.paths[0]
            for name, sources in self._layout.fields.items()
            if not any(map(_is_given(names), sources))
            for source in sources[:1]
        }
        needed = [name for name in _REQUIRED if name in lacking]
        if "message_id" in lacking and (
            "recipient" in lacking or not self._layout.sources("recipient")
        ):
            needed.append("message_id")
        if needed:
            path = lacking[needed[0]]
            redacted = self._notes.redacted
            near = "" if redacted else suggestion(path, names)
            raise LogError(
                f"{self._notes.name}:{number}: no column {path!r}, which the mapping names for "
                f"{needed[0]}; {near or f'there are: {column_list(names, redacted=redacted)}'}"
            )
        named = {name: path for name, path in lacking.items() if path != name}
        if named:
            listed = ", ".join(f"{path!r} ({name})" for name, path in named.items())
            self._notes.assumed["columns"] = f"columns that are not there: {listed}"

    def _close(self) -> Iterator[TextColumns]:
        """Yield the records after a quote that nobody closes."""
        while self._open:
            (texts, numbers), self._open = self._open, None
            self._notes.records.read += 1
            self._notes.reject(_UNCLOSED, numbers[0])
            yield from self._records(texts[1:], numbers[1:])

    def _records(self, texts: pl.Series, numbers: pl.Series) -> Iterator[TextColumns]:
        texts, numbers = self._resumed(texts, numbers)
        if not len(texts):
            return
        if self._header is None:
            self._notes.records.read += len(texts)
            self._notes.reject("a record before any header", numbers[0], records=len(texts))
            return
        whole, numbers = self._whole_records(texts, numbers)
        if len(whole):
            yield from self._table(whole, numbers)
        if self._open and int(self._open[0].str.len_chars().sum()) > _LONGEST:
            yield from self._close()

    def _resumed(self, texts: pl.Series, numbers: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Return lines with those of an open record before them."""
        if self._open is None:
            return texts, numbers
        (begun, places), self._open = self._open, None
        return pl.concat([begun, texts]), pl.concat([places, numbers])

    def _whole_records(self, texts: pl.Series, numbers: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Return records, of which some have several lines; keep the lines of an open one."""
        quote, header = self._layout.quote, self._header
        assert header  # noqa: S101
        if quote is None:
            return texts, numbers
        is_odd = texts.str.count_matches(quote, literal=True) % 2 == 1
        if not is_odd.any():
            return texts, numbers
        q, separator = re.escape(quote), re.escape(header.separator)
        opens = texts.str.contains(rf"(?:^|{separator})\s*{q}(?:[^{q}]|{q}{q})*$")
        lines, opened = texts.to_list(), -1
        records: list[str] = []
        places: list[int] = []
        done = 0
        for place in is_odd.arg_true().to_list():
            if opened >= 0:
                records.append("\n".join(lines[opened : place + 1]))
                places.append(opened)
                opened, done = -1, place + 1
                continue
            records += lines[done:place]
            places += range(done, place)
            done = place + 1
            if opens[place]:
                opened = place
            else:  # a quote within a field, such as that of an inch
                records.append(_requoted(lines[place], header.separator, quote))
                places.append(place)
        if opened >= 0:
            self._open = texts[opened:], numbers[opened:]
        else:
            records += lines[done:]
            places += range(done, len(lines))
        return pl.Series(records, dtype=pl.String), numbers[places]

    def _table(self, records: pl.Series, numbers: pl.Series) -> Iterator[TextColumns]:
        header = self._header
        assert header  # noqa: S101
        self._notes.records.read += len(records)
        frame = _parsed(records, header, self._layout.quote)
        is_long = frame[_EXTRA].is_not_null()
        if is_long.any():
            for number in numbers.filter(is_long).to_list():
                self._notes.reject(_TOO_MANY, number)
            frame, numbers = frame.filter(~is_long), numbers.filter(~is_long)
        found = {path: column_of(path, header.names) for path in self._layout.paths()}
        columns = {path: frame.to_series(n) for path, n in found.items() if n is not None}
        yield TextColumns(columns, numbers)


def _is_given(names: Sequence[str]) -> Callable[[FieldSource], bool]:
    def check(source: FieldSource) -> bool:
        return (
            source.value is not None
            or source.of_entry
            or any(column_of(path, names) is not None for path in source.paths)
        )

    return check


def _requoted(line: str, separator: str, quote: str) -> str:
    """Return a line with quotes around every field."""
    fields = _fields(line, separator, quote)
    return separator.join(f"{quote}{each.replace(quote, quote * 2)}{quote}" for each in fields)


def _parsed(records: pl.Series, header: _Header, quote: str | None) -> pl.DataFrame:
    """Return the fields of records, with one column more than there are names."""
    names = [*(f"{place}" for place in range(len(header.names))), _EXTRA]
    text = "\n".join(records).encode("utf-8", "replace")
    frame = parse_csv(text, names, header.separator, quote)
    if frame is not None and frame.height == len(records):
        return frame
    rows = [_fields(record, header.separator, quote) for record in records]
    padded = [[*row[: len(names)], *[None] * (len(names) - len(row))] for row in rows]
    return pl.DataFrame(padded, schema=dict.fromkeys(names, pl.String), orient="row")

"""Records that are lines: by a regular expression, or as pairs of names and values.

The expressions are those of Rust, which polars executes in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

import polars as pl

from fsm.errors import LogError
from fsm.logs.mapping.record_layout import RecordLayout
from fsm.logs.notes import Notes
from fsm.logs.records.text_columns import TextColumns
from fsm.text import visible

__all__ = ["PAIRS", "line_tables", "numbered_lines", "pair_tables"]

PAIRS = "pairs"
"""The group of a pattern that holds pairs, where other text stands before or behind them."""

_NO_MATCH = "a line of another form"
_SHOWN = 120
"""Characters of a line in messages."""

_Columns = Callable[[pl.Series], Mapping[str, pl.Series]]


def line_tables(
    blocks: Iterable[list[str]], layout: RecordLayout, notes: Notes
) -> Iterator[TextColumns]:
    """Yield the lines that match the pattern of a layout; its named groups are the columns.

    Raises :class:`LogError` where no line matches.
    """
    pattern = layout.pattern or ""
    yield from _tables(blocks, layout, notes, pattern, lambda texts: _groups(texts, pattern))


def pair_tables(
    blocks: Iterable[list[str]], layout: RecordLayout, notes: Notes
) -> Iterator[TextColumns]:
    """Yield the lines that have pairs of names and values.

    Raises :class:`LogError` where no line has any.
    """
    pair = _pair(layout.separator, layout.assign)
    names = tuple(dict.fromkeys(chain(layout.paths(), *layout.recognise)))

    def columns(texts: pl.Series) -> Mapping[str, pl.Series]:
        groups = _groups(texts, layout.pattern) if layout.pattern else {}
        others = [name for name in names if name not in groups]
        return {**groups, **_pairs(groups.get(PAIRS, texts), pair, others)}

    yield from _tables(blocks, layout, notes, layout.pattern or pair, columns)


def numbered_lines(
    blocks: Iterable[list[str]], notes: Notes
) -> Iterator[tuple[pl.Series, pl.Series]]:
    """Yield lines and their numbers, without blank ones."""
    count = 0
    for block in blocks:
        texts = pl.Series(block, dtype=pl.String)
        numbers = pl.int_range(count + 1, count + 1 + len(block), eager=True)
        count += len(block)
        notes.lines = count
        is_written = texts.str.strip_chars() != ""
        yield texts.filter(is_written), numbers.filter(is_written)


def _tables(
    blocks: Iterable[list[str]],
    layout: RecordLayout,
    notes: Notes,
    pattern: str,
    columns: _Columns,
) -> Iterator[TextColumns]:
    matching, first = 0, None
    for texts, numbers in numbered_lines(blocks, notes):
        if layout.comment:
            is_record = ~texts.str.starts_with(layout.comment)
            texts, numbers = texts.filter(is_record), numbers.filter(is_record)
        matches = texts.str.contains(pattern)
        notes.records.read += len(texts)
        if not matches.all():
            others, places = texts.filter(~matches), numbers.filter(~matches)
            first = first or (places[0], others[0])
            _leave_out(others, places, layout, notes)
        matching += int(matches.sum())
        if matches.any():
            yield TextColumns(columns(texts.filter(matches)), numbers.filter(matches))
    if first and not matching:
        quote = "" if notes.redacted else f": {visible(first[1][:_SHOWN])}"
        raise LogError(
            f"{notes.name}:{first[0]}: no line of the file is as the mapping says, nor this{quote}"
        )


def _leave_out(texts: pl.Series, numbers: pl.Series, layout: RecordLayout, notes: Notes) -> None:
    """Count lines that do not match: passed over where the layout says so, else not readable."""
    if layout.skip:
        is_skipped = texts.str.contains(layout.skip)
        skipped = numbers.filter(is_skipped)
        if len(skipped):
            notes.pass_over("lines to skip", skipped[0], records=len(skipped))
            numbers = numbers.filter(~is_skipped)
    if len(numbers):
        notes.reject(_NO_MATCH, numbers[0], records=len(numbers))


def _groups(texts: pl.Series, pattern: str) -> dict[str, pl.Series]:
    groups = texts.str.extract_groups(pattern).struct.unnest()
    return {name: groups[name] for name in groups.columns}


def _pair(separator: str | None, assign: str) -> str:
    """Return the expression of a pair: its groups are the name, and the value, perhaps quoted.

    A value in quotes may hold separators, and quotes after a backslash.
    """
    between = r"\s" if separator is None else re.escape(separator.strip() or separator)
    equals = re.escape(assign.strip() or assign)
    name = rf'"?([^{between}\s"{equals}][^{between}"{equals}]*?)"?'
    value = rf'"((?:[^"\\]|\\.)*)"|([^{between}]*)'
    blanks = r"[^\S\r\n]*" if separator is not None or assign != "=" else ""
    return rf"(?:^|{between})\s*{name}{blanks}{equals}{blanks}(?:{value})"


def _pairs(texts: pl.Series, pair: str, names: Sequence[str]) -> dict[str, pl.Series]:
    """Return the values that some names have in lines; of a name that stands twice, the first."""
    lists = pl.DataFrame(
        {"row": pl.int_range(len(texts), eager=True), "pair": texts.str.extract_all(pair)}
    )
    tokens = lists.explode("pair")
    groups = tokens["pair"].str.extract_groups(pair).struct.unnest()
    name, quoted, bare = (groups.to_series(place) for place in range(3))
    unescaped = quoted.str.replace_all(r'\\(["\\])', "${1}")
    found = pl.DataFrame(
        {
            "row": tokens["row"],
            "name": name.str.strip_chars(),
            "value": unescaped.zip_with(quoted.is_not_null(), bare),
        }
    )
    return {each: _values(found, each, len(texts)) for each in names}


def _values(found: pl.DataFrame, name: str, rows: int) -> pl.Series:
    own = found.filter(pl.col("name") == name).unique("row", keep="first", maintain_order=True)
    values = pl.Series([None], dtype=pl.String).new_from_index(0, rows)
    return values.scatter(own["row"], own["value"])

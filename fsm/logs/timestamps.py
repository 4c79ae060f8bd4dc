"""Columns of RFC 3339 texts as numbers.

A log of ten million events spends much of its time on its timestamps when a general parser
reads them one by one. The texts of a log nearly always have the same layout, so here they are read
together: eight characters are one 64-bit word, and a few operations on whole columns of words
check and convert every text. What these do not recognise with certainty (a leap second, white
space, a rare layout, an error) goes to the parser of polars, which alone decides what is a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from fsm.epoch import SECOND
from fsm.logs.calendar import FIRST, LAST

__all__ = ["microseconds", "spelled_out"]

_Bytes = npt.NDArray[np.uint8]
_Flags = npt.NDArray[np.bool_]
_Ints = npt.NDArray[np.int64]
_Words = npt.NDArray[np.uint64]

_NO_TIME = np.iinfo(np.int64).min

_ROWS = 1 << 15  # of a slice: its words stay in the cache of the processor
_ATTEMPTS = 4  # layouts tried in a slice
_FEW = _ROWS // 32  # texts that are not worth another attempt

_TEXT = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?)([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
# 2999-19-39T29:59:59.999999999, the highest digit at each place; 0 for the signs between them.
_HIGHEST = bytes(map(int, "29990190390290590590999999999"))
_YEARS = 3000
_MONTHS = 20  # places of a year in a table: two digits, up to 19
_WORD = 8  # characters


def microseconds(texts: pl.Series) -> pl.Series:
    """Return RFC 3339 times as microseconds since 1970 (Int64, UTC); null where a text is no time.

    The result is also null where the text is, and where the time is not from 0001-01-02 to
    9999-12-30: beyond these Python cannot represent it in every zone.
    """
    times = np.full(len(texts), _NO_TIME)
    for start in range(0, len(texts), _ROWS):
        _fill(times[start : start + _ROWS], texts.slice(start, _ROWS))
    unread = np.flatnonzero(times == _NO_TIME)
    if len(unread):
        times[unread] = _parsed(texts.gather(unread))
    series = pl.Series(texts.name, times)
    return series.set(~series.is_between(FIRST, LAST), None)


def _fill(times: _Ints, texts: pl.Series) -> None:
    """Set the microseconds since 1970 of the texts whose layout many others have."""
    rows = np.arange(len(texts))
    for attempt in range(_ATTEMPTS):
        # From another place each time, because one text may have an odd layout.
        layout = _layout(texts[len(texts) * attempt // _ATTEMPTS])
        if layout is not None:
            known, values = _read(texts, layout)
            times[rows[known]] = values[known]
            rows, texts = rows[~known], texts.filter(pl.Series(~known))
        if len(texts) <= _FEW:
            return


def _parsed(texts: pl.Series) -> _Ints:
    """Return microseconds since 1970 by the parser of polars; ``_NO_TIME`` for what is no time."""
    parsed = _by_polars(texts)
    if parsed.null_count():
        parsed = parsed.zip_with(parsed.is_not_null(), _by_polars(spelled_out(texts)))
    return parsed.to_physical().fill_null(_NO_TIME).to_numpy()


def _by_polars(texts: pl.Series) -> pl.Series:
    return texts.str.strip_chars().str.to_datetime("%+", time_unit="us", strict=False)


def spelled_out(texts: pl.Series) -> pl.Series:
    """Return texts of other forms of ISO 8601, and of databases, as RFC 3339 writes them.

    Blanks before the zone, a comma before fractions, zones of two or four digits, UTC and GMT by
    name, times without seconds.
    """
    return (
        texts.str.strip_chars()
        .str.replace(r"(:\d\d),(\d)", "$1.$2")
        .str.replace(r"(?i)\s*(?:utc|gmt|z)$", "Z")
        .str.replace(r"(:[\d.]+)\s*([+-]\d\d):?(\d\d)$", "$1$2:$3")
        .str.replace(r"(:[\d.]+)\s*([+-]\d\d)$", "$1$2:00")
        .str.replace(r"^(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d)(Z|[+-])", "$1:00$2")
    )


@dataclass(frozen=True)
class _Layout:
    """Texts of one length and zone.

    ``zeros`` is such a text with 0 for each digit before the zone, ``zone`` the position where the
    zone begins, ``epoch`` the microseconds since 1970 at which clocks of the zone showed 1970.
    """

    zeros: bytes
    zone: int
    epoch: int


def _layout(text: str | None) -> _Layout | None:
    """Return the layout of a text; None where only polars reads it."""
    match = _TEXT.fullmatch(text or "")
    return _known_layout(re.sub("[0-9]", "0", match[1]), match[2]) if match else None


@lru_cache(maxsize=64)
def _known_layout(local: str, zone: str) -> _Layout | None:
    epoch = int(_parsed(pl.Series([f"1970-01-01T00:00:00{zone}"]))[0])
    return None if epoch == _NO_TIME else _Layout((local + zone).encode(), len(local), epoch)


def _read(texts: pl.Series, layout: _Layout) -> tuple[_Flags, _Ints]:
    """Return which texts certainly are times of the layout, and their microseconds since 1970."""
    shape = pl.Array(pl.UInt8, len(layout.zeros))
    cells = texts.cast(pl.Binary).bin.reinterpret(dtype=shape)  # null where the length is another
    if not cells.null_count():
        return _convert(cells.to_numpy(), layout)
    fits = cells.is_not_null().to_numpy()
    known, times = np.zeros(len(texts), np.bool_), np.empty(len(texts), np.int64)
    known[fits], times[fits] = _convert(cells.drop_nulls().to_numpy(), layout)
    return known, times


def _convert(characters: _Bytes, layout: _Layout) -> tuple[_Flags, _Ints]:
    """Return the same as :func:`_read`; ``characters`` has a row for each text."""
    # The year, month and day are looked up as one number, because months differ in length.
    pairs, known = _pairs(characters, layout)
    month = (_number(pairs, 0) * 100 + _number(pairs, 2)) * _MONTHS + _number(pairs, 5)
    day, hour, minute, second = (_number(pairs, place) for place in (8, 11, 14, 17))
    before, length = (table.take(month, mode="clip") for table in _months())
    known &= (day >= 1) & (day <= length) & (hour < 24)
    times = ((((before + day) * 24 + hour) * 60 + minute) * 60 + second) * SECOND
    for place, weight in ((20, 10_000), (22, 100), (24, 1)):
        if place < layout.zone:
            times += _number(pairs, place) * weight
    return known, times + layout.epoch


def _pairs(characters: _Bytes, layout: _Layout) -> tuple[dict[int, _Words], _Flags]:
    """Return words by the position of their first character, and which texts fit the layout.

    Byte n of a word is the number of the two digits that begin at its character n. The last word
    ends with the text, so it may overlap the word before.
    """
    rows, width = characters.shape
    highest = _HIGHEST[: layout.zone].ljust(width, b"\0")
    pairs, excess = {}, np.zeros(rows, np.uint64)
    for start in sorted({*range(0, width - _WORD, _WORD), width - _WORD}):
        column = np.ndarray(rows, "<u8", characters, start, (width,)).astype(np.uint64)
        # "7" ^ "0" is 7, and a sign ^ itself is 0: what is left are the values of the digits.
        digits = column ^ _word(layout.zeros, start)
        # Adding 127 - highest sets the high bit of each byte whose value is above the highest. A
        # value above 127 might carry into the next byte, but has its high bit set already.
        excess |= (digits + (0x7F7F7F7F7F7F7F7F - _word(highest, start))) | digits
        # Words are little-endian, so the shift puts each character beside the one before it. No
        # byte exceeds 99, and thus none carries into the next.
        pairs[start] = digits * 10 + (digits >> 8)
    return pairs, excess & 0x8080808080808080 == 0


def _word(text: bytes, start: int) -> int:
    return int.from_bytes(text[start : start + _WORD], "little")


def _number(pairs: dict[int, _Words], place: int) -> _Ints:
    """Return the numbers of the two digits at a position; a zone after one digit counts as 0."""
    start = next(start for start in pairs if start <= place < start + _WORD - 1)
    return ((pairs[start] >> (place - start) * 8) & 0xFF).view(np.int64)


@cache
def _months() -> tuple[_Ints, _Ints]:
    """Return the days from 1970 to the day before each month, and the days of each month.

    The index of a month is its year * ``_MONTHS`` + its number in the year. Months that do not
    exist have 0 days, so that every day in them is refused.
    """
    months = np.arange(-1970 * 12, (_YEARS - 1970) * 12 + 1).astype("datetime64[M]")
    starts = months.astype("datetime64[D]").astype(np.int64)
    before, length = np.zeros((2, _YEARS, _MONTHS), np.int64)
    before[:, 1:13] = starts[:-1].reshape(_YEARS, 12) - 1
    length[:, 1:13] = np.diff(starts).reshape(_YEARS, 12)
    return before.ravel(), length.ravel()

"""The rows that a checkpoint has executed, each as a digest, in the order they were executed.

A file is recognised by its bytes only while it stays as it was. Compressed, converted to another
format, cut off, split or joined by a rotation, its rows are still the same and in the same order.
So a checkpoint keeps 64 bits of each row, and compares a file that it does not know with them.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import polars as pl

from fsm.arrays import Keys
from fsm.files import output_errors
from fsm.logs.canonical_columns import NEEDED, OPTIONAL
from fsm.logs.log import Log
from fsm.logs.log_file import LogFile
from fsm.logs.rows import microseconds_of, read_batches
from fsm.logs.storage.scans import scan_parquet

__all__ = [
    "COLUMN",
    "DigestFile",
    "DigestTable",
    "KnownRows",
    "Match",
    "Scattered",
    "digests_of",
    "hashing",
]

COLUMN: Final = "digest"
_FACTORS: Final = {
    name: np.uint64((0x9E3779B97F4A7C15 * (2 * place + 1)) % (1 << 64))
    for place, name in enumerate((*NEEDED, *OPTIONAL))
}
"""Factors of the hashes of columns, so that the same text in two columns makes two digests."""
_BLOCK: Final = 1 << 17
"""Rows compared at a time."""
_CANDIDATES: Final = 64
"""Places tried at which a file may begin; a hostile log could have its first row everywhere."""
_SAMPLE: Final = 1 << 16
"""Rows of a file that are looked for in any order, before all of them are."""
_TOGETHER: Final = 1 << 20
"""Rows that are looked for in one pass over those that were executed."""


def hashing() -> str:
    """Return a mark of the way of hashing: digests are compared only where it is the same."""
    probe = pl.Series(["delivery", "log", ""]).hash(1).to_list()
    return f"{sum(value * 3**place for place, value in enumerate(probe)) % (1 << 64):016x}"


def digests_of(log: Log, log_file: LogFile) -> Iterator[Keys]:
    """Yield a digest for each row of a file: of its canonical columns, however written there.

    Raises :class:`fsm.errors.LogError` for what cannot be read.
    """
    names = [name for name in (*NEEDED, *OPTIONAL) if name in log.present]
    for part in read_batches(log_file, log.scan(log_file)):
        typed = part.with_columns(microseconds_of(log_file, part["timestamp"]).alias("timestamp"))
        hashes = typed.select(_hash(name) for name in names)
        digests = np.zeros(part.height, np.uint64)
        for name in names:
            digests += hashes[name].to_numpy() * _FACTORS[name]
        yield digests


def _hash(name: str) -> pl.Expr:
    """Hash the texts of a column; an empty text, null and no column at all are the same."""
    text = pl.col(name).cast(pl.String)
    if name == "seq":
        text = text.str.strip_chars()
    none = text.fill_null("") == ""
    return pl.when(none).then(pl.lit(0, pl.UInt64)).otherwise(text.hash(1)).alias(name)


class Digests(Protocol):
    """Digests of successive rows."""

    @property
    def rows(self) -> int: ...
    def read(self, first: int, last: int) -> Keys: ...
    def find(self, digest: int) -> list[int]: ...
    def held(self, digests: Keys) -> Keys: ...


class DigestFile:
    """Digests in a temporary file without a name."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="fsm-")  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self.rows = 0

    def append(self, digests: Keys) -> None:
        """Write digests behind the others."""
        with output_errors(tempfile.gettempdir()):
            self._file.write(digests.tobytes())
            self._file.flush()
        self.rows += len(digests)

    def read(self, first: int, last: int) -> Keys:
        """Return the digests from ``first`` up to ``last``."""
        self._file.seek(first * 8)
        return np.frombuffer(self._file.read(max(0, min(last, self.rows) - first) * 8), np.uint64)

    def find(self, digest: int) -> list[int]:
        """Return the first places at which a digest stands."""
        places: list[int] = []
        for start in range(0, self.rows, _BLOCK):
            is_equal = self.read(start, start + _BLOCK) == digest
            places += (np.flatnonzero(is_equal) + start).tolist()
            if len(places) >= _CANDIDATES:
                break
        return places[:_CANDIDATES]

    def every(self, step: int, first: int) -> Keys:
        """Return every so many of the digests from ``first`` on."""
        return np.array(np.memmap(self._file, np.uint64, "r")[first::step])

    def held(self, digests: Keys) -> Keys:
        """Return those of the digests that it holds."""
        blocks = (self.read(at, at + _BLOCK) for at in range(0, self.rows, _BLOCK))
        return digests[np.any([np.isin(digests, block) for block in blocks], axis=0)]

    def frames(self, first: int) -> Iterator[pl.DataFrame]:
        """Yield the digests from ``first`` on as tables."""
        for start in range(first, self.rows, _BLOCK):
            yield pl.DataFrame({COLUMN: self.read(start, start + _BLOCK)})


@dataclass(frozen=True)
class DigestTable:
    """Digests in a table of a checkpoint."""

    path: Path
    rows: int

    def read(self, first: int, last: int) -> Keys:
        """Return the digests from ``first`` up to ``last``."""
        part = scan_parquet(self.path).slice(first, max(0, last - first)).collect()
        return part[COLUMN].to_numpy()

    def find(self, digest: int) -> list[int]:
        """Return the first places at which a digest stands."""
        is_equal = pl.col(COLUMN) == pl.lit(digest, pl.UInt64)
        rows = scan_parquet(self.path).with_row_index("at").filter(is_equal)
        return rows.select("at").head(_CANDIDATES).collect()["at"].to_list()

    def held(self, digests: Keys) -> Keys:
        """Return those of the digests that it holds."""
        wanted = pl.Series(digests).implode()
        held = scan_parquet(self.path).filter(pl.col(COLUMN).is_in(wanted)).unique()
        return held.collect(engine="streaming")[COLUMN].to_numpy()


@dataclass(frozen=True)
class Match:
    """The first ``rows`` rows of a file were executed, ``whole`` of them or ``ending`` a file.

    ``name`` is the file that they were in when they were executed.
    """

    rows: int
    whole: bool
    ending: bool
    name: str


@dataclass(frozen=True)
class Scattered:
    """Of ``rows`` rows of a file that were looked for, ``known`` were executed, in any order."""

    rows: int
    known: int


class KnownRows:
    """The rows of all files that were executed, one file after the other."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, Digests]] = []
        self._files: list[tuple[int, int, str]] = []
        self._height = 0

    def add(self, digests: Digests, files: Sequence[tuple[str, int]]) -> None:
        """Add digests of one or more files, given by their names and numbers of rows."""
        self._parts.append((self._height, digests))
        begin = self._height
        for name, rows in files:
            self._files.append((begin, begin + rows, name))
            begin += rows
        self._height += digests.rows

    def match(self, digests: DigestFile) -> Match | None:
        """Compare a file from its first row on; None where nothing of it was executed as it is.

        Where rows in a sequence agree only in part, the match ends with a file that was executed:
        it has grown. Other beginnings in common are returned with neither flag.
        """
        if not digests.rows:
            return None
        begin = int(digests.read(0, 1)[0])
        places = [first + place for first, part in self._parts for place in part.find(begin)]
        matches = [self._match_at(place, digests) for place in places[: 4 * _CANDIDATES]]
        return max(matches, key=lambda m: (m.whole, m.ending, m.rows), default=None)

    def scattered(self, digests: DigestFile, first: int) -> Scattered:
        """Look for the rows of a file from ``first`` on, in any order: for a sample of many.

        Where all of the sample were executed, all rows are looked for.
        """
        rows = digests.rows - first
        if not rows:
            return Scattered(0, 0)
        sample = self._known_of(digests.every(-(-rows // _SAMPLE), first))
        if sample.known < sample.rows or sample.rows == rows:
            return sample
        parts = (digests.read(at, at + _TOGETHER) for at in range(first, digests.rows, _TOGETHER))
        return Scattered(rows, sum(self._known_of(part).known for part in parts))

    def _known_of(self, digests: Keys) -> Scattered:
        known = np.zeros(len(digests), np.bool_)
        for _, part in self._parts:
            if part.rows:
                known |= np.isin(digests, part.held(digests))
        return Scattered(len(digests), int(known.sum()))

    def _match_at(self, place: int, digests: DigestFile) -> Match:
        rows = 0
        while rows < digests.rows and place + rows < self._height:
            block = digests.read(rows, rows + _BLOCK)
            known = self._read(place + rows, place + rows + len(block))
            size = min(len(block), len(known))
            same = block[:size] == known[:size]
            rows += int(same.argmin()) if not same.all() else size
            if not same.all():
                break
        begins = {first for first, _, _ in self._files}
        ends = {last for first, last, _ in self._files if last > first}
        name = next((n for first, last, n in self._files if first <= place < last), "")
        ending = place + rows in ends and (rows > 1 or place in begins)
        return Match(rows, rows == digests.rows, ending, name)

    def _read(self, first: int, last: int) -> Keys:
        """Return digests up to ``last``, or to the end of a part before it."""
        begin, part = max((p for p in self._parts if p[0] <= first), key=lambda p: p[0])
        return part.read(first - begin, min(last - begin, part.rows))

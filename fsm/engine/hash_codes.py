"""Number names by their hash: a table lookup per row instead of a comparison of texts.

Why our own code: the hash of a name is made while polars decodes the log, and is needed for the
messages anyway; looking it up in two tables of 65,536 slots takes 5 to 10 ns a row, where a join
or a categorical of polars takes 20 to 25 ns. And a code never changes while the log is read, in
whatever batches the names come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fsm.arrays import Codes, Index, Keys

__all__ = ["HashCodes"]

_BITS = 16
_FEW = 1 << 12
_SHIFTS = (48, 16)
"""Where, in a hash, the 16 bits of its slot in the first table begin, and in the second one."""


class _Slots:
    """A table of the hashes whose slot was free, with their codes."""

    def __init__(self, shift: int, kind: np.dtype[Any]) -> None:
        self._shift = np.uint64(shift)
        self._codes = np.zeros(1 << _BITS, dtype=kind)
        # An empty slot holds a hash that belongs into another slot, the one whose number differs
        # in the last bit: so that no hash looked up is equal to it, and no mask is needed.
        self._hashes = (np.arange(1 << _BITS, dtype=np.uint64) ^ np.uint64(1)) << self._shift

    def _slots(self, hashes: Keys) -> NDArray[np.uint16]:
        return (hashes >> self._shift).astype(np.uint16)

    def look_up(self, hashes: Keys) -> tuple[Codes, Index]:
        """Return the codes, and where the hash is not in the table."""
        slots = self._slots(hashes)
        return self._codes.take(slots), np.flatnonzero(self._hashes.take(slots) != hashes)

    def add(self, value: int, code: int) -> bool:
        """Add a hash, if its slot is free."""
        slot = self._slots(np.array([value], np.uint64))
        if self._slots(self._hashes[slot])[0] == slot[0]:
            return False
        self._hashes[slot], self._codes[slot] = value, code
        return True


class HashCodes:
    """Codes of names, by 64-bit hashes of a seed that nobody outside the process knows.

    The first names are given. A name that is none of them has the code ``other``, or, where that
    is ``None``, the next free one: then :attr:`names` grows.
    """

    def __init__(self, names: Sequence[str], seed: int, other: int | None = None) -> None:
        self.names: list[str | None] = list(names)
        self._other = other
        kind = np.min_scalar_type(2**32 - 1 if other is None else max(other, len(names)))
        self._tables = [_Slots(shift, kind) for shift in _SHIFTS]
        self._crowded: dict[int, int] = {}  # hashes that found no free slot
        given = pl.Series(self.names, dtype=pl.String).hash(seed)
        for code, value in enumerate(given.to_list()):
            self._add(value, code)

    def codes(self, hashes: Keys, names: pl.Series | None = None) -> Codes:
        """Return the code of each hash; ``names`` are the names hashed, for those that are new."""
        codes, missed = self._known(hashes)
        if len(missed) > _FEW:
            # A new name is often that of many rows: a sample of them has most of the names.
            sample = missed[:: len(missed) // _FEW]
            self._learn(hashes, names, sample)
            codes[missed], still = self._known(hashes[missed])
            missed = missed[still]
        if len(missed):
            codes[missed] = self._learn(hashes, names, missed)
        return codes

    def _learn(self, hashes: Keys, names: pl.Series | None, rows: Index) -> Codes:
        """Give the new names among some rows a code, and return the codes of all these rows."""
        values, first, inverse = np.unique(hashes[rows], return_index=True, return_inverse=True)
        codes = [
            self._find(value, names, row)
            for value, row in zip(values.tolist(), rows[first].tolist(), strict=True)
        ]
        return np.array(codes)[inverse]

    def _known(self, hashes: Keys) -> tuple[Codes, Index]:
        """Return the codes of those hashes that the tables hold, and where they do not."""
        codes, missed = self._tables[0].look_up(hashes)
        if len(missed):
            codes[missed], still = self._tables[1].look_up(hashes[missed])
            missed = missed[still]
        return codes, missed

    def _find(self, value: int, names: pl.Series | None, row: int) -> int:
        code = self._crowded.get(value)
        if code is None:
            code = self._other
            if code is None:
                code = len(self.names)
                self.names.append(None if names is None else names[row])
            self._add(value, code)
        return code

    def _add(self, value: int, code: int) -> None:
        if not any(table.add(value, code) for table in self._tables):
            self._crowded[value] = code

    def __len__(self) -> int:
        """The number of names."""
        return len(self.names)

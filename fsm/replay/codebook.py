"""Number names by their hash: a table lookup per row instead of a comparison of texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from fsm.replay.fold import Codes, Keys, smallest

__all__ = ["Codebook"]

_BITS = 16
_SHIFT = np.uint64(64 - _BITS)


class Codebook:
    """Codes of names, by 64-bit hashes of a seed that nobody outside the process knows.

    The first names are given. A name that is none of them has the code ``other``, or, where that
    is ``None``, the next free one: then :attr:`names` grows.
    """

    def __init__(self, names: Sequence[str], seed: int, other: int | None = None) -> None:
        self.names: list[str | None] = list(names)
        self._other = other
        largest = 2**32 - 1 if other is None else max(other, len(names))
        self._codes = np.zeros(1 << _BITS, dtype=smallest(largest))
        # An empty slot holds a hash that belongs into another one.
        self._hashes = (np.arange(1 << _BITS, dtype=np.uint64) ^ np.uint64(1)) << _SHIFT
        self._crowded: dict[int, int] = {}  # hashes whose slot is taken by another one
        given = pl.Series(self.names, dtype=pl.String).hash(seed)
        for code, value in enumerate(given.to_list()):
            self._add(value, code)

    def codes(self, hashes: Keys, names: pl.Series | None = None) -> Codes:
        """Return the code of each hash; ``names`` are the names hashed, for those that are new."""
        slots = (hashes >> _SHIFT).astype(np.intp)
        codes: Codes = self._codes.take(slots)
        missed = np.flatnonzero(self._hashes.take(slots) != hashes)
        if len(missed):
            values, first, inverse = np.unique(
                hashes[missed], return_index=True, return_inverse=True
            )
            found = [
                self._find(value, names, row)
                for value, row in zip(values.tolist(), missed[first].tolist(), strict=True)
            ]
            codes[missed] = np.array(found, dtype=codes.dtype)[inverse]
        return codes

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
        slot = value >> int(_SHIFT)
        if int(self._hashes[slot]) >> int(_SHIFT) != slot:
            self._hashes[slot], self._codes[slot] = value, code
        else:
            self._crowded[value] = code

    def __len__(self) -> int:
        """The number of names."""
        return len(self.names)

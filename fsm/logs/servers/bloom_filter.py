"""A set of ids in memory that does not grow."""

from __future__ import annotations

from base64 import b64decode, b64encode
from zlib import compress, crc32, decompress

__all__ = ["BloomFilter"]

_BITS = 27


class BloomFilter:
    """A set of texts that never forgets one, and rarely takes another one for a member.

    With one hash of 27 bits, 16 MiB hold five million ids; one new id in thirty is then taken for
    a member. Callers must tolerate that.

    >>> ids = BloomFilter()
    >>> ids.add("4F1A2B")
    >>> "4F1A2B" in ids, "4F1A2C" in ids
    (True, False)
    """

    def __init__(self) -> None:
        self._cells = bytearray(0)

    def state(self) -> str:
        """Return the set as a text, for :meth:`resume`."""
        return b64encode(compress(self._cells)).decode()

    def resume(self, state: str) -> None:
        """Hold what a set held."""
        self._cells = bytearray(decompress(b64decode(state)))

    def add(self, text: str) -> None:
        """Add a text."""
        if not self._cells:
            self._cells = bytearray(1 << (_BITS - 3))
        place = crc32(text.encode()) >> (32 - _BITS)
        self._cells[place >> 3] |= 1 << (place & 7)

    def __contains__(self, text: str) -> bool:
        if not self._cells:
            return False
        place = crc32(text.encode()) >> (32 - _BITS)
        return bool(self._cells[place >> 3] >> (place & 7) & 1)

"""Pseudonyms: keyed hashes that stand for recipients and ids.

The same text gives the same pseudonym under the same key (HMAC-SHA256), in every run and every
source. Without the key nobody can reverse a pseudonym, or test a guess.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from fsm.errors import LogError
from fsm.logs.mapping.message_recipients import bare_address

__all__ = ["PSEUDONYM", "Pseudonyms", "are_pseudonyms", "load_key"]

PSEUDONYM = re.compile(r"[a-z]-[0-9a-f]{20}")
"""A pseudonym of a recipient, an id or another text."""

_SHORTEST_KEY = 16
_LONGEST_KEY = 1 << 16
_DIGITS, _LENGTH = 20, 22
"""Hexadecimal digits of a pseudonym, 80 bits, so that no two of a billion recipients share one; and
all its characters."""
_ORDINARY = re.compile(r"[!#-9=?-~]+")
"""ASCII without blanks, quotes, brackets, colons and semicolons: nearly all addresses."""


def load_key(name: str) -> bytes:
    """Return the key in a file, or in the environment (``env:NAME``).

    Raises :class:`fsm.errors.LogError` for one that is missing, too short or too long.
    """
    if name.startswith("env:"):
        key = os.environ.get(name[4:], "").encode()
        if not key:
            raise LogError(f"{name}: the environment has no {name[4:]}; set it to the key")
    else:
        try:
            with Path(name).open("rb") as file:
                key = file.read(_LONGEST_KEY + 1).strip()
        except OSError as error:
            raise LogError(f"{name}: {error.strerror or error}") from error
    if not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
        raise LogError(
            f"{name}: a key has {_SHORTEST_KEY} to {_LONGEST_KEY:,} bytes, this is "
            f"{'longer' if len(key) > _LONGEST_KEY else len(key)}; make it of random ones: "
            "openssl rand -hex 32 > key.txt"
        )
    return key


class Pseudonyms:
    """Makes pseudonyms; a text that is one already stays as it is.

    HMAC (RFC 2104) is computed here from its two keyed hashes, which are copied for each text:
    that takes half the time of :mod:`hmac`, and a log has millions of texts.
    """

    def __init__(self, key: bytes) -> None:
        block = hashlib.sha256().block_size
        key = (key if len(key) <= block else hashlib.sha256(key).digest()).ljust(block, b"\0")
        self._inner, self._outer = (
            hashlib.sha256(bytes(byte ^ pad for byte in key)) for pad in (0x36, 0x5C)
        )

    def of_recipient(self, address: str) -> str:
        """Return the pseudonym of an address, however it is written.

        The case of letters, a name before the address, its brackets and needless quotes do not
        matter.
        """
        return self.of_recipients((address,))[0]

    def of_recipients(self, addresses: Iterable[str]) -> list[str]:
        """Return the pseudonyms of addresses."""
        return self.of_texts(map(_plain, addresses), "r")

    def of_text(self, text: str, kind: str) -> str:
        """Return the pseudonym of a text; ``kind`` is its first letter."""
        return self.of_texts((text,), kind)[0]

    def of_texts(self, texts: Iterable[str], kind: str) -> list[str]:
        """Return the pseudonyms of texts; ``kind`` is their first letter."""
        copy_inner, copy_outer = self._inner.copy, self._outer.copy
        pseudonyms = []
        for text in texts:
            if len(text) == _LENGTH and PSEUDONYM.fullmatch(text):
                pseudonyms.append(text)
                continue
            inner, outer = copy_inner(), copy_outer()
            inner.update(text.encode("utf-8", "surrogateescape"))
            outer.update(inner.digest())
            pseudonyms.append(f"{kind}-{outer.hexdigest()[:_DIGITS]}")
        return pseudonyms

    def derived_key(self, purpose: str) -> bytes:
        """Return a key for one purpose; it does not reveal the key that it is derived from."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(f"\0{purpose}".encode())
        outer.update(inner.digest())
        return outer.digest()


def are_pseudonyms(texts: pl.Series) -> bool:
    """Return whether all texts of a column are pseudonyms, as in a log that is redacted already."""
    first = texts.first()
    if not isinstance(first, str) or not PSEUDONYM.fullmatch(first):
        return False
    return bool(texts.str.contains(f"^{PSEUDONYM.pattern}$").all(ignore_nulls=False))


def _plain(address: str) -> str:
    """Return an address in its plain form, in small letters.

    >>> _plain('"Ann Lee" <Ann.Lee@X.example>'), _plain("U@[192.0.2.1]")
    ('ann.lee@x.example', 'u@[192.0.2.1]')
    """
    if _ORDINARY.fullmatch(address):
        return address.lower()
    return bare_address(address).lower()

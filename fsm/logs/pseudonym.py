"""Recipients replaced by keyed hashes, everywhere they are written.

The same address gives the same name under the same key (HMAC-SHA256), whatever the case of its
letters, and nobody without the key can tell which address it was, or try one out.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from functools import lru_cache
from pathlib import Path

import polars as pl

from fsm.errors import LogError

__all__ = ["Pseudonyms", "load_key"]

_ADDRESS = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~\-]{1,200}(?:@|=40|%40)[\w\-]{1,63}(?:\.[\w\-]{1,63}){0,10}"
)
_SHORTEST_KEY = 16
_SHORTEST_PART = 3
_TEXTS = ("native", "reply", "event_id", "delivery_id", "message_id")


def load_key(name: str) -> bytes:
    """Return the key in a file, or in the environment (``env:NAME``)."""
    if name.startswith("env:"):
        key = os.environ.get(name[4:], "").encode()
        if not key:
            raise LogError(f"{name}: the environment has no {name[4:]}; set it to the key")
    else:
        try:
            key = Path(name).read_bytes().strip()
        except OSError as error:
            raise LogError(f"{name}: {error.strerror or error}") from error
    if len(key) < _SHORTEST_KEY:
        raise LogError(
            f"{name}: a key needs at least {_SHORTEST_KEY} bytes; make it of random ones"
        )
    return key


class Pseudonyms:
    """Replaces addresses in rows and in lines."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.name = lru_cache(maxsize=100_000)(self._name)

    def _name(self, address: str) -> str:
        digest = hmac.new(self._key, address.strip().lower().encode(), hashlib.sha256)
        return f"r-{digest.hexdigest()[:20]}"

    def text(self, text: str) -> str:
        """Return a text without the addresses in it."""
        return _ADDRESS.sub(lambda match: self.name(match[0]), text)

    def line(self, text: str) -> str:
        """Return a line without the addresses in it, and without what stands before their @."""
        for address in dict.fromkeys(_ADDRESS.findall(text)):
            text = self._without(text, address)
        return text

    def rows(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return rows of a converted log without recipients."""
        texts = [name for name in _TEXTS if name in rows.columns]
        columns = []
        recipients = rows["recipient"].to_list()
        for name in texts:
            pairs = zip(rows[name].to_list(), recipients, strict=True)
            values = [value and self._without(value, to) for value, to in pairs]
            columns.append(pl.Series(name, values, pl.String))
        hashed = [to and self.name(to) for to in recipients]
        return rows.with_columns(pl.Series("recipient", hashed, pl.String), *columns)

    def _without(self, text: str, recipient: str | None) -> str:
        """Replace addresses, and the recipient's own name without its domain."""
        text = self.text(text)
        part = (recipient or "").partition("@")[0]
        if len(part) >= _SHORTEST_PART and part.lower() in text.lower():
            own = re.compile(rf"(?<![\w]){re.escape(part)}(?![\w])", re.IGNORECASE)
            text = own.sub(self.name(recipient or ""), text)
        return text

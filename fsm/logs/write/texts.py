"""Escape texts of a log for other formats, whole columns at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO

import polars as pl

__all__ = ["all_of", "in_id", "in_json", "in_xml", "instants", "joined_texts", "write_texts"]

_CONTROLS = [chr(code) for code in range(32)]
_NO_CHARACTERS = ["\ufffe", "\uffff"]
_BEYOND_XML = [c for c in _CONTROLS if c not in "\t\n\r"] + _NO_CHARACTERS
_XML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_XML |= {space: f"&#{ord(space)};" for space in "\t\n\r"}
_XML |= {character: f"[U+{ord(character):04X}]" for character in _BEYOND_XML}
_JSON = {'"': '\\"', "\\": "\\\\"} | {c: f"\\u{ord(c):04x}" for c in _CONTROLS}
_NOT_IN_IDS = ["%", " ", *"\t\n\r", *_BEYOND_XML]
_ID = {c: "".join(f"%{byte:02X}" for byte in c.encode()) for c in _NOT_IN_IDS}


def in_xml(text: pl.Expr) -> pl.Expr:
    """Return a text as the value of an attribute, without its quotes.

    Control characters, which XML cannot represent, are spelled out: ``[U+0007]``.
    """
    return _replaced(text, _XML)


def in_json(text: pl.Expr) -> pl.Expr:
    """Return a text as a string of JSON, with its quotes."""
    return joined_texts(pl.lit('"'), _replaced(text, _JSON), pl.lit('"'))


def in_id(text: pl.Expr) -> pl.Expr:
    """Return a text as part of an id: without spaces, and different for different texts."""
    return _replaced(text, _ID)


def instants(time: pl.Expr, fraction: str) -> pl.Expr:
    """Return times in UTC as RFC 3339 texts, with a fraction as chrono writes it."""
    return time.dt.convert_time_zone("UTC").dt.strftime(f"%Y-%m-%dT%H:%M:%S{fraction}Z")


def joined_texts(*parts: pl.Expr) -> pl.Expr:
    """Return texts joined to one; null where one of them is null."""
    return pl.concat_str(parts)


def all_of(parts: Sequence[pl.Expr], between: str) -> pl.Expr:
    """Return the texts that are not null, joined by a separator."""
    return pl.concat_str(parts, separator=between, ignore_nulls=True).fill_null("")


def write_texts(file: IO[bytes], texts: Iterable[pl.Series], between: str = "") -> None:
    """Write texts as UTF-8, with a separator between them."""
    begun = False
    for part in texts:
        if len(part):
            file.write(f"{between if begun else ''}{between.join(part)}".encode())
            begun = True


def _replaced(text: pl.Expr, by: dict[str, str]) -> pl.Expr:
    return text.str.replace_many(list(by), list(by.values()))

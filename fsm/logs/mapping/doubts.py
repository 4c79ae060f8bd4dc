"""Doubts: why an event is not certain. One event may have several, and none replaces another."""

from __future__ import annotations

import polars as pl

__all__ = ["all_doubts", "joined_doubts", "single_doubts"]

_SEPARATOR = " | "


def all_doubts(*doubts: str | None) -> str | None:
    """Return several doubts as one text; None without any.

    >>> all_doubts("no id", None, "no time"), all_doubts(None)
    ('no id | no time', None)
    """
    return _SEPARATOR.join(filter(None, doubts)) or None


def joined_doubts(*columns: str | pl.Expr) -> pl.Expr:
    """Return the doubts of some columns as one text; null where there is none."""
    several = pl.concat_str(columns, separator=_SEPARATOR, ignore_nulls=True)
    return pl.when(several != "").then(several)


def single_doubts(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return the rows with one doubt each; a row with several doubts is there several times."""
    return rows.with_columns(pl.col(column).str.split(_SEPARATOR)).explode(column)

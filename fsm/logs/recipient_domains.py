"""The domain of each recipient of a log, also where pseudonyms stand for both."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from fsm.logs.log import Log
from fsm.logs.log_file import LogFile
from fsm.logs.mapping.message_recipients import domain_of

__all__ = ["hidden_domains", "with_domain"]

_SCHEMA = {"recipient": pl.String(), "domain": pl.String()}


def with_domain(rows: pl.DataFrame, hidden: pl.DataFrame) -> pl.DataFrame:
    """Return rows with the ``domain`` of their ``recipient``; null for one without a domain.

    ``hidden`` is what :func:`hidden_domains` returns of the log.
    """
    rows = rows.with_columns(domain=domain_of(pl.col("recipient")))
    if hidden.is_empty():
        return rows
    known = hidden.rename({"domain": "hidden"})
    rows = rows.join(known, on="recipient", how="left", maintain_order="left")
    return rows.with_columns(domain=pl.coalesce("domain", "hidden")).drop("hidden")


def hidden_domains(log: Log) -> pl.DataFrame:
    """Return ``recipient`` and ``domain`` of those recipients that are pseudonyms.

    Empty for a log that is not redacted; a log whose recipients were pseudonyms before it was read
    has no domains.
    """
    parts = [pl.DataFrame(schema=_SCHEMA), *_hidden(log)]
    return pl.concat(parts).unique("recipient", keep="first", maintain_order=True)


def _hidden(log: Log) -> Iterator[pl.DataFrame]:
    for file in log.files:
        if (pairs := _pairs(file)) is not None:
            distinct = pairs.select("recipient", "domain").drop_nulls().unique()
            yield distinct.collect(engine="streaming").sort("recipient", "domain")


def _pairs(file: LogFile) -> pl.LazyFrame | None:
    if "recipient" not in file.present:
        return None
    if file.origin is not None:
        return file.raw() if "domain" in file.raw().collect_schema() else None
    if file.redaction is None:
        return None
    name = pl.col(file.names["recipient"]).cast(pl.String).alias("recipient")
    return file.redaction.with_domains(file.raw().select(name))

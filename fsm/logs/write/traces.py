"""The events of a log grouped by message, as traces.

A message is one (message id, recipient). Its name consists of both, or of its id if it has no
recipient; different messages never have the same name.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from fsm.logs.write.texts import in_id, joined_texts

__all__ = ["KEY", "message_name", "message_traces"]

KEY = ("message_id", "recipient")
_EVENTS = 1_000_000
"""Events that are held and sorted at a time, or all of one message if it has more."""


def message_name() -> pl.Expr:
    """Return the name of the message of a row.

    >>> pl.select(message_id=pl.lit("a b"), recipient=pl.lit("c@x")).select(message_name()).item()
    'a%20b c@x'
    """
    message_id = in_id(pl.col("message_id"))
    with_recipient = joined_texts(message_id, pl.lit(" "), in_id(pl.col("recipient")))
    return pl.coalesce(with_recipient, message_id)


def message_traces(rows: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Yield the rows in groups of whole messages, in the order of their first rows.

    Within a message they are in the order in which a replay executes them: by time, ``seq`` and
    position. Columns: those of the rows, and ``first`` and ``last``, whether a row is the first or
    last one of its message. Memory grows with the number of messages, and a million events are
    held at a time.
    """
    numbered = rows.with_row_index("row")
    messages = (
        numbered.group_by(KEY)
        .agg(pl.col("row").min().alias("trace"), pl.len().alias("events"))
        .sort("trace")
        .with_columns(part=(pl.col("events").cum_sum() - pl.col("events")) // _EVENTS)
        .select(*KEY, "trace", "part")
        .collect(engine="streaming")
    )
    for part in messages.partition_by("part", include_key=False, maintain_order=True):
        rows_of_part = numbered.join(part.lazy(), on=KEY, how="inner", nulls_equal=True)
        frame = rows_of_part.sort("trace", "timestamp", "seq", "row", nulls_last=True).collect()
        changes = pl.col("trace") != pl.col("trace").shift()
        yield frame.with_columns(
            changes.fill_null(True).alias("first"),
            changes.shift(-1).fill_null(True).alias("last"),
        ).drop("row", "trace")

"""Messages that several logs know by different ids: passed on to a server of one's own, or bounced.

A server that passes a message on writes the id under which the next one queued it; where that id is
in the logs as well, whatever its host, the message goes on there, and was not delivered yet. A
bounce mail that comes later names the Message-ID, which the server's log has beside its own id.

These facts need all logs together, so rows are put right when they have been read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from fsm.epoch import SECOND
from fsm.logs.mapping.doubts import joined_doubts

__all__ = ["SameMessages", "find_same_messages", "with_same_messages"]

_OTHER_ADDRESS = "the bounce mail names another address than the log of the message"
_SOONER, _LATER = 3600 * SECOND, 300 * SECOND
"""How long before and after a server is said to have queued a message it may have arrived there."""
_MAIL = "mail"
"""The format of bounce mails."""
_OWN_ID = pl.coalesce("entry_id", "queue_id", "message_id")
"""The id under which the server of a row has the message."""
_SCHEMA = pl.Schema(
    {
        "at": pl.UInt32(),
        "same_as": pl.String(),
        "same_recipient": pl.String(),
        "doubted": pl.String(),
        "is_hop": pl.Boolean(),
        "is_again": pl.Boolean(),
    }
)


@dataclass(frozen=True)
class SameMessages:
    """What changes in rows: by id for all rows of a message, and for single rows (``at``)."""

    ids: Mapping[str, str]
    rows: pl.DataFrame

    def __bool__(self) -> bool:
        return bool(self.ids) or self.rows.height > 0


def find_same_messages(rows: pl.LazyFrame) -> SameMessages:
    """Return what is to change so that each message has one id."""
    numbered = rows.with_row_index("at")
    hops = _hops(numbered)
    ids = _roots(hops.select("next_id", "message_id").iter_rows())
    ids |= _plain_ids(rows, ids)
    parts = [
        hops.select("at", is_hop=pl.lit(True)),
        _repeated_handovers(numbered, ids),
        _late_bounces(numbered, ids),
        _replaced_recipients(numbered, ids),
    ]
    changed = pl.concat([part for part in parts if part.height] or parts[:1], how="diagonal")
    changed = changed.group_by("at").agg(pl.all().drop_nulls().first())
    return SameMessages(ids, changed.match_to_schema(_SCHEMA, missing_columns="insert").sort("at"))


def with_same_messages(
    frames: Iterable[pl.DataFrame], same: SameMessages, changes: list[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """Yield frames of rows with :func:`find_same_messages` applied.

    Rows that are no events after all are left out: deliveries that were none, and hand-overs of a
    message that was handed over before. They, and rows with a new doubt, are added to ``changes``.
    """
    old, new = [*same.ids], [*same.ids.values()]
    is_replaced = pl.all_horizontal(pl.col("same_recipient", "original_recipient").is_not_null())
    final = pl.when(is_replaced).then("recipient")
    start = 0
    for frame in frames:
        own = same.rows.filter(pl.col("at").is_between(start, start + frame.height, closed="left"))
        changed = (
            frame.with_row_index("at", start)
            .join(own, on="at", how="left", maintain_order="left")
            .with_columns(
                pl.coalesce("same_as", pl.col("message_id").replace(old, new)).alias("message_id"),
                pl.coalesce("same_recipient", "recipient").alias("recipient"),
                pl.coalesce("final_recipient", final).alias("final_recipient"),
                pl.col("is_hop", "is_again").fill_null(False),
            )
            .with_columns(is_left_out=pl.col("is_hop") | pl.col("is_again"))
        )
        told = changed.filter(pl.col("is_left_out") | pl.col("doubted").is_not_null())
        columns = ("file", "line", "record", "doubt", "doubted", "is_hop", "is_left_out")
        changes.append(told.select(*columns))
        kept = changed.filter(~pl.col("is_left_out"))
        yield kept.with_columns(doubt=joined_doubts("doubt", "doubted")).select(frame.columns)
        start += frame.height


def _hops(numbered: pl.LazyFrame) -> pl.DataFrame:
    """Return the deliveries after which a message goes on in the logs, with its next id there.

    The next id is the same where the reader knew by the Message-ID that it is one message.
    """
    passed_on = (
        numbered.filter(pl.col("queued_as").is_not_null() & (pl.col("event") == "delivered"))
        .select("at", "message_id", "queued_as", "timestamp", own_id=_OWN_ID)
        .collect(engine="streaming")
    )
    arrivals = (
        numbered.filter(pl.col("of_mail"))
        .select(
            _OWN_ID.alias("queued_as"),
            pl.col("message_id").alias("next_id"),
            pl.coalesce("handed_over", "timestamp").alias("arrived"),
        )
        .join(passed_on.select("queued_as").unique().lazy(), on="queued_as", how="semi")
        .group_by("queued_as", "next_id")
        .agg(pl.col("arrived").min())
        .collect(engine="streaming")
    )
    since = (pl.col("timestamp") - pl.col("arrived")).dt.total_microseconds()
    is_joined = pl.col("next_id") == pl.col("message_id")
    is_next = pl.when(is_joined).then(pl.col("queued_as") != pl.col("own_id"))
    return (
        passed_on.join(arrivals, on="queued_as")
        .filter(is_next.otherwise(since.is_between(-_LATER, _SOONER)))
        .sort("at", since.abs())
        .unique("at", keep="first", maintain_order=True)
        .select("at", "message_id", "next_id")
    )


def _roots(hops: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the first id of each message by its later ids, given each next id with the one before.

    A message that comes back to an id keeps the first one.
    """
    before: dict[str, str] = {}

    def root_of(name: str) -> str:
        while (parent := before.get(name)) is not None:
            before[name] = name = before.get(parent, parent)  # so that long ways are short later
        return name

    for later, first in hops:
        if later not in before and root_of(first) != later:
            before[later] = first
    return {later: root_of(later) for later in before}


def _plain_ids(rows: pl.LazyFrame, known: Mapping[str, str]) -> dict[str, str]:
    """Return the queue ids of messages that were given longer ids, where no other one has them."""
    longer = (
        rows.filter(pl.col("queue_id").is_not_null())
        .select("message_id", "queue_id")
        .unique()
        .filter(pl.len().over("queue_id") == 1)
        .collect(engine="streaming")
    )
    if not longer.height:
        return {}
    plain = (
        rows.select("message_id")
        .join(longer.lazy(), left_on="message_id", right_on="queue_id", how="semi")
        .unique()
        .collect(engine="streaming")["message_id"]
    )
    free = longer.filter(~pl.col("queue_id").is_in(plain.implode())).sort("message_id")
    names = {old: new for old, new in free.iter_rows() if old not in known}
    return names | {old: names.get(first, first) for old, first in known.items()}


def _repeated_handovers(numbered: pl.LazyFrame, ids: Mapping[str, str]) -> pl.DataFrame:
    """Return the hand-overs of messages that were handed over to the first server before."""
    nothing = pl.DataFrame(schema={"at": pl.UInt32, "is_again": pl.Boolean})
    if not ids:
        return nothing
    involved = pl.LazyFrame({"message_id": [*ids, *set(ids.values())]}).unique()
    handovers = (
        numbered.filter(pl.col("event") == "relayed")
        .select("at", "message_id", "recipient", "timestamp")
        .join(involved, on="message_id", how="semi")
        .collect(engine="streaming")
    )
    message = pl.col("message_id").replace([*ids], [*ids.values()])
    again = (
        handovers.with_columns(message, pl.col("recipient").str.to_lowercase())
        .sort("timestamp", "at")
        .filter(~pl.struct("message_id", "recipient").is_first_distinct())
    )
    return again.select("at", is_again=pl.lit(True))


def _late_bounces(numbered: pl.LazyFrame, ids: Mapping[str, str]) -> pl.DataFrame:
    """Return the rows of bounce mails whose message another log has, with its id there.

    The recipient decides between messages of one Message-ID: the original or the final one of the
    report, whichever the log has. A bounce mail that names another address is of the only
    recipient, if there is only one.
    """
    lower = pl.col("recipient").str.to_lowercase()
    final = pl.col("final_recipient").str.to_lowercase()
    is_mail = pl.col("format") == _MAIL
    mails = (
        numbered.filter(is_mail)
        .select("at", "recipient", header_id="message_id", named=pl.concat_list(lower, final))
        .explode("named")
        .filter(pl.col("named").is_not_null())
        .collect(engine="streaming")
    )
    known = (
        numbered.filter(~is_mail & pl.col("recipient").is_not_null())
        .select(pl.coalesce("header_id", "message_id"), "message_id", "recipient", named=lower)
        .join(mails.select("header_id").unique().lazy(), on="header_id", how="semi")
        .unique(maintain_order=True)
        .collect(engine="streaming")
        .with_columns(pl.col("message_id").replace([*ids], [*ids.values()]))
    )
    found = pl.col("message_id").alias("same_as"), pl.col("recipient_right").alias("same_recipient")
    exact = mails.join(known, on=("header_id", "named")).select("at", *found)
    alone = known.unique(("message_id", "named")).filter(pl.len().over("header_id") == 1)
    other = mails.join(exact, on="at", how="anti").join(alone, on="header_id")
    doubted = pl.lit(_OTHER_ADDRESS).alias("doubted")
    return pl.concat([exact, other.select("at", *found, doubted)], how="diagonal").unique(
        "at", keep="first", maintain_order=True
    )


def _replaced_recipients(numbered: pl.LazyFrame, ids: Mapping[str, str]) -> pl.DataFrame:
    """Return the rows of addresses that an alias put in place of a recipient, with that recipient.

    They count as the recipient's where another entry of the message named that one, before a
    filter or the next server replaced it; of several addresses the first one does, unless the
    message was handed over to it as well. The hand-over is that of the recipient.
    """
    nothing = pl.DataFrame(schema={"at": pl.UInt32})
    message = pl.col("message_id").replace([*ids], [*ids.values()]).alias("message")
    lower = pl.col("recipient").str.to_lowercase()
    named = pl.col("original_recipient").str.to_lowercase().alias("named")
    of_entries = numbered.filter(pl.col("entry_id").is_not_null()).select("message_id")
    of_hops = pl.LazyFrame({"message_id": [*ids, *ids.values()]}, {"message_id": pl.String})
    replaced = (
        numbered.filter(pl.col("original_recipient").is_not_null())
        .join(pl.concat([of_entries, of_hops]).unique(), on="message_id", how="semi")
        .select("at", message, _OWN_ID.alias("own_id"), named, address=lower)
        .filter(pl.col("named") != pl.col("address"))
        .collect(engine="streaming")
    )
    if replaced.is_empty():
        return nothing
    rows = (
        numbered.select("at", message, _OWN_ID.alias("own_id"), "recipient", "event", address=lower)
        .join(replaced.select("message").unique().lazy(), on="message", how="semi")
        .collect(engine="streaming")
        .sort("at")
    )
    is_again = pl.col("handed_over") & (pl.col("event") == "relayed")
    return (
        rows.join(_first_names(replaced.sort("at"), rows), on=("message", "address"))
        .with_columns(is_again=pl.when(is_again).then(True))
        .select("at", "same_recipient", "is_again")
    )


def _first_names(replaced: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the recipient (``same_recipient``) that each address was put in place of."""
    keys = ("message", "named")
    first = replaced.unique(keys, keep="first", maintain_order=True)
    known = rows.rename({"address": "named"})
    still_named = known.join(replaced, on=(*keys, "own_id"), how="semi")
    earlier = known.join(still_named, on=keys, how="anti").sort("at")
    beside = rows.select("message", "address", own_id_earlier="own_id")
    has_both = first.join(earlier, on=keys, suffix="_earlier").join(
        beside, on=("message", "address", "own_id_earlier"), how="semi"
    )
    recipients = earlier.group_by(keys).agg(
        pl.col("recipient").first().alias("same_recipient"),
        handed_over=(pl.col("event") == "relayed").any(),
    )
    return (
        first.join(has_both, on=keys, how="anti")
        .join(recipients, on=keys)
        .sort("at")
        .unique(("message", "address"), keep="first", maintain_order=True)
        .select("message", "address", "same_recipient", "handed_over")
    )

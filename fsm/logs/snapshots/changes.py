"""What must have happened between the exports: differences of what they show of one message."""

from __future__ import annotations

import polars as pl

__all__ = ["ORDER", "in_order", "returned", "status_changes", "without_steps_back"]

_RANK = {"waiting": 0, "pending": 1, "taken": 1}
_LATEST = 2
_KEY = ("message_id", "recipient")
ORDER = ("exported", "export", "changed", "line")
"""How the sightings of one message come after each other."""
_AFTER = ("pending", "taken", "sent", "delivered")
"""Statuses that a message can only have after a failure if it was tried again."""


def in_order(sightings: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Sort sightings by message and time; return them, and those that another one overrules.

    ``message`` counts the messages, so that what follows needs no grouping. Of two rows of one
    message in one export with the same time the last one counts.
    """
    frame = _with_recipients(sightings).sort(*_KEY, *ORDER)
    frame = frame.with_columns(message=pl.struct(_KEY).rle_id().cast(pl.Int64))
    names = ("message", "export", "exported", "changed")
    after = [pl.col(name).shift(-1).eq_missing(pl.col(name)) for name in names]
    twice = pl.all_horizontal(after)
    return frame.filter(~twice), frame.filter(twice)


def _with_recipients(frame: pl.DataFrame) -> pl.DataFrame:
    """Fill in the address that other exports have of the same message, if it is but one."""
    if not 0 < frame["recipient"].null_count() < frame.height:
        return frame
    known = frame.filter(pl.col("recipient").is_not_null()).group_by("message_id")
    only = known.agg(pl.col("recipient").n_unique().alias("n"), pl.col("recipient").first())
    only = only.filter(pl.col("n") == 1).select("message_id", address="recipient")
    frame = frame.join(only, on="message_id", how="left")
    return frame.with_columns(pl.coalesce("recipient", "address").alias("recipient")).drop(
        "address"
    )


def without_steps_back(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return ordered sightings without those that go back, and those, with ``from``.

    Nothing that happens leads from Sent or Failed back to what comes before a hand-over's answer.
    ``retried`` tells what can only have been tried again.
    """
    rank = pl.col("status").replace_strict(_RANK, default=_LATEST, return_dtype=pl.Int64)
    place = pl.col("message") * (_LATEST + 1) + rank  # of a message and the ones before it
    kept = place == place.cum_max()
    later = pl.col("status").is_in(_AFTER).cast(pl.Int64) - pl.col("message") * 2
    frame = frame.with_columns(
        kept=kept,
        retried=later.cum_max(reverse=True) + pl.col("message") * 2 == 1,
        # The first row of a message is always kept.
        **{"from": pl.when(kept).then("status").forward_fill()},
    )
    return frame.filter("kept"), frame.filter(~pl.col("kept"))


def returned(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the sightings, in order, of messages that are Sent after they were Failed."""
    after = _before("status") == "failed"
    return frame.filter(after & pl.col("status").is_in(["sent", "delivered"]))


def _before(name: str) -> pl.Expr:
    """What the sighting of the same message before has; null for the first one."""
    return pl.when(pl.col("message").diff() == 0).then(pl.col(name).shift(1))


def status_changes(frame: pl.DataFrame, mode: str) -> pl.DataFrame:
    """Return the events that sightings in order show, for ``to_canonical.to_rows``.

    ``native`` is the path of the change in ``snapshot.toml``. With the service a failure without
    a reason that is no longer there later on was a soft one. The time is that of the change where
    the row has it and the export before could not show it, else that of the export.
    """
    soft = (pl.col("kind") == "unsaid") & (pl.col("status") == "failed") & pl.col("retried")
    if mode == "with":
        frame = frame.with_columns(kind=pl.when(soft).then(pl.lit("soft")).otherwise("kind"))
    before = {f"old_{name}": _before(name) for name in ("status", "kind", "reason")}
    seen = pl.when(pl.col("export").diff() == 0).then(_before("changed"))
    frame = frame.with_columns(**before, seen=seen.otherwise(_before("exported")))
    path = pl.concat_str(
        "status",
        pl.lit(mode),
        pl.when(pl.col("status").is_in(["pending", "taken", "failed"])).then("kind"),
        "old_status",
        separator="/",
        ignore_nulls=True,
    )
    within = pl.col("changed").is_between(pl.col("seen").fill_null(0), "exported", closed="right")
    return frame.filter(_is_change()).with_columns(
        native=path,
        time=pl.when(within).then("changed").otherwise("exported"),
        reply=pl.col("reason"),
        event_id=pl.lit(None, pl.String),
        code=pl.lit(None, pl.String),
        doubt=pl.lit(None, pl.String),
    )


def _is_change() -> pl.Expr:
    """A new status, or, in the same one, a narrower reason, or another soft one."""
    same = pl.col("status") == pl.col("old_status")
    narrower = (pl.col("kind") == "hard") & (pl.col("old_kind") != "hard")
    begun = (pl.col("kind") == "soft") & (pl.col("old_kind") == "unsaid")
    waits = pl.col("status").is_in(["pending", "taken"])
    again = (
        (pl.col("kind") == "soft")
        & (pl.col("old_kind") == "soft")
        & pl.col("reason").ne_missing(pl.col("old_reason"))
    )
    return (~same | narrower | (begun & waits) | again).fill_null(True)

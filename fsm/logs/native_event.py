"""What readers return: an event with the name that its log gives it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import polars as pl

__all__ = ["NativeEvent", "NativeEvents"]


class NativeEvent(NamedTuple):
    """One event of one message to one recipient.

    ``native`` is its path in the mapping table of its format, from the general to the special
    (``failed/permanent/old``). ``time`` counts microseconds since 1970, UTC. ``code`` is an
    enhanced status code or a reply code, where the log has a field for it; ``reply`` is the answer
    of the receiving server, in its own words. ``line`` counts from 1.
    """

    message_id: str
    recipient: str | None
    native: str
    time: int
    line: int
    code: str | None = None
    reply: str | None = None
    event_id: str | None = None
    delivery_id: str | None = None
    doubt: str | None = None
    """Why the reader is not certain of this event; several reasons are separated by `` | ``."""
    handed_over: int | None = None
    """When the message was handed over, where the record of a later event tells it: microseconds
    since 1970, UTC."""
    explanation: str | None = None
    """What somebody else than the receiving server says of it, such as the provider: shown where
    there is no reply, and never read for a reason."""
    record: int | None = None
    """The record that told of it, where that is not the only one on its line: a number that no
    other record of the file has, and no line."""
    queued_as: str | None = None
    """The id under which the next mail server says that it queued the message."""
    header_id: str | None = None
    """The Message-ID of the message, where its log tells both that and an id of its own."""
    queue_id: str | None = None
    """The id that its server gave the message, where ``message_id`` is a longer one."""
    entry_id: str | None = None
    """The id that a server gave this entry of its queue, where ``message_id`` is that of another
    entry of the same message."""
    final_recipient: str | None = None
    """The address to which the message went on where it is another one (RFC 3464)."""
    original_recipient: str | None = None
    """The address that the recipient was put in place of, by an alias of the server."""
    relay: str | None = None
    """The mail server that took or refused the message, with its address where the log has both."""


NativeEvents: TypeAlias = "Sequence[NativeEvent] | pl.DataFrame"
"""Events, or a frame with the columns of one (the last ones may be lacking), a row for each."""

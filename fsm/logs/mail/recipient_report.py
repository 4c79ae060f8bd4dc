"""What a mail reports of one recipient."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Report"]


@dataclass(frozen=True)
class Report:
    """What a mail reports of one recipient: a native event, a code, a reply.

    Without an address, ``local_part`` may be what stands for one: a name without a domain.
    """

    native: str
    address: str
    code: str | None = None
    reply: str | None = None
    final_recipient: str | None = None
    local_part: str = ""
    doubt: str | None = None

"""What fsm reads in the labelled mails and replies, beside their labels."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import polars as pl

from fsm.logs.mapping.blame import code_of, with_reason
from fsm.logs.mapping.event_mapping import load_format
from fsm.logs.mapping.policy import load_policy
from fsm.logs.mapping.to_canonical import event_frame, to_rows
from fsm.logs.notes import Notes
from fsm.logs.servers.clock import Clock
from fsm.logs.servers.mail import Reader
from tests.bounces.generated import LabelledMail

__all__ = ["NEVER_TAKEN", "Reading", "read_mails", "read_replies"]

NEVER_TAKEN = ("user_unknown", "host_unknown", "moved", "not_accepting")
"""Reasons for which an address will never take a message: hard bounces."""


@dataclass(frozen=True)
class Reading:
    """How mails were read. ``reasons`` counts pairs of the label and the reason that was read."""

    mails: int
    found: int
    """Mails of which exactly the recipient is found that failed."""
    invented: int
    """Addresses that did not fail."""
    hard_or_soft: int
    """Mails that are rightly hard or soft bounces under the policy ``address``."""
    joined: int
    """Mails whose message is told by its Message-ID, of those whose form returns it."""
    reasons: Counter[tuple[str, str]]

    @property
    def right_reasons(self) -> int:
        """Mails whose reason is the labelled one."""
        return sum(count for (label, read), count in self.reasons.items() if label == read)


def read_mails(mails: Iterable[LabelledMail]) -> Reading:
    """Read mails as one mailbox."""
    mails = list(mails)
    box = [f"From x@y.example Mon Jan  5 09:00:00 2026\n{mail.text}\n" for mail in mails]
    notes = Notes("box")
    groups = [events for _, events in Reader(Clock(UTC)).read(["\n".join(box).split("\n")], notes)]
    rows = to_rows(event_frame(groups), load_format("mail"), notes, load_policy("address"))
    read = {row["recipient"]: row for row in rows.to_dicts()}
    labelled = {mail.recipient: mail for mail in mails}
    pairs = [(mail, read[mail.recipient]) for mail in mails if mail.recipient in read]
    return Reading(
        len(mails),
        len(pairs),
        len(read.keys() - labelled.keys()),
        sum((r["event"] == "hard_bounce") == (m.reason in NEVER_TAKEN) for m, r in pairs),
        sum(row["message_id"] == mail.message_id for mail, row in pairs),
        Counter((mail.reason, row["reason"]) for mail, row in pairs),
    )


def read_replies() -> Counter[tuple[str, str]]:
    """Return how often a reply in public wording with a label is read as each reason."""
    path = Path(__file__).parent / "public_replies.toml"
    replies = tomllib.loads(path.read_text(encoding="utf-8"))
    rows = [(label, None, text) for label, texts in replies.items() for text in texts]
    schema = dict.fromkeys(("label", "code", "reply"), pl.String)
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    read = with_reason(frame.with_columns(code_of().alias("code")))
    return Counter(zip(read["label"], read["reason"], strict=True))

"""``fsm conform --message``: the least repair of one message, event by event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fsm.cli.text import format_table, format_times, print_text, printable
from fsm.text import quantity

if TYPE_CHECKING:
    from fsm.conformance.message_alignment import AlignedEvent, MessageAlignment
    from fsm.unit import Unit

__all__ = ["print_alignments"]

_MARKS = {
    "missing": "+ missing",
    "extra": "- extra",
    "outside": "  beside",
    "expiry": "  expiry",
    "timer": "  timer",
}


def print_alignments(alignments: Iterable[MessageAlignment], unit: Unit) -> None:
    """Print each alignment as a table, the missing events among those of the log."""
    texts = []
    for alignment in alignments:
        to = f" to {alignment.recipient}" if alignment.recipient else ""
        edits = quantity(alignment.cost, "edit") if alignment.cost else "it fits"
        if all(event.kind in ("outside", "expiry", "timer") for event in alignment.events):
            edits = "not compared, as it has no event of the machine"
        title = printable(f"{unit.title} {alignment.message}{to}: {edits}")
        table = format_table(
            ("", "event", "state before", "state after", "when", "where"),
            map(_row, alignment.events, format_times([e.timestamp for e in alignment.events])),
        )
        texts.append(f"{title}\n\n{table}")
    print_text("\n\n".join(texts))


def _row(event: AlignedEvent, when: str) -> tuple[str, ...]:
    return (
        _MARKS.get(event.kind, ""),
        event.event,
        event.before,
        event.after if event.after != event.before else "",
        when,
        event.place,
    )

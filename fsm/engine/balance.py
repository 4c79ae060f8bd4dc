"""The two balances of a replay: what became of its records, and of its events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from fsm.engine.counts import Counts, Totals
from fsm.logs.ledger import RecordLedger, check_balance
from fsm.logs.log import Log
from fsm.logs.log_file import CHECKPOINT

__all__ = ["Balance", "balance_lines", "balance_of"]


@dataclass(frozen=True)
class Balance:
    """What became of the records that were read, and of the events that they gave.

    ``records``: ``read`` is the sum of the others. A row of a canonical log is a record that gives
    one event. ``events``: ``from_records``, ``implied`` (hand-overs that were added) and
    ``earlier`` (runs of the checkpoint before) are together ``accepted``, ``rejected``, ``late``,
    ``duplicates``, ``after_as_of``, ``known`` (rows that earlier runs had executed) and, where the
    log is the part of a time range, ``outside_range``.
    """

    records: Mapping[str, int]
    events: Mapping[str, int]


_RECORDS = {
    "events": "with events",
    "beside": "that no machine uses",
    "excluded": "excluded",
    "joined": "used to read others",
    "passed": "ignored",
    "unmapped": "unmapped",
    "rejected": "not readable",
}
_EVENTS = {
    "from_records": "of records",
    "implied": "inserted hand-overs",
    "earlier": "of earlier runs",
    "accepted": "accepted",
    "rejected": "rejected",
    "late": "late",
    "duplicates": "duplicates",
    "after_as_of": "after the end",
    "known": "read before",
    "outside_range": "outside the time range",
}
"""What the classes are called where people read them."""
_GIVEN = ("from_records", "implied", "earlier")
"""The parts of the events that came in; the others are what became of them."""


def balance_of(log: Log, counts: Counts, totals: Totals, earlier: Totals, known: int) -> Balance:
    """Return the balances of a replay; ``known`` rows were left out of the log.

    ``totals`` are those of all runs, ``earlier`` those of the runs before. Raises
    :class:`fsm.errors.LogError` where the classes are not together the whole.
    """
    rows = _canonical_rows(log, counts) + known + (log.outside.rows if log.outside else 0)
    records = RecordLedger.sum([note.records for note in log.conversions])
    events = {
        "from_records": rows + sum(note.events for note in log.conversions),
        "implied": sum(note.missing_handovers for note in log.conversions),
        "earlier": earlier.events + earlier.duplicates,
        "accepted": totals.events - totals.rejected,
        "rejected": totals.rejected - totals.late,
        "late": totals.late,
        "duplicates": totals.duplicates,
        "after_as_of": counts.encoder.after_as_of,
        "known": known,
    }
    if log.outside:
        events["outside_range"] = log.outside.events
    given = sum(events[name] for name in _GIVEN)
    check_balance("events", given, ((n, c) for n, c in events.items() if n not in _GIVEN))
    balance = records.as_dict()
    for name in ("read", "events"):
        balance[name] += rows
    return Balance(balance, events)


def balance_lines(balance: Balance) -> Iterator[str]:
    """Yield the two balances as lines, without what is 0."""
    read, *classes = balance.records.items()
    yield f"Records: {read[1]:,} read = {_sum(classes, _RECORDS)}"
    given = [(name, count) for name, count in balance.events.items() if name in _GIVEN]
    others = [(name, count) for name, count in balance.events.items() if name not in _GIVEN]
    yield f"Events: {_sum(given, _EVENTS)} = {_sum(others, _EVENTS)}"


def _sum(counts: Iterable[tuple[str, int]], names: Mapping[str, str]) -> str:
    return " + ".join(f"{count:,} {names[name]}" for name, count in counts if count) or "0"


def _canonical_rows(log: Log, counts: Counts) -> int:
    """Return how many rows of canonical logs and frames were executed; blank lines are none."""
    firsts = counts.encoder.firsts
    rows = sum(
        firsts[number + 1] - firsts[number]
        for number, file in enumerate(log.files)
        if file.origin is None and file.format != CHECKPOINT
    )
    return rows - counts.encoder.blank

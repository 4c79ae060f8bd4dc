"""The sentences of the report that depend on the replay in more than a number.

Fixed texts and headings stand in ``page.html``, the title and the footer in ``pages.py``, sentences
that only count what a section has in ``sections.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from fsm.comparison import DifferenceKind, compare
from fsm.engine.rejections import RejectionKinds
from fsm.engine.result import Replay
from fsm.epoch import MICROSECOND, exact_duration, time_at
from fsm.logs.log import Log
from fsm.reports.divergence import Divergence, SeriesComparison
from fsm.reports.machines import Side
from fsm.text import quantity
from fsm.unit import Unit

__all__ = [
    "divergence_sentences",
    "format_time",
    "outside_sentence",
    "rejection_sentence",
    "unrecorded_sentences",
    "validity_sentence",
]

_MESSAGE = Unit()
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)


def format_time(moment: datetime) -> str:
    """Return a time as people read it, independent of the locale.

    >>> format_time(time_at(1_370_878_500_000_000))
    '10 June 2013, 15:35:00 UTC'
    """
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year:04}, {moment:%H:%M:%S} UTC"


def outside_sentence(log: Log, unit: Unit = _MESSAGE) -> str:
    """Return the time range that a log is the part of, and what is left out; else nothing."""
    outside = log.outside
    if outside is None:
        return ""
    to = "to" if outside.start else "up to"
    limits = [
        f"{word} {format_time(moment)}"
        for word, moment in (("from", outside.start), (to, outside.end))
        if moment
    ]
    left_out = f"{unit.count(outside.messages)} with {quantity(outside.events, 'event')}"
    began = f"Only {unit.several} that began {' '.join(limits)}"
    return f"{began}; left out: {left_out}"


def divergence_sentences(
    comparison: SeriesComparison, a: Side, b: Side, unit: Unit = _MESSAGE
) -> Iterator[str]:
    """Yield where two machines diverge, and where they converge."""
    both = f"{a.label} and {_lower(b.label)}"
    if not comparison.compared:
        yield f"{both} have no indicator in common, so they are not compared over time."
        return
    if not comparison.divergences:
        yield f"{both} agree at all times: {', '.join(comparison.compared)}."
        return
    for divergence in comparison.divergences:
        of_a, of_b = (_share(count, a.result.to_send) for count in divergence.counts)
        yield (
            f"{divergence.indicator}: largest difference on "
            f"{format_time(time_at(divergence.at))}, {unit.count(divergence.most)}: "
            f"{of_a} {_lower(a.label)}, {of_b} {_lower(b.label)}."
        )
    yield _convergence(comparison.divergences, a, b, unit)


def _convergence(divergences: Sequence[Divergence], a: Side, b: Side, unit: Unit) -> str:
    apart = max(divergence.apart for divergence in divergences)
    if not apart:
        since = max(d.converged_at for d in divergences if d.converged_at is not None)
        return f"They converge on {format_time(time_at(since))} and agree from then on."
    states = ", ".join(f"{count:,} in {state}" for state, count in _differing_states(a, b) if count)
    where = f" ({states})" if states else ""
    return f"At the end of the log they still differ by {unit.count(apart)}{where}."


def _differing_states(a: Side, b: Side) -> Iterator[tuple[str, int]]:
    """Yield the states in which the statuses differ, with their messages."""
    comparison = compare(a.machine, b.machine)
    if comparison.skeleton:
        for difference in comparison.differences:
            if difference.kind is DifferenceKind.STATUS:
                yield difference.states[0], a.result.states[difference.states[0]]


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _share(count: int, whole: int) -> str:
    return f"{100 * count / whole:.2f} %" if whole else f"{count:,}"


def unrecorded_sentences(replay: Replay) -> Iterator[str]:
    """Yield which indicators the log does not record, and which are 0 without any event."""
    if not replay.defined:
        yield "No event of this log is defined in any machine of this report."
    for names, reason in replay.not_recorded:
        yield f"Not recorded: {', '.join(names)}; {reason}."
    if replay.without_events:
        yield (
            f"No event of the log counts for {', '.join(replay.without_events)}: there was none, "
            "or none was recorded."
        )


def validity_sentence(
    validity: timedelta | None, starts: tuple[int, int] | None, end: datetime
) -> tuple[tuple[int, int] | None, str]:
    """Return when validity periods end (seconds since 1970: first and last), and a sentence.

    ``starts`` are the times in µs at which the first and the last period start, ``end`` is the
    instant up to which they can end. Periods that all end after it are not returned.
    """
    if validity is None:
        return None, "Retries never expire because --validity was not given."
    length = exact_duration(validity // MICROSECOND)
    if starts is None:
        return None, f"The validity period of {length} never started: no message was handed over."
    first, last = (time_at(micros) + validity for micros in starts)
    span = int(first.timestamp()), int(last.timestamp())
    if first > end:
        return None, (
            f"The validity period of {length} ends after the log, on {format_time(first)} for the "
            "first message."
        )
    if first == last:
        return span, f"The validity period of {length} ends on {format_time(first)}."
    return span, (
        f"The validity periods of {length} end between {format_time(first)} and "
        f"{format_time(last)}."
    )


def rejection_sentence(count: int, kinds: RejectionKinds) -> str:
    """Return how many events were rejected, and which of them are listed."""
    if not count:
        return "No event was rejected."
    parts = [f"{quantity(count, 'event')} {'was' if count == 1 else 'were'} rejected"]
    if kinds.different > len(kinds.first):
        parts.append(
            f"the {len(kinds.first)} most frequent of {kinds.different:,} kinds are listed"
        )
    if kinds.unnamed:
        parts.append(f"{quantity(kinds.unnamed, 'undefined or late event')} not listed by name")
    return (
        f"{'; '.join(parts)}. Rejected events change nothing. fsm replay --rejected FILE writes "
        "all of them."
    )

"""What the report says in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from fsm.comparison import DifferenceKind, compare
from fsm.engine.rejections import RejectionKinds
from fsm.engine.result import Replay
from fsm.reports.divergence import Extremes, Parting
from fsm.reports.durations import duration
from fsm.reports.extent import instant
from fsm.reports.machines import Side

__all__ = [
    "counted",
    "deadlines",
    "messages_of",
    "parting",
    "period",
    "rejections",
    "unknown",
    "when",
]


def when(moment: datetime) -> str:
    """Return a time as people read it.

    >>> when(instant(1_370_878_500_000_000))
    '10 June 2013, 15:35:00 UTC'
    """
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year:04}, {moment:%H:%M:%S} UTC"


_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)


def counted(count: int, one: str, many: str) -> str:
    """Return a number of things.

    >>> counted(1, "message", "messages"), counted(1200, "message", "messages")
    ('1 message', '1,200 messages')
    """
    return f"{count:,} {one if count == 1 else many}"


def messages_of(count: int) -> str:
    """Return a number of messages."""
    return counted(count, "message", "messages")


def parting(found: Extremes, a: Side, b: Side) -> Iterator[str]:
    """Say where two machines part and meet."""
    both = f"{a.label} and {_lower(b.label)}"
    if not found.compared:
        yield f"{both} have no indicator in common, so nothing is compared over time."
        return
    if not found.partings:
        yield f"{both} show the same all the time: {', '.join(found.compared)}."
        return
    for one in found.partings:
        mine, theirs = (_share(count, a.result.to_send) for count in one.counts)
        yield (
            f"{one.indicator}: furthest apart on {when(instant(one.at))}, by "
            f"{messages_of(one.most)}: {mine} {_lower(a.label)}, {theirs} {_lower(b.label)}."
        )
    yield _meeting(found.partings, a, b)


def unknown(replay: Replay) -> Iterator[str]:
    """Say which indicators the log cannot know, and of which it has no event."""
    for names, reason in replay.not_recorded:
        yield f"Not recorded: {', '.join(names)}; {reason}."
    if replay.without_events:
        yield (
            f"No event of the log counts for {', '.join(replay.without_events)}: there was none, "
            "or none was recorded."
        )


def _meeting(found: Sequence[Parting], a: Side, b: Side) -> str:
    apart = max(one.apart for one in found)
    if not apart:
        since = max(one.together_since for one in found if one.together_since is not None)
        return f"They meet on {when(instant(since))}, and agree from then on."
    places = ", ".join(f"{count:,} in {state}" for state, count in _apart(a, b) if count)
    where = f" ({places})" if places else ""
    return f"At the end of the log they are still apart by {messages_of(apart)}{where}."


def _apart(a: Side, b: Side) -> Iterator[tuple[str, int]]:
    """Yield the states in which the statuses differ, with the messages that are there."""
    compared = compare(a.machine, b.machine)
    if compared.skeleton:
        for difference in compared.differences:
            if difference.kind is DifferenceKind.STATUS:
                yield difference.states[0], a.result.states[difference.states[0]]


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _share(count: int, whole: int) -> str:
    return f"{100 * count / whole:.2f} %" if whole else f"{count:,}"


def deadlines(
    validity: timedelta | None, starts: tuple[int, int] | None, end: datetime, said: str
) -> tuple[tuple[int, int] | None, str]:
    """Return when the first and the last validity period end, in seconds, and words for it."""
    if validity is None:
        return None, "Without --validity no message's retries end by themselves."
    if starts is None:
        return None, f"The validity period of {said} never began: no message was handed over."
    first, last = (instant(micros) + validity for micros in starts)
    span = int(first.timestamp()), int(last.timestamp())
    if first > end:
        return None, (
            f"The validity period of {said} ends after the log does: on {when(first)} for the "
            "first message."
        )
    if first == last:
        return span, f"The validity period of {said} ends on {when(first)}."
    return span, f"The validity periods of {said} end between {when(first)} and {when(last)}."


def rejections(count: int, kinds: RejectionKinds) -> str:
    """Say how many events were rejected."""
    if not count:
        return "No event was rejected."
    one = "1 event changed nothing and is listed here"
    said = [one if count == 1 else f"{count:,} events changed nothing and are listed here"]
    if kinds.different > len(kinds.first):
        said.append(f"the {len(kinds.first)} most frequent of {kinds.different:,} kinds")
    if kinds.unnamed:
        said.append(f"{kinds.unnamed:,} unknown events are not told apart by name")
    return "; ".join(said) + ". fsm replay --rejected writes every one of them."


def period(every: timedelta) -> str:
    """Return a period in words."""
    return duration(int(every.total_seconds()))

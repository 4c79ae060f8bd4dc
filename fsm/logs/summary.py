"""The summary of how each file was read, in plain lines or as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fsm.logs.canonical_columns import QUERY
from fsm.logs.ledger import RecordClass
from fsm.logs.mapping.event_mapping import EXCLUDED
from fsm.logs.notes import Notes, Occurrences
from fsm.text import quantity

__all__ = ["as_dict", "summary_lines"]

_SHOWN = 5
"""Texts that are listed; of the others the number is."""


def summary_lines(notes: Notes) -> Iterator[str]:
    """Yield the summary of one file: a line of counts, then one for each remark.

    The counts of the first line are those of records, and add up to what was read.
    """
    if notes.left_out:
        others = "; the other files are read without it" if notes.unusable else ""
        yield f"{notes.left_out}{others}"
    if notes.left_out and not notes.lines:
        return
    yield f"{notes.name}: read as {notes.reason}; {_lines(notes)}: {', '.join(_counts(notes))}"
    if notes.missing_handovers:
        yield (
            f"{notes.name}: {quantity(notes.missing_handovers, 'hand-over')} inserted that the log "
            f"does not record, {_times(notes)} (--no-assume-relayed omits them)"
        )
    yield from (f"{notes.name}: {text}" for text in notes.assumed.values())
    for occurrences, problem in (
        (notes.unmapped, "not in the table of the format (unmapped)"),
        (notes.rejected, "not readable"),
        (notes.doubts, "doubtful"),
    ):
        if occurrences.total:
            places = _first_places(notes.name, occurrences)
            yield f"{notes.name}: {occurrences.total:,} {problem}: {places}"


def _times(notes: Notes) -> str:
    """Return at which times hand-overs were inserted."""
    assumed = notes.missing_handovers - notes.told_handovers
    at_first = "at the time of the message's first event"
    if not notes.told_handovers:
        return at_first
    told = "at the time that a later record tells"
    return told if not assumed else f"{notes.told_handovers:,} {told}, {assumed:,} {at_first}"


def _lines(notes: Notes) -> str:
    """Return how many lines and records were read; only the lines where they are the same."""
    lines, read = quantity(notes.lines, "line"), notes.records.read
    return lines if read == notes.lines else f"{quantity(read, 'record')} in {lines}"


def _counts(notes: Notes) -> Iterator[str]:
    """Yield how many records are in each class, those that gave events first."""
    counts = notes.records.counts
    events, gave = quantity(notes.events, "event"), counts[RecordClass.EVENTS]
    yield events if gave == notes.events else f"{events} from {gave:,}"
    for kind, what, occurrences in (
        (RecordClass.BESIDE, "that no machine uses", notes.side_events),
        (RecordClass.EXCLUDED, "excluded", None),
        (RecordClass.JOINED, "used to read others", None),
        (RecordClass.PASSED, "ignored", notes.passed),
        (RecordClass.UNMAPPED, "unmapped", None),
        (RecordClass.REJECTED, "not readable", None),
    ):
        if counts[kind]:
            listed = f" ({_most_frequent(occurrences, EXCLUDED)})" if occurrences else ""
            yield f"{counts[kind]:,} {what}{listed}"


def as_dict(notes: Notes) -> dict[str, object]:
    """Return the summary of one file as plain values, for JSON."""
    occurrences = {
        "passed": notes.passed,
        "beside": notes.side_events,
        "unmapped": notes.unmapped,
        "rejected": notes.rejected,
        "doubts": notes.doubts,
    }
    return {
        "file": notes.name,
        "read_as": notes.reason,
        "lines": notes.lines,
        "records": notes.records.as_dict(),
        "events": notes.events,
        "implied": notes.missing_handovers,
        "implied_at_told_time": notes.told_handovers,
        "assumed": dict(notes.assumed),
        **({"left_out": notes.left_out} if notes.left_out else {}),
        **({"unusable": True} if notes.unusable else {}),
        **{key: dict(sorted(found.counts.items())) for key, found in occurrences.items()},
    }


def _most_frequent(occurrences: Occurrences, *but: str) -> str:
    """Return the most frequent texts with their counts, without those that have a class."""
    counts = Counter({t: count for t, count in occurrences.counts.items() if t not in but})
    listed = counts.most_common(_SHOWN)
    more = len(counts) - len(listed)
    texts = [f"{text} {count:,}" for text, count in listed]
    return ", ".join([*texts, quantity(more, "more kind")] if more else texts)


def _first_places(name: str, occurrences: Occurrences) -> str:
    """Return the most frequent texts, each with its count and the first line it applies to."""
    listed = occurrences.counts.most_common(_SHOWN)
    unit = "row" if name == QUERY else "line"
    texts = []
    for text, count in listed:
        file, line = occurrences.files.get(text), occurrences.firsts[text]
        first = f"in {file}:{line}" if file else f"at {unit} {line}"
        texts.append(f"{text} ({count:,}, first {first})")
    more = len(occurrences.counts) - len(listed)
    return "; ".join([*texts, quantity(more, "more kind")] if more else texts)

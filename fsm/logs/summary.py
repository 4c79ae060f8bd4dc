"""How each file was read, in plain lines."""

from __future__ import annotations

from collections.abc import Iterator

from fsm.logs.canonical_columns import QUERY
from fsm.logs.notes import Notes, Occurrences
from fsm.text import quantity

__all__ = ["as_dict", "summary_lines"]

_SHOWN = 5


def summary_lines(notes: Notes) -> Iterator[str]:
    """Yield the lines about one file: one with counts, and one for each remark."""
    counts = [quantity(notes.events, "event")]
    if notes.beside.total:
        counts.append(f"{notes.beside.total:,} that no machine uses ({_counts(notes.beside)})")
    if notes.passed.total:
        counts.append(f"{notes.passed.total:,} ignored ({_counts(notes.passed)})")
    yield (
        f"{notes.name}: read as {notes.reason}; "
        f"{quantity(notes.lines, 'line')}: {', '.join(counts)}"
    )
    if notes.implied:
        yield (
            f"{notes.name}: {quantity(notes.implied, 'hand-over')} inserted that the log does not "
            "record (--no-assume-relayed omits them)"
        )
    yield from (f"{notes.name}: {text}" for text in notes.assumed.values())
    for tally, what in (
        (notes.unmapped, "not in the table of the format (unmapped)"),
        (notes.rejected, "not readable"),
        (notes.doubts, "doubtful"),
    ):
        if tally.total:
            yield f"{notes.name}: {tally.total:,} {what}: {_places(notes.name, tally)}"


def as_dict(notes: Notes) -> dict[str, object]:
    """Return the counts and remarks about one file as plain values."""
    return {
        "file": notes.name,
        "read_as": notes.reason,
        "lines": notes.lines,
        "events": notes.events,
        "implied": notes.implied,
        "assumed": dict(notes.assumed),
        **{
            name: {what: tally.counts[what] for what in sorted(tally.counts)}
            for name in ("passed", "beside", "unmapped", "rejected", "doubts")
            if isinstance(tally := getattr(notes, name), Occurrences)
        },
    }


def _counts(tally: Occurrences) -> str:
    most = tally.counts.most_common(_SHOWN)
    more = len(tally.counts) - len(most)
    return ", ".join(f"{what} {count:,}" for what, count in most) + (
        f", {quantity(more, 'more kind')}" if more else ""
    )


def _places(name: str, tally: Occurrences) -> str:
    """Return each text with the line of its first occurrence."""
    most = tally.counts.most_common(_SHOWN)
    unit = "row" if name == QUERY else "line"
    texts = [f"{what} ({count:,}, first at {unit} {tally.firsts[what]})" for what, count in most]
    more = len(tally.counts) - len(most)
    return "; ".join(texts) + (f"; {quantity(more, 'more kind')}" if more else "")

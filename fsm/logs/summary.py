"""What was made of each file, in plain lines."""

from __future__ import annotations

from collections.abc import Iterator

from fsm.logs.canonical_columns import QUERY
from fsm.logs.notes import Notes, Occurrences

__all__ = ["as_dict", "summary_lines"]

_SHOWN = 5


def summary_lines(notes: Notes) -> Iterator[str]:
    """Yield what is said of one file: a line of counts, and one for each thing to know."""
    said = [f"{notes.events:,} events"]
    if notes.beside.total:
        said.append(f"{notes.beside.total:,} beside the machines ({_counts(notes.beside)})")
    if notes.passed.total:
        said.append(f"{notes.passed.total:,} without meaning here ({_counts(notes.passed)})")
    yield f"{notes.name}: read as {notes.reason}; {notes.lines:,} lines: {', '.join(said)}"
    if notes.implied:
        yield (
            f"{notes.name}: {notes.implied:,} hand-overs put in that the log does not record "
            "(--no-assume-relayed leaves them out)"
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
    """Return the same as plain values."""
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
        f", {more} more kinds" if more else ""
    )


def _places(name: str, tally: Occurrences) -> str:
    """Say where each text stands first; the file is named before."""
    most = tally.counts.most_common(_SHOWN)
    unit = "row" if name == QUERY else "line"
    texts = [f"{what} ({count:,}, first at {unit} {tally.firsts[what]})" for what, count in most]
    more = len(tally.counts) - len(most)
    return "; ".join(texts) + (f"; {more} more kinds" if more else "")

"""What stands in the sections of the page, as values for its template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fsm.indicators import Share
from fsm.logs.notes import Notes
from fsm.logs.summary import summary_lines
from fsm.reports.deliveries import deliveries
from fsm.reports.durations import STAYING, Bin, Waiting, duration, waitings
from fsm.reports.figures import Figures
from fsm.reports.flow import Exit, Passage, passages
from fsm.reports.machines import Side, StatusPart
from fsm.reports.names import short_name
from fsm.reports.sentences import (
    counted,
    deadlines,
    messages_of,
    parting,
    period,
    rejections,
    unknown,
    when,
)
from fsm.text import shortened

__all__ = ["charted", "content", "deadline_of"]

_DELIVERIES = 500
_EXITS = 6
_SHADES = 3
"""Of the colour of a status, for the events that lead to it."""
_QUOTE = 300


def content(found: Figures, notes: Sequence[Notes]) -> dict[str, Any]:
    """Return the values of the template, by the names it has for them."""
    span, said = deadline_of(found)
    return {
        "sides": found.sides,
        "panel": _panel(found),
        "unknown": list(unknown(found.replay)),
        "charts": charted(found),
        "parted": list(parting(found.extremes, *found.sides)) if len(found.sides) == 2 else [],
        "validity": {"shown": span, "said": said},
        "period": period(found.every),
        "groups": [_group(found, group) for group in found.groups],
        "waits": [wait for group in found.groups for wait in _waits(found, group[0])],
        "rejected": _rejected(found),
        "deliveries": _deliveries(found),
        "messages": _messages(found),
        "about": list(_about(found, notes)),
    }


# The panel -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PanelRow:
    """An indicator and what the sides show; ``agreed`` names them where they show the same.

    A share of ``None`` stands for what the log cannot know.
    """

    name: str
    shown: tuple[tuple[Side, Share | None], ...]
    agreed: str


def _panel(found: Figures) -> dict[str, Any]:
    names = dict.fromkeys(i.name for side in found.sides for _, i in side.indicators)
    rows = [_panel_row(found, name) for name in names]
    sent = [side.result.sent for side in found.sides if not side.result.unrecorded.sent]
    return {"to_send": found.to_send, "sent": max(sent, default=None), "indicators": rows}


def _panel_row(found: Figures, name: str) -> PanelRow:
    shown = [
        (s, None if name in s.result.unrecorded.indicators else s.result.indicators[name])
        for s in found.sides
        if name in s.result.indicators
    ]
    alike = len(shown) > 1 and len({share for _, share in shown}) == 1
    agreed = ("Both" if len(shown) == 2 else "All") if alike else ""
    return PanelRow(name, tuple(shown[:1] if alike else shown), agreed)


# Over time -----------------------------------------------------------------------------------


def charted(found: Figures) -> list[str]:
    """Return the indicators that have a chart: a companion's only where it ever counts."""
    own = {indicator.name for side in found.sides for indicator in side.machine.indicators}
    moved = {name for _, name in found.extremes.moved}
    return [name for name in found.curves.indicators if name in own | moved]


def deadline_of(found: Figures) -> tuple[tuple[int, int] | None, str]:
    """Return when validity periods end, in seconds since 1970, and words for it."""
    validity = found.replay.validity
    ends = [side.machine.deadline for side in found.sides if side.machine.deadline]
    if not ends:
        return None, ""
    starts = found.replay.counts.starts.get(ends[0].start)
    said = duration(int(validity.total_seconds())) if validity else ""
    return deadlines(validity, starts, found.last, said)


# States --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StateRow:
    """A state in the table of states: its status on each side, and the messages it saw."""

    state: str
    statuses: tuple[StatusPart | None, ...]
    entered: int
    width: float
    now: int
    exits: tuple[Exit, ...]
    again: int
    rejected: int


def _group(found: Figures, group: Sequence[Side]) -> dict[str, Any]:
    first = group[0]
    rows = list(passages(first.machine, first.result, found.replay.traffic))
    most = max(1, *(row.entered for row in rows))
    alone = len(found.groups) == 1
    note = "Both modes lead a message through the same states; they only show them differently."
    return {
        "sides": group,
        "note": note if alone and len(group) == 2 else ", ".join(side.label for side in group),
        "rows": [_state_row(row, group, most) for row in rows],
    }


def _state_row(row: Passage, group: Sequence[Side], most: int) -> StateRow:
    statuses = []
    for side in group:
        own = side.machine.status(row.state)
        statuses.append(next((part for part in side.statuses if part.name == own), None))
    return StateRow(
        row.state,
        tuple(statuses),
        row.entered,
        round(100 * row.entered / most, 2),
        row.now,
        row.exits[:_EXITS],
        row.again,
        row.rejected,
    )


# Time in a state -----------------------------------------------------------------------------


def _waits(found: Figures, side: Side) -> Iterator[dict[str, Any]]:
    for waiting in waitings(side.machine, found.replay.durations):
        most = max(b.total for b in waiting.bins)
        paints = _paints(side, waiting)
        yield {
            "state": waiting.state,
            "ended": waiting.ended,
            "lasting": waiting.lasting,
            "median": duration(waiting.median),
            "ninety_fifth": duration(waiting.ninety_fifth),
            "longest": duration(waiting.longest),
            "legend": [
                {"event": e, "paint": paint, "count": sum(b.counts.get(e, 0) for b in waiting.bins)}
                for e, paint in paints.items()
            ],
            "bins": [_bin(b, paints, most) for b in waiting.bins],
        }


def _paints(side: Side, waiting: Waiting) -> dict[str, str]:
    """Return the class that paints each event: the status it leads to, in a shade of its own."""
    paints, used = {}, dict[int, int]()
    for event in waiting.events:
        step = side.machine.step(waiting.state, event)
        rank = side.ranks.get(side.machine.status(step.target) or "") if step else None
        if rank is None:
            paints[event] = "staying" if event == STAYING else "part"
            continue
        used[rank] = used.get(rank, -1) + 1
        paints[event] = f"part line-{rank} shade-{used[rank] % _SHADES}"
    return paints


def _bin(b: Bin, paints: Mapping[str, str], most: int) -> dict[str, Any]:
    return {
        "label": _span(b),
        "total": b.total,
        "width": round(100 * b.total / most, 2),
        "parts": [{"paint": paints[event], "count": count} for event, count in b.counts.items()],
        "counts": [b.counts.get(event, 0) for event in paints],
    }


def _span(b: Bin) -> str:
    if b.high is None:
        return f"{duration(b.low)} or more"
    return f"{duration(b.low)} – {duration(b.high)}" if b.low else f"under {duration(b.high)}"


# Rejected events, deliveries, messages --------------------------------------------------------


def _rejected(found: Figures) -> dict[str, Any]:
    kinds = [
        {
            "event": kind.event,
            "state": kind.state,
            "reason": kind.reason,
            "machines": kind.machines,
            "count": kind.count,
            "examples": [
                (f"{short_name(file)}:{line}", shortened(quote, _QUOTE))
                for file, line, quote in kind.examples
            ],
        }
        for kind in found.rejected.first
    ]
    return {"kinds": kinds, "said": rejections(found.replay.rejected, found.rejected)}


def _deliveries(found: Figures) -> dict[str, Any]:
    largest = deliveries(found.replay.by_delivery(), _DELIVERIES)
    lines = found.curves.lines
    columns = [(n, s) for n in charted(found) for s in found.sides if (n, s.machine.name) in lines]
    return {
        "columns": columns,
        "first": [
            {
                "name": one.name,
                "to_send": one.to_send,
                "shares": [_share(one.shares, name, side) for name, side in columns],
            }
            for one in largest.first
        ],
        "said": f"{counted(largest.whole, 'delivery', 'deliveries')}; percentages are of their own "
        "messages."
        + (f" The {_DELIVERIES} largest are shown." if largest.whole > _DELIVERIES else ""),
    }


def _share(shares: Mapping[tuple[str, str], Share], name: str, side: Side) -> Share:
    owner = next((m.name for m, i in side.indicators if i.name == name), side.machine.name)
    return shares.get((owner, name), Share(0, 0.0))


def _messages(found: Figures) -> dict[str, Any]:
    there, whole = len(found.histories.ids), found.replay.messages
    if there == whole:
        said = f"All {messages_of(whole)} of the log are in this page, each with its history."
    else:
        said = (
            f"The first {messages_of(there)} of the log are in this page, each with its history; "
            f"fsm explain tells that of any of all {whole:,}."
        )
    return {"there": there, "said": said}


def _about(found: Figures, notes: Sequence[Notes]) -> Iterator[str]:
    replay = found.replay
    yield (
        f"Machines: {', '.join(side.machine.name for side in found.sides)}"
        + (f"; {replay.crosscheck}" if replay.crosscheck else "")
    )
    if replay.duplicates:
        yield f"{replay.duplicates:,} duplicates dropped"
    if replay.as_of:
        yield f"Read up to {when(replay.as_of)}"
    for note in notes:
        for line in summary_lines(note):
            yield line.replace(note.name, short_name(note.name))

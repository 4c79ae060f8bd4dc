"""The values of the sections of the page, for its template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fsm.engine.balance import balance_lines
from fsm.epoch import MICROSECOND, exact_duration
from fsm.indicators import Share
from fsm.logs.notes import Notes
from fsm.logs.summary import summary_lines
from fsm.reports.breakdown import Breakdown
from fsm.reports.deliveries import largest_deliveries
from fsm.reports.durations import STAYING, Bin, StayHistogram, format_duration, stay_histograms
from fsm.reports.figures import Figures
from fsm.reports.flow import Exit, StateFlow, state_flows
from fsm.reports.machines import Side, StatusPart
from fsm.reports.names import short_name
from fsm.reports.sentences import (
    divergence_sentences,
    format_time,
    outside_sentence,
    rejection_sentence,
    unrecorded_sentences,
    validity_sentence,
)
from fsm.text import quantity, shortened
from fsm.unit import Unit

__all__ = ["charted_indicators", "quoted", "section_values", "validity_period"]

_DELIVERIES = 500
_EXITS = 6
_SHADES = 3
"""Shades of the colour of a status, for different events that lead to it."""
_QUOTE = 300


def section_values(figures: Figures, notes: Sequence[Notes]) -> dict[str, Any]:
    """Return the values of the template by name."""
    span, validity = validity_period(figures)
    groups, unit = figures.groups, figures.unit
    return {
        "sides": figures.sides,
        "unit": unit,
        "panel": _panel(figures),
        "outside": outside_sentence(figures.replay.log, unit),
        "unrecorded": list(unrecorded_sentences(figures.replay)),
        "charts": charted_indicators(figures),
        "divergences": list(divergence_sentences(figures.comparison, *figures.sides, figures.unit))
        if len(figures.sides) == 2
        else [],
        "validity": {"is_charted": span is not None, "sentence": validity},
        "period": exact_duration(figures.every // MICROSECOND),
        "groups": [_group(figures, group) for group in groups],
        "histograms": [each for group in groups for each in _histograms(figures, group[0])],
        "rejected": _rejected(figures),
        "replies": _replies(figures),
        "domains": _domains(figures),
        "relays": _relays(figures),
        "deliveries": _deliveries(figures),
        "messages": _messages(figures),
        "about": list(_about(figures, notes)),
    }


# The dashboard --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PanelRow:
    """An indicator and its share on each side; ``agreed`` is their common label if they agree.

    A share is ``None`` if the log does not record the indicator.
    """

    name: str
    shares: tuple[tuple[Side, Share | None], ...]
    agreed: str


def _panel(figures: Figures) -> dict[str, Any]:
    names = dict.fromkeys(i.name for side in figures.sides for _, i in side.indicators)
    rows = [_panel_row(figures, name) for name in names]
    sent = [side.result.sent for side in figures.sides if not side.result.unrecorded.sent_unknown]
    return {
        "to_send": figures.to_send,
        "sent": max(sent, default=None),
        "events": figures.replay.events,
        "rejected": figures.replay.rejected,
        "indicators": rows,
    }


def _panel_row(figures: Figures, name: str) -> PanelRow:
    shares = [
        (s, None if name in s.result.unrecorded.indicators else s.result.indicators[name])
        for s in figures.sides
        if name in s.result.indicators
    ]
    is_same = len(shares) > 1 and len({share for _, share in shares}) == 1
    agreed = ("Both" if len(shares) == 2 else "All") if is_same else ""
    return PanelRow(name, tuple(shares[:1] if is_same else shares), agreed)


# Over time -----------------------------------------------------------------------------------


def charted_indicators(figures: Figures) -> list[str]:
    """Return the indicators with a chart; those of a companion only if they are ever not 0."""
    declared = {indicator.name for side in figures.sides for indicator in side.machine.indicators}
    moved = {name for _, name in figures.comparison.moved}
    return [name for name in figures.curves.indicators if name in declared | moved]


def validity_period(figures: Figures) -> tuple[tuple[int, int] | None, str]:
    """Return when validity periods end, in seconds since 1970, and a sentence about it."""
    ends = [side.machine.deadline for side in figures.sides if side.machine.deadline]
    if not ends:
        return None, ""
    starts = figures.replay.counts.starts.get(ends[0].start)
    return validity_sentence(figures.replay.validity, starts, figures.end)


# States --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StateRow:
    """A row of the table of states: the status on each side, and the messages in the state."""

    state: str
    statuses: tuple[StatusPart | None, ...]
    entered: int
    width: float
    now: int
    exits: tuple[Exit, ...]
    unchanged: int
    rejected: int


def _group(figures: Figures, group: Sequence[Side]) -> dict[str, Any]:
    first = group[0]
    rows = list(state_flows(first.machine, first.result, figures.replay.traffic))
    most = max(1, *(row.entered for row in rows))
    is_only_group = len(figures.groups) == 1
    unit = figures.unit
    modes = "in both modes" if unit.is_mail else "of both machines"
    several = f"{unit.title}{unit.several.removeprefix(unit.name)}"
    note = f"{several} move through the same states {modes}; only the statuses differ."
    return {
        "sides": group,
        "note": note
        if is_only_group and len(group) == 2
        else ", ".join(side.label for side in group),
        "rows": [_state_row(row, group, most) for row in rows],
    }


def _state_row(row: StateFlow, group: Sequence[Side], most: int) -> StateRow:
    statuses = []
    for side in group:
        status = side.machine.status(row.state)
        statuses.append(next((part for part in side.statuses if part.name == status), None))
    return StateRow(
        row.state,
        tuple(statuses),
        row.entered,
        round(100 * row.entered / most, 2),
        row.now,
        row.exits[:_EXITS],
        row.unchanged,
        row.rejected,
    )


# Time in a state -----------------------------------------------------------------------------


def _histograms(figures: Figures, side: Side) -> Iterator[dict[str, Any]]:
    for histogram in stay_histograms(side.machine, figures.replay.durations):
        most = max(b.total for b in histogram.bins)
        paints = _paints(side, histogram)
        yield {
            "state": histogram.state,
            "ended": histogram.ended,
            "lasting": histogram.lasting,
            "median": format_duration(histogram.median),
            "ninety_fifth": format_duration(histogram.ninety_fifth),
            "longest": format_duration(histogram.longest),
            "legend": [
                {
                    "event": e,
                    "paint": paint,
                    "count": sum(b.counts.get(e, 0) for b in histogram.bins),
                }
                for e, paint in paints.items()
            ],
            "bins": [_bin(b, paints, most) for b in histogram.bins],
        }


def _paints(side: Side, histogram: StayHistogram) -> dict[str, str]:
    """Return the CSS class of each event: the colour of the status it leads to, and a shade."""
    paints, used = {}, dict[str, int]()
    for event in histogram.events:
        step = side.machine.step(histogram.state, event)
        colour = side.colours.get(side.machine.status(step.target) or "") if step else None
        if colour is None:
            paints[event] = "staying" if event == STAYING else "part"
            continue
        used[colour] = used.get(colour, -1) + 1
        paints[event] = f"part {colour} shade-{used[colour] % _SHADES}"
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
        return f"{format_duration(b.low)} or more"
    return (
        f"{format_duration(b.low)} – {format_duration(b.high)}"
        if b.low
        else f"under {format_duration(b.high)}"
    )


# Rejected events, deliveries, messages --------------------------------------------------------


def _rejected(figures: Figures) -> dict[str, Any]:
    kinds = [
        {
            "event": kind.event,
            "state": kind.state,
            "reason": kind.reason,
            "machines": kind.machines,
            "count": kind.count,
            "examples": [
                (f"{short_name(file)}:{line}", quoted(quote)) for file, line, quote in kind.examples
            ],
        }
        for kind in figures.rejected.first
    ]
    return {
        "kinds": kinds,
        "sentence": rejection_sentence(figures.replay.rejected, figures.rejected),
    }


def quoted(text: str) -> str:
    """Return a quotation from a log, of a limited length."""
    return shortened(text, _QUOTE)


def _replies(figures: Figures) -> dict[str, Any]:
    table = figures.replies
    kinds, first = quantity(table.kinds, "kind"), len(table.first)
    shown = f"; the {first} most frequent are shown" if first < table.kinds else ""
    events = quantity(table.replies, "event")
    return {
        "table": table,
        "sentence": f"{events} with a code or a reply, {kinds} by event, code and reason{shown}. "
        "Codes are enhanced status codes (RFC 3463), or reply codes where there is none."
        f"{_all_events(figures)}",
    }


def _all_events(figures: Figures) -> str:
    """Say that counts include duplicates, where the other figures are without them."""
    return " Duplicates are included." if figures.replay.duplicates else ""


def _domains(figures: Figures) -> dict[str, Any]:
    table, unit = figures.domains, figures.unit
    parts = [_names_shown(table, "domain", unit)]
    if table.without:
        parts.append(f"{_have(unit, table.without)} no recipient with a domain.")
    of_events = f"The columns of events count events.{_all_events(figures)}"
    return {"table": table, "sentence": " ".join(parts), "of_events": of_events}


def _relays(figures: Figures) -> dict[str, Any]:
    table, unit = figures.relays, figures.unit
    parts = [
        "A relay is the mail server that took or refused a message.",
        _names_shown(table, "relay", unit),
    ]
    if table.several:
        are = "was" if table.several == 1 else "were"
        parts.append(
            f"{unit.count(table.several)} {are} answered by several relays, and counted for each."
        )
    if table.without:
        parts.append(f"{_have(unit, table.without)} no relay in the log.")
    return {"table": table, "sentence": " ".join(parts)}


def _names_shown(table: Breakdown, name: str, unit: Unit) -> str:
    """Return how many domains or relays there are, which are shown, and in which order."""
    names, first = quantity(table.names, name), len(table.first)
    shown = f"; the first {first} are shown" if first < table.names else ""
    if not unit.is_mail:
        return f"{names}, by {unit.several}{shown}; statuses are those at the end."
    return (
        f"{names}, those with the most bounced {unit.several} first{shown}. Bounced are all with "
        f"a bounce or a failed retry, also if they were delivered later; statuses are those at the "
        "end."
    )


def _have(unit: Unit, count: int) -> str:
    return f"{unit.count(count)} {'has' if count == 1 else 'have'}"


def _deliveries(figures: Figures) -> dict[str, Any]:
    largest = largest_deliveries(figures.replay.by_delivery(), _DELIVERIES)
    lines = figures.curves.lines
    columns = [
        (n, s)
        for n in charted_indicators(figures)
        for s in figures.sides
        if (n, s.machine.name) in lines
    ]
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
        "sentence": f"{quantity(largest.whole, 'delivery')}. Percentages refer to the "
        f"{figures.unit.several} of each delivery."
        + (f" The {_DELIVERIES} largest are shown." if largest.whole > _DELIVERIES else ""),
    }


def _share(shares: Mapping[tuple[str, str], Share], name: str, side: Side) -> Share:
    owner = next((m.name for m, i in side.indicators if i.name == name), side.machine.name)
    return shares.get((owner, name), Share(0, 0.0))


def _messages(figures: Figures) -> dict[str, Any]:
    included, whole, unit = len(figures.histories.ids), figures.replay.messages, figures.unit
    if included == whole:
        sentence = f"This page has the histories of all {unit.count(whole)} of the log."
        if whole == 1:
            sentence = f"This page has the history of the only {unit.name} of the log."
    else:
        sentence = (
            f"This page has the histories of the first {included:,} of {unit.count(whole)}; the "
            f"search finds only these. fsm report --messages N includes more, fsm replay --status "
            f"FILE lists the final status of all, and fsm explain shows the history of any "
            f"{unit.name}."
        )
    has_recipients = any(figures.histories.recipients or ())
    search = f"{unit.title} or recipient" if has_recipients or unit.is_mail else unit.title
    return {"included": included, "sentence": sentence, "search": search}


def _about(figures: Figures, notes: Sequence[Notes]) -> Iterator[str]:
    replay = figures.replay
    yield (
        f"Machines: {', '.join(side.machine.name for side in figures.sides)}"
        + (f"; {replay.crosscheck}" if replay.crosscheck else "")
    )
    if replay.duplicates:
        yield f"{quantity(replay.duplicates, 'duplicate')} dropped"
    if replay.as_of:
        yield f"Read up to {format_time(replay.as_of)}"
    if figures.domains.without and not figures.domains.names:
        yield "No recipient has a domain (pseudonyms have none): there is no table of domains"
    if figures.unit.is_mail and not figures.relays.names:
        who = "The log names no mail server that answered"
        if not replay.log.conversions:
            who = "Logs of mail servers name those that answered, a canonical log in a column relay"
        yield f"{who}: there is no table of relays"
    yield from balance_lines(replay.balance)
    for note in notes:
        for line in summary_lines(note):
            yield line.replace(note.name, short_name(note.name))

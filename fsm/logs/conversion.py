"""Convert logs: files in any order and mixture to frames of canonical rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from importlib import import_module
from typing import Protocol

import polars as pl

from fsm.errors import LogError
from fsm.logs.canonical_input import canonical_source, unconverted
from fsm.logs.detect import CANONICAL, guess
from fsm.logs.mapping.event_mapping import load_format
from fsm.logs.mapping.policy import Policy, load_policy
from fsm.logs.mapping.redact import Redaction
from fsm.logs.mapping.to_canonical import event_frame, to_rows
from fsm.logs.native_event import Found
from fsm.logs.notes import Notes
from fsm.logs.servers.clock import Clock
from fsm.logs.storage.files import Input

__all__ = ["FAMILIES", "Choices", "Plan", "convert", "plan"]

FAMILIES = ("postfix", "exim", "sendmail", "powermta", "momentum", "webhooks", "mail", "snapshot")
"""What is read, beside canonical logs; each family is a module."""

_CHUNK = 50_000
"""Events turned to rows at a time."""
_HEAVY = 1 << 26
"""Bytes of events turned to rows at a time, and what one group has."""


@dataclass(frozen=True)
class Choices:
    """What a reader is told: the zone of times without one, the year of the first line, ..."""

    zone: tzinfo = UTC
    year: int | None = None
    policy: Policy = field(default_factory=lambda: load_policy("source"))
    relayed: bool | None = None
    """Whether hand-overs that are not recorded are put in; None: where the format has none."""
    redaction: Redaction | None = None
    """What takes addresses and names out of all that is read."""
    labels: str | None = None
    """A file of what exports call their columns and statuses."""
    feedback: bool | None = None
    """Whether the feedback service was on when exports were made; None: their rows tell."""
    exported: tuple[datetime, ...] = ()
    """When exports were made, in the order of their files."""
    progress: Callable[[int], object] = lambda _: None
    """What is told, now and then, how many bytes have been read."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """The names of columns in canonical logs."""


@dataclass(frozen=True)
class Plan:
    """A file, the format it is read as, and why."""

    source: Input
    format: str
    reason: str


class Reader(Protocol):
    """Finds events in the lines of one file after the other."""

    def read(self, blocks: Iterable[list[str]], notes: Notes) -> Iterator[tuple[str, Found]]: ...


def plan(
    sources: Iterable[Input], form: str | None = None, labels: str | None = None
) -> list[Plan]:
    """Say how each file is read; raises :class:`fsm.errors.LogError` where nobody knows."""
    return [_plan(source, form, labels) for source in sources]


def _plan(source: Input, form: str | None, labels: str | None) -> Plan:
    if source.group:
        return Plan(source, "mail", f"{source.group} is a Maildir")
    if source.url is not None:
        return Plan(source, "parquet", "as given" if form else "its name ends so")
    head = source.head()
    if not head:
        raise LogError(f"{source.name}: empty; a log begins with a header line or a record")
    if form is not None:
        family = form if form in CANONICAL else load_format(form).family
        return Plan(source, family, "as given")
    found = guess(head, labels)
    if found is None and b"\0" in head:
        raise LogError(f"{source.name}: binary data, no log that is known (see: fsm formats)")
    if found is None:
        return Plan(source, "csv", "nothing else fits")
    return Plan(source, found.format, found.reason)


def convert(plans: Iterable[Plan], choices: Choices, notes: list[Notes]) -> Iterator[pl.DataFrame]:
    """Yield canonical rows, file after file, and fill ``notes``: one for each file.

    Files of a mail server are taken in the order of their first lines.
    """
    redaction = choices.redaction
    for rows, note in _converted(plans, choices, notes):
        if rows.height:
            yield redaction.rows(rows, note) if redaction else rows
    if redaction:
        for note in notes:
            redaction.clean(note)


def _converted(
    plans: Iterable[Plan], choices: Choices, notes: list[Notes]
) -> Iterator[tuple[pl.DataFrame, Notes]]:
    """Yield rows as the readers have them, and the notes of their file."""
    plans = list(plans)
    clock = Clock(choices.zone, choices.year)
    readers: dict[str, Reader] = {}
    for item in _in_order([item for item in plans if item.format != "snapshot"], choices):
        note = _note(item, notes, choices)
        if item.format in CANONICAL:
            source = canonical_source(item.source, item.format, choices.redaction)
            yield from ((rows, note) for rows in unconverted(source, choices.columns, note))
            continue
        clock.begin(item.source.last_written(), note)
        if item.format not in readers:
            readers[item.format] = _reader(item.format, clock, choices)
        found = readers[item.format].read(item.source.blocks(note), note)
        for groups in _gathered(found):
            choices.progress(sum(note.size for note in notes))
            frames = [
                to_rows(
                    event_frame(events), load_format(name), note, choices.policy, item.source.name
                )
                for name, events in groups.items()
            ]
            rows = (
                frames[0]
                if len(frames) == 1
                else pl.concat(frames).sort("line", maintain_order=True)
            )
            yield rows, note
    exports = [item for item in plans if item.format == "snapshot"]
    if exports:
        yield from _compared(exports, choices, notes)


def _compared(
    exports: Iterable[Plan], choices: Choices, notes: list[Notes]
) -> Iterator[tuple[pl.DataFrame, Notes]]:
    """Yield the rows that exports of statuses show together."""
    from fsm.logs.snapshots.export_times import given_times
    from fsm.logs.snapshots.exports import Export, Told, events_of
    from fsm.logs.snapshots.labels import load_labels

    form, labels = load_format("snapshot"), load_labels(choices.labels)
    files = [Export(item.source, _note(item, notes, choices)) for item in exports]
    times = given_times([file.source.name for file in files], choices.exported)
    feedback = labels.feedback if choices.feedback is None else choices.feedback
    told = Told(
        labels,
        choices.zone,
        feedback,
        times,
        lambda: choices.progress(sum(note.size for note in notes)),
    )
    for file, events in events_of(files, told):
        rows = to_rows(events, form, file.notes, choices.policy, file.source.name)
        yield rows, file.notes


def _note(item: Plan, notes: list[Notes], choices: Choices) -> Notes:
    """Return what is noted of a file; the mails of one Maildir have that in common."""
    name = item.source.group or item.source.name
    if item.source.group is None or not notes or notes[-1].name != name:
        redacted = choices.redaction is not None
        notes.append(Notes(name, f"{item.format} ({item.reason})", redacted=redacted))
    return notes[-1]


def _reader(form: str, clock: Clock, choices: Choices) -> Reader:
    if form == "webhooks":
        from fsm.logs.webhooks.reader import Reader as Webhooks

        return Webhooks(choices.zone)
    reader: Reader = import_module(f"fsm.logs.servers.{form}").Reader(clock)
    return reader


def _gathered(found: Iterable[tuple[str, Found]]) -> Iterator[dict[str, list[Found]]]:
    """Join groups of events by their formats: rows are made for many at a time."""
    groups: dict[str, list[Found]] = {}
    size = weight = 0
    for name, events in found:
        own = _weight(events)
        if size and (size + len(events) > _CHUNK or weight + own > _HEAVY):
            yield groups
            groups, size, weight = {}, 0, 0
        groups.setdefault(name, []).append(events)
        size, weight = size + len(events), weight + own
    if size:
        yield groups


def _weight(events: Found) -> int:
    """Return about how many bytes the texts of events have."""
    if isinstance(events, pl.DataFrame):
        return int(events.estimated_size())
    texts = (text for event in events for text in (event.reply, event.recipient, event.message_id))
    return sum(map(len, filter(None, texts)))


def _in_order(plans: Iterable[Plan], choices: Choices) -> list[Plan]:
    """Sort the files of each mail server by their first times; others stay where they are."""
    plans = list(plans)
    for form in ("postfix", "exim", "sendmail", "momentum"):
        places = [number for number, item in enumerate(plans) if item.format == form]
        if len(places) > 1:
            ordered = sorted((plans[number] for number in places), key=lambda p: _began(p, choices))
            for number, item in zip(places, ordered, strict=True):
                plans[number] = item
    return plans


def _began(item: Plan, choices: Choices) -> int:
    clock = Clock(choices.zone, choices.year)
    clock.begin(item.source.last_written(), Notes(item.source.name))
    lines = item.source.head().decode("utf-8", "replace").split("\n")
    return next((time for line in lines if (time := clock.read(line)) is not None), 0)

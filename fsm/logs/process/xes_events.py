"""The events of an XES document as rows: which attribute is which column, and what counts.

The message is the trace (``concept:name``), the event its activity (``concept:name``) at
``time:timestamp``. Where a log records when an activity completes, its other transitions
(``start``, ``schedule``) are steps within the activity, and are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import reduce

import polars as pl

from fsm.logs.notes import Notes
from fsm.logs.process.rows import FREE_TEXT, OWN, event_rows, readable_events
from fsm.logs.process.traces import AttributeKeys, Traces, in_larger_parts
from fsm.logs.process.xes import XesDocument
from fsm.logs.process.xes_parser import Header
from fsm.logs.reading import ReadingOptions
from fsm.logs.storage.stored_file import StoredFile
from fsm.text import quantity

__all__ = ["xes_rows"]

NAME, TIME, TRANSITION = "concept:name", "time:timestamp", "lifecycle:transition"
_STEPS = (
    *("schedule", "assign", "reassign", "start", "suspend", "resume"),
    *("withdraw", "autoskip", "manualskip", "pi_abort", "ate_abort"),
)
"""The transitions of the standard lifecycle but ``complete``."""
_COMPLETE = "complete"
_ENOUGH = 100_000
"""Events by which it shows whether a log records completions."""
_OF_MESSAGES = ("message_id", "recipient", "delivery_id")
"""Columns whose attribute may also be one of the trace."""
_OWN_TRACES = re.compile(
    rb'<trace>\s*<string key="concept:name" value="[^"]*"/>\s*'
    rb'<string key="message_id" '
)
"""The beginning of a document that was written from a converted log."""
_CLASSIFIER_KEY = re.compile(r"'([^']*)'|(\S+)")


@dataclass(frozen=True)
class Plan:
    """Which attributes are read, and what they are."""

    columns: Mapping[str, tuple[str, ...]]
    """The keys of each column; the name of an event may be made of several."""
    takes_all: bool
    """Whether every transition counts, because the caller named what an event is."""

    @property
    def keys(self) -> AttributeKeys:
        """The keys to read."""
        of_events = {key for keys in self.columns.values() for key in keys} | {TRANSITION}
        of_traces = {key for name in _OF_MESSAGES for key in self.columns.get(name, ())}
        return AttributeKeys(tuple(sorted(of_events)), tuple(sorted({*of_traces, NAME})))


def xes_rows(stored: StoredFile, options: ReadingOptions, notes: Notes) -> Iterator[pl.DataFrame]:
    """Yield the events of an XES document as rows of a converted log.

    Raises :class:`fsm.errors.LogError` for what is no XES.
    """
    with closing(stored.open()) as file:
        document = XesDocument(stored.name, file, notes)
        is_own = _OWN_TRACES.match(document.begins) is not None
        notes.unit = None if is_own else "case"
        own = OWN if options.redaction is None else [n for n in OWN if n not in FREE_TEXT]
        plan = _plan(document.header, options.columns, own if is_own else ())
        reader = _Reader(plan, document.header, options, notes)
        parts = in_larger_parts(document.traces(plan.keys))
        for traces in _with_completions(parts, plan, reader):
            options.progress(notes.size)
            yield reader.rows(traces)
        reader.summarise()


def _plan(header: Header, given: Mapping[str, str], own: Iterable[str]) -> Plan:
    columns = {"message_id": (NAME,), "event": (NAME,), "timestamp": (TIME,)}
    if own:
        columns |= {name: (name,) for name in ("message_id", "recipient", *own)}
    for name, key in given.items():
        columns[name] = (key,)
    keys = header.classifiers.get(given.get("event", ""))
    if keys is not None:
        columns["event"] = tuple(q or plain for q, plain in _CLASSIFIER_KEY.findall(keys))
    return Plan(columns, takes_all="event" in given)


def _with_completions(parts: Iterator[Traces], plan: Plan, reader: _Reader) -> Iterator[Traces]:
    """Yield the parts; the first ones are held until it shows whether activities complete."""
    held: list[Traces] = []
    pending = not plan.takes_all
    for part in parts:
        if pending:
            held.append(part)
            reader.completes = bool((_transitions(part) == _COMPLETE).any())
            if not reader.completes and sum(len(p.trace) for p in held) < _ENOUGH:
                continue
            pending = False
            yield from held
        else:
            yield part
    if pending:
        yield from held


def _transitions(part: Traces) -> pl.Series:
    return part.of_events[TRANSITION].str.to_lowercase()


class _Reader:
    """Makes rows of traces, and keeps what is to be said of all of them."""

    def __init__(self, plan: Plan, header: Header, options: ReadingOptions, notes: Notes) -> None:
        self.completes = False
        """Whether the log records when activities complete."""
        self._plan, self._zone, self._notes = plan, options.zone, notes
        self._renamed = options.renamed
        self._defaults = header.defaults["event"]
        self._traces = self._disordered = 0
        self._names: list[pl.Series] = []

    def rows(self, part: Traces) -> pl.DataFrame:
        """Return the rows of traces; ``notes`` get what is left out."""
        notes, columns = self._notes, {"line": pl.Series(part.lines + 1, dtype=pl.Int64)}
        notes.records.read += len(part.trace) + part.empty
        if part.empty:
            notes.pass_over("trace without events", 0, records=part.empty)
        doubts: list[pl.Series] = []
        for name, keys in self._plan.columns.items():
            if name == "message_id":
                columns[name] = self._messages(part, keys, doubts)
            elif name == "event":
                columns[name] = self._activities(part, keys, doubts)
            else:
                columns[name] = _value(part, name, keys)
        doubts += [columns["doubt"]] if doubts and "doubt" in columns else []
        if doubts:
            columns["doubt"] = reduce(
                lambda one, other: one.zip_with(one.is_not_null(), other), doubts
            )
        counted = self._counted(part, columns["line"])
        if counted is not None:
            columns = {name: values.filter(counted) for name, values in columns.items()}
        named = {name: values.alias(name) for name, values in columns.items()}
        events = readable_events(named, notes, self._zone)
        return event_rows(events, "xes", notes, self._renamed)

    def _messages(self, part: Traces, keys: tuple[str, ...], doubts: list[pl.Series]) -> pl.Series:
        names = _value(part, "message_id", keys)
        if keys == (NAME,) or keys == ("message_id",):
            of_traces = part.of_traces[keys[0]]
            self._names.append(of_traces.slice(int(part.continued)))
            names = of_traces.gather(part.trace)
        nameless = names.is_null() | (names == "")
        if nameless.any():
            numbers = part.trace + self._traces - part.continued + 1
            names = names.zip_with(~nameless, "trace " + pl.Series(numbers).cast(pl.String))
            doubts.append(_where(nameless, "the trace has no name; its number stands for it"))
        self._traces += part.count - part.continued
        return names

    def _activities(
        self, part: Traces, keys: tuple[str, ...], doubts: list[pl.Series]
    ) -> pl.Series:
        texts = []
        for key in keys:
            text, default = part.of_events[key], self._defaults.get(key)
            missing = text.is_null()
            if default and missing.any():
                text = text.fill_null(default)
                why = f"an event without {key}; the default of the log stands for it"
                doubts.append(_where(missing, why))
            texts.append(text)
        return texts[0] if len(texts) == 1 else reduce(lambda a, b: a + "+" + b, texts)

    def _counted(self, part: Traces, lines: pl.Series) -> pl.Series | None:
        """Return which events count, None for all; the others are counted as passed over."""
        if not self.completes or self._plan.takes_all:
            return None
        if (part.of_events[TRANSITION] == _COMPLETE).all(ignore_nulls=False):
            return None
        transitions = _transitions(part)
        steps = transitions.is_in(_STEPS).fill_null(False)
        if not steps.any():
            return None
        for transition in _STEPS:
            of_kind = (transitions == transition).fill_null(False)
            if of_kind.any():
                first = int(lines.filter(of_kind)[0])
                self._notes.pass_over(f"lifecycle {transition}", first, records=int(of_kind.sum()))
        self._notes.assumed["lifecycle"] = (
            "an activity is one event, its completion; to count every transition, run with "
            "--column event=concept:name"
        )
        return ~steps

    def summarise(self) -> None:
        """Say what only shows when all was read."""
        if not self._names:
            return
        names = pl.concat(self._names).drop_nulls()
        shared = len(names) - names.n_unique()
        if shared:
            traces = quantity(shared, "trace")
            self._notes.assumed["names"] = (
                f"{traces} with the name of an earlier one: the events of a name are of one message"
            )


def _value(part: Traces, name: str, keys: tuple[str, ...]) -> pl.Series:
    """Return the attribute of events; where they have none, that of their traces."""
    (key,) = keys
    values = part.of_events[key]
    if name in _OF_MESSAGES:
        of_traces = part.of_traces[key].gather(part.trace)
        return values.zip_with(values.is_not_null(), of_traces)
    return values


def _where(mask: pl.Series, text: str) -> pl.Series:
    return (
        pl.Series([text])
        .new_from_index(0, len(mask))
        .zip_with(mask, pl.Series([None], dtype=pl.String).new_from_index(0, len(mask)))
    )

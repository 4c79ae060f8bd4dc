"""Draft the mapping file of a log: what it is made of, where its fields are, what events mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from fsm.errors import LogError
from fsm.logs.draft.csv_records import read_csv_sample
from fsm.logs.draft.event_meanings import (
    EventGuess,
    SampledEvent,
    detail_of,
    email_guess,
    email_guesses,
    machine_guesses,
    sampled_events,
)
from fsm.logs.draft.fields import UNNAMED, FieldProfile, ProposedFields, propose_fields
from fsm.logs.draft.json_records import json_samples
from fsm.logs.draft.line_pattern import lines_sample, with_groups
from fsm.logs.draft.log_draft import DraftedEvent, LogDraft
from fsm.logs.draft.notations import is_address
from fsm.logs.draft.records import SampledRecords
from fsm.logs.draft.sample import LogSample
from fsm.logs.draft.text_records import form_sample, pairs_sample, xml_samples
from fsm.logs.draft.words import words_of
from fsm.logs.mapping.event_mapping import FAILED, MACHINE_EVENTS
from fsm.machine import Machine
from fsm.questions import Question
from fsm.text import quantity, visible

__all__ = ["draft_log"]

_MOST_EVENTS = 100
"""Names of events that are listed; more are a question."""
_EMAIL_SHARE = 0.5
"""Least share of names of events that are those of e-mail."""
_UNIT_ENDS = {
    "id", "no", "nr", "number", "key", "ref", "reference", "code", "uuid", "guid", "name",
    "concept", "num", "object", "data", "value", "payload", "subject",
}  # fmt: skip
_CONTAINERS: tuple[Callable[[LogSample], Sequence[SampledRecords]], ...] = (
    json_samples,
    xml_samples,
    lambda sample: [found for read in (form_sample, pairs_sample) if (found := read(sample))],
    lambda sample: _csv_or_lines(sample),
)
"""The containers in the order in which they are tried; the first cannot be taken for others."""


def draft_log(sample: LogSample, machine: Machine | None, answers: Mapping[str, str]) -> LogDraft:
    """Return how a log is to be read, from a sample of it, with the answers that are known.

    ``machine`` is the one that is to read it; None for a log of e-mail, where
    it is one, and otherwise for names that are taken as they stand. ``answers`` are by the keys of
    questions. Raises :class:`LogError` for a log in which no records are found.
    """
    records, fields, mode = _best(sample, machine, answers)
    questions = _field_questions(fields, sample.name, answers)
    event_field = fields.fields.get("event")
    drafted: list[DraftedEvent] = []
    details: dict[str, str] = {}
    if event_field is not None:
        drafted, details = _events(records, fields, mode, machine, answers)
    listed = drafted[:_MOST_EVENTS]
    questions += (
        Question(f"events.{e.path}", f"{e.path}: {e.reason}", e.choices, _place(sample, e.line))
        for e in listed
        if e.event is None
    )
    if len(drafted) > len(listed):
        more = f"{len(drafted) - len(listed):,} more names; "
        questions.append(Question("events.*", f"{more}what are they?", ("nothing",), sample.name))
    time, time_questions = _time(fields, sample.name, answers)
    questions += time_questions
    return LogDraft(
        sample.name,
        sample.extent,
        len(records),
        None if mode == "email" else _unit(fields.fields.get("message_id", "")),
        _read_entries(records, fields, sample),
        _field_entries(fields, records),
        details,
        time,
        tuple(listed),
        _assumed(records, fields, mode),
        tuple(q for q in questions if q.key not in answers),
        records.unread,
    )


# The way of reading ------------------------------------------------------------------------------


def _best(
    sample: LogSample, machine: Machine | None, answers: Mapping[str, str]
) -> tuple[SampledRecords, ProposedFields, str]:
    """Return the way of reading a sample whose fields fit best, and what its events are of."""
    given = {k.removeprefix("fields."): v for k, v in answers.items() if k.startswith("fields.")}
    known = set(machine.events if machine else ())
    is_of_mail = bool(known) and known <= set(MACHINE_EVENTS)
    found = []
    for container in _CONTAINERS:
        for records in container(sample):
            proposals = []
            if machine is None or is_of_mail:
                email = propose_fields(records, _is_email_event, given, is_email=True)
                if is_of_mail or _is_email(records, email):
                    proposals.append(("email", email))
            if not proposals:
                fields = propose_fields(records, known.__contains__, given, is_email=False)
                proposals.append(("machine" if known else "names", fields))
            mode, fields = proposals[0]
            found.append((fields.score - _cost(records, fields), records, fields, mode))
        if found:
            break
    if not found:
        raise LogError(
            f"{sample.name}: no records found: neither CSV, JSON, XML, key=value, form posts nor "
            "lines of one form; write a mapping by hand: fsm guide log-formats"
        )
    _, records, fields, mode = max(found, key=lambda each: each[0])
    _refuse_what_is_no_log(records, fields, sample.name)
    return records, fields, mode


def _refuse_what_is_no_log(records: SampledRecords, fields: ProposedFields, name: str) -> None:
    """Raise :class:`LogError` where nothing could be the time, or the name of an event."""
    what = f"read as {records.read['container']}"
    listed = ", ".join(visible(column[:40]) for column in list(records.columns)[:12])
    if not fields.time:
        raise LogError(
            f"{name}: {what}, but no field has times that are known ({listed}); where one has, "
            "write --answer fields.time=NAME"
        )
    if "event" not in fields.fields and not fields.open.get("event"):
        raise LogError(
            f"{name}: {what}, but no field names an event ({listed}); a log has a record for each "
            "event. Where one does, write --answer fields.event=NAME"
        )


def _cost(records: SampledRecords, fields: ProposedFields) -> float:
    """Return what speaks against a way of reading: what it leaves out, and what it needs."""
    lost = records.lost / (len(records) + records.lost + 1)
    unread = records.unread / (len(records) + records.unread + 1)
    is_within = records.each is not None and fields.fields.get("message_id", "").startswith(".")
    needs = 0.02 * ("records" in records.read) + 0.02 * (records.each is not None)
    needs += 0.3 * ("pattern" in records.read) + 0.3 * is_within
    needs += 0.05 * (".0" in fields.fields.get("recipient", ""))  # only the first of several
    return lost + unread + needs


def _is_email_event(name: str) -> bool:
    return email_guess(name) is not None


def _is_email(records: SampledRecords, fields: ProposedFields) -> bool:
    """Whether a log is one of e-mail: it has addresses, and its events are those of messages."""
    event = fields.fields.get("event") or next(iter(fields.open.get("event", ())), None)
    if event is None:
        return False
    names = {name for name in records.columns[event] if name}
    known = sum(map(_is_email_event, names)) / max(1, len(names))
    addressed = any(
        FieldProfile(name, values[:200]).share_of(is_address) > 0.5
        for name, values in records.columns.items()
        if any(values[:200])
    )
    plain = len(names & set(MACHINE_EVENTS)) > 1
    return (addressed and known >= _EMAIL_SHARE) or (plain and known == 1)


def _csv_or_lines(sample: LogSample) -> list[SampledRecords]:
    table = read_csv_sample(sample)
    if table is not None and (table.named or len(table.columns) > 2):
        return [table]
    found = (table, lines_sample(sample))
    return [records for records in found if records is not None]


# Questions and entries ---------------------------------------------------------------------------

_ROLE_QUESTIONS = {
    "message_id": "which field tells the messages apart?",
    "event": "which field names the event?",
}


def _field_questions(
    fields: ProposedFields, name: str, answers: Mapping[str, str]
) -> list[Question]:
    return [
        Question(f"fields.{role}", _ROLE_QUESTIONS[role], choices, name)
        for role, choices in fields.open.items()
        if f"fields.{role}" not in answers
    ]


def _read_entries(
    records: SampledRecords, fields: ProposedFields, sample: LogSample
) -> dict[str, object]:
    entries = dict(records.read)
    if sample.encoding != "utf-8":
        entries["encoding"] = sample.encoding
    if not records.named:
        own = _renamed(fields, records)
        if isinstance(columns := entries.get("columns"), list):
            entries["columns"] = [own.get(name, name) for name in columns]
        if isinstance(pattern := entries.get("pattern"), str):
            asked = [name for choices in fields.open.values() for name in choices]
            used = dict.fromkeys([*fields.fields.values(), *fields.time, *asked])
            entries["pattern"] = with_groups(pattern, {n: own.get(n, n) for n in used})
    signs = _signs(records, fields)
    if records.named and entries["container"] in ("csv", "json") and len(signs) > 1:
        entries["recognise"] = [signs]
    return entries


def _signs(records: SampledRecords, fields: ProposedFields) -> list[str]:
    """Return the fields by which records are recognised: those that every event needs."""
    needed = [fields.fields.get("message_id"), fields.fields.get("event"), *fields.time[:1]]
    paths = [name for name in (*needed, records.each) if name and not name.startswith(".")]
    if records.read["container"] == "json":
        paths = [re.split(r"\.\d+(?:\.|$)", path, maxsplit=1)[0] for path in paths]
    return list(dict.fromkeys(paths))


def _renamed(fields: ProposedFields, records: SampledRecords) -> dict[str, str]:
    """Return names of what they hold, for fields whose names a draft made up."""
    if records.named:
        return {}
    roles = {name: role for role, name in fields.fields.items()}
    times = ("time",) if len(fields.time) < 2 else ("date", "time")
    roles |= dict(zip(fields.time, times, strict=False))
    return {
        name: role
        for name, role in roles.items()
        if UNNAMED.fullmatch(name) and role not in records.columns
    }


def _field_entries(fields: ProposedFields, records: SampledRecords) -> dict[str, object]:
    own = _renamed(fields, records)
    entries: dict[str, object] = {}
    for role, name in fields.fields.items():
        entries[role] = own.get(name, name)
        if role == "event":
            entries |= _time_entry(fields, own)
    if "time" not in entries:
        entries |= _time_entry(fields, own)
    if records.each:
        entries["each"] = [records.each]
    return entries


def _time_entry(fields: ProposedFields, own: Mapping[str, str]) -> dict[str, object]:
    names = [own.get(name, name) for name in fields.time]
    if not names:
        return {}
    return {"time": names[0] if len(names) == 1 else {"join": names}}


def _unit(name: str) -> str:
    """Return what one message is called, from the name of the field that tells them apart.

    >>> _unit("parcel no"), _unit("case:concept:name"), _unit("orderId"), _unit("Sendungsnummer")
    ('parcel', 'case', 'order', 'case')
    """
    parts = [part for part in name.strip(".@").split(".") if not part.isdigit()] or [""]
    for part in reversed(parts):
        words = [word for word in words_of(part) if word not in _UNIT_ENDS and not word.isdigit()]
        if words and all(word.isascii() and 2 < len(word) < 12 for word in words[:2]):
            unit = " ".join(words[:2])
            unit = unit[:-1] if unit.endswith("s") and not unit.endswith("ss") else unit
            return unit if unit not in ("message", "column", "field") else "case"
    return "case"


def _time(
    fields: ProposedFields, name: str, answers: Mapping[str, str]
) -> tuple[dict[str, str], list[Question]]:
    """Return the section of times, and its questions."""
    entries: dict[str, str] = {}
    questions: list[Question] = []
    if not fields.notations:
        return entries, questions
    first = fields.notations[0]
    formats = [notation.format for notation in fields.notations if notation.format]
    answer = answers.get("time.format")
    if answer is not None:
        entries["format"] = answer
    elif len(formats) > 1:
        text = "which is the day, which the month?"
        questions.append(Question("time.format", text, tuple(formats), name))
    elif formats:
        entries["format"] = formats[0]
    if first.epoch:
        entries["unit"] = first.epoch
    zone = answers.get("time.zone")
    if zone is None and not first.has_zone and any(_says_utc(field) for field in fields.time):
        zone = "UTC"
    if zone is not None:
        entries["zone"] = zone
    return entries, questions


def _says_utc(name: str) -> bool:
    return bool({"utc", "gmt", "zulu"} & set(words_of(name)))


def _assumed(records: SampledRecords, fields: ProposedFields, mode: str) -> tuple[str, ...]:
    remarks = list(records.remarks)
    if records.unread:
        what = "line" if records.read["container"] != "json" else "piece"
        remarks.append(f"{quantity(records.unread, what)} of the sample could not be read so")
    has_zone = not fields.notations or fields.notations[0].has_zone or fields.notations[0].epoch
    if not has_zone and not any(map(_says_utc, fields.time)):
        remarks.append(
            'the times have no zone: they are UTC, unless --tz or zone = "Europe/Berlin" in [time] '
            "says another"
        )
    if fields.notations and not fields.notations[0].has_year:
        remarks.append("the times have no year: it is that of the file, unless --year says another")
    if fields.notations and fields.notations[0].is_by_order:
        remarks.append("day and month are told apart by the order of the records")
    if mode == "names":
        remarks.append("no machine was given: names of events are taken as they stand")
    return tuple(remarks)


# Events ------------------------------------------------------------------------------------------


def _events(
    records: SampledRecords,
    fields: ProposedFields,
    mode: str,
    machine: Machine | None,
    answers: Mapping[str, str],
) -> tuple[list[DraftedEvent], dict[str, str]]:
    """Return what the events of a log mean, and the fields behind their names."""
    profiles = {name: FieldProfile(name, values) for name, values in records.columns.items()}
    names = profiles[fields.fields["event"]]
    identity = profiles.get(fields.fields.get("message_id", ""))
    evidence = [profiles[n] for role in ("code", "reply") if (n := fields.fields.get(role))]
    details: dict[str, FieldProfile] = {}
    if mode == "email":
        others = [p for name, p in profiles.items() if name not in fields.fields.values()]
        for name in dict.fromkeys(names.filled):
            guess = email_guess(name)
            is_failure = guess and set(guess.choices) & {FAILED, "hard_bounce", "retry_failed"}
            if is_failure and (detail := detail_of(name, names, others)):
                details[name] = detail
    events = sampled_events(names, identity, records.lines, evidence, details)
    if mode == "email":
        guesses = email_guesses(events)
    elif machine is not None:
        guesses = machine_guesses(events, machine, _messages(names, identity))
    else:
        guesses = {event.path: EventGuess((event.path,), "its name") for event in events}
    drafted = [_drafted(event, guesses[event.path], answers) for event in events]
    return drafted, {name: profile.name for name, profile in details.items()}


def _messages(names: FieldProfile, identity: FieldProfile | None) -> list[list[str]]:
    """Return the names of the events of each message, in the order of the log."""
    found: dict[str, list[str]] = {}
    for name, value in zip(names.values, identity.values if identity else (), strict=False):
        if name and value:
            found.setdefault(value, []).append(name)
    return list(found.values())


def _drafted(event: SampledEvent, guess: EventGuess, answers: Mapping[str, str]) -> DraftedEvent:
    answer = answers.get(f"events.{event.path}")
    drafted = DraftedEvent(event.path, None, event.count, event.line, guess.reason, guess.choices)
    if answer is not None:
        return replace(drafted, event=answer, reason="as answered")
    return drafted if guess.is_open else replace(drafted, event=guess.choices[0])


def _place(sample: LogSample, line: int | None) -> str:
    return f"{sample.name}:{line}" if line else sample.name

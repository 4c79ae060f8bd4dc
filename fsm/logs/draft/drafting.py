"""Draft the mapping file of a log: what it is made of, where its fields are, what events mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from fsm.logs.draft.answers import check_answers
from fsm.logs.draft.event_meanings import (
    EventGuess,
    SampledEvent,
    detail_of,
    email_guess,
    email_guesses,
    machine_guesses,
    sampled_events,
)
from fsm.logs.draft.field_profile import FieldProfile
from fsm.logs.draft.fields import UNNAMED, ProposedFields
from fsm.logs.draft.line_pattern import with_groups
from fsm.logs.draft.log_draft import DraftedEvent, LogDraft
from fsm.logs.draft.notations import TimeGuess
from fsm.logs.draft.records import JOINED, SampledRecords
from fsm.logs.draft.sample import LogSample
from fsm.logs.draft.split_ids import with_split_ids
from fsm.logs.draft.ways import best_way
from fsm.logs.draft.words import unit_in, words_of
from fsm.logs.mapping.event_mapping import FAILED
from fsm.machine import Machine
from fsm.questions import Question
from fsm.text import quantity

__all__ = ["draft_log"]

_MOST_EVENTS = 100
"""Names of events that are listed; more are a question."""


def draft_log(sample: LogSample, machine: Machine | None, answers: Mapping[str, str]) -> LogDraft:
    """Return how a log is to be read, from a sample of it, with the answers that are known.

    ``machine`` is the one that is to read it. Without one, a log of e-mail gets the events of the
    built-in machines, and the names of another log are taken as they stand. ``answers`` are by the
    keys of questions. Raises :class:`LogError` for a log in which no records are found.
    """
    records, fields, mode = best_way(sample, machine, answers)
    check_answers(records, fields, machine, answers)
    if machine is not None and mode == "machine" and "fields.message_id" not in answers:
        fields = with_split_ids(records, fields, machine)
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
        None if mode == "email" else _unit(fields.fields.get("message_id", ""), machine),
        _read_entries(records, fields, sample),
        _field_entries(fields, records),
        details,
        time,
        tuple(listed),
        _assumed(records, fields, mode, time),
        tuple(q for q in questions if q.key not in answers),
        records.unread,
    )


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
    ids = fields.fields.get("message_id", "").split(JOINED)
    needed = [*ids, fields.fields.get("event"), *fields.time[:1]]
    paths = [name for name in (*needed, records.each) if name and not name.startswith(".")]
    if records.read["container"] == "json":
        paths = [re.split(r"\.\d+(?:\.|$)", path, maxsplit=1)[0] for path in paths]
    return list(dict.fromkeys(paths))


def _renamed(fields: ProposedFields, records: SampledRecords) -> dict[str, str]:
    """Return names of what they hold, for fields whose names a draft made up."""
    if records.named:
        return {}
    roles = {name: role for role, name in fields.fields.items()}
    times = ("time",) if len(fields.time) < 2 else ("date", "time", "offset")
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
        parts = [own.get(part, part) for part in name.split(JOINED)]
        is_joined = name not in own and len(parts) > 1 and role == "message_id"
        entries[role] = {"join": parts} if is_joined else own.get(name, name)
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


def _unit(name: str, machine: Machine | None) -> str:
    """Return what one message is called, by the field that tells them apart or the machine."""
    title = machine.title.lower() if machine is not None else ""
    is_noun = title.isascii() and title.isalpha() and not title.endswith("s")
    return unit_in(name) or unit_in(title) or (title if is_noun else "case")


def _time(
    fields: ProposedFields, name: str, answers: Mapping[str, str]
) -> tuple[dict[str, str], list[Question]]:
    """Return the section of times, and its questions."""
    entries: dict[str, str] = {}
    questions: list[Question] = []
    if not fields.notations:
        if "fields.time" in answers:
            text = "how are the times written? A format such as %d.%m.%Y %H:%M"
            questions.append(Question("time.format", text, (), name))
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


def _assumed(
    records: SampledRecords, fields: ProposedFields, mode: str, time: Mapping[str, str]
) -> tuple[str, ...]:
    remarks = list(records.remarks)
    if records.unread:
        what = "line" if records.read["container"] != "json" else "piece"
        remarks.append(f"{quantity(records.unread, what)} of the sample could not be read so")
    if records.lost and "records" in records.read:
        remarks.append(f"{quantity(records.lost, 'entry')} of other lists would not be read")
    notation = fields.notations[0] if fields.notations else TimeGuess()
    if not (notation.has_zone or notation.epoch or "zone" in time):
        remarks.append(
            'the times have no zone: they are UTC, unless --tz or zone = "Europe/Berlin" in [time] '
            "says another"
        )
    if not notation.has_year:
        remarks.append("the times have no year: it is that of the file, unless --year says another")
    if notation.is_by_order:
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
